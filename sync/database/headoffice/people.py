"""Who may be the same person; what merging and giving away move from one member to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import rows
from sync.database.headoffice import tables as t
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import among, query, update
from sync.domain.lots import Lot, Uncovered
from sync.domain.posting import MemberBook

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
SET_ALIASES: Final = update(t.member, "alias_of")
MOVE_LOT: Final = query(
    sa.update(t.lot)
    .where(
        t.lot.c.member == P("was"), t.lot.c.post_seq == P("of"), t.lot.c.part == P("the_part")
    )
    .values(member=P("now"), came_from=P("path"))
)  # fmt: skip
MOVE_DEBT: Final = query(
    sa.update(t.uncovered)
    .where(
        t.uncovered.c.member == P("was"), t.uncovered.c.post_seq == P("of"),
        t.uncovered.c.claim == P("the_part"),
    )
    .values(member=P("now"), came_from=P("path"))
)  # fmt: skip
SPLIT_LOTS: Final = update(t.lot, "quantity")


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
    return -sum(int(row[0]) for row in found)


async def tills_of_serials(session: Session, first: int, last: int) -> list[str]:
    """Tills whose own block holds any of these serials."""
    return [row[0] for row in await session.fetch(STOCKED, first=first, last=last)]


async def save_aliases(session: Session, books: Sequence[MemberBook]) -> None:
    """Whom members were merged into, or that they stand for themselves again."""
    await session.write(
        SET_ALIASES, [(b.alias_of.bytes if b.alias_of else None, b.member.bytes) for b in books]
    )


async def save_moves(
    session: Session,
    lots: Sequence[tuple[UUID, Lot]],
    debts: Sequence[tuple[UUID, Uncovered]],
    split: Sequence[Lot],
) -> None:
    """Lots and debts that changed hands, with who held them before; lots given in part."""
    for was, moved in lots:
        await session.execute(
            MOVE_LOT, was=was.bytes, now=moved.member.bytes, path=rows.path_text(moved.came_from),
            of=moved.key.post_seq, the_part=moved.key.part,
        )  # fmt: skip
    for was, debt in debts:
        await session.execute(
            MOVE_DEBT, was=was.bytes, now=debt.member.bytes, path=rows.path_text(debt.came_from),
            of=debt.post_seq, the_part=debt.claim,
        )  # fmt: skip
    await session.write(SPLIT_LOTS, [(lot.quantity, lot.member.bytes, *lot.key) for lot in split])
