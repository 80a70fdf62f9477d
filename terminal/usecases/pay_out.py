"""Stored value back into money: a cancelled top-up, and what is left paid out (pitfalls 18, 19).

Head office is asked first, as for every debit. Without it only what this till took in itself may be
paid out, under the cash caps; a manager always stands behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sync.domain import paying_out
from sync.domain.journal import Basis, Kind
from sync.domain.members import Balances
from sync.domain.paying_out import PaidOut
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.reversals import CASH
from sync.protocol.messages import Debits
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.identify import MemberCard, member_card
from terminal.usecases.operation import Decided, perform
from terminal.usecases.originals import Found, asked, here
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import ask
from terminal.usecases.sign_in import Approval
from terminal.usecases.take_back import offline_basis, original
from terminal.usecases.till import Till

PAY_OUT_MARK = "pay_out"


@dataclass(frozen=True, slots=True)
class CancelLook:
    """A cancelled top-up worked out. `online_only`: this till did not take it in."""

    found: Found
    member: MemberCard
    paid: PaidOut
    online_only: bool


@dataclass(frozen=True, slots=True)
class CashOutLook:
    """A pay-out worked out. `online_only`: some of it was not taken in here since head office was
    last heard."""

    member: MemberCard
    paid: PaidOut
    online_only: bool


def look_cancel(till: Till, draft: OperationDraft, programme: Programme) -> CancelLook | Refusal:
    """What cancelling a top-up comes to. Refusals: those of `take_back.original` and
    `paying_out.cancel`, card_unknown."""
    found = original(till, draft)
    if isinstance(found, Refusal):
        return found
    return _cancelled(till, programme, found)


def _cancelled(till: Till, programme: Programme, found: Found) -> CancelLook | Refusal:
    who = found.sold.member
    member = member_card(till, Bearer(who)) if who is not None else None
    if member is None:
        return refuse(Code.CARD_UNKNOWN)
    held = member.standing.available
    paid = paying_out.cancel(programme, found.sold, found.gone.get(0, 0), held, here(till))
    if isinstance(paid, Refusal):
        return paid
    return CancelLook(found, member, paid, not found.own)


@use_case
def cancel_top_up(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Pay a top-up back, once per draft.

    Refusals: those of `look_cancel`, approver_needed, online_only, offline_refund_card,
    offline_refund_till, those of head office, and those of `perform`.
    """

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, _: MemberCard | None
    ) -> Decided | Refusal:
        found = original(till, draft)
        if isinstance(found, Refusal):
            return found
        looked = _cancelled(till, programme, asked(till, found))
        if isinstance(looked, Refusal):
            return looked
        basis = _permitted(
            till, draft, programme, looked.member, looked.paid, approval,
            online_only=looked.online_only,
        )  # fmt: skip
        if isinstance(basis, Refusal):
            return basis
        return _decided(Kind.TOP_UP_CANCEL, looked.paid, basis, looked.member)

    return perform(till, draft, approval, decide)


def look_cash_out(
    till: Till, programme: Programme, member: MemberCard | None
) -> CashOutLook | Refusal:
    """What paying out comes to. Refusals: member_needed and those of `paying_out.cash_out`."""
    if member is None:
        return refuse(Code.MEMBER_NEEDED)
    standing = member.standing
    held: Balances = standing.available
    paid = paying_out.cash_out(programme, str(member.member), held, here(till))
    if isinstance(paid, Refusal):
        return paid
    own = standing.own_top_up.principal
    return CashOutLook(member, paid, paid.data.principal_minor > own)


@use_case
def cash_out(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Pay out all principal, once per draft. Refusals as `cancel_top_up`."""

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        looked = look_cash_out(till, programme, member)
        if isinstance(looked, Refusal):
            return looked
        basis = _permitted(
            till, draft, programme, looked.member, looked.paid, approval,
            online_only=looked.online_only,
        )  # fmt: skip
        if isinstance(basis, Refusal):
            return basis
        return _decided(Kind.CASH_OUT, looked.paid, basis, looked.member)

    return perform(till, draft, approval, decide)


def _decided(kind: Kind, paid: PaidOut, basis: Basis, member: MemberCard) -> Decided:
    return Decided(
        kind, paid.data, basis, paid.effects, paid.claims, paid.trace, member=member.member
    )


def _permitted(
    till: Till,
    draft: OperationDraft,
    programme: Programme,
    member: MemberCard,
    paid: PaidOut,
    approval: Approval | None,
    *,
    online_only: bool,
) -> Basis | Refusal:
    if approval is None:
        return refuse(Code.APPROVER_NEEDED, marks=PAY_OUT_MARK)
    data = paid.data
    wanted = Debits(0, 0, data.principal_minor, data.bonus_minor)
    told = ask(till, draft, member.standing, wanted)
    if isinstance(told, Refusal) or told.auth is not None:
        return told
    if online_only:
        return refuse(Code.ONLINE_ONLY)
    cash = data.principal_minor if data.tender == CASH else 0
    basis = offline_basis(till, programme, cash, member.member, approval)
    if isinstance(basis, Refusal):
        return basis
    return msgspec.structs.replace(told, mode=basis.mode)
