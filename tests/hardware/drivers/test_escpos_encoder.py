from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from hardware.documents import (
    Barcode,
    Block,
    Cut,
    Heading,
    Paper,
    QrCode,
    ReceiptDocument,
    Row,
    Space,
    Symbology,
    Text,
)
from hardware.drivers import escpos_encoder, glyphs
from hardware.drivers.escpos_encoder import PrinterProfile, encode
from hardware.drivers.escpos_preview import UnknownCommandError, render, sheet_picture
from hardware.errors import DocumentRefusedError
from tests.hardware import sample_receipts
from tests.hardware.drivers.test_receipt_layout import BLOCKS


def document(*blocks: Block) -> ReceiptDocument:
    return ReceiptDocument("zh-CN", blocks, copy_mark="副本")


def codes(data: bytes, paper: Paper) -> list[str]:
    found: list[str] = []
    for sheet in render(data, paper):
        read = zxingcpp.read_barcodes(sheet_picture(sheet, paper))
        found.extend(code.text for code in read)
    return found


def test_chinese_goes_out_between_its_brackets() -> None:
    data = encode(document(Text("会员 A")), PrinterProfile())
    assert b"\x1c&" + "会员".encode("gb18030") + b"\x1c. A\n" in data


def test_the_yuan_sign_is_the_one_that_prints() -> None:
    data = encode(document(Text("¥1")), PrinterProfile())
    assert b"\xa3\xa4" in data
    assert "¥".encode("gb18030") not in data


def test_a_rare_surname_is_drawn_never_a_question_mark() -> None:
    data = encode(document(Row("会员", "𠮷川")), PrinterProfile())
    assert b"\x1dv0" in data
    assert "?" not in "".join(render(data, Paper.MM80)[0].lines)
    black = sum(render(data, Paper.MM80)[0].image.histogram()[:128])
    assert black > 200


def test_without_a_font_a_stand_in_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escpos_encoder, "font_files", lambda: None)
    data = encode(document(Text("𠮷川")), PrinterProfile())
    (sheet,) = render(data, Paper.MM80)
    assert sheet.lines == ("〓川",)


def test_a_printer_without_chinese_gets_pictures() -> None:
    data = encode(document(Text("会员"), Text("A")), PrinterProfile(chinese=False))
    assert b"\x1c&" not in data
    assert render(data, Paper.MM80)[0].lines == ("A",)


@pytest.mark.parametrize("native_codes", [True, False])
@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("sample", [sample_receipts.chinese(), sample_receipts.english()])
def test_the_samples_scan(sample: ReceiptDocument, paper: Paper, native_codes: bool) -> None:
    data = encode(sample, PrinterProfile(paper, native_codes=native_codes))
    assert sorted(codes(data, paper)) == [sample_receipts.PROOF, sample_receipts.JOURNAL_NUMBER]


@pytest.mark.parametrize("native_codes", [True, False])
def test_goods_codes_scan(native_codes: bool) -> None:
    goods = document(Barcode("690123450012", Symbology.EAN13))
    assert codes(encode(goods, PrinterProfile(native_codes=native_codes)), Paper.MM80) == [
        "6901234500127"
    ]


def test_a_barcode_too_wide_for_the_paper_becomes_a_qr_code() -> None:
    long = document(Barcode("SH01-2-1-000412/SH01-2-1-000412"))
    data = encode(long, PrinterProfile(Paper.MM58))
    assert b"\x1dk" not in data
    assert codes(data, Paper.MM58) == ["SH01-2-1-000412/SH01-2-1-000412"]


def test_the_biggest_qr_code_fits_the_narrowest_paper() -> None:
    data = encode(document(QrCode("x" * 2331)), PrinterProfile(Paper.MM58))
    assert codes(data, Paper.MM58) == ["x" * 2331]


@pytest.mark.parametrize(
    "block",
    [
        QrCode("x" * 2332),
        Barcode("会员"),
        Barcode(""),
        Barcode("69012345001A", Symbology.EAN13),
        Barcode("123", Symbology.EAN13),
        Barcode("6901234500128", Symbology.EAN13),
    ],
)
def test_what_no_code_can_hold_is_refused(block: Block) -> None:
    with pytest.raises(DocumentRefusedError) as refused:
        encode(document(block), PrinterProfile(Paper.MM58))
    assert refused.value.code == "document_refused"


def test_cuts_make_sheets() -> None:
    two = document(Heading("一"), Cut(), Heading("二"), Space())
    assert [sheet.lines for sheet in render(encode(two, PrinterProfile()), Paper.MM80)] == [
        ("一",),
        ("二",),
    ]
    torn = encode(two, PrinterProfile(cutter=False))
    assert len(render(torn, Paper.MM80)) == 1


def test_the_test_receipt_scans() -> None:
    data = encode(escpos_encoder.test_document("printer-1"), PrinterProfile(Paper.MM58))
    assert sorted(codes(data, Paper.MM58)) == ["TEST-0123456789", "printer-1"]


@given(blocks=st.lists(BLOCKS, max_size=6), paper=st.sampled_from(Paper))
def test_every_document_is_understood_by_the_printer(blocks: list[Block], paper: Paper) -> None:
    """The preview refuses unknown commands and lines that do not fit."""
    sheets = render(encode(document(*blocks), PrinterProfile(paper)), paper)
    assert all(sheet.image.width == paper.dots for sheet in sheets)


@pytest.mark.parametrize(
    "data", [b"\x1bZ", b"\x07", b"\x81", b"\x1dk\x02\x00", b"\x1d(A", b"a" * 49 + b"\n"]
)
def test_the_preview_refuses_what_it_does_not_know(data: bytes) -> None:
    with pytest.raises(UnknownCommandError):
        render(data, Paper.MM80)


def test_the_preview_refuses_half_a_command() -> None:
    with pytest.raises(ValueError, match="inside a command"):
        render(b"\x1ba", Paper.MM80)


def test_the_drawer_is_kicked_without_printing() -> None:
    assert render(escpos_encoder.KICK_DRAWER, Paper.MM80) == ()


def test_a_system_without_fonts_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_FONTS", ())
    glyphs.font_files.cache_clear()
    glyphs._font.cache_clear()
    try:
        (sheet,) = render(b"ab\n", Paper.MM80)
        assert sheet.lines == ("ab",)
        assert sheet.image.getextrema() == (255, 255)
    finally:
        monkeypatch.undo()
        glyphs.font_files.cache_clear()
        glyphs._font.cache_clear()
