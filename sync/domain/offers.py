"""The best combination of offers for a sale (golden case 18).

Offers are applied in one fixed order, whatever order lines and offers come in: fixed prices, then
percentages, bundles, add-ons and thresholds, each kind by offer id, each on what the ones before it
left. A combination is possible when

- each of its offers takes something off;
- an offer that stands "alone" is its only one;
- of the offers declared "best" it has at most one per group;
- one offer comes twice (by two coupons) only if it is declared "sum".

Goods of an offer that is not for member prices start at the price for everybody. The best
combination leaves the lowest amount due; then uses the fewest coupons; then has the lowest offer
ids. Customers choose points by themselves; no offer uses any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from sync.domain.occasions import MemberTraits, Occasion, for_whom, here, named, now
from sync.domain.parts import spread
from sync.domain.rulebook.basics import PER_MILLE
from sync.domain.rulebook.offers import Goods, Offer, OfferKind, OfferStep, Promotions
from sync.domain.trace import Step

STAGES: Final[dict[OfferKind, int]] = {
    "fixed": 0, "percent": 1, "bundle": 2, "add_on": 3, "threshold": 4,
}  # fmt: skip
MOST_OFFERS: Final = 10  # tried exactly up to 12 lines; fewer where there are more lines
MOST_WORK: Final = 12 << MOST_OFFERS


@dataclass(frozen=True, slots=True)
class Item:
    """A line as offers see it: its codes, how many, and what it costs everybody and this customer
    (both for the whole line, minor units).
    """

    sku: str
    brand: str
    category: str
    section: str
    quantity: int
    base_minor: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that holds here, now and for this customer, by a coupon (its id) or without."""

    offer: Offer
    coupon: str = ""

    @property
    def order(self) -> tuple[int, str, str]:
        """Place in the order of application."""
        return STAGES[self.offer.kind], self.offer.offer, self.coupon


class UsedOffer(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An offer of a finished sale: what it took off, and its part of every line (they sum up), so
    that a return gives exactly the line's share back (pitfall 3).
    """

    offer: str
    off_minor: int
    by_line: tuple[int, ...]
    coupon: str = ""
    funded_by: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """The best combination: offers used, lines that go at the price for everybody because of them,
    what is left per line, and the arithmetic.
    """

    used: tuple[UsedOffer, ...]
    without_member_price: frozenset[int]
    prices_minor: tuple[int, ...]
    trace: tuple[Step, ...]


def matches(goods: Goods, item: Item) -> bool:
    """Whether goods of an offer include a line."""
    return (
        named(goods.skus, item.sku)
        and named(goods.brands, item.brand)
        and named(goods.categories, item.category)
        and named(goods.sections, item.section)
    )


def candidates(
    promotions: Promotions,
    occasion: Occasion,
    member: MemberTraits | None,
    coupons: Sequence[tuple[str, str]] = (),
) -> list[Candidate]:
    """Offers that hold, in the order of application. `coupons`: (coupon id, offer id) presented."""
    found: list[Candidate] = []
    for offer in promotions.offers:
        if (
            here(offer.where, occasion)
            and now(offer.when, occasion)
            and for_whom(offer.audience, member, occasion.day)
        ):
            if not offer.coupon:
                found.append(Candidate(offer))
            found += [
                Candidate(offer, c) for c, of in coupons if offer.coupon and of == offer.offer
            ]
    return sorted(found, key=lambda candidate: candidate.order)


def best(items: Sequence[Item], known: Sequence[Candidate], version: int) -> Applied:
    """The best combination of `known` for these lines, exactly up to 12 lines x 10 offers that take
    something off; above that among the ones that take off most by themselves, which the trace says.
    """
    order = sorted(range(len(items)), key=lambda at: _identity(items[at]))
    lines = [items[at] for at in order]
    plans = [_Plan(candidate, lines) for candidate in sorted(known, key=lambda c: c.order)]
    dearest = [max(line.base_minor, line.price_minor) for line in lines]
    plans = [plan for plan in plans if plan.off(dearest)]  # less at any lower price
    tried, bound = _bounded(plans, lines)
    chosen = _search(tried, lines)
    return _told(chosen, lines, order, version, bound)


def _identity(item: Item) -> tuple[str, str, str, str, int, int, int]:
    return (
        item.sku, item.brand, item.category, item.section, item.base_minor, item.price_minor,
        item.quantity,
    )  # fmt: skip


Prices = Sequence[int]


class _Plan:
    """A candidate against the lines of one sale: which it counts, which it makes cheaper."""

    def __init__(self, candidate: Candidate, lines: Sequence[Item]) -> None:
        offer = self.offer = candidate.offer
        self.candidate, self.quantities = candidate, [line.quantity for line in lines]
        reward = [
            at for at, line in enumerate(lines) if offer.reward and matches(offer.reward, line)
        ]
        goods = [at for at, line in enumerate(lines) if matches(offer.goods, line)]
        self.goods = [at for at in goods if at not in reward]
        self.reward = reward if offer.reward else self.goods
        touched = sorted({*self.goods, *self.reward})
        self.at_base = [] if offer.with_member_price else touched

    def spend(self, prices: Prices) -> int:
        """What the goods it counts come to."""
        return sum(prices[at] for at in self.goods)

    def off(self, prices: Prices) -> dict[int, int]:
        """What it takes off each line; nothing when it does not hold for these prices."""
        offer = self.offer
        spend = self.spend(prices)
        if spend < offer.from_minor:
            return {}
        if offer.kind in ("percent", "threshold"):
            return self._spread(prices, spend)
        shares = self._by_unit(prices)
        whole = sum(shares.values())
        if offer.most_minor and whole > offer.most_minor:
            parts = spread(offer.most_minor, list(shares.values()))
            shares = dict(zip(shares, parts, strict=True))
        return {at: share for at, share in shares.items() if share}

    def step(self, spend: int) -> tuple[int, OfferStep | None]:
        """Of the steps of a threshold that a spend reaches, the one that takes off most."""
        found: tuple[int, OfferStep | None] = (0, None)
        for step in self.offer.steps:
            if step.from_minor <= spend:
                times = spend // step.from_minor if self.offer.repeat else 1
                off = step.off_minor * times + spend * step.off_per_mille // PER_MILLE
                found = max(found, (off, step), key=lambda one: one[0])
        return found

    def _spread(self, prices: Prices, spend: int) -> dict[int, int]:
        offer = self.offer
        if offer.kind == "percent":
            off = spend * (PER_MILLE - offer.per_mille) // PER_MILLE
        else:
            off, _ = self.step(spend)
        off = min(off, spend, offer.most_minor or off)
        if not off:
            return {}
        shares = spread(off, [prices[at] for at in self.goods])
        return {at: share for at, share in zip(self.goods, shares, strict=True) if share}

    def _by_unit(self, prices: Prices) -> dict[int, int]:
        offer = self.offer
        left, bundle = self._units(), offer.kind == "bundle"
        floor = 0 if bundle else offer.price_minor
        runs = sorted(
            ((unit if bundle else -unit, at, count), unit)
            for at in self.reward
            for unit, count in _runs(prices[at], self.quantities[at])
        )  # given away: the cheapest; at a price of their own: the dearest
        shares: dict[int, int] = {}
        for (_, at, count), unit in runs:
            taken = min(count, left)
            left -= taken
            off = max(unit - floor, 0)
            if bundle:
                off = unit * (PER_MILLE - offer.per_mille) // PER_MILLE
            shares[at] = shares.get(at, 0) + off * taken
        return shares

    def _units(self) -> int:
        """How many units it makes cheaper."""
        offer = self.offer
        most = sum(self.quantities[at] for at in self.reward)
        if offer.kind == "bundle":
            counted = sum(self.quantities[at] for at in self.goods)
            each = offer.buy if offer.reward else offer.buy + offer.get
            most = min(most, counted // each * offer.get)
        return min(most, offer.most_units) if offer.most_units else most


def _runs(price: int, quantity: int) -> Iterator[tuple[int, int]]:
    """Unit prices of a line as (price, how many), the whole line summing to `price`."""
    unit, dearer = divmod(price, quantity)
    yield unit, quantity - dearer
    if dearer:
        yield unit + 1, dearer


def _bounded(plans: list[_Plan], lines: Sequence[Item]) -> tuple[list[_Plan], tuple[int, int]]:
    """The plans to try, and (how many there are, how many are tried) where those differ."""
    most = MOST_OFFERS
    while most > 1 and max(len(lines), 1) << most > MOST_WORK:
        most -= 1
    if len(plans) <= most:
        return plans, (0, 0)
    ranked = sorted(plans, key=lambda plan: (-_saving(plan, lines), plan.candidate.order))
    kept = sorted(ranked[:most], key=lambda plan: plan.candidate.order)
    return kept, (len(plans), most)


def _saving(plan: _Plan, lines: Sequence[Item]) -> int:
    """What an offer saves by itself."""
    prices = _start([plan], lines)
    off = sum(plan.off(prices).values())
    return sum(line.price_minor for line in lines) - sum(prices) + off


def _start(chosen: Sequence[_Plan], lines: Sequence[Item]) -> list[int]:
    """Prices before any offer, with these offers in the sale."""
    at_base = {at for plan in chosen for at in plan.at_base}
    return [line.base_minor if at in at_base else line.price_minor for at, line in enumerate(lines)]


Key = tuple[int, int, tuple[str, ...]]


def _search(plans: Sequence[_Plan], lines: Sequence[Item]) -> list[_Plan]:
    """The best combination, by trying every possible one: first which of the offers that do not go
    with member prices are in (they decide where prices start), then the others one by one.
    """
    setting = [plan for plan in plans if plan.at_base]
    dearest = [max(line.base_minor, line.price_minor) for line in lines]
    most = [sum(plan.off(dearest).values()) for plan in plans]  # an offer never takes more
    rest = [sum(most[at:]) for at in range(len(plans) + 1)]
    found: list[_Plan] = []
    lowest: Key = (sum(line.price_minor for line in lines), 0, ())

    def walk(at: int, prices: list[int], chosen: list[_Plan]) -> None:
        nonlocal found, lowest
        due = sum(prices)
        if due - rest[at] > lowest[0]:
            return  # whatever follows costs more
        if at == len(plans):
            key = (due, *_used(chosen))
            if key < lowest:
                found, lowest = list(chosen), key
            return
        plan = plans[at]
        forced = plan.at_base and plan in wanted
        if (forced or not plan.at_base) and _may_join(plan, chosen):
            off = plan.off(prices)
            if off:
                after = [price - off.get(line, 0) for line, price in enumerate(prices)]
                walk(at + 1, after, [*chosen, plan])
        if not forced:
            walk(at + 1, prices, chosen)

    for mask in range(1 << len(setting)):
        wanted = [plan for bit, plan in enumerate(setting) if mask >> bit & 1]
        walk(0, _start(wanted, lines), [])
    return found


def _used(chosen: Sequence[_Plan]) -> tuple[int, tuple[str, ...]]:
    """How many coupons a combination uses, and its offer ids from the lowest on."""
    coupons = sum(1 for plan in chosen if plan.candidate.coupon)
    return coupons, tuple(sorted(plan.offer.offer for plan in chosen))


def _may_join(plan: _Plan, chosen: Sequence[_Plan]) -> bool:
    """Whether stacking allows an offer beside those chosen already."""
    offer = plan.offer
    for other in (beside.offer for beside in chosen):
        if "alone" in (offer.stacking, other.stacking):
            return False
        if other.offer == offer.offer and offer.stacking != "sum":
            return False
        if "best" == offer.stacking == other.stacking and offer.group == other.group:
            return False
    return True


def _told(
    chosen: Sequence[_Plan],
    lines: Sequence[Item],
    order: Sequence[int],
    version: int,
    bound: tuple[int, int],
) -> Applied:
    """The combination with lines in the order they were rung up, and how it came about."""
    prices = _start(chosen, lines)
    used, steps = [], []
    for plan in chosen:
        spend, off = plan.spend(prices), plan.off(prices)
        prices = [price - off.get(at, 0) for at, price in enumerate(prices)]
        shares = [0] * len(lines)
        for at, share in off.items():
            shares[order[at]] = share
        whole = sum(shares)
        used.append(
            UsedOffer(
                plan.offer.offer, whole, tuple(shares), plan.candidate.coupon, plan.offer.funded_by
            )
        )
        steps.append(_step(plan, spend, whole, version))
    if bound != (0, 0):
        of: dict[str, int | str] = {"known": bound[0], "lines": len(lines)}
        steps.append(Step("offers.bound", version, of, bound[1]))
    left = [0] * len(lines)
    for at, price in enumerate(prices):
        left[order[at]] = price
    at_base = frozenset(order[at] for plan in chosen for at in plan.at_base)
    return Applied(tuple(used), at_base, tuple(left), tuple(steps))


def _step(plan: _Plan, spend: int, whole: int, version: int) -> Step:
    """How one offer came to what it took off."""
    offer = plan.offer
    of: dict[str, int | str] = {"offer": offer.offer, "spend": spend}
    if offer.kind == "threshold":
        _, step = plan.step(spend)
        of["from"] = step.from_minor if step else 0
    elif offer.kind in ("fixed", "add_on"):
        of["price"] = offer.price_minor
    else:
        of["per_mille"] = offer.per_mille
    if plan.candidate.coupon:
        of["coupon"] = plan.candidate.coupon[-4:]
    return Step(f"offer.{offer.kind}", version, of, whole)
