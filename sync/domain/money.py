"""Money: an integer count of minor units (fen) with a currency (design.md section 5)."""

from __future__ import annotations

from dataclasses import dataclass

CNY = "CNY"


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
    """Parse "3000.00", "50" or "-0.5" into minor units; anything with more than two decimals is a
    ValueError.
    """
    text = yuan.strip().replace(",", "")
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("+-").partition(".")
    if not (whole + fraction).isascii() or not (whole + fraction).isdigit() or len(fraction) > 2:
        raise ValueError(f"not an amount with at most two decimals: {yuan!r}")
    return Money(sign * (int(whole or "0") * 100 + int(fraction.ljust(2, "0") or "0")), currency)


def plain(minor: int) -> str:
    """Minor units as a plain decimal string: -909 -> "-9.09".

    For files and logs, not for screens.
    """
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"
