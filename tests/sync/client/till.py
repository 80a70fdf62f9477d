"""A till's ports in memory, and the pieces that speak for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256

from sync.client.channel import Channel
from sync.client.ports import TillPorts
from sync.client.pump import Pump, Status
from sync.client.snapshot import SnapshotLoader
from sync.client.transport import Timeouts, Transport
from sync.domain.journal import Entry
from sync.protocol import codec, keys, wire
from sync.protocol.exchange import Answer, Call, Cursor, OutBatch
from sync.protocol.messages import (
    Ack,
    FeedItem,
    FeedKind,
    FeedPage,
    NonceReply,
    PushReply,
    SnapshotReply,
)
from sync.protocol.records import (
    PURPOSE_MANIFEST,
    SEAL_SNAPSHOT,
    Form,
    Manifest,
    Part,
    Scope,
)
from tests.sync.client.server import LoopbackServer, RealClock, Seen
from tests.sync.protocol import samples
from tests.sync.protocol.conversation import MemoryTill
from tests.sync.protocol.head_office import FakeHeadOffice, problem

QUICK = Timeouts(connect_ms=500, stall_ms=600, total_ms=2_000)
SNAPSHOT_KEY = samples.seed("snapshot key")


class MemoryJournal:
    """TillJournal over a list."""

    def __init__(self, entries: list[Entry]) -> None:
        self.till = MemoryTill(entries)
        self.frozen = ""
        self.broken: Exception | None = None

    def head(self) -> tuple[int, bytes]:
        """End of the journal."""
        if self.broken is not None:
            raise self.broken
        return self.till.head()

    def acked(self) -> Ack | None:
        """Last acknowledgement."""
        return self.till.last_ack

    def hash_at(self, seq: int) -> bytes | None:
        """Own hash."""
        return self.till.hash_at(seq)

    def batch(self, from_seq: int, max_entries: int, max_bytes: int) -> OutBatch:
        """Entries to send."""
        return self.till.batch(from_seq, max_entries, max_bytes)

    def oldest_unsent_ms(self) -> int | None:
        """The seq stands for a time."""
        acked = self.till.last_ack.seq if self.till.last_ack else 0
        return acked + 1 if acked < len(self.till.entries) else None

    def store_ack(self, reply: PushReply) -> None:
        """Results and acknowledgement."""
        self.till.store(reply)

    def freeze(self, reason: str) -> None:
        """No more sales."""
        self.frozen = reason


class MemoryReplica:
    """TillReplica over lists. `parts`: taken of a snapshot under way, `log`: what happened."""

    schema = 1

    def __init__(self, cursor: Cursor | None = None) -> None:
        self.at = cursor
        self.items: list[FeedItem] = []
        self.parts: dict[int, bytes] = {}
        self.manifest: Manifest | None = None
        self.key = b""
        self.log: list[str] = []
        self.agrees = True
        self.agrees_after_snapshot = True
        self.after_part: Callable[[], object] = lambda: None

    def cursor(self) -> Cursor | None:
        """How far."""
        return self.at

    def apply_page(self, page: FeedPage, at_ms: int) -> bool:
        """Take a page."""
        self.items.extend(page.items)
        self.at = Cursor(page.hq_epoch, page.next)
        return self.agrees

    def snapshot_begin(self, manifest: Manifest, key: bytes) -> frozenset[int]:
        """Start or resume."""
        if self.manifest is None or self.manifest.snapshot != manifest.snapshot:
            self.parts = {}
        self.manifest, self.key = manifest, key
        self.log.append("begin")
        return frozenset(self.parts)

    def snapshot_part(self, part: Part, data: bytes) -> None:
        """Take a part."""
        self.parts[part.index] = data
        self.log.append(f"part {part.index}")
        self.after_part()

    def snapshot_global(self, at_ms: int) -> None:
        """First sale allowed."""
        self.log.append("global")

    def snapshot_finish(self, at_ms: int) -> None:
        """Switch."""
        assert self.manifest is not None
        self.at = Cursor(self.manifest.hq_epoch, self.manifest.n)
        self.agrees = self.agrees_after_snapshot
        self.log.append("finish")


class Office:
    """The head office in memory with nonces and a snapshot; counts what it is asked."""

    def __init__(self) -> None:
        self.hq = FakeHeadOffice()
        self.paths: list[str] = []
        self.form = Form.ROWS
        self.name = "s1"
        self.parts = [b"global one" * 50, b"members one" * 500, b"members two" * 500]
        self.scopes = [Scope.GLOBAL, Scope.MEMBERS, Scope.MEMBERS]
        self.ranges = True
        self.said: SnapshotReply | None = None

    def respond(self, call: Call, seen: Seen) -> Answer:
        """The answer to a request."""
        path = call.target.partition("?")[0]
        self.paths.append(path)
        if path == wire.NONCE:
            reply = NonceReply("online-session-nonce", 5)
            return Answer(200, wire.MEDIA_JSON, codec.encode(reply))
        if path == wire.SNAPSHOT:
            return Answer(200, wire.MEDIA_JSON, codec.encode(self.said or self.snapshot()))
        if path.startswith(f"{wire.SNAPSHOT}/"):
            return self.part(path, seen.headers.get("range", ""))
        return self.hq.answer(call)

    def part(self, path: str, asked: str) -> Answer:
        """A part, or the rest of one."""
        name, index = path.removeprefix(f"{wire.SNAPSHOT}/").split("/")
        if name != self.name:
            return problem(410, "snapshot_gone")
        data = self.parts[int(index)]
        if asked and self.ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            return Answer(206, wire.MEDIA_PART, data[start:])
        return Answer(200, wire.MEDIA_PART, data)

    def snapshot(self) -> SnapshotReply:
        """The signed manifest and the key for this till."""
        parts = tuple(
            Part(index, scope, len(data), sha256(data).digest(), 1)
            for index, (scope, data) in enumerate(zip(self.scopes, self.parts, strict=True))
        )
        manifest = Manifest(1, self.name, self.hq.hq_epoch, 7, self.form, 0, 5, parts)
        signed = keys.sign_document(
            self.hq.signer, PURPOSE_MANIFEST, codec.canonical_bytes(manifest)
        )
        sealed = keys.seal(
            keys.agreement_public(samples.seed("agree")),
            SEAL_SNAPSHOT,
            SNAPSHOT_KEY,
            samples.seed("ephemeral"),
        )
        return SnapshotReply(signed, sealed if self.form is Form.SQLCIPHER else b"")


def randomness() -> random.Random:
    """Randomness that is the same each time."""
    return random.Random(7)


class Equipment:
    """Everything one till needs to sync with a loopback server."""

    def __init__(self, server: LoopbackServer, entries: int = 3) -> None:
        self.transport = Transport(server.base, [], RealClock(), QUICK, allow_plain_loopback=True)
        self.channel = Channel(
            self.transport, samples.till_signer(), RealClock(), randomness().randbytes
        )
        self.journal = MemoryJournal(samples.chain(entries))
        self.replica = MemoryReplica()
        self.loader = SnapshotLoader(
            self.channel, self.replica, samples.ack_keys(), samples.seed("agree"), RealClock()
        )
        self.steps: list[str] = []
        self.statuses: list[Status] = []
        self.pump = Pump(
            samples.till(),
            self.channel,
            TillPorts(self.journal, self.replica, RealClock(), randomness().randbytes),
            self.loader,
            on_status=self.statuses.append,
            step=self.steps.append,
            wait_s=1,
        )

    def write_more(self, count: int) -> None:
        """The cashier goes on."""
        self.journal.till.entries = samples.chain(len(self.journal.till.entries) + count)
        self.pump.nudge()


def feed(count: int) -> list[FeedItem]:
    """Items 8, 9, ...: after the snapshot."""
    return [codec.tomb(n, FeedKind.CARD, f"t{n}", n) for n in range(8, 8 + count)]
