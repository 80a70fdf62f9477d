"""Levels: what they give, how they are reached and kept, and who may join."""

from __future__ import annotations

from typing import Final

import msgspec

from sync.domain.rulebook.basics import MAX_MONTHS, PER_MILLE, Ratio, Words, within

ROLLING: Final = "rolling"
CALENDAR: Final = "calendar"
LIFETIME: Final = "lifetime"
MAX_WINDOW_MONTHS: Final = 36  # head office keeps what was spent per day for so long
ONCE: Final = Ratio(1, 1)
_MAX_DAYS: Final = 366


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level. `price_per_mille`: goods are charged at this share of the tag price (900 = 9 折).

    `stored_value_per_mille`: the part of the amount due that stored value settles is charged at
    this share (golden case 8; 1000 = no deeper price). `threshold_minor`: qualifying spend that
    reaches the tier; `keep_minor`: what keeps it (None: the same). `earn`, `birthday_earn`: factors
    on the points of a sale, always and within the birthday window; `services`: codes of what is
    free at this level (FL-28).
    """

    code: str
    name: Words
    threshold_minor: int
    price_per_mille: int = 1000
    stored_value_per_mille: int = 1000
    keep_minor: int | None = None
    earn: Ratio = ONCE
    birthday_earn: Ratio = ONCE
    services: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        within("threshold_minor", self.threshold_minor, 0)
        within("price_per_mille", self.price_per_mille, 1, PER_MILLE)
        within("stored_value_per_mille", self.stored_value_per_mille, 1, PER_MILLE)
        within("keep_minor", self.keeps_from, 0)

    @property
    def keeps_from(self) -> int:
        """Qualifying spend that keeps the tier, minor units."""
        return self.threshold_minor if self.keep_minor is None else self.keep_minor


class Levels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How levels move by themselves (golden case 7, pitfalls 10 and 11).

    `window`: which qualifying spend counts on a day d: "rolling", (d - `window_months`, d];
    "calendar", that of d's year up to d; "lifetime", all of it. A level holds for `valid_months`
    from the day it is reached, prolonged to that year's end if `to_year_end`; head office lowers it
    when `grace_days` more have passed and what keeps it was not spent.
    """

    window: str = ROLLING
    window_months: int = 12
    valid_months: int = 12
    to_year_end: bool = False
    grace_days: int = 30

    def __post_init__(self) -> None:
        if self.window not in (ROLLING, CALENDAR, LIFETIME):
            raise ValueError(f"window: {self.window!r}")
        within("window_months", self.window_months, 1, MAX_WINDOW_MONTHS)
        within("valid_months", self.valid_months, 0 if self.to_year_end else 1, MAX_MONTHS)
        within("grace_days", self.grace_days, 0, _MAX_DAYS)


class Birthday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days before and after a birthday on which its benefits hold (FL-18)."""

    days_before: int = 7
    days_after: int = 7

    def __post_init__(self) -> None:
        within("days_before", self.days_before, 0, _MAX_DAYS // 2)
        within("days_after", self.days_after, 0, _MAX_DAYS // 2)


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may join (golden case 2): one purchase of `single_minor`, or `window_minor` within
    the window. `window_kind`: "rolling", the `window_months` up to the day, or "calendar", that
    day's year.
    """

    single_minor: int
    window_minor: int
    window_months: int = 12
    first_tier: str = ""
    consent_version: str = ""
    window_kind: str = ROLLING  # "window" is how a scenario writes window_minor

    def __post_init__(self) -> None:
        within("single_minor", self.single_minor, 0)
        within("window_minor", self.window_minor, 0)
        within("window_months", self.window_months, 1, MAX_MONTHS)
        if self.window_kind not in (ROLLING, CALENDAR):
            raise ValueError(f"window_kind: {self.window_kind!r}")
