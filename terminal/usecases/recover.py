"""After a start: what was in the middle, so that nothing is lost and nothing is done twice.

An open draft is offered for resume under its own entry id; an operation that is done but whose
receipt did not surely reach paper is offered for a reprint, marked COPY (fault matrix 1 and 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sync.database.till.counter import PrintStage
from terminal.usecases.commits import done_at, receipt_number
from terminal.usecases.drafts import Draft, open_drafts
from terminal.usecases.outcome import use_case
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Unprinted:
    """A done operation whose receipt may not be on paper."""

    seq: int
    number: str
    kind: str
    member: UUID | None


@dataclass(frozen=True, slots=True)
class Recovered:
    """Drafts to resume, receipts to print again."""

    drafts: tuple[Draft, ...]
    receipts: tuple[Unprinted, ...]


@use_case
def recover(till: Till) -> Recovered:
    """What the last run left behind; drafts whose entry is in the journal are cleared away.

    Called once after the start, before the first operation.
    """
    journal, counter = till.database.journal, till.database.counter
    for row in counter.drafts():
        if row.dead or journal.find(row.entry_id) is not None:
            counter.drop_draft(row.entry_id)
    found = []
    for job in counter.unprinted():
        counter.print_ended(job.seq, PrintStage.UNCERTAIN, job.code, till.clock.utc_ms())
        done = done_at(till, job.seq)
        if done is not None:
            body = done.body
            number = receipt_number(body.place.till, job.seq)
            found.append(Unprinted(job.seq, number, body.kind, body.member))
    return Recovered(open_drafts(till), tuple(found))
