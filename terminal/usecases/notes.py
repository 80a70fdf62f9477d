"""A note about a member, such as what they think of a product (FL-61)."""

from __future__ import annotations

from hashlib import sha256

from sync.database.till.journal import Blob
from sync.domain import canonical, notes
from sync.domain.journal import Kind
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases.commits import Done, local_basis
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.operation import Decided, perform
from terminal.usecases.outcome import use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


@use_case
def take_note(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Write the note of a draft with the fields `about` and `text`, once.

    Refusals: member_needed, field_needed, field_invalid, and those of `perform`.
    """
    return perform(till, draft, approval, _decided)


def _decided(
    till: Till, draft: OperationDraft, _programme: Programme, member: MemberCard | None
) -> Decided | Refusal:
    if member is None:
        return refuse(Code.MEMBER_NEEDED)
    found = notes.note(draft.fields.get("about", ""), draft.fields.get("text", ""))
    if isinstance(found, Refusal):
        return found
    data, text = found
    blob = canonical.encode(text)
    attached = Blob(notes.BLOB, sha256(blob).digest(), member.member, blob)
    return Decided(Kind.NOTE, data, local_basis(till), blobs=(attached,), receipt=False)
