"""Who bears a claim that no lot has covered for too long (sync-ledger.md 2.10 "Overdraft at HQ").

What a lease covered, or head office authorised, is head office's loss; the rest is that of the
dealer who accepted it, with an incident when it went beyond the limits or lacked an approver. The
creditor is paid; the member stays negative, and the lot that covers the claim one day repays
whoever bore it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec

from sync.domain import accounts, leases
from sync.domain.extras import EVENT, VIRTUAL
from sync.domain.journal import Body, Effect
from sync.domain.lots import HEAD_OFFICE, LEASED_PART, Uncovered
from sync.domain.paying_out import CASH_OUT, TOP_UP_CANCEL
from sync.domain.programme import Programme
from sync.domain.redeeming import GIFT, POINTS_TENDER, STORED_VALUE
from sync.domain.trace import Step

LOSS: Final = "loss"
# Claims made at a counter on trust; the hole a return leaves is its dealer's own affair (case 15).
ASSIGNED: Final = frozenset(
    {GIFT, POINTS_TENDER, STORED_VALUE, EVENT, VIRTUAL, TOP_UP_CANCEL, CASH_OUT}
)
_INCIDENTS: Final = frozenset({"declined_unseen", "device_revoked", "card_blocked", "lease_beyond"})


class LossData(msgspec.Struct, frozen=True):
    """Body data of a loss entry: the uncovered claim (`claim_post_seq`, `claim`), what of it is
    open, and who bears its `amount_minor`. `incident`: why a person should look at it ("": need
    not)."""

    claim_post_seq: int
    claim: int
    quantity: int
    amount_minor: int
    bearer: str
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """A decided loss: data, effects and arithmetic of its entry."""

    data: LossData
    effects: tuple[Effect, ...]
    trace: tuple[Step, ...]


def due(programme: Programme, debt: Uncovered, today: date) -> bool:
    """Whether nobody bears the claim yet and it is older than the programme waits."""
    waited = today - debt.business_date
    return (
        debt.open > 0
        and not debt.bearer
        and debt.kind in ASSIGNED
        and waited > timedelta(days=programme.losses.after_days)
    )


def assign(
    programme: Programme, debt: Uncovered, body: Body, codes: tuple[str, ...], today: date
) -> Loss:
    """Assign a claim that is due. `body`: the entry that made the claim; `codes`: what head office
    found wrong with it; `programme`: that of the entry."""
    leased = debt.claim >= LEASED_PART
    authorised = body.basis.auth is not None
    incident = "" if leased or authorised else _incident(programme, body, codes)
    bearer = HEAD_OFFICE if leased or authorised else debt.creditor
    data = LossData(debt.post_seq, debt.claim, debt.open, debt.amount_minor, bearer, incident)
    loser = accounts.dealer(bearer, "offline_loss")
    if bearer == HEAD_OFFICE:
        loser = f"headoffice/{HEAD_OFFICE}/offline_loss"
    effects = (
        Effect(loser, programme.currency, -debt.amount_minor),
        Effect(accounts.dealer(debt.creditor, "settlement"), programme.currency, debt.amount_minor),
    )
    of: dict[str, int | str] = {
        "bearer": bearer,
        "creditor": debt.creditor,
        "units": debt.open,
        "days": (today - debt.business_date).days,
        "leased": int(leased),
        "authorised": int(authorised),
        "incident": incident,
    }
    step = Step("loss.assigned", programme.version, of, debt.amount_minor)
    return Loss(data, effects if debt.amount_minor else (), (step,))


def _incident(programme: Programme, body: Body, codes: tuple[str, ...]) -> str:
    """Why the accepting dealer should not have taken it; "" when it was within its limits."""
    found = next((code for code in codes if code in _INCIDENTS), "")
    if found:
        return found
    _, points_minor, stored_minor = unleased(body)
    limits = programme.offline
    if (
        points_minor > limits.points_hard_card_day_minor
        or stored_minor > limits.stored_value_hard_card_day_minor
        or points_minor + stored_minor > limits.at_risk_hard_minor
    ):
        return "beyond_limits"
    soft = (
        points_minor > limits.points_soft_op_minor
        or stored_minor > limits.stored_value_soft_op_minor
    )
    return "no_approver" if soft and body.approver is None else ""


def unleased(body: Body) -> tuple[int, int, int]:
    """What an entry debited beyond its leases: points, their settlement value, and stored value,
    minor units."""
    covered = dict.fromkeys(leases.ASSETS, 0)
    for lease, units in body.basis.leases.items():
        asset = leases.asset_of(lease)
        if asset is not None:
            covered[asset] += units
    points = [claim for claim in body.claims if claim.account == accounts.POINTS]
    stored = sum(claim.quantity for claim in body.claims if claim.kind == STORED_VALUE)
    units = sum(claim.quantity for claim in points)
    points_minor = leases.uncovered_minor(
        sum(claim.settlement_minor for claim in points), units, covered[leases.POINTS]
    )
    left = max(units - covered[leases.POINTS], 0)
    return left, points_minor, max(stored - covered[leases.STORED_VALUE], 0)
