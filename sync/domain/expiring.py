"""Points that end: head office takes lots out of the books once nobody can come with them any more
(sync-ledger.md 2.2, 2.7). A till never lets anything expire.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.journal import Claim, Effect
from sync.domain.lots import Lot

EXPIRY: Final = "expiry"
GRACE_DAYS: Final = 7  # a redemption made in time may still be on its way


class ExpiredLot(msgspec.Struct, frozen=True, gc=False):
    """A lot by the posting that made it, with what was open of it."""

    post_seq: int
    part: int
    quantity: int


class ExpiryData(msgspec.Struct, frozen=True):
    """Body data of an expiry entry: one member's lots, all of them or none."""

    lots: tuple[ExpiredLot, ...]


def expired(lots: Iterable[Lot], day: date) -> list[Lot]:
    """Open lots of points that have ended and whose days of grace have passed by `day`, in the
    order they were used.
    """
    over = day - timedelta(days=GRACE_DAYS)
    found = [
        lot for lot in lots if lot.open and lot.account == accounts.POINTS and lot.expired_on(over)
    ]
    return sorted(found, key=lambda lot: lot.order)


def data_of(lots: Iterable[Lot]) -> ExpiryData:
    """What the entry says of them."""
    return ExpiryData(tuple(ExpiredLot(*lot.key, lot.open) for lot in lots))


def effects(member: UUID, lots: Iterable[Lot]) -> tuple[Effect, ...]:
    """Points leave the member and go back to the dealers that issued them."""
    back: dict[str, int] = {}
    for lot in lots:
        back[lot.dealer] = back.get(lot.dealer, 0) + lot.open
    return (
        Effect(accounts.member(member, accounts.POINTS), accounts.PTS, -sum(back.values())),
        *(
            Effect(accounts.dealer(dealer, "points_issued"), accounts.PTS, points)
            for dealer, points in sorted(back.items())
        ),
    )


def claim(lots: Iterable[Lot]) -> Claim:
    """What the debit pays for: nothing, so dealers settle nothing."""
    return Claim(EXPIRY, accounts.POINTS, sum(lot.open for lot in lots), 0)
