"""The journal of a till: entries in, nothing out of them ever changed.

One operation is one transaction: entry, effects, exposure, attachments, shift totals, the print job
and the end of its draft. `hash`, `prev` and `signature` are made here, under the write turn, so two
entries never share a seq. The cashier's commit uses the driver's cursor and statements compiled
from `journal_tables`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from sync.database.engine import Connection, IntegrityError, Row, compiled, insert_sql
from sync.database.till import derived
from sync.database.till import journal_tables as t
from sync.database.till.faults import DamagedError, TooLargeError
from sync.database.till.journal_file import FILE, JournalFile
from sync.domain.cards import Card
from sync.domain.journal import (
    MAX_BLOB_BYTES,
    MAX_BLOBS,
    MAX_BODY_BYTES,
    Body,
    BodyTooLarge,
    Entry,
    body_bytes,
    entry_hash,
)
from sync.domain.members import LightRow

Sign = Callable[[bytes], bytes]

QUEUED: Final = "queued"

_ENTRY: Final = insert_sql(t.ENTRY).text
_EFFECT: Final = insert_sql(t.EFFECT).text
_EXPOSURE: Final = insert_sql(t.EXPOSURE).text
_ATTACHMENT: Final = insert_sql(t.ATTACHMENT).text
_LEASE_USE: Final = insert_sql(t.LEASE_USE).text
_PROSPECT_SALE: Final = insert_sql(t.PROSPECT_SALE).text
_NEWCOMER: Final = insert_sql(t.NEWCOMER).text
_TOTAL: Final = insert_sql(
    t.SHIFT_TOTAL,
    suffix=(
        "ON CONFLICT (shift, tender, kind) DO UPDATE SET count = count + excluded.count, "
        "amount_minor = amount_minor + excluded.amount_minor"
    ),
).text
_PRINT: Final = insert_sql(t.PRINT_JOB).text
_SHIFT_OPEN: Final = insert_sql(
    t.SHIFT, "number", "business_date", "operator", "opened_ms", "opening_minor", "first_seq"
).text
_SHIFT_CLOSE: Final = (
    "UPDATE shift SET closed_ms = ?, last_seq = ?, counted_minor = ? WHERE number = ?"
)
_DRAFT_DONE: Final = "DELETE FROM draft WHERE entry_id = ?"
_HEAD: Final = "SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1"
_READ: Final = sa.select(
    t.ENTRY.c.epoch,
    t.ENTRY.c.seq,
    t.ENTRY.c.prev,
    t.ENTRY.c.body,
    t.ENTRY.c.hash,
    t.ENTRY.c.signature,
)
_BY_SEQ: Final = compiled(_READ.where(t.ENTRY.c.seq == sa.bindparam("seq_"))).text
_BY_ID: Final = compiled(_READ.where(t.ENTRY.c.entry_id == sa.bindparam("id_"))).text
_AFTER: Final = (
    compiled(_READ.where(t.ENTRY.c.seq > sa.bindparam("after")).order_by(t.ENTRY.c.seq)).text
    + " LIMIT ?"
)
_FOLDED: Final = (
    compiled(_READ.where(t.ENTRY.c.seq > sa.bindparam("after"), sa.text(t.FOLDED))).text
    + " ORDER BY seq"
)
_REVERSING: Final = (
    compiled(_READ.where(t.ENTRY.c.seq > sa.bindparam("after"), sa.text(t.REVERSING))).text
    + " ORDER BY seq"
)
_BLOBS: Final = "SELECT kind, sha256, member, data FROM attachment WHERE seq = ? ORDER BY part"


class Identity(msgspec.Struct, frozen=True):
    """Whose journal this is. `genesis`: SHA-256 of `record`, the signed enrolment record.

    `record_key`, `record_signature`: by which head-office key, and how.
    """

    device: UUID
    epoch: int
    genesis: bytes
    record: bytes
    record_key: str
    record_signature: bytes


@dataclass(frozen=True, slots=True)
class Blob:
    """An attachment's bytes. `sha256`: raw digest, named in the body as hex."""

    kind: str
    sha256: bytes
    member: UUID | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A member enrolled by this entry, kept findable until head office publishes the row."""

    row: LightRow
    card: Card


@dataclass(frozen=True, slots=True)
class ShiftOpened:
    """The entry opens its shift. `opening_minor`: cash in the drawer."""

    operator: str
    opening_minor: int


@dataclass(frozen=True, slots=True)
class ShiftClosed:
    """The entry closes its shift. `counted_minor`: cash found in the drawer."""

    counted_minor: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry about to be written. `receipt`: a print job is queued with it."""

    body: Body
    blobs: tuple[Blob, ...] = ()
    newcomer: Newcomer | None = None
    shift: ShiftOpened | ShiftClosed | None = None
    receipt: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """End of the journal: seq 0 and the genesis hash while it is empty."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry that is in the journal. `new`: written now, not found under the same entry id."""

    entry: Entry
    new: bool


class Journal:
    """Entries of one till and epoch. Threads may share it; `sign`: Ed25519, the device key."""

    def __init__(self, file: JournalFile, sign: Sign) -> None:
        """Take up the journal in `file`; raises DamagedError when it does not say whose it is."""
        self._file, self._sign = file, sign
        with file.read() as connection:
            self.identity = identity_of(connection)
        self._device = self.identity.device
        self._head: Head | None = None  # read and set only under the write turn
        self._watchers: list[Callable[[Entry], None]] = []

    @property
    def file(self) -> JournalFile:
        """The file underneath, shared with the other parts of `TillDatabase`."""
        return self._file

    @property
    def mark_key(self) -> str:
        """How light rows name this till in their marks: "device:epoch"."""
        return f"{self.identity.device}:{self.identity.epoch}"

    def watch(self, watcher: Callable[[Entry], None]) -> None:
        """Call `watcher` after each commit, on the committing thread; it must not block."""
        self._watchers.append(watcher)

    def head(self) -> Head:
        """Last entry's seq and hash."""
        with self._file.read() as connection:
            return self._head_of(connection)

    def append(self, new: NewEntry) -> Appended:
        """Write an entry; the same entry id again returns the entry of the first time.

        Done means committed: after this returns the operation survives a crash. Raises
        DiskFullError and TooLargeError (nothing written), DamagedError, WriteFailedError,
        Unbalanced, ValueError.
        """
        body = _fitting(new)

        def work(connection: Connection) -> Entry:
            head = self._head or self._head_of(connection)
            self._head = None  # until it landed
            entry = self._made(head, body)
            self._insert(connection, entry, new)
            return entry

        try:
            entry = self._file.commit(work, self._landed)
        except IntegrityError:
            found = self.find(new.body.entry_id)
            if found is None:
                raise
            return Appended(found, new=False)
        for watcher in self._watchers:
            watcher(entry)
        return Appended(entry, new=True)

    def _landed(self, entry: Entry) -> None:
        self._head = Head(entry.seq, entry.hash)

    def _made(self, head: Head, body: bytes) -> Entry:
        seq, epoch = head.seq + 1, self.identity.epoch
        digest = entry_hash(self._device, epoch, seq, head.hash, body)
        return Entry(self._device, epoch, seq, head.hash, body, digest, self._sign(digest))

    def _insert(self, connection: Connection, entry: Entry, new: NewEntry) -> None:
        """Every row of the operation; called inside its transaction."""
        body, seq, cursor = new.body, entry.seq, connection.cursor()
        day, created_ms = body.business_date.isoformat(), body.at.utc_ms
        cursor.execute(
            _ENTRY,
            (
                seq, entry.epoch, body.entry_id.bytes, body.kind, day, body.shift, created_ms,
                entry.body, entry.prev, entry.hash, entry.signature,
            ),
        )  # fmt: skip
        rows = derived.effect_rows(body)
        if rows:
            cursor.executemany(
                _EFFECT,
                [(member, seq, part, name, delta, body.kind) for member, part, name, delta in rows],
            )
        risk = derived.exposure(body)
        if risk is not None:
            cursor.execute(
                _EXPOSURE,
                (
                    seq, risk.member, day, risk.points_minor, risk.points_ops,
                    risk.stored_value_minor, risk.debit_ops, risk.top_up_minor,
                ),
            )  # fmt: skip
        uses = derived.lease_uses(body)
        if uses:
            cursor.executemany(_LEASE_USE, [(lease, seq, n) for lease, n in uses.items()])
        counted = derived.prospect_sale(body)
        if counted is not None:
            cursor.execute(_PROSPECT_SALE, (counted[0], seq, day, counted[1]))
        for part, blob in enumerate(new.blobs):
            owner = blob.member.bytes if blob.member else None
            cursor.execute(_ATTACHMENT, (seq, part, blob.kind, blob.sha256, owner, blob.data))
        if new.newcomer is not None:
            cursor.execute(_NEWCOMER, _newcomer_row(seq, new.newcomer))
        if new.shift is not None:
            _write_shift(connection, entry, new)
        for tender, amount in derived.tenders(body).items():
            cursor.execute(_TOTAL, (body.shift, tender, body.kind, 1, amount))
        if new.receipt:
            cursor.execute(_PRINT, (seq, QUEUED, 0, "", created_ms))
        cursor.execute(_DRAFT_DONE, (body.entry_id.bytes,))

    def find(self, entry_id: UUID) -> Entry | None:
        """The entry of that id."""
        with self._file.read() as connection:
            return self._entry(connection.execute(_BY_ID, (entry_id.bytes,)).fetchone())

    def entry(self, seq: int) -> Entry | None:
        """The entry of that seq."""
        with self._file.read() as connection:
            return self._entry(connection.execute(_BY_SEQ, (seq,)).fetchone())

    def entries(self, after: int, limit: int) -> list[Entry]:
        """At most `limit` entries with seq > `after`, in order."""
        with self._file.read() as connection:
            rows = connection.execute(_AFTER, (after, limit)).fetchall()
        return [entry for row in rows if (entry := self._entry(row)) is not None]

    def all_entries(self, after: int = 0, page: int = 500) -> Iterator[Entry]:
        """Every entry with seq > `after`, read in pages so that no long read holds the log back."""
        while found := self.entries(after, page):
            yield from found
            after = found[-1].seq

    def folded(self, after: int = 0) -> list[Entry]:
        """Entries with seq > `after` of the kinds a till folds onto head office's documents, in
        order."""
        with self._file.read() as connection:
            rows = connection.execute(_FOLDED, (after,)).fetchall()
        return [entry for row in rows if (entry := self._entry(row)) is not None]

    def reversing(self, after: int = 0) -> list[Entry]:
        """Entries with seq > `after` that take something back or pay it out, in order."""
        with self._file.read() as connection:
            rows = connection.execute(_REVERSING, (after,)).fetchall()
        return [entry for row in rows if (entry := self._entry(row)) is not None]

    def sign(self, message: bytes) -> bytes:
        """Signature of a message with a purpose (`keys.purposed`) by this till's key."""
        return self._sign(message)

    def blobs(self, seq: int) -> list[Blob]:
        """Attachments of an entry, in order."""
        with self._file.read() as connection:
            rows = connection.execute(_BLOBS, (seq,)).fetchall()
        return [
            Blob(kind, digest, UUID(bytes=owner) if owner else None, data)
            for kind, digest, owner, data in rows
        ]

    def _entry(self, row: Row | None) -> Entry | None:
        if row is None:
            return None
        epoch, seq, prev, body, digest, signature = row
        return Entry(self._device, epoch, seq, prev, body, digest, signature)

    def _head_of(self, connection: Connection) -> Head:
        row = connection.execute(_HEAD).fetchone()
        return Head(*row) if row else Head(0, self.identity.genesis)


def identity_of(connection: Connection) -> Identity:
    """Whose journal a connection reads; raises DamagedError when it does not say."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'identity'").fetchone()
    if row is None:
        raise DamagedError(file=FILE, missing="identity")
    return msgspec.msgpack.decode(row[0], type=Identity)


def _fitting(new: NewEntry) -> bytes:
    """Body bytes of an entry that can be sent: what cannot would hold up the outbox for ever."""
    largest = max((len(blob.data) for blob in new.blobs), default=0)
    if largest > MAX_BLOB_BYTES or len(new.blobs) > MAX_BLOBS:
        raise TooLargeError(bytes=largest, most=MAX_BLOB_BYTES)
    try:
        return body_bytes(new.body)
    except BodyTooLarge as error:
        raise TooLargeError(most=MAX_BODY_BYTES) from error


def _newcomer_row(seq: int, newcomer: Newcomer) -> Sequence[object]:
    row, card = newcomer.row, newcomer.card
    return (
        seq,
        row.member.bytes,
        bytes.fromhex(card.token),
        bytes.fromhex(row.phone_key) if row.phone_key else None,
        row.phone_tail,
        msgspec.msgpack.encode(row),
        msgspec.msgpack.encode(card),
    )


def _write_shift(connection: Connection, entry: Entry, new: NewEntry) -> None:
    body, change = new.body, new.shift
    if isinstance(change, ShiftOpened):
        connection.execute(
            _SHIFT_OPEN,
            (
                body.shift, body.business_date.isoformat(), change.operator, body.at.utc_ms,
                change.opening_minor, entry.seq,
            ),
        )  # fmt: skip
    elif isinstance(change, ShiftClosed):
        connection.execute(
            _SHIFT_CLOSE, (body.at.utc_ms, entry.seq, change.counted_minor, body.shift)
        )
