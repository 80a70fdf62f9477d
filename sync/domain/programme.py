"""The programme: the signed, versioned, effective-dated rule pack (golden case 17).

Head office writes it, tills verify the signature and apply it; nothing in a shop can change it. A
field a till does not know makes the pack unreadable to it (it keeps the last one it understood and
says so): a rule is never ignored. All amounts are minor units, ratios are exact, thresholds are
inclusive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Final

import msgspec

from sync.domain import canonical
from sync.domain.accounts import NOT_MONEY
from sync.domain.rulebook.basics import MAX_AMOUNT, MAX_MONTHS, PER_MILLE, Ratio, Words, within
from sync.domain.rulebook.cards import Cards
from sync.domain.rulebook.earning import Earning, EarnRule
from sync.domain.rulebook.extras import ExtraRules
from sync.domain.rulebook.leases import Leases
from sync.domain.rulebook.losses import Losses
from sync.domain.rulebook.offers import Promotions
from sync.domain.rulebook.offline import OfflineLimits
from sync.domain.rulebook.points import Gift, PointsTender
from sync.domain.rulebook.prices import PriceList
from sync.domain.rulebook.returns import Returns
from sync.domain.rulebook.services import Services
from sync.domain.rulebook.stored_value import StoredValue, TopUpStep
from sync.domain.rulebook.tiers import Birthday, Joining, Levels, Tier

__all__ = [
    "MAX_AMOUNT",
    "MAX_MONTHS",
    "PER_MILLE",
    "Birthday",
    "EarnRule",
    "Earning",
    "Gift",
    "Joining",
    "Leases",
    "Levels",
    "Losses",
    "OfflineLimits",
    "PointsTender",
    "Programme",
    "Ratio",
    "Returns",
    "StoredValue",
    "Tier",
    "TopUpStep",
    "Words",
    "from_bytes",
    "in_force",
    "to_bytes",
]

_CURRENCY: Final = re.compile("[A-Z]{3}")


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of all rules. `effective_from`: first business date it holds on."""

    version: int
    effective_from: date
    name: Words
    tiers: tuple[Tier, ...]
    joining: Joining
    earning: Earning
    points_tenders: tuple[PointsTender, ...] = ()
    gifts: tuple[Gift, ...] = ()
    stored_value: StoredValue = StoredValue()
    offline: OfflineLimits = OfflineLimits()
    returns: Returns = Returns()
    leases: Leases = Leases()
    losses: Losses = Losses()
    cards: Cards = Cards()
    services: Services = Services()
    extras: ExtraRules = ExtraRules()
    currency: str = "CNY"
    business_day_cutoff_hour: int = 4
    levels: Levels | None = None  # None: levels change by no rule
    birthday: Birthday = Birthday()
    price_lists: tuple[PriceList, ...] = ()
    promotions: Promotions = Promotions()

    def __post_init__(self) -> None:
        within("version", self.version, 1)
        within("business_day_cutoff_hour", self.business_day_cutoff_hour, 0, 23)
        if not _CURRENCY.fullmatch(self.currency) or self.currency in NOT_MONEY:
            raise ValueError(f"currency: {self.currency!r}")
        codes = [tier.code for tier in self.tiers]
        offers = [t.offer for t in self.points_tenders] + [gift.offer for gift in self.gifts]
        if not codes or len(set(codes)) != len(codes) or len(set(offers)) != len(offers):
            raise ValueError("tier codes and offer ids must be there and unique")
        if self.joining.first_tier and self.joining.first_tier not in codes:
            raise ValueError(f"joining.first_tier {self.joining.first_tier!r} is no tier")

    def tier(self, code: str) -> Tier | None:
        """The tier of that code."""
        return next((tier for tier in self.tiers if tier.code == code), None)

    @property
    def first_tier(self) -> Tier:
        """Where a new member starts."""
        return self.tier(self.joining.first_tier) or self.tiers[0]

    def gift(self, offer: str, dealer: str) -> Gift | None:
        """The gift offer, if `dealer` gives it."""
        return next(
            (g for g in self.gifts if g.offer == offer and (not g.dealers or dealer in g.dealers)),
            None,
        )

    def points_tender(self, dealer: str) -> PointsTender | None:
        """What points pay at `dealer`; an offer that names the dealer goes before one for all."""
        here = [
            offer for offer in self.points_tenders if not offer.dealers or dealer in offer.dealers
        ]
        return min(here, key=lambda offer: (not offer.dealers, offer.offer), default=None)

    def points_per_yuan(self, dealer: str) -> Fraction:
        """Earn ratio of `dealer`."""
        return self.earning.points_per_yuan_by_dealer.get(
            dealer, self.earning.points_per_yuan
        ).exact


def to_bytes(programme: Programme) -> bytes:
    """Canonical bytes, the ones head office signs."""
    return canonical.encode(programme)


def from_bytes(data: bytes) -> Programme:
    """Programme from canonical bytes; raises ValueError for anything this release cannot fully
    apply.
    """
    canonical.decode(data)
    try:
        return msgspec.json.decode(data, type=Programme)
    except msgspec.ValidationError as error:
        raise ValueError(f"this release cannot apply the programme: {error}") from None


def in_force(known: Iterable[Programme], day: date) -> Programme | None:
    """Highest version with effective_from <= `day` (golden case 17); None when there is none."""
    return max((p for p in known if p.effective_from <= day), key=lambda p: p.version, default=None)
