"""What every receipt printer must do, whatever it is made of.

A new driver joins by a `Bench` of its own in `BENCHES`: how to make it, how to take its paper
out, how to switch it off, and how to look at what it printed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from hardware.documents import Paper, ReceiptDocument
from hardware.drivers.escpos_encoder import PrinterProfile
from hardware.drivers.escpos_preview import sheet_picture
from hardware.drivers.escpos_printer import EscPosPrinter
from hardware.drivers.file_printer import FilePrinter
from hardware.emulators.printer import EmulatedPrinter
from hardware.errors import DeviceAbsentError, NotEnabledError, PaperOutError
from hardware.events import DeviceKind
from hardware.ports import Device, HealthLevel, ReceiptPrinter
from tests.hardware import sample_receipts


@dataclass
class Bench:
    """A printer under test and the hands around it."""

    printer: ReceiptPrinter
    load_paper: Callable[[bool], None]
    switch_on: Callable[[bool], None]
    pictures: Callable[[], list[Image.Image]]


def file_bench(folder: Path, paper: Paper) -> Bench:
    printer = FilePrinter("printer", folder / "receipts", PrinterProfile(paper))
    hidden = folder / "hidden"

    def switch_on(on: bool) -> None:
        if on and hidden.exists():
            printer.folder.unlink()
            hidden.rename(printer.folder)
        elif not on:
            if printer.folder.exists():
                printer.folder.rename(hidden)
            printer.folder.touch()  # a file stands where the folder should be

    def pictures() -> list[Image.Image]:
        found: list[Image.Image] = []
        for path in sorted(printer.folder.glob("*.png")):
            with Image.open(path) as picture:
                found.append(picture.copy())
        return found

    return Bench(printer, printer.load_paper, switch_on, pictures)


def escpos_bench(folder: Path, paper: Paper) -> Bench:
    emulated = EmulatedPrinter(paper)

    def load_paper(loaded: bool) -> None:
        emulated.paper_out = not loaded

    def switch_on(on: bool) -> None:
        emulated.absent = not on

    def pictures() -> list[Image.Image]:
        return [sheet_picture(sheet, paper) for sheet in emulated.sheets()]

    printer = EscPosPrinter("printer", emulated, PrinterProfile(paper))
    return Bench(printer, load_paper, switch_on, pictures)


BENCHES = {"file": file_bench, "escpos": escpos_bench}


@pytest.fixture(params=list(BENCHES))
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Paper], Bench]:
    return lambda paper: BENCHES[request.param](tmp_path, paper)


@pytest.fixture
def bench(make: Callable[[Paper], Bench]) -> Bench:
    bench = make(Paper.MM80)
    up(bench)
    return bench


def up(bench: Bench) -> None:
    bench.printer.open()
    bench.printer.claim(100)
    bench.printer.enable()


def test_it_is_a_printer(bench: Bench) -> None:
    assert isinstance(bench.printer, Device)
    assert bench.printer.kind is DeviceKind.PRINTER
    assert bench.printer.device_id == "printer"
    assert bench.printer.paper is Paper.MM80


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize(
    "document",
    [sample_receipts.chinese(), sample_receipts.english(), sample_receipts.chinese().as_copy()],
    ids=["zh", "en", "copy"],
)
def test_what_it_prints_can_be_scanned(
    make: Callable[[Paper], Bench], document: ReceiptDocument, paper: Paper
) -> None:
    bench = make(paper)
    up(bench)
    bench.printer.print_document(sample_receipts.JOURNAL_NUMBER, document)
    (picture,) = bench.pictures()
    assert {code.text for code in zxingcpp.read_barcodes(picture)} == {
        sample_receipts.JOURNAL_NUMBER,
        sample_receipts.PROOF,
    }


def test_the_same_job_twice_gives_two_receipts(bench: Bench) -> None:
    for _ in range(2):
        bench.printer.print_document("J1", sample_receipts.english())
    assert len(bench.pictures()) == 2


def test_without_paper_nothing_is_printed_until_there_is_some(bench: Bench) -> None:
    bench.load_paper(False)
    with pytest.raises(PaperOutError):
        bench.printer.print_document("J1", sample_receipts.english())
    assert bench.printer.check_health(HealthLevel.INTERNAL).code == "paper_out"
    assert bench.pictures() == []
    bench.load_paper(True)
    assert bench.printer.check_health(HealthLevel.INTERNAL).ok
    bench.printer.print_document("J1", sample_receipts.english())
    assert len(bench.pictures()) == 1


def test_switched_off_it_is_absent_and_comes_back(bench: Bench) -> None:
    bench.switch_on(False)
    with pytest.raises(DeviceAbsentError):
        bench.printer.print_document("J1", sample_receipts.english())
    assert bench.printer.check_health(HealthLevel.INTERNAL).code == "device_absent"
    assert bench.printer.check_health(HealthLevel.EXTERNAL).code == "device_absent"
    bench.printer.close()
    with pytest.raises(DeviceAbsentError):
        bench.printer.open()
    bench.switch_on(True)
    up(bench)
    bench.printer.print_document("J1", sample_receipts.english())
    assert len(bench.pictures()) == 1


def test_it_prints_only_when_enabled(bench: Bench) -> None:
    bench.printer.disable()
    with pytest.raises(NotEnabledError):
        bench.printer.print_document("J1", sample_receipts.english())
    assert bench.pictures() == []


def test_going_down_is_safe_in_any_state(make: Callable[[Paper], Bench]) -> None:
    printer = make(Paper.MM58).printer
    for _ in range(2):
        printer.disable()
        printer.release()
        printer.close()
    printer.open()
    printer.close()


def test_beyond_an_internal_check_it_prints_a_test_receipt(bench: Bench) -> None:
    assert bench.printer.check_health(HealthLevel.INTERNAL).ok
    assert bench.pictures() == []
    assert bench.printer.check_health(HealthLevel.INTERACTIVE).ok
    assert len(bench.pictures()) == 1
