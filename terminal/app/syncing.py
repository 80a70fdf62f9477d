"""One sync by hand: push everything, pull until nothing is newer. For driven tills only."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sync.client.ports import TillJournal
from sync.client.pump import IDLE_MS
from sync.client.till_store import JournalStore, ports_of
from sync.protocol.exchange import OutBatch
from terminal.app.composing import Application

ROUNDS: Final = 10_000  # more than any story needs


class _Batched(JournalStore):
    """The journal, handing out at most so many entries at a time."""

    def __init__(self, app: Application, most: int) -> None:
        super().__init__(app.database, app.outside.clock)
        self._most = most

    def batch(self, from_seq: int, max_entries: int, max_bytes: int) -> OutBatch:
        """Entries from `from_seq` on, within all bounds."""
        return super().batch(from_seq, min(max_entries, self._most), max_bytes)


def sync_once(app: Application, batch: int) -> tuple[int, int]:
    """Entries pushed and feed numbers passed. Raises Unreachable, ProtocolErrors, StoreFault.

    Every call says hello first: the clock of a story jumps, and sessions do not last for ever.
    """
    journal: TillJournal = _Batched(app, batch)
    ports = replace(ports_of(app.database, app.outside.clock, app.outside.random), journal=journal)
    pump = app.make_pump(ports, wait_s=0)
    before, cursor = app.database.outbox.acked_seq(), ports.replica.cursor()
    for _ in range(ROUNDS):
        if pump.round() == IDLE_MS or pump.status.state == "frozen":
            break
    after = ports.replica.cursor()
    pulled = (after.n if after else 0) - (cursor.n if cursor else 0)
    return app.database.outbox.acked_seq() - before, max(pulled, 0)
