"""What goods cost a customer: tag price, price lists, member price, offers, and the deeper price of
the part that stored value settles.

Order of amounts (ui/counter-sale.png, golden case 8): tag total (that of the base price list, where
there is one), less member discount, less offers and coupons, is the price; points pay part of it at
face value; stored value settles as much of the rest as is asked for and charged at the deeper
price; money pays what remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from sync.domain import offers
from sync.domain.occasions import Occasion
from sync.domain.offers import Candidate, Item, UsedOffer
from sync.domain.price_lists import base_price, member_price
from sync.domain.programme import PER_MILLE, Programme, Tier
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.trace import Step

PLAIN_AMOUNT_SKU = ""
MAX_LINES: Final = 100  # what one entry surely holds
MAX_SALE_MINOR: Final = 10**11  # far below what the effects of one entry may move


class Product(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A product as head office publishes it.

    `member_minor`: a member-only price that goes before the tier's share; `brand`, `category`,
    `section`: codes that offers and earning rates go by (empty: none).
    """

    sku: str
    barcode: str
    name_zh: str
    name_en: str
    tag_minor: int
    member_minor: int | None = None
    variant_zh: str = ""
    variant_en: str = ""
    brand: str = ""
    category: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line rung up: a product, or a plain amount (`sku` empty).

    `unit_minor` is the tag price of one; `brand`, `category`, `section` are the product's codes.
    `override_minor`: price of one by a code of head office, which the entry `override` took in.
    """

    sku: str
    quantity: int
    unit_minor: int
    member_minor: int | None = None
    brand: str = ""
    category: str = ""
    section: str = ""
    override_minor: int | None = None
    override: str = ""


class PricedLine(msgspec.Struct, frozen=True, gc=False):
    """A line with its price.

    `rule`: which gave the price of one: price.tag | price.list | price.override, or below that
    price.tier | price.member | price.vip (FL-44, BEST-16). `unit_minor`: tag, list or override
    price; `price_minor` = quantity x unit - member_discount - offers.
    """

    item: int
    sku: str
    quantity: int
    unit_minor: int
    rule: str
    member_discount_minor: int
    price_minor: int
    offers_minor: int = 0
    override: str = ""


class Priced(msgspec.Struct, frozen=True, gc=False):
    """All lines with their sums, before any tender. price = tag - member_discount - offers."""

    lines: tuple[PricedLine, ...]
    tag_minor: int
    member_discount_minor: int
    price_minor: int
    trace: tuple[Step, ...]
    offers_minor: int = 0
    offers: tuple[UsedOffer, ...] = ()


def price(
    programme: Programme,
    basket: Sequence[BasketLine],
    tier: Tier | None,
    occasion: Occasion | None = None,
    known: Sequence[Candidate] = (),
) -> Priced | Refusal:
    """Price a basket for a member of `tier` (None: no member, or a joining purchase, which pays the
    price for everybody).

    The lowest of the member-only price, the VIP list and the tier's share holds; a discount is
    rounded down to the fen per unit. `known`: offers that hold (`offers.candidates`), of which the
    best combination is used. Without `occasion` no price list is looked at.
    """
    if not basket:
        return refuse(Code.BASKET_EMPTY)
    if any(
        line.quantity <= 0
        or line.unit_minor <= 0
        or (line.member_minor or 0) < 0
        or (line.override_minor is not None and line.override_minor <= 0)
        for line in basket
    ):
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    units = [_Unit(programme, line, tier, occasion, at) for at, line in enumerate(basket)]
    tag_total = sum(u.base_minor * u.line.quantity for u in units)
    if tag_total > MAX_SALE_MINOR or len(units) > MAX_LINES:
        return refuse(Code.TOO_LARGE)
    applied = offers.best([unit.item for unit in units], known, programme.version)
    lines = tuple(
        unit.priced(applied.prices_minor[at], at_base=at in applied.without_member_price)
        for at, unit in enumerate(units)
    )
    discount = sum(line.member_discount_minor for line in lines)
    taken = sum(used.off_minor for used in applied.used)
    steps = [
        step
        for at, unit in enumerate(units)
        for step in unit.trace(at_base=at in applied.without_member_price)
    ]
    due = tag_total - discount - taken
    rule, of = "price.total", {"tag": tag_total, "discount": discount}
    if taken:
        rule, of = "price.after_offers", of | {"offers": taken}
    trace = (*steps, *applied.trace, Step(rule, programme.version, {**of}, due))
    return Priced(lines, tag_total, discount, due, trace, taken, applied.used)


class _Unit:
    """One unit of a line: its price for everybody, and what a member saves on it."""

    def __init__(
        self,
        programme: Programme,
        line: BasketLine,
        tier: Tier | None,
        occasion: Occasion | None,
        at: int,
    ) -> None:
        self.line, self.at, self._version = line, at, programme.version
        self.base_minor, self.base_rule, self._base = self._base_of(programme, occasion)
        self.rule, self.off_minor = self.base_rule, 0
        self._off: Step | None = None
        if tier is not None and line.override_minor is None:
            self._member(programme, tier, occasion)

    @property
    def item(self) -> Item:
        """The line as offers see it."""
        line, base = self.line, self.base_minor * self.line.quantity
        return Item(
            line.sku,
            line.brand,
            line.category,
            line.section,
            line.quantity,
            base,
            base - self.off_minor * line.quantity,
        )

    def priced(self, price_minor: int, *, at_base: bool) -> PricedLine:
        """The line at what offers left of it. `at_base`: at the price for everybody before them."""
        line = self.line
        off = 0 if at_base else self.off_minor * line.quantity
        return PricedLine(
            self.at,
            line.sku,
            line.quantity,
            self.base_minor,
            self.base_rule if at_base else self.rule,
            off,
            price_minor,
            self.base_minor * line.quantity - off - price_minor,
            line.override,
        )

    def trace(self, *, at_base: bool) -> tuple[Step, ...]:
        """How the price of one came about."""
        steps = (self._base, None if at_base else self._off)
        return tuple(step for step in steps if step is not None)

    def _base_of(
        self, programme: Programme, occasion: Occasion | None
    ) -> tuple[int, str, Step | None]:
        line, tag = self.line, self.line.unit_minor
        if line.override_minor is not None:
            step = self._step("price.override", {"tag": tag}, line.override_minor)
            return line.override_minor, "price.override", step
        if occasion is None or not programme.price_lists:
            return tag, "price.tag", None
        price, name = base_price(programme.price_lists, occasion, line.sku, tag)
        if not name:
            return tag, "price.tag", None
        return price, "price.list", self._step("price.list", {"list": name, "tag": tag}, price)

    def _member(self, programme: Programme, tier: Tier, occasion: Occasion | None) -> None:
        base, line = self.base_minor, self.line
        by_tier = base * (PER_MILLE - tier.price_per_mille) // PER_MILLE
        ways: list[tuple[int, str, dict[str, int | str]]] = [
            (
                by_tier,
                "price.tier",
                {"tier": tier.code, "tag": base, "per_mille": tier.price_per_mille},
            )
        ]
        if line.member_minor is not None:
            member = line.member_minor
            ways.append((base - member, "price.member", {"tag": base, "member": member}))
        if occasion is not None and programme.price_lists:
            listed = member_price(programme.price_lists, occasion, line.sku, base, tier.code)
            if listed is not None:
                price, name = listed
                ways.append(
                    (base - price, "price.vip", {"tag": base, "member": price, "list": name})
                )
        off, rule, of = max(ways, key=lambda way: way[0])  # the tier's share, where several tie
        if off > 0:
            self.rule, self.off_minor, self._off = rule, off, self._step(rule, of, off)

    def _step(self, rule: str, of: dict[str, int | str], result: int) -> Step:
        return Step(rule, self._version, of, result, self.at)
