"""Journals as files: a self-contained signed export, and verifying one or a till's own file.

An export is JSON lines: a header with the enrolment record head office signed, the
acknowledgements, every entry with its signature, and an end line the till signs. It needs nothing
else to be verified. Attachments (personal data) stay where they are.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.database.till.checking import Break, Checked, JournalCheck, check_entries
from sync.database.till.faults import StoreFault
from sync.database.till.journal import Journal
from sync.database.till.outbox import Outbox, StoredAck
from sync.domain.journal import Body, Entry
from sync.protocol.errors import ProtocolError
from sync.protocol.keys import check_ack, genesis, holds, open_enrolment, ring
from sync.protocol.messages import Ack
from sync.protocol.records import EnrolmentRecord, Signed

FORMAT: Final = "guibin-journal-export-1"
_PURPOSE: Final = b"guibin-journal-export-1\0"


class Header(msgspec.Struct, frozen=True):
    """First line. `prev`: hash before the first entry; `first`: its seq; `record*`: how this till
    was enrolled, signed by head office."""

    format: str
    device: UUID
    epoch: int
    record: bytes
    record_key: str
    record_signature: bytes
    first: int
    prev: bytes
    made_ms: int


class AckLine(msgspec.Struct, frozen=True, tag="ack"):
    """An acknowledgement, countersigned by head office."""

    ack: Ack


class EntryLine(msgspec.Struct, frozen=True, tag="entry"):
    """An entry. `body` is its stored bytes as text; `hash` in hex."""

    seq: int
    body: str
    hash: str
    sig: bytes


class EndLine(msgspec.Struct, frozen=True, tag="end"):
    """Last line: how many entries, hash of the last, the till's signature over SHA-256 of all
    before this line."""

    entries: int
    head: str
    signature: bytes


Line = AckLine | EntryLine | EndLine
_lines: Final[msgspec.json.Decoder[Line]] = msgspec.json.Decoder(Line)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found. `problem`: "" | record | end | ack | file, for what is no entry;
    `pinned`: head office's key was given and matched, not only taken from the record itself."""

    device: UUID | None
    epoch: int
    till: str
    first: int
    entries: int
    head: str
    acked: int
    broken: Break | None = None
    problem: str = ""
    pinned: bool = False
    hq_keys: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether everything was as it must be."""
        return self.broken is None and not self.problem


def export_journal(
    journal: Journal, outbox: Outbox, key: Ed25519PrivateKey, out: BinaryIO, now_ms: int
) -> int:
    """Write the whole journal to `out`; number of entries. Raises StoreFault, OSError."""
    identity = journal.identity
    digest, count, head = sha256(), 0, identity.genesis

    def put(line: object) -> None:
        data = msgspec.json.encode(line) + b"\n"
        digest.update(data)
        out.write(data)

    put(
        Header(
            FORMAT,
            identity.device,
            identity.epoch,
            identity.record,
            identity.record_key,
            identity.record_signature,
            1,
            identity.genesis,
            now_ms,
        )
    )
    for ack in outbox.acks():
        put(AckLine(ack_of(ack)))
    for entry in journal.all_entries():
        put(EntryLine(entry.seq, entry.body.decode(), entry.hash.hex(), entry.signature))
        count, head = count + 1, entry.hash
    signature = key.sign(_PURPOSE + digest.digest())
    out.write(msgspec.json.encode(EndLine(count, head.hex(), signature)) + b"\n")
    return count


def ack_of(ack: StoredAck) -> Ack:
    """A stored acknowledgement as head office sent it."""
    return Ack(
        ack.device,
        ack.epoch,
        ack.seq,
        ack.head_hash,
        ack.hq_epoch,
        ack.hq_time_ms,
        ack.key,
        ack.sig,
    )


def verify_export(path: Path, pinned: Mapping[str, bytes] | None = None) -> Verdict:
    """Verify an exported file without its till. `pinned`: head office's root keys by id, if known.

    Raises OSError.
    """
    with path.open("rb") as source:
        first = source.readline()
        try:
            header = msgspec.json.decode(first, type=Header)
            signed = Signed(header.record, header.record_key, header.record_signature)
            record = open_enrolment(signed, pinned)
        except msgspec.MsgspecError:
            return Verdict(None, 0, "", 0, 0, "", 0, problem="file")
        except ProtocolError:
            return Verdict(None, 0, "", 0, 0, "", 0, problem="record")
        return _Export(header, signed, record, first, pinned=pinned is not None).walk(source)


def verify_journal(
    journal: Journal, outbox: Outbox, pinned: Mapping[str, bytes] | None = None
) -> Verdict:
    """Verify a till's own file: everything `verify_export` looks at, and every derived row."""
    identity = journal.identity
    signed = Signed(identity.record, identity.record_key, identity.record_signature)
    try:
        record = open_enrolment(signed, pinned)
    except ProtocolError:
        return _verdict(None, Checked(1, 0, b""), 0, problem="record")
    if (record.device, record.epoch, genesis(signed)) != (
        identity.device,
        identity.epoch,
        identity.genesis,
    ):
        return _verdict(record, Checked(1, 0, b""), 0, problem="record")
    found = JournalCheck(journal, record.sign_key).whole()
    acked, problem = 0, ""
    try:
        for ack in outbox.acks():
            check_ack(ack_of(ack), ring(record.hq_keys, "ack"))
            acked = ack.seq
    except ProtocolError:
        problem = "ack"
    except StoreFault:
        problem = "file"
    return _verdict(record, found, acked, problem=problem, pinned=pinned is not None)


def exported_entries(path: Path) -> Iterator[Entry]:
    """Entries of an exported file, unverified. Raises OSError, ValueError when it is none."""
    with path.open("rb") as source:
        header = msgspec.json.decode(source.readline(), type=Header)
        prev = header.prev
        for raw in source:
            line = _lines.decode(raw)
            if isinstance(line, EntryLine):
                told = bytes.fromhex(line.hash)
                yield Entry(
                    header.device, header.epoch, line.seq, prev, line.body.encode(), told, line.sig
                )
                prev = told


class _Export:
    """Walks the lines after the header."""

    def __init__(
        self,
        header: Header,
        signed: Signed,
        record: EnrolmentRecord,
        first: bytes,
        *,
        pinned: bool,
    ) -> None:
        self._header, self._record, self._pinned = header, record, pinned
        self._genesis = genesis(signed)
        self._digest = sha256(first)
        self._heads: dict[int, bytes] = {}
        self._acked, self._problem = 0, ""
        self._end: EndLine | None = None

    def walk(self, source: BinaryIO) -> Verdict:
        header, record = self._header, self._record
        same = (header.device, header.epoch) == (record.device, record.epoch)
        start = (header.first, header.prev) == (1, self._genesis)
        if header.format != FORMAT or not same or not start:
            return _verdict(record, Checked(1, 0, b""), 0, problem="record")
        entries = self._entries(source)
        found = check_entries(entries, record.sign_key, 1, self._genesis, self._ack_rule)
        if found.broken is None:
            self._close(source, found)
        return _verdict(record, found, self._acked, problem=self._problem, pinned=self._pinned)

    def _entries(self, source: BinaryIO) -> Iterator[Entry]:
        """Entries until the end line; prev is that of the chain, so only hash and body count."""
        prev = self._genesis
        for raw in source:
            try:
                line = _lines.decode(raw)
            except msgspec.MsgspecError:
                self._problem = "file"
                return
            if isinstance(line, EndLine):
                self._end = line
                return
            self._digest.update(raw)
            if isinstance(line, AckLine):
                self._take_ack(line.ack)
                continue
            entry = self._entry(line, prev)
            if entry is None:
                self._problem = "file"
                return
            prev = entry.hash
            yield entry

    def _entry(self, line: EntryLine, prev: bytes) -> Entry | None:
        header = self._header
        try:
            told = bytes.fromhex(line.hash)
            body = line.body.encode()
        except ValueError:
            return None
        if len(told) != len(prev):
            return None
        return Entry(header.device, header.epoch, line.seq, prev, body, told, line.sig)

    def _take_ack(self, ack: Ack) -> None:
        header = self._header
        try:
            check_ack(ack, ring(self._record.hq_keys, "ack"))
        except ProtocolError:
            self._problem = self._problem or "ack"
            return
        if (ack.device, ack.epoch) != (header.device, header.epoch):
            self._problem = self._problem or "ack"
            return
        self._heads[ack.seq] = ack.head_hash
        self._acked = ack.seq

    def _ack_rule(self, entry: Entry, _body: Body) -> str | None:
        told = self._heads.get(entry.seq)
        return None if told is None or told == entry.hash else "ack"

    def _close(self, source: BinaryIO, found: Checked) -> None:
        """The end line is there, last, and signed by the till over everything before it."""
        if self._problem:
            return
        end = self._end
        if end is None or source.readline():
            self._problem = "end"
            return
        counted = (end.entries, end.head) == (found.last, found.head.hex())
        message = _PURPOSE + self._digest.digest()
        if not counted or not holds(self._record.sign_key, message, end.signature):
            self._problem = "end"
        elif max(self._heads, default=0) > found.last:
            self._problem = "ack"


def _verdict(
    record: EnrolmentRecord | None,
    found: Checked,
    acked: int,
    *,
    problem: str = "",
    pinned: bool = False,
) -> Verdict:
    return Verdict(
        record.device if record else None,
        record.epoch if record else 0,
        record.till if record else "",
        found.first,
        max(found.last - found.first + 1, 0),
        found.head.hex(),
        acked,
        found.broken,
        problem,
        pinned,
        tuple(
            f"{key.key} {base64.b16encode(key.public).decode().lower()}" for key in record.hq_keys
        )
        if record
        else (),
    )


__all__ = ["Verdict", "ack_of", "export_journal", "verify_export", "verify_journal"]
