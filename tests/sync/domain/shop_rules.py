"""A programme with everything switched on, in three versions, for a random life of the shops.

A few yuan do everything, and hardly any value divides evenly.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sync.domain.pricing import BasketLine
from sync.domain.programme import (
    Earning,
    EarnRule,
    Gift,
    Joining,
    Leases,
    Levels,
    Losses,
    OfflineLimits,
    PointsTender,
    Programme,
    Ratio,
    Returns,
    StoredValue,
    Tier,
    TopUpStep,
)
from sync.domain.rulebook.cards import APPROVER, Cards
from sync.domain.rulebook.extras import Event, ExtraRules, VirtualGood
from sync.domain.rulebook.offers import Audience, Goods, Offer, OfferStep, Promotions, When
from sync.domain.rulebook.prices import PriceList
from sync.domain.rulebook.services import HEADOFFICE, PERFORMING, Entitlement, Services
from tests.sync.domain.making import programme, words
from tests.sync.domain.service_rules import CLEANING, COMPLAINT, REPAIR, SERVICES

FIRST: Final = date(2026, 11, 2)
FIRST_MS: Final = 1_793_577_600_000  # that day, midnight UTC
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
DEALERS: Final = "ABCD"
GIFTS: Final = ("sample", "mug", "scarf")
GOODS: Final = (
    BasketLine("tea", 1, 1_299, None, "b1", "drink", ""),
    BasketLine("cup", 1, 3_333, 2_999, "b2", "ware", ""),
    BasketLine("cake", 1, 777, None, "b1", "food", ""),
    BasketLine("", 1, 1_001),
)
_OFFERS: Final = (
    Offer("drinks", words(), "percent", Goods(categories=("drink",)), per_mille=877, group="a"),
    Offer("much", words(), "threshold", steps=(OfferStep(4_000, 333),), stacking="sum"),
    Offer("third", words(), "bundle", Goods(skus=("cake",)), buy=2, group="a"),
    Offer("gold", words(), "percent", per_mille=981, audience=Audience(tiers=("gold",))),
    Offer("sunday", words(), "percent", Goods(brands=("b1",)), per_mille=913,
          when=When(weekdays=(7,)), stacking="alone"),
    Offer("coupon", words(), "threshold", steps=(OfferStep(500, 211),), coupon=True,
          stacking="sum"),
)  # fmt: skip


def _extras() -> ExtraRules:
    events = tuple(
        Event(f"e{n}", words(), FIRST + timedelta(days=9 * n), 20 + n, 171 + n, DEALERS[n % 4])
        for n in range(8)
    )
    return ExtraRules(
        (
            VirtualGood("q-coins", words(), "q_coins", 31, 251, 300),
            VirtualGood("film", words(), "film_year_card", 17, 139, 200, ("A", "C")),
        ),
        events,
    )


def _services() -> Services:
    return Services(
        (CLEANING, REPAIR, COMPLAINT),
        (
            Entitlement("clean", words(), "dry_cleaning", ("diamond",)),
            Entitlement("clean-hq", words(), "dry_cleaning", ("gold",), 5, 2, HEADOFFICE),
            Entitlement("repair", words(), "repair", ("gold", "diamond"), 3, 2, PERFORMING),
        ),
        SERVICES.items,
        SERVICES.colours,
        SERVICES.faults,
    )


def _version(version: int, from_day: int, funded_by: str, stacking: str) -> Programme:
    half = Ratio(3, 2)
    return programme(
        version=version,
        effective_from=FIRST + timedelta(days=from_day),
        tiers=(
            Tier("plain", words(), 0, 1_000, 970),
            Tier("gold", words(), 60_000, 950, 960, 30_000, Ratio(5, 4), Ratio(2, 1)),
            Tier("diamond", words(), 150_000, 900, 950, None, half, Ratio(7, 3)),
        ),
        joining=Joining(2_000, 5_000, 12, "plain"),
        earning=Earning(
            Ratio(7, 3),
            {"C": Ratio(10, 7)},
            expiry_months=1,
            rules=(
                EarnRule("b2", "ratio", Ratio(11, 9), brands=("b2",)),
                EarnRule("drink", "factor", Ratio(4, 3), categories=("drink",)),
                EarnRule("friday", "factor", half, weekdays=(5,)),
            ),
            stacking=stacking,
            vesting_days=2,
            sale_cap_points=900,
            day_cap_points=1_500,
            redeeming_earns=version != 2,
        ),
        points_tenders=(
            PointsTender("tender", 5, 50, 37),
            PointsTender("tender-d", 7, 60, 41, ("D",), 700),
        ),
        gifts=(
            Gift("sample", words(), 13, 100, 130),
            Gift("mug", words(), 40, 333, 500),
            Gift("scarf", words(), 91, 701, 900, ("A", "B", "C")),
        ),
        stored_value=StoredValue((TopUpStep(1_000, 101), TopUpStep(5_000, 777)), funded_by),
        offline=OfflineLimits(
            at_risk_soft_minor=4_000, at_risk_hard_minor=9_000, at_risk_hard_ops=25,
            points_hard_card_day_minor=3_000, stored_value_hard_card_day_minor=4_000,
        ),
        returns=Returns(grace_days=3, cancel_bonus="pro_rata"),
        leases=Leases(value_minor=1_500, age_ms=48 * HOUR_MS, renew_ms=24 * HOUR_MS),
        losses=Losses(10),
        cards=Cards(unblock=APPROVER),
        services=_services(),
        extras=_extras(),
        levels=Levels(window_months=1, valid_months=1, grace_days=5),
        price_lists=(
            PriceList("mall", per_mille=1_037, store_kinds=("mall_counter",)),
            PriceList("vip", {"cup": 2_888}, members=True, tiers=("diamond",)),
        ),
        promotions=Promotions(_OFFERS),
    )  # fmt: skip


PACKS: Final = (
    _version(1, 0, "redeeming", "best"),
    _version(2, 15, "issuing", "product"),
    _version(3, 30, "headoffice", "best"),
)
