"""From a decision to a committed entry: time, place and basis around what was decided."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar, cast
from uuid import UUID

import msgspec

from sync.database.till.journal import (
    Blob,
    Newcomer,
    NewEntry,
    ShiftClosed,
    ShiftOpened,
)
from sync.domain.journal import (
    BODY_VERSION,
    Attachment,
    Basis,
    Body,
    Claim,
    Effect,
    Entry,
    Kind,
    Presented,
    read_body,
)
from sync.domain.trace import Step

if TYPE_CHECKING:
    from terminal.usecases.till import Till

log = logging.getLogger("journal")

CLOCK_TOLERANCE_MS: Final = 60_000  # a clock that was set by less is not worth an entry
HASH_PREFIX: Final = 8
T = TypeVar("T", bound=msgspec.Struct)


class Act(msgspec.Struct, frozen=True):
    """A decided operation: all that its entry says beside when, where, by whom."""

    kind: Kind
    entry_id: UUID
    data: msgspec.Struct
    basis: Basis
    programme: int = 0
    effects: tuple[Effect, ...] = ()
    claims: tuple[Claim, ...] = ()
    trace: tuple[Step, ...] = ()
    member: UUID | None = None
    card: str | None = None
    presented: Presented | None = None
    approver: str | None = None
    blobs: tuple[Blob, ...] = ()
    newcomer: Newcomer | None = None
    receipt: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """The shift and business date an entry goes under, and what it does to the shift."""

    shift: int
    day: date
    change: ShiftOpened | ShiftClosed | None = None


@dataclass(frozen=True)
class Done:
    """An operation that is in the journal. `new` is False when it was there already (a double
    submit). `number`: what is printed, till and journal seq; `proof`: first 8 hex of the hash."""

    entry: Entry
    new: bool

    @cached_property
    def body(self) -> Body:
        """What the entry says; `data_as` reads its data."""
        return read_body(self.entry.body)

    def data_as(self, kind: type[T]) -> T:
        """The entry's data as the struct of its kind (SaleData, TopUpData, GiftData, ...)."""
        return msgspec.convert(self.body.data, kind)

    @property
    def seq(self) -> int:
        """Journal number."""
        return self.entry.seq

    @property
    def number(self) -> str:
        """Receipt number."""
        return receipt_number(self.body.place.till, self.entry.seq)

    @property
    def proof(self) -> str:
        """What the paper witnesses."""
        return self.entry.hash.hex()[:HASH_PREFIX]


class ClockNote(msgspec.Struct, frozen=True):
    """Data of a clock_note entry: the wall clock ran `behind_ms` behind the last entry."""

    behind_ms: int


def receipt_number(till: str, seq: int) -> str:
    """Receipt number of an entry: till and journal seq, e.g. A1-2-000017."""
    return f"{till}-{seq:06d}"


def commit(till: Till, act: Act, posted: Posted) -> Done:
    """Write the entry of `act`; the same entry id again gives the entry of the first time.

    Steps "commit.before" and "commit.after" stand around the transaction. Raises StoreFault.
    """
    with till.lock:
        _note_clock(till, posted)
        body = _body(till, act, posted)
        new = NewEntry(body, act.blobs, act.newcomer, posted.change, act.receipt)
        till.step("commit.before")
        appended = till.database.journal.append(new)
        till.step("commit.after")
    return Done(appended.entry, appended.new)


def already_done(till: Till, entry_id: UUID) -> Done | None:
    """The operation, if its entry is in the journal."""
    entry = till.database.journal.find(entry_id)
    return None if entry is None else Done(entry, new=False)


def done_at(till: Till, seq: int) -> Done | None:
    """The operation of a journal number."""
    entry = till.database.journal.entry(seq)
    return None if entry is None else Done(entry, new=False)


def local_basis(till: Till, age_ms: int | None = None) -> Basis:
    """Basis of a decision made without asking head office."""
    hq_epoch, cursor = till.database.replica.cursor() or (0, 0)
    return Basis(hq_epoch, cursor, "offline", age_ms)


def _body(till: Till, act: Act, posted: Posted) -> Body:
    session = till.session
    return Body(
        v=BODY_VERSION,
        kind=act.kind.value,
        entry_id=act.entry_id,
        at=till.moment(),
        business_date=posted.day,
        shift=posted.shift,
        place=till.place,
        operator=session.staff if session else "",
        approver=act.approver,
        member=act.member,
        card=act.card,
        presented=act.presented,
        basis=act.basis,
        programme=act.programme,
        data=cast("dict[str, object]", act.data),  # a struct encodes as its fields
        effects=act.effects,
        claims=act.claims,
        attachments=tuple(
            Attachment(blob.kind, blob.sha256.hex(), blob.member) for blob in act.blobs
        ),
        trace=act.trace,
    )


def _note_clock(till: Till, posted: Posted) -> None:
    """A clock that was set back leaves a note before the next entry (sync-ledger.md 2.7)."""
    behind_ms = till.clock_set_back_ms()
    if behind_ms <= CLOCK_TOLERANCE_MS or isinstance(posted.change, ShiftOpened):
        return
    log.warning("clock_set_back behind_ms=%d", behind_ms)
    act = Act(Kind.CLOCK_NOTE, till.new_id(), ClockNote(behind_ms), local_basis(till))
    body = _body(till, act, Posted(posted.shift, posted.day))
    till.database.journal.append(NewEntry(body))
