"""Ringing up a sale and being paid: draft, quote, permission, payment, one entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from sync.domain import redeeming, selling, store_kinds
from sync.domain.journal import Basis, Kind
from sync.domain.limits import Allowed
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.selling import Buyer, Quote, SaleData, Wish
from sync.domain.store_kinds import OWN, StoreFacts
from sync.domain.stored_value import deeper_price
from terminal.usecases import drafts
from terminal.usecases.codes import (
    coupon_marks,
    occasion,
    slip_refused,
    store_facts,
    usable_coupons,
)
from terminal.usecases.commits import Act, Done, Posted, already_done, commit, local_basis
from terminal.usecases.drafts import Bearer, SaleDraft
from terminal.usecases.extras import unseen_alert
from terminal.usecases.identify import MemberCard, fetch, member_card
from terminal.usecases.levels import earn_terms, level_of
from terminal.usecases.outcome import use_case
from terminal.usecases.permission import offline_allows, permit_debit
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

_SHORT: Final = frozenset({Code.POINTS_SHORT, Code.STORED_VALUE_SHORT})


@dataclass(frozen=True, slots=True)
class SaleQuote:
    """A sale worked out, nothing paid. `most_points`, `most_stored_value_minor`: what may be used;
    `approver_for`: soft marks an offline debit would cross; `offline_refusal`: why head office
    would have to be asked for it; `facts`: what this store is."""

    quote: Quote
    programme: Programme
    member: MemberCard | None
    most_points: int
    most_stored_value_minor: int
    approver_for: tuple[str, ...] = ()
    offline_refusal: Refusal | None = None
    facts: StoreFacts = OWN


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
    again = msgspec.structs.replace(draft, programme=version, began_ms=till.clock.utc_ms())
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
    """Take the payment of a sale: `tender` (cash | wechat | alipay | bank_card; at a mall counter
    mall, with the draft's slip) for the money part.

    `tendered_minor`: for cash what was handed over. The same draft again gives the same entry.
    Refusals: those of quote, pay, `store_kinds.may_pay` and the limits; mall_slip_used;
    product_alert (a flagged product; then `draft.knowing`); declined and entry_dead (then
    `drafts.renewed`).
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
        warning = unseen_alert(till, draft)
        if warning is not None:
            return warning
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
    data = _settled(till, draft, quoted, tender, tendered_minor)
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


def _settled(
    till: Till, draft: SaleDraft, quoted: SaleQuote, tender: str, tendered_minor: int
) -> SaleData | Refusal:
    """The sale paid this way, if it may be here."""
    facts, data = quoted.facts, quoted.quote.data
    stored_minor = data.principal_minor + data.bonus_minor
    refused = store_kinds.may_pay(facts, tender, data.money_minor, draft.slip, stored_minor)
    if refused is None and facts.at_mall and data.money_minor:
        refused = slip_refused(till, draft.slip)
    mall = store_kinds.mall_sale(facts, data.money_minor, draft.slip)
    paid = refused or selling.pay(quoted.quote, tender, tendered_minor, mall)
    if isinstance(paid, Refusal) or draft.bearer is not None or not draft.prospect:
        return paid
    return msgspec.structs.replace(paid, prospect=draft.prospect)


def _permitted(
    till: Till, draft: SaleDraft, quoted: SaleQuote, approval: Approval | None
) -> Basis | Refusal:
    debit, member = quoted.quote.debit, quoted.member
    marks = coupon_marks(till, quoted.programme, quoted.quote.data.offers)
    if isinstance(marks, Refusal):
        return marks
    if marks and approval is None:
        return refuse(Code.APPROVER_NEEDED, marks=",".join(marks))
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
    buyer = _buyer(till, programme, draft.bearer, member)
    basket = [line.basket for line in draft.lines]
    wish = Wish(draft.points, draft.stored_value_minor)
    facts = store_facts(till)
    presented_coupons = [(one.coupon, one.offer) for one in usable_coupons(till, draft, programme)]
    found = selling.quote(
        programme,
        till.place.dealer,
        basket,
        buyer,
        wish,
        occasion(till, draft, facts),
        presented_coupons,
    )
    if isinstance(found, Refusal):
        return found
    marks = coupon_marks(till, programme, found.data.offers)
    made = SaleQuote(
        found,
        programme,
        member,
        *_most(till, programme, buyer, found, facts),
        () if isinstance(marks, Refusal) else marks,
        marks if isinstance(marks, Refusal) else None,
        facts,
    )
    if member is None or not (found.debit.at_risk_minor or found.debit.points):
        return made
    presented = draft.bearer.presented if draft.bearer else None
    allowed = offline_allows(till, programme, member.standing, found.debit, presented)
    if isinstance(allowed, Allowed):
        return replace(made, approver_for=made.approver_for + allowed.approver_for)
    return replace(made, approver_for=(), offline_refusal=allowed)


def _buyer(
    till: Till, programme: Programme, bearer: Bearer | None, member: MemberCard | None
) -> Buyer | None:
    if bearer is None or member is None:
        return None
    row, day = member.standing.row, member.standing.day or till.today()
    level = level_of(programme, member.standing, day)
    born = member.profile
    birthday = None
    if born is not None and born.birthday_month and born.birthday_day:
        birthday = (born.birthday_month, born.birthday_day)
    return Buyer(
        row.member,
        level.tier,
        member.standing.available,
        bearer.joining,
        row.flags,
        birthday,
        earn_terms(till, programme, member.standing, born, day),
        level.provisional,
    )


def _most(
    till: Till, programme: Programme, buyer: Buyer | None, found: Quote, facts: StoreFacts
) -> tuple[int, int]:
    """Most points, and most stored value (charged), that could be used for this basket."""
    if buyer is None:
        return 0, 0
    price = found.priced.price_minor
    points = redeeming.most_points(programme, till.place.dealer, buyer.available.points, price)
    face = found.points_paid.face_minor if found.points_paid else 0
    per_mille = 1000 if buyer.joining else buyer.tier.stored_value_per_mille
    stored = buyer.available.stored_value
    if facts.at_mall and facts.stored_value == "not_at_mall":
        stored = 0
    return points, deeper_price(price - face, per_mille, stored).charged_minor
