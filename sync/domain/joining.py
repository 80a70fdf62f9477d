"""Becoming a member: eligibility (golden case 2) and the enrolment decision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec

from sync.domain.business_day import in_window
from sync.domain.journal import Short
from sync.domain.pricing import MAX_SALE_MINOR
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.trace import Step


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


class EnrolData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of an enrol entry: the new member's tier, home and card, the consent given, and why
    they qualify.

    `for_entry`: the sale being rung up that qualifies them.
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


def eligible(
    programme: Programme, day: date, single_minor: int, earlier: Iterable[Purchase] = ()
) -> Eligibility | Refusal:
    """Whether a purchase of `single_minor` (earn base) on `day`, with `earlier` ones, makes a
    member.

    The purchase itself counts within the window, which is (day - months, day].
    """
    rule = programme.joining
    window = single_minor + sum(
        p.base_minor for p in earlier if in_window(p.day, day, rule.window_months)
    )
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
