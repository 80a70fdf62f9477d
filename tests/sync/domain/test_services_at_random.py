"""Services, virtual goods and events in any interleaving: properties, with planted bugs."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sync.domain import extras, posting, posting_extras, posting_services, service_orders
from sync.domain.extras import VirtualOrder
from sync.domain.journal import Entry, Kind
from sync.domain.records import RecordKey
from sync.domain.refusals import Refusal
from sync.domain.service_orders import ServiceOrder
from tests.sync.domain.making import HeadOffice, member_id
from tests.sync.domain.service_rules import RULES, Desk

ANNA, BEN = member_id(1), member_id(2)
STEPS = ("received", "at_cleaner", "back", "in_work", "waiting_part", "done", "nowhere")
HQ = ("HQ", "HQ-store", "HQ1")
FIND = settings(
    max_examples=400, phases=[Phase.generate], report_multiple_bugs=False, database=None
)
Plan = list[tuple[int, ...]]
plans = st.lists(st.tuples(*(st.integers(0, 6) for _ in range(4))), min_size=1, max_size=50)


def chain() -> tuple[HeadOffice, list[Desk], Desk]:
    books = HeadOffice((RULES,)).join(ANNA, BEN, tier="diamond")
    books.members[BEN].home_dealer = "C"
    desks = [Desk("A"), Desk("B"), Desk("B", 2)]
    for desk in desks:
        for member in (ANNA, BEN):
            moves = [("points", 700 + desk.seq)]
            books.receive(desk, desk.moves(Kind.OPENING_BALANCE, member, moves))
    return books, desks, Desk("HQ")


# ---------------------------------------------------------------------------------------- services
def serve(plan: Plan) -> None:
    """Any tills, any steps in any order: garments are conserved, one line at most per order, for a
    done free one just one; nets sum to zero; ready orders are those that are ready."""
    books, desks, _ = chain()
    taken_in: dict[str, int] = {}
    for what, who, which, more in plan:
        desk = desks[who % 3]
        member = (ANNA, BEN)[which % 2]
        codes = sorted(taken_in)
        code = codes[which % len(codes)] if codes else ""
        order = books.records.get(RecordKey("order", code))
        member = order.member or member if isinstance(order, ServiceOrder) else member
        entry: Entry
        if what == 0 or not code:
            service, free = [("dry_cleaning", "clean-life"), ("repair", "repair-2"),
                             ("dry_cleaning", "")][more % 3]  # fmt: skip
            member = (ANNA, BEN)[which % 2]
            opened, entry = desk.open(member, service, 1 + more % 3, free)
            taken_in[opened] = 1 + more % 3
        elif what < 5:
            named = (f"{code}-1",) if more == 0 else ()
            entry = desk.step(
                code, STEPS[more if what == 4 else max(what - 2, 0) + more % 2], member, *named
            )
        else:
            if what == 6:  # all of its steps at once, or it would seldom come to an end
                ways = ("at_cleaner", "back", "in_work", "done")
                books.receive(desk, *(desk.step(code, step, member) for step in ways))
            outcome = "cancelled" if more > 3 else "done"
            entry = desk.close(code, member, outcome)
        books.receive(desk, entry)
    lines = Count(a.lot_entry for a in books.allocations)
    for code, garments in taken_in.items():
        order = books.records[RecordKey("order", code)]
        assert isinstance(order, ServiceOrder)
        tags = [state.garment.tag for state in order.garments]
        assert tags == [f"{code}-{n}" for n in range(1, garments + 1)]
        assert order.inside == (garments if order.state == "open" else 0)
        assert {state.out for state in order.garments} == {order.outcome}
        device, epoch, seq = order.opened_by.rsplit(":", 2)
        due = int(order.outcome == "done" and bool(order.entitlement))
        mine = [ref for ref in lines if (str(ref.device), str(ref.epoch), str(ref.seq)) ==
                (device, epoch, seq)]  # fmt: skip
        assert sum(lines[ref] for ref in mine) == due == int(order.paid)
    assert sum(pays - gets for pays, gets in books.nets().values()) == 0
    for member in (ANNA, BEN):
        found = books.records.get(RecordKey("ready", str(member)))
        told = set(getattr(found, "codes", ()))
        assert told == {
            order.code
            for order in books.records.values()
            if isinstance(order, ServiceOrder) and order.member == member
            and (kind := RULES.services.type_of(order.service)) and order.is_ready(kind)
        }  # fmt: skip


# ----------------------------------------------------------------------------------------- virtual
def order_and_fail(plan: Plan) -> None:
    """Virtual orders, requests, gifts and events, then outcomes in any order; at the end all orders
    fail. What other operations left is just what is there, lot by lot."""
    books, desks, hq = chain()
    orders: dict[str, Any] = {}
    spent = {ANNA: 0, BEN: 0}
    for what, who, which, more in plan:
        desk, member = desks[who % 3], (ANNA, BEN)[which % 2]
        if what < 3:
            order, entry = desk.order_virtual(member, request=more == 6)
            orders[order] = member
            books.receive(desk, entry)
        elif what == 3:
            before = books.balances(member).points
            books.receive(desk, desk.attend(member))
            spent[member] += before - books.balances(member).points
        elif what == 4:
            books.receive(desk, desk.gift(member, "mug" if desk.dealer == "A" else "scarf"))
        elif orders:
            order = sorted(orders)[which % len(orders)]
            give_up(books, hq, order, orders[order], take_up=more < 3)
    for order, member in orders.items():
        give_up(books, hq, order, member)
    assert all(points in (0, 300) for points in spent.values()), spent
    assert sum(pays - gets for pays, gets in books.nets().values()) == 0
    for member in (ANNA, BEN):
        books_hold(books, member)
    for found in books.records.values():
        if isinstance(found, VirtualOrder):
            nothing_is_left_of(books, found)


def books_hold(books: HeadOffice, member: Any) -> None:
    """Balance = open lots - holes; every lot is spent just once."""
    lots = [lot for lot in books.lots.values() if lot.member == member]
    holes = [debt for debt in books.uncovered.values() if debt.member == member]
    open_units = sum(lot.open for lot in lots) - sum(debt.open for debt in holes)
    assert books.balances(member).points == open_units
    for lot in lots:
        drawn = sum(a.quantity for a in books.allocations if a.lot == lot.key)
        assert lot.open >= 0
        assert lot.open + drawn == lot.quantity


def nothing_is_left_of(books: HeadOffice, order: VirtualOrder) -> None:
    """A failed order gave each lot just what it had drawn from it."""
    assert order.state == "failed"
    for drawn in order.drawn:
        key = (drawn.post_seq, drawn.part)
        mine = [
            a
            for a in books.allocations
            if (a.claim_post_seq, a.lot) == (order.post_seq, key)
            and (a.quantity < 0 or a.post_seq == order.post_seq)
        ]
        assert sum(a.quantity for a in mine) == sum(a.amount_minor for a in mine) == 0


def give_up(books: HeadOffice, hq: Desk, order: str, member: Any, *, take_up: bool = False) -> None:
    found = books.records[RecordKey("virtual", order)]
    assert isinstance(found, VirtualOrder)
    debit: dict[str, Any] = {}
    what = "failed"
    if take_up and found.state == "requested":
        moved = extras.debit("virtual", member, "HQ", found.points, 900, "q-100", 1_000)
        debit, what = {"effects": moved[0], "claims": moved[1]}, "queued"
    elif found.state == "queued":
        debit = {"effects": extras.given_back(found, member)}
    books.receive_at(HQ, [hq.outcome(order, member, what, **debit)])


PROPERTIES: dict[str, Callable[[Plan], None]] = {"serve": serve, "order_and_fail": order_and_fail}


@given(plans)
def test_no_garment_is_lost_and_each_free_service_is_paid_once(plan: Plan) -> None:
    """Rows: FL-07, FL-16; golden case 12; invariant 24."""
    serve(plan)


@given(plans)
def test_points_of_failed_orders_come_back_and_events_take_once(plan: Plan) -> None:
    """Rows: FL-13, FL-55, FL-56; invariants 16, 24."""
    order_and_fail(plan)


# ------------------------------------------------------------------------------------ planted bugs
def a_step_leaves_out_the_garments_it_does_not_name(monkeypatch: pytest.MonkeyPatch) -> None:
    real = service_orders.stepped

    def stepped(order: Any, kind: Any, data: Any, happened: Any) -> Any:
        made = real(order, kind, data, happened)
        if isinstance(made, Refusal) or not data.tags:
            return made
        named = tuple(g for g in made.garments if g.garment.tag in data.tags)
        return msgspec.structs.replace(made, garments=named)

    monkeypatch.setattr(service_orders, "stepped", stepped)


def a_hand_out_is_cleared_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_services._clear

    def clear(run: Any, order: Any) -> None:
        real(run, order)
        real(run, order)

    monkeypatch.setattr(posting_services, "_clear", clear)


def a_cancelled_service_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting_services, "DONE", "cancelled")


def a_ready_order_is_counted_until_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServiceOrder, "is_ready", lambda self, _kind: True)


def points_go_back_to_one_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_extras._restored

    def restored(run: Any, book: Any, order: Any, _drawn: Any, number: int) -> Any:
        return real(run, book, order, order.drawn[0], number)

    monkeypatch.setattr(posting_extras, "_restored", restored)


def what_no_lot_covered_comes_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_back(run: Any, book: Any, order: Any) -> None:
        for number, drawn in enumerate(order.drawn, 1):
            posting_extras._restored(run, book, order, drawn, number)
        run.move(book, "points", order.points, "effect")

    monkeypatch.setattr(posting_extras, "_give_back", give_back)


def an_event_is_taken_at_each_till(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_extras.deduct_event

    def deduct_event(run: Any, book: Any) -> None:
        for key in [key for key in run.books.records if key.kind == "event"]:
            run.books.records[key] = None
        real(run, book)

    monkeypatch.setattr(posting_extras, "deduct_event", deduct_event)
    monkeypatch.setitem(posting.MOVES, Kind.EVENT_DEDUCTION, deduct_event)


PLANTED = [
    (a_step_leaves_out_the_garments_it_does_not_name, "serve"),
    (a_hand_out_is_cleared_twice, "serve"),
    (a_cancelled_service_is_cleared, "serve"),
    (a_ready_order_is_counted_until_the_next_one, "serve"),
    (points_go_back_to_one_lot, "order_and_fail"),
    (what_no_lot_covered_comes_back_too, "order_and_fail"),
    (an_event_is_taken_at_each_till, "order_and_fail"),
]


@pytest.mark.parametrize(
    ("plant", "name"), PLANTED, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_planted_bug_is_seen(
    plant: Callable[[pytest.MonkeyPatch], None], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    @FIND
    @given(plans)
    def holds(plan: Plan) -> None:
        PROPERTIES[name](plan)

    with pytest.raises((AssertionError, KeyError)):
        holds()
