"""Feed rows and the buckets they stand in: all tills, one store, or the stores of one group."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from sync.database.headoffice.rows import Device, FeedRow
from sync.domain import canonical
from sync.domain.cards import Card
from sync.domain.checksums import ALL_TILLS
from sync.domain.members import LightRow
from sync.domain.posting import MemberBook
from sync.protocol.messages import AliasRow, BlockRow, Document, FeedKind, Op

ALL: Final = ALL_TILLS
_encoder: Final = msgspec.json.Encoder(order="sorted")


def buckets_of(device: Device) -> list[str]:
    """Buckets a till is served."""
    return [ALL, store_bucket(device.store), group_bucket(device.store_group)]


def store_bucket(store: str) -> str:
    """Rows for one store."""
    return f"store/{store}"


def group_bucket(group: str) -> str:
    """Rows for the stores of one group."""
    return f"group/{group}"


def put_row(kind: FeedKind, key: str, row: msgspec.Struct, bucket: str = ALL) -> FeedRow:
    """A row of any kind; its version is its feed number."""
    return FeedRow(kind.value, key, bucket, Op.PUT.value, canonical.encode(row))


def document_row(kind: str, name: str, document: msgspec.Struct, bucket: str = ALL) -> FeedRow:
    """A small document: `kind` is its type, `name` its id within the type."""
    row = Document(msgspec.Raw(_encoder.encode(document)))
    which = FeedKind.DOCUMENT if bucket == ALL else FeedKind.LOCAL
    return FeedRow(which.value, f"{kind}/{name}", bucket, Op.PUT.value, msgspec.json.encode(row))


def document_gone(kind: str, name: str, bucket: str = ALL) -> FeedRow:
    """A small document is gone."""
    which = FeedKind.DOCUMENT if bucket == ALL else FeedKind.LOCAL
    return FeedRow(which.value, f"{kind}/{name}", bucket, Op.TOMB.value, b"null")


def member_row(row: LightRow) -> FeedRow:
    """Light row of a member; its version is that of its books."""
    data = _encoder.encode(row)
    return FeedRow(FeedKind.MEMBER.value, str(row.member), ALL, Op.PUT.value, data, row.version)


def member_gone(book: MemberBook) -> FeedRow:
    """A member merged into another has no row; its version lets a later one come back."""
    key = str(book.member)
    return FeedRow(FeedKind.MEMBER.value, key, ALL, Op.TOMB.value, b"null", book.version)


def alias_row(book: MemberBook) -> FeedRow:
    """Whom a member was merged into, or that it stands for itself again."""
    if book.alias_of is None:
        return FeedRow(FeedKind.ALIAS.value, str(book.member), ALL, Op.TOMB.value, b"null")
    return put_row(FeedKind.ALIAS, str(book.member), AliasRow(book.member, book.alias_of))


def card_row(card: Card) -> FeedRow:
    """A card."""
    return FeedRow(FeedKind.CARD.value, card.token, ALL, Op.PUT.value, _encoder.encode(card))


def profile_row(member: UUID, group: str, sealed: bytes) -> FeedRow:
    """Full profile of a member, sealed at rest, for the stores of its home's group."""
    bucket = group_bucket(group)
    return FeedRow(FeedKind.PROFILE.value, str(member), bucket, Op.PUT.value, sealed)


def unblock_row(card: Card) -> FeedRow:
    """A card that may be used again is on no block list."""
    return FeedRow(FeedKind.BLOCK.value, card.token, ALL, Op.TOMB.value, b"null")


def block_row(card: Card, now_ms: int) -> FeedRow:
    """Block list row of a card that may not be used."""
    row = BlockRow(card.token, now_ms, card.status.value)
    return put_row(FeedKind.BLOCK, card.token, row)
