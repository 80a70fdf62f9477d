"""Leases as kept at head office, and what tills have proved about their end. No rule lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import rows, tables
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import Row, among, insert, query, upsert
from sync.domain.books import MemberBook
from sync.domain.leases import Holder, Lease, State
from sync.domain.lots import Uncovered
from sync.domain.members import Balances

t = tables
P = sa.bindparam
_ZERO: sa.ColumnElement[Any] = sa.literal_column("0")
_CLOSED: sa.ColumnElement[Any] = sa.literal_column("'closed'")
_LIVE: sa.ColumnElement[Any] = sa.literal_column("'live'")
_ENDING: sa.ColumnElement[Any] = sa.literal_column("'ending'")
_ACTIVE: sa.ColumnElement[Any] = sa.literal_column("'active'")
_GRANTED: sa.ColumnElement[Any] = sa.literal_column("'granted'")
_MEMBER: sa.ColumnElement[Any] = sa.literal_column("'member'")
_NOBODY: sa.ColumnElement[Any] = sa.literal_column("''")

# Closed ones are read as long as head office may hesitate to give what they held away again.
OF_MEMBERS: Final = query(
    sa.select(t.lease)
    .where(
        among(t.lease.c.member, "members"),
        sa.or_(t.lease.c.state != _CLOSED, t.lease.c.ended_ms >= P("since_ms")),
    )
    .order_by(t.lease.c.lease)
)
LIVE: Final = query(
    sa.select(t.lease).where(t.lease.c.state != _CLOSED).order_by(t.lease.c.till, t.lease.c.lease)
)
DUE: Final = query(
    sa.select(t.lease.c.member)
    .where(t.lease.c.state == _LIVE, t.lease.c.expires_ms < P("before_ms"))
    .distinct()
    .limit(P("most"))
)
TO_END: Final = query(
    sa.select(t.lease.c.member, sa.func.max(t.lease.c.ended_ms).label("ended_ms"))
    .where(t.lease.c.state == _ENDING)
    .group_by(t.lease.c.member)
    .order_by(sa.desc("ended_ms"))
    .limit(P("most"))
)
OVER: Final = query(
    sa.select(t.lease.c.member)
    .where(t.lease.c.state == _ENDING, t.lease.c.expires_ms < P("over_ms"))
    .distinct()
    .limit(P("most"))
)
CHANGED: Final = query(
    sa.select(t.feed.c.key, t.feed.c.n)
    .where(t.feed.c.kind == _MEMBER, t.feed.c.n > P("after"))
    .order_by(t.feed.c.n)
    .limit(P("most"))
)
HOLDERS: Final = query(
    sa.select(
        t.device_epoch.c.store, t.device_epoch.c.device, t.device_epoch.c.epoch,
        t.device_epoch.c.till,
    )
    .where(t.device_epoch.c.state == _ACTIVE)
    .order_by(t.device_epoch.c.till, t.device_epoch.c.device, t.device_epoch.c.epoch)
)  # fmt: skip
PROOFS: Final = query(
    sa.select(
        t.lease_proof.c.device, t.lease_proof.c.epoch, t.lease_proof.c.n, t.lease_proof.c.seq,
        t.device_epoch.c.head_seq,
    ).join_from(
        t.lease_proof,
        t.device_epoch,
        sa.and_(
            t.lease_proof.c.device == t.device_epoch.c.device,
            t.lease_proof.c.epoch == t.device_epoch.c.epoch,
        ),
    ).where(t.device_epoch.c.state == _ACTIVE)
)  # fmt: skip
HELD: Final = query(
    sa.select(
        t.hold.c.member,
        *(sa.func.sum(t.hold.c[name]) for name in ("points", "principal", "bonus")),
    )
    .where(
        among(t.hold.c.member, "members"), t.hold.c.state == _GRANTED,
        t.hold.c.expires_ms > P("now_ms"),
    )
    .group_by(t.hold.c.member)
)  # fmt: skip
UNCLAIMED: Final = query(
    sa.select(t.uncovered)
    .where(
        t.uncovered.c.open > _ZERO, t.uncovered.c.bearer == _NOBODY,
        t.uncovered.c.business_date < P("before"),
    )
    .order_by(t.uncovered.c.post_seq, t.uncovered.c.claim)
    .limit(P("most"))
)  # fmt: skip
CODES: Final = query(
    sa.select(t.exception_item.c.code).where(
        t.exception_item.c.device == P("device"), t.exception_item.c.epoch == P("epoch"),
        t.exception_item.c.seq == P("seq"),
    )
)  # fmt: skip
PUT: Final = upsert(t.lease)
PUT_PROOF: Final = upsert(t.lease_proof)
ADD_INCIDENTS: Final = insert(t.exception_item, conflict="ON CONFLICT DO NOTHING")
NEVER_MS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Proof:
    """What a till's epoch said last: it had applied the feed up to `n` when its journal ended at
    `seq`; `head_seq`: up to where head office has it."""

    n: int
    seq: int
    head_seq: int


async def load_into(
    session: Session,
    members: Sequence[bytes],
    books: Mapping[UUID, MemberBook],
    since_ms: int = NEVER_MS,
) -> None:
    """Put the members' leases into their books: those not closed, and those ended since then."""
    for row in await session.fetch(OF_MEMBERS, members=list(members), since_ms=since_ms):
        lease = _lease_of(row)
        books[lease.member].leases.append(lease)


async def live(session: Session) -> list[Lease]:
    """Every lease that is not closed."""
    return [_lease_of(row) for row in await session.fetch(LIVE)]


async def put(session: Session, found: Sequence[Lease]) -> None:
    """Store leases as they now are."""
    await session.write(PUT, [_lease_row(lease) for lease in found])


async def due(session: Session, before_ms: int, over_ms: int, most: int) -> list[UUID]:
    """Members whose leases end before `before_ms`, those whose leases are ending (the latest
    first), and those whose ends were before `over_ms`: at most `most` of each."""
    found = [
        *await session.fetch(DUE, before_ms=before_ms, most=most),
        *await session.fetch(TO_END, most=most),
        *await session.fetch(OVER, over_ms=over_ms, most=most),
    ]
    return [rows.uuid_of(row[0]) for row in found]


async def changed(session: Session, after: int, most: int) -> list[tuple[UUID, int]]:
    """Members published after feed number `after`, with their numbers, in order."""
    found = await session.fetch(CHANGED, after=after, most=most)
    return [(UUID(row[0]), row[1]) for row in found]


async def holders(session: Session) -> dict[str, list[Holder]]:
    """Working tills by store."""
    found: dict[str, list[Holder]] = {}
    for store, device, epoch, till in await session.fetch(HOLDERS):
        holder = Holder(f"{rows.uuid_of(device)}:{epoch}", till)
        found.setdefault(store, []).append(holder)
    return found


async def proofs(session: Session) -> dict[str, Proof]:
    """What tills said, by holder; of a copied till nobody knows which one said it."""
    return {
        f"{rows.uuid_of(device)}:{epoch}": Proof(n, seq, head)
        for device, epoch, n, seq, head in await session.fetch(PROOFS)
    }


async def put_proof(session: Session, device: UUID, epoch: int, n: int, seq: int) -> None:
    """A till has applied the feed up to `n`; its journal ends at `seq`."""
    await session.write(PUT_PROOF, [(device.bytes, epoch, n, seq)])


async def held(session: Session, members: Sequence[UUID], now_ms: int) -> dict[UUID, Balances]:
    """What head office has promised online, by member."""
    ids = [member.bytes for member in members]
    return {
        rows.uuid_of(row[0]): Balances(int(row[1]), int(row[2]), int(row[3]))
        for row in await session.fetch(HELD, members=ids, now_ms=now_ms)
    }


async def unclaimed(session: Session, before: date, most: int) -> list[Uncovered]:
    """Open claims nobody bears yet, made before a day, oldest first."""
    found = await session.fetch(UNCLAIMED, before=before.isoformat(), most=most)
    return [rows.uncovered_of(row) for row in found]


async def codes_of(session: Session, debt: Uncovered) -> tuple[str, ...]:
    """What head office found wrong with the entry of a claim."""
    ref = debt.entry
    found = await session.fetch(CODES, device=ref.device.bytes, epoch=ref.epoch, seq=ref.seq)
    return tuple(row[0] for row in found)


async def add_incident(session: Session, debt: Uncovered, why: str, now_ms: int) -> None:
    """Open a case about a claim whose dealer bears the loss."""
    ref = debt.entry
    row: Row = (
        ref.device.bytes, ref.epoch, ref.seq, "loss_incident", debt.member.bytes, now_ms, "open",
        why,
    )  # fmt: skip
    await session.write(ADD_INCIDENTS, [row])


def _lease_row(lease: Lease) -> Row:
    return (
        lease.lease, lease.member.bytes, lease.store, lease.till, lease.holder, lease.asset,
        lease.granted, lease.used, lease.value_minor, lease.expires_ms, lease.state.value,
        lease.ended_ms,
    )  # fmt: skip


def _lease_of(row: Row) -> Lease:
    lease, member, store, till, holder, asset, granted, used, value, expires, state, ended = row
    return Lease(
        lease, rows.uuid_of(member), store, till, holder, asset, granted, used, value, expires,
        State(state), ended,
    )  # fmt: skip
