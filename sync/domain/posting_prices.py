"""Posting: what a sale uses up beside value: single-use coupons, and slips of a mall's till.

What was taken twice stays a fact: the sale posts with an exception, and what the coupon took off is
the loss of the dealer that took it in; nobody settles it (pitfall 25, golden case 13).
"""

from __future__ import annotations

import msgspec

from sync.domain.books import Issue
from sync.domain.coupons import Coupon
from sync.domain.lots import EntryRef
from sync.domain.originals import Original
from sync.domain.posting_run import Run
from sync.domain.records import COUPON, SLIP, RecordKey
from sync.domain.used_once import SlipUsed, coupons_of, slip_key, slip_of


def use_once(run: Run) -> None:
    """Mark the coupons and the slip of a sale as used by it."""
    entry = text_of(run.ref)
    for coupon in coupons_of(run.body):
        key = RecordKey(COUPON, coupon)
        known = run.books.record(key)
        if not isinstance(known, Coupon) or known.state == "void":
            run.codes.append(Issue.COUPON_UNKNOWN)
        elif known.state == "used":
            run.codes.append(Issue.COUPON_USED_TWICE)
        else:
            used = msgspec.structs.replace(known, state="used", used_by=entry)
            run.books.put_record(key, used)
    slip = _slip_key(run)
    before = None if slip is None else run.books.record(slip)
    if isinstance(before, SlipUsed) and before.entry:
        run.codes.append(Issue.MALL_SLIP_TWICE)
    elif slip is not None:
        run.books.put_record(slip, SlipUsed(run.store, entry))


def give_back(run: Run, original: Original) -> None:
    """A void makes usable again what its sale had used: coupons, and the slip."""
    entry = text_of(original.ref)
    for coupon in coupons_of(run.body):
        key = RecordKey(COUPON, coupon)
        known = run.books.record(key)
        if isinstance(known, Coupon) and known.state == "used" and known.used_by == entry:
            run.books.put_record(key, msgspec.structs.replace(known, state="open", used_by=""))
    slip = _slip_key(run)
    before = None if slip is None else run.books.record(slip)
    if slip is not None and isinstance(before, SlipUsed) and before.entry == entry:
        run.books.put_record(slip, SlipUsed(before.store, ""))


def text_of(ref: EntryRef) -> str:
    """An entry as records name it."""
    return f"{ref.device}:{ref.epoch}:{ref.seq}"


def _slip_key(run: Run) -> RecordKey | None:
    slip = slip_of(run.body)
    if not slip:
        return None
    return RecordKey(SLIP, "/".join(slip_key(run.store, run.body.business_date, slip)))
