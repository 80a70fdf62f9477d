"""Splitting a whole into integer parts that always sum to it (golden case 5)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Final, cast

_WHOLE: Final = frozenset({int})


def spread(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Split `total` in proportion to `weights` (>= 0) by largest remainder; ties go to the earliest
    part.

    The parts sum to `total` exactly; a part of weight 0 gets 0. A negative total is the exact
    mirror of the positive one. Raises ValueError on a negative weight, or when every weight is 0
    and the total is not.
    """
    if min(weights, default=0) < 0:
        raise ValueError("a weight is negative")
    units = _whole_units(weights)
    whole = sum(units)
    if whole == 0:
        if total:
            raise ValueError(f"nothing to spread {total} over")
        return [0] * len(weights)
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [unit * size // whole for unit in units]
    remainders = [unit * size % whole for unit in units]
    left = size - sum(parts)
    if left:
        by_remainder = sorted(range(len(parts)), key=lambda i: (-remainders[i], i))
        for i in by_remainder[:left]:
            parts[i] += 1
    return [sign * part for part in parts]


def _whole_units(weights: Sequence[int | Fraction]) -> Sequence[int]:
    """Integers in the same proportion: the weights in units of their common denominator."""
    if _WHOLE.issuperset(map(type, weights)):
        return cast("Sequence[int]", weights)
    common = lcm(*(weight.denominator for weight in weights))
    return [weight.numerator * (common // weight.denominator) for weight in weights]


def share_of_rest(amount: int, taken: int, quantity: int) -> int:
    """Minor units that go with `taken` of `quantity` open units worth `amount`; the last taker gets
    all that is left.

    Used where parts leave one by one (covering an uncovered redemption), so that they too sum
    exactly.
    """
    if not 0 < taken <= quantity:
        raise ValueError(f"cannot take {taken} of {quantity}")
    return amount * taken // quantity
