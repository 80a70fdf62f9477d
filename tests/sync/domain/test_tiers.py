"""Levels: windows, reaching, keeping and losing them, with figures worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync.domain import tiers
from sync.domain.programme import Birthday, Levels, Programme, Ratio, Tier
from sync.domain.tiers import Benefit, LevelState, Spend
from tests.sync.domain.making import programme, words

TIERS = (
    Tier("plain", words(), 0, 950),
    Tier("gold", words(), 1_000_000, 900, keep_minor=800_000),
    Tier("diamond", words(), 2_000_000, 850, 950, keep_minor=1_500_000),
)
D = date


def rules(**levels: Any) -> Programme:
    return programme(tiers=TIERS, levels=Levels(**levels))


def levels_of(rule: Programme) -> Levels:
    assert rule.levels is not None
    return rule.levels


ROLLING = rules()
CALENDAR = rules(window="calendar", valid_months=12, to_year_end=True)
LIFETIME = rules(window="lifetime")


def up(rule: Programme, code: str, spend: Spend, day: date, total: int = 0) -> Any:
    return tiers.upgrade(rule, levels_of(rule), code, spend, total, day)


def due(rule: Programme, code: str, state: LevelState, day: date, total: int = 0) -> Any:
    return tiers.due(rule, levels_of(rule), code, state, total, day)


def test_golden_case_7_a_level_is_reached_by_the_last_fen_at_its_threshold() -> None:
    """9,999.99 is not 10,000.00; the fen more makes gold, valid for twelve months from the day.

    Rows: FL-23, FL-27, BEST-12, WAT-08; pitfall 10; golden case 7.
    """
    day = D(2026, 11, 21)
    assert up(ROLLING, "plain", ((day, 999_999),), day) is None
    made = up(ROLLING, "plain", ((day, 1_000_000),), day)
    assert (made.after, made.since, made.to) == ("gold", day, D(2027, 11, 20))
    assert (made.spent_minor, made.from_minor, made.reason) == (1_000_000, 1_000_000, "up")
    assert made.trace[0].of == {"tier": "gold", "sum": 1_000_000, "from": 1_000_000}
    jumped = up(ROLLING, "plain", ((day, 2_000_000),), day)
    assert jumped.after == "diamond"
    assert up(ROLLING, "diamond", ((day, 1_000_000),), day) is None  # never down (pitfall 11)
    assert up(ROLLING, "platinum", ((day, 9_000_000),), day) is None  # a level nobody here knows


def test_golden_case_7_the_rolling_window_is_open_at_its_start() -> None:
    """6,000.00 a year ago to the day no longer counts: (2025-11-21, 2026-11-21]. A day later than
    that it does: 6,000.00 + 4,000.00 make gold.

    Rows: FL-23, FL-27; golden case 7.
    """
    day = D(2026, 11, 21)
    assert up(ROLLING, "plain", ((D(2025, 11, 21), 600_000), (day, 400_000)), day) is None
    assert up(ROLLING, "plain", ((D(2025, 11, 22), 600_000), (day, 400_000)), day) is not None


def test_golden_case_7_calendar_year_and_lifetime_windows() -> None:
    """The calendar year forgets December in January; a lifetime counter forgets nothing.

    Rows: FL-27; golden case 7.
    """
    spend = ((D(2025, 12, 31), 600_000), (D(2026, 1, 1), 400_000))
    assert up(CALENDAR, "plain", spend, D(2026, 1, 1)) is None
    assert up(CALENDAR, "plain", (*spend, (D(2026, 3, 1), 600_000)), D(2026, 3, 1)).to == D(
        2027, 12, 31
    )
    assert up(LIFETIME, "plain", (), D(2026, 1, 1), total=1_000_000).after == "gold"
    assert tiers.window_start(levels_of(CALENDAR), D(1, 5, 1)) == D(1, 1, 1)
    assert tiers.window_start(levels_of(LIFETIME), D(2026, 5, 1)) == D(1, 1, 1)


def test_a_late_entry_is_judged_with_the_days_after_it() -> None:
    """5,000.00 of 1 March arrive after 5,000.00 of 1 May: gold from 1 May. Rows: FL-27."""
    spend = ((D(2026, 3, 1), 500_000), (D(2026, 5, 1), 500_000))
    made = up(ROLLING, "plain", spend, D(2026, 3, 1))
    assert (made.after, made.since) == ("gold", D(2026, 5, 1))


def test_golden_case_7_what_is_missing_to_keep_diamond() -> None:
    """Diamond until 2026-12-31 is kept by 15,000.00 in 2026; 13,820.00 were spent: 1,180.00 more
    keeps it until 2027-12-31, and to reach a higher level there is none.

    Rows: FL-27, FL-28; golden case 7; the picture counter-sale.png.
    """
    seen = tiers.progress(
        CALENDAR, "diamond", D(2026, 12, 31), ((D(2026, 4, 2), 1_382_000),), 1_382_000,
        D(2026, 11, 21),
    )  # fmt: skip
    assert (seen.tier.code, seen.provisional) == ("diamond", False)
    assert (seen.keep_minor, seen.keep_to) == (118_000, D(2027, 12, 31))
    assert (seen.next, seen.next_minor) == (None, None)
    assert [(s.rule, s.is_) for s in seen.trace] == [("tier.keep", 118_000)]


def test_golden_case_7_the_till_raises_a_level_at_once_and_says_so() -> None:
    """9,000.00 known and 1,000.00 just sold: gold here and now, provisional; 10,000.00 more to
    diamond; 8,000.00 keep gold, which are there.

    Rows: FL-27, pitfall 11; golden case 7.
    """
    day = D(2026, 11, 21)
    spend = tiers.counted(((D(2026, 2, 1), 900_000),), day, 100_000)
    seen = tiers.progress(ROLLING, "plain", None, spend, 1_000_000, day)
    assert (seen.tier.code, seen.provisional, seen.to) == ("gold", True, D(2027, 11, 20))
    # The window of keeping it begins on 2026-11-21: 1,000.00 of 8,000.00.
    assert (seen.keep_minor, seen.keep_to) == (700_000, D(2028, 11, 20))
    assert seen.next is not None
    assert (seen.next.code, seen.next_minor) == ("diamond", 1_000_000)
    assert [s.rule for s in seen.trace] == ["tier.up", "tier.keep", "tier.next"]


def test_without_rules_a_level_stays_what_it_is() -> None:
    """A programme that says nothing of levels changes none. Rows: FL-27."""
    plain = programme(tiers=TIERS)
    seen = tiers.progress(plain, "gold", D(2020, 1, 1), (), 9_000_000, D(2026, 11, 21))
    assert (seen.tier.code, seen.keep_minor, seen.next, seen.trace) == ("gold", None, None, ())
    lowest = tiers.progress(ROLLING, "plain", None, (), 0, D(2026, 11, 21))
    assert (lowest.keep_minor, lowest.next_minor) == (None, 1_000_000)


def test_golden_case_7_down_only_after_the_end_and_the_grace() -> None:
    """Gold until 2026-12-31 with 30 days of grace, 7,999.99 spent: nothing on 2027-01-30, silver on
    the 31st, from the first day after gold. One fen in the days of grace keeps it for a year.

    Rows: FL-27, pitfall 11; golden case 7.
    """
    state = LevelState(D(2025, 6, 1), D(2026, 12, 31), spend=((D(2026, 4, 2), 799_999),))
    assert due(CALENDAR, "gold", state, D(2027, 1, 30)) is None
    down = due(CALENDAR, "gold", state, D(2027, 1, 31))
    assert (down.before, down.after, down.reason) == ("gold", "plain", "down")
    assert (down.since, down.to) == (D(2027, 1, 1), None)
    assert (down.spent_minor, down.from_minor) == (799_999, 800_000)
    graced = LevelState(
        D(2025, 6, 1), D(2026, 12, 31), spend=((D(2026, 4, 2), 799_999), (D(2027, 1, 30), 1))
    )
    kept = due(CALENDAR, "gold", graced, D(2027, 1, 31))
    assert (kept.after, kept.reason, kept.to) == ("gold", "kept", D(2027, 12, 31))  # fmt: skip
    assert [s.rule for s in (*down.trace, *kept.trace)] == ["tier.down", "tier.kept"]


def test_golden_case_7_down_to_the_level_that_was_kept_and_no_further() -> None:
    """Diamond needs 15,000.00 to stay; 9,000.00 keep gold, which needs 8,000.00. Rows: FL-27."""
    state = LevelState(D(2026, 1, 1), D(2026, 12, 31), spend=((D(2026, 4, 2), 900_000),))
    made = due(ROLLING, "diamond", state, D(2027, 2, 1))
    assert (made.after, made.since, made.to) == ("gold", D(2027, 1, 1), D(2027, 12, 31))
    # What was spent before head office came to it counts: 20,000.00 in March keep diamond.
    late = LevelState(state.since, state.to, spend=(*state.spend, (D(2027, 3, 1), 2_000_000)))
    assert due(ROLLING, "diamond", late, D(2027, 3, 2)).after == "diamond"
    assert due(ROLLING, "plain", LevelState(D(2026, 1, 1)), D(2030, 1, 1)) is None
    assert due(ROLLING, "platinum", state, D(2030, 1, 1)) is None


def test_pitfall_10_returns_count_on_the_day_of_the_original() -> None:
    """9,000.00 in March, 1,000.00 taken back in May counts in March; a day that comes to nothing is
    gone; what is older than any window is not kept.

    Rows: pitfall 10; golden case 7.
    """
    march = D(2026, 3, 1)
    spend = tiers.counted(((march, 900_000),), march, -100_000)
    assert spend == ((march, 800_000),)
    assert tiers.counted(spend, march, -800_000) == ()
    old = tiers.counted(((D(2020, 1, 1), 5),), march, 7)
    assert old == ((march, 7),)


def test_a_light_row_never_tells_of_more_than_there_is() -> None:
    """Ten days of 1.00: the seven that leave first as they are, the other three with the eighth."""
    spend = tuple((D(2026, 1, day), 100) for day in range(1, 11))
    told = tiers.shown(spend)
    assert told == (*spend[:7], (D(2026, 1, 8), 300))
    assert tiers.shown(spend[:8]) == spend[:8]


def test_birthday_windows() -> None:
    """Born on 24 November, seven days either way; on 29 February, which is 1 March in 2027.

    Rows: FL-18.
    """
    rule = Birthday()
    day = D(2026, 11, 21)
    told = tiers.birthday_windows(rule, "1124", day)
    assert told == (
        Benefit("birthday", D(2026, 11, 17), D(2026, 12, 1)),
        Benefit("birthday", D(2027, 11, 17), D(2027, 12, 1)),
    )
    assert tiers.has_benefit(told, "birthday", D(2026, 12, 1))
    assert not tiers.has_benefit(told, "birthday", D(2026, 12, 2))
    assert not tiers.has_benefit(told, "other", D(2026, 12, 1))
    assert tiers.birthday_windows(rule, "0229", day)[0].to_day == D(2027, 3, 8)
    assert tiers.birthday_windows(rule, "", day) == ()
    assert tiers.birthday_windows(rule, "0102", D(9999, 6, 1)) == ()
    assert tiers.birthday_of(3, 8) == "0308"
    assert [tiers.birthday_of(*x) for x in ((None, 1), (1, None), (13, 1), (1, 32), (0, 5))] == [
        ""
    ] * 5


def test_levels_without_a_price_still_earn() -> None:
    """Benefits of a level: price, deeper price, earn factors, free services. Rows: FL-28."""
    tier = Tier("vip", words(), 0, earn=Ratio(3, 2), birthday_earn=Ratio(2, 1), services=("wash",))
    assert (tier.earn, tier.services, tier.keeps_from) == (Ratio(3, 2), ("wash",), 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": "weekly"},
        {"window_months": 37},
        {"valid_months": 0},
        {"grace_days": -1},
    ],
)
def test_settings_of_levels_have_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Levels(**wrong)


def test_other_settings_have_bounds() -> None:
    assert Levels(valid_months=0, to_year_end=True).valid_months == 0
    with pytest.raises(ValueError, match="days_after"):
        Birthday(days_after=400)
    with pytest.raises(ValueError, match="keep_minor"):
        Tier("x", words(), 5, keep_minor=-1)
