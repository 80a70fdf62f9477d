"""Every rule of the programme: what the books, cards and services need beyond the first path."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync.database.headoffice.migrations import leases_0003, originals_0003

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns."""
    _records()
    _cards_and_members()
    leases_0003.upgrade()
    originals_0003.upgrade()


def _cards_and_members() -> None:
    """Credentials of one card, limits, members merged away, and where their lots came from."""
    op.add_column("member", sa.Column("alias_of", sa.LargeBinary(), nullable=True))
    for table, name in (
        ("card", "card"), ("card", "terms"), ("lot", "came_from"), ("uncovered", "came_from"),
    ):  # fmt: skip
        op.add_column(table, sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_card_card"), "card", ["card"])


def _records() -> None:
    """Small records beside the books: service orders, gift counts, virtual orders, alerts."""
    op.create_table(
        "record",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=True),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_record")),
    )
    op.create_index("ix_record_member", "record", ["member", "kind"])
    op.create_index("ix_record_state", "record", ["kind", "state"])
    op.add_column("balance", sa.Column("level", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("balance", sa.Column("level_to", sa.String(10), nullable=True))
    op.create_index("ix_balance_level_to", "balance", ["level_to"])
    op.add_column("lot", sa.Column("usable_from", sa.String(10), nullable=True))
    op.create_table(
        "tier_history",
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("post_seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("since", sa.String(10), nullable=False),
        sa.Column("until", sa.String(10), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("spent_minor", sa.BigInteger(), nullable=False),
        sa.Column("from_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("member", "post_seq", name="pk_tier_history"),
    )
    op.create_table(
        "prospect",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_prospect"),
    )
