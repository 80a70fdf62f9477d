"""Supplementary cards: limits of their own on the main member's account (FL-35; golden case 11;
pitfall 24).

The till refuses what exceeds them by what it knows; head office counts every operation and flags
`card_limit`, because two tills that do not hear of each other may each allow the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from sync.domain.cards import Card, CardLimits, CardUse
from sync.domain.journal import Claim
from sync.domain.redeeming import STORED_VALUE
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.cards import Supplementary


def may_have(limits: CardLimits, main: Card, ceiling: Supplementary) -> Refusal | None:
    """Why a supplementary card of `main` may not have these limits: each is at most that of the
    programme and of the main card, none is negative, and a supplementary card has none of its own.
    """
    if main.limits is not None:
        return refuse(Code.CARD_NOT_MAIN, tail=main.tail)
    for name in limits.__struct_fields__:
        most, wanted = getattr(ceiling, name), getattr(limits, name)
        if not 0 <= wanted <= most:
            return refuse(Code.CARD_LIMIT_TOO_WIDE, limit=name, most_minor=most)
    return None


def of_claims(claims: Iterable[Claim]) -> tuple[int, int]:
    """(points at settlement value, stored value) that an operation spends, minor units."""
    points = stored = 0
    for claim in claims:
        if claim.kind == STORED_VALUE:
            stored += claim.quantity
        else:
            points += claim.settlement_minor
    return points, stored


def used(use: CardUse, day: date, points_minor: int, stored_value_minor: int) -> CardUse:
    """The use after an operation on business date `day`. A late entry of an earlier date counts in
    all, and on the day now counted only if that is its own.
    """
    newer = use.day is None or day > use.day
    base = CardUse(day, 0, 0, *_totals(use)) if newer else use
    today = base.day == day
    return msgspec.structs.replace(
        base,
        points_day_minor=base.points_day_minor + (points_minor if today else 0),
        stored_value_day_minor=base.stored_value_day_minor + (stored_value_minor if today else 0),
        points_total_minor=base.points_total_minor + points_minor,
        stored_value_total_minor=base.stored_value_total_minor + stored_value_minor,
    )


def _totals(use: CardUse) -> tuple[int, int]:
    return use.points_total_minor, use.stored_value_total_minor


def exceeded(
    limits: CardLimits, use: CardUse, day: date, points_minor: int, stored_value_minor: int
) -> Refusal | None:
    """The first limit that an operation would exceed, spending so much after `use`; None: it fits.

    An operation that spends nothing exceeds nothing. Limits are inclusive.
    """
    after = used(use, day, points_minor, stored_value_minor)
    if points_minor:
        for name, reached, most in (
            ("points_op_minor", points_minor, limits.points_op_minor),
            ("points_day_minor", after.points_day_minor, limits.points_day_minor),
            ("points_total_minor", after.points_total_minor, limits.points_total_minor),
        ):
            if reached > most:
                return refuse(Code.CARD_LIMIT, limit=name, cap_minor=most, wanted_minor=reached)
    if stored_value_minor:
        for name, reached, most in (
            ("stored_value_op_minor", stored_value_minor, limits.stored_value_op_minor),
            ("stored_value_day_minor", after.stored_value_day_minor, limits.stored_value_day_minor),
            (
                "stored_value_total_minor",
                after.stored_value_total_minor,
                limits.stored_value_total_minor,
            ),
        ):
            if reached > most:
                return refuse(Code.CARD_LIMIT, limit=name, cap_minor=most, wanted_minor=reached)
    return None
