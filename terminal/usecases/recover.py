"""After a start: what was in the middle, so that nothing is lost and nothing is done twice.

An open draft is offered for resume under its own entry id; an operation that is done but whose
receipt did not surely reach paper is offered for a reprint, marked COPY (fault matrix 1 and 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from sync.database.till.counter import PrintStage
from sync.domain.joining import EnrolData
from sync.domain.journal import Kind
from terminal.usecases import drafts
from terminal.usecases.commits import done_at, receipt_number
from terminal.usecases.drafts import Bearer, Draft, SaleDraft, open_drafts
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
    return Recovered(tuple(_joined(till, draft) for draft in open_drafts(till)), tuple(found))


def _joined(till: Till, draft: Draft) -> Draft:
    """A sale whose buyer had just joined for it is theirs again: the crash came between."""
    last = done_at(till, till.database.journal.head().seq)
    if not isinstance(draft, SaleDraft) or draft.bearer is not None or last is None:
        return draft
    body = last.body
    if body.kind != Kind.ENROL or body.member is None:
        return draft
    if msgspec.convert(body.data, EnrolData).for_entry != draft.entry_id:
        return draft
    theirs = draft.for_member(Bearer(body.member, body.card, body.presented, joining=True))
    drafts.keep(till, theirs)
    return theirs
