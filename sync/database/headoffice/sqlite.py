"""Head office on one SQLite file: one writer thread, a few readers, the same interface.

The driver runs on threads of its own, one per connection, so that a commit waiting for the disk
never holds up the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from sync.database import engine
from sync.database.headoffice import tables
from sync.database.headoffice.sessions import ConflictError, UnavailableError, UnfitError
from sync.database.headoffice.statements import Query, Row, Write, query

T = TypeVar("T")
READERS: Final = 2

_DRAW = query(
    sa.update(tables.counter)
    .where(tables.counter.c.name == sa.bindparam("of"))
    .values(value=tables.counter.c.value + sa.bindparam("count"))
    .returning(tables.counter.c.value)
)
_LAST = query(sa.select(tables.counter.c.value).where(tables.counter.c.name == sa.bindparam("of")))


class _Worker:
    """One connection on one thread."""

    def __init__(self, name: str, path: Path, key: bytes | None, *, read_only: bool) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection = self._threads.submit(
            engine.connect, path, key, read_only=read_only
        ).result()

    async def call(self, work: Callable[[engine.Connection], T]) -> T:
        """Run `work` on the connection's thread; driver errors become store errors."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work, self._connection)
        except engine.IntegrityError as error:
            raise ConflictError(str(error)) from error
        except engine.DatabaseError as error:
            raise UnavailableError(str(error)) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise UnfitError(type(error).__name__) from error

    async def end(self, statement: str) -> None:
        """COMMIT or ROLLBACK, if a transaction is open; not to be cut short by a cancellation."""

        def run(connection: engine.Connection) -> None:
            if connection.in_transaction:
                connection.execute(statement)

        await asyncio.shield(asyncio.ensure_future(self.call(run)))

    def close(self) -> None:
        self._threads.submit(self._connection.close).result()
        self._threads.shutdown()


class SqliteSession:
    """A transaction on one worker."""

    def __init__(self, worker: _Worker) -> None:
        self._worker = worker

    async def fetch(self, query: Query, **params: object) -> Sequence[Row]:
        """Rows of a query."""
        values = query.sqlite_values(params)
        return await self._worker.call(lambda c: c.execute(query.sqlite_text, values).fetchall())

    async def execute(self, query: Query, **params: object) -> int:
        """Rows changed by a statement."""
        values = query.sqlite_values(params)
        return await self._worker.call(lambda c: c.execute(query.sqlite_text, values).rowcount)

    async def write(self, write: Write, rows: Sequence[Row]) -> None:
        """Write a set of rows."""
        if rows:
            await self._worker.call(lambda c: c.executemany(write.sqlite_text, rows))

    async def draw(self, name: str, count: int) -> Sequence[int]:
        """The next `count` numbers of a sequence."""
        if count == 0:
            return range(0)
        rows = await self.fetch(_DRAW, of=name, count=count)
        last: int = rows[0][0]
        return range(last - count + 1, last + 1)

    async def give_back(self, name: str, count: int) -> None:
        """With one writer they are simply the next ones again."""
        if count:
            await self.fetch(_DRAW, of=name, count=-count)


class SqliteDatabase:
    """Head office's SQLite file, encrypted when `key` is given."""

    kind = "sqlite"

    def __init__(self, path: Path, key: bytes | None) -> None:
        self._writer = _Worker("hq-writer", path, key, read_only=False)
        self._turn = asyncio.Lock()
        self._readers = [
            _Worker(f"hq-reader-{n}", path, key, read_only=True) for n in range(READERS)
        ]
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        for reader in self._readers:
            self._free.put_nowait(reader)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqliteSession]:
        """A snapshot on one of the readers."""
        reader = await self._free.get()
        try:
            await reader.call(lambda c: c.execute("BEGIN"))
            try:
                yield SqliteSession(reader)
            finally:
                await reader.end("ROLLBACK")
        finally:
            self._free.put_nowait(reader)

    async def writing(self, work: Callable[[SqliteSession], Awaitable[T]]) -> T:
        """Run `work` as the one writer and commit."""
        async with self._turn:
            await self._writer.call(lambda c: c.execute("BEGIN IMMEDIATE"))
            try:
                done = await work(SqliteSession(self._writer))
                await self._writer.end("COMMIT")
            except BaseException:
                await self._writer.end("ROLLBACK")
                raise
        return done

    async def last_visible(self, name: str) -> int:
        """The last committed number: with one writer numbers follow commits."""
        async with self.reading() as session:
            rows = await session.fetch(_LAST, of=name)
        last: int = rows[0][0]
        return last

    async def close(self) -> None:
        """Close every connection; the writer last, so that it can fold the WAL in."""
        workers: list[Any] = [*self._readers, self._writer]
        for worker in workers:
            await asyncio.to_thread(worker.close)
