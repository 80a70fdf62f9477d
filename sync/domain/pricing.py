"""What goods cost a customer: tag price, member price, and the deeper price of the part that stored
value settles.

Order of amounts (ui/counter-sale.png, golden case 8): tag total, less member discount, is the
price; points pay part of it at face value; stored value settles as much of the rest as is asked for
and charged at the deeper price; money pays what remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

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
    """

    sku: str
    quantity: int
    unit_minor: int
    member_minor: int | None = None
    brand: str = ""
    category: str = ""
    section: str = ""


class PricedLine(msgspec.Struct, frozen=True, gc=False):
    """A line with its price.

    `rule`: price.tag | price.tier | price.member; `price_minor` = quantity at that price.
    """

    item: int
    sku: str
    quantity: int
    unit_minor: int
    rule: str
    member_discount_minor: int
    price_minor: int


class Priced(msgspec.Struct, frozen=True, gc=False):
    """All lines with their sums, before any tender. price = tag - member_discount."""

    lines: tuple[PricedLine, ...]
    tag_minor: int
    member_discount_minor: int
    price_minor: int
    trace: tuple[Step, ...]


def price(
    programme: Programme, basket: Sequence[BasketLine], tier: Tier | None
) -> Priced | Refusal:
    """Price a basket for a member of `tier` (None: no member, or a joining purchase, which pays the
    tag price).

    The lower of the member-only price and the tier's share holds; a discount is rounded down to the
    fen per unit.
    """
    if not basket:
        return refuse(Code.BASKET_EMPTY)
    if any(
        line.quantity <= 0 or line.unit_minor <= 0 or (line.member_minor or 0) < 0
        for line in basket
    ):
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    lines: list[PricedLine] = []
    steps: list[Step] = []
    for item, line in enumerate(basket):
        rule, off, step = _unit_discount(programme, line, tier, item)
        tag, discount = line.unit_minor * line.quantity, off * line.quantity
        lines.append(
            PricedLine(
                item, line.sku, line.quantity, line.unit_minor, rule, discount, tag - discount
            )
        )
        steps += [step] if step else []
    tag_total = sum(line.unit_minor * line.quantity for line in lines)
    if tag_total > MAX_SALE_MINOR or len(lines) > MAX_LINES:
        return refuse(Code.TOO_LARGE)
    discount_total = sum(line.member_discount_minor for line in lines)
    steps.append(
        Step(
            "price.total",
            programme.version,
            {"tag": tag_total, "discount": discount_total},
            tag_total - discount_total,
        )
    )
    return Priced(tuple(lines), tag_total, discount_total, tag_total - discount_total, tuple(steps))


def _unit_discount(
    programme: Programme, line: BasketLine, tier: Tier | None, item: int
) -> tuple[str, int, Step | None]:
    if tier is None:
        return "price.tag", 0, None
    by_tier = line.unit_minor * (PER_MILLE - tier.price_per_mille) // PER_MILLE
    by_member = line.unit_minor - line.member_minor if line.member_minor is not None else 0
    if by_member > by_tier:
        step = Step(
            "price.member",
            programme.version,
            {"tag": line.unit_minor, "member": line.unit_minor - by_member},
            by_member,
            item,
        )
        return "price.member", by_member, step
    if by_tier == 0:
        return "price.tag", 0, None
    step = Step(
        "price.tier",
        programme.version,
        {"tier": tier.code, "tag": line.unit_minor, "per_mille": tier.price_per_mille},
        by_tier,
        item,
    )
    return "price.tier", by_tier, step
