"""Service orders at the counter: taking in, moving on, handing out, and finding one again.

A till works on the orders of its store without head office: what head office published, with its
own entries on top. Others are fetched by tag or member while head office answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.database.till.journal import Blob
from sync.domain import selling, service_orders
from sync.domain.journal import Effect, Kind
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.services import Entitlement, ServiceType
from sync.domain.service_orders import (
    CloseData,
    Happened,
    OpenData,
    Part,
    ServiceOrder,
    StepData,
)
from sync.domain.trace import Step
from terminal.usecases.commits import Done, already_done, local_basis
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.folding import Own, own_entries, unheard_of
from terminal.usecases.identify import SEARCHED, MemberCard, fetch
from terminal.usecases.operation import Decided, perform
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import day_of
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

NOTE: Final = "service_note"  # kind of the attachment with free words about the garments
MAX_WORDS: Final = 500
_KINDS: Final = (Kind.SERVICE_OPEN, Kind.SERVICE_STEP, Kind.SERVICE_CLOSE)


class ServiceNote(msgspec.Struct, frozen=True):
    """The attachment of an order: what staff wrote about the garments."""

    text: str


@dataclass(frozen=True, slots=True)
class Intake:
    """An order worked out. `approver_for`: the soft mark of promised free services it crosses."""

    data: OpenData
    trace: tuple[Step, ...]
    free: Entitlement | None
    approver_for: tuple[str, ...] = ()


# -- finding ---------------------------------------------------------------------------------------
def orders(till: Till) -> dict[str, ServiceOrder]:
    """Every order this till knows, by number, own entries on top. Raises StoreFault."""
    found = dict(till.database.replica.documents("order", ServiceOrder))
    for own in own_entries(till, *_KINDS):
        _fold(till, found, own)
    return found


def order_of(till: Till, text: str) -> ServiceOrder | Refusal:
    """The order of a tag or number; head office is asked for one this till does not know.

    Refusal: order_unknown.
    """
    code = service_orders.order_of_tag(text)
    if code is None:
        return refuse(Code.ORDER_UNKNOWN, order=text[:20])
    found = orders(till).get(code)
    if found is None and fetch(till, "order", code):
        found = orders(till).get(code)
    return found or refuse(Code.ORDER_UNKNOWN, order=code)


@use_case
def open_orders(till: Till, member: UUID | None = None) -> tuple[ServiceOrder, ...]:
    """Orders not handed out, the one promised first on top; of `member`, or of everybody. Head
    office is asked for a member's orders at other stores."""
    if member is not None:
        fetch(till, "orders", str(member))
    return known_open(till, member)


def known_open(till: Till, member: UUID | None) -> tuple[ServiceOrder, ...]:
    """As `open_orders`, without asking head office. Raises StoreFault."""
    found = [
        order
        for order in orders(till).values()
        if order.state == service_orders.OPEN and member in (None, order.member)
    ]
    return tuple(sorted(found, key=lambda order: (order.promised_on, order.code)))


def service_of(till: Till, order: ServiceOrder) -> ServiceType | None:
    """The service of an order, by the rules it was opened under."""
    programme = till.programme_version(order.programme)
    return programme.services.type_of(order.service) if programme else None


def next_steps(till: Till, order: ServiceOrder) -> tuple[str, ...]:
    """Steps that some garment of the order may go to now."""
    kind = service_of(till, order)
    if kind is None:
        return ()
    now = {state.step for state in order.garments if not state.out}
    return tuple(
        step.code for step in kind.steps if any(kind.may_follow(here, step.code) for here in now)
    )


def _fold(till: Till, found: dict[str, ServiceOrder], own: Own) -> None:
    """One own entry onto the order it is about, unless head office's figure has it inside."""
    body, mark = own.body, till.database.journal.mark_key
    code = str(body.data.get("code", ""))
    order = found.get(code)
    if order is not None and own.seq <= order.marks.get(mark, 0):
        return
    happened = Happened(body.at.utc_ms, body.place.till, body.operator, mark, own.seq)
    if body.kind == Kind.SERVICE_OPEN:
        data = msgspec.convert(body.data, OpenData)
        programme = till.programme_version(body.programme)
        kind = programme.services.type_of(data.service) if programme else None
        place = (body.place.dealer, body.place.store)
        found[code] = service_orders.begun(
            data, kind, body.member, place, body.programme, body.business_date, happened
        )
        return
    if order is None:
        return
    kind = service_of(till, order)
    if body.kind == Kind.SERVICE_STEP:
        step = msgspec.convert(body.data, StepData)
        made = service_orders.stepped(order, kind, step, happened)
    else:
        made = service_orders.closed(order, kind, msgspec.convert(body.data, CloseData), happened)
    found[code] = service_orders.noted(order, happened) if isinstance(made, Refusal) else made


# -- taking in -------------------------------------------------------------------------------------
def intake(
    till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
) -> Intake | Refusal:
    """An order worked out from a draft with the fields service, items, colour, fault, free.

    Refusals: those of `service_orders.taken_in` and `free_right`, member_needed (free),
    offline_service (above the hard cap of promised free services).
    """
    fields = draft.fields
    wanted = _garments(fields)
    service = fields.get("service", "")
    free = _asked_free(till, draft, programme, member, len(wanted))
    if isinstance(free, Refusal):
        return free
    made = service_orders.taken_in(
        programme,
        draft.entry_id,
        day_of(till),
        service,
        wanted,
        free,
        fields.get("worker", ""),
    )
    if isinstance(made, Refusal):
        return made
    data, trace = made
    marks = _free_caps(till, programme, data.tariff_minor)
    return marks if isinstance(marks, Refusal) else Intake(data, trace, free, marks)


def _asked_free(
    till: Till,
    draft: OperationDraft,
    programme: Programme,
    member: MemberCard | None,
    garments: int,
) -> Entitlement | Refusal | None:
    """By what the order is free, where that was ticked."""
    if not draft.fields.get("free"):
        return None
    if member is None:
        return refuse(Code.MEMBER_NEEDED)
    found = right(till, programme, member, draft.fields.get("service", ""), garments)
    return refuse(Code.ENTITLEMENT_NONE) if found is None else found


def right(
    till: Till, programme: Programme, member: MemberCard, service: str, garments: int
) -> Entitlement | Refusal | None:
    """What the member has free of `service` here and now, own orders counted."""
    row = member.standing.row
    free = programme.services.free_for(row.tier, service)
    year = day_of(till).year
    used = 0
    if free is not None:
        used = service_orders.flag_count(row.flags, f"free/{free.code}/{year}")
        mark = row.marks.get(till.database.journal.mark_key, 0)
        used += sum(
            own.body.member == row.member and own.body.data.get("entitlement") == free.code
            for own in own_entries(till, Kind.SERVICE_OPEN, after=mark)
        )
    return service_orders.free_right(programme, row.tier, service, garments, used)


@use_case
def open_order(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Take garments in. Refusals: those of `intake` and `perform`, approver_needed."""

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        found = intake(till, draft, programme, member)
        if isinstance(found, Refusal):
            return found
        if found.approver_for and approval is None:
            return refuse(Code.APPROVER_NEEDED, marks=",".join(found.approver_for))
        blobs = _note(draft.fields.get("details", ""), member)
        if isinstance(blobs, Refusal):
            return blobs
        return Decided(
            Kind.SERVICE_OPEN, found.data, local_basis(till), trace=found.trace, blobs=blobs
        )

    return perform(till, draft, approval, decide)


def free_exposed_minor(till: Till) -> int:
    """Tariff of free services this till promised since head office's last acknowledgement."""
    return sum(
        msgspec.convert(own.body.data, OpenData).tariff_minor
        for own in unheard_of(till, Kind.SERVICE_OPEN)
    )


def _free_caps(till: Till, programme: Programme, tariff: int) -> tuple[str, ...] | Refusal:
    """Class C of design.md section 5: a hard cap per till, an approver above the soft mark."""
    rules = programme.services
    used = free_exposed_minor(till) if tariff else 0
    if tariff and used + tariff > rules.free_hard_till_minor:
        return refuse(
            Code.OFFLINE_SERVICE,
            cap_minor=rules.free_hard_till_minor,
            used_minor=used,
            wanted_minor=tariff,
        )
    return ("service_free",) if tariff and used + tariff > rules.free_soft_till_minor else ()


def _garments(fields: Mapping[str, str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Garments of the table field `items` ("coat:2 suit:1"), all of one colour and fault."""
    fault = fields.get("fault", "")
    faults = (fault,) if fault else ()
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for word in fields.get("items", "").split():
        item, _, count = word.rpartition(":")
        many = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0
        found += [(item, fields.get("colour", ""), faults)] * many
    return found


def _note(text: str, member: MemberCard | None) -> tuple[Blob, ...] | Refusal:
    """Free words travel as an attachment: a description may hold a name."""
    if len(text) > MAX_WORDS:
        return refuse(Code.FIELD_INVALID, field="details")
    if not text.strip():
        return ()
    data = msgspec.json.encode(ServiceNote(text.strip()))
    return (Blob(NOTE, sha256(data).digest(), member.member if member else None, data),)


# -- moving on, handing out
def step_of(till: Till, draft: OperationDraft) -> tuple[ServiceOrder, StepData] | Refusal:
    """The order and the step of a draft with the fields order, step, worker, parts. A garment's tag
    means that garment, the order's own number all of them.

    Refusals: order_unknown, field_invalid (parts).
    """
    text = draft.fields.get("order", "").strip().upper()
    order = order_of(till, text)
    if isinstance(order, Refusal):
        return order
    parts = _parts(draft.fields.get("parts", "").split())
    if parts is None:
        return refuse(Code.FIELD_INVALID, field="parts")
    tags = () if text == order.code else (text,)
    worker = draft.fields.get("worker", "")
    return order, StepData(order.code, draft.fields.get("step", ""), tags, worker, parts)


def stepped(till: Till, order: ServiceOrder, data: StepData) -> ServiceOrder | Refusal:
    """The order after the step, were it taken now."""
    return service_orders.stepped(order, service_of(till, order), data, _now(till))


@use_case
def step_order(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Move garments on. Refusals: order_unknown, garment_unknown, service_step, service_closed."""
    found = already_done(till, draft.entry_id) or step_of(till, draft)
    if isinstance(found, Refusal | Done):
        return found
    order, data = found
    made = stepped(till, order, data)
    if isinstance(made, Refusal):
        return made

    def decide(*_: object) -> Decided:
        return Decided(
            Kind.SERVICE_STEP, data, local_basis(till), programme=order.programme, receipt=False
        )

    return perform(till, _of_member(draft, order), approval, decide)


def close_of(till: Till, draft: OperationDraft) -> tuple[ServiceOrder, CloseData] | Refusal:
    """The order and how it ends, of a draft with the fields order, outcome, tender. Refusals:
    order_unknown, service_step (not ready), service_closed, choice_unknown."""
    order = order_of(till, draft.fields.get("order", ""))
    if isinstance(order, Refusal):
        return order
    outcome = draft.fields.get("outcome", "")
    price = order.price_minor if outcome == service_orders.DONE else 0
    tender = draft.fields.get("tender", "cash") if price else ""
    data = CloseData(order.code, outcome, price, tender, order.entitlement, order.opened_on.year)
    made = service_orders.closed(order, service_of(till, order), data, _now(till))
    return made if isinstance(made, Refusal) else (order, data)


@use_case
def close_order(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Hand everything out; what is due goes into the drawer. Refusals: those of `close_of`."""
    found = already_done(till, draft.entry_id) or close_of(till, draft)
    if isinstance(found, Refusal | Done):
        return found
    order, data = found

    def decide(*_: object) -> Decided:
        return Decided(
            Kind.SERVICE_CLOSE,
            data,
            local_basis(till),
            effects=_paid(till, data),
            programme=order.programme,
        )

    return perform(till, _of_member(draft, order), approval, decide)


def _paid(till: Till, data: CloseData) -> tuple[Effect, ...]:
    if not data.price_minor:
        return ()
    place, currency = till.place, till.record.currency
    drawer = selling.money_account(place.dealer, place.till, data.tender)
    return (
        Effect(drawer, currency, -data.price_minor),
        Effect(f"dealer/{place.dealer}/services", currency, data.price_minor),
    )


def _of_member(draft: OperationDraft, order: ServiceOrder) -> OperationDraft:
    """The entry is about the order's member, whoever stands at the counter."""
    bearer = Bearer(order.member, None, SEARCHED) if order.member else None
    return msgspec.structs.replace(draft, bearer=bearer)


def _now(till: Till) -> Happened:
    staff = till.session.staff if till.session else ""
    return Happened(till.clock.utc_ms(), till.place.till, staff, "", 0)


def _parts(words: Iterable[str]) -> tuple[Part, ...] | None:
    """Parts "zip:1 button:4"; None when that cannot be read."""
    found = []
    for word in words:
        sku, _, count = word.rpartition(":")
        if not sku or not count.isascii() or not count.isdigit() or not 0 < len(count) < 5:
            return None
        found.append(Part(sku[:64], int(count)))
    return tuple(found) if len(found) <= service_orders.MAX_PARTS else None
