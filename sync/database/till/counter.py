"""What the counter is in the middle of: drafts, the open shift, receipts to print, wrong PINs.

These rows are working state, not history: what counts for ever stands in entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.engine import Connection, Row, compiled, insert_sql
from sync.database.till import journal_tables as t
from sync.database.till.journal_file import JournalFile

_DRAFT_SAVE: Final = insert_sql(
    t.DRAFT,
    suffix=(
        "ON CONFLICT (entry_id) DO UPDATE SET state = excluded.state, dead = excluded.dead, "
        "updated_ms = excluded.updated_ms"
    ),
).text
_DRAFTS: Final = (
    "SELECT entry_id, kind, state, dead, opened_ms, updated_ms FROM draft ORDER BY opened_ms"
)
_DRAFT: Final = (
    "SELECT entry_id, kind, state, dead, opened_ms, updated_ms FROM draft WHERE entry_id = ?"
)
_LAST_SHIFT: Final = (
    compiled(sa.select(*t.SHIFT.columns).order_by(t.SHIFT.c.number.desc())).text + " LIMIT 1"
)
_SHIFT: Final = compiled(
    sa.select(*t.SHIFT.columns).where(t.SHIFT.c.number == sa.bindparam("number_"))
).text
_TOTALS: Final = (
    "SELECT tender, kind, count, amount_minor FROM shift_total WHERE shift = ? "
    "ORDER BY tender, kind"
)
_PIN: Final = insert_sql(
    t.PIN_TRY,
    suffix=(
        "ON CONFLICT (staff) DO UPDATE SET verifier = excluded.verifier, "
        "failures = excluded.failures, locked = excluded.locked"
    ),
).text


@dataclass(frozen=True, slots=True)
class DraftRow:
    """An operation that is not done yet, under the id its entry will have.

    `dead`: head office declined this id for good; `state`: whatever its use case needs to resume.
    """

    entry_id: UUID
    kind: str
    state: bytes
    dead: bool
    opened_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """One cashier session. Entries carry its number and its business date, never the clock's."""

    number: int
    business_date: date
    operator: str
    opened_ms: int
    opening_minor: int
    first_seq: int
    closed_ms: int | None
    last_seq: int | None
    counted_minor: int | None

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.closed_ms is None


@dataclass(frozen=True, slots=True)
class TotalRow:
    """Sum of one tender over the entries of one kind in a shift, minor units."""

    tender: str
    kind: str
    count: int
    amount_minor: int


class PrintStage(StrEnum):
    """Where a receipt is. `started` after a crash: paper may have come out or not."""

    QUEUED = "queued"
    STARTED = "started"
    PRINTED = "printed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class PrintRow:
    """The receipt of entry `seq`; `attempts` counts prints begun."""

    seq: int
    stage: PrintStage
    attempts: int
    code: str
    updated_ms: int


@dataclass(frozen=True, slots=True)
class PinTries:
    """Wrong PINs in a row of one person, against one verifier (raw SHA-256 of it)."""

    staff: str
    verifier: bytes
    failures: int
    locked: bool


class Counter:
    """Working state in `journal.db`. Threads may share it; each method is one transaction."""

    def __init__(self, file: JournalFile) -> None:
        """See `TillDatabase`."""
        self._file = file
        self._last_shift: tuple[int, ShiftRow | None] | None = None  # as of so many commits

    # -- drafts --------------------------------------------------------------------------------

    def save_draft(self, draft: DraftRow) -> None:
        """Keep a draft before anything irreversible happens under its id. Raises StoreFault."""
        with self._file.write() as connection:
            connection.execute(
                _DRAFT_SAVE,
                (
                    draft.entry_id.bytes, draft.kind, draft.state, int(draft.dead),
                    draft.opened_ms, draft.updated_ms,
                ),
            )  # fmt: skip

    def draft(self, entry_id: UUID) -> DraftRow | None:
        """The draft of that entry id."""
        with self._file.read() as connection:
            row = connection.execute(_DRAFT, (entry_id.bytes,)).fetchone()
        return _draft(row) if row else None

    def drafts(self) -> list[DraftRow]:
        """All drafts, oldest first: what a start offers to resume."""
        with self._file.read() as connection:
            return [_draft(row) for row in connection.execute(_DRAFTS).fetchall()]

    def drop_draft(self, entry_id: UUID) -> None:
        """Forget a draft the cashier gave up."""
        with self._file.write() as connection:
            connection.execute("DELETE FROM draft WHERE entry_id = ?", (entry_id.bytes,))

    # -- shifts --------------------------------------------------------------------------------

    def last_shift(self) -> ShiftRow | None:
        """The open shift, or the last one closed; None before the first."""
        known, file = self._last_shift, self._file
        if known is not None and known[0] == file.commits and file.sole_writer:
            return known[1]
        commits = file.commits  # before the reading: what is committed meanwhile makes it old
        with file.read() as connection:
            row = connection.execute(_LAST_SHIFT).fetchone()
        found = _shift(row) if row else None
        self._last_shift = commits, found
        return found

    def shift(self, number: int) -> ShiftRow | None:
        """The shift of that number."""
        with self._file.read() as connection:
            row = connection.execute(_SHIFT, (number,)).fetchone()
        return _shift(row) if row else None

    def totals(self, shift: int) -> list[TotalRow]:
        """What a shift took, per tender and kind of entry."""
        with self._file.read() as connection:
            rows = connection.execute(_TOTALS, (shift,)).fetchall()
        return [TotalRow(*row) for row in rows]

    # -- receipts ------------------------------------------------------------------------------

    def print_job(self, seq: int) -> PrintRow | None:
        """The receipt of an entry; None when it has none."""
        with self._file.read() as connection:
            row = connection.execute(
                "SELECT seq, state, attempts, code, updated_ms FROM print_job WHERE seq = ?",
                (seq,),
            ).fetchone()
        return _print(row) if row else None

    def unprinted(self) -> list[PrintRow]:
        """Receipts that did not surely reach paper, oldest first."""
        with self._file.read() as connection:
            rows = connection.execute(
                "SELECT seq, state, attempts, code, updated_ms FROM print_job "
                "WHERE state NOT IN (?, ?) ORDER BY seq",
                (PrintStage.PRINTED, PrintStage.DISMISSED),
            ).fetchall()
        return [_print(row) for row in rows]

    def print_began(self, seq: int, now_ms: int) -> int:
        """Note that a receipt goes to paper now; number of the attempt, from 1."""
        with self._file.write() as connection:
            connection.execute(
                "INSERT INTO print_job (seq, state, attempts, code, updated_ms) "
                "VALUES (?, ?, 1, '', ?) ON CONFLICT (seq) DO UPDATE SET state = excluded.state, "
                "attempts = attempts + 1, code = '', updated_ms = excluded.updated_ms",
                (seq, PrintStage.STARTED, now_ms),
            )
            row = connection.execute(
                "SELECT attempts FROM print_job WHERE seq = ?", (seq,)
            ).fetchone()
        return int(row[0]) if row else 1

    def print_ended(self, seq: int, stage: PrintStage, code: str, now_ms: int) -> None:
        """Note how a print ended (or that nobody wants it any more: DISMISSED)."""
        with self._file.write() as connection:
            connection.execute(
                "UPDATE print_job SET state = ?, code = ?, updated_ms = ? WHERE seq = ?",
                (stage, code, now_ms, seq),
            )

    # -- PINs ----------------------------------------------------------------------------------

    def pin_tries(self, staff: str) -> PinTries | None:
        """Wrong PINs of a person since the last right one."""
        with self._file.read() as connection:
            row = connection.execute(
                "SELECT staff, verifier, failures, locked FROM pin_try WHERE staff = ?", (staff,)
            ).fetchone()
        return PinTries(row[0], row[1], row[2], bool(row[3])) if row else None

    def all_pin_tries(self) -> list[PinTries]:
        """Everybody with a wrong PIN on record."""
        with self._file.read() as connection:
            rows = connection.execute(
                "SELECT staff, verifier, failures, locked FROM pin_try ORDER BY staff"
            ).fetchall()
        return [PinTries(row[0], row[1], row[2], bool(row[3])) for row in rows]

    def save_pin_tries(self, tries: PinTries) -> None:
        """Keep the count, so that a restart gives no new tries."""
        with self._file.write() as connection:
            connection.execute(
                _PIN, (tries.staff, tries.verifier, tries.failures, int(tries.locked))
            )

    # -- single values ---------------------------------------------------------------------------

    def value(self, name: str) -> bytes | None:
        """A kept value by name."""
        with self._file.read() as connection:
            return read_value(connection, name)

    def keep(self, name: str, value: bytes, *, sync: bool = False) -> None:
        """Keep a value under a name (no secrets of people)."""
        with self._file.write(sync=sync) as connection:
            write_value(connection, name, value)

    def forget(self, name: str) -> None:
        """Drop a kept value."""
        with self._file.write(sync=True) as connection:
            connection.execute("DELETE FROM meta WHERE name = ?", (name,))


def read_value(connection: Connection, name: str) -> bytes | None:
    """A row of `meta`."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return bytes(row[0]) if row else None


def write_value(connection: Connection, name: str, value: bytes) -> None:
    """Write a row of `meta`."""
    connection.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def _draft(row: Row) -> DraftRow:
    entry_id, kind, state, dead, opened_ms, updated_ms = row
    return DraftRow(UUID(bytes=entry_id), kind, state, bool(dead), opened_ms, updated_ms)


def _shift(row: Row) -> ShiftRow:
    number, day, *rest = row
    return ShiftRow(number, date.fromisoformat(day), *rest)


def _print(row: Row) -> PrintRow:
    seq, stage, attempts, code, updated_ms = row
    return PrintRow(seq, PrintStage(stage), attempts, code, updated_ms)
