"""Floors of the benchmark: the same work by the bare drivers, without rules, checks or layers.

Nothing in the product calls these. They stand here because only `sync.database` may import drivers;
each is what the goals of docs/performance.md compare the production functions with.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy import orm
from sqlcipher3 import dbapi2

from sync.database.engine import Connection, compiled, engine_for, insert_sql
from sync.database.headoffice import tables
from sync.database.till import derived, replica_rows
from sync.database.till import journal_tables as t
from sync.database.till import replica_tables as r
from sync.database.till.journal import Journal
from sync.database.till.journal_file import JournalFile
from sync.database.till.replica import create_indexes, create_tables
from sync.domain.cards import Card
from sync.domain.journal import HASH_DOMAIN, read_body
from sync.domain.members import LightRow

PAGE_BYTES: Final = 4096
Statement = tuple[str, list[tuple[Any, ...]]]

_COPIED: Final = (t.ENTRY, t.EFFECT, t.EXPOSURE, t.ATTACHMENT, t.PRINT_JOB)
_OF_SEQ: Final = {
    table.name: compiled(sa.select(table).where(table.c.seq == sa.bindparam("seq"))).text
    for table in _COPIED
}
_TOTAL: Final = insert_sql(
    t.SHIFT_TOTAL,
    suffix=(
        "ON CONFLICT (shift, tender, kind) DO UPDATE SET count = count + excluded.count, "
        "amount_minor = amount_minor + excluded.amount_minor"
    ),
).text
_DRAFT: Final = insert_sql(t.DRAFT).text
_LIGHT: Final = insert_sql(r.LIGHT).text
_CARD: Final = insert_sql(r.CARD).text
RAW_CARD: Final = "SELECT * FROM card WHERE token = ?"
RAW_LIGHT: Final = "SELECT * FROM light WHERE member = ?"


def open_raw(path: Path, key: bytes, synchronous: str = "FULL") -> Connection:
    """The driver's connection under a raw key: WAL and `synchronous`, all else its default."""
    made = dbapi2.connect(str(path), isolation_level=None, check_same_thread=False)
    made.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    made.execute("PRAGMA journal_mode = WAL").fetchone()
    made.execute(f"PRAGMA synchronous = {synchronous}")
    connection: Connection = made
    return connection


def set_synchronous(file: JournalFile, synchronous: str) -> None:
    """Set the mode on a journal's write connection: OFF takes the disk out of a measurement."""
    writer = file._writer  # noqa: SLF001  # the product never does this
    writer.execute(f"PRAGMA synchronous = {synchronous}")


# -- the cashier's operation -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawOperation:
    """One operation as rows, in order; `body`: what is hashed."""

    body: bytes
    statements: tuple[Statement, ...]


def raw_operations(journal: Journal, after: int = 0) -> Iterator[RawOperation]:
    """The operations of a journal with seq > `after` as the rows they wrote."""
    for entry in journal.all_entries(after):
        statements = []
        with journal.file.read() as connection:
            for table in _COPIED:
                rows = connection.execute(_OF_SEQ[table.name], (entry.seq,)).fetchall()
                if rows:
                    statements.append((insert_sql(table).text, rows))
        body = read_body(entry.body)
        for tender, amount in derived.tenders(body).items():
            statements.append((_TOTAL, [(body.shift, tender, body.kind, 1, amount)]))
        yield RawOperation(entry.body, tuple(statements))


class RawTill:
    """A journal file written by the bare cursor. `sign`: Ed25519 of 32 bytes."""

    def __init__(
        self, path: Path, key: bytes, sign: Callable[[bytes], bytes], synchronous: str = "FULL"
    ) -> None:
        """Open a journal whose tables are there."""
        self._connection, self._sign = open_raw(path, key, synchronous), sign

    def draft(self, entry_id: bytes, state: bytes) -> None:
        """Keep a draft, as a commit of its own."""
        self._connection.execute(_DRAFT, (entry_id, "sale", state, 0, 0, 0))

    def commit(self, operation: RawOperation) -> None:
        """Hash, sign, write the rows and commit."""
        self._sign(sha256(HASH_DOMAIN + operation.body).digest())
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for sql, rows in operation.statements:
            if len(rows) == 1:
                execute(sql, rows[0])
            else:
                self._connection.executemany(sql, rows)
        execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


class DiskPages:
    """A file that grows by one page, on the platter each time."""

    def __init__(self, path: Path) -> None:
        """Make the file."""
        self._handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        self._page, self._count = os.urandom(PAGE_BYTES), 0

    def append(self) -> None:
        """Write a page and wait until the disk says it has it."""
        os.pwrite(self._handle, self._page, self._count * PAGE_BYTES)
        os.fdatasync(self._handle)
        self._count += 1

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


# -- looking up and loading --------------------------------------------------------------------


def raw_lookup(connection: Connection, token: bytes) -> object:
    """Card and member rows of a token, as the driver gives them."""
    card = connection.execute(RAW_CARD, (token,)).fetchone()
    return card and connection.execute(RAW_LIGHT, (card[2],)).fetchone()


def fill_replica(connection: Connection, rows: Iterable[tuple[LightRow, Card]]) -> int:
    """Write members and cards into an empty replica by executemany; how many members."""
    count = 0
    connection.execute("BEGIN IMMEDIATE")
    for light, card in rows:
        connection.execute(_LIGHT, replica_rows.light_values(light, 1, None))
        connection.execute(_CARD, replica_rows.card_values(card, 1))
        count += 1
    connection.execute("COMMIT")
    return count


@contextmanager
def empty_replica(path: Path, key: bytes, *, indexes: bool = True) -> Iterator[Connection]:
    """A new replica file with its tables, written without waiting for the disk until it closes."""
    connection = open_raw(path, key, "OFF")
    try:
        create_tables(connection, indexes=indexes)
        yield connection
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()
    sync_file(path)


def import_lines(path: Path, key: bytes, lines: Sequence[bytes]) -> int:
    """Row-wise first contact: JSON lines decoded, inserted, indexed, on disk; how many members."""
    decode = msgspec.json.Decoder(tuple[LightRow, Card]).decode
    with empty_replica(path, key, indexes=False) as connection:
        count = fill_replica(connection, (decode(line) for line in lines))
        create_indexes(connection)
    return count


def write_file(path: Path, parts: Iterable[bytes]) -> None:
    """Write bytes to a new file, onto the disk."""
    with path.open("wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Wait until the disk has the file."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- head office -------------------------------------------------------------------------------


_BARE: Final = "CREATE TABLE IF NOT EXISTS bare_{0} AS SELECT * FROM {0} LIMIT 0"
_ENTRIES: Final = "SELECT * FROM entry WHERE device = $1 AND seq BETWEEN $2 AND $3"
_MADE: Final = {
    "posting": "SELECT * FROM posting WHERE post_seq BETWEEN $1 AND $2",
    "lot": "SELECT * FROM lot WHERE post_seq BETWEEN $1 AND $2",
    "alloc": "SELECT * FROM alloc WHERE post_seq BETWEEN $1 AND $2",
}
_DRAWN: Final = (
    "SELECT * FROM lot WHERE (member, post_seq, part) IN "
    "(SELECT member, lot_post_seq, lot_part FROM alloc WHERE post_seq BETWEEN $1 AND $2)"
)
_BALANCES: Final = "SELECT * FROM balance WHERE version BETWEEN $1 AND $2"
_FEED: Final = "SELECT * FROM feed WHERE kind = 'member' AND key = ANY ($1)"


class CopyFloor:
    """COPY of rows that posting wrote into tables without keys or indexes, one commit a batch."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """See `open`."""
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> CopyFloor:
        """Connect to head office's database and make the bare tables."""
        connection = await asyncpg.connect(url)
        for table in COPIED_TABLES:
            await connection.execute(_BARE.format(table))
        return cls(connection)

    async def written(self, device: bytes, first: int, last: int) -> dict[str, list[Any]]:
        """Rows that posting the entries `first`..`last` of a device wrote or changed, by table."""
        fetch = self._connection.fetch
        entries = await fetch(_ENTRIES, device, first, last)
        numbers = [row["post_seq"] for row in entries]
        span = min(numbers), max(numbers)
        found: dict[str, list[Any]] = {"entry": [tuple(row) for row in entries]}
        for table, query in _MADE.items():
            found[table] = [tuple(row) for row in await fetch(query, *span)]
        found["lot"] += [tuple(row) for row in await fetch(_DRAWN, *span)]
        balances = await fetch(_BALANCES, *span)
        found["balance"] = [tuple(row) for row in balances]
        members = [str(UUID(bytes=row["member"])) for row in balances]
        found["feed"] = [tuple(row) for row in await fetch(_FEED, members)]
        return found

    async def copy(self, rows: Mapping[str, list[Any]]) -> None:
        """Copy one batch's rows and commit."""
        async with self._connection.transaction():
            for table, records in rows.items():
                if records:
                    await self._connection.copy_records_to_table(f"bare_{table}", records=records)

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()


COPIED_TABLES: Final = ("entry", "posting", "lot", "alloc", "balance", "feed")


class OrmFloor:
    """The same rows through SQLAlchemy's ORM into head office's SQLite file: an object per row,
    balances and drawn lots read and changed one by one, one commit a batch.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        """Open a head-office file whose tables are there."""
        self._engine = engine_for(path, key)
        registry = orm.registry(metadata=tables.metadata)
        self._classes: dict[str, type[Any]] = {}
        for name in COPIED_TABLES:
            made = type(name.title(), (), {})
            registry.map_imperatively(made, tables.metadata.tables[name])
            self._classes[name] = made

    def written(self, device: bytes, first: int, last: int) -> dict[str, list[dict[str, Any]]]:
        """Rows that posting the entries `first`..`last` of a device wrote or changed, by table."""
        all_tables = tables.metadata.tables
        entry, alloc = all_tables["entry"], all_tables["alloc"]
        mine = sa.and_(entry.c.device == device, entry.c.seq.between(first, last))
        numbers = sa.select(entry.c.post_seq).where(mine)
        queries = {"entry": sa.select(entry).where(mine)}
        for name in ("posting", "lot", "alloc"):
            table = all_tables[name]
            queries[name] = sa.select(table).where(table.c.post_seq.in_(numbers))
        balance, lot = all_tables["balance"], all_tables["lot"]
        queries["balance"] = sa.select(balance).where(balance.c.version.in_(numbers))
        drawn = sa.select(alloc.c.member, alloc.c.lot_post_seq, alloc.c.lot_part).where(
            alloc.c.post_seq.in_(numbers)
        )
        queries["drawn"] = sa.select(lot).where(
            sa.tuple_(lot.c.member, lot.c.post_seq, lot.c.part).in_(drawn)
        )
        with self._engine.connect() as connection:
            found = {
                name: [dict(row) for row in connection.execute(query).mappings()]
                for name, query in queries.items()
            }
            keys = [str(UUID(bytes=row["member"])) for row in found["balance"]]
            feed = all_tables["feed"]
            query = sa.select(feed).where(feed.c.kind == "member", feed.c.key.in_(keys))
            found["feed"] = [dict(row) for row in connection.execute(query).mappings()]
        return found

    def forget(self, rows: Mapping[str, list[dict[str, Any]]]) -> None:
        """Take new rows out again, so that they can be written by the ORM."""
        with self._engine.begin() as connection:
            for name in ("entry", "posting", "lot", "alloc"):
                table = tables.metadata.tables[name]
                keys = list(table.primary_key.columns)
                where = sa.and_(*(key == sa.bindparam(f"k_{key.name}") for key in keys))
                parameters = [
                    {f"k_{key.name}": row[key.name] for key in keys} for row in rows[name]
                ]
                if parameters:
                    connection.execute(sa.delete(table).where(where), parameters)

    def write(self, rows: Mapping[str, list[dict[str, Any]]]) -> None:
        """Write one batch's rows and commit."""
        made = self._classes
        with orm.Session(self._engine) as session, session.begin():
            for name in ("entry", "posting", "lot", "alloc"):
                for row in rows[name]:
                    item = made[name]()
                    for column, value in row.items():
                        setattr(item, column, value)
                    session.add(item)
            for name, source in (("lot", "drawn"), ("balance", "balance"), ("feed", "feed")):
                keys = [key.name for key in tables.metadata.tables[name].primary_key.columns]
                for row in rows[source]:
                    held = session.get(made[name], tuple(row[key] for key in keys))
                    for column, value in row.items():
                        setattr(held, column, value)

    def close(self) -> None:
        """Close the file."""
        orm.clear_mappers()
        self._engine.dispose()
