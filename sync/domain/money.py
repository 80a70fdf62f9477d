"""Money: an integer count of minor units (fen) with a currency (design.md section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

CNY = "CNY"
_AMOUNT = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d*|\d{1,3}(?:,\d{3})+)(?:\.(?P<fen>\d{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of `currency`.

    Adds only to money of the same currency; never a float.
    """

    minor: int
    currency: str = CNY

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _same(self, other: object) -> int:
        if not isinstance(other, Money) or other.currency != self.currency:
            raise TypeError(
                f"{self.currency} meets {other!r}: only money of one currency adds or compares"
            )
        return other.minor


def money(yuan: str, currency: str = CNY) -> Money:
    """Parse "3,000.00", "50" or "-0.5" into minor units.

    ValueError for more than two decimals, a comma that separates no thousands, or no digit at all.
    """
    found = _AMOUNT.fullmatch(yuan.strip())
    if found is None or not (found["whole"] or found["fen"]):
        raise ValueError(f"not an amount with at most two decimals: {yuan!r}")
    fen = int((found["whole"] or "0").replace(",", "") + (found["fen"] or "").ljust(2, "0"))
    return Money(-fen if found["sign"] == "-" else fen, currency)


def plain(minor: int) -> str:
    """Minor units as a plain decimal string: -909 -> "-9.09".

    For files and logs, not for screens.
    """
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"
