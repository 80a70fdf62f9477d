"""Checksums over sets of rows."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from sync.domain.checksums import Checksum, row_digest

KEYS = st.dictionaries(st.text(max_size=5), st.integers(0, 2**64 - 1), max_size=8)


def test_a_digest_is_made_as_the_protocol_says() -> None:
    said = sha256(b"card\0ab\0" + bytes(7) + b"\5").digest()
    assert row_digest("card", "ab", 5) == int.from_bytes(said, "big")


@given(KEYS, KEYS)
def test_only_what_is_there_at_the_end_counts(
    before: dict[str, int], after: dict[str, int]
) -> None:
    changed, fresh = Checksum(), Checksum()
    for key, ver in before.items():
        changed.change("card", key, None, ver)
    for key in before.keys() | after.keys():
        changed.change("card", key, before.get(key), after.get(key))
    for key in sorted(after):
        one = Checksum()
        one.change("card", key, None, after[key])
        fresh.add(one.count, one.xor)
    assert (changed.count, changed.xor) == (fresh.count, fresh.xor)
    assert changed.count == len(after)
