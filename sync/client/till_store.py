"""The till's database as the sync client's ports want it: wire messages in, neutral rows out.

`sync.database` knows no messages and `sync.protocol` no database; they meet here. Signed feed rows
(programme, roster) are believed only once their signature by a pinned key holds.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from sync.client.enrolment import Enrolled
from sync.client.ports import Clock, Random, TillPorts
from sync.database.till.database import TillDatabase, create
from sync.database.till.journal import Identity
from sync.database.till.keys import LoadedKeys, TillKeys, WrapStore, save_keys
from sync.database.till.replica import Replica
from sync.database.till.replica_file import SCHEMA
from sync.database.till.replica_rows import (
    Change,
    ProgrammePack,
    RosterPack,
    RowValue,
    document_bytes,
)
from sync.domain.checksums import ALL_TILLS
from sync.domain.leases import DOCUMENT, LeaseDocument
from sync.protocol import codec, frames, wire
from sync.protocol.errors import MalformedError, UntrustedError
from sync.protocol.exchange import Cursor, OutBatch
from sync.protocol.keys import open_programme, open_signed, ring
from sync.protocol.messages import Ack, FeedItem, FeedKind, FeedPage, PushReply
from sync.protocol.records import (
    PURPOSE_ROSTER,
    EnrolmentRecord,
    Form,
    Manifest,
    Part,
    Roster,
    Scope,
    Signed,
)

log = logging.getLogger("sync")

FLUSH_BYTES: Final = 32 << 20  # of a ready file: so much, or of so long, a crash may take back
FLUSH_S: Final = 1.0
_READ: Final = 50
_PART: Final = "part:"
_PAGES: Final = "pages:"
_LEFT_OUT: Final = "left_out"
_LEASES: Final = f"{DOCUMENT}/"
_BUCKETS_OF_THEIR_OWN: Final = ("roster", "profile", "local")


def begin_epoch(
    folder: Path, keys: TillKeys, joined: Enrolled, store: WrapStore | None = None
) -> LoadedKeys:
    """Make the journal of the epoch `joined` begins, with the chain's secrets among the keys.

    `keys`: those whose public halves were enrolled. Doing it again changes nothing. Raises
    StoreFault.
    """
    secrets = joined.secrets
    whole = msgspec.structs.replace(keys, token=secrets.token_key, phone=secrets.phone_key)
    loaded = save_keys(folder, whole, store)
    signed, record = joined.signed, joined.record
    create(
        folder,
        loaded,
        Identity(
            record.device, record.epoch, joined.genesis, signed.data, signed.key, signed.signature
        ),
    )
    return loaded


class JournalStore:
    """`sync.client.ports.TillJournal` on the till's database."""

    def __init__(self, database: TillDatabase, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def head(self) -> tuple[int, bytes]:
        """(seq, hash) of the last entry; (0, genesis) when there is none."""
        head = self._database.journal.head()
        return head.seq, head.hash

    def acked(self) -> Ack | None:
        """The last stored acknowledgement of this epoch."""
        ack = self._database.outbox.last_ack()
        if ack is None:
            return None
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

    def hash_at(self, seq: int) -> bytes | None:
        """Hash of own entry `seq`, genesis for 0, None above the head."""
        if seq == 0:
            return self._database.journal.identity.genesis
        entry = self._database.journal.entry(seq)
        return entry.hash if entry else None

    def batch(self, from_seq: int, max_entries: int, max_bytes: int) -> OutBatch:
        """Entries from `from_seq` on with their blobs, within the bounds but at least one."""
        journal = self._database.journal
        entries: list[tuple[bytes, bytes]] = []
        hashes: list[bytes] = []
        blobs: list[bytes] = []
        size, after = 0, from_seq - 1
        while len(entries) < max_entries:
            found = journal.entries(after, min(_READ, max_entries - len(entries)))
            for entry in found:
                own = [blob.data for blob in journal.blobs(entry.seq)]
                size += frames.raw_size(entry.body, own)
                if entries and size > max_bytes:
                    return OutBatch(tuple(entries), tuple(hashes), tuple(blobs))
                entries.append((entry.signature, entry.body))
                hashes.append(entry.hash)
                blobs += own
                after = entry.seq
            if not found:
                break
        return OutBatch(tuple(entries), tuple(hashes), tuple(blobs))

    def oldest_unsent_ms(self) -> int | None:
        """When the first entry above the last acknowledgement was made."""
        return self._database.outbox.unsent().oldest_ms

    def store_ack(self, reply: PushReply) -> None:
        """Store results and acknowledgement in one transaction."""
        self._database.outbox.store_ack(reply.ack, reply.results, self._clock.utc_ms())

    def freeze(self, reason: str) -> None:
        """Stop sales of this epoch."""
        self._database.freeze(reason)


class ReplicaStore:
    """`sync.client.ports.TillReplica` on the till's database, and rows fetched on demand."""

    def __init__(self, database: TillDatabase) -> None:
        self._database = database
        identity = database.journal.identity
        self._record = codec.decode(identity.record, EnrolmentRecord, wire.MAX_SMALL_BYTES)
        self._manifest: Manifest | None = None
        self._key, self._name = b"", ""
        self._seen = database.replica
        self._fetches = self._seen.fetches
        self._written: dict[str, bytes] = {}
        self._written_bytes, self._flush_at = 0, 0.0

    @property
    def schema(self) -> int:
        """Schema of a ready replica file this release opens."""
        return SCHEMA

    # -- feed --------------------------------------------------------------------------------

    def cursor(self) -> Cursor | None:
        """How far the feed is applied."""
        found = self._database.replica.cursor()
        return Cursor(*found) if found else None

    def apply_page(self, page: FeedPage, at_ms: int) -> bool:
        """Apply items in order; False when a complete page's checksums differ."""
        replica = self._database.replica
        changes = self._believed(page.items, replica)
        self._note_ends(changes, at_ms)
        replica.apply(changes, page.hq_epoch, page.next, at_ms, complete=page.complete)
        self._database.outbox.heard(at_ms)
        diverged = page.complete and self._diverged(page)
        self._seen, self._fetches = replica, replica.fetches
        return not diverged

    def _note_ends(self, changes: Iterable[Change], at_ms: int) -> None:
        """Leases that end are noted for good before head office can be told that we saw it."""
        ends: dict[str, int] = {}
        for change in changes:
            row = change.row if change.key.startswith(_LEASES) else None
            data = document_bytes(row) if row is not None else None
            rights = msgspec.json.decode(data, type=LeaseDocument).rights if data else ()
            ends.update((right.lease, right.expires_ms) for right in rights if right.ended)
        if ends:
            self._database.pending.end_leases(ends, at_ms)

    def put_fetched(self, items: Sequence[FeedItem], at_ms: int) -> None:
        """Keep the rows of a member reply."""
        self._database.replica.put_fetched(self.changes(items), at_ms)

    def _believed(self, items: Sequence[FeedItem], target: Replica) -> list[Change]:
        """As `changes`; that something was left out of `target` is noted there."""
        changes = self.changes(items)
        if len(changes) < len(items):
            target.keep(_LEFT_OUT, b"1")
        return changes

    def changes(self, items: Iterable[FeedItem]) -> list[Change]:
        """Neutral rows of feed items; what cannot be believed is left out and logged."""
        found = []
        for item in items:
            try:
                value = self._value(item)
            except UntrustedError as error:
                log.warning("feed_item_untrusted kind=%s n=%d why=%s", item.kind, item.n, error)
                continue
            found.append(Change(item.n, item.kind, item.key, item.ver, value))
        return found

    def _value(self, item: FeedItem) -> RowValue | None:
        row = codec.row(item)
        if row is None or not isinstance(row, Signed):
            return row
        if item.kind == FeedKind.PROGRAMME:
            return self._programme(item, row)
        trusted = ring(self._record.hq_keys, "roster")
        roster = codec.decode(open_signed(row, PURPOSE_ROSTER, trusted), Roster)
        return RosterPack(roster.version, roster.store, roster.staff)

    def _programme(self, item: FeedItem, signed: Signed) -> ProgrammePack:
        try:
            made = open_programme(signed, ring(self._record.hq_keys, "programme"))
        except MalformedError:  # for a later release; kept as it was signed
            log.warning("programme_unknown version=%s", item.key)
            return ProgrammePack(int(item.key), date.max, signed.data, signed.key, signed.signature)
        return ProgrammePack(
            made.version, made.effective_from, signed.data, signed.key, signed.signature
        )

    def _diverged(self, page: FeedPage) -> bool:
        """Whether checksums differ and nothing explains it: rows fetched on demand since the page
        before may be newer than this one, and what was not believed is not held."""
        replica = self._database.replica
        if self._agree(page, replica):
            return False
        fetched_meanwhile = replica.fetches != (self._fetches if replica is self._seen else 0)
        return not fetched_meanwhile and replica.value(_LEFT_OUT) is None

    @staticmethod
    def _agree(page: FeedPage, replica: Replica) -> bool:
        sums = replica.sums()
        common = [kind for kind in sums.kinds() if kind not in _BUCKETS_OF_THEIR_OWN]
        told = {bucket.bucket: (bucket.count, bucket.xor) for bucket in page.buckets}
        return ALL_TILLS not in told or told[ALL_TILLS] == sums.of(common)

    # -- snapshot ----------------------------------------------------------------------------

    def snapshot_begin(self, manifest: Manifest, key: bytes) -> frozenset[int]:
        """Start or resume loading `manifest` beside the present replica."""
        self._manifest, self._key = manifest, key
        self._name = self._database.replicas.name_for(manifest.snapshot)
        self._written, self._written_bytes = {}, 0
        self._flush_at = time.monotonic() + FLUSH_S
        if manifest.form is Form.ROWS:
            target = self._database.replicas.begin(self._name)
        else:
            target = self._database.replica
        wanted = self._file_path()
        for stray in self._database.folder.glob("snapshot-*.part"):
            if stray != wanted:
                stray.unlink()
        kept = [
            part
            for part in manifest.parts
            if target.value(f"{_PART}{self._name}:{part.index}") is not None
        ]
        if manifest.form is Form.SQLCIPHER and not self._file_there():
            kept = [part for part in kept if part.scope is not Scope.MEMBERS]
        return frozenset(part.index for part in kept)

    def snapshot_part(self, part: Part, data: bytes) -> None:
        """Take one part durably; of a ready file within a second."""
        manifest = self._begun()
        of_file = manifest.form is Form.SQLCIPHER and part.scope is Scope.MEMBERS
        # The loader has hashed it; of a file, whose pages are authenticated, once is enough.
        if len(data) != part.size or (not of_file and sha256(data).digest() != part.sha256):
            raise MalformedError("part_differs", index=part.index)
        mark = f"{_PART}{self._name}:{part.index}"
        if of_file:
            self._written[mark] = b"1"
            self._written_bytes += self._write_at(manifest, part, data)
            if self._written_bytes >= FLUSH_BYTES or time.monotonic() >= self._flush_at:
                self._flush()
            return
        changes = self.changes(codec.decode_page(data, wire.MAX_PART_RAW_BYTES).items)
        self._note_ends(changes, 0)
        if part.scope is Scope.GLOBAL:
            self._database.replica.load(changes, {})
        fresh = self._database.replicas.next
        if fresh is not None and manifest.form is Form.ROWS:
            fresh.load(changes, {mark: b"1"})
            if len(changes) < part.rows:
                fresh.keep(_LEFT_OUT, b"1")
        else:
            kept = {mark: b"1", f"{_PAGES}{self._name}:{part.index}": data}
            self._database.replica.load((), kept)

    def snapshot_global(self, at_ms: int) -> None:
        """The global part is in use already: it was applied to the replica in use."""
        self._database.outbox.heard(at_ms)

    def snapshot_finish(self, at_ms: int) -> None:
        """Switch to the new replica, with the profiles fetched on demand carried over."""
        manifest, replicas = self._begun(), self._database.replicas
        present = self._database.replica
        if manifest.form is Form.SQLCIPHER:
            self._flush()
            fresh = replicas.adopt(self._name, self._key, self._file_path())
            self._load_pages(manifest, present, fresh)
        fresh_or_none = replicas.next
        if fresh_or_none is None:
            raise MalformedError("snapshot_not_begun")
        fresh_or_none.start_at(manifest.hq_epoch, manifest.n, at_ms)
        replicas.activate(present.fetched_profiles())
        self._manifest = None
        self._database.outbox.heard(at_ms)

    def _load_pages(self, manifest: Manifest, present: Replica, fresh: Replica) -> None:
        """What is not in the file: the global part, and profiles."""
        for part in manifest.parts:
            data = present.value(f"{_PAGES}{self._name}:{part.index}")
            if part.scope is not Scope.MEMBERS and data is not None:
                page = codec.decode_page(data, wire.MAX_PART_RAW_BYTES)
                fresh.load(self._believed(page.items, fresh), {})

    def _begun(self) -> Manifest:
        if self._manifest is None:
            raise MalformedError("snapshot_not_begun")
        return self._manifest

    def _file_there(self) -> bool:
        """Whether the bytes noted as here are: in the file to be, or moved to their place."""
        moved = self._database.replicas.path(self._name)
        return self._file_path().exists() or moved.exists()

    def _file_path(self) -> Path:
        return self._database.folder / f"snapshot-{self._name}.part"

    def _write_at(self, manifest: Manifest, part: Part, data: bytes) -> int:
        """Put the bytes where they belong in the file to be; how many."""
        before = (p.size for p in manifest.parts if p.index < part.index)
        members = [p.size for p in manifest.parts if p.scope is Scope.GLOBAL]
        offset = sum(before) - sum(members)
        path = self._file_path()
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(fd, "r+b") as file:
            file.seek(offset)
            return file.write(data)

    def _flush(self) -> None:
        """Wait for the disk, then note what it has."""
        if self._written:
            fd = os.open(self._file_path(), os.O_RDWR)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
            self._database.replica.load((), self._written)
        self._written, self._written_bytes = {}, 0
        self._flush_at = time.monotonic() + FLUSH_S


def ports_of(database: TillDatabase, clock: Clock, random: Random) -> TillPorts:
    """Everything the sync client needs of one till."""
    return TillPorts(JournalStore(database, clock), ReplicaStore(database), clock, random)


__all__ = ["JournalStore", "ReplicaStore", "begin_epoch", "ports_of"]
