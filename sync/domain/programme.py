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

MAX_AMOUNT: Final = 10**12  # minor units or points: nothing in a programme is worth more
PER_MILLE: Final = 1000
MAX_MONTHS: Final = 1200
_CURRENCY: Final = re.compile("[A-Z]{3}")


class Ratio(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exact ratio num/den, den > 0."""

    num: int
    den: int

    def __post_init__(self) -> None:
        if self.den <= 0 or self.num < 0:
            raise ValueError(f"a ratio needs num >= 0 and den > 0, got {self.num}/{self.den}")

    @property
    def exact(self) -> Fraction:
        """The ratio as a Fraction."""
        return Fraction(self.num, self.den)


def _within(what: str, value: int, lowest: int, highest: int = MAX_AMOUNT) -> None:
    if not lowest <= value <= highest:
        raise ValueError(f"{what}: {value} is not in {lowest}..{highest}")


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    zh: str
    en: str


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level. `price_per_mille`: goods are charged at this share of the tag price (900 = 9 折).

    `stored_value_per_mille`: the part of the amount due that stored value settles is charged at
    this share (golden case 8; 1000 = no deeper price). `threshold_minor`: qualifying spend that
    reaches the tier.
    """

    code: str
    name: Words
    threshold_minor: int
    price_per_mille: int = 1000
    stored_value_per_mille: int = 1000

    def __post_init__(self) -> None:
        _within("threshold_minor", self.threshold_minor, 0)
        _within("price_per_mille", self.price_per_mille, 1, PER_MILLE)
        _within("stored_value_per_mille", self.stored_value_per_mille, 1, PER_MILLE)


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may join (golden case 2): one purchase of `single_minor`, or `window_minor` within
    `window_months`.
    """

    single_minor: int
    window_minor: int
    window_months: int = 12
    first_tier: str = ""
    consent_version: str = ""

    def __post_init__(self) -> None:
        _within("single_minor", self.single_minor, 0)
        _within("window_minor", self.window_minor, 0)
        _within("window_months", self.window_months, 1, MAX_MONTHS)


class Earning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points per yuan (golden case 1) and life of a lot.

    `points_per_yuan_by_dealer` overrides the ratio.
    """

    points_per_yuan: Ratio
    points_per_yuan_by_dealer: dict[str, Ratio] = {}
    expiry_months: int | None = None

    def __post_init__(self) -> None:
        if self.expiry_months is not None:
            _within("expiry_months", self.expiry_months, 1, MAX_MONTHS)


class PointsTender(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points as money at some dealers (golden case 3): `unit_points` pay `face_minor`, settled at
    `settlement_minor`.

    An empty `dealers` means every dealer. Points are taken in multiples of `unit_points`, at most
    `max_share_per_mille` of the goods' price.
    """

    offer: str
    unit_points: int
    face_minor: int
    settlement_minor: int
    dealers: tuple[str, ...] = ()
    max_share_per_mille: int = 1000

    def __post_init__(self) -> None:
        _within("unit_points", self.unit_points, 1)
        _within("face_minor", self.face_minor, 1)
        _within("settlement_minor", self.settlement_minor, 0)
        _within("max_share_per_mille", self.max_share_per_mille, 0, PER_MILLE)


class Gift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gift for points; `settlement_minor` is what the funding dealers pay for it together (golden
    case 4).
    """

    offer: str
    name: Words
    points: int
    settlement_minor: int
    face_minor: int
    dealers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _within("points", self.points, 1)
        _within("settlement_minor", self.settlement_minor, 0)
        _within("face_minor", self.face_minor, 0)


class TopUpStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A top-up of at least `from_minor` brings `bonus_minor`."""

    from_minor: int
    bonus_minor: int

    def __post_init__(self) -> None:
        _within("from_minor", self.from_minor, 1)
        _within("bonus_minor", self.bonus_minor, 0)


class StoredValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Top-up table and limits.

    `bonus_funded_by`: who bears bonus spent at another dealer (golden case 8): "redeeming"
    (default), "issuing" or "headoffice". Caps: confirm with counsel (mission.md pitfall 20).
    """

    steps: tuple[TopUpStep, ...] = ()
    bonus_funded_by: str = "redeeming"
    balance_cap_minor: int = 500_000

    def __post_init__(self) -> None:
        if self.bonus_funded_by not in ("redeeming", "issuing", "headoffice"):
            raise ValueError(f"bonus_funded_by: {self.bonus_funded_by!r}")
        _within("balance_cap_minor", self.balance_cap_minor, 0)


class OfflineLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unleased debits and top-ups without head office (sync-ledger.md 2.10 as amended by design.md
    section 5).

    Soft marks need an approver, hard marks refuse. Every cap counts since the last acknowledgement.
    """

    points_soft_op_minor: int = 5_000
    points_soft_ops_card_day: int = 2
    points_hard_card_day_minor: int = 10_000
    stored_value_soft_op_minor: int = 10_000
    stored_value_hard_card_day_minor: int = 20_000
    stored_value_token_cap_minor: int = 10_000
    at_risk_soft_minor: int = 100_000
    at_risk_hard_minor: int = 300_000
    at_risk_hard_ops: int = 100
    age_banner_ms: int = 24 * 3_600_000
    age_hard_ms: int = 72 * 3_600_000
    top_up_soft_op_minor: int = 50_000
    top_up_hard_op_minor: int = 100_000
    top_up_hard_till_minor: int = 500_000


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
    currency: str = "CNY"
    business_day_cutoff_hour: int = 4

    def __post_init__(self) -> None:
        _within("version", self.version, 1)
        _within("business_day_cutoff_hour", self.business_day_cutoff_hour, 0, 23)
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
