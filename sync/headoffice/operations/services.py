"""What head office's people see of service orders: who is late, how long things take (BBK-13)."""

from __future__ import annotations

from typing import Final

from sync.database.headoffice import records
from sync.domain.business_day import CUTOFF_HOUR, OFFSET_MIN, business_date
from sync.domain.records import ORDER
from sync.domain.service_orders import CLOSED, OPEN, ServiceOrder
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.service import HeadOffice

_MOST: Final = 200


async def _orders(head_office: HeadOffice, state: str, store: str) -> list[ServiceOrder]:
    async with head_office.database.reading() as session:
        found = await records.of_kind(session, ORDER, state)
    orders = [record for _, record in found if isinstance(record, ServiceOrder)]
    return [order for order in orders if store in ("", order.store)]


async def _list(head_office: HeadOffice, ask: Ask) -> Answer:
    """Open orders, the latest first. Answers `orders`, how many are `open` and how many `late`."""
    today = business_date(ask.now_ms, OFFSET_MIN, CUTOFF_HOUR)
    found = await _orders(head_office, OPEN, ask.fields.get("store", ""))
    found.sort(key=lambda order: (order.promised_on, order.code))
    told = [
        {
            "order": order.code,
            "service": order.service,
            "store": order.store,
            "garments": order.inside,
            "steps": sorted({state.step for state in order.garments}),
            "promised_on": order.promised_on.isoformat(),
            "late_days": order.late_days(today),
            "worker": order.worker,
        }
        for order in found
    ]
    late = sum(order.late_days(today) > 0 for order in found)
    return {"open": len(found), "late": late, "orders": told[:_MOST]}


async def _report(head_office: HeadOffice, ask: Ask) -> Answer:
    """Orders handed out per service: how many, with how many garments, in time, free, faults
    found, parts used, and the days they took on average (rounded down)."""
    found: dict[str, dict[str, int]] = {}
    for order in await _orders(head_office, CLOSED, ask.fields.get("store", "")):
        sums = found.setdefault(
            order.service,
            {"orders": 0, "garments": 0, "in_time": 0, "free": 0, "days": 0, "faults": 0,
             "parts": 0},
        )  # fmt: skip
        ended = business_date(order.history[-1].at_ms, OFFSET_MIN, CUTOFF_HOUR)
        sums["orders"] += 1
        sums["garments"] += len(order.garments)
        sums["in_time"] += ended <= order.promised_on
        sums["free"] += bool(order.entitlement)
        sums["days"] += (ended - order.opened_on).days
        sums["faults"] += sum(len(state.garment.faults) for state in order.garments)
        sums["parts"] += sum(part.quantity for part in order.parts)
    for sums in found.values():
        sums["days"] //= sums["orders"]
    return {"services": found}


_STORE: Final = "Only orders of this store"
OPERATIONS: Final = (
    OfficeOperation("service_list", {"store": _STORE}, _list, frozenset({"store"})),
    OfficeOperation("report_services", {"store": _STORE}, _report, frozenset({"store"})),
)
