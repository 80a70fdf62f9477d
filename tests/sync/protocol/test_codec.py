"""Whatever arrives, the codec answers with a message or a ProtocolError, within bounds."""

from __future__ import annotations

import json
import random
from datetime import date

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.cards import Card, Status
from sync.domain.members import Balances, LightRow, LotSummary
from sync.protocol import codec, messages, records, wire
from sync.protocol.errors import MalformedError, OversizedError, ProtocolError
from sync.protocol.messages import FeedItem, FeedKind, FeedPage, Op
from tests.sync.protocol import samples

MESSAGES: list[type[msgspec.Struct]] = [
    messages.Problem, messages.EnrolChallenge, messages.EnrolAsk, messages.EnrolReply, messages.Ack,
    messages.HelloAsk, messages.HelloReply, messages.NonceAsk, messages.NonceReply,
    messages.PushHeader, messages.PushReply, messages.FeedPage, messages.SnapshotReply,
    messages.AuthAsk, messages.MemberAsk, messages.MemberReply, records.Signed,
    records.EnrolmentRecord, records.ChainSecrets, records.Roster, records.DeviceKey,
    records.Manifest,
]  # fmt: skip
ROW = LightRow(
    samples.MEMBER,
    "gold",
    Balances(4_151, 30_000, 3_000, 415_100),
    7,
    "张**",
    "8000",
    "ab" * 16,
    lots=(LotSummary(date(2027, 11, 30), 4_151),),
    marks={f"{samples.DEVICE}:2": 3},
)
CARD = Card("t" * 32, samples.MEMBER, Status.ACTIVE, "8000", "barcode")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.binary(max_size=300), st.sampled_from(MESSAGES))
def test_random_bytes_are_a_protocol_error(data: bytes, kind: type[msgspec.Struct]) -> None:
    """Planted: catching msgspec.MsgspecError alone lets UnicodeDecodeError of b'"\\xff"' out."""
    with pytest.raises(ProtocolError):
        codec.decode(data, kind)
    with pytest.raises(ProtocolError):
        codec.decode_page(data)
    with pytest.raises(ProtocolError):
        codec.decode_auth_reply(data)


@given(st.data(), st.sampled_from(MESSAGES))
def test_wrong_types_in_known_fields(data: st.DataObject, kind: type[msgspec.Struct]) -> None:
    """Planted: not catching msgspec's ValidationError."""
    value = {name: data.draw(json_values) for name in kind.__struct_fields__}
    try:
        codec.decode(json.dumps(value).encode(), kind)
    except ProtocolError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"items":' + b"[" * 100_000,
        b'{"items":[{"data":' + b'{"a":' * 100_000,
        b'{"n":' + b"9" * 100_000 + b"}",
        b'{"v":1e999999999}',
        b'"\xff\xfe"',
        b"\xef\xbb\xbf{}",
        b"{}{}",
        b"",
        b"null",
    ],
)
@pytest.mark.parametrize("kind", MESSAGES)
def test_hostile_json(data: bytes, kind: type[msgspec.Struct]) -> None:
    """Planted: leaving out RecursionError lets the deep ones out."""
    with pytest.raises(ProtocolError):
        codec.decode(data, kind)


def test_a_megabyte_of_random_bytes() -> None:
    noise = random.Random(40).randbytes(1_000_000)
    with pytest.raises(ProtocolError):
        codec.decode(noise, messages.PushReply)
    with pytest.raises(ProtocolError):
        codec.decode_page(noise)


def test_json_above_its_bound() -> None:
    with pytest.raises(OversizedError, match="json_too_large limit=10"):
        codec.decode(b" " * 11, messages.Problem, 10)


def test_zstd_bounds_and_truncation() -> None:
    whole = codec.compress(b"a" * 1_000)
    assert codec.decompress(whole, 1_000, 1_000) == b"a" * 1_000
    assert codec.decompress(codec.compress(b""), 100, 0) == b""
    with pytest.raises(OversizedError):
        codec.decompress(whole, len(whole) - 1, 1_000)
    with pytest.raises(OversizedError):
        codec.decompress(whole, 1_000, 999)
    for size in range(len(whole)):
        with pytest.raises(MalformedError):
            codec.decompress(whole[:size], 1_000, 1_000)
    with pytest.raises(MalformedError):
        codec.decompress(whole + b"x", 1_000, 1_000)


def test_zstd_must_say_its_size() -> None:
    writer = zstandard.ZstdCompressor().compressobj()
    silent = writer.compress(b"a" * 1_000) + writer.flush()
    with pytest.raises(MalformedError, match="zstd_without_size"):
        codec.decompress(silent, 1_000, 10_000)


def test_a_bomb_is_refused_by_what_it_says_and_cannot_lie() -> None:
    bomb = codec.compress(b"\0" * (64 << 20))
    assert len(bomb) < 10_000
    with pytest.raises(OversizedError):
        codec.decompress(bomb, wire.MAX_PUSH_BYTES, wire.MAX_PUSH_RAW_BYTES)
    small = codec.compress(b"\0" * 100_000)
    header = zstandard.get_frame_parameters(small)
    assert header.content_size == 100_000
    at = small.index((100_000).to_bytes(4, "little"))
    liar = small[:at] + (70_000).to_bytes(4, "little") + small[at + 4 :]
    with pytest.raises(MalformedError):
        codec.decompress(liar, 10_000, 80_000)


def test_a_skippable_frame_is_no_content() -> None:
    skippable = b"\x50\x2a\x4d\x18\x02\x00\x00\x00ab"
    with pytest.raises(MalformedError):
        codec.decompress(skippable, 100, 100)


@given(st.binary(max_size=2_000))
def test_compression_goes_round(raw: bytes) -> None:
    assert codec.decompress(codec.compress(raw), 5_000, 2_000) == raw


def page(*items: FeedItem, next_n: int = 10) -> FeedPage:
    return FeedPage(1, items, next_n, complete=True)


def test_a_page_goes_round_with_its_rows() -> None:
    items = (
        codec.put(1, FeedKind.BLOCK, CARD.token, 1, messages.BlockRow(CARD.token, 5, "lost")),
        codec.put(2, FeedKind.MEMBER, str(ROW.member), ROW.version, ROW),
        codec.put(3, FeedKind.CARD, CARD.token, 3, CARD),
        codec.tomb(4, FeedKind.PRODUCT, "G-1", 4),
        FeedItem(5, "horoscope", "x", 1, Op.PUT, msgspec.Raw(b'{"sign":[1,2,{}]}')),
    )
    sent = codec.encode_page(page(*items))
    got = codec.decode_page(sent)
    assert [codec.row(item) for item in got.items][1:] == [ROW, CARD, None, None]
    assert bytes(got.items[1].data) == bytes(items[1].data)
    assert codec.encode_page(page(*items)) == sent, "the same page is the same bytes for every till"


def test_every_kind_has_a_row_type() -> None:
    assert set(codec.ROW_TYPES) == set(FeedKind)


def test_unknown_fields_of_a_newer_head_office_pass() -> None:
    newer = b'{"hq_epoch":1,"items":[],"next":0,"complete":true,"weather":"fine"}'
    assert codec.decode_page(codec.compress(newer)).complete


def test_a_request_with_a_field_we_do_not_know_is_refused() -> None:
    ask = json.loads(
        codec.encode(messages.AuthAsk(samples.OTHER, samples.MEMBER, messages.Debits(5)))
    )
    assert codec.decode(json.dumps(ask).encode(), messages.AuthAsk).debit.points == 5
    with pytest.raises(MalformedError):
        codec.decode(json.dumps(ask | {"discount": 3}).encode(), messages.AuthAsk)
    with pytest.raises(MalformedError):
        codec.decode(json.dumps(ask | {"debit": {"points": -1}}).encode(), messages.AuthAsk)


@pytest.mark.parametrize(("numbers", "next_n"), [((2, 2), 10), ((3, 2), 10), ((0,), 10), ((4,), 3)])
def test_a_page_out_of_order(numbers: tuple[int, ...], next_n: int) -> None:
    items = [codec.tomb(n, FeedKind.CARD, "t", 1) for n in numbers]
    with pytest.raises(MalformedError, match="feed_out_of_order"):
        codec.decode_page(codec.encode_page(page(*items, next_n=next_n)))


def test_a_row_that_is_not_of_its_kind() -> None:
    with pytest.raises(MalformedError):
        codec.row(FeedItem(1, "member", "x", 1, Op.PUT, msgspec.Raw(b'{"member":1}')))


def test_auth_replies() -> None:
    granted = messages.Granted("a-1", 120, ROW)
    refused = messages.Refused("points_short", {"has": 50, "needs": 500}, ROW)
    assert codec.decode_auth_reply(codec.encode(granted)) == granted
    assert codec.decode_auth_reply(codec.encode(refused)) == refused


def test_member_reply() -> None:
    reply = messages.MemberReply(1, 5, (codec.put(0, FeedKind.MEMBER, "m", 7, ROW),))
    got = codec.decode_member_reply(codec.encode(reply))
    assert codec.row(got.items[0]) == ROW


def test_canonical_bytes_of_a_record() -> None:
    secrets = records.ChainSecrets(b"t" * 32, b"p" * 32)
    data = codec.canonical_bytes(secrets)
    assert data.startswith(b'{"phone_key":')
    assert codec.decode(data, records.ChainSecrets) == secrets


def test_codes_as_typed() -> None:
    assert wire.tidy_code(" il0o1-abcde-fghjk ") == "11001ABCDEFGHJK"
    assert MalformedError("frame_truncated").status == 400
    assert str(OversizedError("zstd_too_large", limit=5)) == "zstd_too_large limit=5"
