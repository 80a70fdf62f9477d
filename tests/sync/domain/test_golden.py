"""The golden cases of the design, each with its number and figures worked out by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from sync.domain import clearing
from sync.domain.business_day import in_window
from sync.domain.earning import earn
from sync.domain.joining import Eligibility, Purchase, eligible
from sync.domain.journal import Kind
from sync.domain.members import Balances
from sync.domain.money import money, plain
from sync.domain.posting import Issue, Outcome
from sync.domain.pricing import BasketLine, price
from sync.domain.programme import Earning, Gift, PointsTender, Ratio, StoredValue, TopUpStep
from sync.domain.redeeming import gift, points_tender
from sync.domain.refusals import Code, Refusal
from sync.domain.selling import Buyer, Wish, pay, quote
from sync.domain.stored_value import deeper_price, split, top_up
from tests.sync.domain.making import (
    DAY,
    PROGRAMME,
    Counter,
    HeadOffice,
    granted,
    member_id,
    programme,
    stored_claim,
    words,
)

ANNA = member_id(1)


def fen(yuan: str) -> int:
    """Minor units of an amount as people write it."""
    return money(yuan).minor


# ---------------------------------------------------------------------------------------- case 1
@pytest.mark.parametrize(
    ("yuan", "num", "den", "points"),
    [("1.00", 1, 1, 1), ("100.00", 1, 1, 100), ("100.00", 1, 2, 50), ("0.99", 1, 1, 0)],
)
def test_case_1_points_per_yuan(yuan: str, num: int, den: int, points: int) -> None:
    assert earn([fen(yuan)], [Fraction(num, den)], 1).points.count == points


def test_case_1_fractions_are_summed_then_rounded_down_once_then_spread_back() -> None:
    # 1.50 + 1.70 + 0.90 = 4.10 -> 4 points; by line 1, 1, 0 and the two left over go to the
    # largest remainders .90 and .70
    earned = earn([150, 170, 90], [Fraction(1)] * 3, 1)
    assert earned.points.count == 4
    assert earned.by_line == (1, 2, 1)
    assert [step.is_ for step in earned.trace] == [1, 2, 1, 4]
    assert earned.trace[-1].of == {"base": 410, "num": 41, "den": 10}


def test_case_1_ratio_of_a_dealer_goes_before_the_general_one() -> None:
    rules = programme(earning=Earning(Ratio(1, 1), {"B": Ratio(1, 2)}))
    assert granted(Counter("A", rules=rules).quote([10_000])).data.points_earned == 100
    assert granted(Counter("B", rules=rules).quote([10_000])).data.points_earned == 50


# ---------------------------------------------------------------------------------------- case 2
@pytest.mark.parametrize(
    ("purchase", "earlier", "rule"),
    [
        ("3000.00", [], "joining.single"),
        ("2999.99", [], None),
        ("1000.00", ["4000.00"], "joining.window"),
        ("999.99", ["4000.00"], None),
        ("2500.00", ["1250.00", "1250.00"], "joining.window"),
    ],
)
def test_case_2_who_may_join(purchase: str, earlier: list[str], rule: str | None) -> None:
    before = [Purchase(date(2026, 5, 1), fen(amount)) for amount in earlier]
    answer = eligible(PROGRAMME, DAY, fen(purchase), before)
    if rule is None:
        assert isinstance(answer, Refusal)
        assert answer.code is Code.NOT_ELIGIBLE
        assert answer.param("window_minor") == fen(purchase) + sum(map(fen, earlier))
        return
    assert isinstance(answer, Eligibility)
    assert answer.rule == rule
    assert [step.rule for step in answer.trace] == ["joining.single", "joining.window"]


@pytest.mark.parametrize(
    ("bought", "today", "counts"),
    [
        (date(2025, 11, 21), date(2026, 11, 21), False),  # the window is open on the left
        (date(2025, 11, 22), date(2026, 11, 21), True),
        (date(2026, 11, 21), date(2026, 11, 21), True),
        (date(2026, 11, 22), date(2026, 11, 21), False),
        (date(2023, 2, 28), date(2024, 2, 29), False),  # clipped to the end of February
        (date(2023, 3, 1), date(2024, 2, 29), True),
    ],
)
def test_case_2_twelve_months(bought: date, today: date, counts: bool) -> None:
    assert in_window(bought, today, 12) is counts
    answer = eligible(PROGRAMME, today, fen("1000.00"), [Purchase(bought, fen("4000.00"))])
    assert isinstance(answer, Eligibility) is counts


def test_case_2_joining_purchase_earns_at_the_tag_price() -> None:
    counter = Counter("A")
    joining = granted(counter.quote([fen("3000.00")], tier="diamond", joining=True))
    member = granted(counter.quote([fen("3000.00")], tier="diamond"))
    assert (joining.data.due_minor, joining.data.points_earned) == (fen("3000.00"), 3000)
    assert (member.data.due_minor, member.data.points_earned) == (fen("2700.00"), 2700)
    assert joining.data.joining
    assert joining.data.lines[0].rule == "price.tag"


def test_case_2_what_counts_is_the_earn_base() -> None:
    # 3,000.00 of goods, 10.00 of it paid with points: 2,990.00 count
    sale = granted(Counter("W").quote([fen("3000.00")], points=100)).data
    assert sale.earn_base_minor == fen("2990.00")
    assert isinstance(eligible(PROGRAMME, DAY, sale.earn_base_minor), Refusal)


# ---------------------------------------------------------------------------------------- case 3
def test_case_3_hundred_points_pay_ten_yuan_at_w_and_nowhere_else() -> None:
    """Rows: FL-09, FL-29; pitfall 35."""
    paid = granted(points_tender(PROGRAMME, "W", 100, 100, fen("10.00")))
    assert (paid.face_minor, paid.settlement_minor) == (fen("10.00"), fen("5.00"))
    refused = points_tender(PROGRAMME, "A", 100, 100, fen("10.00"))
    assert isinstance(refused, Refusal)
    assert refused.code is Code.POINTS_TENDER_NOT_HERE


def test_case_3_a_gift_has_a_face_value_and_a_settlement_value() -> None:
    """Rows: FL-25, FL-48; pitfall 36."""
    taken = granted(gift(PROGRAMME, str(ANNA), "B", "umbrella", 1, 1_000))
    claim = taken.claims[0]
    assert (claim.quantity, claim.settlement_minor, claim.face_minor) == (1_000, 5_000, 8_800)


def test_case_3_higher_face_value_is_at_the_dealers_own_cost() -> None:
    # E gives 20.00 for 100 points, settlement stays 5.00: A, which issued them, pays 5.00
    rules = programme(points_tenders=(PointsTender("points-e", 100, 2_000, 500, ("E",)),))
    office = HeadOffice((rules,)).join(ANNA)
    office.receive(a := Counter("A", rules=rules), a.sale(ANNA, [fen("100.00")]))
    office.receive(e := Counter("E", rules=rules), e.sale(ANNA, [fen("30.00")], points=100))
    assert office.nets() == {"A": (500, 0), "E": (0, 500)}


# ---------------------------------------------------------------------------------------- case 4
def test_case_4_earned_at_a_gift_at_b() -> None:
    """Rows: FL-47, FL-46."""
    office = HeadOffice().join(ANNA)
    a, b = Counter("A"), Counter("B")
    office.receive(a, a.sale(ANNA, [fen("1000.00")]))
    office.receive(b, b.gift(ANNA))
    run = clearing.run("2026-11", 0, 99, office.allocations, ["A", "B", "C"])
    assert [(p.dealer, plain(p.net_minor)) for p in run.positions] == [
        ("A", "50.00"),
        ("B", "-50.00"),
        ("C", "0.00"),
    ]
    assert office.balances(ANNA).points == 0


def test_case_4_600_from_a_and_400_from_c() -> None:
    """Rows: FL-49; pitfalls 21, 36."""
    office = HeadOffice().join(ANNA)
    a, b, c = Counter("A"), Counter("B"), Counter("C")
    office.receive(a, a.sale(ANNA, [fen("600.00")]))
    office.receive(c, c.sale(ANNA, [fen("400.00")]))
    [result] = office.receive(b, b.gift(ANNA))
    assert [(x.lot_dealer, x.quantity, plain(x.amount_minor)) for x in result.allocations] == [
        ("A", 600, "30.00"),
        ("C", 400, "20.00"),
    ]
    assert office.nets() == {"A": (3_000, 0), "B": (0, 5_000), "C": (2_000, 0)}
    run = clearing.run("2026-11", 0, 99, office.allocations, ["A", "B", "C"])
    assert clearing.positions_csv(run.positions) == (
        b"dealer,pays,receives,net,own\n"
        b"A,30.00,0.00,30.00,0.00\n"
        b"B,0.00,50.00,-50.00,0.00\n"
        b"C,20.00,0.00,20.00,0.00\n"
    )


def test_case_4_earned_and_spent_at_the_same_dealer_is_written_with_net_0() -> None:
    office = HeadOffice().join(ANNA)
    a = Counter("A")
    office.receive(a, a.sale(ANNA, [fen("1000.00")]), a.gift(ANNA))
    run = clearing.run("2026-11", 0, 99, office.allocations, [])
    assert [(line.own, line.allocation.amount_minor) for line in run.lines] == [(True, 5_000)]
    [position] = run.positions
    assert (position.pays_minor, position.receives_minor) == (0, 0)
    assert (position.own_minor, position.net_minor) == (5_000, 0)


# ---------------------------------------------------------------------------------------- case 5
def test_case_5_parts_sum_exactly_ties_to_the_oldest_lot() -> None:
    # 1.00 for 3 points out of three lots of 1: 33 1/3 fen each, the fen left over to the oldest
    rules = programme(gifts=(Gift("sample", words(), 3, 100, 100),))
    office = HeadOffice((rules,)).join(ANNA)
    for dealer in ("A", "B", "C"):
        till = Counter(dealer, rules=rules)
        office.receive(till, till.sale(ANNA, [fen("1.00")]))
    [result] = office.receive(d := Counter("D", rules=rules), d.gift(ANNA, "sample"))
    assert [(x.lot_dealer, x.amount_minor) for x in result.allocations] == [
        ("A", 34),
        ("B", 33),
        ("C", 33),
    ]


def test_case_5_largest_remainder_goes_before_age() -> None:
    # 1.00 for 7 points out of 3 + 4: 42 6/7 and 57 1/7, so the older lot gets the fen left over;
    # out of 4 + 3 it is the younger one's
    rules = programme(gifts=(Gift("sample", words(), 7, 100, 100),))
    for first, second, amounts in ((3, 4, [43, 57]), (4, 3, [57, 43])):
        office = HeadOffice((rules,)).join(ANNA)
        a, b = Counter("A", rules=rules), Counter("B", rules=rules)
        office.receive(a, a.sale(ANNA, [first * 100]))
        office.receive(b, b.sale(ANNA, [second * 100]))
        [result] = office.receive(b, b.gift(ANNA, "sample"))
        assert [x.amount_minor for x in result.allocations] == amounts


# ---------------------------------------------------------------------------------------- case 6
def test_case_6_earliest_expiry_then_oldest_then_posting_order() -> None:
    rules = programme(
        earning=Earning(Ratio(1, 1), expiry_months=12),
        gifts=(Gift("sample", words(), 1, 10, 10),),
    )
    office = HeadOffice((rules,)).join(ANNA)
    # posted 1: of 1 March; 2: of 1 February; 3: also of 1 February; all 12 months long
    for dealer, month in (("A", 3), ("B", 2), ("C", 2)):
        till = Counter(dealer, rules=rules, day=date(2026, month, 1))
        office.receive(till, till.sale(ANNA, [fen("1.00")]))
    till = Counter("D", rules=rules)
    used = [office.receive(till, till.gift(ANNA, "sample"))[0] for _ in range(3)]
    assert [result.allocations[0].lot_dealer for result in used] == ["B", "C", "A"]
    assert {lot.expires_on for lot in office.lots.values()} == {date(2027, 2, 1), date(2027, 3, 1)}


def test_case_6_expiry_goes_before_age() -> None:
    long = programme(earning=Earning(Ratio(1, 1), expiry_months=24))
    short = programme(
        version=2,
        earning=Earning(Ratio(1, 1), expiry_months=6),
        gifts=(Gift("sample", words(), 1, 10, 10),),
    )
    office = HeadOffice((long, short)).join(ANNA)
    a, b = Counter("A", rules=long, day=date(2026, 1, 1)), Counter("B", rules=short)
    office.receive(a, a.sale(ANNA, [fen("1.00")]))  # until 1 January 2028
    office.receive(b, b.sale(ANNA, [fen("1.00")]))  # until 21 May 2027
    [result] = office.receive(b, b.gift(ANNA, "sample"))
    assert [x.lot_dealer for x in result.allocations] == ["B"]


def test_case_6_allocated_once_a_late_older_lot_reopens_nothing() -> None:
    """Rows: pitfall 6."""
    office = HeadOffice().join(ANNA)
    late = Counter("A", day=date(2026, 1, 1))
    older = late.sale(ANNA, [fen("1000.00")])
    b = Counter("B")
    office.receive(b, b.sale(ANNA, [fen("1000.00")]), b.gift(ANNA))
    before = list(office.allocations)
    assert [x.lot_dealer for x in before] == ["B"]
    office.receive(late, older)
    assert office.allocations == before
    assert office.balances(ANNA).points == 1_000


# ---------------------------------------------------------------------------------------- case 8
def test_case_8_top_up_at_a_spend_at_b() -> None:
    """Rows: FL-30, FL-45; pitfalls 17, 18."""
    # 300.00 + 30.00; of 99.99 the principal's part is 99.99 x 300/330 = 90.90
    office = HeadOffice().join(ANNA)
    a, b = Counter("A"), Counter("B")
    loaded = granted(top_up(PROGRAMME, str(ANNA), "A", "till/A1/cash", "cash", 30_000, Balances()))
    assert (loaded.data.principal_minor, loaded.data.bonus_minor) == (30_000, 3_000)
    office.receive(a, a.top_up(ANNA, fen("300.00")))
    held = office.balances(ANNA)
    assert (held.principal, held.bonus) == (fen("300.00"), fen("30.00"))
    sale = b.sale(ANNA, [fen("99.99")], available=held, stored_value_minor=fen("99.99"))
    [result] = office.receive(b, sale)
    assert result.outcome is Outcome.POSTED
    assert [(x.account, x.amount_minor) for x in result.allocations] == [
        ("principal", fen("90.90")),
        ("bonus", fen("9.09")),
    ]
    rest = office.balances(ANNA)
    assert (rest.principal, rest.bonus) == (fen("209.10"), fen("20.91"))
    assert rest.points == 90  # bonus earns nothing (case 10)
    assert office.nets() == {"A": (fen("90.90"), 0), "B": (0, fen("90.90"))}


@pytest.mark.parametrize(
    ("funded_by", "nets"),
    [
        ("redeeming", {"A": (9_090, 0), "B": (0, 9_090)}),
        ("issuing", {"A": (9_999, 0), "B": (0, 9_999)}),
        ("headoffice", {"A": (9_090, 0), "B": (0, 9_999), "HQ": (909, 0)}),
    ],
)
def test_case_8_bonus_is_settled_by_who_the_programme_names(
    funded_by: str, nets: dict[str, tuple[int, int]]
) -> None:
    rules = programme(stored_value=StoredValue((TopUpStep(30_000, 3_000),), funded_by))
    office = HeadOffice((rules,)).join(ANNA)
    a, b = Counter("A", rules=rules), Counter("B", rules=rules)
    office.receive(a, a.top_up(ANNA, fen("300.00")))
    held = office.balances(ANNA)
    office.receive(b, b.sale(ANNA, [9_999], available=held, stored_value_minor=9_999))
    assert office.nets() == nets
    assert sum(pays - receives for pays, receives in nets.values()) == 0


def test_case_8_a_shortage_takes_the_other_bucket_and_says_so() -> None:
    # head office holds 60.00 + 50.00, the till thought 100.00 + 0.00 and spent 80.00 of principal
    office = HeadOffice().join(ANNA)
    a, b = Counter("A"), Counter("B")
    office.receive(a, a.moves(Kind.TOP_UP, ANNA, [("principal", 6_000), ("bonus", 5_000)]))
    sale = b.sale(ANNA, [8_000], available=Balances(0, 10_000), stored_value_minor=8_000)
    [result] = office.receive(b, sale)
    assert result.codes == (Issue.SPLIT_MISMATCH,)
    assert [(x.account, x.quantity) for x in result.allocations] == [
        ("principal", 6_000),
        ("bonus", 2_000),
    ]
    assert office.balances(ANNA) == Balances(points=80, principal=0, bonus=3_000, qualifying=8_000)


def test_case_8_own_lots_first_then_the_other_bucket() -> None:
    # 60.00 + 50.00 held; 100.00 of principal and 20.00 of bonus spent: bonus gives its own 20.00
    # first, then 30.00 to the principal; 10.00 of the principal stay uncovered
    office = HeadOffice().join(ANNA)
    a, b = Counter("A"), Counter("B")
    office.receive(a, a.moves(Kind.TOP_UP, ANNA, [("principal", 6_000), ("bonus", 5_000)]))
    claims = (stored_claim("principal", 10_000), stored_claim("bonus", 2_000))
    moves = [("principal", -10_000), ("bonus", -2_000)]
    [result] = office.receive(b, b.moves(Kind.SALE, ANNA, moves, claims))
    assert result.codes == (Issue.SPLIT_MISMATCH, Issue.OVERDRAFT)
    assert [(x.claim, x.account, x.quantity) for x in result.allocations] == [
        (0, "principal", 6_000),
        (1, "bonus", 2_000),
        (0, "bonus", 3_000),
    ]
    assert office.balances(ANNA) == Balances(principal=-1_000)
    [debt] = office.members[ANNA].uncovered
    assert (debt.account, debt.open, debt.amount_minor) == ("principal", 1_000, 1_000)


def test_case_8_deeper_price_of_the_example() -> None:
    """Rows: FL-31."""
    found = deeper_price(fen("4238.00"), 950, fen("300.00"))
    assert plain(found.gross_minor) == "315.78"
    assert plain(found.discount_minor) == "15.78"
    assert plain(found.charged_minor) == "300.00"


def test_case_8_split_is_pro_rata_over_what_the_till_knows() -> None:
    assert split(fen("300.00"), Balances(0, fen("800.00"), fen("60.00"))) == (27_907, 2_093)


# --------------------------------------------------------------------------------------- case 10
def test_case_10_the_picture_of_the_counter_sale() -> None:
    """Rows: FL-11; pitfalls 5, 9."""
    # 2,680 and 1,380 at 9 折, 980 at 784 less the 200 of the offer: 4,238.00 of 5,040.00
    basket = [
        BasketLine("6901234500124", 1, fen("2680.00")),
        BasketLine("6901234500391", 1, fen("1380.00")),
        BasketLine("6901234500803", 1, fen("980.00"), member_minor=fen("584.00")),
    ]
    diamond = PROGRAMME.tier("diamond")
    assert diamond is not None
    buyer = Buyer(ANNA, diamond, Balances(1_240, fen("800.00"), fen("60.00")))
    priced = granted(price(PROGRAMME, basket, diamond))
    assert plain(priced.tag_minor) == "5040.00"
    assert plain(priced.price_minor) == "4238.00"
    wish = Wish(points=500, stored_value_minor=fen("300.00"))
    quoted = granted(quote(PROGRAMME, "W", basket, buyer, wish))
    sale = granted(pay(quoted, "wechat", fen("3872.22")))
    assert plain(sale.stored_value_discount_minor) == "15.78"
    assert plain(sale.due_minor) == "4222.22"
    assert plain(sale.points_face_minor) == "50.00"
    assert plain(sale.principal_minor) == "279.07"
    assert plain(sale.bonus_minor) == "20.93"
    assert plain(sale.money_minor) == "3872.22"
    assert plain(sale.earn_base_minor) == "4151.29"
    assert sale.points_earned == 4_151
    # 4,151 over bases of 2,362.65, 1,216.59 and 572.05: shares end in .48, .50 and .01
    assert [line.points_earned for line in sale.lines] == [2_362, 1_217, 572]
    assert sum(line.price_minor for line in sale.lines) == fen("4238.00")


def test_case_10_top_ups_earn_nothing() -> None:
    office = HeadOffice().join(ANNA)
    a = Counter("A")
    office.receive(a, a.top_up(ANNA, fen("300.00")))
    assert (office.balances(ANNA).points, office.balances(ANNA).qualifying) == (0, 0)


# --------------------------------------------------------------------------------------- case 13
def test_case_13_a_fact_is_posted_also_when_the_points_are_not_there() -> None:
    """Rows: pitfall 15."""
    office = HeadOffice().join(ANNA)
    b, c = Counter("B"), Counter("C")
    [result] = office.receive(b, b.gift(ANNA))
    assert (result.outcome, result.codes) == (Outcome.POSTED_EXCEPTION, (Issue.OVERDRAFT,))
    assert office.balances(ANNA).points == -1_000
    assert office.nets() == {}
    # the next lot covers it: earned at C, so C owes B
    office.receive(c, c.sale(ANNA, [fen("1200.00")]))
    assert office.balances(ANNA).points == 200
    assert office.nets() == {"B": (0, 5_000), "C": (5_000, 0)}


def test_case_13_quarantine_stops_nothing_else() -> None:
    office = HeadOffice().join(ANNA)
    a = Counter("A")
    entries = [
        a.write_bytes(b"\x00 not a body"),
        a.write(a.body(Kind.FOLLOW_UP_OUTCOME, ANNA)),
        a.sale(member_id(7), [fen("5.00")]),
        a.sale(ANNA, [fen("7.00")]),
    ]
    results = office.receive(a, *entries)
    assert [(r.outcome, r.codes, r.post_seq) for r in results] == [
        (Outcome.QUARANTINED, (Issue.UNREADABLE,), None),
        (Outcome.QUARANTINED, (Issue.KIND_NOT_POSTED_YET,), None),
        (Outcome.QUARANTINED, (Issue.UNKNOWN_MEMBER,), None),
        (Outcome.POSTED, (), 1),
    ]
    assert office.balances(ANNA).points == 7
