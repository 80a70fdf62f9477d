"""What the player needs from outside: how to start a till, and a head office to talk to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from sync.domain.clearing import Position
from sync.lab.drive import Figures


class PlayFaultError(RuntimeError):
    """A process of the play could not be started, died unasked or stopped answering."""


@dataclass(frozen=True, slots=True)
class TillStart:
    """How a till process is to be started. `seed`: of its randomness, another one for every start;
    `code`: one-time code to enrol with, where its folder is empty; `at_ms`: business time."""

    folder: Path
    url: str
    till: str
    seed: str
    at_ms: int
    code: str
    language: str
    windows: bool


class TillCommand(Protocol):
    """The command line of a driven till process (`guibin till --drive`)."""

    def __call__(self, start: TillStart) -> Sequence[str]:
        """Program and arguments."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceAtHeadOffice:
    """What head office holds of a till: entries, their number counted twice, and its head hash."""

    till: str
    device: UUID
    epoch: int
    entries: int
    head_seq: int
    head_hash: str


@dataclass(frozen=True, slots=True)
class MemberAtHeadOffice:
    """A member in the books. `figures`: posted balances."""

    member: UUID
    tier: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class ExceptionItem:
    """An entry head office posted with an exception, or put in quarantine."""

    code: str
    outcome: str
    device: UUID
    seq: int


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a statement line is there: `words` as a person reads it, `parts` as a script does."""

    words: str
    parts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a statement. `debtor` pays `creditor` through head office `amount_minor` for
    `quantity` units of a lot; `entry` is the redemption, `lot_entry` the operation that made the
    lot, each (till, journal number)."""

    number: int
    kind: str
    offer: str
    debtor: str
    creditor: str
    amount_minor: int
    quantity: int
    account: str
    member: UUID
    entry: tuple[str, int]
    lot_dealer: str
    lot_entry: tuple[str, int]
    post_seq: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A clearing run over `after` < post_seq <= `upto`; `digest`: SHA-256 of its lines, hex."""

    label: str
    after: int
    upto: int
    digest: str
    positions: tuple[Position, ...]
    lines: tuple[StatementLine, ...]


@dataclass(frozen=True, slots=True)
class Operated:
    """What head office answered to an operation; `code`: why it did not do it, "" when it did."""

    answer: Mapping[str, object] = field(default_factory=dict)
    code: str = ""
    params: Mapping[str, int | str] = field(default_factory=dict)


class HeadOffice(Protocol):
    """A running head office of one play. Methods block; they raise PlayFaultError."""

    @property
    def url(self) -> str:
        """Address tills connect to."""
        ...

    def at(self, now_ms: int) -> None:
        """Set the clock of head office."""
        ...

    def code(self, till: str) -> str:
        """A fresh one-time code for a till."""
        ...

    def publish(self, version: int) -> None:
        """Publish a programme version of the scenario."""
        ...

    def operate(self, name: str, fields: Mapping[str, str], by: str) -> Operated:
        """Do an operation of head office's people."""
        ...

    def clear(self, label: str, *, approve: bool) -> Statement:
        """Make a clearing run."""
        ...

    def explain(self, line: int) -> Explained:
        """Explain a line of the last run."""
        ...

    def members(self, wanted: Sequence[UUID]) -> Mapping[UUID, MemberAtHeadOffice]:
        """Members as posted."""
        ...

    def devices(self) -> Sequence[DeviceAtHeadOffice]:
        """Every till it has heard of."""
        ...

    def exceptions(self) -> Sequence[ExceptionItem]:
        """All exception items, in posting order."""
        ...

    def stop(self) -> None:
        """End the process."""
        ...
