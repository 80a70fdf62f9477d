"""Posting: gifts on the shelf, virtual goods, events, feedback and product alerts.

Points of a virtual order that failed go back to the very lots they were drawn from, with a line
against each line; what no open lot had covered is struck, and what a later lot covered comes back
as a lot that head office, which was paid for it, funds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from sync.domain import accounts, extras, gift_stock
from sync.domain.books import Issue, MemberBook
from sync.domain.extras import (
    FAILED,
    QUEUED,
    REQUESTED,
    Alert,
    AlertData,
    EventData,
    EventOnce,
    Feedback,
    FeedbackData,
    LotDrawn,
    OutcomeData,
    VirtualData,
    VirtualOrder,
)
from sync.domain.gift_stock import GiftStock, HoldData
from sync.domain.lots import FUNDED_BY_DEALER, HEAD_OFFICE, Allocation, EntryRef, Lot, LotKey
from sync.domain.posting_run import Run
from sync.domain.records import ALERT, EVENT, FEEDBACK, STOCK, VIRTUAL, RecordKey

PASSED_ON: Final = "passed_on"  # units that came back to a lot and went on to a new one


def give_gift(run: Run) -> None:
    """A gift leaves the shelf; below none there is an exception (it is gone all the same)."""
    quantity, offer = run.body.data.get("quantity"), run.body.data.get("offer")
    key = RecordKey(STOCK, f"{run.store}/{offer}")
    stock = run.books.record(key)
    if not isinstance(stock, GiftStock) or not isinstance(quantity, int):
        return
    if not 0 < quantity <= gift_stock.MAX_QUANTITY:
        run.codes.append(Issue.GIFT_STOCK)
        return
    if quantity > stock.count:
        run.codes.append(Issue.GIFT_STOCK)
    made = gift_stock.taken(stock, run.body.member, quantity, _mark(run), run.ref.seq)
    run.books.put_record(key, made)


def hold_gift(run: Run) -> None:
    """Keep gifts for a member, or no longer. More than are there is an exception, and kept."""
    data, member = run.admitted.data, run.body.member
    if not isinstance(data, HoldData):
        raise TypeError("a gift hold was admitted without its data")
    key = RecordKey(STOCK, f"{run.store}/{data.offer}")
    stock = run.books.record(key)
    fits = 0 <= data.quantity <= gift_stock.MAX_QUANTITY
    if not isinstance(stock, GiftStock) or member is None or not fits:
        run.codes.append(Issue.GIFT_STOCK)
        return
    if gift_stock.may_take(stock, data.quantity, run.body.business_date, member) is not None:
        run.codes.append(Issue.GIFT_STOCK)
    made = gift_stock.held(stock, member, data, _mark(run), run.ref.seq)
    run.books.put_record(key, made)


def order_virtual(run: Run, book: MemberBook) -> None:
    """Take the points of an order and queue it; a request is kept and takes nothing. Head office
    delivers, so it is the creditor."""
    data, body = run.admitted.data, run.body
    if not isinstance(data, VirtualData):
        raise TypeError("a virtual order was admitted without its data")
    if data.request != (not body.claims):
        run.codes.append(Issue.VIRTUAL_ORDER)
    place, run.dealer = run.dealer, HEAD_OFFICE
    run.debits(book)
    good = run.admitted.programme and run.admitted.programme.extras.good(data.offer, place)
    if not good:
        run.codes.append(Issue.RULE_MISMATCH)
    taken = sum(claim.quantity for claim in body.claims)
    order = VirtualOrder(
        order=str(body.entry_id),
        offer=data.offer,
        member=body.member,
        dealer=place,
        store=run.store,
        programme=body.programme,
        quantity=data.quantity,
        points=taken or data.points,
        settlement_minor=data.settlement_minor,
        face_minor=data.face_minor,
        state=QUEUED if taken else REQUESTED,
        at_ms=body.at.utc_ms,
    )
    run.books.put_record(RecordKey(VIRTUAL, order.order), _drawn(run, book, order))


def virtual_outcome(run: Run, book: MemberBook) -> None:
    """What became of an order: its request is taken up, it is issued, or its points go back. An
    outcome the order cannot have any more changes nothing."""
    data = run.admitted.data
    if not isinstance(data, OutcomeData):
        raise TypeError("a virtual outcome was admitted without its data")
    key = RecordKey(VIRTUAL, data.order)
    order = run.books.record(key)
    if (
        not isinstance(order, VirtualOrder)
        or order.member != run.body.member
        or not extras.may_become(order.state, data.outcome)
        or not _matches(run, order, data.outcome)
    ):
        run.codes.append(Issue.VIRTUAL_ORDER)
        return
    if order.state == REQUESTED and data.outcome == QUEUED:
        run.dealer = HEAD_OFFICE
        run.debits(book)
        order = _drawn(run, book, order)
    elif order.state == QUEUED and data.outcome == FAILED:
        _give_back(run, book, order)
    run.books.put_record(key, msgspec.structs.replace(order, state=data.outcome))


def deduct_event(run: Run, book: MemberBook) -> None:
    """Take an event's points, once; the dealer that held it is paid. A second time takes none."""
    data = run.admitted.data
    if not isinstance(data, EventData):
        raise TypeError("an event deduction was admitted without its data")
    key = RecordKey(EVENT, f"{data.event}/{run.body.member}")
    if run.books.record(key) is not None:
        run.codes.append(Issue.EVENT_TWICE)
        return
    programme = run.admitted.programme
    event = programme.extras.event(data.event) if programme else None
    if event is None:
        run.codes.append(Issue.RULE_MISMATCH)
    else:
        run.dealer = event.dealer
    run.debits(book)
    run.books.put_record(key, EventOnce(data.event, run.body.member, run.store))


def feedback(run: Run) -> None:
    """Stars for a receipt; the first ones count."""
    data, body = run.admitted.data, run.body
    if not isinstance(data, FeedbackData):
        raise TypeError("feedback was admitted without its data")
    key = RecordKey(FEEDBACK, data.receipt)
    taken = key not in run.books.records or run.books.record(key) is not None
    if taken or data.stars not in extras.STARS:
        run.codes.append(Issue.FEEDBACK_TWICE)
        return
    made = Feedback(data.receipt, data.stars, run.store, body.business_date, body.member)
    run.books.put_record(key, made)


def product_alert(run: Run) -> None:
    """Flag a product, or count one more report; one suffices (WAT-33)."""
    data, body = run.admitted.data, run.body
    if not isinstance(data, AlertData):
        raise TypeError("a product alert was admitted without its data")
    key = RecordKey(ALERT, data.sku)
    if key not in run.books.records:
        return
    before = run.books.record(key)
    made = Alert(data.sku, data.what, "open", 1, body.at.utc_ms, run.store)
    if isinstance(before, Alert):
        made = msgspec.structs.replace(made, reports=before.reports + 1)
    run.books.put_record(key, made)


def _mark(run: Run) -> str:
    return f"{run.ref.device}:{run.ref.epoch}"


def _matches(run: Run, order: VirtualOrder, outcome: str) -> bool:
    """Whether an outcome moves just the points it stands for."""
    moved = sum(delta for _, delta in run.admitted.moves)
    takes = order.state == REQUESTED and outcome == QUEUED
    gives = order.state == QUEUED and outcome == FAILED
    return moved == order.points * (int(gives) - int(takes))


def _drawn(run: Run, book: MemberBook, order: VirtualOrder) -> VirtualOrder:
    """The order with the lots that were drawn for it just now."""
    lots = {lot.key: lot for lot in book.lots}
    found = tuple(_told(lots[a.lot], a) for a in run.allocations)
    return msgspec.structs.replace(order, drawn=found, post_seq=run.post_seq)


def _told(lot: Lot, a: Allocation) -> LotDrawn:
    device, epoch, seq = lot.entry
    return LotDrawn(
        post_seq=lot.key.post_seq,
        part=lot.key.part,
        dealer=lot.dealer,
        store=lot.store,
        funded_by=lot.funded_by,
        device=device,
        epoch=epoch,
        seq=seq,
        business_date=lot.business_date,
        expires_on=lot.expires_on,
        quantity=lot.quantity,
        units=a.quantity,
        amount_minor=a.amount_minor,
        debtor=a.debtor,
        member=lot.member,
        came_from=lot.came_from,
        usable_from=lot.usable_from,
    )


def _give_back(run: Run, book: MemberBook, order: VirtualOrder) -> None:
    """Every unit back to its lot, line against line; then the rest that no lot had covered."""
    rest = order.points - sum(drawn.units for drawn in order.drawn)
    for debt in book.uncovered:
        if debt.post_seq == order.post_seq:
            rest -= debt.open
            debt.open = debt.amount_minor = 0
            run.books.changed_uncovered[(debt.post_seq, debt.claim)] = debt
    back = [_restored(run, book, order, d, number) for number, d in enumerate(order.drawn, 1)]
    if rest:
        lot = _lot_of_office(run, book, rest)
        book.lots.append(lot)
        run.books.new_lots.append(lot)
        back.append(lot)
    run.move(book, accounts.POINTS, order.points, "effect")
    _cover(run, book, back)


def _restored(run: Run, book: MemberBook, order: VirtualOrder, drawn: LotDrawn, number: int) -> Lot:
    """The lot with the units back in it. One that may be in other hands, since members were merged
    and parted again, passes them on to a new one of the same origin and end.
    """
    key = LotKey(drawn.post_seq, drawn.part)
    lot = next((lot for lot in book.lots if lot.key == key), None)
    if lot is None and not drawn.came_from and run.books.real(drawn.member) == book.member:
        lot = drawn.lot()  # used up: all that is open of a member is loaded
        if lot.member != book.member:  # merged away since: what was open of it moved then
            run.books.moved_lots.setdefault(key, lot.member)
            lot.member, lot.came_from = book.member, (*lot.came_from, lot.member)
        book.lots.append(lot)
    back = Allocation(
        post_seq=run.post_seq,
        part=len(run.allocations),
        claim_post_seq=order.post_seq,
        claim=0,
        kind=extras.VIRTUAL,
        offer=order.offer,
        member=book.member,
        account=accounts.POINTS,
        entry=run.ref,
        store=order.store,
        lot=key,
        lot_entry=EntryRef(drawn.device, drawn.epoch, drawn.seq),
        lot_dealer=drawn.dealer,
        lot_store=drawn.store,
        quantity=-drawn.units,
        amount_minor=-drawn.amount_minor,
        debtor=drawn.debtor,
        creditor=HEAD_OFFICE,
    )
    run.allocations.append(back)
    if lot is not None:
        lot.open += drawn.units
        run.books.changed_lots[key] = lot
        return lot
    run.allocations.append(
        msgspec.structs.replace(
            back,
            part=len(run.allocations),
            claim_post_seq=run.post_seq,
            claim=number,
            kind=PASSED_ON,
            quantity=drawn.units,
            amount_minor=0,
            debtor=drawn.dealer,
            creditor=drawn.dealer,
        )
    )
    made = replace(
        drawn.lot(),
        key=LotKey(run.post_seq, number),
        member=book.member,
        quantity=drawn.units,
        open=drawn.units,
        came_from=(),
    )
    book.lots.append(made)
    run.books.new_lots.append(made)
    return made


def _lot_of_office(run: Run, book: MemberBook, units: int) -> Lot:
    """Points that a later lot had covered: head office was paid for them and funds them now."""
    return Lot(
        LotKey(run.post_seq, 0),
        book.member,
        accounts.POINTS,
        HEAD_OFFICE,
        run.store,
        FUNDED_BY_DEALER,
        EntryRef(*run.ref),
        run.body.business_date,
        run.expiry(accounts.POINTS),
        units,
        units,
    )


def _cover(run: Run, book: MemberBook, back: Sequence[Lot]) -> None:
    for lot in back:
        run.cover(book, lot)
