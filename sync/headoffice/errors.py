"""What head office answers when it does not do what was asked. Codes, never sentences."""

from __future__ import annotations

from sync.protocol.errors import ProtocolError


class ForkError(ProtocolError):
    """Two histories under one identity: the device was cloned, restored or tampered with."""

    status = 409

    def __init__(self, seq: int) -> None:
        super().__init__("fork", seq=seq)


class NotFoundError(ProtocolError):
    """There is no such thing."""

    status = 404


class ForbiddenError(ProtocolError):
    """This caller may not do that."""

    status = 403


class InvalidError(ProtocolError):
    """Understood, but it breaks a rule of head office."""

    status = 422


class BusyError(ProtocolError):
    """Head office cannot answer now; whether a commit happened only asking again can tell."""

    status = 503


class TooManyError(ProtocolError):
    """Asked too often; `wait_s`: when to ask again."""

    status = 429

    def __init__(self, wait_s: int) -> None:
        super().__init__("too_many_tries", wait_s=wait_s)
