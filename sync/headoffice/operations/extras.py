"""What head office's people do about gift counts, virtual orders, events, feedback and alerts."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.database.headoffice import directory, ledger, records
from sync.database.headoffice.sessions import Session
from sync.domain import extras
from sync.domain.business_day import CUTOFF_HOUR, OFFSET_MIN, business_date
from sync.domain.extras import Alert, EventData, Feedback, OutcomeData, VirtualOrder
from sync.domain.gift_stock import GiftStock
from sync.domain.journal import Attachment, Body, Kind
from sync.domain.posting import MemberBook, Outcome
from sync.domain.programme import Programme, in_force
from sync.domain.records import ALERT, FEEDBACK, STOCK, VIRTUAL, Record, RecordKey
from sync.domain.refusals import Refusal
from sync.headoffice.errors import InvalidError
from sync.headoffice.feed.rows import document_row, store_bucket
from sync.headoffice.office_entries import Decided, body_of
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.operations.writing import member_named
from sync.headoffice.posting.recording import row_of
from sync.headoffice.receipts_posted import sales_posted
from sync.headoffice.service import HeadOffice

CODE: Final = "virtual_code"  # attachment: what the customer gets
MAX_CODE: Final = 200
_MOST: Final = 200


def _whole(ask: Ask, name: str) -> int | None:
    """A whole number with its sign; None for a field left out."""
    text = ask.fields.get(name, "").strip()
    if not text:
        return None
    digits = text.removeprefix("-").removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        raise InvalidError("field_invalid", field=name)
    return int(text)


def _today(ask: Ask) -> date:
    return business_date(ask.now_ms, OFFSET_MIN, CUTOFF_HOUR)


# -- gifts -----------------------------------------------------------------------------------------
async def _gift_stock(head_office: HeadOffice, ask: Ask) -> Answer:
    """Set or change the count of a gift in a store. Answers the `count` it now has.

    A first count takes in all that the store's tills have sent; what they still hold comes off it.
    """
    store, offer = ask.fields["store"].strip(), ask.fields["offer"].strip()
    count, change = _whole(ask, "count"), _whole(ask, "change")
    if (count is None) == (change is None):
        raise InvalidError("field_invalid", field="count")
    key = RecordKey(STOCK, f"{store}/{offer}")

    async def work(session: Session) -> int:
        stores = {row[0] for row in await directory.all_rows(session, "store")}
        if store not in stores:
            raise InvalidError("store_unknown", store=store[:64])
        before = (await records.load(session, [key]))[key]
        if isinstance(before, GiftStock):
            known = before
        elif count is None:
            raise InvalidError("gift_not_counted", offer=offer[:64])
        else:
            known = GiftStock(store, offer, 0, (), await records.heads_of_store(session, store))
        made = known.count + change if change is not None else count
        stock = msgspec.structs.replace(known, count=made)
        await _keep(session, key, stock)
        return stock.count

    return {"count": await head_office.database.writing(work)}


async def _keep(session: Session, key: RecordKey, record: Record) -> None:
    await records.save(session, {key: record})
    await ledger.put_feed(session, list(row_of(key, record)))


# -- virtual goods ---------------------------------------------------------------------------------
async def _virtual_list(head_office: HeadOffice, ask: Ask) -> Answer:
    """Orders of virtual goods in a state (queued, when none is named), the oldest `first`."""
    state = ask.fields.get("state", "") or extras.QUEUED
    async with head_office.database.reading() as session:
        found = await records.of_kind(session, VIRTUAL, state)
    orders = [record for _, record in found if isinstance(record, VirtualOrder)]
    orders.sort(key=lambda order: (order.at_ms, order.order))
    told = [
        {
            "order": order.order,
            "offer": order.offer,
            "quantity": order.quantity,
            "points": order.points,
            "store": order.store,
            "member": str(order.member),
        }
        for order in orders
    ]
    first = orders[0].order if orders else ""
    return {"state": state, "count": len(orders), "first": first, "orders": told[:_MOST]}


async def _order(head_office: HeadOffice, ask: Ask) -> VirtualOrder:
    key = RecordKey(VIRTUAL, ask.fields["order"].strip())
    async with head_office.database.reading() as session:
        found = (await records.load(session, [key], lock=False))[key]
    if not isinstance(found, VirtualOrder) or found.member is None:
        raise InvalidError("order_unknown", order=ask.fields["order"][:64])
    return found


async def _virtual_issue(head_office: HeadOffice, ask: Ask) -> Answer:
    """Issue an order with its code; a request's points are taken first. The code goes to the tills
    of the order's store, and sealed into the journal. Again with the same code: told again."""
    order = await _order(head_office, ask)
    code = ask.fields["code"].strip()
    if len(code) > MAX_CODE:
        raise InvalidError("field_invalid", field="code")
    if order.state == extras.REQUESTED:
        await _take_up(head_office, ask, order)
        order = await _order(head_office, ask)
    if order.state == extras.QUEUED:
        blob = msgspec.json.encode({"code": code})
        body = _outcome(head_office, ask, order, extras.ISSUED)
        named = Attachment(CODE, sha256(blob).hexdigest(), order.member)
        body = msgspec.structs.replace(body, attachments=(named,))
        await _write(head_office, ask, body, blob)
        order = await _order(head_office, ask)
    elif order.state != extras.ISSUED:
        raise InvalidError("order_state", state=order.state)
    told = extras.told(order, code)
    row = document_row(VIRTUAL, order.order, told, store_bucket(order.store))

    async def publish(session: Session) -> None:
        await ledger.put_feed(session, [row])

    await head_office.database.writing(publish)
    return {"state": order.state, "points": order.points}


async def _take_up(head_office: HeadOffice, ask: Ask, order: VirtualOrder) -> None:
    """Take a request's points. Raises InvalidError("points_short")."""
    book, programme = await _about(head_office, ask, order.member)
    good = programme.extras.good(order.offer, order.dealer)
    if good is None:
        raise InvalidError("gift_unknown", offer=order.offer)
    if book.balances.points < order.points or order.member is None:
        raise InvalidError("points_short", has=book.balances.points, needs=order.points)
    settle = good.settlement_minor * order.quantity
    effects, claims = extras.debit(
        extras.VIRTUAL, order.member, "HQ", order.points, settle, order.offer, order.face_minor
    )
    body = _outcome(head_office, ask, order, extras.QUEUED)
    body = msgspec.structs.replace(
        body, effects=effects, claims=claims, programme=programme.version
    )
    await _write(head_office, ask, body)


async def _virtual_fail(head_office: HeadOffice, ask: Ask) -> Answer:
    """Give an order up: points that were taken go back to their lots. Answers how many."""
    order = await _order(head_office, ask)
    if not extras.may_become(order.state, extras.FAILED) or order.member is None:
        raise InvalidError("order_state", state=order.state)
    body = _outcome(head_office, ask, order, extras.FAILED)
    given_back = 0
    if order.state == extras.QUEUED:
        given_back = order.points
        effects = extras.given_back(order, order.member)
        body = msgspec.structs.replace(body, effects=effects, programme=order.programme)
    await _write(head_office, ask, body)
    return {"state": extras.FAILED, "points": given_back}


def _outcome(head_office: HeadOffice, ask: Ask, order: VirtualOrder, outcome: str) -> Body:
    decided = Decided(
        Kind.VIRTUAL_OUTCOME,
        order.member or UUID(int=0),
        order.dealer,
        order.store,
        OutcomeData(order.order, outcome),
    )
    return body_of(head_office.ledger, decided, _today(ask), 0, ask.now_ms, operator=ask.by)


async def _write(head_office: HeadOffice, ask: Ask, body: Body, *blobs: bytes) -> None:
    replies = await head_office.ledger.post([(body, blobs)], ask.now_ms)
    result = replies[0].results[0]
    if result.outcome == Outcome.QUARANTINED.value:
        raise InvalidError("not_posted", codes=",".join(result.codes))


async def _about(
    head_office: HeadOffice, ask: Ask, member: UUID | None
) -> tuple[MemberBook, Programme]:
    async with head_office.database.reading() as session:
        loaded = await ledger.load(session, [member] if member else [], [], [], lock=False)
    book = loaded.books.get(member) if member else None
    programme = in_force(head_office.poster.shelf.programmes, _today(ask))
    if book is None:
        raise InvalidError("card_unknown")
    if programme is None:
        raise InvalidError("programme_missing")
    return book, programme


# -- events ----------------------------------------------------------------------------------------
async def _deduct_event(head_office: HeadOffice, ask: Ask) -> Answer:
    """Take an event's points from a list of members. Answers `taken`, and `left_out`: why the
    others were left out."""
    event, left_out, bodies, tails = ask.fields["event"].strip(), {}, [], []
    seen: set[UUID] = set()
    for text in ask.fields["cards"].replace(",", " ").split():
        try:
            member = await member_named(head_office, text)
            book, programme = await _about(head_office, ask, member)
        except InvalidError as error:
            left_out[text[-4:]] = error.code
            continue
        if member in seen:
            left_out[text[-4:]] = "event_already"
            continue
        seen.add(member)
        made = extras.event_deduction(
            programme, member, event, book.balances.points, ask.fields.get("reason", "")[:64]
        )
        if isinstance(made, Refusal):
            left_out[text[-4:]] = made.code.value
            continue
        bodies.append(_deduction(head_office, ask, member, made, programme))
        tails.append(text[-4:])
    replies = await head_office.ledger.post([(body, ()) for body in bodies], ask.now_ms)
    taken = 0
    results = [result for reply in replies for result in reply.results]
    for tail, result in zip(tails, results, strict=True):
        if result.outcome == Outcome.POSTED.value:
            taken += 1
        else:
            left_out[tail] = ",".join(result.codes)
    return {"taken": taken, "left_out": left_out}


def _deduction(
    head_office: HeadOffice, ask: Ask, member: UUID, made: extras.Ordered, programme: Programme
) -> Body:
    event = made.data.event if isinstance(made.data, EventData) else ""
    held = programme.extras.event(event)
    dealer = held.dealer if held else ""
    decided = Decided(
        Kind.EVENT_DEDUCTION, member, dealer, "", made.data, made.effects, made.claims, made.trace
    )
    return body_of(
        head_office.ledger, decided, _today(ask), programme.version, ask.now_ms, operator=ask.by
    )


# -- feedback and alerts ---------------------------------------------------------------------------
async def _report_feedback(head_office: HeadOffice, ask: Ask) -> Answer:
    """Stars given between two business days: how many of each, of how many sales, and how many
    sales in a thousand say nothing (WAT-21). `average_hundredths`: 100 times the mean."""
    first, last = _day(ask, "from"), _day(ask, "to")
    store = ask.fields.get("store", "")
    async with head_office.database.reading() as session:
        found = await records.of_kind(session, FEEDBACK, "")
        sales = await sales_posted(session, first, last, store)
    stars = dict.fromkeys((str(number) for number in extras.STARS), 0)
    for _, given in found:
        if not isinstance(given, Feedback) or not first <= given.day <= last:
            continue
        if store in ("", given.store):
            stars[str(given.stars)] += 1
    count = sum(stars.values())
    total = sum(int(number) * times for number, times in stars.items())
    missing = max(sales - count, 0)
    return {
        "stars": stars,
        "count": count,
        "sales": sales,
        "missing_per_mille": missing * 1000 // sales if sales else 0,
        "average_hundredths": total * 100 // count if count else 0,
    }


def _day(ask: Ask, name: str) -> date:
    try:
        return date.fromisoformat(ask.fields[name].strip())
    except ValueError:
        raise InvalidError("field_invalid", field=name) from None


async def _alert_list(head_office: HeadOffice, _ask: Ask) -> Answer:
    """Products that are flagged."""
    async with head_office.database.reading() as session:
        found = await records.of_kind(session, ALERT, "open")
    told = [
        {"product": a.sku, "what": a.what, "reports": a.reports, "store": a.store}
        for _, a in found
        if isinstance(a, Alert)
    ]
    return {"alerts": told}


async def _clear_alert(head_office: HeadOffice, ask: Ask) -> Answer:
    """Take the flag off a product, at every till."""
    key = RecordKey(ALERT, ask.fields["product"].strip())

    async def work(session: Session) -> int:
        found = (await records.load(session, [key]))[key]
        if not isinstance(found, Alert) or found.state != "open":
            raise InvalidError("alert_unknown", product=key.key[:64])
        await _keep(session, key, msgspec.structs.replace(found, state="cleared"))
        return found.reports

    return {"reports": await head_office.database.writing(work)}


_ORDER: Final = "Id of the order, as virtual_list gives it"
OPERATIONS: Final = (
    OfficeOperation(
        "gift_stock",
        {
            "store": "The store",
            "offer": "The gift's offer",
            "count": "How many are there",
            "change": "How many came (or went, with a minus)",
        },
        _gift_stock,
        frozenset({"count", "change"}),
    ),
    OfficeOperation(
        "virtual_list",
        {"state": "requested, queued, issued or failed"},
        _virtual_list,
        frozenset({"state"}),
    ),
    OfficeOperation(
        "virtual_issue", {"order": _ORDER, "code": "What the customer gets"}, _virtual_issue
    ),
    OfficeOperation("virtual_fail", {"order": _ORDER}, _virtual_fail),
    OfficeOperation(
        "deduct_event",
        {
            "event": "The event's code",
            "cards": "Cards or member ids of those who came",
            "reason": "Why, in a few words",
        },
        _deduct_event,
        frozenset({"reason"}),
    ),
    OfficeOperation(
        "report_feedback",
        {"from": "First business day", "to": "Last business day", "store": "Only this store"},
        _report_feedback,
        frozenset({"store"}),
    ),
    OfficeOperation("alert_list", {}, _alert_list),
    OfficeOperation("clear_alert", {"product": "The product's number"}, _clear_alert),
)
