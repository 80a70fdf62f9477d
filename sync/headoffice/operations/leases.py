"""What head office's people do about leases, losses and the chain's worst case."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sync.domain.worst_case import worst_case
from sync.headoffice.errors import InvalidError
from sync.headoffice.jobs.leasing import utc_day
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.service import HeadOffice

ROUNDS: Final = 100_000


async def _sweep(hq: HeadOffice, ask: Ask) -> Answer:
    """Answers `leases`: how many were given, renewed, ended or closed."""
    return {"leases": await hq.leasing.sweep(ask.now_ms, rounds=ROUNDS)}


async def _recall(hq: HeadOffice, ask: Ask) -> Answer:
    """Answers `leases`: how many end."""
    try:
        member = UUID(ask.fields["member"])
    except ValueError:
        raise InvalidError("field_invalid", field="member") from None
    store = ask.fields.get("but_store", "")
    return {"leases": await hq.leasing.recall(member, ask.now_ms, store)}


async def _assign_losses(hq: HeadOffice, ask: Ask) -> Answer:
    """Answers `losses` and, for each, who bears what towards whom, and why it is an incident."""
    told = ask.fields.get("day", "")
    try:
        today = date.fromisoformat(told) if told else utc_day(ask.now_ms)
    except ValueError:
        raise InvalidError("field_invalid", field="day") from None
    found = []
    while made := await hq.losing.assign(today, ask.now_ms):
        found += made
    return {
        "losses": len(found),
        "minor": sum(loss.data.amount_minor for loss in found),
        "assigned": [
            {
                "bearer": loss.data.bearer,
                "minor": loss.data.amount_minor,
                "incident": loss.data.incident,
            }
            for loss in found
        ],
    }


async def _worst_case(hq: HeadOffice, ask: Ask) -> Answer:
    """Answers `minor`, the most the chain can lose before its tills are heard again, and `tills`:
    the parts of each (leases as they are held now)."""
    programme, held = await hq.leasing.exposure(ask.now_ms)
    if programme is None:
        return {"minor": 0, "tills": {}}
    tills = {till: worst_case(programme, minor) for till, minor in sorted(held.items())}
    return {
        "minor": sum(found.minor for found in tills.values()),
        "tills": {till: dict(found.parts) for till, found in tills.items()},
    }


OPERATIONS: Final = (
    OfficeOperation("sweep_leases", {}, _sweep),
    OfficeOperation(
        "recall_leases",
        {
            "member": "the member's id",
            "but_store": "the store that may keep what its tills hold",
        },
        _recall,
        frozenset({"but_store"}),
    ),
    OfficeOperation(
        "assign_losses",
        {"day": "the day it is done for, as 2026-11-21; today unless told"},
        _assign_losses,
        frozenset({"day"}),
    ),
    OfficeOperation("worst_case", {}, _worst_case),
)
