"""Ringing up a sale and being paid: draft, quote, permission, payment, one entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from sync.domain import redeeming, selling
from sync.domain.journal import Basis, Kind
from sync.domain.limits import Allowed
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.selling import Buyer, Quote, Wish
from sync.domain.stored_value import deeper_price
from terminal.usecases import drafts
from terminal.usecases.commits import Act, Done, Posted, already_done, commit, local_basis
from terminal.usecases.drafts import Bearer, SaleDraft
from terminal.usecases.identify import MemberCard, fetch, member_card
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import offline_allows, permit_debit
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

_SHORT: Final = frozenset({Code.POINTS_SHORT, Code.STORED_VALUE_SHORT})


@dataclass(frozen=True, slots=True)
class SaleQuote:
    """A sale worked out, nothing paid. `most_points`, `most_stored_value_minor`: what may be used;
    `approver_for`: soft marks an offline debit would cross; `offline_refusal`: why head office
    would have to be asked for it."""

    quote: Quote
    programme: Programme
    member: MemberCard | None
    most_points: int
    most_stored_value_minor: int
    approver_for: tuple[str, ...] = ()
    offline_refusal: Refusal | None = None


@use_case
def open_sale(till: Till) -> SaleDraft | Refusal:
    """Begin a sale: its entry id is minted and kept, its programme fixed.

    Refusals: not_signed_in, shift_needed, programme_missing.
    """
    version = drafts.ready_to_open(till)
    if isinstance(version, Refusal):
        return version
    return drafts.opened(till, SaleDraft(till.new_id(), till.clock.utc_ms(), version))


@use_case
def save(till: Till, draft: SaleDraft) -> SaleDraft:
    """Keep a sale as it now is, so that a power cut loses nothing that was rung up."""
    drafts.keep(till, draft)
    return draft


@use_case
def resume(till: Till, draft: SaleDraft) -> SaleDraft | Refusal:
    """Go on with a suspended sale: the programme in force now decides (golden case 17)."""
    version = drafts.ready_to_open(till)
    if isinstance(version, Refusal):
        return version
    again = msgspec.structs.replace(draft, programme=version)
    drafts.keep(till, again)
    return again


@use_case
def quote(till: Till, draft: SaleDraft) -> SaleQuote | Refusal:
    """Work out a sale from what is known here; head office is not asked.

    Refusals: those of `sync.domain.selling.quote`.
    """
    return _quoted(till, draft)


@use_case
def sell(
    till: Till,
    draft: SaleDraft,
    tender: str,
    tendered_minor: int,
    approval: Approval | None = None,
) -> Done | Refusal:
    """Take the payment of a sale: `tender` (cash | wechat | alipay | bank_card) for the money part.

    `tendered_minor`: for cash what was handed over. The same draft again gives the same entry.
    Refusals: those of quote, pay and the limits; declined and entry_dead (then `drafts.renewed`).
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
        return _paid(till, draft, tender, tendered_minor, approval)


def _paid(
    till: Till, draft: SaleDraft, tender: str, tendered_minor: int, approval: Approval | None
) -> Done | Refusal:
    quoted = _quoted(till, draft)
    bearer = draft.bearer
    short = isinstance(quoted, Refusal) and quoted.code in _SHORT
    if short and bearer is not None and fetch(till, "member", str(bearer.member)):
        quoted = _quoted(till, draft)
    if isinstance(quoted, Refusal):
        return quoted
    data = selling.pay(quoted.quote, tender, tendered_minor)
    if isinstance(data, Refusal):
        return data
    basis = _permitted(till, draft, quoted, approval)
    if isinstance(basis, Refusal):
        return basis
    shift = till.shift()
    if shift is None:
        return refuse(Code.SHIFT_NEEDED)
    member = bearer.member if bearer else None
    place = till.place
    act = Act(
        Kind.SALE,
        draft.entry_id,
        data,
        basis,
        quoted.programme.version,
        selling.effects(data, member, place.dealer, place.till, quoted.programme.currency),
        quoted.quote.claims,
        quoted.quote.trace,
        member,
        bearer.card if bearer else None,
        bearer.presented if bearer else None,
        approval.staff if approval else None,
        receipt=True,
    )
    return commit(till, act, Posted(shift.number, shift.business_date))


def _permitted(
    till: Till, draft: SaleDraft, quoted: SaleQuote, approval: Approval | None
) -> Basis | Refusal:
    debit, member = quoted.quote.debit, quoted.member
    if member is None or (not debit.at_risk_minor and not debit.points):
        return local_basis(till, member.age_ms if member else None)
    data = quoted.quote.data
    return permit_debit(
        till,
        draft,
        quoted.programme,
        member.standing,
        debit,
        (data.principal_minor, data.bonus_minor),
        approval,
    )


def _quoted(till: Till, draft: SaleDraft) -> SaleQuote | Refusal:
    programme = till.programme_version(draft.programme)
    if programme is None:
        return refuse(Code.PROGRAMME_MISSING)
    member = member_card(till, draft.bearer) if draft.bearer else None
    if draft.bearer is not None and member is None:
        return refuse(Code.CARD_UNKNOWN)
    buyer = _buyer(programme, draft.bearer, member)
    basket = [line.basket for line in draft.lines]
    wish = Wish(draft.points, draft.stored_value_minor)
    found = selling.quote(programme, till.place.dealer, basket, buyer, wish)
    if isinstance(found, Refusal):
        return found
    made = SaleQuote(found, programme, member, *_most(till, programme, buyer, found))
    if member is None or not (found.debit.at_risk_minor or found.debit.points):
        return made
    presented = draft.bearer.presented if draft.bearer else None
    allowed = offline_allows(till, programme, member.standing, found.debit, presented)
    if isinstance(allowed, Allowed):
        return _with(made, allowed.approver_for, None)
    return _with(made, (), allowed)


def _with(made: SaleQuote, marks: tuple[str, ...], refusal: Refusal | None) -> SaleQuote:
    return SaleQuote(
        made.quote,
        made.programme,
        made.member,
        made.most_points,
        made.most_stored_value_minor,
        marks,
        refusal,
    )


def _buyer(programme: Programme, bearer: Bearer | None, member: MemberCard | None) -> Buyer | None:
    if bearer is None or member is None:
        return None
    row = member.standing.row
    tier = programme.tier(row.tier) or programme.first_tier
    return Buyer(row.member, tier, member.standing.available, bearer.joining)


def _most(till: Till, programme: Programme, buyer: Buyer | None, found: Quote) -> tuple[int, int]:
    """Most points, and most stored value (charged), that could be used for this basket."""
    if buyer is None:
        return 0, 0
    price = found.priced.price_minor
    points = redeeming.most_points(programme, till.place.dealer, buyer.available.points, price)
    face = found.points_paid.face_minor if found.points_paid else 0
    per_mille = 1000 if buyer.joining else buyer.tier.stored_value_per_mille
    stored = buyer.available.stored_value
    return points, deeper_price(price - face, per_mille, stored).charged_minor
