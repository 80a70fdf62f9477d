"""Service orders: garments taken in, moved through the steps of their service, handed out.

One fold for both ends: a till applies its own entries to what head office published, head office
applies every entry in posting order. A step that is not legal changes nothing: a refusal at the
till, an exception at head office; the entry stays in both cases. Order numbers and garment tags
have a name space of their own ("GT..."), made from the id of the entry that opens the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from sync.domain.journal import Short
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.services import (
    HEADOFFICE,
    HOME,
    MAX_GARMENTS,
    Entitlement,
    ServiceType,
)
from sync.domain.trace import Step

TAG_PREFIX: Final = "GT"
CODE_CHARS: Final = 12
OPEN: Final = "open"
CLOSED: Final = "closed"
DONE: Final = "done"
CANCELLED: Final = "cancelled"
COMPENSATED: Final = "compensated"
OUTCOMES: Final = (DONE, CANCELLED, COMPENSATED)
SERVICE: Final = "service"  # kind of the clearing line
ENTITLEMENT: Final = "entitlement"  # account of the clearing line
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MAX_PARTS: Final = 20
MAX_HISTORY: Final = 60


class Garment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A garment as taken in. `item`, `colour`, `faults`: codes of the programme."""

    tag: Short
    item: Short
    colour: Short = ""
    faults: tuple[Short, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """A part used: product number and how many."""

    sku: Short
    quantity: int


class OpenData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of service_open. `code`: `code_of` the entry id; `entitlement`: by which it is
    free (empty: `price_minor` is due when it is handed out); `tariff_minor`: of all garments."""

    code: Short
    service: Short
    garments: tuple[Garment, ...]
    promised_on: date
    price_minor: int = 0
    tariff_minor: int = 0
    entitlement: Short = ""
    worker: Short = ""


class StepData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of service_step. `tags`: the garments it is about (empty: all of the order)."""

    code: Short
    step: Short
    tags: tuple[Short, ...] = ()
    worker: Short = ""
    parts: tuple[Part, ...] = ()


class CloseData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of service_close: every garment leaves. `outcome`: done | cancelled (given back
    undone) | compensated (lost or spoiled, made good); `tender`: cash or another, for the price;
    `entitlement`, `year`: what the order was free by, and when it was opened."""

    code: Short
    outcome: Short
    price_minor: int = 0
    tender: Short = ""
    entitlement: Short = ""
    year: int = 0


class GarmentState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A garment in an order. `out`: how it left the shop (empty: it is in)."""

    garment: Garment
    step: str
    out: str = ""


class HistoryLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that happened to an order. `what`: open, a step's code, or an outcome."""

    what: str
    at_ms: int
    till: str
    operator: str
    garments: int = 0


class ServiceOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as it now stands; what head office publishes to the store that has it.

    `payer`: debtor of the free service; `paid`: its clearing line is written; `opened_by`:
    "device:epoch:seq" of the opening entry; `marks`: last entry inside, per "device:epoch".
    """

    code: str
    service: str
    member: UUID | None
    dealer: str
    store: str
    programme: int
    opened_on: date
    promised_on: date
    garments: tuple[GarmentState, ...]
    state: str = OPEN
    outcome: str = ""
    price_minor: int = 0
    tariff_minor: int = 0
    entitlement: str = ""
    payer: str = ""
    paid: bool = False
    worker: str = ""
    parts: tuple[Part, ...] = ()
    history: tuple[HistoryLine, ...] = ()
    opened_by: str = ""
    marks: dict[str, int] = {}

    @property
    def inside(self) -> int:
        """Garments still in the shop's hands."""
        return sum(not state.out for state in self.garments)

    def late_days(self, day: date) -> int:
        """Days past the promised date on business date `day`; 0 when in time or handed out."""
        return max((day - self.promised_on).days, 0) if self.state == OPEN else 0

    def is_ready(self, kind: ServiceType) -> bool:
        """Whether every garment stands at a step where it may be handed out."""
        steps = [kind.step(state.step) for state in self.garments]
        return self.state == OPEN and all(step is not None and step.ready for step in steps)


class Happened(msgspec.Struct, frozen=True):
    """When, where and by whom an entry was written, and its place in the journal."""

    at_ms: int
    till: str
    operator: str
    mark: str  # "device:epoch"
    seq: int


def code_of(entry_id: UUID) -> str:
    """Number of the order that entry opens: "GT" and 12 characters (60 bits) of its random part."""
    bits = entry_id.int & ((1 << 60) - 1)
    made = []
    for _ in range(CODE_CHARS):
        bits, digit = divmod(bits, 32)
        made.append(_ALPHABET[digit])
    return TAG_PREFIX + "".join(reversed(made))


def tag_of(code: str, number: int) -> str:
    """Tag of garment `number` (from 1) of an order: what its barcode says."""
    return f"{code}-{number}"


def order_of_tag(text: str) -> str | None:
    """The order a scanned text belongs to, a tag or an order's own number; None for others."""
    code, _, rest = text.strip().upper().partition("-")
    plain = code.startswith(TAG_PREFIX) and len(code) == len(TAG_PREFIX) + CODE_CHARS
    fits = plain and all(letter in _ALPHABET for letter in code[len(TAG_PREFIX) :])
    return code if fits and (not rest or rest.isdecimal()) else None


def free_right(
    programme: Programme, tier: str, service: str, garments: int, used: int
) -> Entitlement | Refusal | None:
    """What `tier` has free of `service`; None: nothing, it is paid for.

    `used`: orders of this calendar year already. Refusals: entitlement_used_up, too many garments.
    """
    free = programme.services.free_for(tier, service)
    if free is None:
        return None
    if free.per_year is not None and used >= free.per_year:
        return refuse(Code.ENTITLEMENT_USED_UP, used=used, most=free.per_year)
    if garments > free.most_garments:
        return refuse(Code.TOO_MANY_GARMENTS, most=free.most_garments)
    return free


def taken_in(
    programme: Programme,
    entry_id: UUID,
    day: date,
    service: str,
    wanted: Sequence[tuple[str, str, tuple[str, ...]]],
    free: Entitlement | None,
    worker: str = "",
) -> tuple[OpenData, tuple[Step, ...]] | Refusal:
    """The data of an order for garments (item, colour, faults) taken in on `day`, and how price,
    tariff and promised date came about.

    Refusals: service_unknown, garments_needed, too_many_garments, choice_unknown.
    """
    kind = programme.services.type_of(service)
    if kind is None:
        return refuse(Code.SERVICE_UNKNOWN, service=service)
    if not wanted:
        return refuse(Code.GARMENTS_NEEDED)
    if len(wanted) > MAX_GARMENTS:
        return refuse(Code.TOO_MANY_GARMENTS, most=MAX_GARMENTS)
    unknown = _unknown_code(programme, wanted)
    if unknown:
        return refuse(Code.CHOICE_UNKNOWN, choice=unknown)
    code, number = code_of(entry_id), len(wanted)
    garments = tuple(
        Garment(tag_of(code, place), item, colour, faults)
        for place, (item, colour, faults) in enumerate(wanted, start=1)
    )
    price = 0 if free else kind.price_minor * number
    tariff = kind.tariff_minor * number if free else 0
    promised = day + timedelta(days=kind.promise_days)
    steps = (
        Step(
            "service.price",
            programme.version,
            {"garments": number, "price": kind.price_minor, "free": int(free is not None)},
            price,
        ),
        Step("service.tariff", programme.version, {"tariff": kind.tariff_minor}, tariff),
        Step("service.promise", programme.version, {"days": kind.promise_days}, kind.promise_days),
    )
    data = OpenData(
        code, service, garments, promised, price, tariff, free.code if free else "", worker
    )
    return data, steps


def _unknown_code(
    programme: Programme, wanted: Iterable[tuple[str, str, tuple[str, ...]]]
) -> str | None:
    rules = programme.services
    items = {named.code for named in rules.items}
    colours = {named.code for named in rules.colours} | {""}
    faults = {named.code for named in rules.faults}
    for item, colour, found in wanted:
        for given, known in ((item, items), (colour, colours), *((f, faults) for f in found)):
            if given not in known:
                return given or "?"
    return None


def begun(
    data: OpenData,
    kind: ServiceType | None,
    member: UUID | None,
    place: tuple[str, str],
    programme: int,
    day: date,
    happened: Happened,
    payer: str = "",
) -> ServiceOrder:
    """The order that `data` opens at `place` (dealer, store). A service the programme does not
    know starts without a step."""
    first = kind.steps[0].code if kind else ""
    return ServiceOrder(
        code=data.code,
        service=data.service,
        member=member,
        dealer=place[0],
        store=place[1],
        programme=programme,
        opened_on=day,
        promised_on=data.promised_on,
        garments=tuple(GarmentState(garment, first) for garment in data.garments),
        price_minor=data.price_minor,
        tariff_minor=data.tariff_minor,
        entitlement=data.entitlement,
        payer=payer,
        worker=data.worker,
        history=(_line("open", happened, len(data.garments)),),
        opened_by=f"{happened.mark}:{happened.seq}",
        marks={happened.mark: happened.seq},
    )


def stepped(
    order: ServiceOrder, kind: ServiceType | None, data: StepData, happened: Happened
) -> ServiceOrder | Refusal:
    """The order after a step. A garment that is there already stays; the same step told twice (by
    two tills that cannot know of each other) is no mistake.

    Refusals: service_closed, service_step (not reachable), garment_unknown.
    """
    if order.state != OPEN:
        return refuse(Code.SERVICE_CLOSED, order=order.code)
    tags = {state.garment.tag for state in order.garments}
    named = set(data.tags) or tags
    if not named <= tags:
        return refuse(Code.GARMENT_UNKNOWN, tag=min(named - tags))
    made, moved = [], 0
    for state in order.garments:
        if state.garment.tag not in named or state.step == data.step:
            made.append(state)
            continue
        if kind is None or not kind.may_follow(state.step, data.step):
            return refuse(Code.SERVICE_STEP, now=state.step, then=data.step)
        moved += 1
        made.append(msgspec.structs.replace(state, step=data.step))
    return _after(
        order,
        happened,
        data.step,
        moved,
        garments=tuple(made),
        worker=data.worker or order.worker,
        parts=(*order.parts, *data.parts)[:MAX_PARTS],
    )


def closed(
    order: ServiceOrder, kind: ServiceType | None, data: CloseData, happened: Happened
) -> ServiceOrder | Refusal:
    """The order after every garment left. Refusals: service_closed (a second hand-out),
    service_step (not ready), choice_unknown (outcome)."""
    if order.state != OPEN:
        return refuse(Code.SERVICE_CLOSED, order=order.code)
    if data.outcome not in OUTCOMES:
        return refuse(Code.CHOICE_UNKNOWN, choice=data.outcome)
    if data.outcome == DONE and (kind is None or not order.is_ready(kind)):
        return refuse(Code.SERVICE_STEP, now=_behind(order, kind), then=DONE)
    gone = tuple(msgspec.structs.replace(state, out=data.outcome) for state in order.garments)
    return _after(
        order,
        happened,
        data.outcome,
        len(gone),
        garments=gone,
        state=CLOSED,
        outcome=data.outcome,
    )


def noted(order: ServiceOrder, happened: Happened) -> ServiceOrder:
    """The order as it is, with an entry inside that changed nothing."""
    return msgspec.structs.replace(order, marks=_marked(order, happened))


def payer_of(funded_by: str, home_dealer: str, performing: str, head_office: str) -> str:
    """Who pays the performing dealer (golden case 12)."""
    if funded_by == HOME:
        return home_dealer or performing
    return head_office if funded_by == HEADOFFICE else performing


def _behind(order: ServiceOrder, kind: ServiceType | None) -> str:
    """Step of the first garment that is not ready."""
    for state in order.garments:
        step = kind.step(state.step) if kind else None
        if step is None or not step.ready:
            return state.step
    return ""


def _after(
    order: ServiceOrder, happened: Happened, what: str, count: int, **changes: object
) -> ServiceOrder:
    history = (*order.history, _line(what, happened, count))[-MAX_HISTORY:]
    return msgspec.structs.replace(
        order, history=history, marks=_marked(order, happened), **changes
    )


def _marked(order: ServiceOrder, happened: Happened) -> dict[str, int]:
    before = order.marks.get(happened.mark, 0)
    return order.marks | {happened.mark: max(before, happened.seq)}


def _line(what: str, happened: Happened, garments: int) -> HistoryLine:
    return HistoryLine(what, happened.at_ms, happened.till, happened.operator, garments)


def flagged(flags: tuple[str, ...], name: str, count: int) -> tuple[str, ...]:
    """Flags of a member with the count of one of them set, "name=count"; 0 takes it away."""
    rest = tuple(flag for flag in flags if flag.partition("=")[0] != name)
    return (*rest, f"{name}={count}") if count else rest


def flag_count(flags: Iterable[str], name: str) -> int:
    """Count of a flag; 0 when it is not there."""
    for flag in flags:
        found, _, count = flag.partition("=")
        if found == name and count.isdecimal():
            return int(count)
    return 0
