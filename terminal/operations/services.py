"""Service orders as forms: take in, move on, hand out (FL-07, BBK-11)."""

from __future__ import annotations

from typing import Final

from sync.domain import service_orders as rules
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.services import MAX_GARMENTS
from sync.domain.service_orders import ServiceOrder
from terminal.operations.named import choices, name, rules_of
from terminal.operations.spec import (
    Choice,
    Fact,
    FieldKind,
    FieldSpec,
    MemberUse,
    OperationSpec,
    Preview,
    TableRow,
    without_hidden,
)
from terminal.usecases import service_orders
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.permission import day_of
from terminal.usecases.till import Till

_ORDER: Final = FieldSpec("order", FieldKind.SCAN)
_WORKER: Final = FieldSpec("worker", FieldKind.TEXT, required=False)
_TENDERS: Final = ("cash", "wechat", "alipay", "bank_card")
_MOST_SHOWN: Final = 8


def _open_fields(
    till: Till, draft: OperationDraft, member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    programme = rules_of(till, draft)
    if programme is None:
        return ()
    kept = programme.services
    kinds = choices(till, ((kind.code, kind.name) for kind in kept.types))
    rows = tuple(TableRow(item.code, (name(till, item.name),), MAX_GARMENTS) for item in kept.items)
    found = [
        FieldSpec("service", FieldKind.CHOICE, choices=kinds, preset=kinds[0].key if kinds else ""),
        FieldSpec("items", FieldKind.TABLE, rows=rows, columns=("column.garment",)),
        FieldSpec(
            "colour",
            FieldKind.CHOICE,
            required=False,
            choices=choices(till, ((colour.code, colour.name) for colour in kept.colours)),
        ),
        FieldSpec(
            "fault",
            FieldKind.CHOICE,
            required=False,
            choices=choices(till, ((fault.code, fault.name) for fault in kept.faults)),
        ),
        FieldSpec("details", FieldKind.TEXT, required=False),
        _WORKER,
    ]
    if member is not None and _free(till, programme, draft, member):
        found.append(FieldSpec("free", FieldKind.TICK, preset="yes"))
    return tuple(found)


def _free(till: Till, programme: Programme, draft: OperationDraft, member: MemberCard) -> bool:
    right = service_orders.right(till, programme, member, draft.fields.get("service", ""), 1)
    return right is not None and not isinstance(right, Refusal)


def _open_look(till: Till, draft: OperationDraft, member: MemberCard | None) -> Preview | Refusal:
    programme = rules_of(till, draft)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    found = service_orders.intake(till, draft, programme, member)
    if isinstance(found, Refusal):
        return found
    data = found.data
    facts = [
        Fact("fact.garments", "garments", len(data.garments)),
        Fact("fact.promised", "promised_date", data.promised_on.isoformat()),
        Fact("fact.price", "price_minor", data.price_minor, strong=True),
    ]
    if found.free:
        facts.append(Fact("fact.free_by", "right", name(till, found.free.name)))
        facts.append(Fact("fact.tariff", "tariff_minor", data.tariff_minor))
    return Preview(tuple(facts), found.trace, found.approver_for)


def _step_fields(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    order = _order(till, draft)
    kind = service_orders.service_of(till, order) if order else None
    if order is None or kind is None:
        return (_ORDER,)
    named = {step.code: step.name for step in kind.steps}
    steps = choices(till, ((code, named[code]) for code in service_orders.next_steps(till, order)))
    preset = steps[0].key if len(steps) == 1 else ""
    return (
        _ORDER,
        FieldSpec("step", FieldKind.CHOICE, choices=steps, preset=preset),
        _WORKER,
        FieldSpec("parts", FieldKind.TEXT, required=False),
    )


def _order(till: Till, draft: OperationDraft) -> ServiceOrder | None:
    """The order of the tag that was scanned, if there is one."""
    text = draft.fields.get("order", "")
    found = service_orders.order_of(till, text) if text else None
    return found if isinstance(found, ServiceOrder) else None


def _step_look(till: Till, draft: OperationDraft, _member: MemberCard | None) -> Preview | Refusal:
    found = service_orders.step_of(till, draft)
    if isinstance(found, Refusal):
        return found
    order, data = found
    if data.step:
        made = service_orders.stepped(till, order, data)
        if isinstance(made, Refusal):
            return made
    return Preview(_facts(till, order))


def _which(till: Till, member: MemberCard | None) -> FieldSpec:
    """The member's orders known here to choose from; else a tag or number is asked for."""
    mine = service_orders.known_open(till, member.member) if member else ()
    if not mine:
        return _ORDER
    named = tuple(
        Choice(order.code, f"{order.code} · {order.promised_on.isoformat()}") for order in mine
    )
    preset = named[0].key if len(named) == 1 else ""
    return FieldSpec("order", FieldKind.CHOICE, choices=named, preset=preset)


def _close_fields(
    till: Till, draft: OperationDraft, member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    which = _which(till, member)
    ends = tuple(Choice(key, f"service.outcome.{key}") for key in rules.OUTCOMES)
    outcome = FieldSpec("outcome", FieldKind.CHOICE, choices=ends, preset=rules.DONE)
    order = _order(till, draft)
    due = order is not None and order.price_minor and draft.fields.get("outcome") == rules.DONE
    if not due:
        return (which, outcome)
    tenders = tuple(Choice(key, f"sale.tender.{key}") for key in _TENDERS)
    return which, outcome, FieldSpec("tender", FieldKind.CHOICE, choices=tenders, preset="cash")


def _close_look(till: Till, draft: OperationDraft, _member: MemberCard | None) -> Preview | Refusal:
    found = service_orders.close_of(till, draft)
    if isinstance(found, Refusal):
        return found
    order, data = found
    due = Fact("fact.price", "price_minor", data.price_minor, strong=True)
    return Preview((*_facts(till, order), due))


def _facts(till: Till, order: ServiceOrder) -> tuple[Fact, ...]:
    """Where the garments of an order are, and whether it is late (BEST-18)."""
    kind = service_orders.service_of(till, order)
    names = {step.code: name(till, step.name) for step in kind.steps} if kind else {}
    where: dict[str, int] = {}
    for state in order.garments:
        here = names.get(state.step, state.step)
        where[here] = where.get(here, 0) + 1
    late = order.late_days(day_of(till))
    found = [Fact("fact.order", "order", order.code)]
    found += [
        Fact("fact.at_step", "step", f"{step} × {count}")
        for step, count in list(where.items())[:_MOST_SHOWN]
    ]
    found.append(Fact("fact.promised", "promised_date", order.promised_on.isoformat()))
    if late:
        found.append(Fact("fact.late", "days", late, strong=True))
    if order.worker:
        found.append(Fact("fact.worker", "worker", order.worker))
    return tuple(found)


OPERATIONS: Final = (
    OperationSpec(
        "service_open",
        "service",
        "shirt",
        MemberUse.OPTIONAL,
        _open_fields,
        _open_look,
        without_hidden(service_orders.open_order),
    ),
    OperationSpec(
        "service_step",
        "service",
        "refresh-cw",
        MemberUse.NONE,
        _step_fields,
        _step_look,
        without_hidden(service_orders.step_order),
        lambda text: rules.order_of_tag(text) is not None,
    ),
    OperationSpec(
        "service_close",
        "service",
        "check-check",
        MemberUse.OPTIONAL,
        _close_fields,
        _close_look,
        without_hidden(service_orders.close_order),
    ),
)
