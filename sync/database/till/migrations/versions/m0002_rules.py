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
    _lease_uses()


def _folded_entries() -> None:
    """Entries that a till folds onto what head office published."""
    kinds = (
        "service_open", "service_step", "service_close", "redeem_gift", "gift_hold",
        "virtual_order", "event_deduction", "feedback", "product_alert",
        "card_issue", "card_bind", "card_block", "card_unblock", "card_replace",
    )  # fmt: skip
    where = sa.text(f"kind IN ({', '.join(map(repr, kinds))})")
    op.create_index("entry_folded", "entry", ["seq"], sqlite_where=where)


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


def downgrade() -> None:
    """Refuse: a journal only moves forward (sync-ledger.md 2.6)."""
    raise NotImplementedError("a journal only moves forward")
