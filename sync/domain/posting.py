"""Posting: head office takes entries in order and decides what each does to the books.

No I/O, no SQL: the caller loads `Books` for a batch (its members locked in sorted order), posts
entry by entry, and stores the changes as sets of rows. What happened at a counter is a fact: an
entry is posted, posted with exception codes, or quarantined; it is never refused (golden case 13).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sync.domain.admission import Quarantine, admit
from sync.domain.books import INFORMATION, Books, Issue, MemberBook, Outcome, Posting, Result
from sync.domain.journal import Body, Entry, Kind, UnreadableBody, member_effects, read_body
from sync.domain.lots import EntryRef
from sync.domain.merging import also_named
from sync.domain.originals import Original
from sync.domain.posting_cards import change_card, count_use, enrol
from sync.domain.posting_extras import (
    deduct_event,
    feedback,
    give_gift,
    hold_gift,
    order_virtual,
    product_alert,
    virtual_outcome,
)
from sync.domain.posting_leases import use_leases
from sync.domain.posting_levels import change_tier, check_sale, expire, follow
from sync.domain.posting_losses import post_loss
from sync.domain.posting_members import merge, transfer, unmerge
from sync.domain.posting_reversals import cancel, exchange, pay_out, reverse
from sync.domain.posting_run import Run
from sync.domain.posting_services import close_service, open_service, step_service

__all__ = [
    "Books",
    "Issue",
    "MemberBook",
    "Outcome",
    "Posting",
    "Result",
    "members_of",
    "post",
]

# What a kind changes beside balances: before value moves, and even for nobody's entry.
STATE: Final[Mapping[str, Callable[[Run], None]]] = {
    Kind.ENROL: enrol,
    Kind.SALE: check_sale,
    Kind.TIER_CHANGE: change_tier,
    Kind.RETURN: reverse,
    Kind.EXCHANGE: exchange,
    Kind.VOID: reverse,
    Kind.REDEEM_GIFT: give_gift,
    Kind.GIFT_HOLD: hold_gift,
    Kind.FEEDBACK: feedback,
    Kind.PRODUCT_ALERT: product_alert,
    Kind.SERVICE_OPEN: open_service,
    Kind.SERVICE_STEP: step_service,
    Kind.SERVICE_CLOSE: close_service,
    Kind.CARD_ISSUE: change_card,
    Kind.CARD_BIND: change_card,
    Kind.CARD_BLOCK: change_card,
    Kind.CARD_UNBLOCK: change_card,
    Kind.CARD_REPLACE: change_card,
}
# How a kind moves value, where it is not "each claim from its lots, each credit a new lot".
MOVES: Final[Mapping[str, Callable[[Run, MemberBook], None]]] = {
    Kind.EXPIRY: expire,
    Kind.TOP_UP_CANCEL: cancel,
    Kind.CASH_OUT: pay_out,
    Kind.VIRTUAL_ORDER: order_virtual,
    Kind.VIRTUAL_OUTCOME: virtual_outcome,
    Kind.EVENT_DEDUCTION: deduct_event,
    Kind.MERGE: merge,
    Kind.UNMERGE: unmerge,
    Kind.TRANSFER: transfer,
    Kind.LOSS: post_loss,
}


def members_of(entries: Sequence[Entry]) -> list[UUID]:
    """Members whose books the entries touch, sorted (the lock order); unreadable entries touch
    none.
    """
    found: set[UUID] = set()
    for entry in entries:
        try:
            body = read_body(entry.body)
            owners = {owner for owner, _, _ in member_effects(body.effects)}
        except ValueError:  # an UnreadableBody, or an unknown account: both end in quarantine
            continue
        found |= owners if body.member is None else owners | {body.member}
        found |= also_named(body)
    return sorted(found)


def post(entry: Entry, books: Books, post_seq: int, body: Body | None = None) -> Result:
    """Post one entry as number `post_seq`, changing `books`. `body`: what `read_body` made of it,
    for callers who have it.

    A quarantined entry changes nothing and uses no number. Raises nothing, whatever the entry says.
    """
    ref = EntryRef(entry.device, entry.epoch, entry.seq)
    entry_id: UUID | None = None
    try:
        body = body or read_body(entry.body)
        entry_id = body.entry_id
        admitted = admit(body, books)
    except UnreadableBody:
        return Result(ref, entry_id, Outcome.QUARANTINED, (Issue.UNREADABLE,), None)
    except Quarantine as stop:
        return Result(ref, entry_id, Outcome.QUARANTINED, (stop.issue,), None)
    run = Run(body, admitted, ref, books, post_seq)
    _apply(run)
    books.taken.add(body.entry_id)
    if ref in books.awaited:
        books.originals[ref] = Original(ref, entry.hash, body, books.place, post_seq)
    for original in books.originals.values():
        original.note(run.allocations)
    codes = tuple(dict.fromkeys(run.codes))
    outcome = Outcome.POSTED if INFORMATION.issuperset(codes) else Outcome.POSTED_EXCEPTION
    return Result(ref, entry_id, outcome, codes, post_seq, tuple(run.allocations))


def _apply(run: Run) -> None:
    """Flags first, then what is not value, then debits against lots, then credits as new lots."""
    body, books = run.body, run.books
    run.flags()
    state = STATE.get(body.kind)
    if state is not None:
        state(run)
    if body.member is None:
        return
    count_use(run)
    book = books.members[books.real(body.member)]
    if book.member != body.member:
        run.codes.append(Issue.MEMBER_MERGED)
    use_leases(run, book)
    moves = MOVES.get(body.kind)
    if moves is None:
        run.debits(book)
        run.credits(book)
    else:
        moves(run, book)
    follow(run, book)
    run.mark(book)
