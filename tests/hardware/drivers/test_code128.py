from __future__ import annotations

import pytest
from barcode import Code128
from hypothesis import given
from hypothesis import strategies as st

from hardware.drivers.code128 import bars, escpos_data, modules, parse_escpos, split


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        ("SH01-2-1-000412", (("B", "SH01-2-1-"), ("C", "000412"))),
        ("12345", (("B", "1"), ("C", "2345"))),
        ("123", (("B", "123"),)),
        ("A1234B", (("B", "A1234B"),)),
        ("A123456B", (("B", "A"), ("C", "123456"), ("B", "B"))),
    ],
)
def test_sets(data: str, parts: tuple[tuple[str, str], ...]) -> None:
    assert split(data) == parts


@given(data=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_the_printers_form_says_the_same(data: str) -> None:
    parts = split(data)
    assert "".join(text for _, text in parts) == data
    assert parse_escpos(escpos_data(parts)) == parts
    assert len(bars(parts)) == modules(parts)


def test_bars_agree_with_another_implementation() -> None:
    assert bars((("B", "SH-A"),)) == Code128("SH-A").build()[0]


@pytest.mark.parametrize("data", ["", "会员", "a\tb"])
def test_what_no_barcode_can_say_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        split(data)


def test_data_without_a_set_is_refused() -> None:
    with pytest.raises(ValueError, match="set"):
        parse_escpos(b"1234")
