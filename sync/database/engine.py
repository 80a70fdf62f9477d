"""SQLCipher connections as both ends use them: raw key, WAL, synchronous FULL, foreign keys.

Hot paths use the driver's own cursor with statements compiled once from the SQLAlchemy tables
(`compiled`); Core and Alembic use `engine_for` on the same file. Every connection is in autocommit
mode: a transaction begins where `transaction` says so, and as a writer at once (BEGIN IMMEDIATE),
so that a read never has to become a write later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import NullPool
from sqlcipher3 import dbapi2

KEY_BYTES: Final = 32
# 3.7.0 to 3.51.2 can corrupt a WAL database when a writer and a checkpoint meet
# (sqlite.org/wal.html#walresetbug)
OLDEST_SQLITE: Final = (3, 51, 3)
BUSY_MS: Final = 5_000

Row = tuple[Any, ...]
DatabaseError: Final[type[Exception]] = dbapi2.DatabaseError
IntegrityError: Final[type[Exception]] = dbapi2.IntegrityError
OperationalError: Final[type[Exception]] = dbapi2.OperationalError


class Cursor(Protocol):
    """What is used of the driver's cursor."""

    rowcount: int
    lastrowid: int | None

    def execute(self, sql: str, parameters: Sequence[object] = ..., /) -> Cursor: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> Cursor: ...
    def fetchone(self) -> Row | None: ...
    def fetchmany(self, size: int = ..., /) -> list[Row]: ...
    def fetchall(self) -> list[Row]: ...
    def close(self) -> None: ...
    def __iter__(self) -> Iterator[Row]: ...


class Connection(Protocol):
    """What is used of the driver's connection. `in_transaction`: between BEGIN and COMMIT."""

    in_transaction: bool

    def cursor(self) -> Cursor: ...
    def execute(self, sql: str, parameters: Sequence[object] = ..., /) -> Cursor: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> Cursor: ...
    def interrupt(self) -> None: ...
    def close(self) -> None: ...


class EngineTooOldError(RuntimeError):
    """The SQLite inside the driver is older than the first one without the WAL-reset bug."""


class CannotOpenError(RuntimeError):
    """The file cannot be opened: another key, not a database, damaged, or no right to it."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement for the driver's cursor. `names`: its parameters in statement order."""

    text: str
    names: tuple[str, ...]

    def row(self, **values: object) -> tuple[object, ...]:
        """Parameters by name in statement order; KeyError when one is missing."""
        return tuple(values[name] for name in self.names)


def check_engine() -> None:
    """Raise EngineTooOldError unless the driver's SQLite may be trusted with a WAL database."""
    found = tuple(dbapi2.sqlite_version_info)
    if found < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise EngineTooOldError(f"SQLite {dbapi2.sqlite_version} is older than {oldest}")


def connect(
    path: Path,
    key: bytes | None,
    *,
    read_only: bool = False,
    any_thread: bool = False,
    full_sync: bool = True,
) -> Connection:
    """Open `path` (made when missing, unless read only) under a raw 256-bit `key`; None: plain.

    `any_thread`: the caller hands the connection between threads, one at a time. `full_sync` False
    only for files that can be fetched again. Raises EngineTooOldError, CannotOpenError, or
    ValueError for a key of another length.
    """
    check_engine()
    if key is not None and len(key) != KEY_BYTES:
        raise ValueError(f"a database key has {KEY_BYTES} bytes, got {len(key)}")
    if not read_only and not path.exists():
        path.touch(mode=0o600)
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    connection = None
    try:
        connection = dbapi2.connect(
            uri, uri=True, isolation_level=None, check_same_thread=not any_thread
        )
        if key is not None:
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        _set_up(connection, read_only=read_only, full_sync=full_sync)
    except dbapi2.DatabaseError as error:
        if connection is not None:
            connection.close()
        raise CannotOpenError(f"{path.name}: {error}") from None
    opened: Connection = connection
    return opened


def _set_up(connection: Connection, *, read_only: bool, full_sync: bool) -> None:
    connection.execute("PRAGMA mmap_size = 0")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA synchronous = {'FULL' if full_sync else 'NORMAL'}")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # proves the key
    else:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """One write transaction: committed at the end, rolled back when anything is raised inside."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def snapshot(connection: Connection) -> Iterator[Connection]:
    """One read transaction: everything read inside belongs to the same moment."""
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def compiled(statement: sa.sql.expression.Executable) -> Sql:
    """SQL of a Core statement for the driver's cursor; every value is a named bind parameter."""
    dialect = sqlite.dialect(paramstyle="qmark")
    made = statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # all Executables do
    return Sql(str(made), tuple(made.positiontup or ()))


def insert_sql(table: sa.Table, *columns: str, suffix: str = "") -> Sql:
    """INSERT into `columns` of `table` (default: all); `suffix`: an ON CONFLICT clause as text."""
    names = columns or tuple(column.name for column in table.columns)
    for name in names:
        _ = table.columns[name]
    marks = ", ".join("?" * len(names))
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    text = f"{into} VALUES ({marks})"  # names of our own tables
    return Sql(f"{text} {suffix}".rstrip(), names)


def engine_for(path: Path, key: bytes | None) -> sa.Engine:
    """SQLAlchemy engine on the same kind of connection, for Alembic and work that is not hot."""
    engine = sa.create_engine(
        "sqlite://", creator=lambda: connect(path, key), module=dbapi2, poolclass=NullPool
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
