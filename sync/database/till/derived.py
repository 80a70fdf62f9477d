"""What the other columns and tables say about an entry, derived from its body and nothing else.

`append` writes these with the entry; `verify` derives them again and compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from sync.domain import accounts
from sync.domain.journal import Body, Kind
from sync.domain.losses import unleased
from sync.domain.redeeming import GIFT, POINTS_TENDER, STORED_VALUE
from sync.domain.selling import SaleData

CASH: Final = "cash"
STORED_VALUE_TENDER: Final = "stored_value"
POINTS_TENDER_NAME: Final = "points"
_TENDER: Final = "tender_"
REVERSALS: Final = (Kind.RETURN, Kind.EXCHANGE, Kind.VOID)
STORED: Final = (accounts.PRINCIPAL, accounts.BONUS)


class EffectRow(NamedTuple):
    """One change of a member's account: `part` counts the member effects of the entry from 0."""

    member: bytes
    part: int
    account: str
    delta: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an entry adds to the caps of this till: decided without head office's word."""

    member: bytes
    points_minor: int
    points_ops: int
    stored_value_minor: int
    debit_ops: int
    top_up_minor: int


def effect_rows(body: Body) -> list[EffectRow]:
    """Effects on members' accounts, in the order of the body."""
    found: list[EffectRow] = []
    for effect in body.effects:
        owner = accounts.of_member(effect.account)
        if owner is not None:
            found.append(EffectRow(owner[0].bytes, len(found), owner[1], effect.delta))
    return found


def exposure(body: Body) -> Exposure | None:
    """Unauthorised debits and top-ups; None when the entry made none.

    Points count at their settlement value (design.md section 5), what a lease covers not at all.
    """
    if body.member is None or body.basis.auth is not None:
        return None
    points = [c for c in body.claims if c.account == accounts.POINTS]
    stored = sum(c.quantity for c in body.claims if c.kind == STORED_VALUE)
    top_up = 0
    if body.kind == Kind.TOP_UP:
        top_up = sum(e.delta for e in body.effects if e.account.endswith("/" + accounts.PRINCIPAL))
    if not (points or stored or top_up):
        return None
    units, points_minor, stored = unleased(body)
    risky = bool(units or stored)
    return Exposure(body.member.bytes, points_minor, int(units > 0), stored, int(risky), top_up)


def lease_uses(body: Body) -> dict[str, int]:
    """Units taken from leases, by lease id."""
    return {lease: units for lease, units in body.basis.leases.items() if units}


def prospect_sale(body: Body) -> tuple[str, int] | None:
    """(prospect, earn base) of a sale that counts for somebody who is no member yet."""
    if body.kind != Kind.SALE or body.member is not None:
        return None
    data: object = body.data
    prospect, base = None, None
    if isinstance(data, SaleData):  # as a till writes it
        prospect, base = data.prospect, data.earn_base_minor
    elif isinstance(data, dict):
        prospect, base = data.get("prospect"), data.get("earn_base_minor")
    if not isinstance(prospect, str) or not prospect or not isinstance(base, int) or base <= 0:
        return None
    return prospect, base


def tenders(body: Body) -> dict[str, int]:
    """Minor units taken per tender: money, stored value, and points at face value.

    Negative for money given back. Gifts are no tender.
    """
    sums: dict[str, int] = {}
    for effect in body.effects:
        name = _tender_of(effect.account)
        if name is not None:
            sums[name] = sums.get(name, 0) - effect.delta
    for claim in body.claims:
        if claim.kind == STORED_VALUE:
            sums[STORED_VALUE_TENDER] = sums.get(STORED_VALUE_TENDER, 0) + claim.quantity
        elif claim.kind == POINTS_TENDER:
            sums[POINTS_TENDER_NAME] = sums.get(POINTS_TENDER_NAME, 0) + claim.face_minor
    for name, amount in _given_back(body):
        sums[name] = sums.get(name, 0) - amount
    return {name: amount for name, amount in sums.items() if amount}


def _given_back(body: Body) -> list[tuple[str, int]]:
    """Stored value and points (at face value) that went back to a member's accounts by a return, an
    exchange or a void: (tender, minor units)."""
    if body.kind not in REVERSALS:
        return []
    found = []
    for effect in body.effects:
        owner = accounts.of_member(effect.account)
        if effect.delta <= 0:
            continue
        if owner is None and effect.account.endswith("/points_tender"):
            found.append((POINTS_TENDER_NAME, effect.delta))
        elif owner is not None and owner[1] in STORED and (effect.item or 0) < 0:
            found.append((STORED_VALUE_TENDER, effect.delta))
    return found


@lru_cache(maxsize=1024)  # counterparts are few
def _tender_of(account: str) -> str | None:
    owner, _, rest = account.partition("/")
    name = rest.rpartition("/")[2]
    if owner == "till" and name == CASH:
        return CASH
    if owner == "dealer" and name.startswith(_TENDER):
        return name.removeprefix(_TENDER)
    return None


__all__ = ["GIFT", "EffectRow", "Exposure", "effect_rows", "exposure", "prospect_sale", "tenders"]
