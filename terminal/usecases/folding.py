"""Own entries folded onto what head office published: orders, gift counts, alerts, feedback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from sync.domain.journal import Body, Kind, read_body
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Own:
    """An entry of this till with its number."""

    seq: int
    body: Body


@dataclass(slots=True)
class _Read:
    """Entries read so far: each is decoded once while the till runs."""

    upto: int = 0
    found: list[Own] = field(default_factory=list)


_READ: Final[WeakKeyDictionary[Till, _Read]] = WeakKeyDictionary()


def own_entries(till: Till, *kinds: Kind, after: int = 0) -> Iterator[Own]:
    """Own entries of these kinds with a number above `after`, in order. Raises StoreFault."""
    with till.lock:
        kept = _READ.setdefault(till, _Read())
        for entry in till.database.journal.folded(kept.upto):
            kept.found.append(Own(entry.seq, read_body(entry.body)))
            kept.upto = entry.seq
        found = list(kept.found)
    return (own for own in found if own.seq > after and own.body.kind in kinds)


def unheard_of(till: Till, *kinds: Kind) -> Iterator[Own]:
    """Own entries of these kinds that head office has not acknowledged."""
    return own_entries(till, *kinds, after=till.database.outbox.acked_seq())
