"""Checksums of what the replica holds, per kind of row, kept as rows come and go.

Head office sends the same sums with a complete page; a difference means: fetch again. A bucket is
the union of kinds, so its sum is the xor of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sync.database.engine import Connection
from sync.domain.checksums import Checksum

_PREFIX: Final = "sum:"
_KEEP: Final = (
    "INSERT INTO meta (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Sums:
    """A checksum per kind. Loaded and saved inside the transaction that changes the rows."""

    def __init__(self) -> None:
        """Start from nothing."""
        self._kinds: dict[str, Checksum] = {}
        self._changed: set[str] = set()

    @classmethod
    def load(cls, connection: Connection) -> Sums:
        """The sums kept in `meta`."""
        made = cls()
        rows = connection.execute(
            "SELECT name, value FROM meta WHERE name >= 'sum:' AND name < 'sum;'"
        ).fetchall()
        for name, value in rows:
            kept = made._kinds[name.removeprefix(_PREFIX)] = Checksum()
            kept.add(int.from_bytes(value[:8], "big"), value[8:])
        return made

    def change(self, kind: str, key: str, old: int | None, new: int | None) -> None:
        """A row of version `old` (None: was not there) is now of version `new` (None: gone)."""
        held = self._kinds.get(kind)
        if held is None:
            held = self._kinds[kind] = Checksum()
        held.change(kind, key, old, new)
        self._changed.add(kind)

    def save(self, connection: Connection) -> None:
        """Keep what changed."""
        for kind in self._changed:
            held = self._kinds[kind]
            connection.execute(_KEEP, (_PREFIX + kind, held.count.to_bytes(8, "big") + held.xor))
        self._changed.clear()

    def of(self, kinds: Iterable[str]) -> tuple[int, bytes]:
        """(live rows, xor) over some kinds."""
        total = Checksum()
        for kind in kinds:
            held = self._kinds.get(kind, Checksum())
            total.add(held.count, held.xor)
        return total.count, total.xor

    def kinds(self) -> tuple[str, ...]:
        """Kinds that were ever seen."""
        return tuple(sorted(self._kinds))
