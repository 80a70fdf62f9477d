"""What a store needs of a database: sessions, transactions, and numbers that follow commits.

Two implementations: `sqlite.SqliteDatabase` (one writer) and `postgres.PostgresDatabase`. Errors of
the drivers end here: `StoreError` and below.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol, TypeVar

from sync.database.headoffice.statements import Query, Row, Write

T = TypeVar("T")
MAX_ATTEMPTS: Final = 5


class StoreError(Exception):
    """The database did not do what was asked; nothing was changed unless a subclass says so."""


class UnavailableError(StoreError):
    """No answer from the database, no room on its disk, or it stayed busy: try again later."""


class CommitUnknownError(UnavailableError):
    """The connection was lost while committing: done or not done, only asking again can tell."""


class ConflictError(StoreError):
    """A row with that key is there already, or what it points to is not."""


class UnfitError(StoreError):
    """A value that no column takes (a NUL in a text, a number beyond 64 bits)."""


class Session(Protocol):
    """One transaction. Parameters of a query go by name, lists as Python lists."""

    async def fetch(self, query: Query, **params: object) -> Sequence[Row]:
        """Rows of a query."""
        ...

    async def execute(self, query: Query, **params: object) -> int:
        """Rows changed by a statement."""
        ...

    async def write(self, write: Write, rows: Sequence[Row]) -> None:
        """Write a set of rows; nothing happens when there are none."""
        ...

    async def draw(self, name: str, count: int) -> Sequence[int]:
        """The next `count` numbers of one of `tables.SEQUENCES`, rising; after the locks."""
        ...

    async def give_back(self, name: str, count: int) -> None:
        """The last `count` numbers drawn were not used: they are drawn again or stay dead."""
        ...


class Database(Protocol):
    """A head-office database. `kind`: sqlite | postgresql."""

    kind: str

    def reading(self) -> AbstractAsyncContextManager[Session]:
        """A session that only reads; everything read inside belongs to one moment."""
        ...

    async def writing(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in a transaction and commit; again (at most 5 times) after a deadlock.

        Raises UnavailableError, CommitUnknownError, ConflictError, or what `work` raises.
        """
        ...

    async def last_visible(self, name: str) -> int:
        """A number of sequence `name` below which every number is committed or will never be."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
