"""Pauses grow from 1 s to 60 s, spread over the whole range, and obey Retry-After in reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol import backoff


@given(st.integers(0, 10_000), st.binary(min_size=4, max_size=4))
def test_within_the_ceiling(attempt: int, random: bytes) -> None:
    """Planted: a ceiling that goes on doubling after the sixth attempt."""
    ceiling = min(60_000, 1_000 * 2 ** min(attempt, 30))
    assert 0 <= backoff.delay_ms(attempt, random) <= ceiling


def test_the_whole_range() -> None:
    assert backoff.delay_ms(0, b"\0\0\0\0") == 0
    assert backoff.delay_ms(0, b"\xff\xff\xff\xff") == 1_000
    assert backoff.delay_ms(3, b"\x80\0\0\0") == 4_000
    assert backoff.delay_ms(99, b"\xff\xff\xff\xff") == 60_000


def test_retry_after() -> None:
    assert backoff.delay_ms(0, b"\0\0\0\0", 7) == 7_000
    assert backoff.delay_ms(0, b"\0\0\0\0", 86_400) == 300_000
    assert backoff.retry_after_s("120") == 120
    assert backoff.retry_after_s(" 9999999999999 ") == 999_999
    for nonsense in (None, "", "soon", "-5", "Sat, 21 Nov 2026 09:00:00 GMT", "٣"):
        assert backoff.retry_after_s(nonsense) is None


def test_wrong_arguments() -> None:
    for attempt, random in ((-1, b"abcd"), (0, b"abc")):
        with pytest.raises(ValueError, match="attempt"):
            backoff.delay_ms(attempt, random)
