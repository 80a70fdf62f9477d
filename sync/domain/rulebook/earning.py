"""What points are earned, and how long they live."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from sync.domain.rulebook.basics import MAX_MONTHS, Ratio, within

RATIO: Final = "ratio"
FACTOR: Final = "factor"
BEST: Final = "best"
PRODUCT: Final = "product"
_MAX_DAYS: Final = 3660
_MAX_YEARS: Final = 100
_WEEK: Final = 7


class EarnRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A special rate (FL-24). `kind`: "ratio", `value` points per yuan instead of the usual ones;
    "factor", so many times the points.

    It holds where every list that is not empty names what is at hand: dealer, brand and category of
    the line, tier of the member, day of the week (1 Monday to 7 Sunday), business dates
    `from_day` to `to_day`, both inclusive.
    """

    rule: str
    kind: str
    value: Ratio
    dealers: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    weekdays: tuple[int, ...] = ()
    from_day: date | None = None
    to_day: date | None = None

    def __post_init__(self) -> None:
        if self.kind not in (RATIO, FACTOR):
            raise ValueError(f"kind: {self.kind!r}")
        for day in self.weekdays:
            within("weekdays", day, 1, _WEEK)


class Earning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points per yuan (golden case 1) and life of a lot.

    `points_per_yuan_by_dealer` overrides the ratio; of `rules` the first "ratio" that holds goes
    before both, and every "factor" that holds is stacked with those of level and birthday as
    `stacking` says: "best", the highest of them, or "product" (pitfall 33). `vesting_days`: points
    may be spent so many days after they were earned. A lot ends `expiry_months` after its day, or
    with the calendar year `expiry_years` later (0: the year it was earned in). At most
    `sale_cap_points` are earned by a sale, `day_cap_points` by a member on a business date as far
    as the till knows. `redeeming_earns`: whether a sale partly paid with points earns.
    """

    points_per_yuan: Ratio
    points_per_yuan_by_dealer: dict[str, Ratio] = {}
    expiry_months: int | None = None
    expiry_years: int | None = None
    rules: tuple[EarnRule, ...] = ()
    stacking: str = BEST
    vesting_days: int = 0
    sale_cap_points: int | None = None
    day_cap_points: int | None = None
    redeeming_earns: bool = True

    def __post_init__(self) -> None:
        if self.expiry_months is not None:
            within("expiry_months", self.expiry_months, 1, MAX_MONTHS)
        if self.expiry_years is not None:
            within("expiry_years", self.expiry_years, 0, _MAX_YEARS)
        if self.expiry_months is not None and self.expiry_years is not None:
            raise ValueError("a lot ends by months or by years, not by both")
        if self.stacking not in (BEST, PRODUCT):
            raise ValueError(f"stacking: {self.stacking!r}")
        within("vesting_days", self.vesting_days, 0, _MAX_DAYS)
        within("sale_cap_points", self.sale_cap_points or 0, 0)
        within("day_cap_points", self.day_cap_points or 0, 0)
        names = [rule.rule for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError("earning rules must be unique")
