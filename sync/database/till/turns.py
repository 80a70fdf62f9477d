"""Who writes next: the cashier before sync (performance.md 3, "while a sync writes").

SQLite's own busy handler sleeps and loses each race: a cashier's commit waited up to 1.5 s for a
busy sync. With this turn in front of the one write connection the worst was 9 ms. Sync takes it for
at most `SYNC_ROWS` rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

SYNC_ROWS: Final = 100


class Turn:
    """One writer at a time over both files. Not reentrant."""

    def __init__(self) -> None:
        self._free = Condition()
        self._taken = False
        self._cashiers = 0

    @contextmanager
    def cashier(self) -> Iterator[None]:
        """Write now, or next: before every waiting `sync`."""
        self.take_as_cashier()
        try:
            yield
        finally:
            self.give()

    def take_as_cashier(self) -> None:
        """What `cashier` does on entry, for the hot path; `give` must follow."""
        with self._free:
            self._cashiers += 1
            while self._taken:
                self._free.wait()
            self._cashiers -= 1
            self._taken = True

    @contextmanager
    def sync(self) -> Iterator[None]:
        """Write when no cashier writes or waits; at most SYNC_ROWS rows."""
        with self._free:
            while self._taken or self._cashiers:
                self._free.wait()
            self._taken = True
        try:
            yield
        finally:
            self.give()

    def give(self) -> None:
        """Let the next one write."""
        with self._free:
            self._taken = False
            self._free.notify_all()
