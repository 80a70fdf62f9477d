"""Bytes to messages and back, strictly and within bounds. Anything else is a ProtocolError, never
another exception.

zstd frames must state their content size (one-shot compressors write it), so nothing is
decompressed beyond it.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
import zstandard

from sync.domain import canonical
from sync.domain.cards import Card
from sync.domain.members import LightRow, Profile
from sync.domain.pricing import Product
from sync.protocol import wire
from sync.protocol.errors import MalformedError, OversizedError
from sync.protocol.messages import (
    AliasRow,
    AuthReply,
    BlockRow,
    Document,
    FeedItem,
    FeedKind,
    FeedPage,
    MemberReply,
    Op,
    OriginalReply,
)
from sync.protocol.records import DeviceKey, Signed

T = TypeVar("T")
Row = BlockRow | Signed | DeviceKey | Product | LightRow | Card | Profile | AliasRow | Document

LEVEL: Final = 3
CONTENT_SIZE_UNKNOWN: Final = zstandard.CONTENTSIZE_UNKNOWN
ROW_TYPES: Final[dict[FeedKind, type[Row]]] = {
    FeedKind.BLOCK: BlockRow,
    FeedKind.PROGRAMME: Signed,
    FeedKind.ROSTER: Signed,
    FeedKind.DEVICE: DeviceKey,
    FeedKind.PRODUCT: Product,
    FeedKind.MEMBER: LightRow,
    FeedKind.CARD: Card,
    FeedKind.PROFILE: Profile,
    FeedKind.ALIAS: AliasRow,
    FeedKind.DOCUMENT: Document,
    FeedKind.LOCAL: Document,
}
KNOWN_KINDS: Final = frozenset(kind.value for kind in FeedKind)

_encoder = msgspec.json.Encoder()
_auth_reply: Final[msgspec.json.Decoder[AuthReply]] = msgspec.json.Decoder(AuthReply)


def encode(message: object) -> bytes:
    """JSON of a message (`messages`, `records`). Not canonical: nothing here is hashed."""
    return _encoder.encode(message)


def canonical_bytes(document: msgspec.Struct) -> bytes:
    """Canonical JSON of a document that will be signed (`records`)."""
    return canonical.encode(document)


def decode(data: bytes, kind: type[T], limit: int = wire.MAX_JSON_BYTES) -> T:
    """Message of type `kind` from JSON of at most `limit` bytes.

    Raises OversizedError("json_too_large") and MalformedError("json_unreadable").
    """
    return _decode(data, msgspec.json.Decoder(kind), limit)


def decode_auth_reply(data: bytes) -> AuthReply:
    """Granted or Refused; raises as `decode`."""
    return _decode(data, _auth_reply, wire.MAX_SMALL_BYTES)


def _decode(data: bytes, decoder: msgspec.json.Decoder[T], limit: int) -> T:
    if len(data) > limit:
        raise OversizedError("json_too_large", limit=limit)
    try:
        return decoder.decode(data)
    except (ValueError, RecursionError, OverflowError):  # msgspec's own errors are ValueErrors
        raise MalformedError("json_unreadable") from None


def compress(raw: bytes) -> bytes:
    """One zstd frame that states its content size."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(raw)


def decompress(data: bytes, max_bytes: int, max_raw_bytes: int) -> bytes:
    """Content of exactly one zstd frame.

    Raises OversizedError("zstd_too_large") above `max_bytes` compressed or `max_raw_bytes` raw, and
    MalformedError("zstd_unreadable") when truncated, followed by more, or without a content size.
    """
    if len(data) > max_bytes:
        raise OversizedError("zstd_too_large", limit=max_bytes)
    try:
        size = zstandard.get_frame_parameters(data).content_size
    except zstandard.ZstdError:
        raise MalformedError("zstd_unreadable") from None
    if size == CONTENT_SIZE_UNKNOWN:
        raise MalformedError("zstd_without_size")
    if size > max_raw_bytes:
        raise OversizedError("zstd_too_large", limit=max_raw_bytes)
    try:
        return zstandard.ZstdDecompressor().decompress(
            data, max_output_size=size, allow_extra_data=False
        )
    except zstandard.ZstdError:
        raise MalformedError("zstd_unreadable") from None


def encode_page(page: FeedPage) -> bytes:
    """A feed page as it travels (MEDIA_FEED): zstd of JSON. Same page, same bytes: segments can be
    shared."""
    return compress(_encoder.encode(page))


def decode_page(data: bytes, max_raw_bytes: int = wire.MAX_PAGE_RAW_BYTES) -> FeedPage:
    """Feed page; `n` of its items must rise strictly and end at or before `next`.

    Raises MalformedError and OversizedError. `data` of items stays raw; `row` reads it.
    """
    raw = decompress(data, wire.MAX_PAGE_BYTES, max_raw_bytes)
    page = decode(raw, FeedPage, max_raw_bytes)
    last = 0
    for item in page.items:
        if item.n <= last:
            raise MalformedError("feed_out_of_order", n=item.n)
        last = item.n
    if last > page.next:
        raise MalformedError("feed_out_of_order", n=page.next)
    return page


def decode_member_reply(data: bytes) -> MemberReply:
    """Reply to a member fetch; raises as `decode`."""
    return decode(data, MemberReply)


def decode_original_reply(data: bytes) -> OriginalReply:
    """Reply about an entry to be taken back; raises as `decode`."""
    return decode(data, OriginalReply)


def put(n: int, kind: FeedKind, key: str, ver: int, row: msgspec.Struct) -> FeedItem:
    """Item that puts `row` (of the type ROW_TYPES names for `kind`)."""
    return FeedItem(n, kind, key, ver, Op.PUT, msgspec.Raw(canonical.encode(row)))


def tomb(n: int, kind: FeedKind, key: str, ver: int) -> FeedItem:
    """Item that removes `key`."""
    return FeedItem(n, kind, key, ver, Op.TOMB)


def row(item: FeedItem) -> Row | None:
    """The typed row of a put of a kind this release knows; None for tombs and unknown kinds.

    Raises MalformedError("json_unreadable") when the data is not a row of its kind.
    """
    if item.op is Op.TOMB or item.kind not in KNOWN_KINDS:
        return None
    return decode(bytes(item.data), ROW_TYPES[FeedKind(item.kind)])
