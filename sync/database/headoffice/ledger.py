"""Loading and storing what posting decides, as sets of rows. No rule lives here.

Lock order everywhere: device, then quarantined entries by arrival, then members sorted by their
bytes, then the shared lock under which numbers are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import leases, originals, people, records, rows, tables
from sync.database.headoffice.rows import Blob, Device, FeedRow, Loaded, Person, Recorded, Waiting
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import Row, among, insert, query, update, upsert
from sync.domain.books import LevelPosted
from sync.domain.cards import Card
from sync.domain.checksums import ALL_TILLS, Checksum
from sync.domain.joining import Prospect
from sync.domain.journal import Entry
from sync.domain.leases import Lease
from sync.domain.lots import Allocation, EntryRef, Lot, Uncovered
from sync.domain.originals import TakenBack
from sync.domain.posting import MemberBook, Posting
from sync.domain.records import Record, RecordKey

t = tables
P = sa.bindparam
_ZERO: sa.ColumnElement[Any] = sa.literal_column("0")
_REFUSED: sa.ColumnElement[Any] = sa.literal_column("'refused'")
_GRANTED: sa.ColumnElement[Any] = sa.literal_column("'granted'")
_CONSUMED: sa.ColumnElement[Any] = sa.literal_column("'consumed'")

DEVICE_COLUMNS: Final = tuple(
    t.device_epoch.c[name]
    for name in (
        "device", "epoch", "till", "store", "dealer", "store_group", "sign_key", "agree_key",
        "record", "genesis", "head_seq", "head_hash", "verified_seq", "state",
    )
)  # fmt: skip
ENTRY_COLUMNS: Final = tuple(
    t.entry.c[name] for name in ("device", "epoch", "seq", "prev", "body", "hash", "signature")
)


def _of_device(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.device == P("device"), table.c.epoch == P("epoch"))


def _of_entry(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(_of_device(table), table.c.seq == P("seq"))


_DEVICE = sa.select(*DEVICE_COLUMNS).where(_of_device(t.device_epoch))
DEVICE: Final = query(_DEVICE)
LOCK_DEVICE: Final = query(_DEVICE.with_for_update())
RECORDED: Final = query(
    sa.select(*(t.entry.c[n] for n in ("seq", "hash", "entry_id", "outcome", "codes", "post_seq")))
    .where(_of_device(t.entry), t.entry.c.seq >= P("first"), t.entry.c.seq <= P("last"))
    .order_by(t.entry.c.seq)
)
_BOOK_COLUMNS = (
    *(t.balance.c[n] for n in ("member", "points", "principal", "bonus", "qualifying")),
    *(t.balance.c[n] for n in ("version", "marks")),
    *(t.member.c[n] for n in ("tier", "home_dealer", "home_store", "home_group", "name")),
    *(t.member.c[n] for n in ("phone_tail", "phone_key", "flags", "alias_of")),
    t.balance.c.level,
)
_BOOKS = (
    sa.select(*_BOOK_COLUMNS)
    .join_from(t.balance, t.member, t.balance.c.member == t.member.c.member)
    .where(among(t.balance.c.member, "members"))
)
BOOKS: Final = query(_BOOKS)
LOCK_BOOKS: Final = query(_BOOKS.order_by(t.balance.c.member).with_for_update(of=t.balance))
LOTS: Final = query(
    sa.select(t.lot)
    .where(among(t.lot.c.member, "members"), t.lot.c.open > _ZERO)
    .order_by(t.lot.c.member, t.lot.c.post_seq, t.lot.c.part)
)
UNCOVERED: Final = query(
    sa.select(t.uncovered)
    .where(among(t.uncovered.c.member, "members"), t.uncovered.c.open > _ZERO)
    .order_by(t.uncovered.c.member, t.uncovered.c.post_seq, t.uncovered.c.claim)
)
CARDS: Final = query(sa.select(t.card).where(among(t.card.c.token, "tokens")))
DECLINED: Final = query(
    sa.select(t.hold.c.entry_id).where(
        among(t.hold.c.entry_id, "entry_ids"), t.hold.c.state == _REFUSED
    )
)
TAKEN: Final = query(
    sa.select(t.entry.c.entry_id).where(
        among(t.entry.c.entry_id, "entry_ids"), t.entry.c.post_seq.is_not(None)
    )
)
KEYS: Final = query(
    sa.select(t.member_key.c.member, t.member_key.c.key).where(
        among(t.member_key.c.member, "members")
    )
)
GROUPS: Final = query(sa.select(t.store.c.store, t.store.c.store_group))
ALLOCATIONS: Final = query(
    sa.select(t.alloc)
    .where(among(t.alloc.c.post_seq, "post_seqs"))
    .order_by(t.alloc.c.post_seq, t.alloc.c.part)
)
CONSUME: Final = query(
    sa.update(t.hold)
    .where(among(t.hold.c.entry_id, "entry_ids"), t.hold.c.state == _GRANTED)
    .values(state=_CONSUMED)
)
MOVE_HEAD: Final = query(
    sa.update(t.device_epoch)
    .where(_of_device(t.device_epoch))
    .values(
        head_seq=P("head_seq"), head_hash=P("head_hash"), verified_seq=P("verified_seq"),
        seen_ms=P("seen_ms"),
    )
)  # fmt: skip
SET_STATE: Final = query(
    sa.update(t.device_epoch).where(_of_device(t.device_epoch)).values(state=P("state"))
)
ENTRY: Final = query(sa.select(*ENTRY_COLUMNS).where(_of_entry(t.entry)))
_WAITING_COLUMNS = (
    *(t.quarantine.c[n] for n in ("device", "epoch", "seq", "arrival", "member", "issue")),
)
WAITING_OF: Final = query(
    sa.select(*_WAITING_COLUMNS)
    .where(among(t.quarantine.c.member, "members"), t.quarantine.c.issue == P("issue"))
    .order_by(t.quarantine.c.arrival)
    .with_for_update()
)
WAITING: Final = query(
    sa.select(*_WAITING_COLUMNS)
    .order_by(t.quarantine.c.arrival)
    .limit(P("limit"))
    .with_for_update()
)
RELEASE: Final = query(sa.delete(t.quarantine).where(_of_entry(t.quarantine)))
SEALED: Final = query(
    sa.select(*(t.attachment.c[n] for n in ("sha256", "kind", "member", "sealed"))).where(
        _of_entry(t.attachment)
    )
)

ADD_ENTRIES: Final = insert(t.entry)
SET_OUTCOMES: Final = update(t.entry, "entry_id", "post_seq", "outcome", "codes")
ADD_BLOBS: Final = insert(t.attachment, conflict="ON CONFLICT DO NOTHING")
ADD_KEYS: Final = insert(t.member_key)
ADD_EXCEPTIONS: Final = insert(t.exception_item, conflict="ON CONFLICT DO NOTHING")
ADD_WAITING: Final = insert(t.quarantine)
ADD_MEMBERS: Final = insert(t.member, *(c.name for c in t.member.c if c.name != "alias_of"))
SET_PEOPLE: Final = update(t.member, "name", "phone_tail", "phone_key", "flags")
SET_TIERS: Final = update(t.member, "tier")
ADD_TIER_HISTORY: Final = insert(t.tier_history)
NEW_PROSPECTS: Final = insert(t.prospect, conflict="ON CONFLICT DO NOTHING")
PROSPECTS: Final = query(
    sa.select(t.prospect)
    .where(among(t.prospect.c.key, "prospects"))
    .order_by(t.prospect.c.key)
    .with_for_update()
)
PUT_PROSPECTS: Final = upsert(t.prospect)
PUT_BALANCES: Final = upsert(t.balance)
ADD_CARDS: Final = insert(t.card)
SET_CARDS: Final = update(t.card, "member", "status", "tail", "medium", "card", "terms")
WHOLE_CARDS: Final = query(
    sa.select(t.card).where(sa.or_(among(t.card.c.token, "cards"), among(t.card.c.card, "cards")))
)
ADD_POSTINGS: Final = insert(t.posting)
ADD_LOTS: Final = insert(t.lot)
SET_LOTS: Final = update(t.lot, "open")
ADD_UNCOVERED: Final = insert(t.uncovered)
SET_UNCOVERED: Final = update(t.uncovered, "open", "amount_minor", "bearer")
ADD_ALLOCATIONS: Final = insert(t.alloc)
_FEED_COLUMNS = ("kind", "key", "n", "ver", "bucket", "op", "data")
PUT_FEED: Final = insert(
    t.feed,
    *_FEED_COLUMNS,
    conflict=(
        "ON CONFLICT (kind, key) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in _FEED_COLUMNS[2:])
        + ", was = CASE WHEN feed.op = 'put' THEN feed.ver END"
    ),
)
REPLACED: Final = query(sa.select(t.feed.c.n, t.feed.c.was).where(among(t.feed.c.n, "numbers")))
ADD_FEED_SUM: Final = insert(t.feed_sum)


@dataclass(slots=True)
class Changes:
    """Everything one transaction of posting writes.

    `new_lots` and `new_uncovered` are written as they stand at the end; `moved_*` with who held
    them before; `outcomes` are those of
    entries driven again; `feed` is numbered in the order given.
    """

    entries: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    released: list[EntryRef] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    new_keys: dict[UUID, bytes] = field(default_factory=dict)
    exceptions: list[Row] = field(default_factory=list)
    waiting: list[tuple[EntryRef, UUID | None, str]] = field(default_factory=list)
    new_members: list[tuple[MemberBook, Person, int]] = field(default_factory=list)
    people: dict[UUID, Person] = field(default_factory=dict)
    books: list[MemberBook] = field(default_factory=list)
    new_cards: list[Card] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    new_lots: list[Lot] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    new_uncovered: list[Uncovered] = field(default_factory=list)
    uncovered: list[Uncovered] = field(default_factory=list)
    moved_lots: list[tuple[UUID, Lot]] = field(default_factory=list)
    moved_uncovered: list[tuple[UUID, Uncovered]] = field(default_factory=list)
    split_lots: list[Lot] = field(default_factory=list)
    aliases: list[MemberBook] = field(default_factory=list)
    leases: list[Lease] = field(default_factory=list)
    levels: list[LevelPosted] = field(default_factory=list)
    prospects: dict[str, Prospect] = field(default_factory=dict)
    allocations: list[Allocation] = field(default_factory=list)
    taken_back: list[TakenBack] = field(default_factory=list)
    awaiting: list[tuple[EntryRef, EntryRef]] = field(default_factory=list)
    consumed: list[UUID] = field(default_factory=list)
    records: dict[RecordKey, Record] = field(default_factory=dict)
    feed: list[FeedRow] = field(default_factory=list)


async def device(session: Session, which: UUID, epoch: int, *, lock: bool = False) -> Device | None:
    """A till's epoch; `lock`: nobody else may push for it until the transaction ends."""
    found = await session.fetch(LOCK_DEVICE if lock else DEVICE, device=which.bytes, epoch=epoch)
    return rows.device_of(found[0]) if found else None


async def recorded(
    session: Session, which: UUID, epoch: int, first: int, last: int
) -> list[Recorded]:
    """Entries `first`..`last` that head office already has, in order."""
    found = await session.fetch(RECORDED, device=which.bytes, epoch=epoch, first=first, last=last)
    return [rows.recorded_of(row) for row in found]


async def load(
    session: Session,
    members: Sequence[UUID],
    tokens: Sequence[str],
    entry_ids: Sequence[UUID],
    *,
    lock: bool = True,
    whole: Sequence[str] = (),
) -> Loaded:
    """Lock the members (sorted) and read their books with everything open, cards and ids.

    Members merged away bring the one that stands for them; tokens of `whole`, and cards with
    limits, all credentials of their card.
    """
    loaded = Loaded()
    await _load_books(session, loaded, members, lock=lock)
    if tokens:
        for row in await session.fetch(CARDS, tokens=list(tokens)):
            loaded.cards[row[0]] = rows.card_of(row)
        found = [c.whole for c in loaded.cards.values() if c.limits or c.token in whole]
        for row in await session.fetch(WHOLE_CARDS, cards=found) if found else ():
            loaded.cards[row[0]] = rows.card_of(row)
        holders = {card.member for card in loaded.cards.values()} - loaded.books.keys()
        await _load_books(session, loaded, holders, lock=lock)  # are they merged into the members?
    if entry_ids:
        wanted = [entry_id.bytes for entry_id in entry_ids]
        declined = await session.fetch(DECLINED, entry_ids=wanted)
        loaded.declined = {UUID(bytes=row[0]) for row in declined}
        taken = await session.fetch(TAKEN, entry_ids=wanted)
        loaded.taken = {UUID(bytes=row[0]) for row in taken}
    return loaded


async def _load_books(
    session: Session, loaded: Loaded, members: Iterable[UUID], *, lock: bool
) -> None:
    """Books of members, and of those that stand for them."""
    ids = sorted(member.bytes for member in members)
    while ids:
        for row in await session.fetch(LOCK_BOOKS if lock else BOOKS, members=ids):
            book, person = rows.book_of(row)
            loaded.books[book.member], loaded.people[book.member] = book, person
        for row in await session.fetch(LOTS, members=ids):
            lot = rows.lot_of(row)
            loaded.books[lot.member].lots.append(lot)
        for row in await session.fetch(UNCOVERED, members=ids):
            debt = rows.uncovered_of(row)
            loaded.books[debt.member].uncovered.append(debt)
        await leases.load_into(session, ids, loaded.books)
        stand_in = {book.alias_of for book in loaded.books.values()} - loaded.books.keys()
        ids = sorted(member.bytes for member in stand_in if member is not None)


async def load_prospects(session: Session, keys: Sequence[str]) -> dict[str, Prospect]:
    """What is known of these people who are no members yet, locked."""
    if not keys:
        return {}
    await session.write(NEW_PROSPECTS, [(key, "{}") for key in keys])
    found = await session.fetch(PROSPECTS, prospects=list(keys))
    return {row[0]: rows.prospect_of(row[1]) for row in found}


async def load_keys(session: Session, members: Sequence[UUID]) -> dict[UUID, bytes]:
    """Keys under which attachments of these members are sealed, as far as there are any."""
    if not members:
        return {}
    found = await session.fetch(KEYS, members=[member.bytes for member in members])
    return {UUID(bytes=row[0]): row[1] for row in found}


async def load_groups(session: Session) -> dict[str, str]:
    """Store group of every store."""
    return {row[0]: row[1] for row in await session.fetch(GROUPS)}


async def allocations_of(session: Session, post_seqs: Sequence[int]) -> dict[int, list[Allocation]]:
    """Allocations made while posting those numbers."""
    found: dict[int, list[Allocation]] = {}
    if post_seqs:
        for row in await session.fetch(ALLOCATIONS, post_seqs=list(post_seqs)):
            found.setdefault(row[0], []).append(rows.alloc_of(row))
    return found


async def waiting(
    session: Session, *, members: Sequence[UUID] = (), issue: str = "", limit: int = 0
) -> list[Waiting]:
    """Quarantined entries in order of arrival, locked: of `members` with `issue`, or the first
    `limit`."""
    if members:
        ids = [member.bytes for member in members]
        found = await session.fetch(WAITING_OF, members=ids, issue=issue)
    else:
        found = await session.fetch(WAITING, limit=limit)
    return [
        Waiting(EntryRef(UUID(bytes=r[0]), r[1], r[2]), r[3], rows.uuid_or_none(r[4]), r[5])
        for r in found
    ]


async def entry(session: Session, ref: EntryRef) -> Entry | None:
    """The journal copy of one entry."""
    found = await session.fetch(ENTRY, **_ref(ref))
    return rows.entry_of(found[0]) if found else None


async def sealed_of(session: Session, ref: EntryRef) -> list[Blob]:
    """Sealed attachments of one entry."""
    return [
        Blob(row[0], ref, row[1], UUID(bytes=row[2]), row[3])
        for row in await session.fetch(SEALED, **_ref(ref))
    ]


async def move_head(
    session: Session, of: Device, head_seq: int, head_hash: bytes, verified_seq: int, now_ms: int
) -> None:
    """Acknowledge: the device's chain now ends at `head_seq`."""
    await session.execute(
        MOVE_HEAD, device=of.device.bytes, epoch=of.epoch, head_seq=head_seq,
        head_hash=head_hash, verified_seq=verified_seq, seen_ms=now_ms,
    )  # fmt: skip


async def set_state(session: Session, which: UUID, epoch: int, state: str) -> None:
    """active | revoked | forked | closed."""
    await session.execute(SET_STATE, device=which.bytes, epoch=epoch, state=state)


async def save(session: Session, changes: Changes, now_ms: int) -> None:
    """Store what a batch changed."""
    await session.write(ADD_ENTRIES, changes.entries)
    await session.write(SET_OUTCOMES, changes.outcomes)
    for ref in changes.released:
        await session.execute(RELEASE, **_ref(ref))
    await session.write(ADD_KEYS, [(m.bytes, key) for m, key in changes.new_keys.items()])
    await session.write(ADD_BLOBS, [_blob_row(blob) for blob in changes.blobs])
    await session.write(ADD_EXCEPTIONS, changes.exceptions)
    await _save_waiting(session, changes, now_ms)
    await session.write(ADD_MEMBERS, [rows.member_row(*new) for new in changes.new_members])
    await session.write(
        SET_PEOPLE,
        [
            (p.name, p.phone_tail, p.phone_key, rows.flags_text(p.flags), m.bytes)
            for m, p in changes.people.items()
        ],
    )
    await people.save_aliases(session, changes.aliases)
    await session.write(SET_TIERS, [(made.after, made.member.bytes) for made in changes.levels])
    await session.write(ADD_TIER_HISTORY, [rows.level_row(made) for made in changes.levels])
    known = [(key, rows.prospect_text(one)) for key, one in changes.prospects.items()]
    await session.write(PUT_PROSPECTS, known)
    await session.write(PUT_BALANCES, [rows.balance_row(book) for book in changes.books])
    await session.write(ADD_CARDS, [rows.card_row(card) for card in changes.new_cards])
    moved = [rows.card_row(card) for card in changes.cards]
    await session.write(SET_CARDS, [(*row[1:], row[0]) for row in moved])
    await session.write(ADD_POSTINGS, [rows.posting_row(posting) for posting in changes.postings])
    await _save_lots(session, changes)
    await originals.save(session, changes.taken_back, changes.awaiting)
    await records.save(session, changes.records)
    await session.write(ADD_ALLOCATIONS, [rows.alloc_row(a) for a in changes.allocations])
    if changes.consumed:
        await session.execute(CONSUME, entry_ids=[e.bytes for e in changes.consumed])
    await put_feed(session, changes.feed)


async def put_feed(session: Session, feed: Sequence[FeedRow]) -> None:
    """Publish changes: the last one of each key, numbered in order."""
    latest = {(row.kind, row.key): row for row in feed}
    if not latest:
        return
    numbers = await session.draw("feed_n", len(latest))
    await session.write(
        PUT_FEED,
        [
            (row.kind, row.key, n, n if row.ver is None else row.ver, row.bucket, row.op, row.data)
            for n, row in zip(numbers, latest.values(), strict=True)
        ],
    )
    changed = Checksum()
    shared = {n: r for n, r in zip(numbers, latest.values(), strict=True) if r.bucket == ALL_TILLS}
    for n, was in await session.fetch(REPLACED, numbers=list(shared)):
        row = shared[n]
        ver = n if row.ver is None else row.ver
        changed.change(row.kind, row.key, was, ver if row.op == "put" else None)
    difference = (numbers[-1], 0, changed.count, changed.xor)
    await session.write(ADD_FEED_SUM, [difference])


async def _save_waiting(session: Session, changes: Changes, now_ms: int) -> None:
    numbers = await session.draw("arrival", len(changes.waiting))
    await session.write(
        ADD_WAITING,
        [
            (*_key(ref), arrival, None if member is None else member.bytes, issue, now_ms)
            for arrival, (ref, member, issue) in zip(numbers, changes.waiting, strict=True)
        ],
    )


async def _save_lots(session: Session, changes: Changes) -> None:
    await leases.put(session, changes.leases)
    await people.save_moves(
        session, changes.moved_lots, changes.moved_uncovered, changes.split_lots
    )
    await session.write(ADD_LOTS, [rows.lot_row(lot) for lot in changes.new_lots])
    await session.write(SET_LOTS, [(lot.open, lot.member.bytes, *lot.key) for lot in changes.lots])
    await session.write(ADD_UNCOVERED, [rows.uncovered_row(d) for d in changes.new_uncovered])
    await session.write(
        SET_UNCOVERED,
        [
            (d.open, d.amount_minor, d.bearer, d.member.bytes, d.post_seq, d.claim)
            for d in changes.uncovered
        ],
    )


def _blob_row(blob: Blob) -> Row:
    return blob.sha256, *_key(blob.ref), blob.kind, blob.member.bytes, blob.sealed


def _key(ref: EntryRef) -> tuple[bytes, int, int]:
    return ref.device.bytes, ref.epoch, ref.seq


def _ref(ref: EntryRef) -> dict[str, Any]:
    return {"device": ref.device.bytes, "epoch": ref.epoch, "seq": ref.seq}
