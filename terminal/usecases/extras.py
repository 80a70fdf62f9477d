"""Virtual goods, attendees of events, feedback and product alerts at the counter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.database.till.journal import Blob
from sync.domain import extras
from sync.domain.extras import Alert, AlertData, EventData, FeedbackData, Ordered, VirtualTold
from sync.domain.journal import Kind
from sync.domain.limits import Debit
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.protocol.messages import Debits
from terminal.usecases import drafts, permission
from terminal.usecases.commits import Done, already_done, local_basis
from terminal.usecases.credentials import typed
from terminal.usecases.drafts import OperationDraft, SaleDraft
from terminal.usecases.folding import own_entries, unheard_of
from terminal.usecases.identify import MemberCard, identify, is_negative
from terminal.usecases.operation import Decided, perform
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

MOST_ATTENDEES: Final = 60
MAX_WORDS: Final = 500
RECIPIENT: Final = "virtual_recipient"  # attachment: whose phone or address
DETAILS: Final = "alert_details"
_RECEIPT: Final = re.compile(r"[A-Za-z0-9._-]{1,40}-\d{6,}")


class PlainText(msgspec.Struct, frozen=True):
    """An attachment of words that may be personal."""

    text: str


def attached(kind: str, text: str, member: UUID | None) -> tuple[Blob, ...]:
    """Free words as an attachment; none for no words."""
    plain = text.strip()[:MAX_WORDS]
    if not plain:
        return ()
    data = msgspec.json.encode(PlainText(plain))
    return (Blob(kind, sha256(data).digest(), member, data),)


# -- virtual goods ---------------------------------------------------------------------------------
def virtual_orders(till: Till, member: UUID) -> list[VirtualTold]:
    """The member's orders made at this store, as head office last told."""
    told = till.database.replica.documents("virtual", VirtualTold)
    return [order for _, order in told if order.member == member]


def ordered(
    till: Till,
    draft: OperationDraft,
    programme: Programme,
    member: MemberCard | None,
    *,
    request: bool,
) -> Ordered | Refusal:
    """An order of a draft with the fields offer and quantity, worked out. Refusals: member_needed,
    member_negative, field_invalid, and those of `extras.virtual_order`."""
    if member is None:
        return refuse(Code.MEMBER_NEEDED)
    if is_negative(member.standing):
        return refuse(Code.MEMBER_NEGATIVE)
    text = draft.fields.get("quantity", "1")
    if not text.isascii() or not text.isdigit():
        return refuse(Code.FIELD_INVALID, field="quantity")
    return extras.virtual_order(
        programme,
        member.member,
        till.place.dealer,
        draft.fields.get("offer", ""),
        int(text[:9]),
        member.standing.available.points,
        request=request,
    )


@use_case
def order_virtual(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Order a virtual good with head office's word; without it, where the field `request` is
    ticked, leave a request that takes no points.

    Refusals: those of `ordered`; head_office_only (no answer, no request), declined.
    """

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        if member is None:
            return refuse(Code.MEMBER_NEEDED)
        made = ordered(till, draft, programme, member, request=False)
        if isinstance(made, Refusal) and made.code is not Code.POINTS_SHORT:
            return made
        basis = local_basis(till)
        if isinstance(made, Ordered):
            wanted = Debits(made.data.points, made.data.settlement_minor)
            found = permission.ask(till, draft, member.standing, wanted)
            if isinstance(found, Refusal):
                return found
            basis = found
        if basis.auth is None:
            if not draft.fields.get("request"):
                return made if isinstance(made, Refusal) else refuse(Code.HEAD_OFFICE_ONLY)
            made = ordered(till, draft, programme, member, request=True)
        if isinstance(made, Refusal):
            return made
        blobs = attached(RECIPIENT, draft.fields.get("recipient", ""), member.member)
        return Decided(
            Kind.VIRTUAL_ORDER, made.data, basis, made.effects, made.claims, made.trace, blobs
        )

    return perform(till, draft, approval, decide)


# -- events ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody of the list. `why`: the refusal's code, empty when points are taken."""

    tail: str
    draft: OperationDraft
    why: Refusal | None


def attendees(till: Till, draft: OperationDraft, programme: Programme) -> Iterator[Attendee]:
    """Everybody in the field `cards`, each with the draft their own entry is written under."""
    for place, text in enumerate(draft.fields.get("cards", "").split()[:MOST_ATTENDEES], start=1):
        entry_id = UUID(int=draft.entry_id.int ^ place)
        one = msgspec.structs.replace(draft, entry_id=entry_id, bearer=None)
        found = identify(till, typed(till, text))
        if isinstance(found, Trouble):
            yield Attendee(text[-4:], one, refuse(Code.CARD_UNKNOWN))
        elif isinstance(found, Refusal):
            yield Attendee(text[-4:], one, found)
        else:
            one = msgspec.structs.replace(one, bearer=found.bearer)
            made = deducted(till, one, programme, found)
            why = made if isinstance(made, Refusal) else None
            yield Attendee(text[-4:], one, why)


def deducted(
    till: Till, draft: OperationDraft, programme: Programme, member: MemberCard
) -> Ordered | Refusal:
    """One attendee's deduction, worked out. Refusals: event_already (from this till), and those of
    `extras.event_deduction`."""
    code = draft.fields.get("event", "")
    for own in own_entries(till, Kind.EVENT_DEDUCTION):
        if own.body.member == member.member and own.body.data.get("event") == code:
            return refuse(Code.EVENT_ALREADY, event=code)
    has, reason = member.standing.available.points, draft.fields.get("reason", "")
    return extras.event_deduction(programme, member.member, code, has, reason[:64])


@use_case
def deduct_event(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Take an event's points from everybody of the list that can be deducted, an entry each; the
    last one is answered. The same draft again writes nothing new.

    Refusals: field_needed (nobody listed), else that of the first when nobody could be deducted.
    """
    programme = till.programme_version(draft.programme)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    last: Done | None = None
    first: Refusal | None = None
    for one in attendees(till, draft, programme):
        found = already_done(till, one.draft.entry_id) or one.why or _attend(till, one, approval)
        if isinstance(found, Done):
            last = found
        else:
            first = first or found
    if last is None:
        return first or refuse(Code.FIELD_NEEDED, field="cards")
    drafts.abandon(till, draft)
    return last


def _attend(till: Till, one: Attendee, approval: Approval | None) -> Done | Refusal:
    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        if member is None:
            return refuse(Code.MEMBER_NEEDED)
        made = deducted(till, draft, programme, member)
        if isinstance(made, Refusal) or not isinstance(made.data, EventData):
            return made if isinstance(made, Refusal) else refuse(Code.EVENT_UNKNOWN)
        debit = Debit(made.data.points, made.data.settlement_minor)
        basis = permission.permit_debit(
            till, draft, programme, member.standing, debit, (0, 0), approval
        )
        if isinstance(basis, Refusal):
            return basis
        return Decided(
            Kind.EVENT_DEDUCTION,
            made.data,
            basis,
            made.effects,
            made.claims,
            made.trace,
            receipt=False,
        )

    found = perform(till, one.draft, approval, decide)
    if isinstance(found, Refusal):
        drafts.abandon(till, one.draft)
    return found


# -- feedback --------------------------------------------------------------------------------------
@use_case
def give_feedback(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """One to five stars (field stars) for a receipt (field receipt), once.

    Refusals: field_invalid, feedback_given.
    """

    def decide(till: Till, draft: OperationDraft, *_: object) -> Decided | Refusal:
        receipt, stars = draft.fields.get("receipt", "").strip(), draft.fields.get("stars", "")
        if not _RECEIPT.fullmatch(receipt):
            return refuse(Code.FIELD_INVALID, field="receipt")
        if stars not in {str(number) for number in extras.STARS}:
            return refuse(Code.FIELD_INVALID, field="stars")
        given = (own.body.data.get("receipt") for own in own_entries(till, Kind.FEEDBACK))
        if receipt in given:
            return refuse(Code.FEEDBACK_GIVEN, receipt=receipt)
        data = FeedbackData(receipt, int(stars))
        return Decided(Kind.FEEDBACK, data, local_basis(till), receipt=False)

    return perform(till, draft, approval, decide)


# -- product alerts --------------------------------------------------------------------------------
def alerts(till: Till) -> dict[str, str]:
    """Flagged products: number -> allergy | unsuitable. Own reports count at once."""
    found = {sku: alert.what for sku, alert in till.database.replica.documents("alert", Alert)}
    for own in unheard_of(till, Kind.PRODUCT_ALERT):
        data = msgspec.convert(own.body.data, AlertData)
        found[data.sku] = data.what
    return found


def unseen_alert(till: Till, draft: SaleDraft) -> Refusal | None:
    """The warning about a flagged product in a sale that nobody has seen yet (WAT-33)."""
    flagged = alerts(till)
    for line in draft.lines:
        if line.sku in flagged and line.sku not in draft.alerts_seen:
            return refuse(Code.PRODUCT_ALERT, product=line.sku, what=flagged[line.sku])
    return None


@use_case
def report_product(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Report that somebody could not bear a product (fields product, what, details).

    Refusals: product_unknown, field_invalid.
    """

    def decide(
        till: Till, draft: OperationDraft, _programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        text, what = draft.fields.get("product", "").strip(), draft.fields.get("what", "")
        replica = till.database.replica
        product = replica.product_by_barcode(text) or replica.product(text)
        if product is None:
            return refuse(Code.PRODUCT_UNKNOWN, product=text[:20])
        if what not in extras.ALERT_KINDS:
            return refuse(Code.FIELD_INVALID, field="what")
        owner = member.member if member else None
        blobs = attached(DETAILS, draft.fields.get("details", ""), owner)
        data = AlertData(product.sku, what)
        return Decided(Kind.PRODUCT_ALERT, data, local_basis(till), blobs=blobs, receipt=False)

    return perform(till, draft, approval, decide)
