from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.drivers.columns import char_columns, columns_of, native, printable, wrap

TEXT = st.text(
    st.one_of(
        st.sampled_from("羊毛混纺半身裙，。（）￥·é 𠮷䶮abcXYZ 0123456789-/.,  "),
        st.characters(codec="utf-8"),
    ),
    max_size=80,
)


@pytest.mark.parametrize(
    ("char", "columns", "is_native"),
    [("a", 1, True), ("会", 2, True), ("￥", 2, True), ("·", 2, True), ("𠮷", 2, False)],
)
def test_widths(char: str, columns: int, is_native: bool) -> None:
    assert char_columns(char) == columns
    assert native(char) is is_native


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("¥10", "￥10"),
        ("−1\u00a0000", "-1 000"),
        ("a\x1b@b\x00c\x1d", "a@bc"),
        ("e\u0301", "é"),
        ("line\nline", "line line"),
    ],
)
def test_what_is_printed_is_harmless(text: str, becomes: str) -> None:
    assert printable(text) == becomes


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        ("", 10, ("",)),
        ("member price", 32, ("member price",)),
        ("member price of today", 14, ("member price", "of today")),
        ("羊毛混纺半身裙", 8, ("羊毛混纺", "半身裙")),
        ("储值，余额", 4, ("储", "值，", "余额")),
        ("总部（截至", 6, ("总部", "（截至")),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("6901234500124 × 1 会员价", 20, ("6901234500124 × 1", "会员价")),
    ],
)
def test_breaks(text: str, columns: int, lines: tuple[str, ...]) -> None:
    assert wrap(text, columns) == lines


def test_too_narrow_is_refused() -> None:
    with pytest.raises(ValueError, match="1"):
        wrap("a", 1)


@given(text=TEXT, columns=st.integers(2, 48))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, columns: int) -> None:
    """Planted bug this was seen to catch: counting every character as one column."""
    clean = printable(text)
    lines = wrap(clean, columns)
    assert all(columns_of(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == clean.replace(" ", "")


@given(text=TEXT)
def test_no_control_character_survives(text: str) -> None:
    assert all(unicodedata.category(char) != "Cc" for char in printable(text))
