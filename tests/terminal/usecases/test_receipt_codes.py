"""The code on a receipt is read off paper, up to the longest one that is printed."""

from __future__ import annotations

import pytest
import zxingcpp

from hardware.documents import Paper, QrCode, ReceiptDocument
from hardware.drivers.escpos_encoder import PrinterProfile, encode
from hardware.drivers.escpos_preview import render, sheet_picture
from sync.domain import receipt_summary
from sync.domain.receipt_summary import MAX_BYTES, SIGNATURE_BYTES


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("size", [200, MAX_BYTES - SIGNATURE_BYTES])
def test_a_code_is_read_off_paper(paper: Paper, size: int) -> None:
    """Rows: return by receipt QR."""
    data = bytes(n * 7 % 256 for n in range(size))
    code = receipt_summary.code_of(data, bytes(range(64)))
    document = ReceiptDocument("en", (QrCode(code, "x"),), "COPY")
    sheets = render(encode(document, PrinterProfile(paper=paper)), paper)
    found = [
        code.text
        for sheet in sheets
        for code in zxingcpp.read_barcodes(sheet_picture(sheet, paper))
    ]
    assert found == [code]
    assert receipt_summary.read_code(found[0]) == (data, bytes(range(64)))
