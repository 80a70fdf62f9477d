"""A head office of a few lines, in memory: enough to answer hello, push and feed by the rules.

It posts nothing. It exists to be disturbed: tests make it lose replies, forget, fork and lie.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from sync.domain.journal import Entry
from sync.domain.posting import Outcome
from sync.protocol import codec, frames, keys, wire
from sync.protocol.errors import GapError, ProtocolError
from sync.protocol.exchange import Answer, Call, Cursor, parse_cursor
from sync.protocol.hello import HeadOfficeView, decide
from sync.protocol.messages import (
    FeedItem,
    FeedPage,
    HelloAsk,
    HelloReply,
    Problem,
    PushReply,
    PushResult,
    PushStatus,
)
from sync.protocol.records import PURPOSE_HELLO
from sync.protocol.versions import agree
from tests.sync.protocol import samples
from tests.sync.protocol.samples import DEVICE, EPOCH, GENESIS


def problem(status: int, code: str, retry_after_s: int | None = None, **params: int) -> Answer:
    """A problem as head office sends it."""
    body = codec.encode(Problem(code, dict(params)))
    return Answer(status, wire.MEDIA_PROBLEM, body, retry_after_s)


class FakeHeadOffice:
    """Head office for one till. `entries`: what it holds; `feed`: items it publishes."""

    def __init__(self) -> None:
        self.signer = samples.hq_signer()
        self.hq_epoch = 1
        self.entries: list[Entry] = []
        self.feed: list[FeedItem] = []
        self.created = 0
        self.most_entries = wire.MAX_ENTRIES
        self.page_items = wire.MAX_PAGE_ITEMS

    def answer(self, call: Call) -> Answer:
        """What head office answers to a call."""
        path = urlsplit(call.target).path
        try:
            if path == wire.HELLO:
                return self.hello(call.body)
            if path == wire.PUSH:
                return self.push(call.body)
            return self.page(call.target)
        except GapError as gap:
            return problem(gap.status, gap.code, expected=gap.expected)
        except ProtocolError as error:
            return problem(error.status, error.code)

    def hash_at(self, seq: int) -> bytes | None:
        """Hash it holds at a seq."""
        if seq == 0:
            return GENESIS
        return self.entries[seq - 1].hash if seq <= len(self.entries) else None

    def hello(self, body: bytes) -> Answer:
        """The signed hello reply."""
        ask = codec.decode(body, HelloAsk)
        held = len(self.entries)
        at_held = self.hash_at(held) or GENESIS
        view = HeadOfficeView(
            self.hq_epoch,
            held,
            at_held,
            self.hash_at(ask.head_seq),
            self.hash_at(ask.last_ack.seq) if ask.last_ack else None,
        )
        reply = HelloReply(
            agree(ask.protocols), DEVICE, EPOCH, self.hq_epoch, held, at_held, 5, ask.nonce,
            "session-nonce-of-hq", decide(ask, ask.last_ack, view),
        )  # fmt: skip
        signed = keys.sign_document(self.signer, PURPOSE_HELLO, codec.encode(reply))
        return Answer(200, wire.MEDIA_JSON, codec.encode(signed))

    def push(self, body: bytes) -> Answer:
        """Takes what is chained and signed, tells what it had."""
        batch = frames.decode_push(body)
        first, held = batch.header.from_seq, len(self.entries)
        if len(batch.entries) > self.most_entries:
            return problem(413, "push_too_large")
        if first > held + 1:
            raise GapError(held + 1)
        entries = frames.entries_of(batch, self.hash_at(first - 1) or GENESIS)
        results, last = [], first - 1
        taken = keys.verify_batch(entries, first, entries[0].prev, samples.till_signer().public)
        for entry in entries[:taken]:
            status = PushStatus.EXISTS if entry.seq <= held else PushStatus.CREATED
            if status is PushStatus.EXISTS and self.hash_at(entry.seq) != entry.hash:
                return problem(409, "fork")
            if status is PushStatus.CREATED:
                self.entries.append(entry)
                self.created += 1
            results.append(PushResult(entry.seq, status, Outcome.POSTED, post_seq=entry.seq))
            last = entry.seq
        ack = keys.countersign(
            self.signer, DEVICE, EPOCH, last, self.hash_at(last) or GENESIS, self.hq_epoch, 5
        )
        return Answer(200, wire.MEDIA_JSON, codec.encode(PushReply(tuple(results), ack)))

    def page(self, target: str) -> Answer:
        """The feed after the asked cursor."""
        asked = parse_cursor(parse_qs(urlsplit(target).query)["cursor"][0])
        if asked.hq_epoch != self.hq_epoch:
            return problem(410, "must_refetch")
        items = [item for item in self.feed if item.n > asked.n]
        sent = items[: self.page_items]
        page = FeedPage(
            self.hq_epoch,
            tuple(sent),
            sent[-1].n if sent else asked.n,
            complete=len(sent) == len(items),
        )
        return Answer(200, wire.MEDIA_FEED, codec.encode_page(page))

    @property
    def newest(self) -> Cursor:
        """Where the feed ends."""
        return Cursor(self.hq_epoch, self.feed[-1].n if self.feed else 0)
