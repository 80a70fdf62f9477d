"""What may be done without head office, and what head office authorises (sync-ledger.md 2.10,
design.md section 5).

What a lease covers (`sync.domain.leases`) is nobody's risk: the limits are for the rest. Every cap
counts since the last acknowledgement; points count at their settlement value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sync.domain.journal import Presented
from sync.domain.members import Balances
from sync.domain.programme import OfflineLimits
from sync.domain.refusals import Code, Refusal, refuse

NOTHING_LEASED: Final = Balances()


@dataclass(frozen=True, slots=True)
class Debit:
    """Value about to leave a member's accounts: points with their settlement value, and stored
    value, minor units.
    """

    points: int = 0
    points_minor: int = 0
    stored_value_minor: int = 0

    @property
    def at_risk_minor(self) -> int:
        """What the chain loses if none of it was there."""
        return self.points_minor + self.stored_value_minor


@dataclass(frozen=True, slots=True)
class Used:
    """Unauthorised debits and top-ups of this till that head office has not acknowledged yet.

    `card_*`: of this member on this business date; `till_*`: of all.
    """

    card_points_minor: int = 0
    card_points_ops: int = 0
    card_stored_value_minor: int = 0
    till_at_risk_minor: int = 0
    till_ops: int = 0
    till_top_up_minor: int = 0


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes.

    `approver_for` lists the soft marks it crosses: not empty means an approver must stand behind
    it.
    """

    approver_for: tuple[str, ...] = ()


def debit_offline(
    limits: OfflineLimits,
    debit: Debit,
    used: Used,
    presented: Presented | None,
    age_ms: int | None,
    offline_ms: int,
    negative: bool,
    unleased: Debit | None = None,
) -> Allowed | Refusal:
    """Whether a debit may be made without head office. `unleased`: the part that no lease covers
    (None: all of it); where there is none, neither caps nor ages stop it.

    `age_ms`: age of the member's confirmed figures (None: never confirmed); `offline_ms`: since
    head office last answered; `negative`: the member has an open negative balance.
    """
    if negative:
        return refuse(Code.MEMBER_NEGATIVE)
    rest = debit if unleased is None else unleased
    at_risk = bool(rest.points or rest.at_risk_minor)
    if at_risk and (offline_ms > limits.age_hard_ms or age_ms is None):
        return refuse(Code.OFFLINE_TOO_LONG, hours=limits.age_hard_ms // 3_600_000)
    proven = presented is not None and (presented.pin or presented.strength == "authenticated")
    if debit.stored_value_minor > limits.stored_value_token_cap_minor and not proven:
        return refuse(Code.OFFLINE_NOT_AUTHENTICATED, cap_minor=limits.stored_value_token_cap_minor)
    if not at_risk:
        return Allowed()
    return _hard(limits, rest, used) or Allowed(_soft(limits, rest, used))


def _hard(limits: OfflineLimits, debit: Debit, used: Used) -> Refusal | None:
    for wanted, already, cap in (
        (debit.points_minor, used.card_points_minor, limits.points_hard_card_day_minor),
        (
            debit.stored_value_minor,
            used.card_stored_value_minor,
            limits.stored_value_hard_card_day_minor,
        ),
    ):
        if wanted and wanted + already > cap:
            return refuse(
                Code.OFFLINE_CARD_DAY, cap_minor=cap, used_minor=already, wanted_minor=wanted
            )
    risk = used.till_at_risk_minor + debit.at_risk_minor
    if risk > limits.at_risk_hard_minor or used.till_ops + 1 > limits.at_risk_hard_ops:
        return refuse(
            Code.OFFLINE_TILL,
            cap_minor=limits.at_risk_hard_minor,
            used_minor=used.till_at_risk_minor,
        )
    return None


def _soft(limits: OfflineLimits, debit: Debit, used: Used) -> tuple[str, ...]:
    marks = (
        ("points_op", debit.points_minor > limits.points_soft_op_minor),
        (
            "points_ops",
            bool(debit.points) and used.card_points_ops + 1 > limits.points_soft_ops_card_day,
        ),
        ("stored_value_op", debit.stored_value_minor > limits.stored_value_soft_op_minor),
        ("till", used.till_at_risk_minor + debit.at_risk_minor > limits.at_risk_soft_minor),
    )
    return tuple(name for name, crossed in marks if crossed)


def top_up_offline(limits: OfflineLimits, amount_minor: int, used: Used) -> Allowed | Refusal:
    """Whether a top-up may be taken without head office."""
    if amount_minor > limits.top_up_hard_op_minor:
        return refuse(
            Code.OFFLINE_TOP_UP, cap_minor=limits.top_up_hard_op_minor, wanted_minor=amount_minor
        )
    if used.till_top_up_minor + amount_minor > limits.top_up_hard_till_minor:
        return refuse(
            Code.OFFLINE_TOP_UP,
            cap_minor=max(limits.top_up_hard_till_minor - used.till_top_up_minor, 0),
            wanted_minor=amount_minor,
        )
    return Allowed(("top_up_op",) if amount_minor > limits.top_up_soft_op_minor else ())


def authorise(
    held: Balances,
    reserved: Balances,
    debit: Debit,
    principal_minor: int,
    bonus_minor: int,
    leased: Balances = NOTHING_LEASED,
) -> Refusal | None:
    """Head office's answer to an online debit: against posted balances less what other requests
    have reserved.

    Stored value is looked at as a whole: the split between principal and bonus is fixed in the
    entry, a difference in head office's own lots is cured there (golden case 8). What is not asked
    for is not looked at: negative points stop points, not stored value. `leased`: what other tills
    hold by lease; a debit that would need it is told so, while head office takes it back.
    """
    points = held.points - reserved.points
    if debit.points and leased.points > 0 and points - leased.points < debit.points <= points:
        return refuse(Code.LEASED_ELSEWHERE, leased=leased.points)
    points -= leased.points
    if debit.points and debit.points > points:
        return refuse(Code.POINTS_SHORT, has=max(points, 0), needs=debit.points)
    free, wanted = held.stored_value - reserved.stored_value, principal_minor + bonus_minor
    if wanted and leased.stored_value > 0 and free - leased.stored_value < wanted <= free:
        return refuse(Code.LEASED_ELSEWHERE, leased_minor=leased.stored_value)
    free -= leased.stored_value
    if wanted and wanted > free:
        return refuse(Code.STORED_VALUE_SHORT, has_minor=max(free, 0), needs_minor=wanted)
    return None


def worst_case_minor(limits: OfflineLimits) -> int:
    """The most this till can lose the chain before its next acknowledgement: at-risk cap plus
    top-up cap.
    """
    return limits.at_risk_hard_minor + limits.top_up_hard_till_minor
