"""A receipt printer that speaks ESC/POS over any byte channel.

The printer is asked how it is before and after each document: a job that a printer swallowed while
it ran out of paper is reported as unknown, never as printed. The channel is opened per job, so a
printer that was switched off and on is found again. Source: hardware.md B5.
"""

from __future__ import annotations

from hardware.documents import Paper, ReceiptDocument
from hardware.drivers.escpos_encoder import PrinterProfile, encode, test_document
from hardware.errors import (
    CoverOpenError,
    DeviceError,
    DeviceFaultError,
    DeviceTimeoutError,
    NotEnabledError,
    OutcomeUnknownError,
    PaperOutError,
)
from hardware.events import DeviceKind
from hardware.ports import ByteChannel, Health, HealthLevel

OFFLINE_STATUS = b"\x10\x04\x02"  # DLE EOT 2: cover, paper end stop, error
PAPER_STATUS = b"\x10\x04\x04"  # DLE EOT 4: paper sensors
_FIXED_MASK, _FIXED_BITS = 0x93, 0x12  # every DLE EOT answer carries these
_COVER, _PAPER_STOP, _ERROR = 0x04, 0x20, 0x40
_PAPER_END = 0x60


class EscPosPrinter:
    """A `hardware.ports.ReceiptPrinter` over a `hardware.ports.ByteChannel`."""

    def __init__(
        self,
        device_id: str,
        channel: ByteChannel,
        profile: PrinterProfile,
        *,
        answer_timeout_ms: int = 1000,
        drain_timeout_ms: int = 8000,
    ) -> None:
        """Keep the channel; nothing is opened yet.

        answer_timeout_ms: for a status question before printing. drain_timeout_ms: for the one
        after it, which the printer answers when it has worked through what was sent.
        """
        self._device_id = device_id
        self._channel = channel
        self._profile = profile
        self._answer_timeout_ms = answer_timeout_ms
        self._drain_timeout_ms = drain_timeout_ms
        self._enabled = False

    @property
    def device_id(self) -> str:
        """Return its name in the settings."""
        return self._device_id

    @property
    def kind(self) -> DeviceKind:
        """Return that it is a printer."""
        return DeviceKind.PRINTER

    @property
    def paper(self) -> Paper:
        """Return the roll it is set up for."""
        return self._profile.paper

    def open(self) -> None:
        """Check that the printer can be reached; each job connects anew."""
        self._channel.open()
        self._channel.close()

    def claim(self, timeout_ms: int) -> None:
        """Do nothing: a channel is exclusive while it is open."""

    def enable(self) -> None:
        """Let it print."""
        self._enabled = True

    def disable(self) -> None:
        """Stop it printing."""
        self._enabled = False

    def release(self) -> None:
        """Do nothing; see `claim`."""

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    def check_health(self, level: HealthLevel) -> Health:
        """Ask the printer how it is; beyond INTERNAL, let it print a test receipt too."""
        if level is not HealthLevel.INTERNAL:
            try:
                self.print_document("health", test_document(self._device_id))
            except DeviceError as error:
                return Health(False, error.code, error.params)
            return Health(True)
        try:
            self._channel.open()
            self._ask(self._answer_timeout_ms)
        except DeviceError as error:
            return Health(False, error.code, error.params)
        finally:
            self._channel.close()
        return Health(True)

    def print_document(self, job_id: str, document: ReceiptDocument) -> None:
        """Print `document`; see `hardware.ports.ReceiptPrinter.print_document`."""
        if not self._enabled:
            raise NotEnabledError(self._device_id)
        data = encode(document, self._profile)
        try:
            self._channel.open()
            self._ask(self._answer_timeout_ms)
            try:
                self._channel.write(data)
                self._ask(self._drain_timeout_ms)
            except DeviceError as error:
                raise OutcomeUnknownError(self._device_id, job=job_id, reason=error.code) from error
        finally:
            self._channel.close()

    def _ask(self, timeout_ms: int) -> None:
        """Raise what keeps the printer from printing."""
        offline = self._status(OFFLINE_STATUS, timeout_ms)
        paper = self._status(PAPER_STATUS, timeout_ms)
        if paper & _PAPER_END or offline & _PAPER_STOP:
            raise PaperOutError(self._device_id)
        if offline & _COVER:
            raise CoverOpenError(self._device_id)
        if offline & _ERROR:
            raise DeviceFaultError(self._device_id, status=offline)

    def _status(self, question: bytes, timeout_ms: int) -> int:
        self._channel.write(question)
        answer = self._channel.read(1, timeout_ms)
        if not answer:
            raise DeviceTimeoutError(self._device_id, timeout_ms=timeout_ms)
        if answer[0] & _FIXED_MASK != _FIXED_BITS:
            raise DeviceFaultError(self._device_id, status=answer[0])
        return answer[0]
