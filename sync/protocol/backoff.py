"""When to try again: full jitter from passed randomness, for ever (sync-ledger.md 2.4)."""

from __future__ import annotations

from typing import Final

FIRST_MS: Final = 1_000
MOST_MS: Final = 60_000
MOST_RETRY_AFTER_MS: Final = 300_000  # no reply may silence a till for longer
RANDOM_BYTES: Final = 4


def delay_ms(attempt: int, random: bytes, retry_after_s: int | None = None) -> int:
    """Milliseconds to wait before attempt number `attempt` + 1 (0: after the first failure).

    Uniform in [0, ceiling], the ceiling doubling from 1 s to 60 s; not before `retry_after_s`.
    `random`: 4 fresh bytes.
    """
    if len(random) != RANDOM_BYTES or attempt < 0:
        raise ValueError(f"attempt {attempt}, {len(random)} random bytes")
    ceiling = min(MOST_MS, FIRST_MS << min(attempt, 6))
    jittered = (ceiling + 1) * int.from_bytes(random, "big") >> 8 * RANDOM_BYTES
    asked = min((retry_after_s or 0) * 1_000, MOST_RETRY_AFTER_MS)
    return max(jittered, asked)


def retry_after_s(header: str | None) -> int | None:
    """Seconds of a Retry-After header; dates and nonsense count as none (a till's clock may be
    wrong)."""
    if header is None or not header.isascii() or not header.strip().isdigit():
        return None
    return int(header.strip()[:6])
