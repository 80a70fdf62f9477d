"""What is special to a printer that can be asked; the rest is tests/contract."""

from __future__ import annotations

import pytest

from hardware.documents import Paper
from hardware.drivers.escpos_encoder import PrinterProfile
from hardware.drivers.escpos_printer import EscPosPrinter
from hardware.emulators.printer import EmulatedPrinter
from hardware.errors import (
    CoverOpenError,
    DeviceFaultError,
    DeviceTimeoutError,
    OutcomeUnknownError,
)
from tests.hardware import sample_receipts


@pytest.fixture
def emulated() -> EmulatedPrinter:
    return EmulatedPrinter(Paper.MM80)


@pytest.fixture
def printer(emulated: EmulatedPrinter) -> EscPosPrinter:
    printer = EscPosPrinter("printer", emulated, PrinterProfile())
    printer.open()
    printer.enable()
    return printer


def test_an_open_cover_keeps_the_job(emulated: EmulatedPrinter, printer: EscPosPrinter) -> None:
    emulated.cover_open = True
    with pytest.raises(CoverOpenError):
        printer.print_document("J1", sample_receipts.english())
    assert emulated.printed == b""


def test_paper_that_ends_in_the_middle_leaves_the_outcome_unknown(
    emulated: EmulatedPrinter, printer: EscPosPrinter
) -> None:
    emulated.paper_left_bytes = 2000
    printer.print_document("J1", sample_receipts.english())
    with pytest.raises(OutcomeUnknownError) as unknown:
        printer.print_document("J2", sample_receipts.english())
    assert unknown.value.params == {"job": "J2", "reason": "paper_out"}


def test_a_line_cut_in_the_middle_leaves_the_outcome_unknown(
    emulated: EmulatedPrinter, printer: EscPosPrinter
) -> None:
    emulated.hangs_up_after_bytes = 100
    with pytest.raises(OutcomeUnknownError) as unknown:
        printer.print_document("J1", sample_receipts.english())
    assert unknown.value.params["reason"] == "device_absent"


def test_a_printer_that_does_not_answer(emulated: EmulatedPrinter, printer: EscPosPrinter) -> None:
    emulated.answer_delay_ms = 2000
    with pytest.raises(DeviceTimeoutError):
        printer.print_document("J1", sample_receipts.english())
    assert emulated.printed == b""


@pytest.mark.parametrize("status", [0x00, 0xFF, 0x12 | 0x40])
def test_nonsense_and_error_bits_are_faults(
    emulated: EmulatedPrinter,
    printer: EscPosPrinter,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter([bytes([status]), b"\x12"])
    monkeypatch.setattr(emulated, "read", lambda count, timeout_ms: next(answers))
    with pytest.raises(DeviceFaultError):
        printer.print_document("J1", sample_receipts.english())


def test_every_job_connects_anew(emulated: EmulatedPrinter, printer: EscPosPrinter) -> None:
    before = emulated.connections
    printer.print_document("J1", sample_receipts.english())
    printer.print_document("J2", sample_receipts.english())
    assert emulated.connections == before + 2
