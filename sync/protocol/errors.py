"""Faults of the wire: what a peer sent cannot be used. Each has a code, never a sentence.

ProtocolError            (HTTP status)
  MalformedError         400  not the bytes, the types or the order that were agreed
    NotHeadOfficeError        a reply of another kind: a captive portal or a proxy, that is, offline
  UntrustedError         401  a signature, a key, a digest or a nonce does not hold
  GapError               409  a gap: `expected` is the seq head office wants next
  GoneError              410  the cursor is older than the feed reaches, or of another epoch
  OversizedError         413  above a bound; a push is halved and sent again
  TooOldError            426  no protocol version in common
  ProblemError           any  head office said no with a code; nothing local changes by it
"""

from __future__ import annotations

from typing import ClassVar


class ProtocolError(Exception):
    """Root of the tree. `code`: stable identifier; `params`: integers and short ids only; `status`:
    HTTP status."""

    status: ClassVar[int] = 400

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.params.items())])


class MalformedError(ProtocolError):
    """Bytes, types or order are not as agreed."""


class NotHeadOfficeError(MalformedError):
    """The reply is not of the kind head office sends; whoever it was, nothing in it is data."""


class UntrustedError(ProtocolError):
    """A signature, a key, a digest or a nonce does not hold."""

    status = 401


class GapError(ProtocolError):
    """A gap in the sequence; `expected` says what comes next."""

    status = 409

    def __init__(self, expected: int) -> None:
        super().__init__("gap", expected=expected)
        self.expected = expected


class GoneError(ProtocolError):
    """The cursor no longer leads anywhere: start again from a snapshot."""

    status = 410


class OversizedError(ProtocolError):
    """Above a bound of the wire."""

    status = 413


class TooOldError(ProtocolError):
    """No protocol version in common."""

    status = 426


class ProblemError(ProtocolError):
    """Head office's own answer with a problem body. `told`: HTTP status; `retry_after_s`: its wish,
    None if none."""

    def __init__(
        self, told: int, code: str, params: dict[str, int | str], retry_after_s: int | None
    ) -> None:
        super().__init__(code, **params)
        self.told = told
        self.retry_after_s = retry_after_s
