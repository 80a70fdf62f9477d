"""Gifts kept, virtual goods, events, feedback and product alerts as forms."""

from __future__ import annotations

from typing import Final

from sync.domain import extras as rules
from sync.domain.refusals import Code, Refusal, refuse
from terminal.operations.named import choices, rules_of
from terminal.operations.spec import (
    Choice,
    Fact,
    FieldKind,
    FieldSpec,
    MemberUse,
    OperationSpec,
    Preview,
    without_hidden,
)
from terminal.usecases import extras, gift_shelf
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.permission import day_of
from terminal.usecases.till import Till

_QUANTITY: Final = FieldSpec("quantity", FieldKind.COUNT, preset="1")
_SAID: Final = (Code.EVENT_ALREADY, Code.POINTS_SHORT, Code.CARD_UNKNOWN)
_DETAILS: Final = FieldSpec("details", FieldKind.TEXT, required=False)


# -- gifts kept ------------------------------------------------------------------------------------
def _hold_fields(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    programme, stocks = rules_of(till, draft), gift_shelf.shelves(till)
    gifts = programme.gifts if programme else ()
    offers = choices(till, ((gift.offer, gift.name) for gift in gifts if gift.offer in stocks))
    day = day_of(till).isoformat()
    return (
        FieldSpec("offer", FieldKind.CHOICE, choices=offers),
        _QUANTITY,
        FieldSpec("until", FieldKind.TEXT, preset=day),
    )


def _hold_look(till: Till, draft: OperationDraft, member: MemberCard | None) -> Preview | Refusal:
    programme = rules_of(till, draft)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    data = gift_shelf.hold_of(till, draft, programme, member)
    if isinstance(data, Refusal):
        return data
    stock = gift_shelf.shelves(till)[data.offer]
    left = stock.free(day_of(till), member.member if member else None)
    kept = gift_shelf.kept_for(till, member.member).get(data.offer, 0) if member else 0
    return Preview(
        (
            Fact("fact.left", "left", left),
            Fact("fact.kept_now", "kept", kept),
            Fact("fact.kept_then", "quantity", data.quantity, strong=True),
            Fact("fact.until", "until_date", data.until.isoformat()),
        )
    )


# -- virtual goods ---------------------------------------------------------------------------------
def _virtual_fields(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    programme = rules_of(till, draft)
    goods = programme.extras.virtual if programme else ()
    here = [good for good in goods if not good.dealers or till.place.dealer in good.dealers]
    return (
        FieldSpec(
            "offer",
            FieldKind.CHOICE,
            choices=choices(till, ((good.offer, good.name) for good in here)),
        ),
        _QUANTITY,
        FieldSpec("recipient", FieldKind.TEXT, required=False),
        FieldSpec("request", FieldKind.TICK),
    )


def _virtual_look(
    till: Till, draft: OperationDraft, member: MemberCard | None
) -> Preview | Refusal:
    programme = rules_of(till, draft)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    known = extras.virtual_orders(till, member.member) if member else []
    facts = [Fact(f"fact.virtual_{o.state}", "given", o.given or o.offer) for o in known[-4:]]
    if not draft.fields.get("offer"):
        return Preview(tuple(facts))
    request = bool(draft.fields.get("request"))
    made = extras.ordered(till, draft, programme, member, request=request)
    if isinstance(made, Refusal):
        return made
    points = Fact("fact.points", "used_points", made.data.points, strong=True)
    warning = "warning.request" if request else ""
    return Preview((*facts, points), made.trace, warning=warning)


# -- events ----------------------------------------------------------------------------------------
def _event_fields(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    programme = rules_of(till, draft)
    day = day_of(till)
    events = [e for e in (programme.extras.events if programme else ()) if e.day <= day]
    latest = sorted(events, key=lambda event: (event.day, event.code), reverse=True)
    offered = choices(till, ((event.code, event.name) for event in latest))
    return (
        FieldSpec(
            "event",
            FieldKind.CHOICE,
            choices=offered,
            preset=offered[0].key if len(offered) == 1 else "",
        ),
        FieldSpec("cards", FieldKind.TEXT),
        FieldSpec("reason", FieldKind.TEXT, required=False),
    )


def _event_look(till: Till, draft: OperationDraft, _member: MemberCard | None) -> Preview | Refusal:
    programme = rules_of(till, draft)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    event = programme.extras.event(draft.fields.get("event", ""))
    if event is None:
        return refuse(Code.EVENT_UNKNOWN, event=draft.fields.get("event", "")[:20])
    facts = []
    for one in extras.attendees(till, draft, programme):
        if one.why is None:
            facts.append(Fact("fact.attendee", "attendee", f"…{one.tail}  −{event.points}"))
        else:
            why = one.why.code if one.why.code in _SAID else "no"
            facts.append(Fact(f"fact.attendee_{why}", "attendee", f"…{one.tail}"))
    return Preview(tuple(facts))


# -- feedback and alerts ---------------------------------------------------------------------------
def _feedback_fields(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    stars = tuple(Choice(str(number), "★" * number) for number in reversed(rules.STARS))
    return (
        FieldSpec("receipt", FieldKind.SCAN),
        FieldSpec("stars", FieldKind.CHOICE, choices=stars),
    )


def _nothing_more(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> Preview | Refusal:
    return Preview()


def _alert_fields(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    kinds = tuple(Choice(key, f"alert.{key}") for key in rules.ALERT_KINDS)
    return (
        FieldSpec("product", FieldKind.SCAN),
        FieldSpec("what", FieldKind.CHOICE, choices=kinds, preset=rules.ALLERGY),
        _DETAILS,
    )


OPERATIONS: Final = (
    OperationSpec(
        "virtual_order",
        "more",
        "smartphone",
        MemberUse.NEEDED,
        _virtual_fields,
        _virtual_look,
        without_hidden(extras.order_virtual),
    ),
    OperationSpec(
        "gift_hold",
        "more",
        "gift",
        MemberUse.NEEDED,
        _hold_fields,
        _hold_look,
        without_hidden(gift_shelf.hold_gift),
    ),
    OperationSpec(
        "event_deduction",
        "more",
        "users",
        MemberUse.NONE,
        _event_fields,
        _event_look,
        without_hidden(extras.deduct_event),
    ),
    OperationSpec(
        "feedback",
        "more",
        "star",
        MemberUse.OPTIONAL,
        _feedback_fields,
        _nothing_more,
        without_hidden(extras.give_feedback),
    ),
    OperationSpec(
        "product_alert",
        "more",
        "triangle-alert",
        MemberUse.OPTIONAL,
        _alert_fields,
        _nothing_more,
        without_hidden(extras.report_product),
    ),
)
