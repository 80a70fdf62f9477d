"""Gifts on the shelf: how many a store has, for whom some are kept, what to offer instead.

A gift without a count is not counted: it is given as before (FL-10, FL-19, FL-26). The count head
office holds moves by the entries of the tills and is set right by head office; a till adds its own
entries that are not inside yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from sync.domain.journal import Short
from sync.domain.programme import Gift, Programme
from sync.domain.refusals import Code, Refusal, refuse

MAX_HOLD_DAYS: Final = 90
MAX_QUANTITY: Final = 1_000


class Kept(msgspec.Struct, frozen=True):
    """Gifts kept for a member until the end of a day."""

    member: UUID
    quantity: int
    until: date


class HoldData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of gift_hold: keep `quantity` of a gift for the member until a day (0: no longer
    keep any)."""

    offer: Short
    quantity: int
    until: date


class GiftStock(msgspec.Struct, frozen=True, omit_defaults=True):
    """Gifts of one offer in one store. `count`: on the shelf, those kept included; `marks`: last
    entry of each till ("device:epoch") inside."""

    store: str
    offer: str
    count: int
    kept: tuple[Kept, ...] = ()
    marks: dict[str, int] = {}

    def free(self, day: date, member: UUID | None) -> int:
        """How many `member` may have on business date `day`; what is kept for others is not."""
        return self.count - sum(
            k.quantity for k in self.kept if k.until >= day and k.member != member
        )


def may_take(stock: GiftStock | None, quantity: int, day: date, member: UUID) -> Refusal | None:
    """Why so many cannot be given: gift_out_of_stock; None when they can."""
    if stock is None:
        return None
    free = max(stock.free(day, member), 0)
    if quantity > free:
        return refuse(Code.GIFT_OUT_OF_STOCK, offer=stock.offer, left=free)
    return None


def taken(stock: GiftStock, member: UUID | None, quantity: int, mark: str, seq: int) -> GiftStock:
    """The shelf after a gift was given; what was kept for that member is used up first."""
    kept, used = [], quantity
    for one in stock.kept:
        served = min(one.quantity, used) if one.member == member else 0
        used -= served
        if one.quantity > served:
            kept.append(msgspec.structs.replace(one, quantity=one.quantity - served))
    made = msgspec.structs.replace(stock, count=stock.count - quantity, kept=tuple(kept))
    return marked(made, mark, seq)


def held(stock: GiftStock, member: UUID, data: HoldData, mark: str, seq: int) -> GiftStock:
    """The shelf with that many kept for a member, in place of what was kept for them before."""
    others = tuple(one for one in stock.kept if one.member != member)
    mine = (Kept(member, data.quantity, data.until),) if data.quantity > 0 else ()
    return marked(msgspec.structs.replace(stock, kept=others + mine), mark, seq)


def marked(stock: GiftStock, mark: str, seq: int) -> GiftStock:
    """The shelf with an entry inside."""
    marks = stock.marks | {mark: max(stock.marks.get(mark, 0), seq)}
    return msgspec.structs.replace(stock, marks=marks)


def may_hold(
    programme: Programme,
    dealer: str,
    stock: GiftStock | None,
    data: HoldData,
    day: date,
    member: UUID,
) -> Refusal | None:
    """Why a gift cannot be kept. Refusals: gift_unknown, gift_not_counted, hold_too_long,
    gift_out_of_stock."""
    if programme.gift(data.offer, dealer) is None:
        return refuse(Code.GIFT_UNKNOWN, offer=data.offer)
    if stock is None:
        return refuse(Code.GIFT_NOT_COUNTED, offer=data.offer)
    if data.quantity and not 0 <= (data.until - day).days <= MAX_HOLD_DAYS:
        return refuse(Code.HOLD_TOO_LONG, most_days=MAX_HOLD_DAYS)
    return may_take(stock, data.quantity, day, member)


def instead(
    programme: Programme,
    dealer: str,
    offer: str,
    stocks: Mapping[str, GiftStock],
    day: date,
    member: UUID,
) -> tuple[Gift, ...]:
    """Gifts for the same points or fewer that are there, dearest first (FL-19)."""
    wanted = programme.gift(offer, dealer)
    if wanted is None:
        return ()
    found = [
        gift
        for gift in programme.gifts
        if gift.offer != offer
        and gift.points <= wanted.points
        and programme.gift(gift.offer, dealer) is not None
        and may_take(stocks.get(gift.offer), 1, day, member) is None
    ]
    return tuple(sorted(found, key=lambda gift: (-gift.points, gift.offer)))
