"""How much cash a till may give back without head office (design.md section 5, table; pitfall 16).

Caps count what head office has not acknowledged: cash of returns, exchanges, voids, cancelled
top-ups and pay-outs. Points and stored value of a return are under no cap: they are exact negatives
of what head office has or will have (golden case 9).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sync.domain import accounts
from sync.domain.journal import Body, Kind
from sync.domain.limits import Allowed
from sync.domain.programme import OfflineLimits
from sync.domain.refusals import Code, Refusal, refuse

REFUNDS: Final = (Kind.RETURN, Kind.EXCHANGE, Kind.VOID, Kind.TOP_UP_CANCEL, Kind.CASH_OUT)
APPROVER: Final = "refund"  # the mark that an approver stands behind


@dataclass(frozen=True, slots=True)
class Refunded:
    """Cash given back and not acknowledged: to this customer today, and by this till in all."""

    card_minor: int = 0
    till_minor: int = 0


def cash_out_of(body: Body) -> int:
    """Cash that left the drawer with an entry, minor units (0 when some came in)."""
    drawer = accounts.drawer(body.place.till)
    return max(sum(e.delta for e in body.effects if e.account == drawer), 0)


def refunded(waiting: Iterable[Body], member: UUID | None, day: object) -> Refunded:
    """Sums over refunds that head office has not acknowledged. Customers without a card count
    together: nobody can tell them apart."""
    card = till = 0
    for body in waiting:
        cash = cash_out_of(body)
        till += cash
        if body.member == member and body.business_date == day:
            card += cash
    return Refunded(card, till)


def refund_offline(limits: OfflineLimits, cash_minor: int, used: Refunded) -> Allowed | Refusal:
    """Whether cash may be given back without head office; an approver always stands behind it.

    Refusals: offline_refund_card, offline_refund_till.
    """
    card_cap, till_cap = limits.refund_hard_card_day_minor, limits.refund_hard_till_minor
    if cash_minor and used.card_minor + cash_minor > card_cap:
        return refuse(
            Code.OFFLINE_REFUND_CARD,
            cap_minor=card_cap, used_minor=used.card_minor, wanted_minor=cash_minor,
        )  # fmt: skip
    if cash_minor and used.till_minor + cash_minor > till_cap:
        return refuse(
            Code.OFFLINE_REFUND_TILL,
            cap_minor=till_cap, used_minor=used.till_minor, wanted_minor=cash_minor,
        )  # fmt: skip
    return Allowed((APPROVER,))
