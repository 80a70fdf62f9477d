"""A second opinion on prices: every combination of offers is tried, unit by unit, with fractions.

Written from the words of golden case 18 and of `docs/rules.md`, not from the engine; it takes the
programme's settings as they are published and nothing else of the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations
from math import floor

from sync.domain.rulebook.offers import Goods, Offer
from sync.domain.rulebook.prices import PriceList


@dataclass(frozen=True)
class Line:
    """A line rung up: codes, how many, the tag price of one and a member-only price of one."""

    sku: str
    brand: str
    category: str
    section: str
    quantity: int
    tag: int
    member: int | None = None


@dataclass(frozen=True)
class Sale:
    """All that decides what a sale costs. `tier` None: nobody known; `tier_share`: per mille of the
    price a member of the tier pays; `coupons`: (id, offer id)."""

    lines: tuple[Line, ...]
    day: date
    minute: int
    dealer: str
    store: str
    store_kind: str
    tier: str | None = None
    tier_share: int = 1000
    flags: tuple[str, ...] = ()
    birthday: tuple[int, int] | None = None
    coupons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a sale costs: amount due, coupons used, offer ids (sorted), and the whole's tag sum."""

    due: int
    coupons: int
    offers: tuple[str, ...]
    tag: int


def ask(sale: Sale, lists: Sequence[PriceList], offers: Sequence[Offer]) -> Answer:
    """The lowest amount due over all combinations; then the fewest coupons; then the lowest ids."""
    prices = [prices_of(sale, line, lists) for line in sale.lines]
    rows = sorted(
        zip(sale.lines, prices, strict=True),
        key=lambda row: (
            row[0].sku, row[0].brand, row[0].category, row[0].section, row[1][0], row[1][1],
            row[0].quantity,
        ),
    )  # fmt: skip
    lines, prices = [row[0] for row in rows], [row[1] for row in rows]
    holding = list(usable(sale, offers))
    holding.sort(key=lambda one: (order_of(one[0]), one[0].offer, one[1]))
    found: list[tuple[int, int, tuple[str, ...]]] = []
    for many in range(len(holding) + 1):
        for chosen in combinations(holding, many):
            due = amount(lines, prices, chosen) if may_stand_together(chosen) else None
            if due is not None:
                names = tuple(sorted(offer.offer for offer, _ in chosen))
                found.append((due, sum(1 for _, coupon in chosen if coupon), names))
    return Answer(*min(found), sum(base for base, _ in prices))


# ---------------------------------------------------------------------------------- before offers
def prices_of(sale: Sale, line: Line, lists: Sequence[PriceList]) -> tuple[int, int]:
    """(price for everybody, price for this customer) of a whole line."""
    mine = [
        one
        for one in lists
        if (one.starts or date.min) <= sale.day <= (one.ends or date.max)
        and sale.store_kind in (one.store_kinds or (sale.store_kind,))
        and sale.dealer in (one.dealers or (sale.dealer,))
        and sale.store in (one.stores or (sale.store,))
        and (line.sku in one.prices or (line.sku != "" and one.per_mille > 0))
    ]
    base = line.tag
    for_all = [one for one in mine if not one.members]
    if for_all:
        closest = max(
            for_all,
            key=lambda one: (
                line.sku in one.prices, bool(one.stores), bool(one.dealers), bool(one.store_kinds),
                one.starts or date.min, [-ord(letter) for letter in one.list],
            ),
        )  # fmt: skip
        base = listed(closest, line.sku, line.tag)
    own = base
    if sale.tier is not None:
        off = floor(Fraction(base * (1000 - sale.tier_share), 1000))
        ways = [base - off] + ([] if line.member is None else [line.member])
        ways += [
            listed(one, line.sku, base)
            for one in mine
            if one.members and (not one.tiers or sale.tier in one.tiers)
        ]
        own = min(base, *ways)
    return base * line.quantity, own * line.quantity


def listed(one: PriceList, sku: str, before: int) -> int:
    """Price of one in a list."""
    return one.prices.get(sku) or max(1, floor(Fraction(before * one.per_mille, 1000)))


# ------------------------------------------------------------------------------- which offers hold
def usable(sale: Sale, offers: Sequence[Offer]) -> Iterator[tuple[Offer, str]]:
    """Offers that hold for the sale, once per coupon where they need one."""
    for offer in offers:
        if all(asked(sale, offer)):
            if offer.coupon:
                yield from ((offer, coupon) for coupon, of in sale.coupons if of == offer.offer)
            else:
                yield offer, ""


def asked(sale: Sale, offer: Offer) -> Iterator[bool]:
    """Each thing an offer asks for, and whether it is so."""
    when, where, who = offer.when, offer.where, offer.audience
    yield when.starts is None or sale.day >= when.starts
    yield when.ends is None or sale.day <= when.ends
    yield not when.weekdays or sale.day.weekday() + 1 in when.weekdays
    yield when.from_minute <= sale.minute < when.to_minute
    yield not where.dealers or sale.dealer in where.dealers
    yield not where.stores or sale.store in where.stores
    yield not where.store_kinds or sale.store_kind in where.store_kinds
    member_only = who.members or bool(who.tiers) or bool(who.flags) or bool(who.birthday)
    yield sale.tier is not None or not member_only
    yield not who.tiers or sale.tier in who.tiers
    yield not who.flags or any(flag in who.flags for flag in sale.flags)
    if who.birthday:
        born = sale.birthday
        yield born is not None and born[0] == sale.day.month
        if who.birthday == "day":
            feast = (sale.day.month, sale.day.day)
            try:
                date(sale.day.year, 2, 29)
            except ValueError:
                born = (2, 28) if born == (2, 29) else born
            yield born == feast


# ---------------------------------------------------------------------------------- combinations
Chosen = Sequence[tuple[Offer, str]]


def order_of(offer: Offer) -> int:
    """Place of a kind of offer in the order of application."""
    return ["fixed", "percent", "bundle", "add_on", "threshold"].index(offer.kind)


def may_stand_together(chosen: Chosen) -> bool:
    """Whether the declarations of stacking allow a combination."""
    offers = [offer for offer, _ in chosen]
    if len(offers) > 1 and any(offer.stacking == "alone" for offer in offers):
        return False
    groups = [offer.group for offer in offers if offer.stacking == "best"]
    names = [offer.offer for offer in offers if offer.stacking != "sum"]
    return len(set(groups)) == len(groups) and len(set(names)) == len(names)


def is_of(goods: Goods, line: Line) -> bool:
    """Whether goods include a line."""
    pairs = (
        (goods.skus, line.sku), (goods.brands, line.brand), (goods.categories, line.category),
        (goods.sections, line.section),
    )  # fmt: skip
    return all(not codes or code in codes for codes, code in pairs)


def counted(offer: Offer, lines: Sequence[Line]) -> tuple[list[int], list[int]]:
    """Lines an offer counts, and lines it makes cheaper."""
    cheaper = [n for n, line in enumerate(lines) if offer.reward and is_of(offer.reward, line)]
    goods = [n for n, line in enumerate(lines) if is_of(offer.goods, line) and n not in cheaper]
    return goods, cheaper if offer.reward is not None else goods


def amount(lines: Sequence[Line], prices: Sequence[tuple[int, int]], chosen: Chosen) -> int | None:
    """What is due with exactly these offers; None when one of them takes nothing off."""
    now = [own for _, own in prices]
    for offer, _ in chosen:
        if not offer.with_member_price:
            for n in {n for part in counted(offer, lines) for n in part}:
                now[n] = prices[n][0]
    for offer, _ in chosen:
        off = taken(offer, lines, now)
        if sum(off) <= 0:
            return None
        now = [price - less for price, less in zip(now, off, strict=True)]
    return sum(now)


def taken(offer: Offer, lines: Sequence[Line], now: Sequence[int]) -> list[int]:
    """What an offer takes off each line."""
    goods, cheaper = counted(offer, lines)
    spend = sum(now[n] for n in goods)
    nothing = [0] * len(lines)
    if spend < offer.from_minor:
        return nothing
    if offer.kind == "percent":
        return shared(bounded(offer, Fraction(spend * (1000 - offer.per_mille), 1000)), goods, now)
    if offer.kind == "threshold":
        return shared(bounded(offer, min(threshold(offer, spend), Fraction(spend))), goods, now)
    return by_unit(offer, lines, now, goods, cheaper)


def threshold(offer: Offer, spend: int) -> Fraction:
    """The most that a step reached takes off."""
    return max(
        (
            Fraction(step.off_minor * (spend // step.from_minor if offer.repeat else 1))
            + Fraction(spend * step.off_per_mille, 1000)
            for step in offer.steps
            if spend >= step.from_minor
        ),
        default=Fraction(0),
    )


def by_unit(
    offer: Offer, lines: Sequence[Line], now: Sequence[int], goods: list[int], cheaper: list[int]
) -> list[int]:
    """What an offer that makes single pieces cheaper takes off each line."""
    units = [(price, n) for n in cheaper for price in units_of(now[n], lines[n].quantity)]
    lowest = offer.price_minor if offer.kind != "bundle" else 0
    most = len(units)
    if offer.kind == "bundle":
        pieces = sum(lines[n].quantity for n in goods)
        for_each = offer.buy if offer.reward is not None else offer.buy + offer.get
        most = min(most, pieces // for_each * offer.get)
    if offer.most_units:
        most = min(most, offer.most_units)
    off = [0] * len(lines)
    if offer.kind == "bundle":
        for price, n in sorted(units)[:most]:
            off[n] += floor(Fraction(price * (1000 - offer.per_mille), 1000))
    else:
        for price, n in sorted(units, key=lambda unit: (-unit[0], unit[1]))[:most]:
            off[n] += max(0, price - lowest)
    if offer.most_minor and sum(off) > offer.most_minor:
        return shared(offer.most_minor, list(range(len(lines))), off)
    return off


def bounded(offer: Offer, off: Fraction) -> int:
    """Rounded down, at most what the offer may take off."""
    return min(floor(off), offer.most_minor) if offer.most_minor else floor(off)


def units_of(price: int, quantity: int) -> list[int]:
    """The price of a line as prices of its units, the odd fen on the last ones."""
    return [price * (n + 1) // quantity - price * n // quantity for n in range(quantity)]


def shared(whole: int, among: Sequence[int], weights: Sequence[int]) -> list[int]:
    """The whole over the lines named, in proportion to the weights, by largest remainder."""
    off = [0] * len(weights)
    total = sum(weights[n] for n in among)
    if whole == 0 or total == 0:
        return off
    exact = {n: Fraction(whole * weights[n], total) for n in among}
    for n in among:
        off[n] = floor(exact[n])
    by_rest = sorted(among, key=lambda n: (floor(exact[n]) - exact[n], n))
    for n in by_rest[: whole - sum(off)]:
        off[n] += 1
    return off
