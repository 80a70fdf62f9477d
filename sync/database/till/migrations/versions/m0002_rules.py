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


def _folded_entries() -> None:
    """Entries that a till folds onto what head office published."""
    kinds = (
        "service_open", "service_step", "service_close", "redeem_gift", "gift_hold",
        "virtual_order", "event_deduction", "feedback", "product_alert",
        "card_issue", "card_bind", "card_block", "card_unblock", "card_replace",
    )  # fmt: skip
    where = sa.text(f"kind IN ({', '.join(map(repr, kinds))})")
    op.create_index("entry_folded", "entry", ["seq"], sqlite_where=where)


def downgrade() -> None:
    """Refuse: a journal only moves forward (sync-ledger.md 2.6)."""
    raise NotImplementedError("a journal only moves forward")
