"""The replica: head office's rows beside the journal, applied in short commits.

A page is applied in transactions of at most SYNC_ROWS rows that each move the cursor, so a kill
leaves a state the feed goes on from. A newer row is never replaced by an older one, and what was
removed comes back only with a later put.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from uuid import UUID

import msgspec
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from sync.database.engine import Connection, connect, transaction
from sync.database.till import replica_rows as rows
from sync.database.till.faults import StoreFault, TooNewError, mapped
from sync.database.till.journal_file import Readers
from sync.database.till.replica_lookup import SEALED, ReplicaLookup
from sync.database.till.replica_rows import (
    AliasLike,
    BlockLike,
    Change,
    DeviceLike,
    ProgrammePack,
    RosterPack,
)
from sync.database.till.replica_tables import INDEXES, METADATA, SCHEMA
from sync.database.till.schema import version_of
from sync.database.till.seals import Seal
from sync.database.till.sums import Sums
from sync.database.till.turns import SYNC_ROWS, Turn
from sync.domain.cards import Card
from sync.domain.members import LightRow, Profile
from sync.domain.pricing import Product

PROFILE_DAYS_MS: Final = 30 * 24 * 3_600_000  # a profile fetched on demand is kept this long
_META: Final = (
    "INSERT INTO meta (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_TOMB: Final = (
    "INSERT INTO tomb (kind, key, ver) VALUES (?, ?, ?) "
    "ON CONFLICT (kind, key) DO UPDATE SET ver = max(ver, excluded.ver)"
)
_TOMB_VER: Final = "SELECT ver FROM tomb WHERE kind = ? AND key = ?"


def create_tables(connection: Connection, *, indexes: bool = True) -> None:
    """Make the replica's tables (and indexes) in an empty file, and mark its schema."""
    dialect = sqlite.dialect()
    for table in METADATA.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=dialect)))
    if indexes:
        create_indexes(connection)
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def create_indexes(connection: Connection) -> None:
    """Make the indexes, once all rows are in."""
    dialect = sqlite.dialect()
    for index in INDEXES:
        connection.execute(str(CreateIndex(index).compile(dialect=dialect)))


# Folding the log in syncs the disk: seldom, a first contact writes much at once.
FOLD_PAGES: Final = 8_000


class OutdatedReplica(StoreFault):
    """The file has another schema than this release: fetch it again."""

    code = "replica_outdated"


class Replica(ReplicaLookup):
    """An open `replica-<id>.db`. One thread writes (sync); any thread reads."""

    def __init__(self, path: Path, key: bytes, seal: Seal, turn: Turn) -> None:
        """Open, or make when there is no file. Raises OutdatedReplica, TooNewError, StoreFault."""
        self.path, self._turn = path, turn
        with mapped(path.name):
            self._writer = connect(path, key, any_thread=True, full_sync=False)
            self._writer.execute(f"PRAGMA wal_autocheckpoint = {FOLD_PAGES}").fetchone()
            try:
                self._check_schema()
            except BaseException:
                self._writer.close()
                raise
        super().__init__(Readers(path, key), seal)
        self.fetches = 0  # how often rows came on demand, outside the feed
        self.generation = 0  # counts applied changes of programme, roster and products
        self._writes = 0
        self._cursor: tuple[int, tuple[int, int] | None] = (-1, None)  # as of so many writes

    def _check_schema(self) -> None:
        found = version_of(self._writer)
        if found == 0:
            with transaction(self._writer):
                create_tables(self._writer)
        elif found > SCHEMA:
            raise TooNewError(file=self.path.name, found=found, ours=SCHEMA)
        elif found < SCHEMA:
            raise OutdatedReplica(file=self.path.name, found=found, ours=SCHEMA)

    def close(self) -> None:
        """Close every connection."""
        self._readers.close()
        self._writer.close()

    def apply(
        self,
        changes: Sequence[Change],
        hq_epoch: int,
        next_n: int,
        now_ms: int,
        *,
        complete: bool,
    ) -> None:
        """Apply a page of the feed in order. `complete`: these are the newest figures at `now_ms`.

        Raises StoreFault; what was committed before stays, with the cursor where it ends.
        """
        for start in range(0, max(len(changes), 1), SYNC_ROWS):
            part = changes[start : start + SYNC_ROWS]
            last = start + SYNC_ROWS >= len(changes)
            with self._write() as connection:
                self._put_all(connection, part, None)
                _keep_number(connection, "hq_epoch", hq_epoch)
                _keep_number(connection, "cursor", next_n if last else part[-1].n)
                if last and complete:
                    _keep_number(connection, "as_of_ms", now_ms)
        self._note(changes)

    def load(self, changes: Iterable[Change], marks: Mapping[str, bytes]) -> None:
        """Apply rows of a snapshot, the cursor unmoved; `marks` are kept with the last of them.

        Raises StoreFault.
        """
        all_changes = list(changes)
        for start in range(0, max(len(all_changes), 1), SYNC_ROWS):
            with self._write() as connection:
                self._put_all(connection, all_changes[start : start + SYNC_ROWS], None)
                if start + SYNC_ROWS >= len(all_changes):
                    connection.executemany(_META, list(marks.items()))
        self._note(all_changes)

    def put_fetched(self, changes: Sequence[Change], now_ms: int) -> None:
        """Keep rows fetched on demand at `now_ms`; they are newer than the feed, or they lose."""
        self.fetches += 1
        with self._write() as connection:
            self._put_all(connection, changes, now_ms)
        self._note(changes)

    def keep(self, name: str, value: bytes) -> None:
        """Keep a value."""
        with self._write() as connection:
            connection.execute(_META, (name, value))

    def start_at(self, hq_epoch: int, n: int, now_ms: int) -> None:
        """Set the cursor: a snapshot is complete up to feed number `n`."""
        with self._write() as connection:
            _keep_number(connection, "hq_epoch", hq_epoch)
            _keep_number(connection, "cursor", n)
            _keep_number(connection, "as_of_ms", now_ms)

    def drop_expired(self, now_ms: int) -> int:
        """Forget profiles fetched on demand more than 30 days ago; how many."""
        with self._write() as connection:
            return connection.execute(
                "DELETE FROM profile WHERE expires_ms IS NOT NULL AND expires_ms <= ?", (now_ms,)
            ).rowcount

    def cursor(self) -> tuple[int, int] | None:
        """As `ReplicaLookup.cursor`, read again only after something was written."""
        writes, (known_at, cursor) = self._writes, self._cursor
        if known_at != writes:
            cursor = super().cursor()
            self._cursor = writes, cursor
        return cursor

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction of sync: after any cashier, all or nothing."""
        with self._turn.sync(), mapped(self.path.name):
            try:
                with transaction(self._writer):
                    yield self._writer
            finally:
                self._writes += 1

    def _note(self, changes: Sequence[Change]) -> None:
        if any(change.kind in ("programme", "roster", "product") for change in changes):
            self.generation += 1

    def sums(self) -> Sums:
        """Checksums of what is held."""
        with self._readers.read() as connection:
            return Sums.load(connection)

    def fetched_profiles(self) -> list[Change]:
        """Profiles fetched on demand: what a new replica takes over from this one."""
        with self._readers.read() as connection:
            found = connection.execute(
                "SELECT data, ver FROM profile WHERE expires_ms IS NOT NULL"
            ).fetchall()
        profiles = [(msgspec.msgpack.decode(row[0], type=Profile), row[1]) for row in found]
        return [Change(0, "profile", str(p.member), ver, p) for p, ver in profiles]

    def _put_all(
        self, connection: Connection, changes: Sequence[Change], fetched_ms: int | None
    ) -> None:
        sums = Sums.load(connection)
        for change in changes:
            self._put(connection, change, fetched_ms, sums)
        sums.save(connection)

    def _put(
        self, connection: Connection, change: Change, fetched_ms: int | None, sums: Sums
    ) -> None:
        table = _VERSIONS.get(change.kind, _OTHER)
        key = table.key(change)
        held = connection.execute(table.select, key).fetchone()
        old = held[0] if held else None
        if old is not None and old > change.ver:
            return
        if change.row is None:
            if old is not None:
                connection.execute(table.delete, key)
                sums.change(change.kind, change.key, old, None)
            connection.execute(_TOMB, (change.kind, change.key, change.ver))
            return
        tomb = connection.execute(_TOMB_VER, (change.kind, change.key)).fetchone()
        if tomb is not None and tomb[0] >= change.ver:
            return
        if isinstance(change.row, RosterPack):
            self._put_roster(connection, change.row)
            connection.execute(_OTHER_PUT, (change.kind, change.key, change.ver, None))
        elif change.kind in rows.PUT:
            connection.execute(rows.PUT[change.kind], _VALUES[change.kind](change, fetched_ms))
        else:
            data = rows.document_bytes(change.row)
            if data is not None and change.key.startswith(SEALED):
                data = self._seal.close(data)
            connection.execute(_OTHER_PUT, (change.kind, change.key, change.ver, data))
        sums.change(change.kind, change.key, old, change.ver)

    def _put_roster(self, connection: Connection, roster: RosterPack) -> None:
        held = connection.execute("SELECT value FROM meta WHERE name = 'roster'").fetchone()
        if held is not None and int(held[0]) > roster.version:
            return
        connection.execute("DELETE FROM staff")
        connection.executemany(
            rows.STAFF_PUT,
            [
                (
                    person.staff, roster.version, person.name, ",".join(person.roles),
                    int(person.approver), person.language,
                    self._seal.close(person.pin.encode()) if person.pin else b"",
                )
                for person in roster.staff
            ],
        )  # fmt: skip
        _keep_number(connection, "roster", roster.version)


@dataclass(frozen=True, slots=True)
class _Versions:
    """Where rows of a kind keep their version: statements by the key, and the key of a change."""

    select: str
    delete: str
    key: Callable[[Change], tuple[object, ...]]


def _keep_number(connection: Connection, name: str, number: int) -> None:
    connection.execute(_META, (name, str(number).encode()))


def _profile_values(change: Change, fetched_ms: int | None) -> tuple[object, ...]:
    expires_ms = None if fetched_ms is None else fetched_ms + PROFILE_DAYS_MS
    return rows.profile_values(cast("Profile", change.row), change.ver, expires_ms)


_VALUES: Final[Mapping[str, Callable[[Change, int | None], tuple[object, ...]]]] = {
    "member": lambda c, at: rows.light_values(cast("LightRow", c.row), c.ver, at),
    "card": lambda c, _: rows.card_values(cast("Card", c.row), c.ver),
    "product": lambda c, _: rows.product_values(cast("Product", c.row), c.ver),
    "profile": _profile_values,
    "block": lambda c, _: rows.block_values(cast("BlockLike", c.row), c.ver),
    "programme": lambda c, _: rows.programme_values(cast("ProgrammePack", c.row), c.ver),
    "device": lambda c, _: rows.device_values(cast("DeviceLike", c.row), c.ver),
    "alias": lambda c, _: rows.alias_values(cast("AliasLike", c.row), c.ver),
}


def _versions(table: str, columns: str, key: Callable[[str], tuple[object, ...]]) -> _Versions:
    where = " AND ".join(f"{column} = ?" for column in columns.split())
    return _Versions(
        f"SELECT ver FROM {table} WHERE {where}",  # noqa: S608  # names of our own
        f"DELETE FROM {table} WHERE {where}",  # noqa: S608  # names of our own
        lambda change: key(change.key),
    )


def _uuid_key(key: str) -> tuple[object, ...]:
    return (UUID(key).bytes,)


def _token_key(key: str) -> tuple[object, ...]:
    return (bytes.fromhex(key),)


def _device_key(key: str) -> tuple[object, ...]:
    device, _, epoch = key.partition(":")
    return UUID(device).bytes, int(epoch)


_VERSIONS: Final[Mapping[str, _Versions]] = {
    "member": _versions("light", "member", _uuid_key),
    "card": _versions("card", "token", _token_key),
    "block": _versions("block", "token", _token_key),
    "programme": _versions("programme", "version", lambda key: (int(key),)),
    "product": _versions("product", "sku", lambda key: (key,)),
    "profile": _versions("profile", "member", _uuid_key),
    "alias": _versions("alias", "alias", _uuid_key),
    "device": _versions("device", "device epoch", _device_key),
}
# Documents; of rosters and kinds of later releases only the version is kept here.
_OTHER: Final = _Versions(
    "SELECT ver FROM other WHERE kind = ? AND key = ?",
    "DELETE FROM other WHERE kind = ? AND key = ?",
    lambda change: (change.kind, change.key),
)
_OTHER_PUT: Final = (
    "INSERT INTO other (kind, key, ver, data) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (kind, key) DO UPDATE SET ver = excluded.ver, data = excluded.data"
)
