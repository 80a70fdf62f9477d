"""A ready replica file with its indexes, built in one go: the fast form of a snapshot.

Head office builds it once under a key of its own and ships the same bytes to every till; a till
opens it as it is. Rows first, indexes after them, then one file without a log beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from sync.database.engine import Connection, connect, insert_sql, transaction
from sync.database.till import replica_tables as t
from sync.database.till.faults import mapped
from sync.database.till.replica import create_indexes, create_tables
from sync.database.till.replica_rows import card_values, light_values
from sync.database.till.sums import Sums
from sync.domain.cards import Card
from sync.domain.members import LightRow

SCHEMA: Final = t.SCHEMA
_LIGHT: Final = insert_sql(t.LIGHT).text
_CARD: Final = insert_sql(t.CARD).text
_BATCH: Final = 20_000

T = TypeVar("T")


def build_replica(
    path: Path,
    key: bytes,
    members: Iterable[tuple[LightRow, int]],
    cards: Iterable[tuple[Card, int]],
    hq_epoch: int,
    n: int,
) -> int:
    """Write a replica of (row, feed version) pairs that is complete up to feed number `n`.

    `path` must not exist yet; `key`: 32 bytes. Returns the number of rows. Raises StoreFault, and
    FileExistsError.
    """
    if path.exists():
        raise FileExistsError(path)
    with mapped(path.name):
        connection = connect(path, key, full_sync=False)
        try:
            connection.execute("PRAGMA journal_mode = OFF")
            with transaction(connection):
                create_tables(connection, indexes=False)
            sums = Sums()
            count = _fill(connection, _LIGHT, _lights(members, sums))
            count += _fill(connection, _CARD, _cards(cards, sums))
            with transaction(connection):
                create_indexes(connection)
                sums.save(connection)
                connection.executemany(
                    "INSERT INTO meta (name, value) VALUES (?, ?)",
                    [("hq_epoch", str(hq_epoch).encode()), ("cursor", str(n).encode())],
                )
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        finally:
            connection.close()
    return count


def _fill(connection: Connection, sql: str, rows: Iterable[tuple[object, ...]]) -> int:
    count = 0
    for batch in _batches(rows):
        with transaction(connection):
            connection.executemany(sql, batch)
        count += len(batch)
    return count


def _lights(members: Iterable[tuple[LightRow, int]], sums: Sums) -> Iterator[tuple[object, ...]]:
    for row, ver in members:
        sums.change("member", str(row.member), None, ver)
        yield light_values(row, ver, None)


def _cards(cards: Iterable[tuple[Card, int]], sums: Sums) -> Iterator[tuple[object, ...]]:
    for card, ver in cards:
        sums.change("card", card.token, None, ver)
        yield card_values(card, ver)


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch
