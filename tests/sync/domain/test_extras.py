"""Gifts on the shelf, virtual goods, events, feedback and product alerts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import extras, gift_stock, posting_extras
from sync.domain.extras import Alert, Feedback, VirtualOrder
from sync.domain.gift_stock import GiftStock, HoldData, Kept
from sync.domain.journal import Kind
from sync.domain.merging import MergeData
from sync.domain.posting import Issue
from sync.domain.records import RecordKey
from sync.domain.redeeming import GiftData
from sync.domain.refusals import Code, Refusal
from sync.domain.rulebook.extras import Event, ExtraRules, VirtualGood
from tests.sync.domain.making import DAY, HeadOffice, granted, member_id, plain, words
from tests.sync.domain.service_rules import RULES, Desk

ANNA, BEN = member_id(1), member_id(2)
HQ = ("HQ", "HQ-store", "HQ1")


def office() -> HeadOffice:
    return HeadOffice((RULES,)).join(ANNA, BEN)


def earned(books: HeadOffice, dealer: str, points: int, member: UUID = ANNA, till: int = 9) -> None:
    desk = Desk(dealer, till)
    desk.seq = sum(result.ref.device == desk.device for result in books.results)
    books.receive(desk, desk.moves(Kind.OPENING_BALANCE, member, [("points", points)], data={}))


def code(answer: object) -> Code:
    assert isinstance(answer, Refusal), answer
    return answer.code


# ----------------------------------------------------------------------------------------- shelves
def shelf(books: HeadOffice, offer: str = "umbrella", count: int = 3) -> None:
    books.records[RecordKey("gift_stock", f"A-store/{offer}")] = GiftStock("A-store", offer, count)


def stock_of(books: HeadOffice, offer: str = "umbrella") -> GiftStock:
    found = books.records[RecordKey("gift_stock", f"A-store/{offer}")]
    assert isinstance(found, GiftStock)
    return found


def test_a_gift_leaves_the_shelf_and_what_is_kept_is_kept() -> None:
    """Rows: FL-10, FL-19, FL-26. Three umbrellas, two kept for Ben: Anna may have one."""
    books, desk = office(), Desk("A")
    earned(books, "A", 9_000)
    shelf(books)
    books.receive(desk, desk.hold(BEN, "umbrella", 2, DAY + timedelta(days=3)))
    stock = stock_of(books)
    assert (stock.free(DAY, ANNA), stock.free(DAY, BEN)) == (1, 3)
    assert stock.free(DAY + timedelta(days=4), ANNA) == 3
    taken = books.receive(desk, desk.gift(ANNA))[0]
    assert taken.codes == ()
    stock = stock_of(books)
    assert (stock.count, stock.free(DAY, ANNA), stock.free(DAY, BEN)) == (2, 0, 2)
    assert stock.marks == {f"{desk.device}:1": 2}
    assert code(gift_stock.may_take(stock, 1, DAY, ANNA)) is Code.GIFT_OUT_OF_STOCK
    earned(books, "A", 3_000, BEN)
    books.receive(desk, desk.gift(BEN))
    assert stock_of(books).kept == (Kept(BEN, 1, DAY + timedelta(days=3)),)
    books.receive(desk, desk.gift(BEN))
    assert (stock_of(books).count, stock_of(books).kept) == (0, ())
    assert books.receive(desk, desk.gift(BEN))[0].codes == (Issue.GIFT_STOCK,)  # gone all the same
    assert stock_of(books).count == -1


def test_a_kept_gift_is_given_up_and_too_many_are_an_exception() -> None:
    """Rows: FL-19."""
    books, desk = office(), Desk("A")
    shelf(books)
    later = DAY + timedelta(days=2)
    assert books.receive(desk, desk.hold(BEN, "umbrella", 3, later))[0].codes == ()
    assert books.receive(desk, desk.hold(ANNA, "umbrella", 1, later))[0].codes == (
        Issue.GIFT_STOCK,
    )
    assert books.receive(desk, desk.hold(BEN, "umbrella", 0, later))[0].codes == ()
    assert stock_of(books).kept == (Kept(ANNA, 1, later),)
    for member, offer, quantity in (
        (ANNA, "mug", 1),
        (None, "umbrella", 1),
        (ANNA, "umbrella", -1),
    ):
        result = books.receive(desk, desk.hold(member, offer, quantity, later))[0]
        assert result.codes == (Issue.GIFT_STOCK,)


def test_a_gift_that_is_not_counted_or_is_told_badly_moves_no_shelf() -> None:
    books, desk = office(), Desk("A")
    earned(books, "A", 9_000)
    assert books.receive(desk, desk.gift(ANNA))[0].codes == ()
    shelf(books)
    for data in ({"offer": "umbrella"}, plain(GiftData("umbrella", 0, 0, 0, 0))):
        books.receive(desk, desk.write(desk.body(Kind.REDEEM_GIFT, ANNA, data=data)))
    assert stock_of(books).count == 3
    assert books.results[-1].codes == (Issue.GIFT_STOCK,)


def test_who_may_have_a_gift_kept() -> None:
    """Rows: FL-19."""
    stock = GiftStock("A-store", "umbrella", 2)

    def may(of: GiftStock | None, offer: str, quantity: int, days: int) -> Refusal | None:
        data = HoldData(offer, quantity, DAY + timedelta(days=days))
        return gift_stock.may_hold(RULES, "A", of, data, DAY, ANNA)

    assert may(stock, "umbrella", 2, 90) is None
    assert may(stock, "umbrella", 0, -5) is None
    assert code(may(stock, "no-gift", 1, 1)) is Code.GIFT_UNKNOWN
    assert code(may(None, "umbrella", 1, 1)) is Code.GIFT_NOT_COUNTED
    assert code(may(stock, "umbrella", 1, 91)) is Code.HOLD_TOO_LONG
    assert code(may(stock, "umbrella", 3, 1)) is Code.GIFT_OUT_OF_STOCK
    assert gift_stock.may_take(None, 99, DAY, ANNA) is None


def test_instead_of_a_gift_that_is_gone_others_for_no_more_points_are_offered() -> None:
    """Rows: FL-19. Instead of 1000 points: a scarf (800), a mug (300, at A); not the case."""

    def offered(dealer: str, offer: str, stocks: dict[str, GiftStock]) -> list[str]:
        found = gift_stock.instead(RULES, dealer, offer, stocks, DAY, ANNA)
        return [gift.offer for gift in found]

    assert offered("A", "umbrella", {}) == ["scarf", "mug"]
    assert offered("B", "umbrella", {}) == ["scarf"]
    assert offered("A", "umbrella", {"scarf": GiftStock("A-store", "scarf", 0)}) == ["mug"]
    assert offered("A", "none", {}) == []


# ------------------------------------------------------------------------------------------ virtual
def order_of(books: HeadOffice, order: str) -> VirtualOrder:
    found = books.records[RecordKey("virtual", order)]
    assert isinstance(found, VirtualOrder)
    return found


def outcome(books: HeadOffice, order: str, what: str, member: UUID = ANNA, **changes: Any) -> Any:
    desk = Desk("HQ")
    desk.seq = sum(result.ref.device == desk.device for result in books.results)
    return books.receive_at(HQ, [desk.outcome(order, member, what, **changes)])[0]


def fail(books: HeadOffice, order: str, member: UUID = ANNA) -> Any:
    effects = extras.given_back(order_of(books, order), member)
    return outcome(books, order, "failed", member, effects=effects)


def test_a_virtual_good_is_paid_to_head_office_and_issued() -> None:
    """Rows: FL-55, FL-56. 600 points of A and 400 of C buy coins settled at 9.00: A pays 5.40, C
    pays 3.60, head office receives 9.00."""
    books, desk = office(), Desk("B")
    earned(books, "A", 600)
    earned(books, "C", 400)
    order, entry = desk.order_virtual(ANNA)
    assert books.receive(desk, entry)[0].codes == ()
    queued = order_of(books, order)
    told = extras.told(queued, "")
    assert (told.order, told.state, told.points, told.given) == (order, "queued", 1_000, "")
    assert books.nets() == {"A": (5_40, 0), "C": (3_60, 0), "HQ": (0, 9_00)}
    assert outcome(books, order, "issued").codes == ()
    assert order_of(books, order).state == "issued"
    assert fail(books, order).codes == (Issue.VIRTUAL_ORDER,)
    assert books.balances(ANNA).points == 0


def test_points_of_an_order_that_failed_go_back_to_their_lots() -> None:
    """Rows: FL-56. The same order fails: every lot and every dealer is as before."""
    books, desk = office(), Desk("B")
    earned(books, "A", 600)
    earned(books, "C", 500)
    order, entry = desk.order_virtual(ANNA)
    books.receive(desk, entry)
    assert [lot.open for lot in books.lots.values()] == [0, 100]
    assert fail(books, order).codes == ()
    assert [lot.open for lot in books.lots.values()] == [600, 500]
    assert [lot.open for lot in books.members[ANNA].lots] == [500, 600]
    assert books.balances(ANNA).points == 1_100
    assert books.nets() == {"A": (0, 0), "C": (0, 0), "HQ": (0, 0)}
    assert [(a.quantity, a.amount_minor) for a in books.allocations] == [
        (600, 5_40), (400, 3_60), (-600, -5_40), (-400, -3_60)
    ]  # fmt: skip
    assert fail(books, order).codes == (Issue.VIRTUAL_ORDER,)  # once
    assert books.balances(ANNA).points == 1_100


def test_a_request_takes_nothing_until_head_office_takes_it_up() -> None:
    """Rows: FL-55: offline it is a queued request that debits nothing."""
    books, desk = office(), Desk("A")
    earned(books, "A", 2_000)
    order, entry = desk.order_virtual(ANNA, request=True)
    assert books.receive(desk, entry)[0].codes == ()
    assert (order_of(books, order).state, books.balances(ANNA).points) == ("requested", 2_000)
    assert outcome(books, order, "issued").codes == (Issue.VIRTUAL_ORDER,)
    effects, claims = extras.debit("virtual", ANNA, "HQ", 1_000, 900, "q-100", 1_000)
    taken = outcome(books, order, "queued", effects=effects, claims=claims)
    assert taken.codes == ()
    assert (order_of(books, order).state, books.balances(ANNA).points) == ("queued", 1_000)
    assert books.nets() == {"A": (9_00, 0), "HQ": (0, 9_00)}
    assert fail(books, order).codes == ()
    assert books.balances(ANNA).points == 2_000
    other, entry = desk.order_virtual(ANNA, "film", request=True)
    books.receive(desk, entry)
    assert outcome(books, other, "failed").codes == ()
    assert books.balances(ANNA).points == 2_000


def test_outcomes_that_do_not_fit_their_order_are_exceptions() -> None:
    books, desk = office(), Desk("A")
    earned(books, "A", 2_000)
    order, entry = desk.order_virtual(ANNA)
    books.receive(desk, entry)
    assert outcome(books, "no-such", "issued").codes == (Issue.VIRTUAL_ORDER,)
    assert outcome(books, order, "issued", BEN).codes == (Issue.VIRTUAL_ORDER,)
    assert outcome(books, order, "failed").codes == (Issue.VIRTUAL_ORDER,)  # gives nothing back
    assert order_of(books, order).state == "queued"


def test_a_hole_in_a_failed_order_is_struck_and_a_covered_one_comes_back_from_head_office() -> None:
    """Rows: FL-56; golden case 15's kind of hole. 1000 points ordered with 600 there; 100 are
    earned at C before it fails and cover part of the hole: 600 go back to A's lot, 300 are struck,
    and 100, for which C paid head office 0.90, come back as points that head office funds."""
    books, desk = office(), Desk("B")
    earned(books, "A", 600)
    order, entry = desk.order_virtual(ANNA)
    assert books.receive(desk, entry)[0].codes == (Issue.OVERDRAFT,)
    earned(books, "C", 100)
    assert books.balances(ANNA).points == -300
    assert fail(books, order).codes == ()
    assert books.balances(ANNA).points == 700
    assert [(lot.dealer, lot.open) for lot in books.members[ANNA].lots] == [("A", 600), ("HQ", 100)]
    assert books.members[ANNA].uncovered == []
    assert books.nets() == {"A": (0, 0), "C": (90, 0), "HQ": (0, 90)}


def test_points_that_come_back_cover_what_another_operation_left_open() -> None:
    books, desk = office(), Desk("B")
    earned(books, "A", 1_000)
    order, entry = desk.order_virtual(ANNA)
    books.receive(desk, entry)
    books.receive(desk, desk.gift(ANNA, "scarf"))
    assert books.balances(ANNA).points == -800
    fail(books, order)
    assert books.balances(ANNA).points == 200
    assert books.nets() == {"A": (40_00, 0), "B": (0, 40_00), "HQ": (0, 0)}


def test_points_of_an_order_of_somebody_merged_meanwhile_come_back_to_who_stands_for_them() -> None:
    """Rows: FL-56; golden case 19. The lot was used up when Ben became Anna: it follows now."""
    books, desk = office(), Desk("B")
    earned(books, "A", 1_000, BEN)
    order, entry = desk.order_virtual(BEN)
    books.receive(desk, entry)
    hq = Desk("HQ")
    hq.seq = sum(result.ref.device == hq.device for result in books.results)
    body = hq.body(Kind.MERGE, ANNA, data=plain(MergeData(BEN)), programme=0)
    assert books.receive_at(HQ, [hq.write(body)])[0].post_seq is not None
    assert fail(books, order, BEN).post_seq is not None
    assert (books.balances(ANNA).points, books.balances(BEN).points) == (1_000, 0)
    (lot,) = books.members[ANNA].lots
    assert (lot.member, lot.came_from, lot.open) == (ANNA, (BEN,), 1_000)
    assert books.nets() == {"A": (0, 0), "HQ": (0, 0)}


def test_an_order_head_office_did_not_offer_there_is_an_exception() -> None:
    books, desk = office(), Desk("A")
    earned(books, "A", 2_000)
    order, entry = desk.order_virtual(ANNA, "film")
    stranger = Desk("B")
    told = books.receive_at(("B", "B-store", "B1"), [entry])[0]
    assert Issue.RULE_MISMATCH in told.codes
    assert order_of(books, order).state == "queued"
    data = extras.VirtualData("q-100", 1, 1_000, 0, 0)
    body = stranger.body(Kind.VIRTUAL_ORDER, ANNA, data=plain(data))
    result = books.receive(stranger, stranger.write(body))[0]
    assert result.codes == (Issue.VIRTUAL_ORDER,)  # no request, and takes nothing
    wrong = [msgspec.structs.replace(data, offer="none", request=True)]
    body = stranger.body(Kind.VIRTUAL_ORDER, ANNA, data=plain(wrong[0]))
    assert books.receive(stranger, stranger.write(body))[0].codes == (Issue.RULE_MISMATCH,)
    claim = extras.debit("virtual", ANNA, "HQ", 10, 5, "none", 0)
    body = stranger.body(
        Kind.VIRTUAL_ORDER, ANNA, data=plain(data), effects=claim[0], claims=claim[1]
    )
    assert Issue.RULE_MISMATCH in books.receive(stranger, stranger.write(body))[0].codes


def test_what_cannot_be_ordered_is_refused() -> None:
    def ordered(offer: str, quantity: int, has: int, *, request: bool = False) -> object:
        return extras.virtual_order(RULES, ANNA, "B", offer, quantity, has, request=request)

    assert code(ordered("film", 1, 9_999)) is Code.GIFT_UNKNOWN  # A only
    assert code(ordered("q-100", 0, 9_999)) is Code.AMOUNT_NOT_POSITIVE
    assert code(ordered("q-100", 101, 9_999)) is Code.TOO_LARGE
    assert code(ordered("q-100", 2, 1_999)) is Code.POINTS_SHORT
    made = granted(extras.virtual_order(RULES, ANNA, "B", "q-100", 2, 0, request=True))
    assert (made.effects, made.claims) == ((), ())
    assert made.data == extras.VirtualData("q-100", 2, 2_000, 2_000, 1_800, True)


# ------------------------------------------------------------------------------------------- events
def test_an_event_takes_points_once_and_its_dealer_is_paid() -> None:
    """Rows: FL-12, FL-13. The party cost 300 points, settled at 15.00 with A that held it; Anna's
    points are C's. The second till that ticks her off takes nothing.

    Rows: WAT-47.
    """
    books, desk, other = office(), Desk("B"), Desk("C")
    earned(books, "C", 1_000)
    assert books.receive(desk, desk.attend(ANNA))[0].codes == ()
    assert books.nets() == {"A": (0, 15_00), "C": (15_00, 0)}
    assert books.receive(other, other.attend(ANNA))[0].codes == (Issue.EVENT_TWICE,)
    assert books.balances(ANNA).points == 700
    earned(books, "A", 300, BEN)
    assert books.receive(other, other.attend(BEN))[0].codes == ()


def test_an_event_nobody_announced_is_worth_nothing() -> None:
    books, desk = office(), Desk("B")
    earned(books, "C", 1_000)
    effects, claims = extras.debit("event", ANNA, "B", 300, 1_500, "picnic", 0)
    data = extras.EventData("picnic", 300, 1_500)
    body = desk.body(Kind.EVENT_DEDUCTION, ANNA, data=plain(data), effects=effects, claims=claims)
    assert books.receive(desk, desk.write(body))[0].codes == (Issue.RULE_MISMATCH,)
    assert books.nets() == {"B": (0, 0), "C": (0, 0)}
    body = desk.body(
        Kind.EVENT_DEDUCTION,
        ANNA,
        data={"event": "a\n", "points": 1, "settlement_minor": 0},
        programme=99,
    )
    assert Issue.RULE_MISMATCH in books.receive(desk, desk.write(body))[0].codes


def test_who_can_be_deducted() -> None:
    """Rows: FL-13."""
    assert code(extras.event_deduction(RULES, ANNA, "picnic", 999)) is Code.EVENT_UNKNOWN
    assert code(extras.event_deduction(RULES, ANNA, "party", 299)) is Code.POINTS_SHORT
    made = granted(extras.event_deduction(RULES, ANNA, "party", 300, "was there"))
    assert made.data == extras.EventData("party", 300, 1_500, "was there")


# ------------------------------------------------------------------------------ feedback and alerts
def test_feedback_counts_once_per_receipt() -> None:
    """Rows: BEST-20, WAT-20.

    Rows: BBK-13.
    """
    books, desk = office(), Desk("A")

    def give(receipt: str, stars: int) -> tuple[Issue, ...]:
        data = plain(extras.FeedbackData(receipt, stars))
        entry = desk.write(desk.body(Kind.FEEDBACK, None, data=data))
        return books.receive(desk, entry)[0].codes

    assert give("A1-2-000017", 5) == ()
    assert give("A1-2-000017", 1) == (Issue.FEEDBACK_TWICE,)
    assert give("A1-2-000018", 6) == (Issue.FEEDBACK_TWICE,)
    assert give("", 4) == (Issue.FEEDBACK_TWICE,)
    found = books.records[RecordKey("feedback", "A1-2-000017")]
    assert found == Feedback("A1-2-000017", 5, "A-store", DAY)


def test_one_report_flags_a_product() -> None:
    """Rows: WAT-33. One case suffices; more are counted."""
    books, desk = office(), Desk("A")

    def report(sku: str) -> None:
        data = plain(extras.AlertData(sku, "allergy"))
        books.receive(desk, desk.write(desk.body(Kind.PRODUCT_ALERT, None, data=data)))

    report("P1")
    key = RecordKey("alert", "P1")
    first = books.records[key]
    assert isinstance(first, Alert)
    assert (first.state, first.reports, first.what) == ("open", 1, "allergy")
    books.records[key] = msgspec.structs.replace(first, state="cleared")
    report("P1")
    again = books.records[key]
    assert isinstance(again, Alert)
    assert (again.state, again.reports) == ("open", 2)
    report("")
    assert len(books.records) == 1


# ----------------------------------------------------------------------------------------- settings
def test_settings_that_make_no_sense_are_refused() -> None:
    good = VirtualGood("a", words(), "flowers", 1, 0, 0)
    event = Event("a", words(), date(2026, 1, 1), 1, 0, "A")
    for wrong in (
        lambda: VirtualGood("a", words(), "gold", 1, 0, 0),
        lambda: VirtualGood("a", words(), "flowers", 0, 0, 0),
        lambda: Event("", words(), date(2026, 1, 1), 1, 0, "A"),
        lambda: Event("a/b", words(), date(2026, 1, 1), 1, 0, "A"),
        lambda: ExtraRules((good,), (event,)),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  # each names its own field
            wrong()


@pytest.mark.parametrize("name", ["hold_gift", "feedback", "product_alert"])
def test_posting_without_data_is_a_bug(name: str) -> None:
    class Run:
        class admitted:  # noqa: N801  # stands for an attribute
            data = None

        class body:  # noqa: N801  # stands for an attribute
            member = None

    with pytest.raises(TypeError):
        getattr(posting_extras, name)(Run())


@pytest.mark.parametrize("name", ["order_virtual", "virtual_outcome", "deduct_event"])
def test_moving_without_data_is_a_bug(name: str) -> None:
    class Run:
        class admitted:  # noqa: N801  # stands for an attribute
            data = None

        body = None

    with pytest.raises(TypeError):
        getattr(posting_extras, name)(Run(), None)
