"""Money, points, ids, business dates, parts: the small values everything is made of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.business_day import business_date, months_before
from sync.domain.earning import earn
from sync.domain.ids import uuid7, uuid7_ms
from sync.domain.money import Money, money, plain
from sync.domain.parts import share_of_rest, spread
from sync.domain.points import Points


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("3000.00", 300_000),
        ("3,000.00", 300_000),
        ("1,234,567.8", 123_456_780),
        (" 50 ", 5_000),
        ("-0.5", -50),
        ("+7", 700),
        (".05", 5),
        ("5.", 500),
    ],
)
def test_money_as_people_write_it(text: str, minor: int) -> None:
    assert money(text) == Money(minor)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "-",
        "1.234",
        "1e3",
        "-+5",
        "--5",
        "0,50",
        "1,2,3",
        "12,34.00",
        ",5",
        "٣",
        "3 000",
        "¥5",
        "1.2.3",
        "NaN",
    ],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        money(text)


@given(minor=st.integers(-(10**15), 10**15))
def test_money_reads_what_it_writes(minor: int) -> None:
    assert money(plain(minor)).minor == minor
    assert money(f"{plain(abs(minor))}").minor == abs(minor)


def test_money_adds_and_compares_within_its_currency() -> None:
    one, two = money("1"), money("2")
    assert one + two == money("3")
    assert one - two == -one == money("-1")
    assert one < two
    assert two > one
    assert one <= Money(100)
    assert one >= Money(100)
    assert one
    assert not Money(0)


def test_money_meets_nothing_else() -> None:
    for other in (Money(1, "USD"), 1, Points(1)):
        with pytest.raises(TypeError, match="CNY meets"):
            Money(1) + other  # type: ignore[operator]  # what must not work
        with pytest.raises(TypeError, match="CNY meets"):
            _ = Money(1) < other  # type: ignore[operator]  # what must not work


def test_points_add_to_points_only() -> None:
    assert Points(5) + Points(2) == Points(7)
    assert Points(5) - Points(7) == -Points(2)
    assert Points(1)
    assert not Points(0)
    assert Points(1) < Points(2)
    with pytest.raises(TypeError, match="add only to points"):
        Points(1) + 1  # type: ignore[operator]  # what must not work
    with pytest.raises(TypeError, match="subtract only from points"):
        Points(1) - Money(1)  # type: ignore[operator]  # what must not work


def test_uuid7_is_as_the_standard_says() -> None:
    # RFC 9562 appendix A.6: 2022-02-22 19:22:22 UTC, rand_a CC3, rand_b 18C4DC0C0C07398F
    random = ((0xCC3 << 62) | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    made = uuid7(0x017F22E279B0, random)
    assert str(made) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert uuid7_ms(made) == 0x017F22E279B0


@given(ms=st.integers(0, (1 << 48) - 2), random=st.binary(min_size=10, max_size=10))
def test_uuid7_sorts_by_time(ms: int, random: bytes) -> None:
    assert uuid7(ms, random) < uuid7(ms + 1, bytes(10))
    assert uuid7_ms(uuid7(ms, random)) == ms


def test_uuid7_refuses_other_times_and_randomness() -> None:
    for ms, random in ((-1, bytes(10)), (1 << 48, bytes(10)), (0, bytes(9))):
        with pytest.raises(ValueError, match=r"out of range|random bytes"):
            uuid7(ms, random)
    with pytest.raises(ValueError, match="not a UUIDv7"):
        uuid7_ms(UUID(int=0))


@pytest.mark.parametrize(
    ("local", "cutoff", "day"),
    [
        (datetime(2026, 11, 22, 3, 59, tzinfo=UTC), 4, date(2026, 11, 21)),
        (datetime(2026, 11, 22, 4, 0, tzinfo=UTC), 4, date(2026, 11, 22)),
        (datetime(2026, 1, 1, 0, 0, tzinfo=UTC), 0, date(2026, 1, 1)),
        (datetime(2024, 3, 1, 2, 0, tzinfo=UTC), 4, date(2024, 2, 29)),
    ],
)
def test_the_business_day_ends_at_the_cut_off(local: datetime, cutoff: int, day: date) -> None:
    """Rows: pitfall 12."""
    for offset_min in (0, 480, -300, 345):
        utc_ms = (int(local.timestamp()) - offset_min * 60) * 1_000 + 999
        assert business_date(utc_ms, offset_min, cutoff) == day


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2023, 2, 28), -12, date(2024, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 15), -1, date(2027, 1, 15)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(1, 1, 15), 1, date.min),
        (date(9999, 12, 15), -1, date.max),
    ],
)
def test_months_are_clipped_to_their_ends(day: date, months: int, found: date) -> None:
    assert months_before(day, months) == found


def test_spread_refuses_what_has_no_answer() -> None:
    assert spread(0, [0, 0]) == [0, 0]
    assert spread(0, []) == []
    with pytest.raises(ValueError, match="nothing to spread"):
        spread(1, [0, 0])
    with pytest.raises(ValueError, match="negative"):
        spread(1, [2, -1])


def test_a_negative_spread_mirrors_the_positive_one() -> None:
    assert spread(-100, [1, 1, 1]) == [-34, -33, -33]
    assert spread(10, [Fraction(1, 3), Fraction(1, 6)]) == [7, 3]


@given(amount=st.integers(0, 10**6), takers=st.lists(st.integers(1, 50), min_size=1, max_size=9))
def test_takers_one_by_one_get_it_all(amount: int, takers: list[int]) -> None:
    left, units = amount, sum(takers)
    for taken in takers:
        share = share_of_rest(left, taken, units)
        assert 0 <= share <= left
        left, units = left - share, units - taken
    assert left == 0


def test_nobody_takes_more_than_there_is() -> None:
    for taken in (0, 3):
        with pytest.raises(ValueError, match="cannot take"):
            share_of_rest(100, taken, 2)


def test_nothing_is_earned_on_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="earn base is negative"):
        earn([5, -1], [Fraction(1)] * 2, 1)
    assert earn([], [], 1).points == Points(0)
    assert earn([100], [Fraction(0)], 1).by_line == (0,)
