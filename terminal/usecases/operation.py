"""The frame around every operation that is told as data (`terminal.operations`): its draft, the one
id it is done under, and the entry in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from sync.database.till.journal import Blob
from sync.domain.journal import Basis, Claim, Effect, Kind
from sync.domain.offline_table import needs_head_office
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.trace import Step
from terminal.usecases import drafts
from terminal.usecases.commits import Act, Done, Posted, already_done, commit
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.identify import MemberCard, member_card
from terminal.usecases.outcome import use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Decided:
    """What an operation came to: all that its entry says beside when, where and by whom."""

    kind: Kind
    data: msgspec.Struct
    basis: Basis
    effects: tuple[Effect, ...] = ()
    claims: tuple[Claim, ...] = ()
    trace: tuple[Step, ...] = ()
    blobs: tuple[Blob, ...] = ()
    card: str | None = None
    programme: int | None = None
    receipt: bool = True
    member: UUID | None = None  # where it is about another than the draft's


Decide = Callable[[Till, OperationDraft, Programme, MemberCard | None], Decided | Refusal]


@use_case
def open_operation(till: Till, name: str, bearer: Bearer | None = None) -> OperationDraft | Refusal:
    """Begin with an operation. Refusals: not_signed_in, shift_needed, programme_missing."""
    version = drafts.ready_to_open(till)
    if isinstance(version, Refusal):
        return version
    made = OperationDraft(till.new_id(), till.clock.utc_ms(), version, name, bearer)
    return drafts.opened(till, made)


def filled(draft: OperationDraft, field: str, value: str) -> OperationDraft:
    """The draft with a field filled in; an empty value clears it."""
    kept = {name: old for name, old in draft.fields.items() if name != field}
    return msgspec.structs.replace(draft, fields=kept | {field: value} if value else kept)


def at_counter(till: Till, draft: OperationDraft) -> MemberCard | None:
    """The member of a draft as this till sees one now."""
    return member_card(till, draft.bearer) if draft.bearer else None


def perform(
    till: Till,
    draft: OperationDraft,
    approval: Approval | None,
    decide: Decide,
) -> Done | Refusal:
    """Decide and commit, once: the same draft again gives the same entry.

    `decide` is pure but for questions to head office under the draft's entry id. Refusals: those of
    `decide`; not_signed_in, shift_needed, programme_missing, entry_dead (then `drafts.renewed`);
    online_only for what `sync.domain.offline_table` keeps for head office. Raises StoreFault.
    """
    with till.lock:
        done = already_done(till, draft.entry_id)
        if done is not None:
            return done
        ready = drafts.ready_to_open(till)
        if isinstance(ready, Refusal):
            return ready
        if drafts.is_dead(till, draft):
            return refuse(Code.ENTRY_DEAD)
        drafts.keep(till, draft)
        programme, shift = till.programme_version(draft.programme), till.shift()
        if programme is None or shift is None:
            return refuse(Code.PROGRAMME_MISSING)
        found = decide(till, draft, programme, at_counter(till, draft))
        if isinstance(found, Refusal):
            return found
        if needs_head_office(
            found.kind,
            moves_value=bool(found.effects),
            authorised=found.basis.auth is not None,
        ):
            return refuse(Code.ONLINE_ONLY)
        posted = Posted(shift.number, shift.business_date)
        return commit(till, _act(draft, found, approval), posted)


def _act(draft: OperationDraft, found: Decided, approval: Approval | None) -> Act:
    bearer = draft.bearer
    return Act(
        found.kind,
        draft.entry_id,
        found.data,
        found.basis,
        draft.programme if found.programme is None else found.programme,
        found.effects,
        found.claims,
        found.trace,
        found.member or (bearer.member if bearer else None),
        found.card or (bearer.card if bearer else None),
        bearer.presented if bearer else None,
        approval.staff if approval else None,
        found.blobs,
        receipt=found.receipt,
    )
