"""Returns, exchanges and voids: the original is found, what goes back is worked out, cash leaves
under the caps, one entry is written (golden case 9, pitfall 16).

Each has a pure `..._look` for the screen, which asks nobody, and the commit, which asks head office
what other shops took back and decides again under the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import reversals
from sync.domain.journal import Basis, Body, Claim, Effect, Kind
from sync.domain.programme import Programme
from sync.domain.refund_limits import refund_offline
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.reversals import CASH, Back, ExchangeData, Voided
from sync.domain.trace import Step, bounded
from terminal.usecases import sell
from terminal.usecases.commits import Done, local_basis
from terminal.usecases.drafts import Bearer, DraftLine, OperationDraft, SaleDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.operation import Decided, perform
from terminal.usecases.originals import (
    Found,
    asked,
    find,
    gone_here,
    here,
    own_entry,
    ref_of,
    refunds_waiting,
    told,
)
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

VOID_MARK: Final = "void"


@dataclass(frozen=True, slots=True)
class ReturnLook:
    """A return worked out. `negative`: the member will owe points."""

    found: Found
    back: Back
    negative: bool


@dataclass(frozen=True, slots=True)
class ExchangeLook:
    """An exchange worked out."""

    found: Found
    back: Back
    data: ExchangeData
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class VoidLook:
    """A void worked out. `worth_minor`: all that its original moved; `approver`: it needs one."""

    done: Done
    voided: Voided
    worth_minor: int
    approver: bool


def pieces_of(text: str) -> dict[int, int]:
    """Rows of a table field, "0:1 2:3": line -> pieces. ValueError: not of that form."""
    found: dict[int, int] = {}
    for part in text.split():
        item, _, quantity = part.partition(":")
        found[int(item)] = found.get(int(item), 0) + int(quantity)
    return found


def original(till: Till, draft: OperationDraft) -> Found | Refusal:
    """The original that a draft's receipt names; of this member, if one is at the counter.

    Refusals: those of `originals.find`, return_other_member.
    """
    found = find(till, draft.fields.get("receipt", ""))
    if isinstance(found, Refusal):
        return found
    bearer = draft.bearer
    if bearer is not None and found.sold.member not in (None, bearer.member):
        return refuse(Code.RETURN_OTHER_MEMBER)
    return found


# -- returns ----------------------------------------------------------------------------------


def look_return(till: Till, draft: OperationDraft, programme: Programme) -> ReturnLook | Refusal:
    """What a return comes to. Refusals: those of `original` and `reversals.take_back`."""
    found = original(till, draft)
    if isinstance(found, Refusal):
        return found
    return _returned(till, draft, programme, found)


def _returned(
    till: Till, draft: OperationDraft, programme: Programme, found: Found
) -> ReturnLook | Refusal:
    try:
        wanted = pieces_of(draft.fields.get("lines", ""))
    except ValueError:
        return refuse(Code.NOTHING_TO_RETURN)
    back = reversals.take_back(programme, found.sold, wanted, found.gone, here(till), found.source)
    if isinstance(back, Refusal):
        return back
    return ReturnLook(found, back, _goes_negative(till, found, back))


def _goes_negative(till: Till, found: Found, back: Back) -> bool:
    member = found.sold.member
    standing = till.database.standing(member) if member is not None else None
    if standing is None:
        return False
    has = standing.confirmed.points + standing.pending.points
    return has + back.data.points_restored < back.data.points_taken


@use_case
def return_goods(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Take goods back, once per draft.

    Refusals: those of `look_return`, offline_refund_card, offline_refund_till, approver_needed, and
    those of `perform`.
    """

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, _: MemberCard | None
    ) -> Decided | Refusal:
        found = original(till, draft)
        if isinstance(found, Refusal):
            return found
        found = asked(till, found)
        looked = _returned(till, draft, programme, found)
        if isinstance(looked, Refusal):
            return looked
        back = looked.back
        cash = back.data.money_minor if back.data.tender == CASH else 0
        basis = permit_refund(till, programme, found, cash, approval)
        if isinstance(basis, Refusal):
            return basis
        return Decided(
            Kind.RETURN, back.data, basis, back.effects, (), back.trace, member=found.sold.member
        )

    return perform(till, draft, approval, decide)


def permit_refund(
    till: Till, programme: Programme, found: Found, cash_minor: int, approval: Approval | None
) -> Basis | Refusal:
    """Basis of an entry that gives cash back: head office answered, or the caps and an approver."""
    if found.asked:
        return online_basis(till)
    return offline_basis(till, programme, cash_minor, found.sold.member, approval)


def online_basis(till: Till) -> Basis:
    """Head office answered just now."""
    return msgspec.structs.replace(local_basis(till), mode="online")


def offline_basis(
    till: Till,
    programme: Programme,
    cash_minor: int,
    member: UUID | None,
    approval: Approval | None,
) -> Basis | Refusal:
    """Basis of cash given back without head office: under the caps, with an approver.

    Refusals: offline_refund_card, offline_refund_till, approver_needed.
    """
    allowed = refund_offline(programme.offline, cash_minor, refunds_waiting(till, member))
    if isinstance(allowed, Refusal):
        return allowed
    if approval is None:
        return refuse(Code.APPROVER_NEEDED, marks=",".join(allowed.approver_for))
    return local_basis(till)


# -- exchanges --------------------------------------------------------------------------------


def look_exchange(
    till: Till, draft: OperationDraft, programme: Programme
) -> ExchangeLook | Refusal:
    """What an exchange comes to. Refusals: those of a return and of a sale; unknown_code."""
    found = original(till, draft)
    if isinstance(found, Refusal):
        return found
    return _exchanged(till, draft, programme, found)


def _exchanged(
    till: Till, draft: OperationDraft, programme: Programme, found: Found
) -> ExchangeLook | Refusal:
    looked = _returned(till, draft, programme, found)
    if isinstance(looked, Refusal):
        return looked
    lines = goods_of(till, draft.fields.get("goods", ""))
    if isinstance(lines, Refusal):
        return lines
    member = found.sold.member or (draft.bearer.member if draft.bearer else None)
    bearer = draft.bearer or (Bearer(member) if member is not None else None)
    quoted = sell.quote(
        till, SaleDraft(draft.entry_id, draft.opened_ms, draft.programme, lines, bearer)
    )
    if isinstance(quoted, Trouble):
        raise TypeError("a quote reads only what was read before")
    if isinstance(quoted, Refusal):
        return quoted
    tender = draft.fields.get("tender", CASH)
    data, effects = reversals.exchange(
        looked.back, quoted.quote.data, member, here(till), tender, programme.currency
    )
    trace = bounded((*looked.back.trace, *quoted.quote.trace))
    return ExchangeLook(found, looked.back, data, effects, quoted.quote.claims, trace)


def goods_of(till: Till, text: str) -> tuple[DraftLine, ...] | Refusal:
    """Lines of new goods: barcodes or product numbers apart by spaces, each perhaps with *pieces.

    Refusals: unknown_code, basket_empty.
    """
    made = SaleDraft(till.new_id(), 0, 0)
    for part in text.split():
        code, _, times = part.partition("*")
        product = till.database.replica.product_by_barcode(code)
        product = product or till.database.replica.product(code)
        if product is None or (times and not times.isdecimal()):
            return refuse(Code.UNKNOWN_CODE, tail=code[-4:])
        made = made.adding(product, int(times or "1"))
    return made.lines or refuse(Code.BASKET_EMPTY)


@use_case
def exchange_goods(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Take goods back and sell others, once per draft, settled net. Refusals as both."""

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, _: MemberCard | None
    ) -> Decided | Refusal:
        found = original(till, draft)
        if isinstance(found, Refusal):
            return found
        found = asked(till, found)
        made = _exchanged(till, draft, programme, found)
        if isinstance(made, Refusal):
            return made
        cash = made.data.refund_minor if made.data.back.tender == CASH else 0
        basis = permit_refund(till, programme, found, cash, approval)
        if isinstance(basis, Refusal):
            return basis
        member = found.sold.member
        return Decided(
            Kind.EXCHANGE, made.data, basis, made.effects, made.claims, made.trace, member=member
        )

    return perform(till, draft, approval, decide)


# -- voids ------------------------------------------------------------------------------------


def look_void(till: Till, draft: OperationDraft, programme: Programme) -> VoidLook | Refusal:
    """What a void comes to. Refusals: receipt_unknown and those of `reversals.void`."""
    done = own_entry(till, draft.fields.get("receipt", ""))
    if isinstance(done, Refusal):
        return done
    ref = ref_of(done.entry)
    voided = reversals.void(ref, done.body, here(till), gone_here(till, ref.entry))
    if isinstance(voided, Refusal):
        return voided
    worth = worth_of(done.body)
    return VoidLook(done, voided, worth, worth > programme.returns.void_free_minor)


def worth_of(body: Body) -> int:
    """All that an entry moved, at the value the customer saw, minor units."""
    values: Mapping[str, object] = body.data
    if body.kind == Kind.SALE:
        return int(str(values.get("due_minor", 0)))
    if body.kind == Kind.TOP_UP:
        return int(str(values.get("principal_minor", 0)))
    return int(str(values.get("face_minor", 0)))


@use_case
def void_entry(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Undo a whole entry of this till and day, once per draft.

    Refusals: those of `look_void`, approver_needed (above the programme's free amount, and always
    without head office), offline_refund_card, offline_refund_till, and those of `perform`.
    """

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, _: MemberCard | None
    ) -> Decided | Refusal:
        looked = look_void(till, draft, programme)
        if isinstance(looked, Refusal):
            return looked
        body, voided = looked.done.body, looked.voided
        if looked.approver and approval is None:
            return refuse(Code.APPROVER_NEEDED, marks=VOID_MARK)
        elsewhere = told(till, voided.data.ref)
        if elsewhere and any(elsewhere.values()):
            return refuse(Code.ALREADY_REVERSED)
        basis: Basis | Refusal = online_basis(till)
        if elsewhere is None:
            cash = voided.data.money_minor if voided.data.tender == CASH else 0
            basis = offline_basis(till, programme, cash, body.member, approval)
        if isinstance(basis, Refusal):
            return basis
        return Decided(
            Kind.VOID, voided.data, basis, voided.effects, (), voided.trace,
            card=body.card, programme=body.programme, member=body.member,
        )  # fmt: skip

    return perform(till, draft, approval, decide)
