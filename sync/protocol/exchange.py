"""The conversation of a till with head office, without I/O: generators that say what to do next.

A driver sends each `Call` and answers with an `Answer`, and does the other steps on its own
storage:

    Call -> Answer          ReadHead -> Head        ReadHash -> bytes | None
    ReadBatch -> OutBatch   StoreReply -> None      ApplyPage -> bool     Mark -> None

The pump drives them over HTTP and SQLite, the simulator over virtual networks and disks. Whatever a
reply says, nothing local is deleted or marked except by a verified acknowledgement. Errors are
ProtocolErrors; the driver backs off.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sync.protocol import codec, frames, wire
from sync.protocol.errors import (
    GoneError,
    MalformedError,
    NotHeadOfficeError,
    ProblemError,
    UntrustedError,
)
from sync.protocol.hello import judge, push_from
from sync.protocol.keys import check_ack, open_signed
from sync.protocol.messages import (
    Ack,
    Action,
    FeedPage,
    HelloAsk,
    HelloReply,
    Problem,
    PushReply,
    PushResult,
)
from sync.protocol.records import PURPOSE_HELLO, Signed
from sync.protocol.versions import SUPPORTED

SENT: Final = "push.sent"
REPLIED: Final = "push.replied"
STORED: Final = "ack.stored"
APPLIED: Final = "feed.applied"


# -- steps -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """Send a signed request. `accept`: the only media type a 2xx may have; `wait_s`: head office
    may hold the reply that long; `limit`: most bytes of a reply; `mark`: name of the step when all
    of it is sent."""

    method: str
    target: str
    body: bytes = b""
    media: str = wire.MEDIA_JSON
    accept: str = wire.MEDIA_JSON
    wait_s: int = 0
    limit: int = wire.MAX_JSON_BYTES
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole reply. `media`: content type without parameters, lower case; `retry_after_s`: None
    when not said."""

    status: int
    media: str
    body: bytes
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a till has pulled: feed number `n` of head-office epoch `hq_epoch`."""

    hq_epoch: int
    n: int

    def __str__(self) -> str:
        return f"{self.hq_epoch}.{self.n}"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a till stands: end of its journal (0 and genesis when empty), last acknowledgement,
    feed cursor."""

    seq: int
    hash: bytes
    last_ack: Ack | None
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class OutBatch:
    """Consecutive entries to send. `hashes`: of each entry; `attachments`: their blobs. Empty:
    nothing to send."""

    entries: tuple[tuple[bytes, bytes], ...] = ()
    hashes: tuple[bytes, ...] = ()
    attachments: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadHead:
    """Read a Head."""


@dataclass(frozen=True, slots=True)
class ReadHash:
    """Read the hash of the till's own entry `seq` (genesis for 0); None when it holds none."""

    seq: int


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Read an OutBatch from `from_seq` on: at most `max_entries`, raw size (frames.raw_size) at
    most `max_bytes`, but always at least one entry if there is one."""

    from_seq: int
    max_entries: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class StoreReply:
    """Store results and acknowledgement in one transaction."""

    reply: PushReply


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """Apply a page in transactions of at most 100 rows, each moving the cursor. True when the
    bucket checksums of a complete page agree."""

    page: FeedPage


@dataclass(frozen=True, slots=True)
class Mark:
    """A named point at which a test may kill the process."""

    name: str


Step = Call | ReadHead | ReadHash | ReadBatch | StoreReply | ApplyPage | Mark


@dataclass(frozen=True, slots=True)
class Till:
    """Who speaks: identity and versions, and the acknowledgement keys of head office by id."""

    device: UUID
    epoch: int
    app: str
    db_schema: str
    boot: str
    ack_keys: Mapping[str, bytes]
    protocols: tuple[str, ...] = field(default=SUPPORTED)


@dataclass(frozen=True, slots=True)
class Greeting:
    """Outcome of hello. `action`: what the till concludes; `push_from`: first seq to send."""

    reply: HelloReply
    action: Action
    push_from: int
    head: Head


# -- replies -----------------------------------------------------------------------------------


def content(answer: Answer, accept: str) -> bytes:
    """Body of a 2xx of the agreed media type.

    Raises ProblemError for a problem body, NotHeadOfficeError for anything else (captive portal,
    proxy, redirect).
    """
    if 200 <= answer.status < 300 and answer.media == accept:
        return answer.body
    if answer.status >= 400 and answer.media == wire.MEDIA_PROBLEM:
        problem = codec.decode(answer.body, Problem, wire.MAX_SMALL_BYTES)
        raise ProblemError(answer.status, problem.code, dict(problem.params), answer.retry_after_s)
    raise NotHeadOfficeError("not_head_office", status=answer.status)


def parse_cursor(text: str) -> Cursor:
    """Cursor from "hq_epoch.n"; MalformedError("cursor")."""
    epoch, dot, n = text.partition(".")
    plain = dot and epoch.isascii() and epoch.isdigit() and n.isascii() and n.isdigit()
    if not plain or len(text) > 30 or not 1 <= int(epoch) < 1 << 32 or int(n) >= 1 << 63:
        raise MalformedError("cursor")
    return Cursor(int(epoch), int(n))


# -- conversations -----------------------------------------------------------------------------


def greet(till: Till, nonce: str, wall_ms: int) -> Generator[Step, Any, Greeting]:
    """Say hello. `nonce`: fresh, 16 to 128 characters of the base64url alphabet.

    Raises UntrustedError when the reply is not head office's, or answers another hello.
    """
    head: Head = yield ReadHead()
    ask = HelloAsk(
        till.protocols,
        till.app,
        till.db_schema,
        till.device,
        till.epoch,
        head.seq,
        head.hash,
        till.boot,
        wall_ms,
        nonce,
        head.last_ack,
        str(head.cursor) if head.cursor else None,
    )
    answer = yield Call("POST", wire.HELLO, codec.encode(ask))
    signed = codec.decode(content(answer, wire.MEDIA_JSON), Signed)
    reply = codec.decode(open_signed(signed, PURPOSE_HELLO, till.ack_keys), HelloReply)
    if (reply.device, reply.epoch, reply.nonce_back) != (till.device, till.epoch, nonce):
        raise UntrustedError("not_our_hello")
    own = yield ReadHash(reply.acked_seq)
    return Greeting(reply, judge(reply, head.seq, own), push_from(reply, head.last_ack), head)


def push_all(till: Till, from_seq: int, hq_epoch: int) -> Generator[Step, Any, int]:
    """Push everything from `from_seq` on, one batch in flight; returns the last acknowledged seq.

    A 413 halves the batch down to one entry, a 409 gap goes back to what head office expects. When
    head office acknowledges more than the batch (it holds more, the replies were lost), results are
    gathered until they reach the acknowledgement, and only then stored with it. Raises what
    `read_push` raises.
    """
    most, rewound = wire.MAX_ENTRIES, False
    gathered: list[PushResult] = []
    while True:
        batch: OutBatch = yield ReadBatch(from_seq, most, frames.MAX_BATCH_BYTES)
        if not batch.entries:
            return from_seq - 1
        body = frames.encode_push(
            till.device, till.epoch, from_seq, batch.entries, batch.attachments
        )
        answer = yield Call(
            "POST", wire.PUSH, body, wire.MEDIA_PUSH, limit=wire.MAX_REPLY_BYTES, mark=SENT
        )
        try:
            reply = read_push(till, answer, from_seq, batch, hq_epoch)
        except ProblemError as problem:
            if problem.told == 413 and len(batch.entries) > 1:
                most = (len(batch.entries) + 1) // 2
                continue
            from_seq, rewound = _expected(problem, from_seq, rewound)
            gathered.clear()
            continue
        yield Mark(REPLIED)
        gathered += reply.results
        if reply.ack.seq >= from_seq + len(batch.entries):
            own = yield ReadHash(reply.ack.seq)
            if own != reply.ack.head_hash:
                raise UntrustedError("fork", seq=reply.ack.seq)
            from_seq, rewound = from_seq + len(batch.entries), False
            continue
        yield StoreReply(PushReply(tuple(gathered), reply.ack))
        yield Mark(STORED)
        gathered.clear()
        from_seq, rewound = reply.ack.seq + 1, False


def read_push(
    till: Till, answer: Answer, from_seq: int, batch: OutBatch, hq_epoch: int
) -> PushReply:
    """The reply to a push of `batch`, checked: signed by head office, of this till, of the same
    history as far as the batch goes, one result per acknowledged entry of the batch in order.

    Raises ProblemError, MalformedError, UntrustedError ("fork": another history; "not_acked":
    nothing was accepted).
    """
    reply = codec.decode(content(answer, wire.MEDIA_JSON), PushReply, wire.MAX_REPLY_BYTES)
    ack = reply.ack
    check_ack(ack, till.ack_keys)
    if (ack.device, ack.epoch) != (till.device, till.epoch):
        raise UntrustedError("not_our_ack")
    if ack.hq_epoch != hq_epoch:
        raise UntrustedError("hq_epoch_changed", hq_epoch=ack.hq_epoch)
    taken = ack.seq - from_seq + 1
    if taken < 1:
        raise UntrustedError("not_acked", seq=ack.seq)
    if taken <= len(batch.entries) and ack.head_hash != batch.hashes[taken - 1]:
        raise UntrustedError("fork", seq=ack.seq)
    upto = from_seq + min(taken, len(batch.entries))
    if [result.seq for result in reply.results] != list(range(from_seq, upto)):
        raise MalformedError("results_do_not_match", seq=ack.seq)
    return reply


def _expected(problem: ProblemError, from_seq: int, rewound: bool) -> tuple[int, bool]:
    """Where to go on after a gap; all else, and a gap that does not move us back, is raised."""
    expected = problem.params.get("expected")
    if problem.told != 409 or problem.code != "gap" or rewound:
        raise problem
    if not isinstance(expected, int) or not 1 <= expected < from_seq:
        raise problem
    return expected, True


def pull(cursor: Cursor, wait_s: int = 0) -> Generator[Step, Any, Cursor]:
    """Apply the feed from `cursor` until nothing newer is visible; returns the new cursor.

    `wait_s`: how long head office may hold the first reply when there is nothing (long poll).
    Raises GoneError when the till must start again from a snapshot: head office says so, has
    another epoch, or the checksums differ.
    """
    while True:
        page: FeedPage = yield from _one_page(cursor, wait_s)
        agrees: bool = yield ApplyPage(page)
        yield Mark(APPLIED)
        cursor = Cursor(page.hq_epoch, page.next)
        if not agrees:
            raise GoneError("bucket_differs")
        if page.complete:
            return cursor
        wait_s = 0


def _one_page(cursor: Cursor, wait_s: int) -> Generator[Step, Any, FeedPage]:
    target = f"{wire.FEED}?cursor={cursor}&limit={wire.MAX_PAGE_ITEMS}&wait={wait_s}"
    answer = yield Call(
        "GET", target, accept=wire.MEDIA_FEED, wait_s=wait_s, limit=wire.MAX_PAGE_BYTES
    )
    try:
        page = codec.decode_page(content(answer, wire.MEDIA_FEED))
    except ProblemError as problem:
        if problem.told == 410:
            raise GoneError(problem.code) from None
        raise
    if page.hq_epoch != cursor.hq_epoch:
        raise GoneError("hq_epoch", hq_epoch=page.hq_epoch)
    if page.next < cursor.n or any(item.n <= cursor.n for item in page.items[:1]):
        raise MalformedError("feed_out_of_order", n=page.next)
    if not page.complete and page.next == cursor.n:
        raise MalformedError("feed_stands_still", n=page.next)
    return page
