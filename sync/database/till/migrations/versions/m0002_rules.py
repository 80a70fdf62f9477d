"""Every rule of the programme: what a till keeps beyond the first path."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns."""
    _folded_entries()
    _reversing_entries()
    _lease_uses()
    _prospect_sales()


def _folded_entries() -> None:
    """Entries that a till folds onto what head office published."""
    kinds = (
        "service_open", "service_step", "service_close", "redeem_gift", "gift_hold",
        "virtual_order", "event_deduction", "feedback", "product_alert",
        "card_issue", "card_bind", "card_block", "card_unblock", "card_replace",
    )  # fmt: skip
    where = sa.text(f"kind IN ({', '.join(map(repr, kinds))})")
    op.create_index("entry_folded", "entry", ["seq"], sqlite_where=where)


def _reversing_entries() -> None:
    """Entries that take something back or pay it out."""
    where = sa.text("kind IN ('return', 'exchange', 'void', 'top_up_cancel', 'cash_out')")
    op.create_index("entry_reversing", "entry", ["seq"], sqlite_where=where)


def _lease_uses() -> None:
    """Units entries took from leases, written once."""
    op.create_table(
        "lease_use",
        sa.Column("lease", sa.Text(), primary_key=True),
        sa.Column("seq", sa.Integer(), sa.ForeignKey("entry.seq"), primary_key=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index("lease_use_seq", "lease_use", ["seq"])
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER lease_use_no_{action.lower()} BEFORE {action} ON lease_use "
            "BEGIN SELECT RAISE(ABORT, 'lease_use is written once'); END"
        )


def _prospect_sales() -> None:
    """Sales that count for somebody who is no member yet, written once."""
    op.create_table(
        "prospect_sale",
        sa.Column("prospect", sa.Text(), primary_key=True),
        sa.Column("seq", sa.Integer(), sa.ForeignKey("entry.seq"), primary_key=True),
        sa.Column("business_date", sa.Text(), nullable=False),
        sa.Column("base_minor", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER prospect_sale_no_{action.lower()} BEFORE {action} ON prospect_sale "
            "BEGIN SELECT RAISE(ABORT, 'prospect_sale is written once'); END"
        )


def downgrade() -> None:
    """Refuse: a journal only moves forward (sync-ledger.md 2.6)."""
    raise NotImplementedError("a journal only moves forward")
