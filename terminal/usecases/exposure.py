"""The worst case of this till as one number, with its arithmetic, and what of it is used."""

from __future__ import annotations

from dataclasses import dataclass

from sync.domain.leases import LeaseDocument
from sync.domain.limits import Used
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.worst_case import WorstCase, worst_case
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import day_of
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Exposure:
    """`worst`: the most this till can lose before its next acknowledgement; `used`: what its own
    entries since the last one count; `unsent`: those entries; `offline_ms`: since head office was
    heard (None: never)."""

    worst: WorstCase
    used: Used
    unsent: int
    offline_ms: int | None


@use_case
def exposure(till: Till) -> Exposure | Refusal:
    """What this till may cost the chain now. Refusal: programme_missing."""
    programme = till.programme(day_of(till))
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    database = till.database
    return Exposure(
        worst_case(programme, _held_minor(till)),
        database.pending.used(None, day_of(till)),
        database.outbox.unsent().count,
        till.offline_ms(),
    )


def _held_minor(till: Till) -> int:
    """What this till's leases are worth at most, over all members."""
    documents = till.database.replica.documents("lease", LeaseDocument)
    return till.database.pending.leased_minor([one for _, one in documents], till.latest_ms())
