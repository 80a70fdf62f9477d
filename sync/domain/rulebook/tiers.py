"""Levels and who may join."""

from __future__ import annotations

import msgspec

from sync.domain.rulebook.basics import MAX_MONTHS, PER_MILLE, Words, within


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
        within("threshold_minor", self.threshold_minor, 0)
        within("price_per_mille", self.price_per_mille, 1, PER_MILLE)
        within("stored_value_per_mille", self.stored_value_per_mille, 1, PER_MILLE)


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
        within("single_minor", self.single_minor, 0)
        within("window_minor", self.window_minor, 0)
        within("window_months", self.window_months, 1, MAX_MONTHS)
