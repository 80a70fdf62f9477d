"""Every rule of the programme: what the books, cards and services need beyond the first path."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns."""
