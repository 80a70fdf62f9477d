"""The journal as the outbox: what head office has not acknowledged, and what it answered.

Unsent = seq > the seq of the last acknowledgement; nothing is flagged per row. A batch's results
and its acknowledgement are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import msgspec

from sync.database.engine import Row, insert_sql
from sync.database.till import journal_tables as t
from sync.database.till.counter import read_value, write_value
from sync.database.till.journal import Journal

_ACK: Final = insert_sql(
    t.ACK, "seq", "head_hash", "hq_epoch", "hq_time_ms", "key_id", "sig", "stored_ms"
).text
_LAST_ACK: Final = (
    "SELECT seq, head_hash, hq_epoch, hq_time_ms, key_id, sig, stored_ms FROM ack "
    "ORDER BY number DESC LIMIT 1"
)
_RESULT: Final = insert_sql(
    t.RESULT,
    suffix=(
        "ON CONFLICT (seq) DO UPDATE SET outcome = excluded.outcome, codes = excluded.codes, "
        "post_seq = excluded.post_seq, allocations = excluded.allocations, "
        "hq_epoch = excluded.hq_epoch"
    ),
).text
_UNSENT: Final = "SELECT count(*), min(created_ms) FROM entry WHERE seq > ?"
CONTACT: Final = "contact_ms"
KEEP_CONTACT_MS: Final = 30_000


class AckLike(Protocol):
    """An acknowledgement as it came over the wire."""

    @property
    def seq(self) -> int: ...
    @property
    def head_hash(self) -> bytes: ...
    @property
    def hq_epoch(self) -> int: ...
    @property
    def hq_time_ms(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def sig(self) -> bytes: ...


class ResultLike(Protocol):
    """What head office made of one entry, as it came over the wire."""

    @property
    def seq(self) -> int: ...
    @property
    def outcome(self) -> str: ...
    @property
    def codes(self) -> Sequence[str]: ...
    @property
    def post_seq(self) -> int | None: ...
    @property
    def allocations(self) -> Sequence[object]: ...


@dataclass(frozen=True, slots=True)
class StoredAck:
    """Head office's receipt for all entries up to `seq`; `stored_ms`: when it was kept here."""

    device: UUID
    epoch: int
    seq: int
    head_hash: bytes
    hq_epoch: int
    hq_time_ms: int
    key: str
    sig: bytes
    stored_ms: int


@dataclass(frozen=True, slots=True)
class StoredResult:
    """Outcome of an entry. `allocations`: JSON of the notes head office sent."""

    seq: int
    outcome: str
    codes: tuple[str, ...]
    post_seq: int | None
    allocations: bytes
    hq_epoch: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """Entries head office has not acknowledged: how many, and when the oldest was made (UTC ms)."""

    count: int
    oldest_ms: int | None


class Outbox:
    """Acknowledgements and results. Threads may share it."""

    def __init__(self, journal: Journal) -> None:
        """See `TillDatabase`."""
        self._journal, self._file = journal, journal.file
        self._heard_ms: int | None = None

    def last_ack(self) -> StoredAck | None:
        """The acknowledgement in force; None before the first."""
        with self._file.read() as connection:
            row = connection.execute(_LAST_ACK).fetchone()
        return self._ack(row) if row else None

    def acked_seq(self) -> int:
        """Seq up to which head office has everything, 0 before the first acknowledgement."""
        with self._file.read() as connection:
            row = connection.execute(_LAST_ACK).fetchone()
        return int(row[0]) if row else 0

    def acks(self) -> list[StoredAck]:
        """All acknowledgements in the order they came."""
        with self._file.read() as connection:
            rows = connection.execute(
                "SELECT seq, head_hash, hq_epoch, hq_time_ms, key_id, sig, stored_ms FROM ack "
                "ORDER BY number"
            ).fetchall()
        return [self._ack(row) for row in rows]

    def unsent(self) -> Unsent:
        """How much waits."""
        acked = self.acked_seq()
        with self._file.read() as connection:
            row = connection.execute(_UNSENT, (acked,)).fetchone()
        return Unsent(row[0], row[1]) if row else Unsent(0, None)

    def store_ack(self, ack: AckLike, results: Sequence[ResultLike], now_ms: int) -> None:
        """Keep an acknowledgement with the results of its batch in one transaction.

        The acknowledgement in force follows, also downwards (a restored head office). A result
        that is there already is replaced. Raises StoreFault.
        """
        rows = [_result_row(result, ack.hq_epoch) for result in results]
        with self._file.write(sync=True) as connection:
            connection.executemany(_RESULT, rows)
            connection.execute(
                _ACK,
                (
                    ack.seq, ack.head_hash, ack.hq_epoch, ack.hq_time_ms, ack.key, ack.sig, now_ms,
                ),
            )  # fmt: skip
            write_value(connection, CONTACT, str(now_ms).encode())
        self._heard_ms = now_ms

    def result(self, seq: int) -> StoredResult | None:
        """What head office made of an entry; None while it has not said."""
        with self._file.read() as connection:
            row = connection.execute(
                "SELECT seq, outcome, codes, post_seq, allocations, hq_epoch FROM result "
                "WHERE seq = ?",
                (seq,),
            ).fetchone()
        return _result(row) if row else None

    def exceptions(self, limit: int = 100) -> list[StoredResult]:
        """Entries head office did not post as they were, newest first."""
        with self._file.read() as connection:
            rows = connection.execute(
                "SELECT seq, outcome, codes, post_seq, allocations, hq_epoch FROM result "
                "WHERE outcome <> 'posted' ORDER BY seq DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [_result(row) for row in rows]

    def heard(self, now_ms: int) -> None:
        """Note that head office answered at `now_ms` (our clock); kept each half minute."""
        with self._file.read() as connection:
            kept = int(read_value(connection, CONTACT) or 0)
        self._heard_ms = now_ms
        if abs(now_ms - kept) >= KEEP_CONTACT_MS:
            with self._file.write(sync=True) as connection:
                write_value(connection, CONTACT, str(now_ms).encode())

    def last_contact_ms(self) -> int | None:
        """When head office last answered; None: never."""
        if self._heard_ms is not None:
            return self._heard_ms
        with self._file.read() as connection:
            value = read_value(connection, CONTACT)
        return int(value) if value else None

    def _ack(self, row: Row) -> StoredAck:
        identity = self._journal.identity
        return StoredAck(identity.device, identity.epoch, *row)


def _result_row(result: ResultLike, hq_epoch: int) -> tuple[object, ...]:
    return (
        result.seq,
        str(result.outcome),
        ",".join(result.codes),
        result.post_seq,
        msgspec.json.encode(list(result.allocations)),
        hq_epoch,
    )


def _result(row: Row) -> StoredResult:
    seq, outcome, codes, post_seq, allocations, hq_epoch = row
    names = tuple(codes.split(",")) if codes else ()
    return StoredResult(seq, outcome, names, post_seq, allocations, hq_epoch)
