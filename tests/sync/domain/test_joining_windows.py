"""Who may join: the window of the months or of the calendar year (golden case 2)."""

from __future__ import annotations

from datetime import date

import pytest

from sync.domain.joining import Eligibility, Prospect, Purchase, eligible
from sync.domain.programme import Joining
from sync.domain.refusals import Code, Refusal
from tests.sync.domain.making import DAY, member_id, programme

CALENDAR = programme(joining=Joining(300_000, 500_000, 12, "plain", window_kind="calendar"))


def test_golden_case_2_the_calendar_year_begins_on_the_first_of_january() -> None:
    """3,000.00 on 1 January and 2,000.00 now make a member; on 31 December before they do not, and
    what is dated after today counts nothing.

    Rows: FL-05, FL-06; golden case 2.
    """
    for day, joins in (
        (date(2026, 1, 1), True),
        (date(2025, 12, 31), False),
        (date(2026, 11, 22), False),
    ):
        found = eligible(CALENDAR, DAY, 200_000, [Purchase(day, 300_000)])
        assert isinstance(found, Eligibility) is joins, day
    rolling = eligible(programme(), DAY, 200_000, [Purchase(date(2025, 12, 31), 300_000)])
    assert isinstance(rolling, Eligibility)
    assert rolling.rule == "joining.window"


def test_golden_case_2_sums_no_till_could_mean_are_refused() -> None:
    """A barcode read into the field of the amount. Rows: FL-06."""
    found = eligible(CALENDAR, DAY, 10**12)
    assert isinstance(found, Refusal)
    assert found.code is Code.TOO_LARGE


def test_who_has_joined_counts_for_nothing_more() -> None:
    """Rows: FL-06; pitfall 14."""
    spend = ((DAY, 5),)
    assert Prospect(spend).purchases() == (Purchase(DAY, 5),)
    assert Prospect(spend, joined=member_id(1)).purchases() == ()


def test_the_window_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="window_kind"):
        Joining(1, 1, window_kind="weekly")
