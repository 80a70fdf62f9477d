"""Tables of head office, one definition for SQLite and PostgreSQL.

Money and points are BIGINT, identities 16 raw bytes, business dates ISO text (the same order as the
calendar), times UTC milliseconds. The journal copy is keyed by device, the books by member, so that
either can be partitioned. `entry`, `alloc`, `posting` and `clearing_line` only grow.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import BigInteger, Integer, LargeBinary, String, Text

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(name: str, *, key: bool = False, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, LargeBinary, primary_key=key, nullable=null)


def _hash(name: str, *, key: bool = False, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, LargeBinary, primary_key=key, nullable=null)


def _blob(name: str, *, null: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, LargeBinary, nullable=null)


def _big(name: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, BigInteger, primary_key=key, nullable=null, autoincrement=False)


def _int(name: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, Integer, primary_key=key, nullable=null, autoincrement=False)


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, Text, primary_key=key, nullable=null)


def _day(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, String(10), nullable=null)


def _partial(name: str, condition: str, *columns: sa.Column[Any], unique: bool = False) -> None:
    where = sa.text(condition)
    sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


# -- the house: keys, numbers, places ----------------------------------------------------------

meta = sa.Table("meta", metadata, _text("name", key=True), _blob("value"))

# Numbers drawn by the one writer of SQLite; PostgreSQL has sequences of the same names.
counter = sa.Table("counter", metadata, _text("name", key=True), _big("value"))

dealer = sa.Table("dealer", metadata, _text("dealer", key=True), _text("name_zh"), _text("name_en"))

store = sa.Table(
    "store",
    metadata,
    _text("store", key=True),
    sa.Column("dealer", Text, sa.ForeignKey("dealer.dealer"), nullable=False),
    _text("store_group"),
    _text("name_zh"),
    _text("name_en"),
    _text("zone"),
)

till = sa.Table(
    "till",
    metadata,
    _text("till", key=True),
    sa.Column("store", Text, sa.ForeignKey("store.store"), nullable=False),
    _big("first_serial"),
    _big("last_serial"),
)

# `state`: active | revoked | forked | closed. `record`: the signed enrolment record, canonical
# JSON; its SHA-256 is `genesis`. Signatures of entries up to `verified_seq` have been checked.
device_epoch = sa.Table(
    "device_epoch",
    metadata,
    _id("device", key=True),
    _big("epoch", key=True),
    sa.Column("till", Text, nullable=False, index=True),
    _text("store"),
    _text("dealer"),
    _text("store_group"),
    _blob("sign_key"),
    _blob("agree_key"),
    _blob("record"),
    _hash("genesis"),
    _big("head_seq"),
    _hash("head_hash"),
    _big("verified_seq"),
    _text("state"),
    _big("enrolled_ms"),
    _big("seen_ms"),
)

# Kept hashed, valid ten minutes, one use, five tries; `reply`: what a repeat of the same ask gets.
enrolment_code = sa.Table(
    "enrolment_code",
    metadata,
    _hash("code_hash", key=True),
    _text("till"),
    _big("expires_ms"),
    _int("tries"),
    _hash("used_by", null=True),
    _blob("reply", null=True),
)

# -- the journal copy --------------------------------------------------------------------------

entry = sa.Table(
    "entry",
    metadata,
    _id("device", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _id("entry_id", null=True),
    _hash("prev"),
    _hash("hash"),
    _blob("signature"),
    _blob("body"),
    _big("post_seq", null=True),
    _text("outcome"),
    _text("codes"),
    _big("arrived_ms"),
)
_partial("uq_entry_posted_id", "post_seq IS NOT NULL", entry.c.entry_id, unique=True)
_partial("uq_entry_post_seq", "post_seq IS NOT NULL", entry.c.post_seq, unique=True)

# A blob that travelled beside an entry, sealed under its member's key: dropping the key erases it.
attachment = sa.Table(
    "attachment",
    metadata,
    _hash("sha256", key=True),
    _id("device", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _text("kind"),
    sa.Column("member", LargeBinary, nullable=True, index=True),
    _blob("sealed"),
)

member_key = sa.Table("member_key", metadata, _id("member", key=True), _blob("key"))

exception_item = sa.Table(
    "exception_item",
    metadata,
    _id("device", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _text("code", key=True),
    _id("member", null=True),
    _big("opened_ms"),
    _text("state"),
    _text("note"),
)
_partial("ix_exception_item_open", "state = 'open'", exception_item.c.opened_ms)

# `arrival` keeps the order in which entries came, for driving them again.
quarantine = sa.Table(
    "quarantine",
    metadata,
    _id("device", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _big("arrival"),
    _id("member", null=True),
    _text("issue"),
    _big("since_ms"),
)
sa.Index("ix_quarantine_member", quarantine.c.member, quarantine.c.arrival)

# Pieces of a line of an entry that came back with the entry posted as `post_seq`.
taken_back = sa.Table(
    "taken_back",
    metadata,
    _id("device", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _big("post_seq", key=True),
    _int("item", key=True),
    _big("quantity"),
)
# Quarantined entries (`by_*`) that wait for the one they take back.
awaiting = sa.Table(
    "awaiting",
    metadata,
    _id("device", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _id("by_device", key=True),
    _big("by_epoch", key=True),
    _big("by_seq", key=True),
)

# -- the books ---------------------------------------------------------------------------------

member = sa.Table(
    "member",
    metadata,
    _id("member", key=True),
    _text("tier"),
    _text("home_dealer"),
    _text("home_store"),
    _text("home_group"),
    _text("name"),
    _text("phone_tail"),
    sa.Column("phone_key", Text, nullable=False, index=True),
    _text("flags"),
    _big("joined_post_seq"),
    sa.Column("alias_of", LargeBinary, nullable=True),
)

# One row per member: `marks` is JSON {"device:epoch": seq} of the entries already inside.
balance = sa.Table(
    "balance",
    metadata,
    _id("member", key=True),
    _big("points"),
    _big("principal"),
    _big("bonus"),
    _big("qualifying"),
    _big("version"),
    _text("marks"),
    # JSON of tiers.LevelState; the last day of the level, for the job that ends it.
    sa.Column("level", Text, nullable=False, server_default="{}"),
    _day("level_to", null=True),
)
sa.Index("ix_balance_level_to", balance.c.level_to)

# Every change of a member's level, with what was spent and what it took.
tier_history = sa.Table(
    "tier_history",
    metadata,
    _id("member", key=True),
    _big("post_seq", key=True),
    _text("before"),
    _text("after"),
    _day("since"),
    _day("until", null=True),
    _text("reason"),
    _big("spent_minor"),
    _big("from_minor"),
)

# What somebody spent before becoming a member, under the keyed hash of a phone or the token of a
# provisional card: JSON of joining.Prospect.
prospect = sa.Table("prospect", metadata, _text("key", key=True), _text("state"))

card = sa.Table(
    "card",
    metadata,
    _text("token", key=True),
    sa.Column("member", LargeBinary, nullable=False, index=True),
    _text("status"),
    _text("tail"),
    _text("medium"),
    # Token of the first credential of the same card, empty for that one; JSON of limits and use.
    sa.Column("card", Text, nullable=False, server_default="", index=True),
    sa.Column("terms", Text, nullable=False, server_default=""),
)

posting = sa.Table(
    "posting",
    metadata,
    _id("member", key=True),
    _big("post_seq", key=True),
    _int("part", key=True),
    _text("account"),
    _big("delta"),
    _text("reason"),
)

lot = sa.Table(
    "lot",
    metadata,
    _id("member", key=True),
    _big("post_seq", key=True),
    _int("part", key=True),
    _text("account"),
    _text("dealer"),
    _text("store"),
    _text("funded_by"),
    _id("device"),
    _big("epoch"),
    _big("seq"),
    _day("business_date"),
    _day("expires_on", null=True),
    _big("quantity"),
    _big("open"),
    # Members it was merged away from, 32 hex each, the latest last.
    sa.Column("came_from", Text, nullable=False, server_default=""),
    _day("usable_from", null=True),
)
_partial("ix_lot_open", "open > 0", lot.c.member)

uncovered = sa.Table(
    "uncovered",
    metadata,
    _id("member", key=True),
    _big("post_seq", key=True),
    _int("claim", key=True),
    _text("account"),
    _text("kind"),
    _text("offer"),
    _id("device"),
    _big("epoch"),
    _big("seq"),
    _text("creditor"),
    _text("store"),
    _day("business_date"),
    _big("open"),
    _big("amount_minor"),
    sa.Column("came_from", Text, nullable=False, server_default=""),
    sa.Column("bearer", Text, nullable=False, server_default=""),
)
_partial("ix_uncovered_open", "open > 0", uncovered.c.member)

alloc = sa.Table(
    "alloc",
    metadata,
    _big("post_seq", key=True),
    _int("part", key=True),
    _big("claim_post_seq"),
    _int("claim"),
    _text("kind"),
    _text("offer"),
    sa.Column("member", LargeBinary, nullable=False, index=True),
    _text("account"),
    _id("device"),
    _big("epoch"),
    _big("seq"),
    _text("store"),
    _big("lot_post_seq"),
    _int("lot_part"),
    _id("lot_device"),
    _big("lot_epoch"),
    _big("lot_seq"),
    _text("lot_dealer"),
    _text("lot_store"),
    _big("quantity"),
    _big("amount_minor"),
    _text("debtor"),
    _text("creditor"),
)

# What head office answered to a request to debit. `state`: granted | refused | consumed.
hold = sa.Table(
    "hold",
    metadata,
    _id("entry_id", key=True),
    _id("member"),
    _big("points"),
    _big("principal"),
    _big("bonus"),
    _text("state"),
    _text("auth"),
    _big("expires_ms"),
    _text("code"),
    _text("params"),
)
_partial("ix_hold_member", "state = 'granted'", hold.c.member)

# Rights of tills to spend without asking. `state`: live | ending | closed.
lease = sa.Table(
    "lease",
    metadata,
    _text("lease", key=True),
    sa.Column("member", LargeBinary, nullable=False, index=True),
    _text("store"),
    _text("till"),
    _text("holder"),
    _text("asset"),
    _big("granted"),
    _big("used"),
    _big("value_minor"),
    _big("expires_ms"),
    _text("state"),
    _big("ended_ms"),
)
_partial("ix_lease_open", "state <> 'closed'", lease.c.expires_ms)

# A till had applied the feed up to `n` when its journal ended at `seq`: so it knows what ended.
lease_proof = sa.Table(
    "lease_proof",
    metadata,
    _id("device", key=True),
    _big("epoch", key=True),
    _big("n"),
    _big("seq"),
)

# Counters of requests that are taken once, by the nonce of their session.
session_nonce = sa.Table(
    "session_nonce", metadata, _text("nonce", key=True), _big("counter"), _big("seen_ms")
)

# -- what tills are told -----------------------------------------------------------------------

# Last value per key; `n` rises with every change. `bucket`: all | store/<id> | group/<id>.
feed = sa.Table(
    "feed",
    metadata,
    _text("kind", key=True),
    _text("key", key=True),
    _big("n"),
    _big("ver"),
    _text("bucket"),
    _text("op"),
    _blob("data"),
    _big("was", null=True),  # version of the live row that this one replaced
)
sa.Index("uq_feed_n", feed.c.n, unique=True)

# Checksum of the rows for all tills: each publication adds the difference it made, under its last
# number; a row that is `whole` stands for everything up to its own.
feed_sum = sa.Table(
    "feed_sum", metadata, _big("n", key=True), _int("whole"), _big("count"), _blob("xor")
)

programme = sa.Table(
    "programme",
    metadata,
    _big("version", key=True),
    _day("effective_from"),
    _blob("data"),
    _text("signer"),
    _blob("signature"),
)

product = sa.Table("product", metadata, _text("sku", key=True), _text("barcode"), _blob("data"))

# `data`: JSON of records.Staff with the argon2id verifier of the PIN.
staff = sa.Table(
    "staff",
    metadata,
    _text("staff", key=True),
    _text("store", key=True),
    _blob("data"),
)

# -- clearing ----------------------------------------------------------------------------------

# `lines_csv`: the bytes `digest` is taken over; frozen together when the run is approved.
clearing_run = sa.Table(
    "clearing_run",
    metadata,
    _text("label", key=True),
    _big("after"),
    _big("upto"),
    _text("state"),
    _text("digest"),
    _blob("lines_csv"),
    _blob("positions_csv"),
    _text("drafted_by"),
    _big("drafted_ms"),
    _text("approved_by", null=True),
    _big("approved_ms", null=True),
)

clearing_line = sa.Table(
    "clearing_line",
    metadata,
    _text("label", key=True),
    _int("number", key=True),
    _big("post_seq"),
    _int("part"),
    sa.UniqueConstraint("post_seq", "part"),
)

# Small records beside the books: service orders, gift counts, virtual orders, alerts ...; `data` is
# JSON.
record = sa.Table(
    "record",
    metadata,
    _text("kind", key=True),
    _text("key", key=True),
    _id("member", null=True),
    _text("store"),
    _text("state"),
    _blob("data"),
)
sa.Index("ix_record_member", record.c.member, record.c.kind)
sa.Index("ix_record_state", record.c.kind, record.c.state)

SEQUENCES: Final = ("post_seq", "feed_n", "arrival")
