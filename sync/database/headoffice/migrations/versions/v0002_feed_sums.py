"""Checksums of the feed: what a row replaced, and the differences publications make."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NOTHING: Final = {"postgresql": "decode(repeat('00', 32), 'hex')", "sqlite": "zeroblob(32)"}


def upgrade() -> None:
    """A feed that has rows already gets no checksums: they are counted from an empty one."""
    op.add_column("feed", sa.Column("was", sa.BigInteger(), autoincrement=False, nullable=True))
    op.create_table(
        "feed_sum",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("whole", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("xor", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_feed_sum")),
    )
    nothing = _NOTHING[op.get_context().dialect.name]
    op.execute(
        f"INSERT INTO feed_sum SELECT 0, 1, 0, {nothing} "  # noqa: S608  # of our own
        "WHERE NOT EXISTS (SELECT 1 FROM feed)"
    )
