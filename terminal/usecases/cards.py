"""Cards at the counter: another one, another credential of one, lost, found, replaced (FL-22,
FL-35, FL-36, FL-37; golden case 11; pitfalls 23, 24)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from sync.database.till.journal import Blob
from sync.domain import canonical
from sync.domain.card_changes import BlockData, NewCard, Reason, ReplaceData
from sync.domain.card_documents import HOLDER_BLOB, HolderBlob
from sync.domain.card_limits import may_have
from sync.domain.cards import Card, CardLimits, Status
from sync.domain.journal import Kind
from sync.domain.money import money
from sync.domain.phones import e164
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.cards import HEAD_OFFICE
from sync.domain.trace import Step
from terminal.usecases.commits import Done, local_basis
from terminal.usecases.credentials import cards_here, new_card, typed
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.enrol import TEXT_MAX, readable
from terminal.usecases.identify import MemberCard
from terminal.usecases.operation import Decided, perform
from terminal.usecases.outcome import use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

LIMITS: Final = CardLimits.__struct_fields__
UNBLOCK_MARK: Final = "card_unblock"


@use_case
def issue_card(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """A further card of the member, once. Fields: new_card; supplementary with holder, phone and
    the six limits. Refusals: member_needed, those of a new card, card_not_main, name_needed,
    phone_invalid, card_limit_too_wide, too_large."""
    return perform(till, draft, approval, _issued)


@use_case
def bind_card(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Another credential of the card chosen (a chip beside a barcode), once."""
    return perform(till, draft, approval, _bound)


@use_case
def block_card(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """A card is lost, stolen or damaged: refused here at once, everywhere as soon as heard."""
    return perform(till, draft, approval, _blocked)


@use_case
def unblock_card(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """A blocked card was found, where the programme leaves that to the store. Refusals:
    head_office_only, approver_needed, card_not_blocked."""

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        barred = may_unblock(programme)
        if barred is None and approval is None:
            barred = refuse(Code.APPROVER_NEEDED, marks=UNBLOCK_MARK)
        return barred or _unblocked(till, draft, programme, member)

    return perform(till, draft, approval, decide)


@use_case
def replace_card(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """A new card for an old one, which is refused from then on. The new one is good for points and
    price at once, for stored value when head office has seen it."""
    return perform(till, draft, approval, _replaced)


def may_unblock(programme: Programme) -> Refusal | None:
    """Whether a store may unblock cards."""
    return refuse(Code.HEAD_OFFICE_ONLY) if programme.cards.unblock == HEAD_OFFICE else None


def cards_of(till: Till, member: MemberCard) -> list[Card]:
    """The member's cards, the presented one first, one credential for each."""
    known = till.database.own_cards.of_member(member.member)
    return cards_here(till, member.bearer.card, known)


def key_of(card: Card, cards: list[Card]) -> str:
    """How a form names a card: by its tail, or by its token where two end alike."""
    alike = [other for other in cards if other.tail == card.tail]
    return card.tail if len(alike) == 1 else card.token


def chosen(till: Till, draft: OperationDraft, member: MemberCard | None) -> Card | Refusal:
    """The card chosen in field `card`. Refusals: member_needed, card_unknown."""
    if member is None:
        return refuse(Code.MEMBER_NEEDED)
    cards, wanted = cards_of(till, member), draft.fields.get("card", "")
    found = next((card for card in cards if key_of(card, cards) == wanted), None)
    return found or refuse(Code.CARD_UNKNOWN)


def limits_of(draft: OperationDraft, programme: Programme) -> CardLimits:
    """The limits filled in; what is left empty is the most the programme gives."""
    ceiling = programme.cards.supplementary
    filled = {name: draft.fields.get(name, "") for name in LIMITS}
    return CardLimits(
        **{
            name: money(text).minor if text else getattr(ceiling, name)
            for name, text in filled.items()
        }
    )


def _issued(
    till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
) -> Decided | Refusal:
    if member is None:
        return refuse(Code.MEMBER_NEEDED)
    new = new_card(till, typed(till, draft.fields.get("new_card", "")))
    if isinstance(new, Refusal):
        return new
    data = NewCard(new.token, new.tail, new.medium)
    if not draft.fields.get("supplementary"):
        return Decided(Kind.CARD_ISSUE, data, local_basis(till), receipt=False)
    limits = _supplementary(till, draft, programme, member)
    if isinstance(limits, Refusal):
        return limits
    holder = _holder(draft, new.token, member)
    if isinstance(holder, Refusal):
        return holder
    ceiling = programme.cards.supplementary
    steps = tuple(
        Step("card.limit", programme.version, {"limit": name, "most": getattr(ceiling, name)}, got)
        for name, got in msgspec.structs.asdict(limits).items()
    )
    data = msgspec.structs.replace(data, limits=limits)
    return Decided(
        Kind.CARD_ISSUE, data, local_basis(till), trace=steps, blobs=(holder,), receipt=False
    )


def _supplementary(
    till: Till, draft: OperationDraft, programme: Programme, member: MemberCard
) -> CardLimits | Refusal:
    cards = cards_of(till, member)
    presented = till.database.card(member.bearer.card) if member.bearer.card else None
    main = presented or next((card for card in cards if card.limits is None), None)
    if main is None:
        return refuse(Code.CARD_UNKNOWN)
    if sum(card.limits is not None for card in cards) >= programme.cards.supplementary_most:
        return refuse(Code.TOO_LARGE)
    limits = limits_of(draft, programme)
    return may_have(limits, main, programme.cards.supplementary) or limits


def _holder(draft: OperationDraft, token: str, member: MemberCard) -> Blob | Refusal:
    name, phone = readable(draft.fields.get("holder", "")), draft.fields.get("phone", "")
    if not name:
        return refuse(Code.NAME_NEEDED)
    if len(name) > TEXT_MAX:
        return refuse(Code.TOO_LARGE)
    number = e164(phone) if phone else ""
    if number is None:
        return refuse(Code.PHONE_INVALID)
    blob = canonical.encode(HolderBlob(token, member.member, name, number))
    return Blob(HOLDER_BLOB, sha256(blob).digest(), member.member, blob)


def _bound(
    till: Till, draft: OperationDraft, _programme: Programme, member: MemberCard | None
) -> Decided | Refusal:
    card = _usable(till, draft, member)
    if isinstance(card, Refusal):
        return card
    new = new_card(till, typed(till, draft.fields.get("new_card", "")))
    if isinstance(new, Refusal):
        return new
    data = NewCard(new.token, new.tail, new.medium)
    return Decided(Kind.CARD_BIND, data, local_basis(till), card=card.token, receipt=False)


def _usable(till: Till, draft: OperationDraft, member: MemberCard | None) -> Card | Refusal:
    card = chosen(till, draft, member)
    if isinstance(card, Card) and card.status is Status.BLOCKED:
        return refuse(Code.CARD_BLOCKED, tail=card.tail)
    return card


def _blocked(
    till: Till, draft: OperationDraft, _programme: Programme, member: MemberCard | None
) -> Decided | Refusal:
    card = _usable(till, draft, member)
    if isinstance(card, Refusal):
        return card
    data = BlockData(draft.fields.get("reason", Reason.LOST.value))
    return Decided(Kind.CARD_BLOCK, data, local_basis(till), card=card.token, receipt=False)


def _unblocked(
    till: Till, draft: OperationDraft, _programme: Programme, member: MemberCard | None
) -> Decided | Refusal:
    card = chosen(till, draft, member)
    if isinstance(card, Refusal):
        return card
    if card.status is not Status.BLOCKED:
        return refuse(Code.CARD_NOT_BLOCKED, tail=card.tail)
    return Decided(
        Kind.CARD_UNBLOCK, BlockData("found"), local_basis(till), card=card.token, receipt=False
    )


def _replaced(
    till: Till, draft: OperationDraft, _programme: Programme, member: MemberCard | None
) -> Decided | Refusal:
    card = chosen(till, draft, member)
    if isinstance(card, Refusal):
        return card
    new = new_card(till, typed(till, draft.fields.get("new_card", "")))
    if isinstance(new, Refusal):
        return new
    reason = draft.fields.get("reason", Reason.LOST.value)
    data = ReplaceData(new.token, new.tail, new.medium, reason)
    return Decided(Kind.CARD_REPLACE, data, local_basis(till), card=card.token, receipt=False)
