"""Folding the write-ahead log of `journal.db` into the file, off the cashier's commit.

SQLite does it inside the commit that fills 1,000 pages: one sale in a hundred then waits for two
more syncs of the disk and a thousand page writes. Here a thread with a connection of its own does
it in a quiet moment, beside whoever writes. Only a log that grew long all the same, under a flood
of writes, is folded by the commit that finds it so: it never grows further.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from sync.database.engine import DatabaseError
from sync.database.till.journal_file import JournalFile

log = logging.getLogger("journal")

QUIET_S: Final = 2.0
MANY_COMMITS: Final = 300  # some 3,000 pages of usual sales: also without a quiet moment
LONG_LOG_PAGES: Final = 8_000
STOP_S: Final = 10.0


class Checkpoints:
    """The thread "journal-log" of one journal file."""

    def __init__(self, file: JournalFile) -> None:
        """Take over from SQLite; `start` must follow. Raises StoreFault."""
        self._file, self._many, self._stopping = file, threading.Event(), False
        self._connection = file.own_checkpoints(MANY_COMMITS, self._many.set, LONG_LOG_PAGES)
        self._seen = 0
        self._thread = threading.Thread(target=self._run, name="journal-log", daemon=True)

    def start(self) -> None:
        """Start watching for quiet moments."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; what is in the log then is folded in when the file closes."""
        self._stopping = True
        self._many.set()
        self._thread.join(STOP_S)
        self._connection.close()

    def _run(self) -> None:
        folded = 0
        while True:
            many = self._many.wait(QUIET_S)
            self._many.clear()
            if self._stopping:
                return
            commits = self._file.commits
            quiet = commits == self._seen
            self._seen = commits
            if commits != folded and (many or quiet):
                folded = commits
                self._fold()

    def _fold(self) -> None:
        """Fold what can be. A fault here is nobody's operation: it is noted."""
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except DatabaseError as error:
            log.warning("checkpoint failed type=%s", type(error).__name__)
