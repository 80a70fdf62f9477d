"""Head office on PostgreSQL by asyncpg: any number of processes on one database.

Numbers that others order by (posting, feed) are drawn from sequences after the locks of a batch are
held and under a shared advisory lock. `last_visible` reads the sequence first and then passes once
through the exclusive side of that lock: whatever was drawn up to that number has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import asyncpg
import sqlalchemy as sa

from sync.database.headoffice import tables
from sync.database.headoffice.sessions import (
    MAX_ATTEMPTS,
    CommitUnknownError,
    ConflictError,
    UnavailableError,
    UnfitError,
)
from sync.database.headoffice.statements import Query, Row, Write

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

T = TypeVar("T")
NUMBERS_LOCK: Final = 0x6775_6962_696E  # "guibin": one lock for all drawn numbers
POOL_SIZE: Final = 8
COPY_ROWS: Final = 16  # below, its extra round trip costs more than it saves
STATEMENT_TIMEOUT_MS: Final = 60_000
LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.QueryCanceledError,
    asyncpg.CannotConnectNowError,
    OSError,
    TimeoutError,
)
AGAIN: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

_LAST: Final = {
    name: str(
        sa.select(
            sa.case((sa.column("is_called"), sa.column("last_value")), else_=sa.text("0"))
        ).select_from(sa.table(name))
    )
    for name in tables.SEQUENCES
}


@contextlib.contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise ConflictError(str(error)) from error
    except asyncpg.DataError as error:
        raise UnfitError(type(error).__name__) from error
    except LOST as error:
        raise UnavailableError(f"{type(error).__name__}: {error}") from error


class PostgresSession:
    """A transaction on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._may_draw = False

    async def fetch(self, query: Query, **params: object) -> Sequence[Row]:
        """Rows of a query."""
        rows: list[Any] = await self._connection.fetch(
            query.postgres_text, *query.postgres_values(params)
        )
        return rows

    async def execute(self, query: Query, **params: object) -> int:
        """Rows changed by a statement."""
        status = await self._connection.execute(query.postgres_text, *query.postgres_values(params))
        return int(status.rsplit(" ", 1)[-1])

    async def write(self, write: Write, rows: Sequence[Row]) -> None:
        """Write a set of rows: COPY where that is all, else one array per column."""
        if write.plain_into and len(rows) >= COPY_ROWS:
            await self._connection.copy_records_to_table(
                write.plain_into, records=rows, columns=write.columns
            )
        elif rows:
            await self._connection.execute(write.postgres_text, *write.arrays(rows))

    async def draw(self, name: str, count: int) -> Sequence[int]:
        """The next `count` numbers of a sequence; the shared lock is kept to the end."""
        if count == 0:
            return range(0)
        if name not in tables.SEQUENCES:
            raise ValueError(f"no such sequence: {name}")
        if not self._may_draw:
            await self._connection.execute(f"SELECT pg_advisory_xact_lock_shared({NUMBERS_LOCK})")
            self._may_draw = True
        rows = await self._connection.fetch(
            "SELECT nextval($1::text::regclass) FROM generate_series(1, $2::int)", name, count
        )
        return [row[0] for row in rows]

    async def give_back(self, name: str, count: int) -> None:
        """A sequence never goes back: the numbers stay dead."""


class PostgresDatabase:
    """Head office's PostgreSQL database."""

    kind = "postgresql"

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._fence = asyncio.Lock()
        self._visible = dict.fromkeys(tables.SEQUENCES, 0)

    @classmethod
    async def open(cls, url: str, pool_size: int = POOL_SIZE) -> PostgresDatabase:
        """Connect to `url` (postgresql://...); raises UnavailableError."""
        with _mapped():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=pool_size,
                server_settings={
                    "application_name": "guibin headoffice",
                    "synchronous_commit": "on",
                    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                    "jit": "off",
                },
            )
        return cls(pool)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresSession]:
        """A read-only transaction that sees one moment."""
        with _mapped():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                yield PostgresSession(connection)

    async def writing(self, work: Callable[[PostgresSession], Awaitable[T]]) -> T:
        """Run `work` in a transaction; again after a deadlock or a lost race for a key."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return await self._once(work)
            except (*AGAIN, ConflictError) as error:
                if attempt == MAX_ATTEMPTS:
                    if isinstance(error, ConflictError):
                        raise
                    raise UnavailableError(f"{type(error).__name__} {attempt} times") from error
                jitter_s = random.uniform(0.001, 0.02)  # noqa: S311  # nothing secret
                await asyncio.sleep(jitter_s * attempt)
        raise AssertionError("unreachable")

    async def _once(self, work: Callable[[PostgresSession], Awaitable[T]]) -> T:
        with _mapped():
            async with self._pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                try:
                    done = await work(PostgresSession(connection))
                except BaseException:
                    with contextlib.suppress(*LOST):
                        await transaction.rollback()
                    raise
                try:
                    await transaction.commit()
                except LOST as error:
                    raise CommitUnknownError(f"{type(error).__name__} in COMMIT") from error
                return done

    async def last_visible(self, name: str) -> int:
        """The highest number of `name` such that all up to it are committed or dead."""
        with _mapped():
            if await self._last(name) <= self._visible[name]:
                return self._visible[name]
            async with self._fence, self._pool.acquire() as connection:
                found = {name: await self._last(name, connection) for name in tables.SEQUENCES}
                async with connection.transaction():
                    await connection.execute(f"SELECT pg_advisory_xact_lock({NUMBERS_LOCK})")
                for sequence, last in found.items():
                    self._visible[sequence] = max(self._visible[sequence], last)
        return self._visible[name]

    async def _last(self, name: str, connection: Connection | None = None) -> int:
        source = self._pool if connection is None else connection
        last: int = await source.fetchval(_LAST[name])
        return last

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()
