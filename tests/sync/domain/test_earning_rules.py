"""Rates, factors, caps and vesting of points, with figures worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync.domain import selling
from sync.domain.earning import EarnTerms, Goods, cap_left, earn_sale, expires_on
from sync.domain.lots import unvested
from sync.domain.members import Balances, LightRow, LotSummary, Standing
from sync.domain.posting import Issue, Outcome
from sync.domain.pricing import BasketLine
from sync.domain.programme import (
    Earning,
    EarnRule,
    OfflineLimits,
    Programme,
    Ratio,
    Tier,
)
from tests.sync.domain.making import RICH, Counter, HeadOffice, granted, member_id, programme, words

ANNA = member_id(1)
ONE, TWO, HALF = Ratio(1, 1), Ratio(2, 1), Ratio(1, 2)
SATURDAY = date(2026, 11, 21)
PLAIN = Tier("plain", words(), 0)
GOLD = Tier("gold", words(), 10, earn=Ratio(3, 2), birthday_earn=TWO)


def rules(*found: EarnRule, offline: OfflineLimits | None = None, **changes: Any) -> Programme:
    return programme(
        tiers=(PLAIN, GOLD),
        earning=Earning(**{"points_per_yuan": ONE, "rules": found, **changes}),
        offline=offline or OfflineLimits(),
    )


def points(rule: Programme, tier: Tier, *goods: Goods, **how: Any) -> int:
    redeemed = how.pop("redeemed", False)
    terms = EarnTerms(**{"day": SATURDAY, **how})
    return earn_sale(rule, "W", tier, goods, terms, redeemed=redeemed).points.count


def test_golden_case_1_a_rate_of_its_own_for_goods_brand_dealer_level_and_day() -> None:
    """100.00 at 1:1 earn 100. Outlet goods at 2:1 earn 50; the first rate in the list that holds is
    taken; what does not hold is not.

    Rows: FL-24; golden case 1.

    Rows: BEST-23.
    """
    outlet = EarnRule("outlet", "ratio", HALF, categories=("outlet",))
    brand = EarnRule("brand", "ratio", TWO, brands=("b",), dealers=("W",))
    rule = rules(outlet, brand)
    assert points(rule, PLAIN, Goods(10_000)) == 100
    assert points(rule, PLAIN, Goods(10_000, "", "outlet")) == 50
    assert points(rule, PLAIN, Goods(10_000, "b", "outlet")) == 50
    assert points(rule, PLAIN, Goods(10_000, "b")) == 200
    other = earn_sale(rule, "A", PLAIN, [Goods(10_000, "b")], EarnTerms(SATURDAY))
    assert other.points.count == 100
    gold = rules(EarnRule("gold", "ratio", TWO, tiers=("gold",)))
    assert points(gold, PLAIN, Goods(10_000)) == 100


def test_golden_case_1_days_of_the_week_and_dates_hold_inclusively() -> None:
    """Double points on Saturdays from 21 to 28 November. Rows: FL-24."""
    rule = rules(
        EarnRule(
            "weekend", "factor", TWO, weekdays=(6,),
            from_day=date(2026, 11, 21), to_day=date(2026, 11, 28),
        )
    )  # fmt: skip
    days = {
        date(2026, 11, 14): 100,
        SATURDAY: 200,
        date(2026, 11, 22): 100,
        date(2026, 11, 28): 200,
        date(2026, 12, 5): 100,
    }
    assert {day: points(rule, PLAIN, Goods(10_000), day=day) for day in days} == days
    assert points(rule, PLAIN, Goods(10_000), day=None) == 100
    always = rules(EarnRule("always", "factor", TWO))
    assert points(always, PLAIN, Goods(10_000), day=None) == 200


def test_pitfall_33_how_factors_add_up_is_said() -> None:
    """Gold 1.5, birthday 2, weekend 3 on 100.00: the best of them is 300, all of them 900.

    Rows: FL-24, FL-28, FL-18; pitfall 33.
    """
    weekend = EarnRule("weekend", "factor", Ratio(3, 1), weekdays=(6,))
    best, product = rules(weekend), rules(weekend, stacking="product")
    assert points(best, GOLD, Goods(10_000), birthday=True) == 300
    assert points(product, GOLD, Goods(10_000), birthday=True) == 900
    assert points(best, GOLD, Goods(10_000), birthday=True, day=date(2026, 11, 20)) == 200
    assert points(best, GOLD, Goods(10_000), day=date(2026, 11, 20)) == 150
    told = earn_sale(product, "W", GOLD, [Goods(10_000)], EarnTerms(SATURDAY, birthday=True))
    named = [step.of["by"] for step in told.trace if step.rule == "earn.factor"]
    assert named == ["weekend", "tier.gold", "birthday"]


def test_golden_case_10_exact_fractions_over_lines_with_different_rates() -> None:
    """99.99 at 1:1 and 0.02 at 1.5: 99.99 + 0.03 = 100.02, so 100 points, none of them lost by
    rounding each line.

    Rows: FL-24; pitfall 8; golden cases 1 and 10.
    """
    rule = rules(EarnRule("b", "factor", Ratio(3, 2), brands=("b",)))
    made = earn_sale(rule, "W", PLAIN, [Goods(9_999), Goods(2, "b")], EarnTerms(SATURDAY))
    assert (made.points.count, made.by_line) == (100, (100, 0))


def test_caps_are_said_and_spread_over_the_lines() -> None:
    """1,000 + 500 points with at most 600 a sale: 400 + 200. A sale that redeems earns nothing
    where the programme says so. Rows: FL-24; pitfall 5.
    """
    rule = rules(sale_cap_points=600, redeeming_earns=False)
    goods = (Goods(100_000), Goods(50_000))
    made = earn_sale(rule, "W", PLAIN, goods, EarnTerms(SATURDAY))
    assert (made.points.count, made.by_line) == (600, (400, 200))
    assert made.trace[-1].rule == "earn.cap_sale"
    assert made.trace[-1].of == {"points": 1_500, "cap": 600}
    assert points(rule, PLAIN, *goods, cap_points=10) == 10
    assert points(rule, PLAIN, *goods, redeemed=True) == 0
    assert points(rules(), PLAIN, *goods, redeemed=True) == 1_500


def test_what_the_till_may_still_give() -> None:
    """The day's cap and the offline cap, the tighter of both. Rows: FL-24; design.md earn cap."""
    assert cap_left(rules(), 5_000, 5_000) is None
    day = rules(day_cap_points=1_000)
    assert [cap_left(day, used, 0) for used in (0, 999, 1_000, 1_200)] == [1_000, 1, 0, 0]
    both = rules(day_cap_points=1_000, offline=OfflineLimits(earn_hard_till_points=300))
    assert cap_left(both, 100, 250) == 50


def test_golden_cases_1_and_10_in_a_whole_sale() -> None:
    """Two lines of 100.00, one of them of brand b at double, paid by 100 points (10.00), 50.00 of
    principal and the rest in money: bases 95.00 and 95.00, 95 + 190 points.

    Rows: FL-24, FL-08; pitfalls 5 and 8; golden cases 1 and 10.
    """
    rule = rules(EarnRule("b", "factor", TWO, brands=("b",)))
    buyer = selling.Buyer(ANNA, PLAIN, RICH, terms=EarnTerms(SATURDAY))
    basket = [BasketLine("", 1, 10_000), BasketLine("x", 1, 10_000, brand="b")]
    quoted = granted(selling.quote(rule, "W", basket, buyer, selling.Wish(100, 5_000)))
    assert quoted.data.earn_base_minor == 19_000 - quoted.data.bonus_minor
    assert quoted.data.points_earned == 285
    assert [line.points_earned for line in quoted.data.lines] == [95, 190]
    assert (quoted.data.tier, quoted.data.lines[1].brand) == ("plain", "b")


def test_points_end_after_months_or_with_a_year() -> None:
    """Rows: FL-24; pitfall 6."""
    assert expires_on(rules(), SATURDAY) is None
    assert expires_on(rules(expiry_months=3), SATURDAY) == date(2027, 2, 21)
    assert expires_on(rules(expiry_years=0), SATURDAY) == date(2026, 12, 31)
    assert expires_on(rules(expiry_years=1), SATURDAY) == date(2027, 12, 31)


def test_points_vest_after_their_days() -> None:
    """100 points of 21 November with 7 days to wait may be spent from the 28th on; until then they
    are told as waiting, and a debit that needs them is flagged.

    Rows: FL-53, FL-24; pitfalls 4 and 7.
    """
    rule = rules(vesting_days=7)
    till, office = Counter("A", rules=rule), HeadOffice((rule,)).join(ANNA)
    office.receive(till, till.sale(ANNA, [100_000]))
    (lot,) = office.members[ANNA].lots
    assert lot.usable_from == date(2026, 11, 28)
    assert [lot.usable_on(SATURDAY + timedelta(days=days)) for days in (6, 7)] == [False, True]
    assert unvested([lot], "points", SATURDAY) == 1_000
    assert unvested([lot], "principal", SATURDAY) == 0
    (taken,) = office.receive(till, till.gift(ANNA))
    assert (taken.outcome, taken.codes) == (Outcome.POSTED_EXCEPTION, (Issue.LOT_UNVESTED,))
    till.day = SATURDAY + timedelta(days=7)
    office.receive(till, till.sale(ANNA, [100_000]))
    till.day += timedelta(days=7)
    (fine,) = office.receive(till, till.gift(ANNA))
    assert fine.codes == ()


def test_a_till_counts_waiting_points_as_not_available() -> None:
    """1,000 confirmed, 300 of them waiting until the 28th. Rows: FL-53."""
    lots = (LotSummary(None, 300, date(2026, 11, 28)), LotSummary(None, 700))
    row = LightRow(ANNA, "plain", Balances(1_000), 1, lots=lots)
    assert Standing(row, 0, day=SATURDAY).available.points == 700
    assert Standing(row, 0, day=date(2026, 11, 28)).available.points == 1_000
    assert Standing(row, 0).available.points == 1_000


def test_a_redemption_made_in_time_may_arrive_a_week_late() -> None:
    """Points end on 31 December; a gift of that day is good when it comes by 7 January, and an
    exception on the 8th. Rows: pitfall 6; sync-ledger.md 2.7."""
    rule = programme(earning=Earning(ONE, expiry_years=0))
    for arrived, codes in (
        (date(2027, 1, 7), ()),
        (date(2027, 1, 8), (Issue.LOT_EXPIRED,)),
    ):
        till, office = Counter("A", rules=rule), HeadOffice((rule,)).join(ANNA)
        office.receive(till, till.sale(ANNA, [100_000]))
        till.day = date(2026, 12, 31)
        office.arrived_on = arrived
        (made,) = office.receive(till, till.gift(ANNA))
        assert made.codes == codes


def test_settings_of_earning_have_bounds() -> None:
    twice = EarnRule("x", "ratio", ONE)
    for wrong in (
        {"stacking": "sum"},
        {"expiry_months": 1, "expiry_years": 1},
        {"expiry_years": -1},
        {"vesting_days": -1},
        {"sale_cap_points": -1},
        {"day_cap_points": -1},
        {"rules": (twice, twice)},
    ):
        with pytest.raises(ValueError, match=r"."):
            Earning(ONE, **wrong)
    with pytest.raises(ValueError, match="kind"):
        EarnRule("x", "bonus", ONE)
    with pytest.raises(ValueError, match="weekdays"):
        EarnRule("x", "ratio", ONE, weekdays=(0,))
