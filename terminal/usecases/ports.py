"""What use cases need from outside: time, randomness, head office's answers, a printer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hardware.documents import ReceiptDocument
from hardware.events import PrintResult
from sync.client.online import NoAnswer
from sync.client.ports import Clock, Random
from sync.protocol.messages import (
    AuthAsk,
    Granted,
    MemberAsk,
    MemberReply,
    OriginalAsk,
    OriginalReply,
    Refused,
)

__all__ = ["Clock", "Online", "Printing", "Random", "Steps"]

Steps = Callable[[str], None]
"""Called with the name of each point at which a test may kill the process."""

OnPrinted = Callable[[PrintResult], None]


class Online(Protocol):
    """Head office while a customer waits: an answer within 2 seconds, or none."""

    def authorise(self, ask: AuthAsk) -> Granted | Refused | NoAnswer:
        """May this entry debit this member?"""
        ...

    def member(self, ask: MemberAsk) -> MemberReply | NoAnswer:
        """Fetch one member."""
        ...

    def original(self, ask: OriginalAsk) -> OriginalReply | NoAnswer:
        """Ask what came back of an entry."""
        ...


class Printing(Protocol):
    """The receipt printer's queue."""

    def submit(self, job_id: str, document: ReceiptDocument, on_printed: OnPrinted) -> None:
        """Queue a document; `on_printed` is called once, on the printer's thread."""
        ...
