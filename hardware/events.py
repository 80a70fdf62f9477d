"""What devices tell the rest of the program: frozen values, made on a device's own thread.

Times are passed in by whoever makes an event: UTC milliseconds since 1970, as int.
A credential is a secret of the card's holder: its `repr` shows the last four characters only, so
that an event may be logged or land in a crash record as it is.

Source: design.md 3 and 6 (`presented`), hardware.md B4 (UnifiedPOS vocabulary).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

Params: TypeAlias = Mapping[str, str | int]
_NONE: Params = MappingProxyType({})


def no_params() -> Params:
    """Return the empty, unchangeable parameters."""
    return _NONE


class Medium(StrEnum):
    """What carried the credential."""

    BARCODE = "barcode"
    MAGSTRIPE = "magstripe"
    IC = "ic"
    RFID = "rfid"
    TYPED = "typed"


class ReadMethod(StrEnum):
    """How it came in: off the medium, keyed by hand, or picked from a search."""

    READ = "read"
    TYPED = "typed"
    SEARCHED = "searched"


class Strength(StrEnum):
    """How much the reading proves: a copyable token, a card's serial number, an answered challenge.

    A uid is a lookup handle, never proof of identity (hardware.md B3).
    """

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    UID = "uid"
    AUTHENTICATED = "authenticated"


class DeviceKind(StrEnum):
    """Device categories, UnifiedPOS names in our words."""

    SCANNER = "scanner"
    CARD_READER = "card_reader"
    PRINTER = "printer"
    DRAWER = "drawer"
    DISPLAY = "display"


class DeviceState(StrEnum):
    """What the status strip shows for a device."""

    READY = "ready"
    BUSY = "busy"
    ABSENT = "absent"
    ATTENTION = "attention"


class PrintState(StrEnum):
    """How a print job ended. `uncertain`: bytes left, but whether paper came out is not known."""

    PRINTED = "printed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


def masked(raw: str) -> str:
    """Return `raw` with all but its last four characters hidden; short codes vanish whole."""
    return f"…{raw[-4:]}" if len(raw) > 8 else "…"


@dataclass(frozen=True, slots=True)
class CredentialRead:
    """A card, code or number was presented. The one event every reader makes.

    raw: what stood on the medium, without a scanner's prefix, suffix or track sentinels.
    read_at_ms: UTC milliseconds.
    """

    reader_id: str
    medium: Medium
    raw: str
    method: ReadMethod
    strength: Strength
    read_at_ms: int

    def __repr__(self) -> str:
        """Show everything but the credential."""
        return (
            f"CredentialRead(reader_id={self.reader_id!r}, medium={self.medium.value}, "
            f"raw={masked(self.raw)}, method={self.method.value}, "
            f"strength={self.strength.value}, read_at_ms={self.read_at_ms})"
        )


@dataclass(frozen=True, slots=True)
class ReadRejected:
    """Something was read and deliberately not taken; what it was is already forgotten.

    code: `payment_card`, `stripe_misread`.
    """

    reader_id: str
    code: str
    read_at_ms: int
    params: Params = field(default_factory=no_params, hash=False)


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A device changed state. `code` is empty when ready; else one of `hardware.errors`."""

    device_id: str
    kind: DeviceKind
    state: DeviceState
    code: str = ""
    params: Params = field(default_factory=no_params, hash=False)


@dataclass(frozen=True, slots=True)
class PrintResult:
    """The end of one print job; every accepted job gets exactly one.

    attempt: 1 for the first print, 2 and up for reprints. finished_at_ms: UTC milliseconds.
    """

    job_id: str
    printer_id: str
    state: PrintState
    finished_at_ms: int
    attempt: int = 1
    code: str = ""
    params: Params = field(default_factory=no_params, hash=False)


DeviceEvent: TypeAlias = CredentialRead | ReadRejected | DeviceStatus | PrintResult
