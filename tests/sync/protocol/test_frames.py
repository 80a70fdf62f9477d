"""Push bodies: what is sent arrives, anything else is a ProtocolError."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol import codec, frames, keys, wire
from sync.protocol.errors import MalformedError, OversizedError, ProtocolError
from sync.protocol.messages import PushHeader
from tests.sync.protocol import samples
from tests.sync.protocol.samples import DEVICE, EPOCH

SIG = b"s" * 64


def raw_push(header: dict[str, object], *pieces: bytes) -> bytes:
    said = {
        "v": 1,
        "device": str(DEVICE),
        "epoch": 1,
        "from_seq": 1,
        "entries": 1,
        "attachments": 0,
    }
    return b"".join(
        len(piece).to_bytes(4, "big") + piece for piece in (codec.encode(said | header), *pieces)
    )


@given(
    st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=20),
    st.lists(st.binary(max_size=100), max_size=5),
    st.integers(1, 2**63 - 100),
)
def test_a_push_goes_round(bodies: list[bytes], blobs: list[bytes], from_seq: int) -> None:
    entries = [(SIG, body) for body in bodies]
    batch = frames.decode_push(frames.encode_push(DEVICE, EPOCH, from_seq, entries, blobs))
    assert list(batch.entries) == entries
    assert batch.attachments == {sha256(blob).digest(): blob for blob in blobs}
    assert batch.last_seq == from_seq + len(bodies) - 1
    size = sum(frames.raw_size(body) for body in bodies)
    assert size == sum(4 + 64 + len(body) for body in bodies)


framed = st.lists(st.binary(max_size=100), max_size=6).map(
    lambda pieces: b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
)


@given(st.binary(max_size=2_000) | framed)
def test_random_bytes(data: bytes) -> None:
    """Planted: reading the header with msgspec alone lets its own errors out."""
    for body in (data, codec.compress(data)):
        with pytest.raises(ProtocolError):
            frames.decode_push(body)


@given(st.data())
def test_a_changed_byte_is_never_the_same_batch(data: st.DataObject) -> None:
    """Invariant 5, planted: hashing without `prev` lets a changed body pass."""
    entries = samples.chain(3)
    sent = frames.encode_push(DEVICE, EPOCH, 1, samples.out_batch(entries).entries)
    raw = bytearray(codec.decompress(sent, wire.MAX_PUSH_BYTES, wire.MAX_PUSH_RAW_BYTES))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        batch = frames.decode_push(codec.compress(bytes(raw)))
    except ProtocolError:
        return
    got = frames.entries_of(batch, samples.GENESIS)
    taken = keys.verify_batch(got, 1, samples.GENESIS, samples.till_signer().public)
    assert [(e.seq, e.hash) for e in got[:taken]] == [(e.seq, e.hash) for e in entries[:taken]]


def test_a_million_random_bytes() -> None:
    with pytest.raises(OversizedError):
        frames.decode_push(random.Random(5).randbytes(1_000_000))


def test_entries_are_chained_by_the_receiver() -> None:
    entries = samples.chain(5)
    batch = frames.decode_push(
        frames.encode_push(DEVICE, EPOCH, 1, samples.out_batch(entries).entries)
    )
    assert frames.entries_of(batch, samples.GENESIS) == entries


@pytest.mark.parametrize(
    "header",
    [
        {"v": 2},
        {"entries": 0},
        {"entries": 501},
        {"entries": 2**70},
        {"attachments": 2_001},
        {"from_seq": 0},
        {"from_seq": -1},
        {"epoch": 0},
        {"epoch": 2**32},
        {"device": "no"},
        {"surprise": 1},
        {"from_seq": 2**63 - 1, "entries": 2},
    ],
)
def test_wrong_headers(header: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        frames.decode_push(codec.compress(raw_push(header, SIG + b"{}")))


def test_wrong_frames() -> None:
    good = raw_push({}, SIG + b"{}")
    assert frames.decode_push(codec.compress(good)).last_seq == 1
    for raw, error in (
        (raw_push({}), MalformedError),  # the entry is missing
        (raw_push({}, SIG), MalformedError),  # no body
        (raw_push({}, SIG + b"{}", b"more"), MalformedError),  # left over
        (good[:-1], MalformedError),
        (good + b"\0\0", MalformedError),
        (raw_push({}, SIG + b"x" * (wire.MAX_ENTRY_BYTES + 1)), OversizedError),
        (raw_push({"attachments": 1}, SIG + b"{}", b"x" * 65_537), OversizedError),
        (raw_push({"note": "x" * 2_000}, SIG + b"{}"), OversizedError),
    ):
        with pytest.raises(error):
            frames.decode_push(codec.compress(raw))


def test_nothing_beyond_the_bounds_is_sent() -> None:
    for entries, blobs, error in (
        ([], [], MalformedError),
        ([(SIG, b"{}")] * 501, [], MalformedError),
        ([(SIG, b"{}")], [str(n).encode() for n in range(2_001)], MalformedError),
        ([(b"short", b"{}")], [], OversizedError),
        ([(SIG, b"x" * (wire.MAX_ENTRY_BYTES + 1))], [], OversizedError),
        ([(SIG, b"{}")], [b"x" * (wire.MAX_ATTACHMENT_BYTES + 1)], OversizedError),
        ([(SIG, bytes([n]) * 60_000) for n in range(9)], [], OversizedError),
    ):
        with pytest.raises(error):
            frames.encode_push(DEVICE, EPOCH, 1, entries, blobs)


def test_the_largest_entry_fits_alone() -> None:
    body = random.Random(1).randbytes(wire.MAX_ENTRY_BYTES)
    blobs = [random.Random(n).randbytes(wire.MAX_ATTACHMENT_BYTES) for n in range(4)]
    assert frames.raw_size(body, blobs) <= frames.MAX_BATCH_BYTES
    sent = frames.encode_push(DEVICE, EPOCH, 1, [(SIG, body)], blobs)
    assert len(sent) <= wire.MAX_PUSH_BYTES
    assert len(frames.decode_push(sent).attachments) == 4


def test_a_full_batch_of_incompressible_bytes_fits() -> None:
    bodies: list[bytes] = []
    size = 0
    while True:
        body = random.Random(len(bodies)).randbytes(5_000)
        if size + frames.raw_size(body) > frames.MAX_BATCH_BYTES:
            break
        bodies.append(body)
        size += frames.raw_size(body)
    sent = frames.encode_push(DEVICE, EPOCH, 2**62, [(SIG, body) for body in bodies])
    assert len(frames.decode_push(sent).entries) == len(bodies)
    assert len(codec.encode(PushHeader(1, DEVICE, 2**32 - 1, 2**62, 500, 2_000))) < 1_024
