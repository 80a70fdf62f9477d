"""What the program expects of a device, one Protocol per kind.

The words are UnifiedPOS's (hardware.md B4): `open` finds the device, `claim` makes it ours,
`enable` lets it work; `disable`, `release`, `close` undo them in reverse. Every method is called on
the one thread that owns the device (`hardware.manager`), except `interrupt`, which may come from
any thread. A method raises `hardware.errors.DeviceError` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from hardware.documents import Paper, ReceiptDocument
from hardware.events import CredentialRead, DeviceKind, Params, ReadRejected, no_params


class HealthLevel(StrEnum):
    """How far a check goes: ask the device, let it do its work, let a person look at it."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    INTERACTIVE = "interactive"


@dataclass(frozen=True, slots=True)
class Health:
    """The answer of a health check. `code` is empty when all is well, else an error code."""

    ok: bool
    code: str = ""
    params: Params = field(default_factory=no_params, hash=False)


@runtime_checkable
class Device(Protocol):
    """What all devices have in common."""

    @property
    def device_id(self) -> str:
        """Return the name it has in this till's settings."""
        ...

    @property
    def kind(self) -> DeviceKind:
        """Return its category."""
        ...

    def open(self) -> None:
        """Find the device and connect to it."""
        ...

    def claim(self, timeout_ms: int) -> None:
        """Make it ours alone, or raise DeviceClaimedError after `timeout_ms`."""
        ...

    def enable(self) -> None:
        """Let it work."""
        ...

    def disable(self) -> None:
        """Stop it working; safe in any state."""
        ...

    def release(self) -> None:
        """Let others have it; safe in any state."""
        ...

    def close(self) -> None:
        """Give up the connection; safe in any state, and `open` may follow."""
        ...

    def check_health(self, level: HealthLevel) -> Health:
        """Say whether it could do its work now."""
        ...


class InputDevice(Device, Protocol):
    """A device that reads."""

    def wait_read(self, timeout_ms: int) -> CredentialRead | ReadRejected | None:
        """Wait for the next reading; None after `timeout_ms` or an interrupt."""
        ...

    def interrupt(self) -> None:
        """Make a waiting `wait_read` return at once; may be called from any thread."""
        ...


class CardReader(InputDevice, Protocol):
    """Magnetic stripe, chip or contactless cards."""


class BarcodeScanner(InputDevice, Protocol):
    """Scanners with a channel of their own; keyboard scanners are `terminal.input`'s."""


class ReceiptPrinter(Device, Protocol):
    """Prints documents."""

    @property
    def paper(self) -> Paper:
        """Return the roll it is set up for."""
        ...

    def print_document(self, job_id: str, document: ReceiptDocument) -> None:
        """Print `document` and return when the device took all of it.

        Raises PaperOutError, CoverOpenError: nothing was printed. OutcomeUnknownError: it may
        have been. DocumentRefusedError: it never will. Other DeviceErrors: the connection failed
        before a byte.
        """
        ...


class CashDrawer(Device, Protocol):
    """A drawer, alone or behind a printer."""

    def open_drawer(self) -> None:
        """Push it open."""
        ...

    def drawer_opened(self) -> bool | None:
        """Say whether it stands open; None when the drawer cannot tell."""
        ...


class CustomerDisplay(Device, Protocol):
    """Lines of text towards the customer."""

    @property
    def rows(self) -> int:
        """Return the number of lines."""
        ...

    @property
    def columns(self) -> int:
        """Return half-width characters per line."""
        ...

    def display_text_at(self, row: int, column: int, text: str) -> None:
        """Write `text` at zero-based `row` and `column`; what does not fit is cut off."""
        ...

    def clear_text(self) -> None:
        """Empty the display."""
        ...


class ByteChannel(Protocol):
    """A two-way line to a device: TCP, serial, USB, or an emulator."""

    def open(self) -> None:
        """Connect. Raises DeviceAbsentError, DeviceClaimedError, DriverMissingError."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises DeviceAbsentError, DeviceTimeoutError."""
        ...

    def read(self, count: int, timeout_ms: int) -> bytes:
        """Return up to `count` bytes, fewer or none after `timeout_ms`.

        Raises DeviceAbsentError.
        """
        ...

    def close(self) -> None:
        """Hang up; safe in any state."""
        ...
