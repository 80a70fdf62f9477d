"""May value leave a member's accounts, or cash become stored value? Head office first, then limits.

While head office can be reached every such operation asks it, for at most 2 seconds and under the
entry id the operation will have; without an answer the offline limits decide under the same id, and
the entry says that it was asked (`auth_unknown`).
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from sync.client.online import NoAnswer
from sync.database.till.replica_rows import Change
from sync.domain import leases
from sync.domain.card_limits import exceeded
from sync.domain.cards import may_use
from sync.domain.journal import Basis, Presented
from sync.domain.limits import Allowed, Debit, debit_offline, top_up_offline
from sync.domain.members import LightRow, Standing
from sync.domain.programme import Programme
from sync.domain.refusals import REFUSAL_CODES, Code, Refusal, refuse
from sync.protocol.messages import AuthAsk, Debits, Refused
from terminal.usecases import drafts
from terminal.usecases.commits import local_basis
from terminal.usecases.identify import is_negative
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

HOLD_MS: Final = 120_000  # head office holds what it authorised that long
NEVER_MS: Final = 1 << 62  # head office was never heard: longer ago than any limit


def permit_debit(
    till: Till,
    draft: drafts.Draft,
    programme: Programme,
    standing: Standing,
    debit: Debit,
    parts: tuple[int, int],
    approval: Approval | None,
) -> Basis | Refusal:
    """Basis of an entry that debits `standing`'s member; `parts`: principal and bonus of it.

    A refusal by head office kills the draft's id. Refusals offline: those of
    `sync.domain.limits.debit_offline`, and approver_needed with the soft marks it crosses.
    """
    bearer = draft.bearer if not isinstance(draft, drafts.EnrolDraft) else None
    barred = card_bars(till, bearer, debit)
    if barred is not None:
        return barred
    wanted = Debits(debit.points, debit.points_minor, *parts)
    told = ask(till, draft, standing, wanted)
    if isinstance(told, Refusal) or told.auth is not None:
        return told
    allowed = offline_allows(till, programme, standing, debit, bearer.presented if bearer else None)
    basis = msgspec.structs.replace(told, leases=covered_by_leases(standing, debit))
    return _with_approver(basis, allowed, approval)


def card_bars(till: Till, bearer: drafts.Bearer | None, debit: Debit) -> Refusal | None:
    """What the card presented says to a debit, online as well: one that was blocked or replaced
    meanwhile, one handed out here for another that head office has not seen (no stored value), and
    a supplementary card's own limits (golden case 11; pitfalls 23, 24)."""
    card = till.database.card(bearer.card) if bearer is not None and bearer.card else None
    if card is None:
        return None
    if (refused := may_use(card)) is not None:
        return refused
    if debit.stored_value_minor and till.database.own_cards.unconfirmed(card.token):
        return refuse(Code.CARD_NOT_CONFIRMED, tail=card.tail)
    if card.limits is None:
        return None
    day = day_of(till)
    use = till.database.own_cards.use(card, day)
    return exceeded(card.limits, use, day, debit.points_minor, debit.stored_value_minor)


def permit_top_up(
    till: Till,
    programme: Programme,
    standing: Standing,
    amount_minor: int,
    approval: Approval | None,
    *,
    online: bool,
) -> Basis | Refusal:
    """Basis of a top-up. `online`: head office answered just now, so only the till's total counts.

    Otherwise the caps of `sync.domain.limits.top_up_offline`, and approver_needed.
    """
    basis = _basis(till, standing)
    used = till.database.pending.used(standing.row.member, day_of(till))
    if online:
        left = programme.offline.top_up_hard_till_minor - used.till_top_up_minor
        if amount_minor > left:
            return refuse(Code.OFFLINE_TOP_UP, cap_minor=max(left, 0), wanted_minor=amount_minor)
        return msgspec.structs.replace(basis, mode="online")
    allowed = top_up_offline(programme.offline, amount_minor, used)
    return _with_approver(basis, allowed, approval)


def offline_allows(
    till: Till,
    programme: Programme,
    standing: Standing,
    debit: Debit,
    presented: Presented | None,
) -> Allowed | Refusal:
    """What the limits say to a debit without head office. A member it cannot know yet has nothing
    but what this till took in, so those figures are as fresh as can be."""
    offline_ms = till.offline_ms()
    unheard = till.database.pending.unheard(standing.row.member)
    return debit_offline(
        programme.offline,
        debit,
        till.database.pending.used(standing.row.member, day_of(till)),
        presented,
        0 if unheard else age_ms(till, standing),
        NEVER_MS if offline_ms is None else offline_ms,
        is_negative(standing),
        beyond_leases(standing, debit),
    )


def covered_by_leases(standing: Standing, debit: Debit) -> dict[str, int]:
    """Units of a debit that this till's own leases cover, by lease."""
    points = leases.cover(standing.leases, leases.POINTS, debit.points)
    stored = leases.cover(standing.leases, leases.STORED_VALUE, debit.stored_value_minor)
    return points | stored


def beyond_leases(standing: Standing, debit: Debit) -> Debit:
    """The part of a debit that counts against the limits."""
    covered = covered_by_leases(standing, debit)
    points = sum(n for lease, n in covered.items() if leases.asset_of(lease) == leases.POINTS)
    stored = sum(covered.values()) - points
    return Debit(
        debit.points - points,
        leases.uncovered_minor(debit.points_minor, debit.points, points),
        debit.stored_value_minor - stored,
    )


def ask(till: Till, draft: drafts.Draft, standing: Standing, wanted: Debits) -> Basis | Refusal:
    """Head office's word as a basis: with `auth` when it granted; without when it is not asked or
    did not answer. A refusal kills the draft's id. Raises StoreFault."""
    basis = _basis(till, standing)
    member = standing.row.member
    online = None if till.database.pending.unheard(member) else till.may_ask()
    if online is None:
        return basis
    question = AuthAsk(draft.entry_id, member, wanted, pending_debits(till, member))
    reply = online.authorise(question)
    if isinstance(reply, NoAnswer):
        till.answered(yes=False)
        return msgspec.structs.replace(basis, auth_unknown=reply.unknown)
    till.answered(yes=True)
    if reply.row is not None:
        keep_row(till, reply.row)
    if isinstance(reply, Refused):
        drafts.keep(till, draft, dead=True)
        code = Code(reply.code) if reply.code in REFUSAL_CODES else Code.DECLINED
        return refuse(code, **dict(reply.params))
    return msgspec.structs.replace(basis, mode="online", auth=reply.auth, leases=reply.leases)


def pending_debits(till: Till, member: UUID) -> Debits:
    """Own debits of a member that head office neither acknowledged nor holds."""
    now_ms = till.clock.utc_ms()
    sums = till.database.pending.debits_unheld(member, now_ms - HOLD_MS, now_ms)
    return Debits(sums.points, 0, sums.principal, sums.bonus)


def keep_row(till: Till, row: LightRow) -> None:
    """Keep fresh figures that came with an answer."""
    change = Change(0, "member", str(row.member), row.version, row)
    till.database.replica.put_fetched([change], till.clock.utc_ms())


def age_ms(till: Till, standing: Standing) -> int | None:
    """Age of a member's confirmed figures."""
    if standing.as_of_ms is None:
        return None
    return max(till.clock.utc_ms() - standing.as_of_ms, 0)


def day_of(till: Till) -> date:
    """Business date of the open shift."""
    shift = till.shift()
    return shift.business_date if shift else till.today()


def _basis(till: Till, standing: Standing) -> Basis:
    held = standing.available
    basis = local_basis(till, age_ms(till, standing))
    balances = {"points": held.points, "principal": held.principal, "bonus": held.bonus}
    return msgspec.structs.replace(basis, balances=balances)


def _with_approver(
    basis: Basis, allowed: Allowed | Refusal, approval: Approval | None
) -> Basis | Refusal:
    if isinstance(allowed, Refusal):
        return allowed
    if allowed.approver_for and approval is None:
        return refuse(Code.APPROVER_NEEDED, marks=",".join(allowed.approver_for))
    return basis
