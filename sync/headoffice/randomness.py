"""Where head office's random bytes come from: the operating system, or a scenario's seed."""

from __future__ import annotations

import secrets
from collections import Counter
from hashlib import sha256
from typing import Protocol


class Randomness(Protocol):
    """`size` random bytes for one purpose (key ids, device ids, nonces...)."""

    def __call__(self, purpose: str, size: int) -> bytes: ...


def from_system(purpose: str, size: int) -> bytes:  # noqa: ARG001  # one signature for both sources
    """Bytes from the operating system, whatever they are for."""
    return secrets.token_bytes(size)


class Seeded:
    """The same bytes for the same seed and the same draws of a purpose. For scenarios only."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._drawn: Counter[str] = Counter()

    def __call__(self, purpose: str, size: int) -> bytes:
        """The next bytes of the stream of that purpose."""
        self._drawn[purpose] += 1
        label = f"{self._seed}|{purpose}|{self._drawn[purpose]}"
        made = b""
        while len(made) < size:
            made += sha256(f"{label}|{len(made)}".encode()).digest()
        return made[:size]
