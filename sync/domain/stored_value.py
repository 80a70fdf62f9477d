"""Stored value: top-up with bonus, the deeper price, and the principal/bonus split of a spend
(golden case 8).
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sync.domain import accounts
from sync.domain.journal import Effect
from sync.domain.members import Balances
from sync.domain.parts import spread
from sync.domain.programme import PER_MILLE, Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.trace import Step


@dataclass(frozen=True, slots=True)
class DeeperPrice:
    """`gross` of the amount due is settled by stored value, `charged` is taken, `discount` is what
    was saved.
    """

    gross_minor: int
    discount_minor: int
    charged_minor: int


def charged_for(gross_minor: int, per_mille: int) -> int:
    """V(G): what stored value pays for a part G of the amount due; the discount is rounded down to
    the fen.
    """
    return gross_minor - gross_minor * (PER_MILLE - per_mille) // PER_MILLE


def deeper_price(due_minor: int, per_mille: int, limit_minor: int) -> DeeperPrice:
    """The most of `due_minor` that stored value up to `limit_minor` can settle at `per_mille` of
    the price.

    When the limit binds, G is the largest with V(G) <= limit: V(G) is G x per_mille / 1000 rounded
    up, so that is limit x 1000 / per_mille rounded down, and V(G) is then the limit itself.
    ValueError unless per_mille is 1 to 1000 and the amounts are >= 0.
    """
    if not 1 <= per_mille <= PER_MILLE or due_minor < 0 or limit_minor < 0:
        raise ValueError(f"due {due_minor}, per mille {per_mille}, limit {limit_minor}")
    gross = min(due_minor, limit_minor * PER_MILLE // per_mille)
    charged = charged_for(gross, per_mille)
    return DeeperPrice(gross, gross - charged, charged)


def split(charged_minor: int, available: Balances) -> tuple[int, int] | Refusal:
    """(principal, bonus) of a spend, pro rata over what is available, by largest remainder."""
    held = (max(available.principal, 0), max(available.bonus, 0))
    if charged_minor > sum(held):
        return refuse(Code.STORED_VALUE_SHORT, has_minor=sum(held), needs_minor=charged_minor)
    principal, bonus = spread(charged_minor, held)
    return principal, bonus


def bonus_for(amount_minor: int, programme: Programme) -> int:
    """Bonus of a top-up: that of the highest step it reaches."""
    reached = [step for step in programme.stored_value.steps if step.from_minor <= amount_minor]
    return max(reached, key=lambda step: step.from_minor).bonus_minor if reached else 0


class TopUpData(msgspec.Struct, frozen=True):
    """Body data of a top_up entry."""

    principal_minor: int
    bonus_minor: int
    tender: str


@dataclass(frozen=True, slots=True)
class TopUp:
    """A decided top-up: data, effects and arithmetic of its entry."""

    data: TopUpData
    effects: tuple[Effect, ...]
    trace: tuple[Step, ...]


def top_up(
    programme: Programme,
    member: str,
    dealer: str,
    tender_account: str,
    tender: str,
    amount_minor: int,
    held: Balances,
) -> TopUp | Refusal:
    """Load `amount_minor` (> 0) onto the accounts of `member` (id as text), who holds `held`.

    The money goes to `tender_account`; the bonus is a cost of the dealer. Refused above the balance
    cap.
    """
    if amount_minor <= 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    bonus = bonus_for(amount_minor, programme)
    cap = programme.stored_value.balance_cap_minor
    if held.stored_value + amount_minor + bonus > cap:
        return refuse(
            Code.BALANCE_CAP, cap_minor=cap, after_minor=held.stored_value + amount_minor + bonus
        )
    own = f"{accounts.MEMBER_PREFIX}{member}/"
    currency = programme.currency
    effects = [
        Effect(tender_account, currency, -amount_minor),
        Effect(own + accounts.PRINCIPAL, currency, amount_minor),
    ]
    if bonus:
        effects += [
            Effect(accounts.dealer(dealer, "bonus_cost"), currency, -bonus),
            Effect(own + accounts.BONUS, currency, bonus),
        ]
    steps = (Step("stored_value.bonus", programme.version, {"amount": amount_minor}, bonus),)
    return TopUp(TopUpData(amount_minor, bonus, tender), tuple(effects), steps)
