"""Small records beside the books (`sync.domain.records`): one row per type and id.

They are locked in the order of their keys, after the members of a batch. A row is made before it is
locked, so that two batches that both want the first one of an id wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from sync.database.headoffice import tables as t
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import Row, among, insert, query, update
from sync.domain.records import TYPES, Record, RecordKey, about

P = sa.bindparam
_NOTHING: Final = b"null"

RESERVE: Final = insert(t.record, conflict="ON CONFLICT DO NOTHING")
_LOCKED = (
    sa.select(t.record.c.kind, t.record.c.key, t.record.c.data)
    .where(t.record.c.kind == P("kind"), among(t.record.c.key, "keys"))
    .order_by(t.record.c.key)
)
LOCK: Final = query(_LOCKED.with_for_update())
READ: Final = query(_LOCKED)
OF_KIND: Final = query(
    sa.select(t.record.c.kind, t.record.c.key, t.record.c.data)
    .where(t.record.c.kind == P("kind"), t.record.c.state == P("state"))
    .order_by(t.record.c.key)
)
OF_MEMBER: Final = query(
    sa.select(t.record.c.kind, t.record.c.key, t.record.c.data)
    .where(
        t.record.c.member == P("member"),
        t.record.c.kind == P("kind"),
        t.record.c.state == P("state"),
    )
    .order_by(t.record.c.key)
)
BODIES: Final = query(
    sa.select(t.entry.c.post_seq, t.entry.c.body)
    .where(t.entry.c.post_seq > P("after"))
    .order_by(t.entry.c.post_seq)
    .limit(P("limit"))
)
HEADS: Final = query(
    sa.select(t.device_epoch.c.device, t.device_epoch.c.epoch, t.device_epoch.c.head_seq).where(
        t.device_epoch.c.store == P("store")
    )
)
SET: Final = update(t.record, "member", "store", "state", "data")
_DECODERS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    kind: msgspec.json.Decoder(type_ | None) for kind, type_ in TYPES.items()
}


async def load(
    session: Session, keys: Iterable[RecordKey], *, lock: bool = True
) -> dict[RecordKey, Record | None]:
    """The records of these keys, locked until the transaction ends; None where there is none."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    if lock:
        await session.write(RESERVE, [(*key, None, "", "", _NOTHING) for key in wanted])
    found: dict[RecordKey, Record | None] = dict.fromkeys(wanted)
    for kind in sorted({key.kind for key in wanted}):
        of_kind = [key.key for key in wanted if key.kind == kind]
        for row in await session.fetch(LOCK if lock else READ, kind=kind, keys=of_kind):
            found[RecordKey(row[0], row[1])] = _record(row)
    return found


async def save(session: Session, changed: Mapping[RecordKey, Record]) -> None:
    """Store records that `load` locked."""
    await session.write(SET, [_values(key, record) for key, record in sorted(changed.items())])


async def of_kind(session: Session, kind: str, state: str) -> list[tuple[str, Record]]:
    """All records of a type in a state, by id."""
    return _all(await session.fetch(OF_KIND, kind=kind, state=state))


async def of_member(
    session: Session, member: UUID, kind: str, state: str
) -> list[tuple[str, Record]]:
    """A member's records of a type in a state, by id."""
    return _all(await session.fetch(OF_MEMBER, member=member.bytes, kind=kind, state=state))


async def bodies(session: Session, after: int, limit: int) -> list[tuple[int, bytes]]:
    """(number, body) of posted entries after a number, in order."""
    return [
        (row[0], bytes(row[1])) for row in await session.fetch(BODIES, after=after, limit=limit)
    ]


async def heads_of_store(session: Session, store: str) -> dict[str, int]:
    """Last entry head office has of each till of a store, per "device:epoch"."""
    found = await session.fetch(HEADS, store=store)
    return {f"{UUID(bytes=row[0])}:{row[1]}": row[2] for row in found}


def _all(rows: Iterable[Row]) -> list[tuple[str, Record]]:
    found = [(row[1], _record(row)) for row in rows]
    return [(key, record) for key, record in found if record is not None]


def _record(row: Row) -> Record | None:
    found: Record | None = _DECODERS[row[0]].decode(row[2])
    return found


def _values(key: RecordKey, record: Record) -> Row:
    member, store, state = about(record)
    data = msgspec.json.encode(record)
    return (None if member is None else member.bytes, store, state, data, *key)
