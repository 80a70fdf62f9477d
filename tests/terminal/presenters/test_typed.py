from __future__ import annotations

from datetime import date

import pytest

from terminal.presenters.typed import (
    amount_minor,
    birthday,
    earlier_purchases,
    looks_like_code,
    looks_like_phone,
    pieces,
)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12", 1200), ("12.5", 1250), ("12.50", 1250), (".5", 50), ("1,200.00", 120_000),
        ("0", 0), ("12.", 1200), ("", None), (".", None), ("1.234", None), ("abc", None),
        ("-5", None), ("123456789", None), ("１２．５", 1250),
    ],
)  # fmt: skip
def test_amounts_as_typed(text: str, minor: int | None) -> None:
    assert amount_minor(text) == minor


def test_pieces_stand_before_a_star() -> None:
    assert pieces("3*99.50") == (3, "99.50")
    assert pieces("3 x SK-1") == (3, "SK-1")
    assert pieces("3*") == (3, "")
    assert pieces("0*5") == (1, "0*5")
    assert pieces("SK-1") == (1, "SK-1")


def test_birthdays_as_people_write_them() -> None:
    assert birthday("11/26") == (11, 26, None)
    assert birthday("11 / 26") == (11, 26, None)
    assert birthday("1988-11-26") == (11, 26, 1988)
    assert birthday("11月26日") == (11, 26, None)
    assert birthday("") == (None, None, None)
    assert birthday("11") is None


def test_earlier_receipts() -> None:
    assert earlier_purchases("2026-05-01 1200; 2026-6-3 880.5") == (
        (date(2026, 5, 1), 120_000),
        (date(2026, 6, 3), 88_050),
    )
    assert earlier_purchases("") == ()
    assert earlier_purchases("2026-02-30 100") is None
    assert earlier_purchases("yesterday 100") is None


def test_what_a_text_looks_like() -> None:
    assert looks_like_phone("138 0013 8000")
    assert looks_like_phone("+86 13800138000")
    assert not looks_like_phone("6901234500124")
    assert looks_like_code("SK-1")
    assert not looks_like_code("zhang")
    assert not looks_like_code("张文静")
