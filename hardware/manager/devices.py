"""All devices of a till: started, supervised and stopped together, heard through one listener.

The listener is called with one event at a time, on the thread of the device it comes from, and
must return quickly (the till's posts the event to the GUI thread). Nothing here raises outwards:
what goes wrong with a device is an event. Kinds without a driver yet get their thread class and an
`add_` method beside the two below.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.documents import ReceiptDocument
from hardware.events import DeviceEvent, DeviceStatus, PrintResult, PrintState
from hardware.manager.printing import OnPrinted, PrinterThread, PrintJob
from hardware.manager.readers import ReaderThread
from hardware.manager.supervision import Backoff, DeviceThread
from hardware.ports import InputDevice, ReceiptPrinter

log = logging.getLogger("device")

Listener = Callable[[DeviceEvent], None]


@dataclass(frozen=True, slots=True)
class ManagerSettings:
    """Limits of the device threads, times in milliseconds."""

    backoff: Backoff = field(default_factory=Backoff)
    claim_timeout_ms: int = 1000
    debounce_ms: int = 1500
    print_queue_max: int = 100
    health_interval_ms: int = 3000


class DeviceManager:
    """Owns every device thread of the till."""

    def __init__(
        self,
        listener: Listener,
        now_ms: Callable[[], int],
        settings: ManagerSettings | None = None,
        *,
        monotonic_ms: Callable[[], int] | None = None,
    ) -> None:
        """Prepare an empty set of devices.

        listener: gets every event. now_ms: UTC milliseconds, stamped on results. monotonic_ms: any
        steadily growing milliseconds, for debouncing; the system's by default.
        """
        self._listener = listener
        self._now_ms = now_ms
        self._monotonic_ms = monotonic_ms or _monotonic_ms
        self._settings = settings or ManagerSettings()
        self._threads: dict[str, DeviceThread] = {}
        self._speaking = threading.Lock()
        self._running = False

    def add_reader(self, device: InputDevice, *, debounce_ms: int | None = None) -> None:
        """Take over a card reader or a scanner.

        debounce_ms: the same credential again within this time after its last reading is dropped;
        0 for scanners, where two equal codes are two pieces of goods.
        """
        settings = self._settings
        thread = ReaderThread(
            device,
            self._emit,
            settings.backoff,
            settings.claim_timeout_ms,
            monotonic_ms=self._monotonic_ms,
            debounce_ms=settings.debounce_ms if debounce_ms is None else debounce_ms,
        )
        self._add(device.device_id, thread)

    def add_printer(self, device: ReceiptPrinter) -> None:
        """Take over a printer."""
        settings = self._settings
        thread = PrinterThread(
            device,
            self._emit,
            settings.backoff,
            settings.claim_timeout_ms,
            now_ms=self._now_ms,
            queue_max=settings.print_queue_max,
            health_interval_ms=settings.health_interval_ms,
        )
        self._add(device.device_id, thread)

    def start(self) -> None:
        """Start every device's thread; devices added later start at once."""
        self._running = True
        for thread in self._threads.values():
            thread.start()

    def stop(self, deadline_ms: int = 5000) -> tuple[str, ...]:
        """Stop and join all threads; return the names of those that did not end in time.

        Waiting print jobs end as FAILED with `printer_stopped`.
        """
        self._running = False
        for thread in self._threads.values():
            thread.request_stop()
        end_ms = self._monotonic_ms() + deadline_ms
        late = tuple(
            thread.name
            for thread in self._threads.values()
            if not thread.join(max(0, end_ms - self._monotonic_ms()) / 1000)
        )
        for name in late:
            log.error("device_thread_stuck thread=%s", name)
        return late

    def statuses(self) -> tuple[DeviceStatus, ...]:
        """Return the last status of every device that has reported one."""
        known = (thread.status for thread in self._threads.values())
        return tuple(status for status in known if status is not None)

    def print_receipt(
        self,
        printer_id: str,
        job_id: str,
        document: ReceiptDocument,
        on_printed: OnPrinted | None = None,
    ) -> None:
        """Queue `document`; exactly one PrintResult follows, to `on_printed` and the listener.

        job_id: the journal number, or any name that is unique on this till. `on_printed` runs on
        the printer's thread, or here and now when the job cannot be taken.
        """
        thread = self._printer(printer_id)
        if thread is not None:
            thread.submit(PrintJob(job_id, document, on_printed))
            return
        now_ms = self._now_ms()
        result = PrintResult(job_id, printer_id, PrintState.FAILED, now_ms, code="no_printer")
        if on_printed is not None:
            on_printed(result)
        self._emit(result)

    def print_again(self, printer_id: str, job_id: str) -> bool:
        """Print a job of this run again; a copy is marked as one if the first may be on paper.

        Returns False when the job is no longer kept: the caller composes it anew.
        """
        thread = self._printer(printer_id)
        return thread is not None and thread.submit_again(job_id)

    def unprinted(self, printer_id: str) -> tuple[PrintResult, ...]:
        """Return the results of jobs that did not surely reach paper, oldest first."""
        thread = self._printer(printer_id)
        return thread.unprinted() if thread is not None else ()

    def _printer(self, printer_id: str) -> PrinterThread | None:
        thread = self._threads.get(printer_id)
        return thread if isinstance(thread, PrinterThread) else None

    def _add(self, device_id: str, thread: DeviceThread) -> None:
        if device_id in self._threads:
            raise ValueError(f"device added twice: {device_id}")
        self._threads[device_id] = thread
        if self._running:
            thread.start()

    def _emit(self, event: DeviceEvent) -> None:
        """Hand one event to the listener; its bugs stay its own."""
        with self._speaking:
            try:
                self._listener(event)
            except Exception:  # a device's thread outlives its listener's bugs
                log.exception("device_listener_failed event=%s", type(event).__name__)


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
