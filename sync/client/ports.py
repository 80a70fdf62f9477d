"""What the sync client needs from the till: its journal, its replica, a clock and randomness.

The till database satisfies these; tests and the simulator have their own. Every method is called
from one thread (the sync thread, or the caller of an enrolment) and may block on the till's writer;
a method that returns has committed. Failures of storage are raised and stop the round, never
swallowed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sync.protocol.exchange import Cursor, OutBatch
from sync.protocol.messages import Ack, FeedPage, PushReply
from sync.protocol.records import Manifest, Part

Random = Callable[[int], bytes]
"""n -> n fresh random bytes, fit for keys."""

StepHook = Callable[[str], None]
"""Called with the name of each point at which a test may kill the process."""


class Clock(Protocol):
    """Time, passed in."""

    def utc_ms(self) -> int:
        """Wall clock, Unix milliseconds; may jump."""
        ...

    def mono_ms(self) -> int:
        """Milliseconds that never run back."""
        ...


class TillJournal(Protocol):
    """The journal as outbox: unsent is all above the last acknowledgement; there is no flag."""

    def head(self) -> tuple[int, bytes]:
        """(seq, hash) of the last entry; (0, genesis) when there is none."""
        ...

    def acked(self) -> Ack | None:
        """The last stored acknowledgement of this epoch."""
        ...

    def hash_at(self, seq: int) -> bytes | None:
        """Hash of own entry `seq`, genesis for 0, None above the head."""
        ...

    def batch(self, from_seq: int, max_entries: int, max_bytes: int) -> OutBatch:
        """Entries from `from_seq` on with hashes and attachments, in seq order: at most
        `max_entries`, raw size (sync.protocol.frames.raw_size) at most `max_bytes`, but one entry
        at least if there is one. Erased attachments are left out."""
        ...

    def oldest_unsent_ms(self) -> int | None:
        """Wall time (UTC ms) of the first entry above the last acknowledgement; None when all is
        sent."""
        ...

    def store_ack(self, reply: PushReply) -> None:
        """Store results and acknowledgement in ONE transaction. The stored acknowledgement follows
        the reply, also downwards: only after head office was restored or lost data can it be lower,
        and then what is above has to be sent again. Results of a seq already stored are replaced.
        """
        ...

    def freeze(self, reason: str) -> None:
        """Stop sales for this epoch (`fork` or `rollback`), durably; the till has to be enrolled
        again. Nothing is deleted."""
        ...


class TillReplica(Protocol):
    """The replaceable copy of head office's figures. `schema`: of a ready file it can take."""

    @property
    def schema(self) -> int: ...

    def cursor(self) -> Cursor | None:
        """How far the feed is applied; None before a first snapshot is complete."""
        ...

    def apply_page(self, page: FeedPage, at_ms: int) -> bool:
        """Apply items in order, in transactions of at most 100 rows that each move the cursor to
        the n of their last item (the last one to page.next), and note `at_ms` (UTC ms) as the time
        of these figures. A row never replaces one of a higher `ver`; unknown kinds are skipped;
        programme and roster items are kept as signed bytes and believed only once their signature
        holds. False when the page is complete and a bucket checksum differs. An empty page only
        moves time and cursor."""
        ...

    def snapshot_begin(self, manifest: Manifest, key: bytes) -> frozenset[int]:
        """Start or resume loading `manifest` into a new replica beside the present one; returns the
        indexes of parts already in it. Another manifest's half-loaded replica is thrown away.
        `key`: snapshot key (32 bytes; empty for form rows)."""
        ...

    def snapshot_part(self, part: Part, data: bytes) -> None:
        """Take one part, in any order, durably (of a ready file: within a second or 32 MiB):
        `data` is verified against the manifest. All
        but the members parts of form sqlcipher are feed pages (codec.decode_page with
        MAX_PART_RAW_BYTES)."""
        ...

    def snapshot_global(self, at_ms: int) -> None:
        """All global parts are in: block list, programme, roster and products may be used, so the
        first sale is allowed. A replica in use stays in use."""
        ...

    def snapshot_finish(self, at_ms: int) -> None:
        """All parts are in: switch to the new replica; its cursor is the manifest's n."""
        ...


@dataclass(frozen=True, slots=True)
class TillPorts:
    """All of the above for one till."""

    journal: TillJournal
    replica: TillReplica
    clock: Clock
    random: Random
