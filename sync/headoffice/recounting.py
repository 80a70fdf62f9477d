"""One entry as head office has it: its bytes, what became of it, the lots behind it."""

from __future__ import annotations

from dataclasses import dataclass

from sync.database.headoffice import directory, ledger
from sync.database.headoffice.rows import Recorded
from sync.database.headoffice.sessions import Database
from sync.domain.journal import Entry
from sync.domain.lots import Allocation, EntryRef
from sync.headoffice.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Recount:
    """`allocations`: those made while posting it, in order; none in quarantine."""

    entry: Entry
    outcome: Recorded
    allocations: tuple[Allocation, ...]


async def recount(database: Database, till: str, seq: int) -> Recount:
    """Entry `seq` of a till, of its newest epoch that has one.

    Raises NotFoundError("till" | "entry").
    """
    async with database.reading() as session:
        epochs = await directory.epochs_of(session, till)
        if not epochs:
            raise NotFoundError("till", till=till)
        for device in reversed(epochs):
            known = await ledger.recorded(session, device.device, device.epoch, seq, seq)
            entry = await ledger.entry(session, EntryRef(device.device, device.epoch, seq))
            if not known or entry is None:
                continue
            number = known[0].post_seq
            made = await ledger.allocations_of(session, [] if number is None else [number])
            return Recount(entry, known[0], tuple(made.get(number or 0, ())))
    raise NotFoundError("entry", till=till, seq=seq)
