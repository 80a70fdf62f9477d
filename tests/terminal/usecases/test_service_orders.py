"""Service orders at the counter: free or paid, offline, found by tag."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from sync.domain import service_orders as rules
from sync.domain.refusals import Code, Refusal
from sync.domain.rulebook.services import ServiceType
from sync.domain.service_orders import CloseData, OpenData, ServiceOrder, StepData
from sync.protocol import codec
from sync.protocol.messages import Document, FeedItem, MemberAsk, MemberReply, Op
from terminal.operations import catalogue, filling
from terminal.operations.spec import Preview
from terminal.usecases import operation, service_orders
from terminal.usecases.commits import Done
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from tests.terminal.usecases.made import NOON_MS, ZHANG, HeadOffice
from tests.terminal.usecases.services_made import counter, document, filled, member, tell


def refused(answer: object) -> Code:
    assert isinstance(answer, Refusal), answer
    return answer.code


def done(answer: object) -> Done:
    assert isinstance(answer, Done), answer
    return answer


def take_in(made: Till, items: str = "coat:1", **fields: str) -> Done:
    draft = filled(
        made, "service_open", member(made), service="dry_cleaning", items=items, **fields
    )
    return done(service_orders.open_order(made, draft, None))


def move(made: Till, order: str, step: str, **fields: str) -> object:
    draft = filled(made, "service_step", None, order=order, step=step, **fields)
    return service_orders.step_order(made, draft, None)


def hand_out(made: Till, order: str, outcome: str = "done", **fields: str) -> object:
    draft = filled(made, "service_close", None, order=order, outcome=outcome, **fields)
    return service_orders.close_order(made, draft, None)


def test_a_paid_order_from_intake_to_pick_up_without_head_office(tmp_path: Path) -> None:
    """Rows: FL-07, BBK-05, BBK-11, BEST-18. Two garments at 45.00: 90.00 into the drawer."""
    made = counter(tmp_path)
    opened = take_in(made, "coat:1 suit:1", colour="black", fault="stain", details="of Mrs Zhang")
    data = opened.data_as(OpenData)
    assert (data.price_minor, data.entitlement, len(data.garments)) == (90_00, "", 2)
    assert data.garments[0] == rules.Garment(f"{data.code}-1", "coat", "black", ("stain",))
    assert b"Zhang" not in opened.entry.body  # free words travel beside the body
    (blob,) = made.database.journal.blobs(opened.seq)
    assert (blob.kind, blob.member) == (service_orders.NOTE, ZHANG)
    assert refused(hand_out(made, data.code)) is Code.SERVICE_STEP
    moved = done(move(made, f"{data.code}-1", "at_cleaner", worker="li", parts="zip:2"))
    assert moved.data_as(StepData).parts == (rules.Part("zip", 2),)
    assert moved.body.member == ZHANG
    assert refused(move(made, data.code, "back")) is Code.SERVICE_STEP
    done(move(made, data.code, "at_cleaner"))
    done(move(made, data.code.lower(), "back"))
    found = service_orders.open_orders(made, ZHANG)
    assert isinstance(found, tuple)
    (order,) = found
    assert (order.worker, order.is_ready(rules_of(made, order))) == ("li", True)
    closed = done(hand_out(made, data.code, tender="cash"))
    assert closed.data_as(CloseData).price_minor == 90_00
    assert {e.account: e.delta for e in closed.body.effects} == {
        "till/A1-1/cash": -90_00,
        "dealer/A/services": 90_00,
    }
    assert service_orders.open_orders(made) == ()
    assert refused(hand_out(made, data.code)) is Code.SERVICE_CLOSED
    made.database.close()


def rules_of(made: Till, order: ServiceOrder) -> ServiceType:
    kind = service_orders.service_of(made, order)
    assert kind is not None
    return kind


def test_a_draft_done_twice_is_one_entry(tmp_path: Path) -> None:
    made = counter(tmp_path)
    code = take_in(made).data_as(OpenData).code
    for name, commit, fields in (
        ("service_step", service_orders.step_order, {"step": "at_cleaner"}),
        ("service_close", service_orders.close_order, {"outcome": "cancelled"}),
    ):
        draft = filled(made, name, None, order=code, **fields)
        first, again = done(commit(made, draft, None)), done(commit(made, draft, None))
        assert (again.entry, again.new) == (first.entry, False)
    made.database.close()


def test_free_services_are_capped_until_head_office_has_them(tmp_path: Path) -> None:
    """Rows: FL-07; class C of the offline table. At 30.00 each, 60.00 are free without more ado,
    the third needs an approver, the fourth is above the hard cap of 90.00."""
    made = counter(tmp_path)
    for count in (1, 2):
        data = take_in(made, free="yes").data_as(OpenData)
        assert (data.price_minor, data.tariff_minor, data.entitlement) == (0, 30_00, "clean")
        assert service_orders.free_exposed_minor(made) == 30_00 * count
    draft = filled(
        made, "service_open", member(made), service="dry_cleaning", items="coat:1", free="yes"
    )
    assert refused(service_orders.open_order(made, draft, None)) is Code.APPROVER_NEEDED
    approval = Approval("wang")
    assert done(service_orders.open_order(made, draft, approval)).body.approver == "wang"
    fourth = filled(
        made, "service_open", member(made), service="dry_cleaning", items="coat:1", free="yes"
    )
    assert refused(service_orders.open_order(made, fourth, approval)) is Code.OFFLINE_SERVICE
    take_in(made)  # paid for: no cap
    made.database.close()


def test_who_has_nothing_free_pays(tmp_path: Path) -> None:
    made = counter(tmp_path / "a", tier="diamond")
    fields = {"service": "dry_cleaning", "items": "coat:1", "free": "yes"}
    draft = filled(made, "service_open", member(made), **fields)
    assert refused(service_orders.open_order(made, draft, None)) is Code.ENTITLEMENT_NONE
    nobody = filled(made, "service_open", None, **fields)
    assert refused(service_orders.open_order(made, nobody, None)) is Code.MEMBER_NEEDED
    made.database.close()
    made = counter(tmp_path / "b", flags=("free/clean/2026=3",))
    take_in(made, free="yes")  # the fourth of four a year
    draft = filled(made, "service_open", member(made), **fields)
    assert refused(service_orders.open_order(made, draft, None)) is Code.ENTITLEMENT_USED_UP
    made.database.close()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"items": ""}, Code.GARMENTS_NEEDED),
        ({"items": "coat:x"}, Code.GARMENTS_NEEDED),
        ({"items": "hat:1"}, Code.CHOICE_UNKNOWN),
        ({"items": "coat:31"}, Code.TOO_MANY_GARMENTS),
        ({"items": "coat:1", "service": "ironing"}, Code.SERVICE_UNKNOWN),
        ({"items": "coat:1", "details": "x" * 501}, Code.FIELD_INVALID),
    ],
)
def test_what_cannot_be_taken_in(tmp_path: Path, fields: dict[str, str], code: Code) -> None:
    made = counter(tmp_path)
    draft = filled(made, "service_open", None, **({"service": "dry_cleaning"} | fields))
    assert refused(service_orders.open_order(made, draft, None)) is code
    made.database.close()


def test_orders_nobody_knows_and_parts_nobody_can_read(tmp_path: Path) -> None:
    made = counter(tmp_path)
    assert refused(move(made, "8800", "back")) is Code.ORDER_UNKNOWN
    assert refused(move(made, "GT0123456789AB", "back")) is Code.ORDER_UNKNOWN
    assert refused(hand_out(made, "GT0123456789AB")) is Code.ORDER_UNKNOWN
    code = take_in(made).data_as(OpenData).code
    for parts in ("zip", "zip:x", ":1", " ".join(["zip:1"] * 21)):
        assert refused(move(made, code, "at_cleaner", parts=parts)) is Code.FIELD_INVALID
    made.database.close()


def test_own_entries_stand_on_top_of_what_head_office_published(tmp_path: Path) -> None:
    """Another till of the store moved the garments on; this till's own step is inside already."""
    made = counter(tmp_path)
    code = take_in(made).data_as(OpenData).code
    own = done(move(made, code, "at_cleaner"))
    order = service_orders.orders(made)[code]
    mark = made.database.journal.mark_key
    told = msgspec.structs.replace(
        order,
        garments=tuple(msgspec.structs.replace(g, step="back") for g in order.garments),
        marks={mark: own.seq},
        history=(),
    )
    tell(made, document(9, f"order/{code}", told))
    assert service_orders.orders(made)[code] == told
    done(hand_out(made, code))
    assert service_orders.orders(made)[code].state == "closed"
    gone = msgspec.structs.replace(told, state="closed", outcome="done", marks={mark: own.seq})
    tell(made, document(10, f"order/{code}", gone))  # somebody else handed it out before
    assert service_orders.orders(made)[code].marks[mark] > own.seq
    made.database.close()


def test_an_order_of_another_store_is_fetched_by_its_tag(tmp_path: Path) -> None:
    """Rows: FL-16: whoever scans the tag."""
    first = counter(tmp_path / "a")
    code = take_in(first).data_as(OpenData).code
    order = msgspec.structs.replace(service_orders.orders(first)[code], store="B1")
    first.database.close()
    asked: list[MemberAsk] = []

    def reply(ask: MemberAsk) -> MemberReply:
        asked.append(ask)
        data = codec.encode(Document(msgspec.Raw(msgspec.json.encode(order))))
        item = FeedItem(0, "local", f"order/{code}", 5, Op.PUT, msgspec.Raw(data))
        return MemberReply(1, NOON_MS, (item,))

    office = HeadOffice(lambda _: pytest.fail("nothing to authorise"), reply)
    made = counter(tmp_path / "b", online=office)
    found = service_orders.order_of(made, f"{code}-1")
    assert isinstance(found, ServiceOrder)
    assert (found.store, asked[0].by, asked[0].value) == ("B1", "order", code)
    made.database.close()


def test_the_forms_ask_for_what_is_needed(tmp_path: Path) -> None:
    made = counter(tmp_path)
    spec = catalogue.named("service_open")
    draft = filling.with_presets(spec, made, filled(made, "service_open", member(made)))
    names = [field.name for field in filling.fields_of(spec, made, draft)]
    assert names == ["service", "items", "colour", "fault", "details", "worker", "free"]
    draft = filling.fill(spec, made, draft, {"items": "coat:1 suit:1", "free": "yes"})
    preview = spec.look(made, draft, operation.at_counter(made, draft))
    assert isinstance(preview, Preview)
    facts = {fact.code: fact.value for fact in preview.facts}
    assert facts["fact.tariff"] == 60_00
    assert facts["fact.price"] == 0
    code = done(filling.commit(spec, made, draft, None, {})).data_as(OpenData).code
    step = catalogue.named("service_step")
    draft = filled(made, "service_step")
    assert [field.name for field in filling.fields_of(step, made, draft)] == ["order"]
    draft = filling.fill(step, made, draft, {"order": code})
    assert draft.fields["step"] == "at_cleaner"
    assert isinstance(step.look(made, draft, None), Preview)
    done(filling.commit(step, made, draft, None, {}))
    close = catalogue.named("service_close")
    draft = filling.with_presets(close, made, filled(made, "service_close"))
    draft = filling.fill(close, made, draft, {"order": code})
    assert refused(close.look(made, draft, None)) is Code.SERVICE_STEP
    draft = filling.fill(close, made, draft, {"outcome": "cancelled"})
    assert isinstance(close.look(made, draft, None), Preview)
    made.database.close()


def test_a_member_at_the_counter_picks_up_without_a_ticket(tmp_path: Path) -> None:
    """Rows: FL-07: by the member's card."""
    made = counter(tmp_path)
    code = take_in(made).data_as(OpenData).code
    for step in ("at_cleaner", "back"):
        done(move(made, code, step))
    spec = catalogue.named("service_close")
    draft = filling.with_presets(spec, made, filled(made, "service_close", member(made)))
    assert draft.fields == {"order": code, "outcome": "done", "tender": "cash"}
    preview = spec.look(made, draft, operation.at_counter(made, draft))
    assert isinstance(preview, Preview)
    assert preview.facts[-1].value == 45_00
    done(filling.commit(spec, made, draft, None, {}))
    draft = filling.with_presets(spec, made, filled(made, "service_close", member(made)))
    assert "order" not in draft.fields
    made.database.close()


def test_a_late_order_says_so(tmp_path: Path) -> None:
    """Rows: BEST-18."""
    made = counter(tmp_path)
    code = take_in(made, worker="li").data_as(OpenData).code
    order = service_orders.orders(made)[code]
    late = msgspec.structs.replace(order, promised_on=date(2026, 11, 19))
    tell(made, document(9, f"order/{code}", late))
    spec = catalogue.named("service_step")
    draft = filling.fill(spec, made, filled(made, "service_step"), {"order": code})
    preview = spec.look(made, draft, None)
    assert isinstance(preview, Preview)
    assert [fact.value for fact in preview.facts if fact.code == "fact.late"] == [2]
    made.database.close()
