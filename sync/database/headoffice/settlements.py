"""Clearing runs, what they are made of, and the signatures that must hold before one is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import rows, tables
from sync.database.headoffice.ledger import DEVICE_COLUMNS, ENTRY_COLUMNS
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import insert, query, upsert
from sync.domain.journal import Entry
from sync.domain.lots import Allocation, Lot, LotKey

t = tables
P = sa.bindparam
_APPROVED: sa.ColumnElement[Any] = sa.literal_column("'approved'")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A clearing run as kept. `state`: draft | approved, which freezes the bytes of the CSVs."""

    label: str
    after: int
    upto: int
    state: str
    digest: str
    lines_csv: bytes
    positions_csv: bytes
    drafted_by: str
    drafted_ms: int
    approved_by: str | None
    approved_ms: int | None


_RANGE = sa.and_(t.alloc.c.post_seq > P("after"), t.alloc.c.post_seq <= P("upto"))
_ORDER = (t.alloc.c.post_seq, t.alloc.c.part)
ALLOCATIONS: Final = query(sa.select(t.alloc).where(_RANGE).order_by(*_ORDER))
NTH: Final = query(
    sa.select(t.alloc).where(_RANGE).order_by(*_ORDER).limit(P("one")).offset(P("skip"))
)
OF_CLAIM: Final = query(
    sa.select(t.alloc)
    .where(t.alloc.c.member == P("member"), t.alloc.c.claim_post_seq == P("post_seq"),
           t.alloc.c.claim == P("claim"))
    .order_by(*_ORDER)
)  # fmt: skip
SUMS: Final = query(
    sa.select(
        t.alloc.c.debtor,
        t.alloc.c.creditor,
        sa.cast(sa.func.sum(t.alloc.c.amount_minor), sa.BigInteger),
    )
    .where(_RANGE)
    .group_by(t.alloc.c.debtor, t.alloc.c.creditor)
    .order_by(t.alloc.c.debtor, t.alloc.c.creditor)
)
_RUN = sa.select(t.clearing_run).where(t.clearing_run.c.label == P("label"))
RUN: Final = query(_RUN)
LOCK_RUN: Final = query(_RUN.with_for_update())
RUNS: Final = query(
    sa.select(t.clearing_run).order_by(t.clearing_run.c.upto, t.clearing_run.c.label)
)
LAST_APPROVED: Final = query(
    sa.select(sa.func.coalesce(sa.func.max(t.clearing_run.c.upto), P("none"))).where(
        t.clearing_run.c.state == _APPROVED
    )
)
LOT: Final = query(
    sa.select(t.lot).where(
        t.lot.c.member == P("member"), t.lot.c.post_seq == P("post_seq"), t.lot.c.part == P("part")
    )
)
UNVERIFIED: Final = query(
    sa.select(*DEVICE_COLUMNS)
    .where(t.device_epoch.c.verified_seq < t.device_epoch.c.head_seq)
    .order_by(t.device_epoch.c.device, t.device_epoch.c.epoch)
)
ENTRIES_AFTER: Final = query(
    sa.select(*ENTRY_COLUMNS)
    .where(t.entry.c.device == P("device"), t.entry.c.epoch == P("epoch"),
           t.entry.c.seq > P("after"))
    .order_by(t.entry.c.seq)
    .limit(P("limit"))
)  # fmt: skip
MARK_VERIFIED: Final = query(
    sa.update(t.device_epoch)
    .where(
        t.device_epoch.c.device == P("which"),
        t.device_epoch.c.epoch == P("of_epoch"),
        t.device_epoch.c.verified_seq < P("seq"),
    )
    .values(verified_seq=P("seq"))
)
FIRST_UNVERIFIED: Final = query(
    sa.select(sa.func.min(t.entry.c.post_seq)).where(
        t.entry.c.device == P("device"), t.entry.c.epoch == P("epoch"), t.entry.c.seq > P("after")
    )
)
PUT_RUN: Final = upsert(t.clearing_run)
ADD_LINES: Final = insert(t.clearing_line)


async def allocations(session: Session, after: int, upto: int) -> list[Allocation]:
    """Allocations with `after` < post_seq <= `upto`, in posting order."""
    found = await session.fetch(ALLOCATIONS, after=after, upto=upto)
    return [rows.alloc_of(row) for row in found]


async def nth_allocation(session: Session, after: int, upto: int, number: int) -> Allocation | None:
    """The allocation behind line `number` (from 1) of a run."""
    found = await session.fetch(NTH, after=after, upto=upto, one=1, skip=number - 1)
    return rows.alloc_of(found[0]) if found else None


async def of_claim(session: Session, like: Allocation) -> list[Allocation]:
    """All allocations that serve the same claim as `like`."""
    found = await session.fetch(
        OF_CLAIM, member=like.member.bytes, post_seq=like.claim_post_seq, claim=like.claim
    )
    return [rows.alloc_of(row) for row in found]


async def sums(session: Session, after: int, upto: int) -> dict[tuple[str, str], int]:
    """Fen per (debtor, creditor), summed by the database: the second opinion on a run."""
    found = await session.fetch(SUMS, after=after, upto=upto)
    return {(row[0], row[1]): int(row[2]) for row in found}


async def run(session: Session, label: str, *, lock: bool = False) -> StoredRun | None:
    """A run by its label; `lock`: nobody else changes it until the transaction ends."""
    found = await session.fetch(LOCK_RUN if lock else RUN, label=label)
    return StoredRun(*found[0]) if found else None


async def runs(session: Session) -> list[StoredRun]:
    """All runs, oldest first."""
    return [StoredRun(*row) for row in await session.fetch(RUNS)]


async def last_approved(session: Session) -> int:
    """Where the last approved run ended; 0 when there is none."""
    found = await session.fetch(LAST_APPROVED, none=0)
    last: int = found[0][0]
    return last


async def put_run(session: Session, kept: StoredRun) -> None:
    """Store a draft, or its approval."""
    row = (
        kept.label, kept.after, kept.upto, kept.state, kept.digest, kept.lines_csv,
        kept.positions_csv, kept.drafted_by, kept.drafted_ms, kept.approved_by, kept.approved_ms,
    )  # fmt: skip
    await session.write(PUT_RUN, [row])


async def add_lines(session: Session, label: str, found: Sequence[Allocation]) -> None:
    """Bind each allocation to its approved run; ConflictError when one was cleared before."""
    await session.write(
        ADD_LINES, [(label, number, a.post_seq, a.part) for number, a in enumerate(found, start=1)]
    )


async def lot(session: Session, member: UUID, key: LotKey) -> Lot | None:
    """A lot, open or used up."""
    found = await session.fetch(LOT, member=member.bytes, post_seq=key.post_seq, part=key.part)
    return rows.lot_of(found[0]) if found else None


async def unverified(session: Session) -> list[Device]:
    """Epochs with entries whose own signature has not been checked yet."""
    return [rows.device_of(row) for row in await session.fetch(UNVERIFIED)]


async def entries_after(session: Session, of: Device, after: int, limit: int) -> list[Entry]:
    """Journal copy of an epoch after seq `after`."""
    found = await session.fetch(
        ENTRIES_AFTER, device=of.device.bytes, epoch=of.epoch, after=after, limit=limit
    )
    return [rows.entry_of(row) for row in found]


async def mark_verified(session: Session, of: Device, seq: int) -> None:
    """Signatures up to `seq` hold."""
    await session.execute(MARK_VERIFIED, which=of.device.bytes, of_epoch=of.epoch, seq=seq)


async def first_unverified(session: Session, of: Device) -> int | None:
    """Lowest posting number among the unchecked entries of an epoch."""
    found = await session.fetch(
        FIRST_UNVERIFIED, device=of.device.bytes, epoch=of.epoch, after=of.verified_seq
    )
    lowest: int | None = found[0][0]
    return lowest
