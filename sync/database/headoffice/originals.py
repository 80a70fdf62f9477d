"""Entries that others take back: loaded whole before a batch, and what came back of them. No rule
lives here.

An original is locked by its row of the journal copy, after the members: two pushes never take the
same goods back at once, also where nobody is a member.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import rows, tables
from sync.database.headoffice.rows import Loaded, Waiting
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import Query, among, insert, query
from sync.domain.journal import Body, UnreadableBody, read_body
from sync.domain.lots import Allocation, EntryRef
from sync.domain.originals import Original, TakenBack

t = tables
P = sa.bindparam

_OF_ENTRY = sa.and_(
    t.entry.c.device == P("device"), t.entry.c.epoch == P("epoch"), t.entry.c.seq == P("seq")
)
BODY: Final = query(sa.select(t.entry.c.body).where(_OF_ENTRY))
_SAME_TILL = sa.and_(
    t.device_epoch.c.device == t.entry.c.device, t.device_epoch.c.epoch == t.entry.c.epoch
)
ENTRY: Final = query(
    sa.select(
        t.entry.c.hash, t.entry.c.body, t.entry.c.post_seq,
        t.device_epoch.c.dealer, t.device_epoch.c.store, t.device_epoch.c.till,
    )
    .join_from(t.entry, t.device_epoch, _SAME_TILL)
    .where(_OF_ENTRY)
    .with_for_update(of=t.entry)
)  # fmt: skip
GONE: Final = query(
    sa.select(t.taken_back.c.item, t.taken_back.c.quantity).where(
        t.taken_back.c.device == P("device"),
        t.taken_back.c.epoch == P("epoch"),
        t.taken_back.c.seq == P("seq"),
    )
)
_ORDER = (t.alloc.c.post_seq, t.alloc.c.part)
DRAWN: Final = query(
    sa.select(t.alloc)
    .where(among(t.alloc.c.member, "members"), t.alloc.c.claim_post_seq == P("post_seq"))
    .order_by(*_ORDER)
)
SPENT: Final = query(
    sa.select(t.alloc)
    .where(among(t.alloc.c.member, "members"), t.alloc.c.lot_post_seq == P("post_seq"))
    .order_by(*_ORDER)
)
LOTS: Final = query(
    sa.select(t.lot).where(among(t.lot.c.member, "members"), among(t.lot.c.post_seq, "post_seqs"))
)
WAITING: Final = query(
    sa.select(
        *(t.quarantine.c[n] for n in ("device", "epoch", "seq", "arrival", "member", "issue")),
        t.awaiting.c.seq,
    )
    .join_from(
        t.awaiting,
        t.quarantine,
        sa.and_(
            t.quarantine.c.device == t.awaiting.c.by_device,
            t.quarantine.c.epoch == t.awaiting.c.by_epoch,
            t.quarantine.c.seq == t.awaiting.c.by_seq,
        ),
    )
    .where(
        t.awaiting.c.device == P("device"),
        t.awaiting.c.epoch == P("epoch"),
        t.awaiting.c.seq >= P("first"),
        t.awaiting.c.seq <= P("last"),
    )
    .order_by(t.quarantine.c.arrival)
    .with_for_update(of=t.quarantine)
)
ADD_TAKEN_BACK: Final = insert(t.taken_back)
ADD_AWAITING: Final = insert(t.awaiting, conflict="ON CONFLICT DO NOTHING")


async def members_of(session: Session, refs: Iterable[EntryRef]) -> set[UUID]:
    """Members whose books the originals touched."""
    found = set()
    for ref in sorted(refs):
        for row in await session.fetch(BODY, **_named(ref)):
            body = _body(row[0])
            if body is not None and body.member is not None:
                found.add(body.member)
    return found


async def load(session: Session, refs: Iterable[EntryRef], loaded: Loaded) -> None:
    """Lock and read the originals, in order; every lot they made or drew joins its member's book.

    Their members are among those `loaded`. What is not there or not posted is awaited.
    """
    for ref in sorted(refs):
        found = await session.fetch(ENTRY, **_named(ref))
        row = found[0] if found else None
        body = _body(row[1]) if row is not None and row[2] is not None else None
        if row is None or body is None:
            loaded.awaited.add(ref)
            continue
        digest, _, post_seq, *place = row
        original = Original(ref, digest, body, (place[0], place[1], place[2]), post_seq)
        for item, quantity in await session.fetch(GONE, **_named(ref)):
            original.taken_back[item] = original.taken_back.get(item, 0) + quantity
        await _books_of(session, original, loaded)
        loaded.originals[ref] = original


async def _books_of(session: Session, original: Original, loaded: Loaded) -> None:
    member = original.body.member
    if member is None or member not in loaded.books:
        return
    book, chain = loaded.books[member], [member]
    while book.alias_of is not None:
        book = loaded.books[book.alias_of]
        chain.append(book.member)
    ids = sorted(one.bytes for one in chain)
    original.drawn = await _allocations(session, DRAWN, ids, original.post_seq)
    original.spent = await _allocations(session, SPENT, ids, original.post_seq)
    numbers = {a.lot.post_seq for a in original.drawn} | {original.post_seq}
    held = {lot.key for lot in book.lots}
    for row in await session.fetch(LOTS, members=ids, post_seqs=sorted(numbers)):
        lot = rows.lot_of(row)
        if lot.key not in held:  # what was used up before a merge stayed behind
            book.lots.append(lot)


async def _allocations(
    session: Session, asked: Query, ids: list[bytes], post_seq: int
) -> list[Allocation]:
    found = await session.fetch(asked, members=ids, post_seq=post_seq)
    return [rows.alloc_of(row) for row in found]


async def waiting_for(
    session: Session, device: UUID, epoch: int, first: int, last: int
) -> list[tuple[EntryRef, Waiting]]:
    """Quarantined entries that wait for `first`..`last` of a till, with what each waits for, in
    order of arrival, locked."""
    found = await session.fetch(WAITING, device=device.bytes, epoch=epoch, first=first, last=last)
    return [
        (
            EntryRef(device, epoch, r[6]),
            Waiting(EntryRef(UUID(bytes=r[0]), r[1], r[2]), r[3], rows.uuid_or_none(r[4]), r[5]),
        )
        for r in found
    ]


async def save(
    session: Session, taken: Sequence[TakenBack], awaiting: Sequence[tuple[EntryRef, EntryRef]]
) -> None:
    """Keep what came back, and (original, entry) for entries that wait for an original."""
    await session.write(
        ADD_TAKEN_BACK,
        [(*_key(back.original), back.post_seq, back.item, back.quantity) for back in taken],
    )
    await session.write(ADD_AWAITING, [(*_key(of), *_key(entry)) for of, entry in awaiting])


async def gone_of(session: Session, ref: EntryRef) -> dict[int, int]:
    """Pieces per line of an original that came back."""
    found: dict[int, int] = {}
    for item, quantity in await session.fetch(GONE, **_named(ref)):
        found[item] = found.get(item, 0) + quantity
    return found


def _body(data: bytes) -> Body | None:
    try:
        return read_body(data)
    except UnreadableBody:
        return None


def _key(ref: EntryRef) -> tuple[bytes, int, int]:
    return ref.device.bytes, ref.epoch, ref.seq


def _named(ref: EntryRef) -> dict[str, object]:
    return {"device": ref.device.bytes, "epoch": ref.epoch, "seq": ref.seq}
