"""Whose level or points may have ended, and how a member's level changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import tables
from sync.database.headoffice.rows import uuid_of
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import query

t = tables
P = sa.bindparam
_ZERO: sa.ColumnElement[int] = sa.literal_column("0")
_POINTS: sa.ColumnElement[str] = sa.literal_column("'points'")

ENDED_LEVELS: Final = query(
    sa.select(t.balance.c.member)
    .join_from(t.balance, t.member, t.balance.c.member == t.member.c.member)
    .where(
        t.balance.c.level_to < P("before"),
        t.balance.c.member > P("after"),
        t.member.c.alias_of.is_(None),
    )
    .order_by(t.balance.c.member)
    .limit(P("limit"))
)
ENDED_LOTS: Final = query(
    sa.select(t.lot.c.member)
    .where(
        t.lot.c.open > _ZERO,
        t.lot.c.account == _POINTS,
        t.lot.c.expires_on < P("before"),
        t.lot.c.member > P("after"),
    )
    .group_by(t.lot.c.member)
    .order_by(t.lot.c.member)
    .limit(P("limit"))
)
DEALERS: Final = query(sa.select(t.dealer.c.dealer))
HISTORY: Final = query(
    sa.select(t.tier_history)
    .where(t.tier_history.c.member == P("member"))
    .order_by(t.tier_history.c.post_seq)
)


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One change of a level. `reason`: up | kept | down; `spent_minor` was held against
    `from_minor`."""

    post_seq: int
    before: str
    after: str
    since: str
    to: str | None
    reason: str
    spent_minor: int
    from_minor: int


async def ended_levels(session: Session, before: date, after: bytes, limit: int) -> list[UUID]:
    """Members above `after` whose level's last day is before `before`, sorted."""
    found = await session.fetch(ENDED_LEVELS, before=before.isoformat(), after=after, limit=limit)
    return [uuid_of(row[0]) for row in found]


async def ended_lots(session: Session, before: date, after: bytes, limit: int) -> list[UUID]:
    """Members above `after` who hold points whose last day is before `before`, sorted."""
    found = await session.fetch(ENDED_LOTS, before=before.isoformat(), after=after, limit=limit)
    return [uuid_of(row[0]) for row in found]


async def dealers(session: Session) -> frozenset[str]:
    """Every dealer."""
    return frozenset(row[0] for row in await session.fetch(DEALERS))


async def history(session: Session, member: UUID) -> list[LevelLine]:
    """Every change of a member's level, oldest first."""
    found = await session.fetch(HISTORY, member=member.bytes)
    return [LevelLine(*row[1:]) for row in found]
