"""Gifts on the shelf of this store: how many there are, keeping some for a member."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from sync.domain import gift_stock
from sync.domain.gift_stock import GiftStock, HoldData
from sync.domain.journal import Kind
from sync.domain.programme import Programme
from sync.domain.redeeming import GiftData
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases.commits import Done, local_basis
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.folding import own_entries
from terminal.usecases.identify import MemberCard
from terminal.usecases.operation import Decided, perform
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import day_of
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


def shelves(till: Till) -> dict[str, GiftStock]:
    """Counted gifts of this store by offer: head office's counts with own entries on top."""
    mark = till.database.journal.mark_key
    found = {
        stock.offer: stock
        for _, stock in till.database.replica.documents("gift_stock", GiftStock)
        if stock.store == till.place.store
    }
    for own in own_entries(till, Kind.REDEEM_GIFT, Kind.GIFT_HOLD) if found else ():
        body = own.body
        stock = found.get(str(body.data.get("offer", "")))
        if stock is None or own.seq <= stock.marks.get(mark, 0) or body.member is None:
            continue
        if body.kind == Kind.REDEEM_GIFT:
            given = msgspec.convert(body.data, GiftData)
            made = gift_stock.taken(stock, body.member, given.quantity, mark, own.seq)
        else:
            kept = msgspec.convert(body.data, HoldData)
            made = gift_stock.held(stock, body.member, kept, mark, own.seq)
        found[stock.offer] = made
    return found


def out_of_stock(
    till: Till, programme: Programme, offer: str, quantity: int, member: UUID
) -> Refusal | None:
    """Why so many of a gift cannot be given here; the refusal names what there is instead, for the
    same points or fewer (FL-19)."""
    refusal = gift_stock.may_take(shelves(till).get(offer), quantity, day_of(till), member)
    return None if refusal is None else _naming_others(till, programme, offer, member, refusal)


def _naming_others(
    till: Till, programme: Programme, offer: str, member: UUID, refusal: Refusal
) -> Refusal:
    stocks, day = shelves(till), day_of(till)
    others = gift_stock.instead(programme, till.place.dealer, offer, stocks, day, member)
    named = ",".join(gift.offer for gift in others[:3])
    return refuse(refusal.code, **dict(refusal.params), instead=named or "-")


def kept_for(till: Till, member: UUID) -> dict[str, int]:
    """Gifts kept here for a member today, by offer."""
    day = day_of(till)
    return {
        offer: kept.quantity
        for offer, stock in shelves(till).items()
        for kept in stock.kept
        if kept.member == member and kept.until >= day
    }


def hold_of(
    till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
) -> HoldData | Refusal:
    """What a draft with the fields offer, quantity, until keeps; quantity 0 gives a kept gift up.

    Refusals: member_needed, field_invalid, and those of `gift_stock.may_hold`.
    """
    if member is None:
        return refuse(Code.MEMBER_NEEDED)
    fields, offer = draft.fields, draft.fields.get("offer", "")
    text = fields.get("quantity", "")
    if not text.isascii() or not text.isdigit() or int(text[:9]) > gift_stock.MAX_QUANTITY:
        return refuse(Code.FIELD_INVALID, field="quantity")
    try:
        until = date.fromisoformat(fields.get("until", "") or day_of(till).isoformat())
    except ValueError:
        return refuse(Code.FIELD_INVALID, field="until")
    data = HoldData(offer, int(text), until)
    stock = shelves(till).get(offer)
    refusal = gift_stock.may_hold(
        programme, till.place.dealer, stock, data, day_of(till), member.member
    )
    if refusal is not None and refusal.code is Code.GIFT_OUT_OF_STOCK:
        return _naming_others(till, programme, offer, member.member, refusal)
    return refusal or data


@use_case
def hold_gift(till: Till, draft: OperationDraft, approval: Approval | None) -> Done | Refusal:
    """Keep gifts for a member, or give them up. Refusals: those of `hold_of` and `perform`."""

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        data = hold_of(till, draft, programme, member)
        if isinstance(data, Refusal):
            return data
        return Decided(Kind.GIFT_HOLD, data, local_basis(till), receipt=False)

    return perform(till, draft, approval, decide)
