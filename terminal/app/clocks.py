"""Time and randomness as the till uses them, and as a scenario gives them."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from uuid import UUID

from sync.domain.ids import RANDOM_BYTES, uuid7


class SystemClock:
    """The machine's clock."""

    def utc_ms(self) -> int:
        """Wall clock, Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        """Milliseconds that never run back."""
        return time.monotonic_ns() // 1_000_000


class StoryClock:
    """The business time of a scenario: it stands still until it is moved."""

    def __init__(self, at_ms: int) -> None:
        self._started_ms = self._now_ms = at_ms
        self._most_ms = at_ms

    def move(self, at_ms: int) -> None:
        """It is now `at_ms` (UTC ms), which may be earlier than before: clocks do that."""
        self._now_ms = at_ms
        self._most_ms = max(self._most_ms, at_ms)

    def utc_ms(self) -> int:
        """Business time, Unix milliseconds."""
        return self._now_ms

    def mono_ms(self) -> int:
        """Business milliseconds since the start that never run back."""
        return self._most_ms - self._started_ms


class SeededRandom:
    """The same bytes for the same seed, in the same order. For scenarios only."""

    def __init__(self, seed: str) -> None:
        self._seed, self._drawn = seed, 0

    def __call__(self, size: int) -> bytes:
        """The next `size` bytes."""
        made = b""
        while len(made) < size:
            self._drawn += 1
            made += sha256(f"guibin-story|{self._seed}|{self._drawn}".encode()).digest()
        return made[:size]


def system_random(size: int) -> bytes:
    """Bytes from the operating system."""
    return os.urandom(size)


def boot_id(utc_ms: int, random: bytes) -> UUID:
    """Id of this start of the program."""
    return uuid7(max(utc_ms, 0), random[:RANDOM_BYTES])
