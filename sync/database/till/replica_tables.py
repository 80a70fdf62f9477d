"""Tables of `replica-<id>.db`: head office's rows, thrown away and fetched again at will.

`ver` is the version the feed gave a row; an older one never replaces a newer one, and a tomb keeps
its own. Tokens and phone keys are stored as raw bytes.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BLOB, Column, Index, Integer, MetaData, Table, Text

SCHEMA: Final = 3  # another `user_version` means: fetch again
METADATA: Final = MetaData()

LIGHT = Table(
    "light",
    METADATA,
    Column("member", BLOB, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("fetched_ms", Integer),
    Column("tier", Text, nullable=False),
    Column("points", Integer, nullable=False),
    Column("principal", Integer, nullable=False),
    Column("bonus", Integer, nullable=False),
    Column("qualifying", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone_tail", Text, nullable=False),
    Column("phone_key", BLOB),
    Column("home_store", Text, nullable=False),
    Column("home_dealer", Text, nullable=False),
    Column("uncovered", Integer, nullable=False),
    Column("flags", Text),
    Column("lots", BLOB),
    Column("marks", BLOB),
    Column("extras", BLOB),
    sqlite_strict=True,
)
CARD = Table(
    "card",
    METADATA,
    Column("token", BLOB, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("member", BLOB, nullable=False),
    Column("status", Text, nullable=False),
    Column("tail", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("card", BLOB),
    Column("terms", BLOB),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
BLOCK = Table(
    "block",
    METADATA,
    Column("token", BLOB, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("since_ms", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
PROGRAMME = Table(
    "programme",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("effective_from", Text, nullable=False),
    Column("data", BLOB, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", BLOB, nullable=False),
    sqlite_strict=True,
)
STAFF = Table(
    "staff",
    METADATA,
    Column("staff", Text, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("approver", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("verifier", BLOB, nullable=False),
    sqlite_strict=True,
)
DEVICE = Table(
    "device",
    METADATA,
    Column("device", BLOB, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("public", BLOB, nullable=False),
    Column("store", Text, nullable=False),
    Column("till", Text, nullable=False),
    Column("revoked", Integer, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
PRODUCT = Table(
    "product",
    METADATA,
    Column("sku", Text, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("barcode", Text, nullable=False),
    Column("data", BLOB, nullable=False),
    sqlite_strict=True,
)
PROFILE = Table(
    "profile",
    METADATA,
    Column("member", BLOB, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("pinyin", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("data", BLOB, nullable=False),
    Column("expires_ms", Integer),
    sqlite_strict=True,
)
ALIAS = Table(
    "alias",
    METADATA,
    Column("alias", BLOB, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("member", BLOB, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
TOMB = Table(
    "tomb",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("ver", Integer, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
OTHER = Table(
    "other",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("ver", Integer, nullable=False),
    Column("data", BLOB),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)
META = Table(
    "meta",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", BLOB, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# Made after the rows when a file is built at once: 4x quicker than row by row.
INDEXES: Final = (
    Index("light_phone_key", LIGHT.c.phone_key),
    Index("light_phone_tail", LIGHT.c.phone_tail),
    Index("card_member", CARD.c.member),
    Index("alias_member", ALIAS.c.member),
    Index("product_barcode", PRODUCT.c.barcode),
    Index("profile_name", PROFILE.c.name),
    Index("profile_pinyin", PROFILE.c.pinyin),
    Index("profile_initials", PROFILE.c.initials),
)
