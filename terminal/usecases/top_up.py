"""Loading stored value: an amount, the bonus it brings, money in the drawer, one entry."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from sync.domain import selling, stored_value
from sync.domain.journal import Kind
from sync.domain.limits import Allowed, top_up_offline
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.stored_value import TopUp
from terminal.usecases import drafts
from terminal.usecases.commits import Act, Done, Posted, already_done, commit
from terminal.usecases.drafts import Bearer, TopUpDraft
from terminal.usecases.identify import MemberCard, fetch, member_card
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import day_of, permit_top_up
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class TopUpQuote:
    """A top-up worked out. `left_minor`: what this till may still take before head office
    acknowledges; `approver_for`: soft marks it would cross offline."""

    top_up: TopUp
    programme: Programme
    member: MemberCard
    left_minor: int
    approver_for: tuple[str, ...] = ()
    offline_refusal: Refusal | None = None


@use_case
def open_top_up(till: Till, bearer: Bearer) -> TopUpDraft | Refusal:
    """Begin a top-up for a member. Refusals: not_signed_in, shift_needed, programme_missing."""
    version = drafts.ready_to_open(till)
    if isinstance(version, Refusal):
        return version
    return drafts.opened(till, TopUpDraft(till.new_id(), till.clock.utc_ms(), version, bearer))


def of_amount(draft: TopUpDraft, amount_minor: int) -> TopUpDraft:
    """The draft with another amount."""
    return msgspec.structs.replace(draft, amount_minor=amount_minor)


@use_case
def quote(till: Till, draft: TopUpDraft, tender: str = "cash") -> TopUpQuote | Refusal:
    """Bonus and balance after it; head office is not asked.

    Refusals: amount_not_positive, balance_cap, card_unknown, programme_missing.
    """
    return _quoted(till, draft, tender)


@use_case
def top_up(
    till: Till, draft: TopUpDraft, tender: str, approval: Approval | None = None
) -> Done | Refusal:
    """Take the money and load the card. The same draft again gives the same entry.

    Refusals: those of quote, offline_top_up, approver_needed.
    """
    if tender not in selling.MONEY_TENDERS:
        raise ValueError(f"unknown tender: {tender!r}")
    with till.lock:
        done = already_done(till, draft.entry_id)
        if done is not None:
            return done
        ready = drafts.ready_to_open(till)
        if isinstance(ready, Refusal):
            return ready
        drafts.keep(till, draft)
        return _loaded(till, draft, tender, approval)


def _loaded(
    till: Till, draft: TopUpDraft, tender: str, approval: Approval | None
) -> Done | Refusal:
    online = fetch(till, "member", str(draft.bearer.member))
    quoted = _quoted(till, draft, tender)
    if isinstance(quoted, Refusal):
        return quoted
    basis = permit_top_up(
        till,
        quoted.programme,
        quoted.member.standing,
        draft.amount_minor,
        approval,
        online=online,
    )
    if isinstance(basis, Refusal):
        return basis
    shift = till.shift()
    if shift is None:
        return refuse(Code.SHIFT_NEEDED)
    decided, bearer = quoted.top_up, draft.bearer
    act = Act(
        Kind.TOP_UP,
        draft.entry_id,
        decided.data,
        basis,
        quoted.programme.version,
        decided.effects,
        (),
        decided.trace,
        bearer.member,
        bearer.card,
        bearer.presented,
        approval.staff if approval else None,
        receipt=True,
    )
    return commit(till, act, Posted(shift.number, shift.business_date))


def _quoted(till: Till, draft: TopUpDraft, tender: str) -> TopUpQuote | Refusal:
    programme = till.programme_version(draft.programme)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    member = member_card(till, draft.bearer)
    if member is None:
        return refuse(Code.CARD_UNKNOWN)
    place, held = till.place, member.standing.confirmed + member.standing.pending
    decided = stored_value.top_up(
        programme,
        str(_member_of(member)),
        place.dealer,
        selling.money_account(place.dealer, place.till, tender),
        tender,
        draft.amount_minor,
        held,
    )
    if isinstance(decided, Refusal):
        return decided
    used = till.database.pending.used(_member_of(member), day_of(till))
    left = programme.offline.top_up_hard_till_minor - used.till_top_up_minor
    allowed = top_up_offline(programme.offline, draft.amount_minor, used)
    if isinstance(allowed, Allowed):
        return TopUpQuote(decided, programme, member, max(left, 0), allowed.approver_for)
    return TopUpQuote(decided, programme, member, max(left, 0), (), allowed)


def _member_of(member: MemberCard) -> UUID:
    return member.standing.row.member
