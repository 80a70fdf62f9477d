"""Virtual goods for points, and events whose attendees give points."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from sync.domain.rulebook.basics import Words, within

VIRTUAL_KINDS: Final = (
    "q_coins",
    "phone_recharge",
    "game_card",
    "adsl_card",
    "film_year_card",
    "magazine",
    "flowers",
)  # the seven of mission.md FL-55


class VirtualGood(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something for points that head office delivers: a code, or a delivery by `kind`.

    `settlement_minor`: what the funding dealers pay head office for it together.
    """

    offer: str
    name: Words
    kind: str
    points: int
    settlement_minor: int
    face_minor: int
    dealers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        within("points", self.points, 1)
        within("settlement_minor", self.settlement_minor, 0)
        within("face_minor", self.face_minor, 0)
        if self.kind not in VIRTUAL_KINDS:
            raise ValueError(f"{self.offer}: kind {self.kind!r}")


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event that costs each attendee `points`, once; `dealer` held it and is paid
    `settlement_minor` for each (FL-12, FL-13)."""

    code: str
    name: Words
    day: date
    points: int
    settlement_minor: int
    dealer: str

    def __post_init__(self) -> None:
        within("points", self.points, 1)
        within("settlement_minor", self.settlement_minor, 0)
        if not self.code or "/" in self.code:
            raise ValueError(f"event code {self.code!r}")


class ExtraRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Virtual goods and events; their codes are offers, unique among themselves."""

    virtual: tuple[VirtualGood, ...] = ()
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        codes = [good.offer for good in self.virtual] + [event.code for event in self.events]
        if len(set(codes)) != len(codes):
            raise ValueError(f"offers of virtual goods and events must be unique: {codes}")

    def good(self, offer: str, dealer: str) -> VirtualGood | None:
        """The virtual good of that offer, if `dealer` takes orders for it."""
        return next(
            (
                good
                for good in self.virtual
                if good.offer == offer and (not good.dealers or dealer in good.dealers)
            ),
            None,
        )

    def priced(self, kind: str, offer: str, dealer: str) -> tuple[int, int] | None:
        """(points, settlement in minor units) of one unit of an offer; None: no such offer.

        `dealer`: where it was ordered; head office ("HQ") takes up every dealer's request.
        """
        if kind == "event":
            event = self.event(offer)
            return (event.points, event.settlement_minor) if event else None
        good = next((good for good in self.virtual if good.offer == offer), None)
        here = good is not None and (not good.dealers or dealer in (*good.dealers, "HQ"))
        return (good.points, good.settlement_minor) if good is not None and here else None

    def event(self, code: str) -> Event | None:
        """The event of that code."""
        return next((event for event in self.events if event.code == code), None)
