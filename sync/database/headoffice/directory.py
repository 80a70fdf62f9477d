"""Dealers, stores, tills, devices, codes, staff, products, programmes: what head office sets up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from sync.database.headoffice import rows, tables
from sync.database.headoffice.ledger import DEVICE_COLUMNS
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import Row, insert, query, upsert

t = tables
P = sa.bindparam


@dataclass(frozen=True, slots=True)
class Lane:
    """A till with its store and dealer, as an enrolment record names them. `first_serial`,
    `last_serial`: card numbers it may issue (0, 0: none)."""

    till: str
    store: str
    dealer: str
    store_group: str
    name_zh: str
    name_en: str
    zone: str
    first_serial: int
    last_serial: int


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time enrolment code as kept. `used_by`: hash of the ask it was used for."""

    code_hash: bytes
    till: str
    expires_ms: int
    tries: int
    used_by: bytes | None
    reply: bytes | None


SETUP: Final = "setup"
PUT_DEALERS: Final = upsert(t.dealer)
PUT_STORES: Final = upsert(t.store)
PUT_TILLS: Final = upsert(t.till)
PUT_STAFF: Final = upsert(t.staff)
PUT_PRODUCTS: Final = upsert(t.product)
ADD_DEVICE: Final = insert(t.device_epoch)
ADD_PROGRAMME: Final = insert(t.programme)
PUT_CODE: Final = upsert(t.enrolment_code)
PUT_META: Final = upsert(t.meta)
DEALERS: Final = query(sa.select(t.dealer).order_by(t.dealer.c.dealer))
STORES: Final = query(sa.select(t.store).order_by(t.store.c.store))
TILLS: Final = query(sa.select(t.till).order_by(t.till.c.till))
STAFF_OF: Final = query(
    sa.select(t.staff.c.data).where(t.staff.c.store == P("store")).order_by(t.staff.c.staff)
)
PROGRAMMES: Final = query(
    sa.select(*(t.programme.c[n] for n in ("version", "data", "signer", "signature"))).order_by(
        t.programme.c.version
    )
)
META: Final = query(sa.select(t.meta.c.value).where(t.meta.c.name == P("name")))
CODE: Final = query(
    sa.select(t.enrolment_code)
    .where(t.enrolment_code.c.code_hash == P("code_hash"))
    .with_for_update()
)
_LANE = (
    sa.select(
        t.till.c.till,
        t.store.c.store,
        *(t.store.c[n] for n in ("dealer", "store_group", "name_zh", "name_en", "zone")),
        t.till.c.first_serial,
        t.till.c.last_serial,
    )
    .join_from(t.till, t.store, t.till.c.store == t.store.c.store)
    .where(t.till.c.till == P("till"))
)
LANE: Final = query(_LANE)
LOCK_LANE: Final = query(_LANE.with_for_update(of=t.till))
EPOCHS_OF_TILL: Final = query(
    sa.select(*DEVICE_COLUMNS)
    .where(t.device_epoch.c.till == P("till"))
    .order_by(t.device_epoch.c.epoch)
    .with_for_update()
)
DEVICES: Final = query(
    sa.select(*DEVICE_COLUMNS).order_by(t.device_epoch.c.till, t.device_epoch.c.epoch)
)


async def put_places(
    session: Session, dealers: Sequence[Row], stores: Sequence[Row], tills: Sequence[Row]
) -> None:
    """Set up dealers (id, zh, en), stores (id, dealer, group, zh, en, zone) and tills (id, store,
    first serial, last serial); the same ids again change them."""
    await session.write(PUT_DEALERS, dealers)
    await session.write(PUT_STORES, stores)
    await session.write(PUT_TILLS, tills)
    await touch_setup(session)


async def lane(session: Session, till: str, *, lock: bool = False) -> Lane | None:
    """A till with its place."""
    found = await session.fetch(LOCK_LANE if lock else LANE, till=till)
    return Lane(*found[0]) if found else None


async def epochs_of(session: Session, till: str) -> list[Device]:
    """All epochs of a till, oldest first, locked."""
    return [rows.device_of(row) for row in await session.fetch(EPOCHS_OF_TILL, till=till)]


async def devices(session: Session) -> list[Device]:
    """All epochs of all tills."""
    return [rows.device_of(row) for row in await session.fetch(DEVICES)]


async def add_device(session: Session, device: Device, now_ms: int) -> None:
    """Enrol an epoch."""
    await session.write(
        ADD_DEVICE,
        [
            (
                device.device.bytes, device.epoch, device.till, device.store, device.dealer,
                device.store_group, device.sign_key, device.agree_key, device.record,
                device.genesis, device.head_seq, device.head_hash, device.verified_seq,
                device.state, now_ms, now_ms,
            )
        ],
    )  # fmt: skip


async def code(session: Session, code_hash: bytes) -> Code | None:
    """An enrolment code by its hash, locked."""
    found = await session.fetch(CODE, code_hash=code_hash)
    return Code(*found[0]) if found else None


async def put_code(session: Session, kept: Code) -> None:
    """Store a code, or what became of it."""
    row = (kept.code_hash, kept.till, kept.expires_ms, kept.tries, kept.used_by, kept.reply)
    await session.write(PUT_CODE, [row])


async def meta(session: Session, name: str) -> bytes | None:
    """A value of head office itself."""
    found = await session.fetch(META, name=name)
    return found[0][0] if found else None


async def put_meta(session: Session, name: str, value: bytes) -> None:
    """Store a value of head office itself."""
    await session.write(PUT_META, [(name, value)])


async def setup_mark(session: Session) -> bytes | None:
    """Changes whenever a programme, a store or a till does."""
    return await meta(session, SETUP)


async def touch_setup(session: Session) -> None:
    """Say that programmes or places have changed, so that nobody goes on with what it remembers."""
    before = await meta(session, SETUP) or b"0"
    await put_meta(session, SETUP, b"%d" % (int(before) + 1))


async def programmes(session: Session) -> list[tuple[int, bytes, str, bytes]]:
    """(version, signed bytes, key id, signature) of every programme."""
    return [(row[0], row[1], row[2], row[3]) for row in await session.fetch(PROGRAMMES)]


async def staff_of(session: Session, store: str) -> list[bytes]:
    """Staff records of a store, JSON."""
    return [row[0] for row in await session.fetch(STAFF_OF, store=store)]


async def all_rows(session: Session, which: str) -> list[tuple[Any, ...]]:
    """Every row of dealer | store | till, ordered by id."""
    listing = {"dealer": DEALERS, "store": STORES, "till": TILLS}[which]
    return [tuple(row) for row in await session.fetch(listing)]


async def add_programme(
    session: Session, version: int, effective_from: str, data: bytes, key: str, signature: bytes
) -> None:
    """Keep a signed programme; raises ConflictError for a version that is there."""
    await session.write(ADD_PROGRAMME, [(version, effective_from, data, key, signature)])
    await touch_setup(session)


async def put_staff(session: Session, people: Sequence[tuple[str, str, bytes]]) -> None:
    """Staff as (id, store, JSON of records.Staff)."""
    await session.write(PUT_STAFF, people)


async def put_products(session: Session, goods: Sequence[tuple[str, str, bytes]]) -> None:
    """Products as (sku, barcode, JSON of pricing.Product)."""
    await session.write(PUT_PRODUCTS, goods)
