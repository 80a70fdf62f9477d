"""What head office's people do about coupons, prices by their word, and kinds of store."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, cast
from uuid import UUID

import msgspec

from sync.database.headoffice import bodies, directory, ledger, records
from sync.database.headoffice.sessions import Session
from sync.domain import coupons, overrides
from sync.domain import programme as programmes
from sync.domain.coupons import Coupon
from sync.domain.money import money, plain
from sync.domain.records import COUPON, STORE, Record, RecordKey
from sync.domain.store_kinds import StoreFacts
from sync.domain.store_totals import totals
from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation, Told
from sync.headoffice.posting.recording import row_of
from sync.headoffice.service import HeadOffice

MAX_BATCH: Final = 10_000
_OFFER: Final = "offer"


async def publish_coupons(head_office: HeadOffice, ask: Ask) -> Answer:
    """Make a batch of single-use coupons; their codes are told once, only hashes are kept.

    Raises InvalidError("field_invalid", "offer_unknown", "batch_exists").
    """
    fields = ask.fields
    batch, offer = fields["batch"].strip(), fields[_OFFER].strip()
    count = _whole(fields, "count", 1, MAX_BATCH)
    made = Coupon(batch, offer, _day(fields, "starts"), _day(fields, "ends"), _member(fields))
    codes = [
        coupons.new_code(head_office.random(COUPON, coupons.RANDOM_BYTES)) for _ in range(count)
    ]
    known = {RecordKey(COUPON, coupons.id_of(code)): made for code in codes}

    async def work(session: Session) -> None:
        for state in ("open", "used", "void"):
            for _, record in await records.of_kind(session, COUPON, state):
                if isinstance(record, Coupon) and record.batch == batch:
                    raise InvalidError("batch_exists", batch=batch)
        if not await _by_coupon(session, offer):
            raise InvalidError("offer_unknown", offer=offer)
        await _put(session, cast("dict[RecordKey, Record]", known))

    await head_office.database.writing(work)
    named: dict[str, object] = {f"code-{at}": code for at, code in enumerate(codes, start=1)}
    return {"batch": batch, "count": count} | named


async def void_coupon(head_office: HeadOffice, ask: Ask) -> Answer:
    """Void one coupon, or all of a batch that are not used yet. Answers `voided`: how many.

    Raises InvalidError("field_missing"), NotFoundError("coupon").
    """
    code, batch = ask.fields.get("code", "").strip(), ask.fields.get("batch", "").strip()
    if bool(code) == bool(batch):
        raise InvalidError("field_missing", field="code")

    async def work(session: Session) -> int:
        if code:
            wanted = [RecordKey(COUPON, coupons.id_of(code))]
        else:
            held = await records.of_kind(session, COUPON, "open")
            wanted = [
                RecordKey(COUPON, key)
                for key, one in held
                if isinstance(one, Coupon) and one.batch == batch
            ]
        known = await records.load(session, wanted)
        changed: dict[RecordKey, Record] = {
            key: msgspec.structs.replace(one, state="void")
            for key, one in known.items()
            if isinstance(one, Coupon) and one.state == "open"
        }
        if not changed:
            raise NotFoundError(COUPON)
        await _put(session, changed)
        return len(changed)

    return {"voided": await head_office.database.writing(work)}


async def override_code(head_office: HeadOffice, ask: Ask) -> Answer:
    """A code for one piece of a product at one till on one business day.

    Raises InvalidError("field_invalid"), NotFoundError("till").
    """
    fields = ask.fields
    day, till = _day(fields, "day"), fields["till"].strip()
    number = _whole(fields, "number", 0, overrides.MAX_NUMBER) if fields.get("number") else 0
    if day is None:
        raise InvalidError("field_invalid", field="day")
    async with head_office.database.reading() as session:
        if await directory.lane(session, till) is None:
            raise NotFoundError("till", till=till)
    try:
        minor = money(fields["price"]).minor
        key, sku = head_office.keys.token_key, fields["sku"].strip()
        code = overrides.code_for(key, till, day, sku, minor, number)
    except ValueError:
        raise InvalidError("field_invalid", field="price") from None
    return {"code": code}


async def set_store_kind(head_office: HeadOffice, ask: Ask) -> Answer:
    """Say what a store is: an own shop, or a counter in a department store.

    Raises InvalidError("field_invalid"), NotFoundError("store").
    """
    fields, store = ask.fields, ask.fields["store"].strip()
    stored = fields.get("stored_value") or "allowed"
    if stored not in ("allowed", "not_at_mall"):
        raise InvalidError("field_invalid", field="stored_value")
    try:
        facts = StoreFacts(
            fields["kind"].strip(),
            fields.get("mall_zh", ""),
            fields.get("mall_en", ""),
            _whole(fields, "commission_per_mille", 0, 1000)
            if fields.get("commission_per_mille")
            else 0,
            cast("Literal['allowed', 'not_at_mall']", stored),
            fields.get("note_zh", ""),
            fields.get("note_en", ""),
        )
    except ValueError:
        raise InvalidError("field_invalid", field="kind") from None

    async def work(session: Session) -> None:
        if store not in {row[0] for row in await directory.all_rows(session, STORE)}:
            raise NotFoundError(STORE, store=store)
        await _put(session, {RecordKey(STORE, store): facts})

    await head_office.database.writing(work)
    return {"store": store, "kind": facts.kind}


async def report_store_kinds(head_office: HeadOffice, ask: Ask) -> Answer:
    """Totals of the business dates asked for, per kind of store and tender, in yuan."""
    first, last = _day(ask.fields, "from") or date.min, _day(ask.fields, "to") or date.max
    async with head_office.database.reading() as session:
        held = await records.of_kind(session, STORE, "")
        facts = {key: one for key, one in held if isinstance(one, StoreFacts)}
        read = [body async for body in bodies.posted(session, first, last)]
    answer: dict[str, object] = {}
    for kind, total in sorted(totals(read, facts).items()):
        answer[kind] = {
            "sales": total.sales,
            "pieces": total.pieces,
            "goods": plain(total.goods_minor),
            "basket": plain(total.basket_minor),
            "commission": plain(total.commission_minor),
            "tenders": {name: plain(minor) for name, minor in sorted(total.tenders.items())},
            "offers": {name: plain(minor) for name, minor in sorted(total.offers.items())},
        }
    return answer


async def _by_coupon(session: Session, offer: str) -> bool:
    """Whether some programme has that offer, by coupon."""
    return any(
        one.offer == offer and one.coupon
        for _, data, _, _ in await directory.programmes(session)
        for one in programmes.from_bytes(data).promotions.offers
    )


async def _put(session: Session, changed: dict[RecordKey, Record]) -> None:
    """Store records and tell tills."""
    await records.load(session, changed)
    await records.save(session, changed)
    await ledger.put_feed(
        session, [row for key, record in changed.items() for row in row_of(key, record)]
    )


def _day(fields: Told, name: str) -> date | None:
    text = fields.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidError("field_invalid", field=name) from None


def _whole(fields: Told, name: str, lowest: int, highest: int) -> int:
    text = fields.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
        raise InvalidError("field_invalid", field=name)
    return int(text)


def _member(fields: Told) -> UUID | None:
    text = fields.get("member", "").strip()
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidError("field_invalid", field="member") from None


OPERATIONS: Final = (
    OfficeOperation(
        "publish_coupons",
        {
            "batch": "Name of the batch; new",
            "offer": "Offer the coupons are for; one that needs a coupon",
            "count": f"How many, at most {MAX_BATCH}",
            "starts": "First business date, ISO",
            "ends": "Last business date, ISO",
            "member": "The only member who may use them, by id",
        },
        publish_coupons,
        frozenset({"starts", "ends", "member"}),
    ),
    OfficeOperation(
        "void_coupon",
        {"code": "Code of one coupon", "batch": "Or a batch, of which all unused ones are voided"},
        void_coupon,
        frozenset({"code", "batch"}),
    ),
    OfficeOperation(
        "override_code",
        {
            "till": "Till at which the price holds",
            "day": "Business date on which it holds, ISO",
            "sku": "Product",
            "price": "Price of one piece in yuan",
            "number": "Counts codes for the same piece, 0 to 99",
        },
        override_code,
        frozenset({"number"}),
    ),
    OfficeOperation(
        "set_store_kind",
        {
            "store": "Store",
            "kind": "own_shop or mall_counter",
            "mall_zh": "Name of the department store, Chinese",
            "mall_en": "Name of the department store, English",
            "commission_per_mille": "Its share of sales, per mille",
            "stored_value": "allowed, or not_at_mall",
            "note_zh": "Note about stored value outside the mall's till, Chinese",
            "note_en": "Note about stored value outside the mall's till, English",
        },
        set_store_kind,
        frozenset(
            {"mall_zh", "mall_en", "commission_per_mille", "stored_value", "note_zh", "note_en"}
        ),
    ),
    OfficeOperation(
        "report_store_kinds",
        {"from": "First business date, ISO", "to": "Last business date, ISO"},
        report_store_kinds,
        frozenset({"from", "to"}),
    ),
)
