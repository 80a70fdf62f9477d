"""Entries that head office writes about a member: what they say beside what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec

from sync.domain.journal import Body, Claim, Effect, Kind, Place
from sync.domain.lots import HEAD_OFFICE
from sync.domain.trace import Step
from sync.headoffice.ledger_device import LedgerDevice


@dataclass(frozen=True, slots=True)
class Decided:
    """What an entry of head office is about. `dealer`, `store`: on whose account."""

    kind: Kind
    member: UUID
    dealer: str
    store: str
    data: msgspec.Struct
    effects: tuple[Effect, ...] = ()
    claims: tuple[Claim, ...] = ()
    trace: tuple[Step, ...] = ()


def body_of(
    ledger: LedgerDevice,
    decided: Decided,
    day: date,
    programme: int,
    now_ms: int,
    *,
    operator: str = HEAD_OFFICE,
    approver: str | None = None,
) -> Body:
    """Body of an entry of head office's ledger device, of business date `day`."""
    return Body(
        v=1,
        kind=decided.kind.value,
        entry_id=ledger.entry_id(now_ms),
        at=ledger.moment(now_ms),
        business_date=day,
        shift=0,
        place=Place(decided.dealer, decided.store, HEAD_OFFICE),
        operator=operator,
        approver=approver,
        member=decided.member,
        card=None,
        presented=None,
        basis=ledger.basis(),
        programme=programme,
        data=msgspec.to_builtins(decided.data),
        effects=decided.effects,
        claims=decided.claims,
        attachments=(),
        trace=decided.trace,
    )
