"""Devices that do as they are told, for the tests of the manager."""

from __future__ import annotations

import queue
from collections.abc import Callable

from hardware.documents import Paper, ReceiptDocument, Text
from hardware.errors import DeviceError
from hardware.events import CredentialRead, DeviceKind, Medium, ReadMethod, ReadRejected, Strength
from hardware.ports import Health, HealthLevel


def reading(raw: str = "6901234500124", reader_id: str = "reader") -> CredentialRead:
    return CredentialRead(reader_id, Medium.RFID, raw, ReadMethod.READ, Strength.UID, 1)


def receipt(text: str = "ok") -> ReceiptDocument:
    return ReceiptDocument("en", (Text(text),), copy_mark="COPY")


class FakeDevice:
    """Counts what is done to it; `faults` are raised by the next opens, first come first."""

    def __init__(self, device_id: str, kind: DeviceKind) -> None:
        self.device_id = device_id
        self.kind = kind
        self.calls: list[str] = []
        self.faults: list[BaseException] = []
        self.closing_fault: BaseException | None = None

    def open(self) -> None:
        self.calls.append("open")
        if self.faults:
            raise self.faults.pop(0)

    def claim(self, timeout_ms: int) -> None:
        self.calls.append(f"claim {timeout_ms}")

    def enable(self) -> None:
        self.calls.append("enable")

    def disable(self) -> None:
        self.calls.append("disable")

    def release(self) -> None:
        self.calls.append("release")
        if self.closing_fault is not None:
            raise self.closing_fault

    def close(self) -> None:
        self.calls.append("close")

    def check_health(self, level: HealthLevel) -> Health:
        return Health(True)


class FakeReader(FakeDevice):
    """Reads what is put in front of it; an exception put there is raised."""

    def __init__(self, device_id: str = "reader") -> None:
        super().__init__(device_id, DeviceKind.CARD_READER)
        self._readings: queue.Queue[CredentialRead | ReadRejected | BaseException | None]
        self._readings = queue.Queue()

    def present(self, what: CredentialRead | ReadRejected | BaseException) -> None:
        self._readings.put(what)

    def wait_read(self, timeout_ms: int) -> CredentialRead | ReadRejected | None:
        try:
            what = self._readings.get(timeout=timeout_ms / 1000)
        except queue.Empty:
            return None
        if isinstance(what, BaseException):
            raise what
        return what

    def interrupt(self) -> None:
        self._readings.put(None)


class FakePrinter(FakeDevice):
    """Keeps what it printed; `behave` is called before each job and may raise or wait."""

    def __init__(self, device_id: str = "printer") -> None:
        super().__init__(device_id, DeviceKind.PRINTER)
        self.paper = Paper.MM80
        self.printed: list[tuple[str, ReceiptDocument]] = []
        self.behave: Callable[[], None] = lambda: None
        self.trouble: type[DeviceError] | None = None

    def check_health(self, level: HealthLevel) -> Health:
        return Health(True) if self.trouble is None else Health(False, self.trouble.code)

    def print_document(self, job_id: str, document: ReceiptDocument) -> None:
        self.behave()
        if self.trouble is not None:
            raise self.trouble(self.device_id)
        self.printed.append((job_id, document))
