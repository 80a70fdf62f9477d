"""Service orders: what is taken in leaves once, free ones are cleared once (golden case 12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import posting_services, records, service_orders
from sync.domain.journal import Kind
from sync.domain.posting import Issue, Outcome
from sync.domain.records import RecordKey
from sync.domain.refusals import Code, Refusal
from sync.domain.rulebook.services import Entitlement, Services, ServiceStep, ServiceType
from sync.domain.service_orders import Happened, ServiceOrder, StepData
from tests.sync.domain.making import DAY, HeadOffice, granted, member_id, plain, words
from tests.sync.domain.service_rules import CLEANING, REPAIR, RULES, SERVICES, Desk, rules

ANNA, BEN = member_id(1), member_id(2)


def office(home: str = "A", *, tier: str = "diamond", book: Any = RULES) -> HeadOffice:
    """Anna and Ben, whose home is a store of `home`."""
    made = HeadOffice((book,)).join(ANNA, BEN, tier=tier)
    for known in made.members.values():
        known.home_dealer, known.home_store = home, f"{home}-store"
    return made


def order_of(books: HeadOffice, code: str) -> ServiceOrder:
    found = books.records[RecordKey("order", code)]
    assert isinstance(found, ServiceOrder)
    return found


def serve(books: HeadOffice, desk: Desk, code: str, member: UUID | None = ANNA) -> list[Any]:
    """Every step of a dry-cleaning, and the hand-out."""
    return books.receive(
        desk,
        desk.step(code, "at_cleaner", member),
        desk.step(code, "back", member),
        desk.close(code, member),
    )


# --------------------------------------------------------------------------------------- case 12
def test_golden_case_12_the_dealer_of_the_home_store_pays_the_performing_dealer() -> None:
    """Rows: FL-07, FL-16; golden case 12.

    Anna's home is at A; B cleans two garments at a tariff of 30.00 each: A pays 60.00, B gets it.
    """
    books, desk = office("A"), Desk("B")
    code, opened = desk.open(ANNA, garments=2, free="clean-life")
    assert books.receive(desk, opened)[0].outcome is Outcome.POSTED
    assert order_of(books, code).payer == "A"
    assert books.allocations == []  # nothing is paid before it is done
    results = serve(books, desk, code)
    assert [result.codes for result in results] == [(), (), ()]
    (line,) = books.allocations
    assert (line.debtor, line.creditor, line.amount_minor) == ("A", "B", 60_00)
    assert (line.kind, line.offer, line.account) == ("service", "clean-life", "entitlement")
    assert (line.quantity, line.lot, line.lot_dealer) == (1, (4, 0), "A")
    assert (line.entry.seq, line.lot_entry.seq) == (4, 1)  # handed out by 4, taken in by 1
    assert books.nets() == {"A": (60_00, 0), "B": (0, 60_00)}
    assert order_of(books, code).paid


@pytest.mark.parametrize(
    ("funded_by", "home", "nets"),
    [
        ("home", "A", {"A": (30_00, 0), "B": (0, 30_00)}),
        ("home", "B", {"B": (0, 0)}),  # its own member: a line with itself
        ("headoffice", "A", {"HQ": (30_00, 0), "B": (0, 30_00)}),
        ("performing", "A", {"B": (0, 0)}),
    ],
)
def test_golden_case_12_payer_is_who_the_entitlement_names(
    funded_by: str, home: str, nets: dict[str, tuple[int, int]]
) -> None:
    """Rows: FL-07, FL-16; golden case 12."""
    free = Entitlement("clean-life", words(), "dry_cleaning", ("diamond",), funded_by=funded_by)
    book = rules(services=msgspec.structs.replace(SERVICES, entitlements=(free,)))
    books, desk = office(home, book=book), Desk("B", book=book)
    code, opened = desk.open(ANNA, free="clean-life")
    books.receive(desk, opened)
    serve(books, desk, code)
    assert len(books.allocations) == 1
    assert books.nets() == nets


def test_golden_case_12_without_the_right_the_performing_dealer_bears_it() -> None:
    """Rows: FL-16. A plain member was promised it free at B: an exception, and B's own line."""
    books, desk = office("A", tier="plain"), Desk("B")
    code, opened = desk.open(ANNA, free="clean-life")
    assert books.receive(desk, opened)[0].codes == (Issue.ENTITLEMENT_REFUSED,)
    serve(books, desk, code)
    assert books.nets() == {"B": (0, 0)}


def test_a_right_that_no_programme_gives_is_an_exception() -> None:
    books, desk = office("A"), Desk("B")
    data, _ = granted(
        service_orders.taken_in(
            RULES, desk.entry_id(), DAY, "dry_cleaning", [("coat", "", ())], None
        )
    )
    for right in ("no-such", "repair-2"):
        entry_id = desk.entry_id()
        wrong = msgspec.structs.replace(
            data, entitlement=right, code=service_orders.code_of(entry_id)
        )
        body = desk.body(Kind.SERVICE_OPEN, ANNA, data=plain(wrong))
        assert Issue.ENTITLEMENT_REFUSED in books.receive(desk, desk.write(body))[0].codes


def test_a_tariff_the_till_got_wrong_is_head_offices() -> None:
    books, desk = office("A"), Desk("B")
    entry_id = desk.entry_id()
    free = SERVICES.entitlement("clean-life")
    data, _ = granted(
        service_orders.taken_in(RULES, entry_id, DAY, "dry_cleaning", [("coat", "", ())], free)
    )
    data = msgspec.structs.replace(data, tariff_minor=999_999)
    body = desk.body(Kind.SERVICE_OPEN, ANNA, data=plain(data))
    assert books.receive(desk, desk.write(body))[0].codes == (Issue.RULE_MISMATCH,)
    assert order_of(books, data.code).tariff_minor == 30_00


def test_so_many_a_year_and_garments_are_free_a_cancelled_one_does_not_count() -> None:
    """Rows: FL-07. Two repairs a year of at most two garments each."""
    books, desk = office("A"), Desk("B")
    codes = []
    for garments in (1, 2, 1):
        code, opened = desk.open(ANNA, "repair", garments, "repair-2")
        codes.append(code)
        books.receive(desk, opened)
    assert [result.codes for result in books.results] == [(), (), (Issue.ENTITLEMENT_REFUSED,)]
    assert order_of(books, codes[2]).payer == "B"
    gone = desk.close(codes[0], ANNA, "cancelled", entitlement="repair-2", year=DAY.year)
    assert books.receive(desk, gone)[0].codes == ()
    used = books.records[RecordKey("free", f"repair-2/{ANNA}/{DAY.year}")]
    assert isinstance(used, records.FreeUsed)
    assert used.used == 2
    assert books.allocations == []
    code, opened = desk.open(BEN, "repair", 3, "repair-2")
    assert books.receive(desk, opened)[0].codes == (Issue.ENTITLEMENT_REFUSED,)


def test_a_cancelled_order_that_does_not_name_its_right_is_not_counted_back() -> None:
    books, desk = office("A"), Desk("B")
    code, opened = desk.open(ANNA, "repair", 1, "repair-2")
    books.receive(desk, opened)
    books.receive(desk, desk.close(code, ANNA, "cancelled"))
    used = books.records[RecordKey("free", f"repair-2/{ANNA}/{DAY.year}")]
    assert isinstance(used, records.FreeUsed)
    assert used.used == 1


# ----------------------------------------------------------------------------------------- orders
def test_an_order_goes_through_its_steps_and_is_handed_out_once() -> None:
    """Rows: FL-07, FL-54, BBK-05, BBK-11, BEST-18, BEST-39.

    Rows: BEST-42, JF-02, BBK-04, BBK-08, BBK-15.
    """
    books, desk, other = office(), Desk("B"), Desk("B", 2)
    code, opened = desk.open(ANNA, garments=2)
    books.receive(desk, opened)
    order = order_of(books, code)
    assert (order.price_minor, order.promised_on) == (90_00, DAY + timedelta(days=3))
    assert [g.garment.tag for g in order.garments] == [f"{code}-1", f"{code}-2"]
    early = books.receive(desk, desk.close(code, ANNA, price_minor=90_00, tender="cash"))
    assert early[0].codes == (Issue.SERVICE_STEP,)
    skipped = books.receive(desk, desk.step(code, "back", ANNA))
    assert skipped[0].codes == (Issue.SERVICE_STEP,)
    books.receive(desk, desk.step(code, "at_cleaner", ANNA, f"{code}-1"))
    twice = books.receive(other, other.step(code, "at_cleaner", ANNA))  # told by two tills
    assert twice[0].codes == ()
    assert {g.step for g in order_of(books, code).garments} == {"at_cleaner"}
    books.receive(desk, desk.step(code, "back", ANNA))
    ready = books.records[RecordKey("ready", str(ANNA))]
    assert isinstance(ready, records.Ready)
    assert ready.codes == (code,)
    books.receive(desk, desk.close(code, ANNA, price_minor=90_00, tender="cash"))
    again = books.receive(other, other.close(code, ANNA))
    assert again[0].codes == (Issue.SERVICE_STEP,)
    order = order_of(books, code)
    assert (order.state, order.outcome, order.inside) == ("closed", "done", 0)
    assert [line.what for line in order.history] == [
        "open", "at_cleaner", "at_cleaner", "back", "done"
    ]  # fmt: skip
    assert order.marks == {f"{desk.device}:1": 6, f"{other.device}:1": 2}
    ready = books.records[RecordKey("ready", str(ANNA))]
    assert isinstance(ready, records.Ready)
    assert ready.codes == ()
    assert books.allocations == []  # paid for by the customer


def test_a_step_that_does_not_name_the_member_counts_no_ready_order() -> None:
    books, desk = office(), Desk("B")
    code, opened = desk.open(ANNA)
    books.receive(desk, opened)
    books.receive(desk, desk.step(code, "at_cleaner"))
    books.receive(desk, desk.step(code, "back"))
    assert RecordKey("ready", str(ANNA)) not in books.records
    assert order_of(books, code).is_ready(CLEANING)


def test_entries_about_no_order_and_numbers_that_are_not_ones_own_are_exceptions() -> None:
    books, desk = office(), Desk("B")
    code, opened = desk.open(None, "complaint")
    books.receive(desk, opened)
    assert [r.codes for r in books.receive(desk, desk.step("GTX", "told"), desk.close("GTX"))] == [
        (Issue.SERVICE_ORDER,),
        (Issue.SERVICE_ORDER,),
    ]
    data = msgspec.structs.replace(_data(desk), code=code)
    body = desk.body(Kind.SERVICE_OPEN, None, data=plain(data))
    assert books.receive(desk, desk.write(body))[0].codes == (Issue.SERVICE_ORDER,)
    assert order_of(books, code).service == "complaint"


def _data(desk: Desk) -> service_orders.OpenData:
    made = service_orders.taken_in(RULES, desk.entry_id(), DAY, "repair", [("coat", "", ())], None)
    return granted(made)[0]


def test_a_service_the_programme_does_not_know_is_kept_with_its_garments() -> None:
    books, desk = office(), Desk("B")
    data = msgspec.structs.replace(_data(desk), service="tailoring", entitlement="clean-life")
    opened = desk.write(desk.body(Kind.SERVICE_OPEN, ANNA, data=plain(data)))
    codes = books.receive(desk, opened)[0].codes
    assert codes == (Issue.RULE_MISMATCH, Issue.ENTITLEMENT_REFUSED)
    step = books.receive(desk, desk.step(data.code, "in_work", ANNA))
    assert step[0].codes == (Issue.SERVICE_STEP,)
    assert books.receive(desk, desk.close(data.code, ANNA))[0].codes == (Issue.SERVICE_STEP,)
    assert books.receive(desk, desk.close(data.code, ANNA, "compensated"))[0].codes == ()
    assert order_of(books, data.code).garments[0].out == "compensated"


@pytest.mark.parametrize("kind", [Kind.SERVICE_OPEN, Kind.SERVICE_STEP, Kind.SERVICE_CLOSE])
def test_data_of_another_shape_is_quarantined(kind: Kind) -> None:
    books, desk = office(), Desk("B")
    result = books.receive(desk, desk.write(desk.body(kind, ANNA, data={"code": 7})))[0]
    assert result.codes == (Issue.DATA_UNREADABLE,)


@pytest.mark.parametrize("name", ["open_service", "step_service", "close_service"])
def test_posting_without_data_is_a_bug(name: str) -> None:
    class Run:
        class admitted:  # noqa: N801  # stands for an attribute
            data = None

        body = None

    with pytest.raises(TypeError):
        getattr(posting_services, name)(Run())


# -------------------------------------------------------------------------------------- decisions
HAPPENED = Happened(1, "B1", "e1", "d:1", 5)


def begun(garments: int = 1, kind: ServiceType = CLEANING) -> ServiceOrder:
    data, _ = granted(
        service_orders.taken_in(
            RULES, member_id(5), DAY, kind.code, [("coat", "", ())] * garments, None
        )
    )
    return service_orders.begun(data, kind, None, ("A", "A1"), 1, DAY, HAPPENED)


def code(answer: object) -> Code:
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_what_cannot_be_taken_in_is_refused() -> None:
    def taken(service: str, *wanted: tuple[str, str, tuple[str, ...]]) -> Code:
        return code(service_orders.taken_in(RULES, member_id(5), DAY, service, list(wanted), None))

    coat = ("coat", "black", ())
    assert taken("ironing", coat) is Code.SERVICE_UNKNOWN
    assert taken("repair") is Code.GARMENTS_NEEDED
    assert taken("repair", *[coat] * 31) is Code.TOO_MANY_GARMENTS
    for wrong in (("hat", "", ()), ("coat", "pink", ()), ("coat", "", ("torn",)), ("", "", ())):
        assert taken("repair", wrong) is Code.CHOICE_UNKNOWN


def test_the_right_to_a_free_service() -> None:
    """Rows: FL-07; golden case 12."""
    free = service_orders.free_right
    life = free(RULES, "diamond", "dry_cleaning", 10, 99)
    assert isinstance(life, Entitlement)
    assert life.code == "clean-life"
    assert free(RULES, "plain", "dry_cleaning", 1, 0) is None
    assert code(free(RULES, "diamond", "repair", 1, 2)) is Code.ENTITLEMENT_USED_UP
    assert code(free(RULES, "diamond", "repair", 3, 0)) is Code.TOO_MANY_GARMENTS


def test_steps_are_refused_out_of_turn() -> None:
    """Rows: BEST-39: each type has its own steps."""
    order = begun(2)
    here = order.garments[0].garment.tag
    for data, why in (
        (StepData(order.code, "back"), Code.SERVICE_STEP),
        (StepData(order.code, "nowhere"), Code.SERVICE_STEP),
        (StepData(order.code, "at_cleaner", ("GT-9",)), Code.GARMENT_UNKNOWN),
    ):
        assert code(service_orders.stepped(order, CLEANING, data, HAPPENED)) is why
    some = service_orders.stepped(
        order, CLEANING, StepData(order.code, "at_cleaner", (here,), "li"), HAPPENED
    )
    assert isinstance(some, ServiceOrder)
    assert [g.step for g in some.garments] == ["at_cleaner", "received"]
    assert (some.worker, some.is_ready(CLEANING), some.late_days(DAY)) == ("li", False, 0)
    assert some.late_days(DAY + timedelta(days=5)) == 2
    done = service_orders.CloseData(order.code, "done")
    assert code(service_orders.closed(some, CLEANING, done, HAPPENED)) is Code.SERVICE_STEP
    odd = service_orders.CloseData(order.code, "eaten")
    assert code(service_orders.closed(some, CLEANING, odd, HAPPENED)) is Code.CHOICE_UNKNOWN
    gone = service_orders.CloseData(order.code, "cancelled")
    away = service_orders.closed(some, CLEANING, gone, HAPPENED)
    assert isinstance(away, ServiceOrder)
    assert away.late_days(DAY + timedelta(days=5)) == 0
    step = StepData(order.code, "back")
    assert code(service_orders.stepped(away, CLEANING, step, HAPPENED)) is Code.SERVICE_CLOSED
    assert code(service_orders.closed(away, CLEANING, gone, HAPPENED)) is Code.SERVICE_CLOSED


def test_a_repair_may_wait_for_a_part_and_go_on() -> None:
    """Rows: BBK-03, BBK-11: parts used.

    Rows: BBK-16, BBK-17, A-36.
    """
    order: ServiceOrder | Refusal = begun(1, REPAIR)
    for step in ("in_work", "waiting_part", "done"):
        assert isinstance(order, ServiceOrder)
        data = StepData(order.code, step, (), "", (service_orders.Part("zip", 1),))
        order = service_orders.stepped(order, REPAIR, data, HAPPENED)
    assert isinstance(order, ServiceOrder)
    assert order.is_ready(REPAIR)
    assert order.parts == (service_orders.Part("zip", 1),) * 3


def test_an_order_ready_but_for_one_garment_says_which_step_holds_it_up() -> None:
    order = begun(2)
    tag = order.garments[0].garment.tag
    for step in ("at_cleaner", "back"):
        made = service_orders.stepped(order, CLEANING, StepData(order.code, step, (tag,)), HAPPENED)
        assert isinstance(made, ServiceOrder)
        order = made
    held = service_orders.closed(
        order, CLEANING, service_orders.CloseData(order.code, "done"), HAPPENED
    )
    assert isinstance(held, Refusal)
    assert held.param("now") == "received"
    assert service_orders._behind(begun(0 + 1), None) == "received"
    ready = msgspec.structs.replace(order, garments=order.garments[:1])
    assert service_orders._behind(ready, CLEANING) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GT0123456789AB", "GT0123456789AB"),
        (" gt0123456789ab-12 ", "GT0123456789AB"),
        ("GT0123456789AB-x", None),
        ("GT0123456789AI", None),
        ("GT123", None),
        ("8800123456789", None),
    ],
)
def test_tags_have_a_name_space_of_their_own(text: str, found: str | None) -> None:
    """Rows: FL-07."""
    assert service_orders.order_of_tag(text) == found


def test_every_number_is_a_tag() -> None:
    made = service_orders.code_of(member_id(77))
    assert service_orders.order_of_tag(service_orders.tag_of(made, 3)) == made


def test_who_pays() -> None:
    """Golden case 12."""
    payer = service_orders.payer_of
    assert payer("home", "A", "B", "HQ") == "A"
    assert payer("home", "", "B", "HQ") == "B"
    assert payer("headoffice", "A", "B", "HQ") == "HQ"
    assert payer("performing", "A", "B", "HQ") == "B"


def test_flags_count() -> None:
    """Rows: A-07."""
    flags = service_orders.flagged(("a", "ready=3"), "ready", 2)
    assert flags == ("a", "ready=2")
    assert service_orders.flag_count(flags, "ready") == 2
    assert service_orders.flag_count(("ready=x", "other=1"), "ready") == 0
    assert service_orders.flagged(flags, "ready", 0) == ("a",)


# --------------------------------------------------------------------------------------- settings
def test_settings_that_make_no_sense_are_refused() -> None:
    first = ServiceStep("a", words(), (), True)
    step, name = ServiceStep("b", words(), ("no",), True), words()
    for wrong in (
        lambda: ServiceType("x", name, ()),
        lambda: ServiceType("x", name, (ServiceStep("a", name),)),
        lambda: ServiceType("x", name, (first, first)),
        lambda: ServiceType("x", name, (first, step)),
        lambda: Services((ServiceType("x", name, (first,)),) * 2),
        lambda: Services((), (Entitlement("e", name, "x", ()),)),
        lambda: Entitlement("e", name, "x", (), funded_by="nobody"),
        lambda: Entitlement("e/f", name, "x", ()),
        lambda: Entitlement("e", name, "x", (), per_year=0),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # each names its own field
            wrong()


def test_an_entitlement_without_number_goes_before_one_of_so_many() -> None:
    some = Entitlement("some", words(), "repair", ("x",), 3)
    more = Entitlement("more", words(), "repair", ("x",), 5)
    life = Entitlement("life", words(), "repair", ("x",))
    both = Services((REPAIR,), (some, life, more))
    assert both.free_for("x", "repair") == life
    assert Services((REPAIR,), (some, more)).free_for("x", "repair") == more
    assert both.entitlement("none") is None
    assert both.type_of("none") is None
    assert REPAIR.step("none") is None


def test_records_without_a_name_are_not_looked_for() -> None:
    desk = Desk("A")
    odd = desk.body(Kind.PRODUCT_ALERT, None, data={"sku": "x" * 300})
    assert records.keys_of(odd, "A1") == []
    assert records.keys_of(desk.body(Kind.PRODUCT_ALERT, None, data={"sku": "a\0"}), "A1") == []
    assert records.keys_of(desk.body(Kind.PRODUCT_ALERT, None), "A1") == []
    assert records.keys_of(desk.body(Kind.SALE, None), "A1") == []
