"""Verifying a journal: contiguous seq, chain, signatures, sums, and everything derived from bodies.

One function serves the start of the till (its last entries), `guibin journal verify` on a till's
file, and exported files without the till. The first bad entry is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.database.engine import Connection
from sync.database.till import derived
from sync.database.till.faults import DamagedError, StoreFault
from sync.database.till.journal import Blob, Journal
from sync.database.till.journal_file import JournalFile
from sync.domain.journal import (
    Body,
    Entry,
    Unbalanced,
    UnreadableBody,
    check_balanced,
    entry_hash,
    read_body,
)

TAIL_ENTRIES: Final = 1000
_PAGE: Final = 500
_COLUMNS: Final = "SELECT entry_id, kind, business_date, shift, created_ms FROM entry WHERE seq = ?"
_EFFECTS: Final = (
    "SELECT member, part, account, delta FROM effect WHERE seq = ? AND member = ? ORDER BY part"
)
_EXPOSURE: Final = (
    "SELECT member, points_minor, points_ops, stored_value_minor, debit_ops, top_up_minor "
    "FROM exposure WHERE seq = ?"
)
_COUNTED: Final = "SELECT prospect, base_minor FROM prospect_sale WHERE seq = ?"
_USES: Final = "SELECT lease, units FROM lease_use WHERE seq = ?"


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that does not hold, at entry `seq`.

    `rule`: gap | prev | hash | signature | body | sums | place | columns | effects | exposure |
    attachment | totals | ack | page.
    """

    seq: int
    rule: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Entries first..last hold; `broken` comes next, if anything does. `head`: last good hash."""

    first: int
    last: int
    head: bytes
    broken: Break | None = None


OnGood = Callable[[Entry, Body], str | None]


def check_entries(
    entries: Iterable[Entry], public: bytes, first: int, prev: bytes, also: OnGood | None = None
) -> Checked:
    """Walk entries from seq `first` on, linked to `prev` (the hash before, or genesis).

    `also`: further checks of an entry that holds by itself; the rule it breaks, or None.
    """
    key = Ed25519PublicKey.from_public_bytes(public)
    expected, head = first, prev
    for entry in entries:
        rule, body = _rule_broken(entry, expected, head, key)
        if rule is None and body is not None and also is not None:
            rule = also(entry, body)
        if rule is not None:
            return Checked(first, expected - 1, head, Break(expected, rule))
        expected, head = expected + 1, entry.hash
    return Checked(first, expected - 1, head)


def _rule_broken(
    entry: Entry, expected: int, prev: bytes, key: Ed25519PublicKey
) -> tuple[str | None, Body | None]:
    if entry.seq != expected:
        return "gap", None
    if entry.prev != prev:
        return "prev", None
    if entry_hash(entry.device, entry.epoch, entry.seq, prev, entry.body) != entry.hash:
        return "hash", None
    try:
        key.verify(entry.signature, entry.hash)
    except InvalidSignature:
        return "signature", None
    try:
        body = read_body(entry.body)
        check_balanced(body.effects)
    except UnreadableBody:
        return "body", None
    except Unbalanced:
        return "sums", None
    return None, body


def named_blobs_rule(body: Body, blobs: Iterable[Blob]) -> str | None:
    """Whether the attachments are those the body names; erased ones may be missing."""
    named = {attachment.sha256 for attachment in body.attachments}
    for blob in blobs:
        digest = sha256(blob.data).digest()
        if digest != blob.sha256 or digest.hex() not in named:
            return "attachment"
    return None


class JournalCheck:
    """Checks of an open journal file against itself."""

    def __init__(self, journal: Journal, public: bytes) -> None:
        """`public`: the till's Ed25519 key, from its enrolment record."""
        self._journal, self._public = journal, public
        self._file: JournalFile = journal.file
        self._effects = 0

    def tail(self, count: int = TAIL_ENTRIES) -> Checked:
        """Check the last `count` entries and what is derived from them."""
        try:
            after = max(self._journal.head().seq - count, 0)
        except StoreFault:
            return Checked(1, 0, b"", Break(1, "page"))
        return self._walk(after)

    def whole(self) -> Checked:
        """Check every entry, then that nothing is derived from entries that do not exist."""
        self._effects = 0
        found = self._walk(0)
        if found.broken is None:
            rule = self._sums_rule() or self._acks_rule() or self._pages_rule()
            if rule is not None:
                return Checked(found.first, found.last, found.head, Break(found.last, rule))
        return found

    def _walk(self, after: int) -> Checked:
        prev = self._journal.identity.genesis
        at = after + 1
        try:
            if after:
                before = self._journal.entry(after)
                if before is None:
                    return Checked(at, after, b"", Break(after, "gap"))
                prev = before.hash
            found = Checked(at, after, prev)
            while entries := self._journal.entries(at - 1, _PAGE):
                part = check_entries(entries, self._public, at, prev, self._derived_rule)
                found = Checked(after + 1, part.last, part.head, part.broken)
                if part.broken is not None:
                    return found
                at, prev = part.last + 1, part.head
        except DamagedError:
            return self._narrow(after, at, prev)
        return found

    def _narrow(self, after: int, at: int, prev: bytes) -> Checked:
        """Walk one by one to the entry whose page cannot be read."""
        while True:
            try:
                entry = self._journal.entry(at)
            except DamagedError:
                return Checked(after + 1, at - 1, prev, Break(at, "page"))
            if entry is None:
                return Checked(after + 1, at - 1, prev, Break(at, "page"))
            part = check_entries([entry], self._public, at, prev)
            if part.broken is not None:
                return Checked(after + 1, part.last, part.head, part.broken)
            at, prev = at + 1, part.head

    def _derived_rule(self, entry: Entry, body: Body) -> str | None:
        with self._file.read() as connection:
            return (
                _columns_rule(connection, entry, body)
                or self._effects_rule(connection, entry, body)
                or _exposure_rule(connection, entry, body)
                or named_blobs_rule(body, self._journal.blobs(entry.seq))
            )

    def _effects_rule(self, connection: Connection, entry: Entry, body: Body) -> str | None:
        rows = derived.effect_rows(body)
        self._effects += len(rows)
        for member in {row.member for row in rows}:
            kept = connection.execute(_EFFECTS, (entry.seq, member)).fetchall()
            due = [(r.member, r.part, r.account, r.delta) for r in rows if r.member == member]
            if [tuple(row) for row in kept] != due:
                return "effects"
        return None

    def _sums_rule(self) -> str | None:
        """No effect without an entry; shift totals equal what the entries say."""
        with self._file.read() as connection:
            row = connection.execute("SELECT count(*) FROM effect").fetchone()
            if row is None or row[0] != self._effects:
                return "effects"
            kept = connection.execute(
                "SELECT shift, tender, kind, count, amount_minor FROM shift_total"
            ).fetchall()
        sums: dict[tuple[int, str, str], tuple[int, int]] = {}
        for entry in self._journal.all_entries():
            body = read_body(entry.body)
            for tender, amount in derived.tenders(body).items():
                key = (body.shift, tender, body.kind)
                count, total = sums.get(key, (0, 0))
                sums[key] = count + 1, total + amount
        return None if {tuple(r[:3]): tuple(r[3:]) for r in kept} == sums else "totals"

    def _pages_rule(self) -> str | None:
        """Every page of the file authenticates, those of indexes and empty tables too."""
        with self._file.read() as connection:
            found = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        return "page" if found else None

    def _acks_rule(self) -> str | None:
        """Every acknowledgement names the hash this journal has at its seq."""
        with self._file.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM ack LEFT JOIN entry ON entry.seq = ack.seq "
                "WHERE ack.seq > 0 AND entry.hash IS NOT ack.head_hash"
            ).fetchone()
        return None if row is not None and row[0] == 0 else "ack"


def _columns_rule(connection: Connection, entry: Entry, body: Body) -> str | None:
    row = connection.execute(_COLUMNS, (entry.seq,)).fetchone()
    due = (
        body.entry_id.bytes, body.kind, body.business_date.isoformat(), body.shift, body.at.utc_ms,
    )  # fmt: skip
    return None if row is not None and tuple(row) == due else "columns"


def _exposure_rule(connection: Connection, entry: Entry, body: Body) -> str | None:
    row = connection.execute(_EXPOSURE, (entry.seq,)).fetchone()
    risk = derived.exposure(body)
    uses: dict[str, int] = dict(connection.execute(_USES, (entry.seq,)).fetchall())
    if uses != derived.lease_uses(body):
        return "exposure"
    counted = connection.execute(_COUNTED, (entry.seq,)).fetchone()
    if (None if counted is None else tuple(counted)) != derived.prospect_sale(body):
        return "exposure"
    if risk is None:
        return None if row is None else "exposure"
    due = (
        risk.member, risk.points_minor, risk.points_ops, risk.stored_value_minor, risk.debit_ops,
        risk.top_up_minor,
    )  # fmt: skip
    return None if row is not None and tuple(row) == due else "exposure"
