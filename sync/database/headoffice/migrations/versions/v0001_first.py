"""The first schema of head office."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEQUENCES = ("post_seq", "feed_n", "arrival")


def upgrade() -> None:
    """Make every table and the drawn numbers."""
    _dealer()
    _store()
    _till()
    _meta()
    _counter()
    _device_epoch()
    _enrolment_code()
    _session_nonce()
    _programme()
    _product()
    _staff()
    _entry()
    _attachment()
    _member_key()
    _exception_item()
    _quarantine()
    _member()
    _balance()
    _card()
    _posting()
    _lot()
    _uncovered()
    _alloc()
    _hold()
    _feed()
    _clearing_run()
    _clearing_line()
    _numbers()


def _partial(name: str, table: str, column: str, condition: str, *, unique: bool) -> None:
    where = sa.text(condition)
    op.create_index(
        name, table, [column], unique=unique, sqlite_where=where, postgresql_where=where
    )


def _numbers() -> None:
    if op.get_context().dialect.name == "postgresql":
        for name in SEQUENCES:
            op.execute(f"CREATE SEQUENCE {name}")
        # Bodies of a few KiB stay in their row, uncompressed: half the cost of writing them.
        op.execute("ALTER TABLE entry ALTER COLUMN body SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE entry SET (toast_tuple_target = 8160)")
        return
    for name in SEQUENCES:
        op.execute(sa.text("INSERT INTO counter VALUES (:name, 0)").bindparams(name=name))


def _dealer() -> None:
    op.create_table(
        "dealer",
        sa.Column("dealer", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dealer", name=op.f("pk_dealer")),
    )


def _store() -> None:
    op.create_table(
        "store",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("dealer", sa.Text(), nullable=False),
        sa.Column("store_group", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dealer"], ["dealer.dealer"], name=op.f("fk_store_dealer")),
        sa.PrimaryKeyConstraint("store", name=op.f("pk_store")),
    )


def _till() -> None:
    op.create_table(
        "till",
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("first_serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_serial", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["store"], ["store.store"], name=op.f("fk_till_store")),
        sa.PrimaryKeyConstraint("till", name=op.f("pk_till")),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )


def _device_epoch() -> None:
    op.create_table(
        "device_epoch",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("dealer", sa.Text(), nullable=False),
        sa.Column("store_group", sa.Text(), nullable=False),
        sa.Column("sign_key", sa.LargeBinary(), nullable=False),
        sa.Column("agree_key", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.Column("verified_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("device", "epoch", name=op.f("pk_device_epoch")),
    )
    op.create_index(op.f("ix_device_epoch_till"), "device_epoch", ["till"], unique=False)


def _enrolment_code() -> None:
    op.create_table(
        "enrolment_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("till", sa.Text(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tries", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("used_by", sa.LargeBinary(), nullable=True),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
    )


def _session_nonce() -> None:
    op.create_table(
        "session_nonce",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("counter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_session_nonce")),
    )


def _programme() -> None:
    op.create_table(
        "programme",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effective_from", sa.String(length=10), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_programme")),
    )


def _product() -> None:
    op.create_table(
        "product",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_product")),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("staff", "store", name=op.f("pk_staff")),
    )


def _entry() -> None:
    op.create_table(
        "entry",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.LargeBinary(), nullable=True),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("post_seq", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("arrived_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("device", "epoch", "seq", name=op.f("pk_entry")),
    )
    _partial("uq_entry_post_seq", "entry", "post_seq", "post_seq IS NOT NULL", unique=True)
    _partial("uq_entry_posted_id", "entry", "entry_id", "post_seq IS NOT NULL", unique=True)


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "device", "epoch", "seq", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_member"), "attachment", ["member"], unique=False)


def _member_key() -> None:
    op.create_table(
        "member_key",
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_member_key")),
    )


def _exception_item() -> None:
    op.create_table(
        "exception_item",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=True),
        sa.Column("opened_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device", "epoch", "seq", "code", name=op.f("pk_exception_item")),
    )
    _partial(
        "ix_exception_item_open", "exception_item", "opened_ms", "state = 'open'", unique=False
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arrival", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=True),
        sa.Column("issue", sa.Text(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("device", "epoch", "seq", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_member", "quarantine", ["member", "arrival"], unique=False)


def _member() -> None:
    op.create_table(
        "member",
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("home_dealer", sa.Text(), nullable=False),
        sa.Column("home_store", sa.Text(), nullable=False),
        sa.Column("home_group", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone_tail", sa.Text(), nullable=False),
        sa.Column("phone_key", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("joined_post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_member")),
    )
    op.create_index(op.f("ix_member_phone_key"), "member", ["phone_key"], unique=False)


def _balance() -> None:
    op.create_table(
        "balance",
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("points", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("principal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bonus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("qualifying", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_balance")),
    )


def _card() -> None:
    op.create_table(
        "card",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tail", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_card")),
    )
    op.create_index(op.f("ix_card_member"), "card", ["member"], unique=False)


def _posting() -> None:
    op.create_table(
        "posting",
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("delta", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("member", "post_seq", "part", name=op.f("pk_posting")),
    )


def _lot() -> None:
    op.create_table(
        "lot",
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("dealer", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("funded_by", sa.Text(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.String(length=10), nullable=False),
        sa.Column("expires_on", sa.String(length=10), nullable=True),
        sa.Column("quantity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("open", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("member", "post_seq", "part", name=op.f("pk_lot")),
    )
    _partial("ix_lot_open", "lot", "member", "open > 0", unique=False)


def _uncovered() -> None:
    op.create_table(
        "uncovered",
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claim", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("creditor", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("business_date", sa.String(length=10), nullable=False),
        sa.Column("open", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("member", "post_seq", "claim", name=op.f("pk_uncovered")),
    )
    _partial("ix_uncovered_open", "uncovered", "member", "open > 0", unique=False)


def _alloc() -> None:
    op.create_table(
        "alloc",
        sa.Column("post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claim_post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claim", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("lot_post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lot_device", sa.LargeBinary(), nullable=False),
        sa.Column("lot_epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_dealer", sa.Text(), nullable=False),
        sa.Column("lot_store", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("debtor", sa.Text(), nullable=False),
        sa.Column("creditor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("post_seq", "part", name=op.f("pk_alloc")),
    )
    op.create_index(op.f("ix_alloc_member"), "alloc", ["member"], unique=False)


def _hold() -> None:
    op.create_table(
        "hold",
        sa.Column("entry_id", sa.LargeBinary(), nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("points", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("principal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bonus", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_hold")),
    )
    _partial("ix_hold_member", "hold", "member", "state = 'granted'", unique=False)


def _feed() -> None:
    op.create_table(
        "feed",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ver", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_feed")),
    )
    op.create_index("uq_feed_n", "feed", ["n"], unique=True)


def _clearing_run() -> None:
    op.create_table(
        "clearing_run",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("after", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("upto", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("lines_csv", sa.LargeBinary(), nullable=False),
        sa.Column("positions_csv", sa.LargeBinary(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_clearing_run")),
    )


def _clearing_line() -> None:
    op.create_table(
        "clearing_line",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("post_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("label", "number", name=op.f("pk_clearing_line")),
        sa.UniqueConstraint("post_seq", "part", name=op.f("uq_clearing_line_post_seq_part")),
    )
