"""Codes in a sale: coupons, and prices by head office's word; and what this store is.

Both kinds have name spaces of their own (pitfall 28): "GC" coupons, "GP" price codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import coupons, overrides
from sync.domain.cards import normalise
from sync.domain.coupons import Coupon, Presented
from sync.domain.journal import Body, Kind, read_body
from sync.domain.occasions import Occasion
from sync.domain.offers import UsedOffer
from sync.domain.overrides import OverrideCode, OverrideData
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.selling import SaleData
from sync.domain.store_kinds import OWN, StoreFacts, clean_slip
from sync.domain.used_once import coupons_of, slip_of
from terminal.usecases import drafts
from terminal.usecases.commits import Act, Posted, already_done, commit, local_basis
from terminal.usecases.drafts import DraftLine, SaleDraft
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import day_of
from terminal.usecases.till import Till

STORE: Final = "store"
LOOK_BACK: Final = 500  # entries before the acknowledged end whose results may not be pulled yet
PAGE: Final = 200
MAX_COUPONS: Final = 10


@use_case
def take_code(till: Till, draft: SaleDraft, raw: str) -> SaleDraft | Refusal:
    """Put a scanned coupon into a sale, or give one of its pieces the price of a price code.

    A price code is taken in by an entry of its own, so it is good once. Refusals: coupon_unknown,
    coupon_used, override_unknown (no line it is for), override_used, unknown_code.
    """
    if coupons.is_coupon(raw):
        return _take_coupon(till, draft, normalise(raw))
    code = overrides.read(raw)
    if code is None:
        return refuse(Code.UNKNOWN_CODE, tail=raw[-4:])
    return _take_price(till, draft, code)


def is_code(raw: str) -> bool:
    """Whether something scanned or typed is a coupon or a price code, whether good or not."""
    return coupons.is_coupon(raw) or overrides.is_override(raw)


def store_facts(till: Till) -> StoreFacts:
    """What head office says of this store; an own shop unless it says otherwise."""
    return till.database.replica.document(STORE, till.place.store, StoreFacts) or OWN


def occasion(till: Till, draft: SaleDraft, facts: StoreFacts) -> Occasion:
    """Place and time that decide offers: the open shift's business date, and the minute at which
    the sale began or was resumed (golden case 17)."""
    began = till.local(draft.began_ms or draft.opened_ms)
    return Occasion(
        till.place.dealer,
        day_of(till),
        till.place.store,
        facts.kind,
        began.hour * 60 + began.minute,
    )


def usable_coupons(till: Till, draft: SaleDraft, programme: Programme) -> list[Presented]:
    """The coupons of a sale that may be used in it as it now is."""
    if not draft.coupons:
        return []
    member, used = _member(draft), _used_here(till)
    found = [_present(till, programme, code, member, used) for code in draft.coupons]
    return [one for one in found if isinstance(one, Presented)]


def coupon_marks(
    till: Till, programme: Programme, offers: tuple[UsedOffer, ...]
) -> tuple[str, ...] | Refusal:
    """Soft marks that a sale's single-use coupons cross, or coupon_till_cap."""
    if not coupons.single_use(offers):
        return ()
    unsent = till.database.outbox.acked_seq()
    taken = sum(
        used.off_minor
        for body in _bodies(till, unsent)
        if body.kind == Kind.SALE
        for used in coupons.single_use(_offers(body))
    )
    return coupons.may_take(programme, taken, offers)


def slip_refused(till: Till, slip: str) -> Refusal | None:
    """mall_slip_used when a sale of this till and business date names the slip already, and was
    not voided."""
    wanted, day = clean_slip(slip), day_of(till)
    taken = False
    for body in _bodies(till, _first_seq_of_day(till)):
        if body.business_date == day and slip_of(body) == wanted:
            taken = body.kind != Kind.VOID
    return refuse(Code.MALL_SLIP_USED, slip=wanted) if wanted and taken else None


# -- coupons -------------------------------------------------------------------------------------


def _take_coupon(till: Till, draft: SaleDraft, code: str) -> SaleDraft | Refusal:
    programme = till.programme_version(draft.programme)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    found = _present(till, programme, code, _member(draft), _used_here(till))
    if isinstance(found, Refusal):
        return found
    if code in draft.coupons:
        return draft
    if len(draft.coupons) >= MAX_COUPONS:
        return refuse(Code.TOO_LARGE)
    return msgspec.structs.replace(draft, coupons=(*draft.coupons, code))


def _present(
    till: Till, programme: Programme, code: str, member: UUID | None, used: frozenset[str]
) -> Presented | Refusal:
    found = coupons.id_of(code)
    known = till.database.replica.document(coupons.DOCUMENT, found, Coupon)
    if known is not None and known.state == "open" and found in used:
        known = msgspec.structs.replace(known, state="used")
    return coupons.present(programme, code, known, day_of(till), member)


def _used_here(till: Till) -> frozenset[str]:
    """Ids this till used that head office may not have told of yet."""
    used: set[str] = set()
    for body in _bodies(till, max(till.database.outbox.acked_seq() - LOOK_BACK, 0)):
        if body.kind == Kind.VOID:
            used.difference_update(coupons_of(body))
        else:
            used.update(coupons_of(body))
    return frozenset(used)


def _offers(body: Body) -> tuple[UsedOffer, ...]:
    return msgspec.convert(body.data, SaleData).offers


def _member(draft: SaleDraft) -> UUID | None:
    return draft.bearer.member if draft.bearer else None


def _bodies(till: Till, after: int) -> Iterator[Body]:
    """What this till's entries after a number say."""
    for entry in till.database.journal.all_entries(after, PAGE):
        yield read_body(entry.body)


def _first_seq_of_day(till: Till) -> int:
    """Number of the entry before this business date's first shift."""
    day, counter = day_of(till), till.database.counter
    shift = counter.last_shift()
    first = till.database.journal.head().seq
    while shift is not None and shift.business_date == day:
        first = shift.first_seq - 1
        shift = counter.shift(shift.number - 1)
    return max(first, 0)


# -- prices by head office's word ----------------------------------------------------------------


def _take_price(till: Till, draft: SaleDraft, code: OverrideCode) -> SaleDraft | Refusal:
    with till.lock:
        ready = drafts.ready_to_open(till)
        shift = till.shift()
        if isinstance(ready, Refusal):
            return ready
        if shift is None:
            return refuse(Code.SHIFT_NEEDED)
        key, place, day = till.database.keys.token, till.place, shift.business_date
        item = next(
            (
                at
                for at, line in enumerate(draft.lines)
                if line.sku
                and not line.override
                and overrides.holds(key, place.till, day, line.sku, code)
            ),
            None,
        )
        if item is None:
            return refuse(Code.OVERRIDE_UNKNOWN)
        sku = draft.lines[item].sku
        entry_id = overrides.entry_id(place.till, day, sku, code)
        if already_done(till, entry_id) is not None:
            return refuse(Code.OVERRIDE_USED)
        act = Act(
            Kind.PRICE_OVERRIDE,
            entry_id,
            OverrideData(sku, code.price_minor, code.number),
            local_basis(till),
            draft.programme,
        )
        commit(till, act, Posted(shift.number, day))
    changed = _one_piece_at(draft.lines, item, code.price_minor, str(entry_id))
    return msgspec.structs.replace(draft, lines=changed)


def _one_piece_at(
    lines: tuple[DraftLine, ...], item: int, price_minor: int, override: str
) -> tuple[DraftLine, ...]:
    """One piece of a line as a line of its own at that price."""
    line = lines[item]
    piece = msgspec.structs.replace(line, quantity=1, override_minor=price_minor, override=override)
    rest = msgspec.structs.replace(line, quantity=line.quantity - 1)
    return (*lines[:item], *([rest] if rest.quantity else []), piece, *lines[item + 1 :])
