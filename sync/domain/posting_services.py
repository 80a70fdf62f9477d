"""Posting: service orders, and the clearing line of a free service (golden case 12).

The right to a free service is decided, and its payer fixed, when the order is opened; the line is
written when the garments are handed out done: what was not performed is not paid. An order has at
most one line. What a till may not do any more (a step out of turn, a second hand-out) is an
exception and changes nothing.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sync.domain import service_orders
from sync.domain.books import Issue, MemberBook
from sync.domain.lots import HEAD_OFFICE, Allocation, EntryRef, LotKey
from sync.domain.posting_run import Run
from sync.domain.programme import Programme
from sync.domain.records import FREE, ORDER, READY, FreeUsed, Ready, RecordKey
from sync.domain.refusals import Refusal
from sync.domain.rulebook.services import ServiceType
from sync.domain.service_orders import (
    CANCELLED,
    DONE,
    ENTITLEMENT,
    SERVICE,
    CloseData,
    Happened,
    OpenData,
    ServiceOrder,
    StepData,
)


def open_service(run: Run) -> None:
    """A new order. A number that is not the entry's own, or taken, is an exception."""
    data, body = run.admitted.data, run.body
    if not isinstance(data, OpenData):
        raise TypeError("a service order was admitted without its data")
    key = RecordKey(ORDER, data.code)
    if data.code != service_orders.code_of(body.entry_id) or run.books.record(key) is not None:
        run.codes.append(Issue.SERVICE_ORDER)
        return
    kind = _type(run.admitted.programme, data.service)
    if kind is None:
        run.codes.append(Issue.RULE_MISMATCH)
    payer, tariff = _granted(run, data, kind)
    order = service_orders.begun(
        data,
        kind,
        body.member,
        (run.dealer, run.store),
        body.programme,
        body.business_date,
        _happened(run),
        payer,
    )
    run.books.put_record(key, msgspec.structs.replace(order, tariff_minor=tariff))


def step_service(run: Run) -> None:
    """Move garments of an order."""
    data = run.admitted.data
    if not isinstance(data, StepData):
        raise TypeError("a service step was admitted without its data")
    order = _order(run, data.code)
    if order is None:
        return
    made = service_orders.stepped(order, _kind(run, order), data, _happened(run))
    _put(run, order, made)


def close_service(run: Run) -> None:
    """Hand out an order; a free one that was done is cleared now."""
    data = run.admitted.data
    if not isinstance(data, CloseData):
        raise TypeError("a service close was admitted without its data")
    order = _order(run, data.code)
    if order is None:
        return
    made = service_orders.closed(order, _kind(run, order), data, _happened(run))
    after = _put(run, order, made)
    if after is order:
        return
    if after.outcome == CANCELLED and order.entitlement:
        _count_free(run, order.entitlement, order.member, order.opened_on.year, -1)
    if after.outcome == DONE and order.payer and not order.paid:
        _clear(run, after)


def _granted(run: Run, data: OpenData, kind: ServiceType | None) -> tuple[str, int]:
    """Who pays for a free order, and how much: nobody, 0 for one that is paid for.

    A right the member does not have is an exception, and the performing dealer bears it.
    """
    member = run.body.member
    book = run.books.members.get(run.books.real(member)) if member else None
    if not data.entitlement:
        return "", 0
    tariff = kind.tariff_minor * len(data.garments) if kind else 0
    programme = run.admitted.programme
    free = programme.services.entitlement(data.entitlement) if programme else None
    year = run.body.business_date.year
    used = _count_free(run, data.entitlement, run.body.member, year, 1)
    if book is None or free is None or not _has(book, free.tiers, data, free.service):
        run.codes.append(Issue.ENTITLEMENT_REFUSED)
        return run.dealer, tariff
    most = free.per_year
    if (most is not None and used >= most) or len(data.garments) > free.most_garments:
        run.codes.append(Issue.ENTITLEMENT_REFUSED)
        return run.dealer, tariff
    if tariff != data.tariff_minor:
        run.codes.append(Issue.RULE_MISMATCH)
    payer = service_orders.payer_of(free.funded_by, book.home_dealer, run.dealer, HEAD_OFFICE)
    return payer, tariff


def _has(book: MemberBook, tiers: tuple[str, ...], data: OpenData, service: str) -> bool:
    return book.tier in tiers and service == data.service


def _count_free(run: Run, entitlement: str, member: UUID | None, year: int, change: int) -> int:
    """Count an order of the year in which it was opened; how many there were before."""
    key = RecordKey(FREE, f"{entitlement}/{member}/{year}")
    if key not in run.books.records:  # the entry did not name it
        return 0
    before = run.books.record(key)
    used = before.used if isinstance(before, FreeUsed) else 0
    run.books.put_record(key, FreeUsed(member, entitlement, year, max(used + change, 0)))
    return used


def _order(run: Run, code: str) -> ServiceOrder | None:
    found = run.books.record(RecordKey(ORDER, code))
    if isinstance(found, ServiceOrder):
        return found
    run.codes.append(Issue.SERVICE_ORDER)
    return None


def _put(run: Run, order: ServiceOrder, made: ServiceOrder | Refusal) -> ServiceOrder:
    """Keep the order after an entry; one that may not be is an exception and inside all the
    same."""
    if isinstance(made, Refusal):
        run.codes.append(Issue.SERVICE_STEP)
        run.books.put_record(
            RecordKey(ORDER, order.code), service_orders.noted(order, _happened(run))
        )
        return order
    run.books.put_record(RecordKey(ORDER, order.code), made)
    _count_ready(run, made)
    return made


def _count_ready(run: Run, order: ServiceOrder) -> None:
    """The member's orders that wait to be picked up."""
    key = RecordKey(READY, str(order.member))
    if key not in run.books.records:  # nobody's order, or told by somebody else's entry
        return
    before = run.books.record(key)
    codes = before.codes if isinstance(before, Ready) else ()
    kind = _kind(run, order)
    rest = tuple(code for code in codes if code != order.code)
    now = (*rest, order.code) if kind and order.is_ready(kind) else rest
    if now != codes:
        run.books.put_record(key, Ready(order.member, now))


def _clear(run: Run, order: ServiceOrder) -> None:
    """One line: the payer owes the performing dealer the tariff; its "lot" is this posting."""
    device, epoch, seq = order.opened_by.rsplit(":", 2)
    opened = EntryRef(UUID(device), int(epoch), int(seq))
    member = order.member or UUID(int=0)
    part = len(run.allocations)
    run.allocations.append(
        Allocation(
            post_seq=run.post_seq,
            part=part,
            claim_post_seq=run.post_seq,
            claim=0,
            kind=SERVICE,
            offer=order.entitlement,
            member=member,
            account=ENTITLEMENT,
            entry=run.ref,
            store=order.store,
            lot=LotKey(run.post_seq, part),
            lot_entry=opened,
            lot_dealer=order.payer,
            lot_store=order.store,
            quantity=1,
            amount_minor=order.tariff_minor,
            debtor=order.payer,
            creditor=order.dealer,
        )
    )
    run.books.put_record(RecordKey(ORDER, order.code), msgspec.structs.replace(order, paid=True))


def _happened(run: Run) -> Happened:
    body, ref = run.body, run.ref
    mark = f"{ref.device}:{ref.epoch}"
    return Happened(body.at.utc_ms, body.place.till, body.operator, mark, ref.seq)


def _kind(run: Run, order: ServiceOrder) -> ServiceType | None:
    """The service by the rules the order was opened under."""
    return _type(run.books.programme(order.programme), order.service)


def _type(programme: Programme | None, code: str) -> ServiceType | None:
    return programme.services.type_of(code) if programme else None
