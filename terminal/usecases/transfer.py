"""Points given to another member: a request that head office decides when it arrives (design.md
section 5: O, offered as a queued request). Nothing moves here."""

from __future__ import annotations

from sync.domain.journal import Kind
from sync.domain.merging import TransferData
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.trace import Step
from terminal.usecases.commits import Done, local_basis
from terminal.usecases.credentials import credential_of, typed
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard, fetch, is_negative
from terminal.usecases.operation import Decided, perform
from terminal.usecases.outcome import use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

MARK = "transfer"


@use_case
def transfer_points(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Ask head office to move points from the member at the counter, whose card was read, to the
    member of field `to_card`; field `points`: how many. An approver stands behind it.

    Refusals: card_unknown, same_member, points_short, member_negative, approver_needed.
    """

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        found = _decided(till, draft, programme, member)
        if not isinstance(found, Refusal) and approval is None:
            return refuse(Code.APPROVER_NEEDED, marks=MARK)
        return found

    return perform(till, draft, approval, decide)


def _decided(
    till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
) -> Decided | Refusal:
    if member is None or draft.bearer is None or draft.bearer.card is None:
        return refuse(Code.CARD_UNKNOWN)
    points = int(draft.fields.get("points", "") or 0)
    read = credential_of(till, typed(till, draft.fields.get("to_card", "")))
    if isinstance(read, Refusal):
        return read
    card = till.database.card(read.token)
    if card is None and fetch(till, "token", read.token):
        card = till.database.card(read.token)
    target = till.database.held(card.member) if card else None
    if target is None:
        return refuse(Code.CARD_UNKNOWN)
    held = member.standing.available.points
    if target.row.member == member.member:
        return refuse(Code.SAME_MEMBER)
    barred = _barred(member, points, held)
    if barred is not None:
        return barred
    step = Step("transfer.points", programme.version, {"has": held}, points)
    data = TransferData(target.row.member, points)
    return Decided(Kind.TRANSFER, data, local_basis(till), trace=(step,), receipt=False)


def _barred(member: MemberCard, points: int, held: int) -> Refusal | None:
    if points <= 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    if is_negative(member.standing):
        return refuse(Code.MEMBER_NEGATIVE)
    return refuse(Code.POINTS_SHORT, has=held, needs=points) if points > held else None
