"""The open `journal.db`: one write connection behind a `Turn`, readers on their own connections.

synchronous FULL, WAL, memory mapping off, foreign keys on (`sync.database.engine`). After the disk
refused a write nothing more is written until the file was opened again and checked.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from sync.database.engine import Connection, connect, transaction
from sync.database.till.faults import (
    DiskFullError,
    NotEnrolledError,
    StoreFault,
    WriteFailedError,
    mapped,
)
from sync.database.till.journal_tables import SCHEMA
from sync.database.till.schema import migrate, refuse_newer
from sync.database.till.turns import Turn

FILE: Final = "journal.db"
RESERVE_BYTES: Final = 64 << 20  # left for sync and closing the day when sales stop (fault 9)
READERS_MAX: Final = 8

FreeBytes = Callable[[Path], int]
T = TypeVar("T")


def free_bytes(folder: Path) -> int:
    """Room left on the volume of `folder`."""
    return shutil.disk_usage(folder).free


def _nobody() -> None:
    return None


class Readers:
    """Read-only connections to one file, opened as needed, each used by one thread at a time."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self._idle: list[Connection] = []
        self._lock = Lock()
        self._closed = False

    def read(self) -> Reading:
        """A connection to read with; raises StoreFault."""
        return Reading(self)

    def take(self) -> Connection:
        """An idle connection, or a new one; `give` or `spoilt` must follow."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        with mapped(self._path.name):
            return connect(self._path, self._key, read_only=True, any_thread=True)

    def give(self, connection: Connection) -> None:
        """Take a connection back."""
        with self._lock:
            if not self._closed and len(self._idle) < READERS_MAX:
                self._idle.append(connection)
                return
        connection.close()

    def spoilt(self, connection: Connection, error: BaseException) -> None:
        """Close a connection on which `error` was raised; raises the fault behind it."""
        connection.close()
        with mapped(self._path.name):
            raise error

    def close(self) -> None:
        """Close what is idle; what is in use closes when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


class Reading:
    """One reading, as `with` uses it: a third of a generator's cost, twenty times in a sale."""

    __slots__ = ("_connection", "_readers")

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def __enter__(self) -> Connection:
        self._connection = self._readers.take()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if error is None:
            self._readers.give(self._connection)
        else:
            self._readers.spoilt(self._connection, error)


class JournalFile:
    """`journal.db` of one till, open for writing. Threads may share it."""

    def __init__(
        self,
        folder: Path,
        key: bytes,
        *,
        turn: Turn | None = None,
        free: FreeBytes = free_bytes,
        read_only: bool = False,
    ) -> None:
        """Open and, if it is older than this release, migrate it. `read_only`: only look at it,
        also while a till works on it.

        Raises NotEnrolledError without a file, TooNewError, KeyWrongError, DamagedError.
        """
        self.folder, self.path = folder, folder / FILE
        if not self.path.exists():
            raise NotEnrolledError(file=FILE)
        self.turn = turn or Turn()
        self._free, self._failed, self._key = free, False, key
        self.commits = 0  # of this process, counted under the write turn
        self.sole_writer = not read_only  # what changed is known from `commits`
        self._each, self._many = 0, _nobody
        with mapped(FILE):
            if read_only:
                self._failed = True  # refuses every write
                self._writer = connect(self.path, key, read_only=True, any_thread=True)
                refuse_newer(self._writer, FILE, SCHEMA)
                self._readers = Readers(self.path, key)
                return
            self._writer = connect(self.path, key, any_thread=True)
            try:
                if refuse_newer(self._writer, FILE, SCHEMA) < SCHEMA:
                    self._writer.close()
                    migrate(self.path, key)
                    self._writer = connect(self.path, key, any_thread=True)
            except BaseException:
                self._writer.close()
                raise
        self._readers = Readers(self.path, key)

    def close(self) -> None:
        """Close every connection; the write-ahead log is folded into the file."""
        self._readers.close()
        self._writer.close()

    def check_room(self) -> None:
        """Raise DiskFullError when selling would eat into what sync and closing the day need.

        Asked before an operation takes its first irreversible step.
        """
        if self._free(self.folder) < RESERVE_BYTES:
            raise DiskFullError(file=FILE, free=self._free(self.folder))

    def own_checkpoints(self, each: int, many: Callable[[], None], most_pages: int) -> Connection:
        """A connection to fold the write-ahead log with; a commit does it by itself from now on
        only when the log has `most_pages` pages.

        `many` is called at each multiple of `each` commits, under the write turn: it must not
        block. Raises StoreFault.
        """
        with mapped(FILE):
            connection = connect(self.path, self._key, any_thread=True)
            self._writer.execute(f"PRAGMA wal_autocheckpoint = {most_pages}").fetchone()
        self._each, self._many = each, many
        return connection

    def _count(self) -> None:
        self.commits += 1
        if self._each and self.commits % self._each == 0:
            self._many()

    @contextmanager
    def write(self, *, sync: bool = False) -> Iterator[Connection]:
        """One transaction on the write connection: all of it or nothing. `sync`: after any cashier.

        Raises DiskFullError and DamagedError with nothing written, WriteFailedError when the disk
        refused: then nothing more is written until the journal was opened again.
        """
        with self.turn.sync() if sync else self.turn.cashier():
            if self._failed:
                raise WriteFailedError(file=FILE, error="stopped")
            try:
                with mapped(FILE), transaction(self._writer):
                    yield self._writer
                self._count()
            except WriteFailedError:
                self._failed = True
                raise

    def commit(self, work: Callable[[Connection], T], landed: Callable[[T], None]) -> T:
        """`write` for the cashier without its layers: one call per operation, a third less CPU.

        `landed(result)` is called after COMMIT and before anybody else may write. Raises as
        `write`, and IntegrityError.
        """
        self.turn.take_as_cashier()
        try:
            if self._failed:
                raise WriteFailedError(file=FILE, error="stopped")
            result = self._committed(work)
            self._count()
            landed(result)
            return result
        finally:
            self.turn.give()

    def _committed(self, work: Callable[[Connection], T]) -> T:
        writer = self._writer
        try:
            writer.execute("BEGIN IMMEDIATE")
            result = work(writer)
            writer.execute("COMMIT")
        except BaseException as error:
            fault = self._rolled_back(error)
            if fault is error:
                raise
            raise fault from error
        return result

    def _rolled_back(self, error: BaseException) -> BaseException:
        """Undo, and the fault behind `error` (itself when it is none of the disk's)."""
        fault: BaseException = error
        try:
            with mapped(FILE):
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise error  # noqa: TRY301  # so that `mapped` sees it
        except BaseException as found:  # noqa: BLE001  # handed back to be raised
            fault = found
        self._failed = self._failed or isinstance(fault, WriteFailedError)
        return fault

    def read(self) -> Reading:
        """A connection to read with, on whatever thread; raises StoreFault."""
        return Reading(self._readers)

    def limit_pages(self, pages: int) -> int:
        """Let the file grow to `pages` pages only (tests: a full disk); the limit in force."""
        row = self._writer.execute(f"PRAGMA max_page_count = {pages}").fetchone()
        return int(row[0]) if row else 0

    @property
    def failed(self) -> bool:
        """Whether the disk refused a write since the file was opened."""
        return self._failed


__all__ = ["FILE", "RESERVE_BYTES", "JournalFile", "Readers", "StoreFault", "free_bytes"]
