"""A till in memory and a driver for conversations without I/O."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from sync.domain.journal import Entry
from sync.protocol import frames
from sync.protocol.exchange import (
    Answer,
    ApplyPage,
    Call,
    Cursor,
    Head,
    Mark,
    OutBatch,
    ReadBatch,
    ReadHash,
    ReadHead,
    Step,
    StoreReply,
)
from sync.protocol.messages import Ack, FeedItem, PushReply, PushResult
from tests.sync.protocol import samples
from tests.sync.protocol.samples import GENESIS

T = TypeVar("T")


class MemoryTill:
    """Journal and replica as lists; `marks`: step names in order."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.last_ack: Ack | None = None
        self.results: dict[int, PushResult] = {}
        self.cursor: Cursor | None = Cursor(1, 0)
        self.items: list[FeedItem] = []
        self.marks: list[str] = []
        self.agrees = True

    def head(self) -> tuple[int, bytes]:
        """End of the journal."""
        return (len(self.entries), self.hash_at(len(self.entries)) or GENESIS)

    def hash_at(self, seq: int) -> bytes | None:
        """Own hash at a seq."""
        if seq == 0:
            return GENESIS
        return self.entries[seq - 1].hash if seq <= len(self.entries) else None

    def batch(self, from_seq: int, max_entries: int, max_bytes: int) -> OutBatch:
        """Entries from a seq on, within bounds, but one at least."""
        chosen: list[Entry] = []
        size = 0
        for entry in self.entries[from_seq - 1 : from_seq - 1 + max_entries]:
            size += frames.raw_size(entry.body)
            if chosen and size > max_bytes:
                break
            chosen.append(entry)
        return samples.out_batch(chosen)

    def store(self, reply: PushReply) -> None:
        """Results and acknowledgement together."""
        self.results.update({result.seq: result for result in reply.results})
        self.last_ack = reply.ack

    def do(self, step: Step, send: Callable[[Call], Answer]) -> object:
        """One step of a conversation."""
        match step:
            case Call():
                answer = send(step)
                if step.mark:
                    self.marks.append(step.mark)
                return answer
            case ReadHead():
                return Head(*self.head(), self.last_ack, self.cursor)
            case ReadHash():
                return self.hash_at(step.seq)
            case ReadBatch():
                return self.batch(step.from_seq, step.max_entries, step.max_bytes)
            case StoreReply():
                self.store(step.reply)
            case ApplyPage():
                self.items.extend(step.page.items)
                self.cursor = Cursor(step.page.hq_epoch, step.page.next)
                return self.agrees
            case Mark():
                self.marks.append(step.name)
        return None


def drive(talk: Generator[Step, Any, T], till: MemoryTill, send: Callable[[Call], Answer]) -> T:
    """Run a conversation to its end."""
    answer: object = None
    try:
        while True:
            answer = till.do(talk.send(answer), send)
    except StopIteration as end:
        result: T = end.value
        return result
