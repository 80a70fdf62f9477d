"""Tables of leases and losses, called by version 0003."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    """Leases of tills, what tills proved about their end, who bears an uncovered claim."""
    op.create_table(
        "lease",
        sa.Column("lease", sa.Text(), nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("granted", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("value_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("lease", name=op.f("pk_lease")),
    )
    op.create_index("ix_lease_member", "lease", ["member"])
    live = sa.text("state <> 'closed'")
    op.create_index(
        "ix_lease_open", "lease", ["expires_ms"], sqlite_where=live, postgresql_where=live
    )
    op.create_table(
        "lease_proof",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("device", "epoch", name=op.f("pk_lease_proof")),
    )
    op.add_column("uncovered", sa.Column("bearer", sa.Text(), nullable=False, server_default=""))
