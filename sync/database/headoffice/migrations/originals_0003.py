"""What came back of entries, and entries that wait for the one they take back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "taken_back",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("post_seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("item", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "device", "epoch", "seq", "post_seq", "item", name=op.f("pk_taken_back")
        ),
    )
    op.create_table(
        "awaiting",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("by_device", sa.LargeBinary(), nullable=False),
        sa.Column("by_epoch", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("by_seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint(
            "device", "epoch", "seq", "by_device", "by_epoch", "by_seq",
            name=op.f("pk_awaiting"),
        ),
    )  # fmt: skip
