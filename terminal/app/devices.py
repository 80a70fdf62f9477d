"""The devices of a till by the names of its settings: the one place that names drivers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from hardware.documents import ReceiptDocument
from hardware.drivers.file_printer import FilePrinter
from hardware.events import DeviceEvent, PrintResult
from hardware.manager.devices import DeviceManager
from terminal.config import Printer

PRINTER: Final = "printer"


def build_devices(
    printer: Printer,
    folder: Path,
    listener: Callable[[DeviceEvent], None],
    now_ms: Callable[[], int],
) -> DeviceManager:
    """The devices of a till, not started. `folder`: the till's own."""
    manager = DeviceManager(listener, now_ms)
    if printer.driver == "file":
        manager.add_printer(FilePrinter(PRINTER, folder / printer.folder, preview=printer.preview))
    return manager


class ReceiptQueue:
    """The printer as use cases see it (`terminal.usecases.ports.Printing`)."""

    def __init__(self, manager: DeviceManager) -> None:
        self._manager = manager

    def submit(
        self, job_id: str, document: ReceiptDocument, on_printed: Callable[[PrintResult], None]
    ) -> None:
        """Queue a document; `on_printed` is called once, on the printer's thread."""
        self._manager.print_receipt(PRINTER, job_id, document, on_printed)
