"""Reading a body back: the quick way and the close look agree on every byte string."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain import canonical
from sync.domain.journal import Kind, UnreadableBody, _as_written, _typed, body_bytes, read_body
from tests.sync.domain.making import Counter, member_id

TILL = Counter("A")
PLAIN = body_bytes(TILL.body(Kind.NOTE, member_id(1), card="c1", data={"a": [1, {"b": "张"}]}))


def closely(data: bytes) -> bool:
    """Whether the close look takes it."""
    try:
        canonical.decode(data)
        _typed(data)
    except (canonical.NotCanonical, UnreadableBody):
        return False
    return True


def readable(data: bytes) -> bool:
    """Whether `read_body` takes it."""
    try:
        read_body(data)
    except UnreadableBody:
        return False
    return True


def test_what_a_till_writes_is_read_the_quick_way() -> None:
    assert _as_written(PLAIN) == read_body(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"c1"', b'"1234567890123456789"'),  # 19 digits in a text are no large number
        (b'"effects":[]', b'"effects":[{"account":"a","asset":"PTS","delta":0,"item":null}]'),
        (b'"c1"', '"\n\u0301"'.encode().replace(b"\n", b"\\n")),  # a mark after an escape
    ],
)
def test_unusual_but_canonical_bodies_are_read_closely(old: bytes, new: bytes) -> None:
    data = PLAIN.replace(old, new)
    assert data != PLAIN
    assert _as_written(data) is None
    assert readable(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"a":[1,', b'"a":[1.5,'),
        (b'"a":[1,', b'"a":[9223372036854775808,'),
        (b'"shift":1', b'"shift":1.0'),
        (b'"shift":1', b'"shift":9223372036854775808'),
        (b'"shift":1', b'"shift": 1'),
        (b'"shift":1', b'"shift":1,"shift":1'),
        (b'"c1"', b'"\\u0000"'),
        (b'"c1"', b'"\\u0063"'),
        ("张".encode(), normalize("NFD", "é").encode()),
        (b'"v":1', b'"v":2'),
        (b'"kind":"note"', b'"kind":"nothing"'),
    ],
)
def test_other_spellings_are_refused_both_ways(old: bytes, new: bytes) -> None:
    data = PLAIN.replace(old, new)
    assert data != PLAIN
    assert not readable(data)
    assert not closely(data)


@given(st.data())
def test_both_ways_agree_on_changed_bytes(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(PLAIN) - 1))
    upto = data.draw(st.integers(at, min(at + 3, len(PLAIN))))
    changed = PLAIN[:at] + data.draw(st.binary(max_size=3)) + PLAIN[upto:]
    assert readable(changed) == closely(changed)
