"""What goes into the tables and comes out of them: domain objects to rows and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from sync.database.headoffice.statements import Row
from sync.domain.books import LevelPosted
from sync.domain.cards import Card, CardLimits, CardUse, Status
from sync.domain.joining import Prospect
from sync.domain.journal import Entry
from sync.domain.lots import Allocation, EntryRef, Lot, LotKey, Uncovered
from sync.domain.members import Balances
from sync.domain.originals import Original
from sync.domain.posting import Issue, MemberBook, Outcome, Posting
from sync.domain.records import Record, RecordKey
from sync.domain.tiers import NO_LEVEL, LevelState

_levels = msgspec.json.Decoder(LevelState)
_prospects = msgspec.json.Decoder(Prospect)
_marks = msgspec.json.Decoder(dict[str, int])
_codes = msgspec.json.Decoder(tuple[str, ...])
_terms = msgspec.json.Decoder(tuple[CardLimits, CardUse])


@dataclass(frozen=True, slots=True)
class Device:
    """A till's epoch as head office keeps it. `state`: active | revoked | forked | closed."""

    device: UUID
    epoch: int
    till: str
    store: str
    dealer: str
    store_group: str
    sign_key: bytes
    agree_key: bytes
    record: bytes
    genesis: bytes
    head_seq: int
    head_hash: bytes
    verified_seq: int
    state: str

    @property
    def place(self) -> tuple[str, str, str]:
        """(dealer, store, till)."""
        return self.dealer, self.store, self.till


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry head office already has, with its outcome."""

    seq: int
    hash: bytes
    entry_id: UUID | None
    outcome: Outcome
    codes: tuple[str, ...]
    post_seq: int | None


@dataclass(slots=True)
class Person:
    """What a light row shows beside the books. `group`: store group of the home store."""

    name: str = ""
    phone_tail: str = ""
    phone_key: str = ""
    group: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One change for the feed; its number is drawn when it is stored. `ver` None: that number."""

    kind: str
    key: str
    bucket: str
    op: str
    data: bytes
    ver: int | None = None


@dataclass(frozen=True, slots=True)
class Blob:
    """An attachment, sealed under the key of `member`."""

    sha256: bytes
    ref: EntryRef
    kind: str
    member: UUID
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry in quarantine, in order of arrival."""

    ref: EntryRef
    arrival: int
    member: UUID | None
    issue: str


@dataclass(slots=True)
class Loaded:
    """State of the members, cards and ids a batch touches."""

    books: dict[UUID, MemberBook] = field(default_factory=dict)
    people: dict[UUID, Person] = field(default_factory=dict)
    keys: dict[UUID, bytes] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    declined: set[UUID] = field(default_factory=set)
    taken: set[UUID] = field(default_factory=set)

    def real(self, member: UUID) -> UUID:
        """The member that stands for `member` after merges."""
        book = self.books.get(member)
        while book is not None and book.alias_of is not None:
            member = book.alias_of
            book = self.books.get(member)
        return member

    originals: dict[EntryRef, Original] = field(default_factory=dict)
    awaited: set[EntryRef] = field(default_factory=set)
    prospects: dict[str, Prospect] = field(default_factory=dict)
    records: dict[RecordKey, Record | None] = field(default_factory=dict)


@lru_cache(maxsize=1 << 16)  # rows of one member, and of one device, come together
def uuid_of(value: bytes) -> UUID:
    """Identity from its 16 bytes."""
    return UUID(bytes=value)


def uuid_or_none(value: bytes | None) -> UUID | None:
    """Identity from its 16 bytes."""
    return None if value is None else UUID(bytes=value)


def device_of(row: Row) -> Device:
    """Device from (device, epoch, till, ..., state) in the order of the class."""
    return Device(uuid_of(row[0]), *row[1:])


def recorded_of(row: Row) -> Recorded:
    """Recorded from (seq, hash, entry_id, outcome, codes, post_seq)."""
    seq, digest, entry_id, outcome, codes, post_seq = row
    return Recorded(
        seq, digest, uuid_or_none(entry_id), Outcome(outcome), _codes.decode(codes), post_seq
    )


def codes_text(codes: tuple[Issue, ...]) -> str:
    """Issue codes as JSON text."""
    return msgspec.json.encode(codes).decode()


def entry_row(
    entry: Entry,
    entry_id: UUID | None,
    post_seq: int | None,
    outcome: Outcome,
    codes: tuple[Issue, ...],
    now_ms: int,
) -> Row:
    """Row of the journal copy."""
    return (
        entry.device.bytes, entry.epoch, entry.seq, None if entry_id is None else entry_id.bytes,
        entry.prev, entry.hash, entry.signature, entry.body, post_seq, outcome.value,
        codes_text(codes) if codes else "[]", now_ms,
    )  # fmt: skip


def entry_of(row: Row) -> Entry:
    """Entry from (device, epoch, seq, prev, body, hash, signature)."""
    return Entry(uuid_of(row[0]), *row[1:])


def book_of(row: Row) -> tuple[MemberBook, Person]:
    """Books and person from the joined row of balance and member."""
    (
        member, points, principal, bonus, qualifying, version, marks,
        tier, home_dealer, home_store, group, name, tail, phone_key, flags, alias_of, level,
    ) = row  # fmt: skip
    book = MemberBook(
        uuid_of(member), tier, home_dealer, home_store,
        Balances(points, principal, bonus, qualifying), [], [], _marks.decode(marks), version,
    )  # fmt: skip
    book.alias_of = uuid_or_none(alias_of)
    book.level = NO_LEVEL if level == "{}" else _levels.decode(level)
    person = Person(name, tail, phone_key, group, () if flags == "[]" else _codes.decode(flags))
    return book, person


def flags_text(flags: tuple[str, ...]) -> str:
    """Flags of a member as JSON text."""
    return msgspec.json.encode(flags).decode()


def balance_row(book: MemberBook) -> Row:
    """Row of `balance`."""
    held = book.balances
    return (
        book.member.bytes, held.points, held.principal, held.bonus, held.qualifying, book.version,
        msgspec.json.encode(book.marks).decode(), msgspec.json.encode(book.level).decode(),
        _iso(book.level.to),
    )  # fmt: skip


def level_row(made: LevelPosted) -> Row:
    """Row of `tier_history`."""
    return (
        made.member.bytes, made.post_seq, made.before, made.after, made.since.isoformat(),
        _iso(made.to), made.reason, made.spent_minor, made.from_minor,
    )  # fmt: skip


def prospect_of(state: str) -> Prospect:
    """Prospect from its JSON text."""
    return _prospects.decode(state)


def prospect_text(prospect: Prospect) -> str:
    """Prospect as JSON text."""
    return msgspec.json.encode(prospect).decode()


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def member_row(book: MemberBook, person: Person, joined_post_seq: int) -> Row:
    """Row of `member`."""
    return (
        book.member.bytes, book.tier, book.home_dealer, book.home_store, person.group, person.name,
        person.phone_tail, person.phone_key, flags_text(person.flags),
        joined_post_seq,
    )  # fmt: skip


def card_row(card: Card) -> Row:
    """Row of `card`."""
    return (
        card.token, card.member.bytes, card.status.value, card.tail, card.medium, card.card,
        "" if card.limits is None else msgspec.json.encode((card.limits, card.use)).decode(),
    )  # fmt: skip


def card_of(row: Row) -> Card:
    """Card from its row."""
    token, member, status, tail, medium, whole, terms = row
    limits, use = _terms.decode(terms) if terms else (None, CardUse())
    return Card(token, uuid_of(member), Status(status), tail, medium, whole, limits, use)


def posting_row(posting: Posting) -> Row:
    """Row of `posting`."""
    return (
        posting.member.bytes, posting.post_seq, posting.part, posting.account, posting.delta,
        posting.reason,
    )  # fmt: skip


def path_text(path: tuple[UUID, ...]) -> str:
    """Members in order, 32 hex each."""
    return "".join(member.hex for member in path)


def path_of(text: str) -> tuple[UUID, ...]:
    """Members of `path_text`."""
    return tuple(UUID(text[at : at + 32]) for at in range(0, len(text), 32))


def lot_row(lot: Lot) -> Row:
    """Row of `lot`."""
    return (
        lot.member.bytes, lot.key.post_seq, lot.key.part, lot.account, lot.dealer, lot.store,
        lot.funded_by, lot.entry.device.bytes, lot.entry.epoch, lot.entry.seq,
        lot.business_date.isoformat(),
        None if lot.expires_on is None else lot.expires_on.isoformat(), lot.quantity, lot.open,
        path_text(lot.came_from), _iso(lot.usable_from),
    )  # fmt: skip


def lot_of(row: Row) -> Lot:
    """Lot from its row."""
    member, post_seq, part, account, dealer, store, funder, device, epoch, seq = row[:10]
    day, expires, quantity, left, came_from, waits = row[10:]
    return Lot(
        LotKey(post_seq, part), uuid_of(member), account, dealer, store, funder,
        EntryRef(uuid_of(device), epoch, seq), date.fromisoformat(day),
        None if expires is None else date.fromisoformat(expires), quantity, left,
        None if waits is None else date.fromisoformat(waits), came_from=path_of(came_from),
    )  # fmt: skip


def uncovered_row(debt: Uncovered) -> Row:
    """Row of `uncovered`."""
    return (
        debt.member.bytes, debt.post_seq, debt.claim, debt.account, debt.kind, debt.offer,
        debt.entry.device.bytes, debt.entry.epoch, debt.entry.seq, debt.creditor, debt.store,
        debt.business_date.isoformat(), debt.open, debt.amount_minor, path_text(debt.came_from),
        debt.bearer,
    )  # fmt: skip


def uncovered_of(row: Row) -> Uncovered:
    """Uncovered from its row."""
    member, post_seq, claim, account, kind, offer, device, epoch, seq, creditor = row[:10]
    store, day, left, amount, came_from, bearer = row[10:]
    return Uncovered(
        post_seq, claim, uuid_of(member), account, kind, offer,
        EntryRef(uuid_of(device), epoch, seq), creditor, store, date.fromisoformat(day), left,
        amount, bearer, came_from=path_of(came_from),
    )  # fmt: skip


def alloc_row(a: Allocation) -> Row:
    """Row of `alloc`."""
    return (
        a.post_seq, a.part, a.claim_post_seq, a.claim, a.kind, a.offer, a.member.bytes, a.account,
        a.entry.device.bytes, a.entry.epoch, a.entry.seq, a.store, a.lot.post_seq, a.lot.part,
        a.lot_entry.device.bytes, a.lot_entry.epoch, a.lot_entry.seq, a.lot_dealer, a.lot_store,
        a.quantity, a.amount_minor, a.debtor, a.creditor,
    )  # fmt: skip


def alloc_of(row: Row) -> Allocation:
    """Allocation from its row."""
    fields: Iterator[Any] = iter(row)

    def ref() -> EntryRef:
        return EntryRef(uuid_of(next(fields)), next(fields), next(fields))

    post_seq, part, claim_post_seq, claim, kind, offer = (next(fields) for _ in range(6))
    member, account = uuid_of(next(fields)), next(fields)
    entry, store = ref(), next(fields)
    lot, lot_entry = LotKey(next(fields), next(fields)), ref()
    rest = tuple(fields)
    return Allocation(
        post_seq, part, claim_post_seq, claim, kind, offer, member, account, entry, store, lot,
        lot_entry, *rest,
    )  # fmt: skip
