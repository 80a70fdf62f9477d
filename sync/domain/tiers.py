"""Levels: reached at once, kept or lowered by head office at the end of their time (golden case 7,
pitfalls 10 and 11).

What decides is qualifying spend, a counter of its own that expiry and redemption never touch. It is
kept per business day, so that any window can be taken of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec

from sync.domain.business_day import days_after, months_before
from sync.domain.journal import Short
from sync.domain.programme import Programme, Tier
from sync.domain.rulebook.tiers import CALENDAR, LIFETIME, MAX_WINDOW_MONTHS, Birthday, Levels
from sync.domain.trace import Step

BIRTHDAY: Final = "birthday"
UP: Final = "up"
KEPT: Final = "kept"
DOWN: Final = "down"
SHOWN_DAYS: Final = 8
_DAY: Final = timedelta(days=1)
_DECEMBER: Final = 12
_MONTH_MAX: Final = 31

Spend = tuple[tuple[date, int], ...]


class Benefit(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Something a member has from one business date to another, both inclusive."""

    kind: str
    from_day: date
    to_day: date


class LevelState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What head office keeps of a member's level beside its code.

    `since`, `to`: first and last day of the level (to None: no end); `before`: the level held until
    then; `spend`: qualifying spend per business day, oldest first, of the last 36 months;
    `birthday`: "MMDD" or empty; `benefits`: windows told to tills; `earned`: points earned on
    `earned_on`, the latest day.
    """

    since: date | None = None
    to: date | None = None
    before: str = ""
    spend: Spend = ()
    birthday: str = ""
    benefits: tuple[Benefit, ...] = ()
    earned_on: date | None = None
    earned: int = 0


NO_LEVEL: Final = LevelState()


class TierChangeData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of a tier_change entry: a `Change`; `was_to`: the last day it was decided on."""

    before: Short
    after: Short
    since: date
    to: date | None
    reason: Short
    spent_minor: int
    from_minor: int
    was_to: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A level that changes, or is kept for another time. `spent_minor` was held against
    `from_minor`; `reason`: up | kept | down.
    """

    before: str
    after: str
    since: date
    to: date | None
    reason: str
    spent_minor: int
    from_minor: int
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a member is: minor units that are missing (0: done, None: nothing to reach).

    `keep_to`: until when the level then holds.
    """

    tier: Tier
    provisional: bool
    to: date | None
    keep_minor: int | None
    keep_to: date | None
    next: Tier | None
    next_minor: int | None
    trace: tuple[Step, ...]


def ranked(programme: Programme) -> list[Tier]:
    """Levels from the lowest to the highest: by threshold, then as the programme lists them."""
    return sorted(programme.tiers, key=lambda tier: tier.threshold_minor)


def rank(programme: Programme, code: str) -> int:
    """Place of a level, 0 the lowest; -1 for one the programme does not know."""
    return next((i for i, tier in enumerate(ranked(programme)) if tier.code == code), -1)


def window_start(levels: Levels, day: date) -> date:
    """Last day before the window that ends on `day`."""
    if levels.window == LIFETIME:
        return date.min
    if levels.window == CALENDAR:
        return date(day.year, 1, 1) - _DAY if day.year > date.min.year else date.min
    return months_before(day, levels.window_months)


def counted(spend: Spend, day: date, delta_minor: int) -> Spend:
    """Spend with `delta_minor` more on `day`: a return counts on the day of its original, so it
    undoes what that day brought. Days too old for any window are left out.
    """
    sums = dict(spend)
    sums[day] = sums.get(day, 0) + delta_minor
    oldest = months_before(max(sums), MAX_WINDOW_MONTHS)
    return tuple(sorted((on, minor) for on, minor in sums.items() if minor and on > oldest))


def spent(levels: Levels, spend: Spend, total_minor: int, day: date, grace_days: int = 0) -> int:
    """Qualifying spend in the window that ends on `day`, and on `grace_days` more after it.

    `total_minor`: the whole counter, which is what a lifetime window takes.
    """
    if levels.window == LIFETIME:
        return total_minor
    start, end = window_start(levels, day), days_after(day, grace_days)
    return sum(minor for on, minor in spend if start < on <= end)


def reached(programme: Programme, spent_minor: int) -> Tier:
    """The highest level whose threshold is reached; thresholds are inclusive."""
    order = ranked(programme)
    return next((t for t in reversed(order) if t.threshold_minor <= spent_minor), order[0])


def valid_to(programme: Programme, levels: Levels, code: str, since: date) -> date | None:
    """Last day of a level that begins on `since`; None for the lowest, below which there is
    nothing.
    """
    if rank(programme, code) <= 0:
        return None
    last = max(months_before(since, -levels.valid_months) - _DAY, since)
    return date(last.year, _DECEMBER, 31) if levels.to_year_end else last


def upgrade(
    programme: Programme, levels: Levels, code: str, spend: Spend, total_minor: int, day: date
) -> Change | None:
    """The higher level that spend has reached by `day`, if it has; never a lower one.

    A level the programme does not know is left to head office's people.
    """
    now, on = rank(programme, code), _judged_on(spend, day)
    sum_minor = spent(levels, spend, total_minor, on)
    target = reached(programme, sum_minor)
    if now < 0 or rank(programme, target.code) <= now:
        return None
    step = _step(programme, "tier.up", target.code, sum_minor, target.threshold_minor, 1)
    to = valid_to(programme, levels, target.code, on)
    return Change(
        code, target.code, on, to, UP, sum_minor, target.threshold_minor, (step,)
    )  # fmt: skip


def due(
    programme: Programme, levels: Levels, code: str, state: LevelState, total_minor: int, day: date
) -> Change | None:
    """What head office has to change on `day`: None until the level's last day and the grace after
    it have passed; then it is kept for another time, or lowered to what was reached.

    What counts is the window that ends with the level, and the days of grace: they are there to
    make up for what is missing. What was spent since, before head office came to it, counts too.
    """
    now = rank(programme, code)
    if now < 0 or state.to is None or day <= days_after(state.to, levels.grace_days):
        return None
    sum_minor = spent(levels, state.spend, total_minor, state.to, levels.grace_days)
    order = ranked(programme)
    holds = max(
        (i for i, tier in enumerate(order[: now + 1]) if tier.keeps_from <= sum_minor), default=0
    )
    again = rank(programme, reached(programme, spent(levels, state.spend, total_minor, day)).code)
    after = order[min(max(holds, again), now)]
    since = state.to + _DAY
    reason = KEPT if after.code == code else DOWN
    needed = order[now].keeps_from
    step = _step(programme, f"tier.{reason}", after.code, sum_minor, needed, int(reason == KEPT))
    to = valid_to(programme, levels, after.code, since)
    return Change(code, after.code, since, to, reason, sum_minor, needed, (step,))


def progress(
    programme: Programme, code: str, to: date | None, spend: Spend, total_minor: int, day: date
) -> Progress:
    """Where a member of level `code` (last day `to`) stands on `day`, own unsent spend included.

    A till goes by the level this says: a higher one than head office's is provisional and holds
    from the next operation on; a lower one it never makes (pitfall 11).
    """
    known = programme.tier(code) or programme.first_tier
    levels = programme.levels
    if levels is None:
        return Progress(known, False, None, None, None, None, None, ())
    up = upgrade(programme, levels, known.code, spend, total_minor, day)
    tier = known if up is None else programme.tier(up.after) or known
    ends = to if up is None else up.to
    steps = () if up is None else up.trace
    keep_minor = keep_to = None
    if ends is not None:
        sum_minor = spent(levels, spend, total_minor, ends, levels.grace_days)
        keep_minor = max(tier.keeps_from - sum_minor, 0)
        keep_to = valid_to(programme, levels, tier.code, days_after(ends, 1))
        steps += (_step(programme, "tier.keep", tier.code, sum_minor, tier.keeps_from, keep_minor),)
    above = ranked(programme)[rank(programme, tier.code) + 1 :]
    if not above:
        return Progress(tier, up is not None, ends, keep_minor, keep_to, None, None, steps)
    sum_minor = spent(levels, spend, total_minor, _judged_on(spend, day))
    missing = above[0].threshold_minor - sum_minor
    steps += (
        _step(
            programme, "tier.next", above[0].code, sum_minor, above[0].threshold_minor, missing
        ),
    )  # fmt: skip
    return Progress(tier, up is not None, ends, keep_minor, keep_to, above[0], missing, steps)


def shown(spend: Spend) -> Spend:
    """What a light row carries: the days that leave the window first as they are, the rest as if it
    left with the earliest of them. So a till may know too little of a very busy member for a while,
    never too much.
    """
    if len(spend) <= SHOWN_DAYS:
        return spend
    rest = spend[SHOWN_DAYS - 1 :]
    return (*spend[: SHOWN_DAYS - 1], (rest[0][0], sum(minor for _, minor in rest)))


def birthday_of(month: int | None, day: int | None) -> str:
    """A birthday as the books keep it, "MMDD"; empty when it is none."""
    if month is None or day is None or not (1 <= month <= _DECEMBER and 1 <= day <= _MONTH_MAX):
        return ""
    return f"{month:02d}{day:02d}"


def birthday_windows(rule: Birthday, birthday: str, day: date) -> tuple[Benefit, ...]:
    """This and the next window around a birthday ("MMDD") that ends on `day` or later.

    Who is born on 29 February celebrates on 1 March of a common year.
    """
    if not birthday:
        return ()
    month, number = int(birthday[:2]), int(birthday[2:])
    found = []
    for year in range(day.year - 1, day.year + 3):
        if not date.min.year < year < date.max.year:
            continue
        try:
            on = date(year, month, number)
        except ValueError:
            on = date(year, 3, 1)
        ends = on + timedelta(days=rule.days_after)
        if ends >= day:
            found.append(Benefit(BIRTHDAY, on - timedelta(days=rule.days_before), ends))
    return tuple(found[:2])


def has_benefit(benefits: Sequence[Benefit], kind: str, day: date) -> bool:
    """Whether a benefit holds on `day`."""
    return any(b.kind == kind and b.from_day <= day <= b.to_day for b in benefits)


def _judged_on(spend: Spend, day: date) -> date:
    """A late entry is judged with what is known of the days after it."""
    return max(day, spend[-1][0]) if spend else day


def _step(
    programme: Programme, rule: str, tier: str, sum_minor: int, needed: int, result: int
) -> Step:
    return Step(rule, programme.version, {"tier": tier, "sum": sum_minor, "from": needed}, result)
