"""Who may be the same person, and what a merge brought along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import tables as t
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import among, query

P = sa.bindparam
JOINED: Final = query(
    sa.select(t.member.c.member, t.member.c.joined_post_seq).where(
        among(t.member.c.member, "members")
    )
)
_TWICE = (
    sa.select(t.member.c.phone_key)
    .where(t.member.c.alias_of.is_(None), t.member.c.phone_key != P("none"))
    .group_by(t.member.c.phone_key)
    .having(sa.func.count() > P("once"))
)
SAME_PHONE: Final = query(
    sa.select(t.member.c.phone_key, t.member.c.member)
    .where(t.member.c.alias_of.is_(None), t.member.c.phone_key.in_(_TWICE))
    .order_by(t.member.c.phone_key, t.member.c.joined_post_seq)
)
BROUGHT: Final = query(
    sa.select(t.posting.c.delta)
    .where(
        t.posting.c.member == P("member"),
        t.posting.c.account == P("account"),
        t.posting.c.reason == P("reason"),
        t.posting.c.post_seq
        == sa.select(sa.func.max(t.balance.c.version))
        .where(t.balance.c.member == P("member"))
        .scalar_subquery(),
    )
)  # fmt: skip
STOCKED: Final = query(
    sa.select(t.till.c.till).where(
        t.till.c.first_serial <= P("last"), t.till.c.last_serial >= P("first")
    )
)


async def joined(session: Session, members: Sequence[UUID]) -> dict[UUID, int]:
    """When members were posted: the number of their enrolment."""
    found = await session.fetch(JOINED, members=[member.bytes for member in members])
    return {UUID(bytes=row[0]): row[1] for row in found}


async def same_phone(session: Session) -> list[tuple[UUID, ...]]:
    """Members of one phone, the earliest first; each tuple is one phone."""
    by_key: dict[str, list[UUID]] = {}
    for key, member in await session.fetch(SAME_PHONE, none="", once=1):
        by_key.setdefault(key, []).append(UUID(bytes=member))
    return [tuple(members) for members in by_key.values()]


async def brought(session: Session, alias: UUID) -> int:
    """Qualifying spend that a member gave up when it was merged: its last posting of all."""
    found = await session.fetch(BROUGHT, member=alias.bytes, account="qualifying", reason="merge")
    return -sum(row[0] for row in found)


async def tills_of_serials(session: Session, first: int, last: int) -> list[str]:
    """Tills whose own block holds any of these serials."""
    return [row[0] for row in await session.fetch(STOCKED, first=first, last=last)]
