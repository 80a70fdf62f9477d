from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.documents import (
    Align,
    Barcode,
    Block,
    CopyMark,
    Cut,
    Heading,
    Paper,
    QrCode,
    ReceiptDocument,
    Row,
    Rule,
    Space,
    Text,
    Total,
)
from hardware.drivers.receipt_layout import Line, as_text, lay_out
from tests.hardware import sample_receipts

WORDS = st.text(st.sampled_from("羊毛会员，。（¥−·é𠮷 abcXYZ0123456789.,-/"), max_size=50)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Heading, WORDS, st.booleans()),
    st.builds(Text, WORDS, st.sampled_from(Align), st.booleans()),
    st.builds(Row, WORDS, WORDS, st.booleans(), st.integers(0, 60)),
    st.builds(Rule, st.booleans()),
    st.builds(Total, WORDS, WORDS),
    st.builds(Barcode, st.just("SH01-2-1-000412")),
    st.builds(QrCode, st.just("GUIBIN1"), WORDS),
    st.builds(CopyMark, WORDS),
    st.builds(Space, st.integers(0, 3)),
    st.builds(Cut),
)


def lines(*blocks: Block, columns: int = 32) -> list[str]:
    return as_text(ReceiptDocument("zh-CN", blocks, copy_mark="副本"), columns).splitlines()[:-1]


@pytest.mark.parametrize(
    ("row", "printed"),
    [
        (Row("单号", "SH01-2-1-000412"), ["单号             SH01-2-1-000412"]),
        (Row("会员优惠", "−¥602.00"), ["会员优惠               -￥602.00"]),
        (Row("a" * 28, "1.00"), ["a" * 27, "a" + " " * 27 + "1.00"]),
        (Row("member", "x" * 40), ["member", "x" * 32, " " * 24 + "x" * 8]),
        (Row("left", ""), ["left"]),
        (Row("", "right"), [" " * 27 + "right"]),
        (Row("in", "1.00", indent=2), ["  in" + " " * 24 + "1.00"]),
    ],
)
def test_rows(row: Row, printed: list[str]) -> None:
    assert lines(row) == printed


@pytest.mark.parametrize(
    ("total", "printed"),
    [
        (Total("应收", "¥42.00"), ["应收" + " " * 14 + "￥42.00"]),  # twice as wide on paper
        (Total("Total to be paid now", "¥4,222.22"), ["Total to be paid now"]),
    ],
)
def test_totals(total: Total, printed: list[str]) -> None:
    assert lines(total)[:1] == printed


def test_a_document_ends_with_one_cut() -> None:
    document = ReceiptDocument("en", (Text("a"), Cut()), copy_mark="COPY")
    assert lay_out(document, 32)[-1] == Cut()
    assert lay_out(document, 32).count(Cut()) == 1
    assert lay_out(ReceiptDocument("en", (), copy_mark="COPY"), 32) == (Cut(),)


@pytest.mark.parametrize("document", [sample_receipts.chinese(), sample_receipts.english()])
@pytest.mark.parametrize("paper", Paper)
def test_the_samples_keep_their_facts(document: ReceiptDocument, paper: Paper) -> None:
    text = as_text(document, paper.columns)
    for fact in (sample_receipts.JOURNAL_NUMBER, "9f3a c2d1 7b0e", "1,240", "09:12", "￥560.00"):
        assert fact in text


@given(blocks=st.lists(BLOCKS, max_size=8), paper=st.sampled_from(Paper))
def test_no_line_is_wider_than_the_paper(blocks: list[Block], paper: Paper) -> None:
    document = ReceiptDocument("zh-CN", tuple(blocks), copy_mark="副本")
    for item in lay_out(document, paper.columns):
        assert not isinstance(item, Line) or item.columns <= paper.columns
    assert as_text(document, paper.columns)
