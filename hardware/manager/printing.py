"""The thread of a printer: a bounded queue of jobs, one outcome per job, what waits for a reprint.

A job that could not be printed is not tried again by itself: paper is loaded by a person, who then
presses "Print again". The operation it belongs to was done before it was printed.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from hardware.documents import ReceiptDocument
from hardware.errors import DeviceAbsentError, DeviceError, OutcomeUnknownError
from hardware.events import DeviceState, Params, PrintResult, PrintState, no_params
from hardware.manager.supervision import Backoff, DeviceThread, Emit, Now
from hardware.ports import ReceiptPrinter

log = logging.getLogger("device")

OnPrinted: TypeAlias = Callable[[PrintResult], None]
KEPT_JOBS_MAX = 50  # jobs kept for a reprint, oldest forgotten first


@dataclass(frozen=True, slots=True)
class PrintJob:
    """A document on its way to paper. attempt counts from 1."""

    job_id: str
    document: ReceiptDocument
    on_printed: OnPrinted | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class KeptJob:
    """A finished job and how it ended; its document is marked once any attempt may be on paper."""

    job: PrintJob
    result: PrintResult


class PrinterThread(DeviceThread):
    """Prints jobs in order, and looks after the printer's health between them."""

    def __init__(
        self,
        device: ReceiptPrinter,
        emit: Emit,
        backoff: Backoff,
        claim_timeout_ms: int,
        *,
        now_ms: Now,
        queue_max: int,
        health_interval_ms: int,
    ) -> None:
        """See `hardware.manager.DeviceManager.add_printer`."""
        super().__init__(device, emit, backoff, claim_timeout_ms)
        self._printer = device
        self._now_ms = now_ms
        self._health_interval_ms = health_interval_ms
        self._jobs: queue.Queue[PrintJob | None] = queue.Queue(queue_max)
        self._kept: OrderedDict[str, KeptJob] = OrderedDict()
        self._accepting = threading.Lock()
        self._closed = False
        self._first: PrintJob | None = None  # taken from the queue, to be printed first

    def submit(self, job: PrintJob) -> None:
        """Queue `job`; a job that cannot be taken ends at once, as FAILED with `queue_full`."""
        with self._accepting:
            try:
                if not self._closed:
                    self._jobs.put_nowait(job)
                    return
                code = "printer_stopped"
            except queue.Full:
                code = "queue_full"
        self._end(job, PrintState.FAILED, code)

    def submit_again(self, job_id: str) -> bool:
        """Queue a finished job again, False if it is no longer kept.

        What may already be on paper comes out marked as a copy.
        """
        with self._accepting:
            kept = self._kept.get(job_id)
        if kept is None:
            return False
        on_paper = kept.result.state is not PrintState.FAILED
        document = kept.job.document.as_copy() if on_paper else kept.job.document
        self.submit(replace(kept.job, document=document, attempt=kept.job.attempt + 1))
        return True

    def unprinted(self) -> tuple[PrintResult, ...]:
        """Return the last result of every kept job that did not surely reach paper."""
        with self._accepting:
            results = [kept.result for kept in self._kept.values()]
        return tuple(result for result in results if result.state is not PrintState.PRINTED)

    def _wake(self) -> None:
        try:
            self._jobs.put_nowait(None)
        except queue.Full:
            return  # there is work to wake up for, and the stop is seen before it is done

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                job = self._first or self._jobs.get(timeout=self._health_interval_ms / 1000)
            except queue.Empty:
                self._check_health()
                continue
            self._first = None
            if job is None:
                continue
            if self._stop.is_set():
                self._end(job, PrintState.FAILED, "printer_stopped")
                return
            self._print(job)

    def _print(self, job: PrintJob) -> None:
        """Print one job; a fault that asks for a new connection goes on to the supervisor."""
        trouble = self._status if self._status and self._status.code else None
        if trouble is None:
            self._report(DeviceState.BUSY)
        try:
            self._printer.print_document(job.job_id, job.document)
        except OutcomeUnknownError as error:
            self._end(job, PrintState.UNCERTAIN, error.code, error.params)
            raise
        except DeviceError as error:
            self._end(job, PrintState.FAILED, error.code, error.params)
            if error.reconnect:
                raise
            self._report(DeviceState.ATTENTION, error.code, error.params)
        except Exception:
            self._end(job, PrintState.UNCERTAIN, "driver_bug")
            raise
        else:
            self._end(job, PrintState.PRINTED)
            self._report(DeviceState.READY)

    def _pause(self, pause_ms: int) -> None:
        """Wait, but no longer than until the next job: somebody wants the printer now.

        Jobs that waited for a printer which could not be brought up end here: the cashier is told
        at once instead of being kept waiting.
        """
        if not self._up:
            self._end_waiting(self._status.code if self._status else DeviceAbsentError.code)
        if self._first is None and self._jobs.empty():
            try:
                self._first = self._jobs.get(timeout=pause_ms / 1000)
            except queue.Empty:
                return

    def _finish(self) -> None:
        """Take no more jobs and end those that still wait."""
        with self._accepting:
            self._closed = True
        self._end_waiting("printer_stopped")

    def _end_waiting(self, code: str) -> None:
        """End every job that waits now."""
        waiting = [] if self._first is None else [self._first]
        self._first = None
        for _ in range(self._jobs.qsize()):
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is not None:
                waiting.append(job)
        for job in waiting:
            self._end(job, PrintState.FAILED, code)

    def _end(
        self, job: PrintJob, state: PrintState, code: str = "", params: Params | None = None
    ) -> None:
        """Keep the job, then tell its sender and the listener how it ended."""
        result = PrintResult(
            job.job_id,
            self._device.device_id,
            state,
            self._now_ms(),
            job.attempt,
            code,
            params or no_params(),
        )
        with self._accepting:
            self._kept[job.job_id] = KeptJob(job, result)
            self._kept.move_to_end(job.job_id)
            while len(self._kept) > KEPT_JOBS_MAX:
                self._kept.popitem(last=False)
        if job.on_printed is not None:
            try:
                job.on_printed(result)
            except Exception:  # the caller's bug must not stop the printer
                log.exception("print_callback_failed job=%s", job.job_id)
        self._emit(result)
