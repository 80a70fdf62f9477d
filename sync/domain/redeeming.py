"""Redeeming points: as a tender at some dealers, and for gifts (golden cases 3 and 4)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sync.domain import accounts
from sync.domain.journal import Claim, Effect
from sync.domain.programme import PER_MILLE, Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.trace import Step

GIFT = "gift"
POINTS_TENDER = "points_tender"
STORED_VALUE = "stored_value"


@dataclass(frozen=True, slots=True)
class PointsPaid:
    """Points taken as money: face value for the customer, settlement value between dealers, the
    offer used.
    """

    points: int
    face_minor: int
    settlement_minor: int
    offer: str
    trace: tuple[Step, ...]

    def claim(self) -> Claim:
        """What the debit pays for."""
        return Claim(
            POINTS_TENDER,
            accounts.POINTS,
            self.points,
            self.settlement_minor,
            self.offer,
            self.face_minor,
        )


def points_tender(
    programme: Programme, dealer: str, points: int, available: int, price_minor: int
) -> PointsPaid | Refusal:
    """Pay part of a price with `points`, of `available`.

    Refusals: no such offer here, not a multiple, short, above the share of the price the offer
    allows.
    """
    offer = programme.points_tender(dealer)
    if offer is None:
        return refuse(Code.POINTS_TENDER_NOT_HERE, dealer=dealer)
    if points <= 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    if points % offer.unit_points:
        return refuse(Code.POINTS_NOT_MULTIPLE, unit=offer.unit_points)
    if points > available:
        return refuse(Code.POINTS_SHORT, has=max(available, 0), needs=points)
    units = points // offer.unit_points
    face = units * offer.face_minor
    most = price_minor * offer.max_share_per_mille // PER_MILLE
    if face > most:
        return refuse(Code.POINTS_ABOVE_SHARE, face_minor=face, most_minor=most)
    step = Step(
        "points_tender.face",
        programme.version,
        {
            "points": points,
            "unit": offer.unit_points,
            "face": offer.face_minor,
            "settle": offer.settlement_minor,
        },
        face,
    )
    return PointsPaid(points, face, units * offer.settlement_minor, offer.offer, (step,))


def most_points(programme: Programme, dealer: str, available: int, price_minor: int) -> int:
    """The most points that may pay here: multiple, balance and share all respected; 0 when none
    may.
    """
    offer = programme.points_tender(dealer)
    if offer is None:
        return 0
    share = price_minor * offer.max_share_per_mille // PER_MILLE
    units = min(max(available, 0) // offer.unit_points, share // offer.face_minor)
    return units * offer.unit_points


class GiftData(msgspec.Struct, frozen=True):
    """Body data of a redeem_gift entry; values are those of the offer at the programme version of
    the entry.
    """

    offer: str
    quantity: int
    points: int
    face_minor: int
    settlement_minor: int


@dataclass(frozen=True, slots=True)
class GiftTaken:
    """A decided gift redemption: data, effects, claim and arithmetic of its entry."""

    data: GiftData
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]
    trace: tuple[Step, ...]


def gift(
    programme: Programme, member: str, dealer: str, offer_id: str, quantity: int, available: int
) -> GiftTaken | Refusal:
    """Exchange points of `member` (id as text) for `quantity` of a gift at `dealer`."""
    offer = programme.gift(offer_id, dealer)
    if offer is None:
        return refuse(Code.GIFT_UNKNOWN, offer=offer_id)
    if quantity <= 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    points = offer.points * quantity
    if points > available:
        return refuse(Code.POINTS_SHORT, has=max(available, 0), needs=points)
    settlement, face = offer.settlement_minor * quantity, offer.face_minor * quantity
    effects = (
        Effect(f"{accounts.MEMBER_PREFIX}{member}/{accounts.POINTS}", accounts.PTS, -points),
        Effect(accounts.dealer(dealer, "points_accepted"), accounts.PTS, points),
    )
    step = Step(
        "gift.points",
        programme.version,
        {
            "offer": offer.offer,
            "points": offer.points,
            "quantity": quantity,
            "settle": offer.settlement_minor,
        },
        points,
    )
    return GiftTaken(
        GiftData(offer.offer, quantity, points, face, settlement),
        effects,
        (Claim(GIFT, accounts.POINTS, points, settlement, offer.offer, face),),
        (step,),
    )
