"""Virtual goods, event deductions, feedback and product alerts: their data and decisions.

A virtual good is ordered with head office's word: it debits the points and waits in a queue until
head office issues it or gives the points back. Without head office it is a request that debits
nothing. An event takes points from each attendee once (FL-13, FL-55, FL-56, BEST-20, WAT-33).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.journal import Claim, Effect, Short
from sync.domain.lots import HEAD_OFFICE, EntryRef, Lot, LotKey
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.trace import Step

VIRTUAL: Final = "virtual"
EVENT: Final = "event"
REQUESTED: Final = "requested"
QUEUED: Final = "queued"
ISSUED: Final = "issued"
FAILED: Final = "failed"
MAX_QUANTITY: Final = 100
STARS: Final = range(1, 6)
ALLERGY: Final = "allergy"
UNSUITABLE: Final = "unsuitable"
ALERT_KINDS: Final = (ALLERGY, UNSUITABLE)


class VirtualData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of virtual_order. `request`: made without head office, debits nothing."""

    offer: Short
    quantity: int
    points: int
    face_minor: int
    settlement_minor: int
    request: bool = False


class OutcomeData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of virtual_outcome. `order`: entry id of the order; `outcome`: queued (a request's
    points are now taken), issued, or failed (points back)."""

    order: Short
    outcome: Short


class EventData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of event_deduction."""

    event: Short
    points: int
    settlement_minor: int
    reason: Short = ""


class FeedbackData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of feedback: 1 to 5 stars for a receipt."""

    receipt: Short
    stars: int


class AlertData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of product_alert. `what`: allergy | unsuitable."""

    sku: Short
    what: Short


class LotDrawn(msgspec.Struct, frozen=True):
    """Units an order took from a lot, and the lot itself: used up, it is found nowhere else."""

    post_seq: int
    part: int
    dealer: str
    store: str
    funded_by: str
    device: UUID
    epoch: int
    seq: int
    business_date: date
    expires_on: date | None
    quantity: int
    units: int
    amount_minor: int
    debtor: str
    member: UUID
    came_from: tuple[UUID, ...] = ()
    usable_from: date | None = None

    def lot(self) -> Lot:
        """The lot, used up."""
        return Lot(
            LotKey(self.post_seq, self.part),
            self.member,
            accounts.POINTS,
            self.dealer,
            self.store,
            self.funded_by,
            EntryRef(self.device, self.epoch, self.seq),
            self.business_date,
            self.expires_on,
            self.quantity,
            0,
            self.usable_from,
            self.came_from,
        )


class VirtualOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as head office has it. `state`: requested | queued | issued | failed; `post_seq`:
    the posting that took the points (0: none did); `drawn`: from which lots."""

    order: str
    offer: str
    member: UUID | None
    dealer: str
    store: str
    programme: int
    quantity: int
    points: int
    settlement_minor: int
    face_minor: int
    state: str
    at_ms: int
    post_seq: int = 0
    drawn: tuple[LotDrawn, ...] = ()


class VirtualTold(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the tills of the store are told of an order. `given`: the code, once it is issued."""

    order: str
    offer: str
    member: UUID | None
    points: int
    state: str
    given: str = ""


class EventOnce(msgspec.Struct, frozen=True):
    """A member was deducted for an event."""

    event: str
    member: UUID | None
    store: str
    state: str = ""


class Feedback(msgspec.Struct, frozen=True):
    """Stars given for a receipt."""

    receipt: str
    stars: int
    store: str
    day: date
    member: UUID | None = None


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product that somebody could not bear. `state`: open | cleared; `reports`: how many."""

    sku: str
    what: str
    state: str
    reports: int
    since_ms: int
    store: str = ""
    member: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """A decided order or deduction: data, effects, claims and arithmetic of its entry."""

    data: VirtualData | EventData
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]
    trace: tuple[Step, ...]


def virtual_order(
    programme: Programme,
    member: UUID,
    dealer: str,
    offer: str,
    quantity: int,
    available: int,
    *,
    request: bool,
) -> Ordered | Refusal:
    """Order a virtual good for points. `request`: without head office; no points move.

    Refusals: gift_unknown, amount_not_positive, too_large, points_short (not for a request).
    """
    good = programme.extras.good(offer, dealer)
    if good is None:
        return refuse(Code.GIFT_UNKNOWN, offer=offer)
    if quantity <= 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    if quantity > MAX_QUANTITY:
        return refuse(Code.TOO_LARGE)
    points, settle = good.points * quantity, good.settlement_minor * quantity
    face = good.face_minor * quantity
    if not request and points > available:
        return refuse(Code.POINTS_SHORT, has=max(available, 0), needs=points)
    step = Step(
        "virtual.points",
        programme.version,
        {"points": good.points, "quantity": quantity, "settle": good.settlement_minor},
        points,
    )
    data = VirtualData(offer, quantity, points, face, settle, request)
    if request:
        return Ordered(data, (), (), (step,))
    effects, claims = debit(VIRTUAL, member, HEAD_OFFICE, points, settle, offer, face)
    return Ordered(data, effects, claims, (step,))


def event_deduction(
    programme: Programme, member: UUID, code: str, available: int, reason: str = ""
) -> Ordered | Refusal:
    """Take an event's points from an attendee. Refusals: event_unknown, points_short."""
    event = programme.extras.event(code)
    if event is None:
        return refuse(Code.EVENT_UNKNOWN, event=code)
    if event.points > available:
        return refuse(Code.POINTS_SHORT, has=max(available, 0), needs=event.points)
    settle = event.settlement_minor
    effects, claims = debit(EVENT, member, event.dealer, event.points, settle, code, 0)
    step = Step(
        "event.points", programme.version, {"points": event.points, "settle": settle}, event.points
    )
    return Ordered(EventData(code, event.points, settle, reason), effects, claims, (step,))


def debit(
    kind: str, member: UUID, party: str, points: int, settle: int, offer: str, face: int
) -> tuple[tuple[Effect, ...], tuple[Claim, ...]]:
    """Effects and claim of points that leave a member for something `party` gives."""
    effects = (
        Effect(accounts.member(member, accounts.POINTS), accounts.PTS, -points),
        Effect(_taker(party), accounts.PTS, points),
    )
    return effects, (Claim(kind, accounts.POINTS, points, settle, offer, face),)


def given_back(order: VirtualOrder, member: UUID) -> tuple[Effect, ...]:
    """Effects of a failed order whose points were taken."""
    return (
        Effect(accounts.member(member, accounts.POINTS), accounts.PTS, order.points),
        Effect(_taker(HEAD_OFFICE), accounts.PTS, -order.points),
    )


def told(order: VirtualOrder, given: str = "") -> VirtualTold:
    """What tills are told of an order; `given`: its code."""
    return VirtualTold(order.order, order.offer, order.member, order.points, order.state, given)


def may_become(state: str, outcome: str) -> bool:
    """Whether an order in `state` may have this outcome."""
    return outcome in {REQUESTED: (QUEUED, FAILED), QUEUED: (ISSUED, FAILED)}.get(state, ())


def _taker(party: str) -> str:
    if party == HEAD_OFFICE:
        return "headoffice/HQ/points_accepted"
    return accounts.dealer(party, "points_accepted")
