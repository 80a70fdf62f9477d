"""Small records that posting reads and changes beside members' books: one value per type and id.

`keys_of` says which of them an entry touches; the caller loads those into `Books.records` under
locks, and stores `Books.changed_records`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from sync.domain.coupons import Coupon
from sync.domain.extras import Alert, EventOnce, Feedback, VirtualOrder
from sync.domain.gift_stock import GiftStock
from sync.domain.journal import Body, Kind
from sync.domain.service_orders import ServiceOrder
from sync.domain.store_kinds import StoreFacts
from sync.domain.used_once import SlipUsed, coupons_of, slip_key, slip_of

ORDER: Final = "order"
READY: Final = "ready"
FREE: Final = "free"
STOCK: Final = "gift_stock"
VIRTUAL: Final = "virtual"
EVENT: Final = "event"
FEEDBACK: Final = "feedback"
ALERT: Final = "alert"
COUPON: Final = "coupon"
SLIP: Final = "slip"
STORE: Final = "store"


class RecordKey(NamedTuple):
    """Names a record."""

    kind: str
    key: str


class Ready(msgspec.Struct, frozen=True):
    """Orders of a member that wait to be picked up."""

    member: UUID | None
    codes: tuple[str, ...]


class FreeUsed(msgspec.Struct, frozen=True):
    """Orders a member has had free in a calendar year."""

    member: UUID | None
    entitlement: str
    year: int
    used: int


Record = (
    ServiceOrder | Ready | FreeUsed | GiftStock | VirtualOrder | EventOnce
    | Feedback | Alert | Coupon | SlipUsed | StoreFacts
)  # fmt: skip
TYPES: Final[Mapping[str, type[Record]]] = {
    ORDER: ServiceOrder,
    READY: Ready,
    FREE: FreeUsed,
    STOCK: GiftStock,
    VIRTUAL: VirtualOrder,
    EVENT: EventOnce,
    FEEDBACK: Feedback,
    ALERT: Alert,
    COUPON: Coupon,
    SLIP: SlipUsed,
    STORE: StoreFacts,
}
MAX_KEY: Final = 200
Names = Iterable[tuple[str, tuple[object, ...]]]


def keys_of(body: Body, store: str) -> list[RecordKey]:
    """Records an entry of a till in `store` touches; ids that are no text name none."""
    naming = _NAMING.get(body.kind)
    found = []
    for kind, parts in naming(body, store) if naming else ():
        key = "/".join(str(part) for part in parts)
        if key and len(key) <= MAX_KEY and "\0" not in key:
            found.append(RecordKey(kind, key))
    return found


def _service(body: Body, _store: str) -> Names:
    data = body.data
    yield ORDER, (data.get("code", ""),)
    if body.member is not None:
        yield READY, (body.member,)
    if data.get("entitlement"):
        year = data.get("year") or body.business_date.year
        yield FREE, (data["entitlement"], body.member, year)


def _stock(body: Body, store: str) -> Names:
    yield STOCK, (store, body.data.get("offer", ""))


def _sale(body: Body, store: str) -> Names:
    for coupon in coupons_of(body):
        yield COUPON, (coupon,)
    slip = slip_of(body)
    if slip:
        yield SLIP, slip_key(store, body.business_date, slip)


_NAMING: Final[Mapping[str, Callable[[Body, str], Names]]] = {
    Kind.SALE: _sale,
    Kind.EXCHANGE: _sale,
    Kind.VOID: _sale,
    Kind.SERVICE_OPEN: _service,
    Kind.SERVICE_STEP: _service,
    Kind.SERVICE_CLOSE: _service,
    Kind.REDEEM_GIFT: _stock,
    Kind.GIFT_HOLD: _stock,
    Kind.VIRTUAL_ORDER: lambda body, _: ((VIRTUAL, (body.entry_id,)),),
    Kind.VIRTUAL_OUTCOME: lambda body, _: ((VIRTUAL, (body.data.get("order", ""),)),),
    Kind.EVENT_DEDUCTION: lambda body, _: ((EVENT, (body.data.get("event", ""), body.member)),),
    Kind.FEEDBACK: lambda body, _: ((FEEDBACK, (body.data.get("receipt", ""),)),),
    Kind.PRODUCT_ALERT: lambda body, _: ((ALERT, (body.data.get("sku", ""),)),),
}


def about(record: Record) -> tuple[UUID | None, str, str]:
    """(member, store, state) a record is found by."""
    member = getattr(record, "member", None)
    return member, getattr(record, "store", ""), getattr(record, "state", "")
