"""Stored value back into money: a cancelled top-up, and what is left paid out (pitfalls 18, 19).

Principal is paid out as it stands; bonus was never money and is taken back. Both are claims like
any other debit, so the dealer that holds the cash owes the one that pays it out. Confirm with
counsel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec

from sync.domain import accounts
from sync.domain.journal import Claim, Effect, Kind, Short
from sync.domain.members import Balances
from sync.domain.originals import Ref, Sold
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.reversals import Where
from sync.domain.rulebook.returns import REST
from sync.domain.selling import money_account
from sync.domain.trace import Step

TOP_UP_CANCEL: Final = "top_up_cancel"  # claim kinds
CASH_OUT: Final = "cash_out"
FORFEIT: Final = "forfeit"
AT_AMOUNT: Final = (TOP_UP_CANCEL, CASH_OUT)  # settle at the principal they pay out


class PayOutData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of top_up_cancel (with `ref`) and cash_out: principal paid out by `tender`, bonus
    taken back."""

    principal_minor: int
    bonus_minor: int
    tender: Short
    ref: Ref | None = None


class CancelData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of a top_up_cancel entry as posting reads it: the top-up is named."""

    principal_minor: int
    bonus_minor: int
    tender: Short
    ref: Ref


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A decided pay-out: data, effects, claims and arithmetic of its entry."""

    data: PayOutData
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]
    trace: tuple[Step, ...]


def last_day(rules: Programme, topped_up: date) -> date:
    """Last business date on which a top-up may be cancelled, inclusive."""
    return topped_up + timedelta(days=rules.returns.cancel_days)


def cancel(
    rules: Programme, top_up: Sold, gone_minor: int, held: Balances, where: Where
) -> PaidOut | Refusal:
    """Cancel what is not spent of a top-up: principal back by its own tender, bonus clawed back.

    `gone_minor`: principal of it cancelled before; `held`: what the member has. Refusals:
    not_a_top_up, cancel_too_late, nothing_to_pay_out.
    """
    if top_up.kind != Kind.TOP_UP or top_up.member is None:
        return refuse(Code.NOT_A_TOP_UP, kind=top_up.kind)
    if where.day > last_day(rules, top_up.business_date):
        return refuse(Code.CANCEL_TOO_LATE, days=rules.returns.cancel_days)
    line = top_up.lines[0]
    principal = min(line.principal_minor - gone_minor, held.principal)
    if principal <= 0:
        return refuse(Code.NOTHING_TO_PAY_OUT)
    bonus = line.bonus_minor
    if rules.returns.cancel_bonus != REST:
        bonus = bonus * principal // line.principal_minor
    bonus = min(bonus, max(held.bonus, 0))
    step = Step(
        "top_up.cancel",
        rules.version,
        {
            "loaded": line.principal_minor,
            "cancelled": gone_minor,
            "held": held.principal,
            "bonus": line.bonus_minor,
            "held_bonus": held.bonus,
        },
        principal,
    )
    data = PayOutData(principal, bonus, top_up.tender, top_up.ref)
    return _paid(data, str(top_up.member), rules.currency, where, TOP_UP_CANCEL, step)


def cash_out(rules: Programme, member: str, held: Balances, where: Where) -> PaidOut | Refusal:
    """Pay out all the principal that a member (id as text) holds; the bonus ends with it.

    Refusals: cash_out_not_here, cash_out_bonus_left, nothing_to_pay_out.
    """
    settings = rules.returns
    if not settings.cash_out:
        return refuse(Code.CASH_OUT_NOT_HERE)
    if held.principal <= 0:
        return refuse(Code.NOTHING_TO_PAY_OUT)
    bonus = max(held.bonus, 0)
    if bonus and not settings.cash_out_forfeits_bonus:
        return refuse(Code.CASH_OUT_BONUS_LEFT, bonus_minor=bonus)
    operands: dict[str, int | str] = {"principal": held.principal, "bonus": bonus}
    step = Step("stored_value.cash_out", rules.version, operands, held.principal)
    data = PayOutData(held.principal, bonus, "cash")
    return _paid(data, member, rules.currency, where, CASH_OUT, step)


def _paid(
    data: PayOutData, member: str, currency: str, where: Where, kind: str, step: Step
) -> PaidOut:
    own = f"{accounts.MEMBER_PREFIX}{member}/"
    principal, bonus = data.principal_minor, data.bonus_minor
    effects = [
        Effect(own + accounts.PRINCIPAL, currency, -principal),
        Effect(money_account(where.dealer, where.till, data.tender), currency, principal),
    ]
    claims = [Claim(kind, accounts.PRINCIPAL, principal, principal)]
    if bonus:
        effects += [
            Effect(own + accounts.BONUS, currency, -bonus),
            Effect(accounts.dealer(where.dealer, "bonus_cost"), currency, bonus),
        ]
        claims.append(Claim(FORFEIT, accounts.BONUS, bonus, 0))
    return PaidOut(data, tuple(effects), tuple(claims), (step,))
