"""The journal as first shipped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WRITTEN_ONCE = ("entry", "effect", "exposure", "attachment", "newcomer")


def upgrade() -> None:
    """Make all tables, and the triggers that keep entries as they were written."""
    _entry_tables()
    _outbox_tables()
    _counter_tables()
    for table in WRITTEN_ONCE:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
            )


def downgrade() -> None:
    """Refuse: a journal only moves forward (sync-ledger.md 2.6)."""
    raise NotImplementedError("a journal only moves forward")


def _entry_tables() -> None:
    """Entries and what is derived from them."""
    op.create_table(
        "entry",
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BLOB(), nullable=False, unique=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("created_ms", sa.Integer(), nullable=False),
        sa.Column("body", sa.BLOB(), nullable=False),
        sa.Column("prev", sa.BLOB(), nullable=False),
        sa.Column("hash", sa.BLOB(), nullable=False),
        sa.Column("signature", sa.BLOB(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "effect",
        sa.Column("member", sa.BLOB(), primary_key=True),
        sa.Column("seq", sa.Integer(), sa.ForeignKey("entry.seq"), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "exposure",
        sa.Column("seq", sa.Integer(), sa.ForeignKey("entry.seq"), primary_key=True),
        sa.Column("member", sa.BLOB(), nullable=False),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("points_minor", sa.Integer(), nullable=False),
        sa.Column("points_ops", sa.Integer(), nullable=False),
        sa.Column("stored_value_minor", sa.Integer(), nullable=False),
        sa.Column("debit_ops", sa.Integer(), nullable=False),
        sa.Column("top_up_minor", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "attachment",
        sa.Column("seq", sa.Integer(), sa.ForeignKey("entry.seq"), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.BLOB(), nullable=False),
        sa.Column("member", sa.BLOB()),
        sa.Column("data", sa.BLOB(), nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "newcomer",
        sa.Column("seq", sa.Integer(), sa.ForeignKey("entry.seq"), primary_key=True),
        sa.Column("member", sa.BLOB(), nullable=False, unique=True),
        sa.Column("token", sa.BLOB(), nullable=False, unique=True),
        sa.Column("phone_key", sa.BLOB()),
        sa.Column("phone_tail", sa.Text(), nullable=False),
        sa.Column("light", sa.BLOB(), nullable=False),
        sa.Column("card", sa.BLOB(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("newcomer_phone_key", "newcomer", ["phone_key"])
    op.create_index("newcomer_phone_tail", "newcomer", ["phone_tail"])


def _outbox_tables() -> None:
    """What head office answered."""
    op.create_table(
        "ack",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.BLOB(), nullable=False),
        sa.Column("hq_epoch", sa.Integer(), nullable=False),
        sa.Column("hq_time_ms", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sig", sa.BLOB(), nullable=False),
        sa.Column("stored_ms", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "result",
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("post_seq", sa.Integer()),
        sa.Column("allocations", sa.BLOB(), nullable=False),
        sa.Column("hq_epoch", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )


def _counter_tables() -> None:
    """What the counter is in the middle of."""
    op.create_table(
        "draft",
        sa.Column("entry_id", sa.BLOB(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.BLOB(), nullable=False),
        sa.Column("dead", sa.Integer(), nullable=False),
        sa.Column("opened_ms", sa.Integer(), nullable=False),
        sa.Column("updated_ms", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "shift",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.Integer(), nullable=False),
        sa.Column("opening_minor", sa.Integer(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("closed_ms", sa.Integer()),
        sa.Column("last_seq", sa.Integer()),
        sa.Column("counted_minor", sa.Integer()),
        sqlite_strict=True,
    )
    op.create_table(
        "shift_total",
        sa.Column("shift", sa.Integer(), primary_key=True),
        sa.Column("tender", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "print_job",
        sa.Column("seq", sa.Integer(), sa.ForeignKey("entry.seq"), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("updated_ms", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "pin_try",
        sa.Column("staff", sa.Text(), primary_key=True),
        sa.Column("verifier", sa.BLOB(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked", sa.Integer(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.BLOB(), nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
