"""A ready replica file with its indexes, built in one go: the fast form of a snapshot.

Head office builds it once under a key of its own and ships the same bytes to every till; a till
opens it as it is. Rows first, in the order of their keys where they come so, indexes after them,
one transaction without a log; the disk is waited for once, at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sync.database.engine import connect, insert_sql
from sync.database.till import replica_tables as t
from sync.database.till.faults import mapped
from sync.database.till.replica import create_indexes, create_tables
from sync.database.till.replica_rows import AliasLike, alias_values, card_values, light_values
from sync.domain.cards import Card
from sync.domain.checksums import Checksum
from sync.domain.members import LightRow

SCHEMA: Final = t.SCHEMA
_LIGHT: Final = insert_sql(t.LIGHT).text
_CARD: Final = insert_sql(t.CARD).text
_ALIAS: Final = insert_sql(t.ALIAS).text
_META: Final = insert_sql(t.META).text
_CACHE_KIB: Final = 64 * 1024


class ReplicaFile:
    """A replica file being filled. Nothing is in it for sure before `finish` has returned."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Make the file. `path` must not exist yet; `key`: 32 bytes.

        Raises StoreFault, and FileExistsError.
        """
        if path.exists():
            raise FileExistsError(path)
        self.rows = 0
        self._path, self._sums = path, {kind: Checksum() for kind in ("member", "card", "alias")}
        with mapped(path.name):
            self._connection = connect(path, key, any_thread=True, full_sync=False)
            for pragma in (
                "journal_mode = OFF",
                "synchronous = OFF",
                "locking_mode = EXCLUSIVE",
                f"cache_size = -{_CACHE_KIB}",
            ):
                self._connection.execute(f"PRAGMA {pragma}").fetchone()
            self._connection.execute("BEGIN IMMEDIATE")
            create_tables(self._connection, indexes=False)

    def members(self, rows: Iterable[tuple[LightRow, int]]) -> None:
        """Add (light row, feed version) pairs. Raises StoreFault."""
        self._fill(_LIGHT, (light_values(r, v, None) for r, v in self._lights(rows)))

    def cards(self, rows: Iterable[tuple[Card, int]]) -> None:
        """Add (card, feed version) pairs. Raises StoreFault."""
        self._fill(_CARD, (card_values(r, v) for r, v in self._cards(rows)))

    def aliases(self, rows: Iterable[tuple[AliasLike, int]]) -> None:
        """Add (alias, feed version) pairs. Raises StoreFault."""
        self._fill(_ALIAS, (alias_values(r, v) for r, v in self._aliases(rows)))

    def finish(self, hq_epoch: int, n: int) -> int:
        """Indexes, checksums and cursor; on the disk and closed. How many rows there are.

        Raises StoreFault.
        """
        with mapped(self._path.name):
            create_indexes(self._connection)
            kept = [
                (f"sum:{kind}", held.count.to_bytes(8, "big") + held.xor)
                for kind, held in self._sums.items()
                if held.count
            ]
            told = [("hq_epoch", str(hq_epoch).encode()), ("cursor", str(n).encode())]
            self._connection.executemany(_META, kept + told)
            self._connection.execute("COMMIT")
            self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        self.close()
        handle = os.open(self._path, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return self.rows

    def close(self) -> None:
        """Let go of the file; without `finish` it is waste."""
        self._connection.close()

    def _fill(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        with mapped(self._path.name):
            self._connection.executemany(sql, rows)

    def _lights(self, rows: Iterable[tuple[LightRow, int]]) -> Iterator[tuple[LightRow, int]]:
        for row, ver in rows:
            self._count("member", str(row.member), ver)
            yield row, ver

    def _cards(self, rows: Iterable[tuple[Card, int]]) -> Iterator[tuple[Card, int]]:
        for row, ver in rows:
            self._count("card", row.token, ver)
            yield row, ver

    def _aliases(self, rows: Iterable[tuple[AliasLike, int]]) -> Iterator[tuple[AliasLike, int]]:
        for row, ver in rows:
            self._count("alias", str(row.alias), ver)
            yield row, ver

    def _count(self, kind: str, key: str, ver: int) -> None:
        self._sums[kind].change(kind, key, None, ver)
        self.rows += 1


def build_replica(
    path: Path,
    key: bytes,
    members: Iterable[tuple[LightRow, int]],
    cards: Iterable[tuple[Card, int]],
    hq_epoch: int,
    n: int,
) -> int:
    """Write a replica of (row, feed version) pairs that is complete up to feed number `n`.

    Arguments and errors as ReplicaFile's. Returns the number of rows.
    """
    made = ReplicaFile(path, key)
    try:
        made.members(members)
        made.cards(cards)
        return made.finish(hq_epoch, n)
    finally:
        made.close()
