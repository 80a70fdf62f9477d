"""What settings are made of: exact ratios, words in both languages, bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import msgspec

MAX_AMOUNT: Final = 10**12  # minor units or points: nothing in a programme is worth more
PER_MILLE: Final = 1000
MAX_MONTHS: Final = 1200


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


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in both languages."""

    zh: str
    en: str


def within(what: str, value: int, lowest: int, highest: int = MAX_AMOUNT) -> None:
    """Raise ValueError unless lowest <= value <= highest."""
    if not lowest <= value <= highest:
        raise ValueError(f"{what}: {value} is not in {lowest}..{highest}")
