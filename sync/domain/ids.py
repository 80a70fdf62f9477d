"""Identifiers. A UUIDv7 (RFC 9562 section 5.7) from time and randomness passed in."""

from __future__ import annotations

from uuid import UUID

RANDOM_BYTES = 10


def uuid7(utc_ms: int, random: bytes) -> UUID:
    """UUIDv7 of `utc_ms` (Unix milliseconds) and 10 bytes of `random`: 74 of their bits."""
    if not 0 <= utc_ms < 1 << 48:
        raise ValueError(f"time out of range: {utc_ms}")
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"{RANDOM_BYTES} random bytes are needed, got {len(random)}")
    bits = int.from_bytes(random, "big")
    rand_a, rand_b = (bits >> 62) & 0xFFF, bits & ((1 << 62) - 1)
    return UUID(int=utc_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def uuid7_ms(value: UUID) -> int:
    """Unix milliseconds inside a UUIDv7; ValueError for any other version."""
    if value.version != 7:
        raise ValueError(f"not a UUIDv7: {value}")
    return value.int >> 80
