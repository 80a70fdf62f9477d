"""Checksums of what the replica holds, per kind of row, kept as rows come and go.

Head office sends the same sums with a complete page; a difference means: fetch again. A bucket is
the union of kinds, so its sum is the xor of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from sync.database.engine import Connection

_PREFIX: Final = "sum:"
_BYTES: Final = 32
_KEEP: Final = (
    "INSERT INTO meta (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def row_digest(kind: str, key: str, ver: int) -> int:
    """What one live row adds: SHA-256(kind 0 key 0 ver u64be), as a number."""
    data = b"\0".join((kind.encode(), key.encode(), ver.to_bytes(8, "big")))
    return int.from_bytes(sha256(data).digest(), "big")


class Sums:
    """(count, xor) per kind. Loaded and saved inside the transaction that changes the rows."""

    def __init__(self) -> None:
        """Start from nothing."""
        self._kinds: dict[str, tuple[int, int]] = {}
        self._changed: set[str] = set()

    @classmethod
    def load(cls, connection: Connection) -> Sums:
        """The sums kept in `meta`."""
        made = cls()
        rows = connection.execute(
            "SELECT name, value FROM meta WHERE name >= 'sum:' AND name < 'sum;'"
        ).fetchall()
        for name, value in rows:
            count = int.from_bytes(value[:8], "big")
            made._kinds[name.removeprefix(_PREFIX)] = count, int.from_bytes(value[8:], "big")
        return made

    def change(self, kind: str, key: str, old: int | None, new: int | None) -> None:
        """A row of version `old` (None: was not there) is now of version `new` (None: gone)."""
        count, xor = self._kinds.get(kind, (0, 0))
        if old is not None:
            count, xor = count - 1, xor ^ row_digest(kind, key, old)
        if new is not None:
            count, xor = count + 1, xor ^ row_digest(kind, key, new)
        self._kinds[kind] = count, xor
        self._changed.add(kind)

    def save(self, connection: Connection) -> None:
        """Keep what changed."""
        for kind in self._changed:
            count, xor = self._kinds[kind]
            value = count.to_bytes(8, "big") + xor.to_bytes(_BYTES, "big")
            connection.execute(_KEEP, (_PREFIX + kind, value))
        self._changed.clear()

    def of(self, kinds: Iterable[str]) -> tuple[int, bytes]:
        """(live rows, xor) over some kinds."""
        total, mixed = 0, 0
        for kind in kinds:
            count, xor = self._kinds.get(kind, (0, 0))
            total, mixed = total + count, mixed ^ xor
        return total, mixed.to_bytes(_BYTES, "big")

    def kinds(self) -> tuple[str, ...]:
        """Kinds that were ever seen."""
        return tuple(sorted(self._kinds))
