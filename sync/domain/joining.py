"""Becoming a member: eligibility (golden case 2) and the enrolment decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from sync.domain.business_day import in_window
from sync.domain.journal import Short
from sync.domain.pricing import MAX_SALE_MINOR
from sync.domain.programme import Joining, Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.tiers import CALENDAR
from sync.domain.trace import Step

PROSPECT: Final = "prospect"  # type of the small document


@dataclass(frozen=True, slots=True)
class Purchase:
    """An earlier purchase of someone who is not a member yet.

    `base_minor`: its earn base (golden case 10).
    """

    day: date
    base_minor: int


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Why someone may join.

    `rule`: joining.single | joining.window; both figures are kept for the screen.
    """

    rule: str
    single_minor: int
    window_minor: int
    trace: tuple[Step, ...]


class Prospect(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What somebody spent who was no member yet, by keyed hash of the phone or token of a
    provisional card: earn base per business day, marks of the tills' entries inside it, and who
    they became. A small document of type "prospect" at every till (FL-06, pitfall 14).
    """

    spend: tuple[tuple[date, int], ...] = ()
    marks: dict[str, int] = {}
    joined: UUID | None = None

    def purchases(self) -> tuple[Purchase, ...]:
        """What counts towards joining; nothing once they have."""
        return () if self.joined else tuple(Purchase(*each) for each in self.spend)


class EnrolData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of an enrol entry: the new member's tier, home and card, the consent given, and why
    they qualify.

    `for_entry`: the sale being rung up that qualifies them; `prospect`: under which key they were
    known, `cited`: what they spent before, per business day.
    """

    tier: Short
    home_dealer: Short
    home_store: Short
    token: Short
    tail: Short
    medium: Short
    consent_version: Short
    qualifies_by: Short
    single_minor: int
    window_minor: int
    for_entry: UUID | None = None
    prospect: Short = ""
    cited: tuple[tuple[date, int], ...] = ()


def _counts(rule: Joining, day: date, end: date) -> bool:
    if rule.window_kind == CALENDAR:
        return day.year == end.year and day <= end
    return in_window(day, end, rule.window_months)


def eligible(
    programme: Programme, day: date, single_minor: int, earlier: Iterable[Purchase] = ()
) -> Eligibility | Refusal:
    """Whether a purchase of `single_minor` (earn base) on `day`, with `earlier` ones, makes a
    member.

    The purchase itself counts within the window, which is (day - months, day], or the calendar
    year up to the day.
    """
    rule = programme.joining
    window = single_minor + sum(p.base_minor for p in earlier if _counts(rule, p.day, day))
    if window > MAX_SALE_MINOR:
        return refuse(Code.TOO_LARGE)
    steps = (
        Step(
            "joining.single",
            programme.version,
            {"purchase": single_minor, "from": rule.single_minor},
            int(single_minor >= rule.single_minor),
        ),
        Step(
            "joining.window",
            programme.version,
            {"sum": window, "from": rule.window_minor, "months": rule.window_months},
            int(window >= rule.window_minor),
        ),
    )
    if single_minor >= rule.single_minor:
        return Eligibility("joining.single", single_minor, window, steps)
    if window >= rule.window_minor:
        return Eligibility("joining.window", single_minor, window, steps)
    return refuse(
        Code.NOT_ELIGIBLE,
        single_minor=single_minor,
        single_from_minor=rule.single_minor,
        window_minor=window,
        window_from_minor=rule.window_minor,
    )
