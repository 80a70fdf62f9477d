"""A gift for points: what is on offer, and taking it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sync.domain import redeeming
from sync.domain.journal import Kind
from sync.domain.limits import Allowed, Debit
from sync.domain.programme import Gift, Programme
from sync.domain.redeeming import GiftTaken
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases import drafts
from terminal.usecases.commits import Act, Done, Posted, already_done, commit
from terminal.usecases.drafts import Bearer, GiftDraft
from terminal.usecases.gift_shelf import out_of_stock
from terminal.usecases.identify import MemberCard, fetch, member_card
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import offline_allows, permit_debit
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class GiftQuote:
    """A gift worked out. `approver_for`: soft marks it would cross without head office."""

    gift: Gift
    taken: GiftTaken
    programme: Programme
    member: MemberCard
    approver_for: tuple[str, ...] = ()
    offline_refusal: Refusal | None = None


@use_case
def gifts_here(till: Till) -> tuple[Gift, ...]:
    """Gifts this dealer gives, cheapest first; none without an open shift and a programme."""
    shift = till.shift()
    programme = till.programme(shift.business_date) if shift else None
    if programme is None:
        return ()
    here = [
        gift for gift in programme.gifts if not gift.dealers or till.place.dealer in gift.dealers
    ]
    return tuple(sorted(here, key=lambda gift: (gift.points, gift.offer)))


@use_case
def open_gift(till: Till, bearer: Bearer) -> GiftDraft | Refusal:
    """Begin with a gift. Refusals: not_signed_in, shift_needed, programme_missing."""
    version = drafts.ready_to_open(till)
    if isinstance(version, Refusal):
        return version
    return drafts.opened(till, GiftDraft(till.new_id(), till.clock.utc_ms(), version, bearer))


def of_gift(draft: GiftDraft, offer: str, quantity: int = 1) -> GiftDraft:
    """The draft with another gift chosen."""
    return msgspec.structs.replace(draft, offer=offer, quantity=quantity)


@use_case
def quote(till: Till, draft: GiftDraft) -> GiftQuote | Refusal:
    """What the gift costs; head office is not asked.

    Refusals: gift_unknown, points_short, amount_not_positive, card_unknown, programme_missing.
    """
    return _quoted(till, draft)


@use_case
def redeem_gift(till: Till, draft: GiftDraft, approval: Approval | None = None) -> Done | Refusal:
    """Take the gift. The same draft again gives the same entry.

    Refusals: those of quote and of the limits; declined and entry_dead (then `drafts.renewed`).
    """
    with till.lock:
        done = already_done(till, draft.entry_id)
        if done is not None:
            return done
        ready = drafts.ready_to_open(till)
        if isinstance(ready, Refusal):
            return ready
        if drafts.is_dead(till, draft):
            return refuse(Code.ENTRY_DEAD)
        drafts.keep(till, draft)
        return _taken(till, draft, approval)


def _taken(till: Till, draft: GiftDraft, approval: Approval | None) -> Done | Refusal:
    quoted = _quoted(till, draft)
    bearer = draft.bearer
    short = isinstance(quoted, Refusal) and quoted.code is Code.POINTS_SHORT
    if short and fetch(till, "member", str(bearer.member)):
        quoted = _quoted(till, draft)
    if isinstance(quoted, Refusal):
        return quoted
    taken = quoted.taken
    basis = permit_debit(
        till, draft, quoted.programme, quoted.member.standing, _debit(taken), (0, 0), approval
    )
    if isinstance(basis, Refusal):
        return basis
    shift = till.shift()
    if shift is None:
        return refuse(Code.SHIFT_NEEDED)
    act = Act(
        Kind.REDEEM_GIFT,
        draft.entry_id,
        taken.data,
        basis,
        quoted.programme.version,
        taken.effects,
        taken.claims,
        taken.trace,
        quoted.member.member,
        bearer.card,
        bearer.presented,
        approval.staff if approval else None,
        receipt=True,
    )
    return commit(till, act, Posted(shift.number, shift.business_date))


def _quoted(till: Till, draft: GiftDraft) -> GiftQuote | Refusal:
    programme = till.programme_version(draft.programme)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    member = member_card(till, draft.bearer)
    if member is None:
        return refuse(Code.CARD_UNKNOWN)
    dealer = till.place.dealer
    offer = programme.gift(draft.offer, dealer)
    taken = redeeming.gift(
        programme,
        str(member.member),
        dealer,
        draft.offer,
        draft.quantity,
        member.standing.available.points,
    )
    if isinstance(taken, Refusal):
        return taken
    gone = out_of_stock(till, programme, draft.offer, draft.quantity, member.member)
    if gone is not None:
        return gone
    if offer is None:
        return refuse(Code.GIFT_UNKNOWN, offer=draft.offer)
    allowed = offline_allows(
        till, programme, member.standing, _debit(taken), draft.bearer.presented
    )
    if isinstance(allowed, Allowed):
        return GiftQuote(offer, taken, programme, member, allowed.approver_for)
    return GiftQuote(offer, taken, programme, member, (), allowed)


def _debit(taken: GiftTaken) -> Debit:
    return Debit(taken.data.points, taken.data.settlement_minor)
