"""Tables of `journal.db`. One file holds one epoch of one till; the journal is also the outbox.

`entry`, `effect`, `exposure`, `attachment` and `newcomer` are written once: triggers refuse
UPDATE and DELETE. Every column beside `body` is derived from it and checked by `verify`.
Ids are UUID bytes, times UTC milliseconds, amounts minor units, dates ISO text.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import BLOB, Column, Index, Integer, MetaData, Table, Text

SCHEMA: Final = 2  # `user_version` of the file; migrations/versions ends with the same number
METADATA: Final = MetaData()
INSERT_ONLY: Final = (
    "entry", "effect", "exposure", "lease_use", "prospect_sale", "attachment", "newcomer",
)  # fmt: skip

ENTRY = Table(
    "entry",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("entry_id", BLOB, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("business_date", Text, nullable=False),
    Column("shift", Integer, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("body", BLOB, nullable=False),
    Column("prev", BLOB, nullable=False),
    Column("hash", BLOB, nullable=False),
    Column("signature", BLOB, nullable=False),
    sqlite_strict=True,
)

# Entries that a till folds onto what head office published; a sale pays nothing for this index.
FOLDED_KINDS: Final = (
    "service_open", "service_step", "service_close", "redeem_gift", "gift_hold", "virtual_order",
    "event_deduction", "feedback", "product_alert",
    "card_issue", "card_bind", "card_block", "card_unblock", "card_replace",
)  # fmt: skip
FOLDED: Final = f"kind IN ({', '.join(map(repr, FOLDED_KINDS))})"
Index("entry_folded", ENTRY.c.seq, sqlite_where=sa.text(FOLDED))
# Entries that take something back or pay it out.
REVERSING: Final = "kind IN ('return', 'exchange', 'void', 'top_up_cancel', 'cash_out')"
Index("entry_reversing", ENTRY.c.seq, sqlite_where=sa.text(REVERSING))

# Members' accounts only: what is pending for a member is one range of this key.
EFFECT = Table(
    "effect",
    METADATA,
    Column("member", BLOB, primary_key=True),
    Column("seq", Integer, sa.ForeignKey("entry.seq"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("delta", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# Debits and top-ups decided without head office: what offline limits count.
EXPOSURE = Table(
    "exposure",
    METADATA,
    Column("seq", Integer, sa.ForeignKey("entry.seq"), primary_key=True),
    Column("member", BLOB, nullable=False),
    Column("business_date", Text, nullable=False),
    Column("points_minor", Integer, nullable=False),
    Column("points_ops", Integer, nullable=False),
    Column("stored_value_minor", Integer, nullable=False),
    Column("debit_ops", Integer, nullable=False),
    Column("top_up_minor", Integer, nullable=False),
    sqlite_strict=True,
)

# Units an entry took from leases of this till.
LEASE_USE = Table(
    "lease_use",
    METADATA,
    Column("lease", Text, primary_key=True),
    Column("seq", Integer, sa.ForeignKey("entry.seq"), primary_key=True),
    Column("units", Integer, nullable=False),
    Index("lease_use_seq", "seq"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# Sales that count for somebody who is no member yet.
PROSPECT_SALE = Table(
    "prospect_sale",
    METADATA,
    Column("prospect", Text, primary_key=True),
    Column("seq", Integer, sa.ForeignKey("entry.seq"), primary_key=True),
    Column("business_date", Text, nullable=False),
    Column("base_minor", Integer, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

ATTACHMENT = Table(
    "attachment",
    METADATA,
    Column("seq", Integer, sa.ForeignKey("entry.seq"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sha256", BLOB, nullable=False),
    Column("member", BLOB),
    Column("data", BLOB, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# Members enrolled here whom no replica has to hold yet: found until head office publishes them.
NEWCOMER = Table(
    "newcomer",
    METADATA,
    Column("seq", Integer, sa.ForeignKey("entry.seq"), primary_key=True),
    Column("member", BLOB, nullable=False, unique=True),
    Column("token", BLOB, nullable=False, unique=True),
    Column("phone_key", BLOB),
    Column("phone_tail", Text, nullable=False),
    Column("light", BLOB, nullable=False),
    Column("card", BLOB, nullable=False),
    Index("newcomer_phone_key", "phone_key"),
    Index("newcomer_phone_tail", "phone_tail"),
    sqlite_strict=True,
)

DRAFT = Table(
    "draft",
    METADATA,
    Column("entry_id", BLOB, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", BLOB, nullable=False),
    Column("dead", Integer, nullable=False),
    Column("opened_ms", Integer, nullable=False),
    Column("updated_ms", Integer, nullable=False),
    sqlite_strict=True,
)

SHIFT = Table(
    "shift",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("business_date", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("opened_ms", Integer, nullable=False),
    Column("opening_minor", Integer, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("closed_ms", Integer),
    Column("last_seq", Integer),
    Column("counted_minor", Integer),
    sqlite_strict=True,
)

SHIFT_TOTAL = Table(
    "shift_total",
    METADATA,
    Column("shift", Integer, primary_key=True),
    Column("tender", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("amount_minor", Integer, nullable=False),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# One row per acknowledgement; the last one counts. A restored head office may acknowledge less.
ACK = Table(
    "ack",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("head_hash", BLOB, nullable=False),
    Column("hq_epoch", Integer, nullable=False),
    Column("hq_time_ms", Integer, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sig", BLOB, nullable=False),
    Column("stored_ms", Integer, nullable=False),
    sqlite_strict=True,
)

RESULT = Table(
    "result",
    METADATA,
    Column("seq", Integer, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("codes", Text, nullable=False),
    Column("post_seq", Integer),
    Column("allocations", BLOB, nullable=False),
    Column("hq_epoch", Integer, nullable=False),
    sqlite_strict=True,
)

PRINT_JOB = Table(
    "print_job",
    METADATA,
    Column("seq", Integer, sa.ForeignKey("entry.seq"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("updated_ms", Integer, nullable=False),
    sqlite_strict=True,
)

PIN_TRY = Table(
    "pin_try",
    METADATA,
    Column("staff", Text, primary_key=True),
    Column("verifier", BLOB, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked", Integer, nullable=False),
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


def trigger_sql(table: str, action: str) -> str:
    """DDL of the trigger that refuses `action` (UPDATE or DELETE) on `table`."""
    return (
        f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
    )
