"""Golden cases 9 and 15 with their figures worked out by hand, and what stands beside them."""

from __future__ import annotations

from datetime import date

from sync.domain import selling
from sync.domain.journal import Entry, Kind
from sync.domain.members import Balances
from sync.domain.posting import Issue, Outcome
from sync.domain.pricing import BasketLine
from sync.domain.programme import Earning, Gift, PointsTender, Programme, Ratio, Returns
from sync.domain.selling import Buyer
from tests.sync.domain.making import (
    RICH,
    Counter,
    HeadOffice,
    granted,
    member_id,
    plain,
    programme,
    words,
)
from tests.sync.domain.reversing import cancel, exchange, give_back, pay_out, void

ANNA = member_id(1)
PAYING = programme(points_tenders=(PointsTender("pay", 100, 1_000, 500),))
BONUS = Balances(0, 30_000, 3_000)


def office(*rules: Programme) -> HeadOffice:
    return HeadOffice(rules or (PAYING,)).join(ANNA)


def pieces(till: Counter, quantity: int, unit_minor: int) -> Entry:
    """A sale of one line of so many pieces to Anna, in cash."""
    tier = till.rules.first_tier
    basket = [BasketLine("SK-1", quantity, unit_minor)]
    quoted = granted(selling.quote(till.rules, till.dealer, basket, Buyer(ANNA, tier, RICH)))
    data = granted(selling.pay(quoted, "cash", quoted.data.money_minor))
    effects = selling.effects(data, ANNA, till.dealer, till.place.till, "CNY")
    return till.write(till.body(Kind.SALE, ANNA, data=plain(data), effects=effects))


def test_golden_case_9_a_sale_and_its_whole_return_leave_nothing() -> None:
    """Rows: golden case 9; pitfalls 1, 2; invariant 30.

    1,000 points from A. At B: 200.00, of it 50.00 by 500 points, 150.00 cash: earns 150, A owes B
    25.00. All goods back: 500 points to the lot of A, 150 taken from the lot of B, A owes nothing.
    """
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    first = a.sale(ANNA, [100_000])
    hq.receive(a, first)
    sale = b.sale(ANNA, [20_000], points=500)
    hq.receive(b, sale)
    assert hq.balances(ANNA) == Balances(650, 0, 0, 115_000)
    assert hq.nets() == {"A": (2_500, 0), "B": (0, 2_500)}
    [result] = hq.receive(b, give_back(b, sale))
    assert (result.outcome, result.codes) == (Outcome.POSTED, ())
    assert hq.balances(ANNA) == Balances(1_000, 0, 0, 100_000)
    assert [(lot.dealer, lot.open) for lot in hq.lots.values()] == [("A", 1_000), ("B", 0)]
    assert hq.nets() == {"A": (0, 0), "B": (0, 0)}
    opposite = [(x.kind, x.quantity, x.amount_minor) for x in result.allocations]
    assert opposite == [("points_tender", -500, -2_500), ("clawback", 150, 0)]


def test_golden_case_9_the_pieces_of_a_line_are_the_whole() -> None:
    """Rows: golden cases 5, 9; pitfall 3.

    Three pieces of one line, 100.02 together, 100 points: the pieces carry 34, 33, 33 points.
    """
    hq, a = office(), Counter("A", rules=PAYING)
    sale = pieces(a, 3, 3_334)
    hq.receive(a, sale)
    left = []
    for gone in range(3):
        hq.receive(a, give_back(a, sale, {0: 1}, {0: gone}))
        left.append(hq.balances(ANNA).points)
    assert left == [66, 33, 0]
    assert hq.balances(ANNA) == Balances()
    [over] = hq.receive(a, give_back(a, sale, {0: 1}, {0: 2}))
    assert over.codes == (Issue.ALREADY_REVERSED,)


def test_golden_case_9_an_expired_lot_comes_back_as_one_with_thirty_days_of_grace() -> None:
    """Rows: golden case 9. Points of January end with 20 February; used on the 10th, given back on
    the 25th: a lot of A again, until 27 March."""
    rules = programme(
        points_tenders=PAYING.points_tenders, earning=Earning(Ratio(1, 1), expiry_months=1)
    )
    hq, a, b = office(rules), Counter("A", rules=rules), Counter("B", rules=rules)
    a.day, b.day = date(2026, 1, 20), date(2026, 2, 10)
    hq.receive(a, a.sale(ANNA, [100_000]))
    sale = b.sale(ANNA, [20_000], points=1_000)
    hq.receive(b, sale)
    b.day = date(2026, 2, 25)
    [result] = hq.receive(b, give_back(b, sale))
    assert result.codes == ()
    [grace] = [lot for lot in hq.lots.values() if lot.open]
    assert (grace.dealer, grace.open, grace.expires_on) == ("A", 1_000, date(2026, 3, 27))
    assert hq.nets() == {"A": (0, 0), "B": (0, 0)}
    [old] = [
        lot for lot in hq.lots.values() if lot.business_date == date(2026, 1, 20) and lot != grace
    ]
    assert old.open == 0


def test_golden_case_15_points_already_spent_leave_a_hole_that_the_next_lot_covers() -> None:
    """Rows: golden case 15; pitfall 4.

    1,000 points of A buy the 50.00 gift at B: A pays B. The goods come back to A: -1,000, and who
    covers it owes A 50.00. 1,000 earned at C cover it: C pays A.
    """
    hq, a, b, c = office(), *(Counter(name, rules=PAYING) for name in "ABC")
    sale = a.sale(ANNA, [100_000])
    hq.receive(a, sale)
    hq.receive(b, b.gift(ANNA))
    assert hq.nets() == {"A": (5_000, 0), "B": (0, 5_000)}
    [result] = hq.receive(a, give_back(a, sale))
    assert (result.outcome, result.codes) == (Outcome.POSTED, ())
    assert hq.balances(ANNA) == Balances(-1_000)
    assert hq.nets() == {"A": (5_000, 0), "B": (0, 5_000)}
    [hole] = hq.members[ANNA].uncovered
    assert (hole.creditor, hole.open, hole.amount_minor) == ("A", 1_000, 5_000)
    hq.receive(c, c.sale(ANNA, [100_000]))
    assert hq.balances(ANNA).points == 0
    assert hq.nets() == {"A": (5_000, 5_000), "B": (0, 5_000), "C": (5_000, 0)}


def test_golden_case_15_other_points_of_the_member_cover_the_hole_at_once() -> None:
    """Rows: golden case 15. 600 of A's 1,000 were spent (30.00 to B), 400 are still there; C's 600
    cover the hole: C owes A 30.00."""
    gift = programme(gifts=(Gift("small", words(), 600, 3_000, 3_000),))
    hq, a, b, c = office(gift), *(Counter(name, rules=gift) for name in "ABC")
    sale = a.sale(ANNA, [100_000])
    hq.receive(a, sale)
    hq.receive(b, b.gift(ANNA, "small"))
    hq.receive(c, c.sale(ANNA, [100_000]))
    [result] = hq.receive(a, give_back(a, sale))
    assert [(x.lot_dealer, x.quantity, x.amount_minor, x.creditor) for x in result.allocations] == [
        ("A", 400, 0, "A"),
        ("C", 600, 3_000, "A"),
    ]
    assert hq.balances(ANNA).points == 400
    assert hq.nets() == {"A": (3_000, 3_000), "B": (0, 3_000), "C": (3_000, 0)}


def test_two_shops_take_the_same_goods_back_the_second_for_nothing() -> None:
    """Rows: golden case 9; pitfall 16; invariant 30. The cash stays with the second dealer."""
    hq, a, b, c = office(), *(Counter(name, rules=PAYING) for name in "ABC")
    sale = a.sale(ANNA, [100_000])
    hq.receive(a, sale)
    [first] = hq.receive(b, give_back(b, sale))
    assert first.codes == ()
    assert hq.balances(ANNA) == Balances()
    assert hq.nets() == {"A": (100_000, 0), "B": (0, 100_000)}  # the goods are A's again
    [second] = hq.receive(c, give_back(c, sale))
    assert second.codes == (Issue.ALREADY_REVERSED,)
    assert second.allocations == ()
    assert hq.balances(ANNA) == Balances()
    assert "C" not in hq.nets()


def test_an_exchange_is_settled_net() -> None:
    """Rows: golden case 9. 100.00 back, 130.00 taken: 30.00 due; 100 points go, 130 come."""
    hq, a = office(), Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    hq.receive(a, sale)
    [result] = hq.receive(a, exchange(a, sale, {0: 1}, [13_000], "cash"))
    assert result.codes == ()
    assert hq.balances(ANNA) == Balances(130, 0, 0, 13_000)


def test_a_void_undoes_a_whole_sale_once() -> None:
    """Rows: pitfall 16; invariant 30."""
    hq, a = office(), Counter("A", rules=PAYING)
    hq.receive(a, a.top_up(ANNA, 30_000))
    sale = a.sale(ANNA, [10_000], available=BONUS, stored_value_minor=10_000)
    hq.receive(a, sale)
    [result] = hq.receive(a, void(a, sale))
    assert result.codes == ()
    assert hq.balances(ANNA) == BONUS
    [again] = hq.receive(a, void(a, sale))
    assert again.codes == (Issue.ALREADY_REVERSED,)
    assert hq.balances(ANNA) == BONUS


def test_a_top_up_is_cancelled_at_another_dealer() -> None:
    """Rows: pitfall 19. 300.00 + 30.00 loaded at A, 100.00 of it spent at C: 90.91 + 9.09. B pays
    out 209.09 and takes back 20.91 of bonus: A owes C 90.91, B 209.09."""
    hq, a, b, c = office(), *(Counter(name, rules=PAYING) for name in "ABC")
    loaded = a.top_up(ANNA, 30_000)
    hq.receive(a, loaded)
    hq.receive(c, c.sale(ANNA, [10_000], available=BONUS, stored_value_minor=10_000))
    held = hq.balances(ANNA)
    assert (held.principal, held.bonus) == (20_909, 2_091)
    [result] = hq.receive(b, cancel(b, loaded, held))
    assert result.codes == ()
    after = hq.balances(ANNA)
    assert (after.principal, after.bonus) == (0, 0)
    assert hq.nets() == {"A": (30_000, 0), "B": (0, 20_909), "C": (0, 9_091)}


def test_what_is_left_is_paid_out_and_the_bonus_ends() -> None:
    """Rows: pitfall 18. Principal of A and C, paid out at B."""
    hq, a, b, c = office(), *(Counter(name, rules=PAYING) for name in "ABC")
    hq.receive(a, a.top_up(ANNA, 30_000))
    hq.receive(c, c.top_up(ANNA, 10_000))
    held = hq.balances(ANNA)
    assert (held.principal, held.bonus) == (40_000, 3_000)
    [result] = hq.receive(b, pay_out(b, ANNA, held))
    assert result.codes == ()
    assert hq.nets() == {"A": (30_000, 0), "B": (0, 40_000), "C": (10_000, 0)}
    assert hq.balances(ANNA) == Balances()


def test_settings_are_bounded() -> None:
    assert (Returns().grace_days, Returns().cancel_days) == (30, 7)
