"""Every rule of the programme: what a till keeps beyond the first path."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns."""


def downgrade() -> None:
    """Refuse: a journal only moves forward (sync-ledger.md 2.6)."""
    raise NotImplementedError("a journal only moves forward")
