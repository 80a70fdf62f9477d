"""Earning points (golden cases 1 and 10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from sync.domain.parts import spread
from sync.domain.points import Points
from sync.domain.trace import Step

FEN_PER_YUAN = 100


@dataclass(frozen=True, slots=True)
class Earned:
    """Points of a sale, their parts per line, and the arithmetic."""

    points: Points
    by_line: tuple[int, ...]
    trace: tuple[Step, ...]


def earn(base_by_line: Sequence[int], ratio_by_line: Sequence[Fraction], version: int) -> Earned:
    """Points for the earn base of each line (minor units) at each line's ratio (points per yuan).

    Exact fractions are summed over the sale, rounded down once, and spread back by largest
    remainder. The base is what was paid by money and by stored-value principal; the caller leaves
    out top-ups, the points-paid part, bonus value and voided lines.
    """
    if min(base_by_line, default=0) < 0:
        raise ValueError("an earn base is negative")
    common = lcm(*(ratio.denominator for ratio in ratio_by_line))
    exact = [  # points in units of 1 / (FEN_PER_YUAN * common)
        base * ratio.numerator * (common // ratio.denominator)
        for base, ratio in zip(base_by_line, ratio_by_line, strict=True)
    ]
    total, units = sum(exact), FEN_PER_YUAN * common
    points, shared = total // units, gcd(total, units)
    by_line = spread(points, exact) if total else [0] * len(exact)
    steps = [
        Step(
            "earn.ratio",
            version,
            {"base": base, "num": ratio.numerator, "den": ratio.denominator},
            part,
            item,
        )
        for item, (base, ratio, part) in enumerate(
            zip(base_by_line, ratio_by_line, by_line, strict=True)
        )
    ]
    steps.append(
        Step(
            "earn.total",
            version,
            {"base": sum(base_by_line), "num": total // shared, "den": units // shared},
            points,
        )
    )
    return Earned(Points(points), tuple(by_line), tuple(steps))
