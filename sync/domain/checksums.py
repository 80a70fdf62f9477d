"""Checksums over sets of rows: the same for the same rows in whatever order they came.

A till keeps one per kind of row, head office one per bucket; where they differ, the till's copy is
fetched again.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

DIGEST_BYTES: Final = 32
ALL_TILLS: Final = "all"  # the bucket of rows that every till holds


def row_digest(kind: str, key: str, ver: int) -> int:
    """What one live row adds: SHA-256(kind 0 key 0 ver u64be), as a number."""
    data = f"{kind}\0{key}\0".encode() + ver.to_bytes(8, "big")
    return int.from_bytes(sha256(data).digest(), "big")


@dataclass(slots=True)
class Checksum:
    """Rows counted and their digests mixed by xor. As a difference the count may be negative."""

    count: int = 0
    mixed: int = 0

    def change(self, kind: str, key: str, old: int | None, new: int | None) -> None:
        """A row of version `old` (None: was not there) is now of version `new` (None: gone)."""
        if old is not None:
            self.count -= 1
            self.mixed ^= row_digest(kind, key, old)
        if new is not None:
            self.count += 1
            self.mixed ^= row_digest(kind, key, new)

    def add(self, count: int, xor: bytes) -> None:
        """Add rows that are not in it, or a difference."""
        self.count += count
        self.mixed ^= int.from_bytes(xor, "big")

    @property
    def xor(self) -> bytes:
        """The digests mixed, as it travels."""
        return self.mixed.to_bytes(DIGEST_BYTES, "big")
