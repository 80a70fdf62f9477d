"""What people at head office look at: devices, books of members, exceptions, quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import tables
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import among, query
from sync.domain.members import Balances

t = tables
P = sa.bindparam


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """What head office holds of a till's epoch; `entries` is counted, `head_seq` is the mark."""

    till: str
    device: UUID
    epoch: int
    state: str
    entries: int
    head_seq: int
    head_hash: bytes
    verified_seq: int
    seen_ms: int


@dataclass(frozen=True, slots=True)
class MemberReport:
    """A member in the books: posted balances, what is uncovered, tier."""

    member: UUID
    tier: str
    home_store: str
    name: str
    balances: Balances
    uncovered: int
    version: int


@dataclass(frozen=True, slots=True)
class ExceptionReport:
    """An entry posted with an exception, in quarantine, or a case about a device.

    `outcome`: posted_exception | quarantined | device.
    """

    code: str
    outcome: str
    till: str
    device: UUID
    epoch: int
    seq: int
    member: UUID | None
    opened_ms: int
    state: str
    note: str


_COUNTS = (
    sa.select(t.entry.c.device, t.entry.c.epoch, sa.func.count().label("entries"))
    .group_by(t.entry.c.device, t.entry.c.epoch)
    .subquery("counts")
)
DEVICES: Final = query(
    sa.select(
        t.device_epoch.c.till, t.device_epoch.c.device, t.device_epoch.c.epoch,
        t.device_epoch.c.state, sa.func.coalesce(_COUNTS.c.entries, P("none")),
        *(t.device_epoch.c[n] for n in ("head_seq", "head_hash", "verified_seq", "seen_ms")),
    )
    .join_from(
        t.device_epoch, _COUNTS, isouter=True,
        onclause=sa.and_(
            t.device_epoch.c.device == _COUNTS.c.device, t.device_epoch.c.epoch == _COUNTS.c.epoch
        ),
    )
    .order_by(t.device_epoch.c.till, t.device_epoch.c.epoch)
)  # fmt: skip
_OWED = (
    sa.select(t.uncovered.c.member, sa.func.sum(t.uncovered.c.open).label("open"))
    .group_by(t.uncovered.c.member)
    .subquery("owed")
)
_MEMBERS = sa.select(
    t.member.c.member, t.member.c.tier, t.member.c.home_store, t.member.c.name,
    *(t.balance.c[n] for n in ("points", "principal", "bonus", "qualifying")),
    sa.func.coalesce(_OWED.c.open, P("none")), t.balance.c.version,
).select_from(
    t.member.join(t.balance, t.balance.c.member == t.member.c.member).join(
        _OWED, _OWED.c.member == t.member.c.member, isouter=True
    )
)  # fmt: skip
MEMBERS: Final = query(
    _MEMBERS.where(among(t.member.c.member, "members")).order_by(t.member.c.member)
)
_EXCEPTION_COLUMNS = ("device", "epoch", "seq", "code", "member", "opened_ms", "state", "note")
EXCEPTIONS: Final = query(
    sa.select(
        *(t.exception_item.c[n] for n in _EXCEPTION_COLUMNS),
        t.device_epoch.c.till,
        t.entry.c.post_seq,
    ).select_from(
        t.exception_item.join(
            t.device_epoch,
            sa.and_(
                t.device_epoch.c.device == t.exception_item.c.device,
                t.device_epoch.c.epoch == t.exception_item.c.epoch,
            ),
        ).join(
            t.entry,
            sa.and_(
                t.entry.c.device == t.exception_item.c.device,
                t.entry.c.epoch == t.exception_item.c.epoch,
                t.entry.c.seq == t.exception_item.c.seq,
            ),
            isouter=True,
        )
    )
)
QUARANTINED: Final = query(
    sa.select(
        *(t.quarantine.c[n] for n in ("device", "epoch", "seq", "issue", "member", "since_ms")),
        t.device_epoch.c.till,
    )
    .join_from(
        t.quarantine,
        t.device_epoch,
        sa.and_(
            t.device_epoch.c.device == t.quarantine.c.device,
            t.device_epoch.c.epoch == t.quarantine.c.epoch,
        ),
    )
    .order_by(t.quarantine.c.arrival)
)
CHECKS: Final = query(
    sa.select(
        t.balance.c.member,
        *(t.balance.c[n] for n in ("points", "principal", "bonus")),
        sa.func.coalesce(
            sa.select(sa.func.sum(t.lot.c.open))
            .where(t.lot.c.member == t.balance.c.member)
            .scalar_subquery(),
            P("none"),
        ),
        sa.func.coalesce(
            sa.select(sa.func.sum(t.uncovered.c.open))
            .where(t.uncovered.c.member == t.balance.c.member)
            .scalar_subquery(),
            P("none"),
        ),
        sa.func.coalesce(
            sa.select(sa.func.sum(t.posting.c.delta))
            .where(t.posting.c.member == t.balance.c.member, t.posting.c.account != P("but"))
            .scalar_subquery(),
            P("none"),
        ),
    )
)


async def devices(session: Session) -> list[DeviceReport]:
    """Every epoch of every till, by till."""
    found = await session.fetch(DEVICES, none=0)
    return [
        DeviceReport(till, UUID(bytes=which), epoch, state, int(entries), *rest)
        for till, which, epoch, state, entries, *rest in found
    ]


async def members(session: Session, wanted: Sequence[UUID]) -> list[MemberReport]:
    """Members as posted; those not known are left out."""
    ids = [member.bytes for member in wanted]
    return [
        MemberReport(
            UUID(bytes=row[0]), row[1], row[2], row[3], Balances(*row[4:8]), int(row[8]), row[9]
        )
        for row in await session.fetch(MEMBERS, members=ids, none=0)
    ]


async def exceptions(session: Session) -> list[ExceptionReport]:
    """Exception items and cases in posting order, then what is in quarantine by arrival."""
    found = []
    items = await session.fetch(EXCEPTIONS)
    for row in sorted(items, key=lambda r: (r[9] is None, r[9] or 0, bytes(r[0]), r[2], r[3])):
        device, epoch, seq, code, member, opened_ms, state, note, till, post_seq = row
        outcome = "device" if post_seq is None else "posted_exception"
        found.append(
            ExceptionReport(
                code, outcome, till, UUID(bytes=device), epoch, seq,
                UUID(bytes=member) if member else None, opened_ms, state, note,
            )
        )  # fmt: skip
    for row in await session.fetch(QUARANTINED):
        device, epoch, seq, issue, member, since_ms, till = row
        found.append(
            ExceptionReport(
                issue, "quarantined", till, UUID(bytes=device), epoch, seq,
                UUID(bytes=member) if member else None, since_ms, "open", "",
            )
        )  # fmt: skip
    return found


async def unbalanced(session: Session) -> list[UUID]:
    """Members whose balances are not their open lots less what is uncovered, or not the sum of
    their postings (invariant 11); empty when the books agree."""
    wrong = []
    for row in await session.fetch(CHECKS, none=0, but="qualifying"):
        held = row[1] + row[2] + row[3]
        if held != int(row[4]) - int(row[5]) or held != int(row[6]):
            wrong.append(UUID(bytes=row[0]))
    return wrong
