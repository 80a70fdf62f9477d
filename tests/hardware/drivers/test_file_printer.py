"""What is special to a printer made of files; the rest is tests/contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.documents import Cut, ReceiptDocument, Text
from hardware.drivers.escpos_encoder import PrinterProfile, encode
from hardware.drivers.file_printer import PAPER_OUT_FILE, FilePrinter
from hardware.errors import OutcomeUnknownError, PaperOutError
from tests.hardware import sample_receipts


def enabled(printer: FilePrinter) -> FilePrinter:
    printer.open()
    printer.enable()
    return printer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_receipt_is_bytes_text_and_picture(tmp_path: Path) -> None:
    printer = enabled(FilePrinter("printer", tmp_path))
    printer.print_document("J1", sample_receipts.chinese())
    assert names(tmp_path) == ["J1.bin", "J1.png", "J1.txt"]
    assert (tmp_path / "J1.bin").read_bytes() == encode(sample_receipts.chinese(), PrinterProfile())
    assert "积分余额" in (tmp_path / "J1.txt").read_text("utf-8")
    printer.print_document("J1", sample_receipts.chinese())
    assert "J1~2.bin" in names(tmp_path)


def test_names_stay_in_the_folder(tmp_path: Path) -> None:
    printer = enabled(FilePrinter("printer", tmp_path / "in", preview=False))
    for job_id in ("../../etc/passwd", "...", "上海/1"):
        printer.print_document(job_id, sample_receipts.english())
    assert names(tmp_path) == ["in"]
    assert len(names(tmp_path / "in")) == 6


def test_each_sheet_has_its_picture(tmp_path: Path) -> None:
    two = ReceiptDocument("en", (Text("shop"), Cut(), Text("customer")), copy_mark="COPY")
    enabled(FilePrinter("printer", tmp_path)).print_document("J1", two)
    assert names(tmp_path) == ["J1.2.png", "J1.bin", "J1.png", "J1.txt"]


def test_a_file_takes_the_paper_out(tmp_path: Path) -> None:
    printer = enabled(FilePrinter("printer", tmp_path))
    (tmp_path / PAPER_OUT_FILE).touch()
    with pytest.raises(PaperOutError):
        printer.print_document("J1", sample_receipts.english())


def test_a_full_disk_leaves_the_outcome_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = enabled(FilePrinter("printer", tmp_path, preview=False))

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutcomeUnknownError):
        printer.print_document("J1", sample_receipts.english())
    assert names(tmp_path) == []
