"""Adjustments of points, with a reason, by two people of head office."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.journal import Claim, Effect
from sync.domain.refusals import Code, Refusal, refuse

ADJUSTMENT: Final = "adjustment"
MAX_REASON: Final = 200
MAX_POINTS: Final = 10**9


class AdjustmentData(msgspec.Struct, frozen=True):
    """Body data of an adjustment entry: why."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


def refused(points: int, reason: str, by: str, approver: str) -> Refusal | None:
    """Why an adjustment may not be made: amount_not_positive (nothing to adjust), too_large,
    reason_needed, approver_needed (two different people).
    """
    if points == 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    if abs(points) > MAX_POINTS or len(reason) > MAX_REASON:
        return refuse(Code.TOO_LARGE)
    if not reason.strip():
        return refuse(Code.REASON_NEEDED)
    if not by or not approver or by == approver:
        return refuse(Code.APPROVER_NEEDED)
    return None


def effects(member: UUID, dealer: str, points: int) -> tuple[Effect, ...]:
    """`points` more or fewer for the member; the counterpart is the dealer's that bears them."""
    return (
        Effect(accounts.member(member, accounts.POINTS), accounts.PTS, points),
        Effect(accounts.dealer(dealer, "points_adjusted"), accounts.PTS, -points),
    )


def claims(points: int) -> tuple[Claim, ...]:
    """Points taken away settle nothing between dealers."""
    return (Claim(ADJUSTMENT, accounts.POINTS, -points, 0),) if points < 0 else ()
