"""Earning points (golden cases 1 and 10): at which rate each line earns, how much, and no more than
the caps allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import gcd, lcm, prod
from typing import Final

from sync.domain.business_day import months_before
from sync.domain.parts import spread
from sync.domain.points import Points
from sync.domain.programme import EarnRule, Programme, Tier
from sync.domain.rulebook.earning import PRODUCT, RATIO
from sync.domain.trace import Step

FEN_PER_YUAN = 100


@dataclass(frozen=True, slots=True)
class Earned:
    """Points of a sale, their parts per line, and the arithmetic."""

    points: Points
    by_line: tuple[int, ...]
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class EarnTerms:
    """What a sale earns by beside goods and member: its business date (None: no rule about days
    holds), whether it is in the member's birthday window, and the most points this till may still
    give (None: no cap of the till's own).
    """

    day: date | None = None
    birthday: bool = False
    cap_points: int | None = None


ANY_DAY: Final = EarnTerms()


@dataclass(frozen=True, slots=True)
class Goods:
    """A line as earning sees it. `base_minor`: what was paid by money or stored-value principal."""

    base_minor: int
    brand: str = ""
    category: str = ""


def earn_sale(
    programme: Programme,
    dealer: str,
    tier: Tier,
    goods: Sequence[Goods],
    terms: EarnTerms,
    *,
    redeemed: bool = False,
) -> Earned:
    """Points of a sale at `dealer` for a member of `tier`; head office works it out again by the
    same function. `redeemed`: points paid a part of it.
    """
    rates = [_rate(programme, dealer, tier, line, terms) for line in goods]
    earned = earn(
        [line.base_minor for line in goods], [rate for rate, _ in rates], programme.version
    )
    steps = tuple(step for _, found in rates for step in found)
    rule = programme.earning
    caps = [("earn.cap_sale", rule.sale_cap_points), ("earn.cap_till", terms.cap_points)]
    if redeemed and not rule.redeeming_earns:
        caps.append(("earn.redeemed", 0))
    for name, cap in caps:
        if cap is not None and earned.points.count > cap:
            earned = _capped(earned, cap, name, programme.version)
    return Earned(earned.points, earned.by_line, (*steps, *earned.trace))


def cap_left(programme: Programme, day_points: int, issued_points: int) -> int | None:
    """Points a sale may still earn here, >= 0, when the member earned `day_points` on the day and
    the till gave `issued_points` since the last acknowledgement; None: no cap.
    """
    left = [
        max(cap - used, 0)
        for cap, used in (
            (programme.earning.day_cap_points, day_points),
            (programme.offline.earn_hard_till_points, issued_points),
        )
        if cap is not None
    ]
    return min(left, default=None)


def expires_on(programme: Programme, day: date) -> date | None:
    """Last day of points earned on `day`; None: they never expire."""
    rule = programme.earning
    if rule.expiry_years is not None:
        return date(min(day.year + rule.expiry_years, date.max.year), 12, 31)
    return None if rule.expiry_months is None else months_before(day, -rule.expiry_months)


def _capped(earned: Earned, cap: int, rule: str, version: int) -> Earned:
    """Fewer points, still spread over the lines as they were."""
    step = Step(rule, version, {"points": earned.points.count, "cap": cap}, cap)
    return Earned(Points(cap), tuple(spread(cap, earned.by_line)), (*earned.trace, step))


def _rate(
    programme: Programme, dealer: str, tier: Tier, line: Goods, terms: EarnTerms
) -> tuple[Fraction, list[Step]]:
    """Points per yuan of a line, and which factors made it (pitfall 33: how they stack is said)."""
    holding = [r for r in programme.earning.rules if _holds(r, dealer, tier, line, terms)]
    ratio = next((r.value.exact for r in holding if r.kind == RATIO), None)
    usual = programme.points_per_yuan(dealer) if ratio is None else ratio
    named = [(r.rule, r.value.exact) for r in holding if r.kind != RATIO]
    named.append((f"tier.{tier.code}", tier.earn.exact))
    if terms.birthday:
        named.append(("birthday", tier.birthday_earn.exact))
    factors = [(name, factor) for name, factor in named if factor != 1]
    if not factors:
        return usual, []
    if programme.earning.stacking == PRODUCT:
        chosen, factor = factors, prod((f for _, f in factors), start=Fraction(1))
    else:
        best = max(factors, key=lambda pair: pair[1])
        chosen, factor = [best], best[1]
    steps = [
        Step(
            "earn.factor",
            programme.version,
            {"by": name, "num": each.numerator, "den": each.denominator},
            line.base_minor,
        )
        for name, each in chosen
    ]
    return usual * factor, steps


def _holds(rule: EarnRule, dealer: str, tier: Tier, line: Goods, terms: EarnTerms) -> bool:
    for wanted, here in (
        (rule.dealers, dealer),
        (rule.brands, line.brand),
        (rule.categories, line.category),
        (rule.tiers, tier.code),
    ):
        if wanted and here not in wanted:
            return False
    day = terms.day
    if day is None:
        return not rule.weekdays and rule.from_day is None and rule.to_day is None
    if rule.weekdays and day.isoweekday() not in rule.weekdays:
        return False
    return (rule.from_day or day) <= day <= (rule.to_day or day)


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
