"""Where and when a sale happens, and to whom: what offers and price lists ask before they hold."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sync.domain.rulebook.offers import Audience, When, Where
from sync.domain.rulebook.prices import OWN_SHOP


@dataclass(frozen=True, slots=True)
class Occasion:
    """A sale's place and time. `day`: business date; `minute`: minute of the store's day when the
    sale began (0 to 1439), fixed with its programme (golden case 17).
    """

    dealer: str
    day: date
    store: str = ""
    store_kind: str = OWN_SHOP
    minute: int = 0


@dataclass(frozen=True, slots=True)
class MemberTraits:
    """The member as audiences see one. `birthday`: (month, day), where the till knows it."""

    tier: str
    flags: tuple[str, ...] = ()
    birthday: tuple[int, int] | None = None


def named(wanted: Collection[str], what: str) -> bool:
    """Whether a list of ids, empty for all, names `what`."""
    return not wanted or what in wanted


def here(where: Where, occasion: Occasion) -> bool:
    """Whether an offer holds at the place of a sale."""
    return (
        named(where.dealers, occasion.dealer)
        and named(where.stores, occasion.store)
        and named(where.store_kinds, occasion.store_kind)
    )


def within_days(starts: date | None, ends: date | None, day: date) -> bool:
    """Whether `day` is in the span, both ends inclusive, None open."""
    return (starts is None or starts <= day) and (ends is None or day <= ends)


def now(when: When, occasion: Occasion) -> bool:
    """Whether an offer holds at the time of a sale."""
    return (
        within_days(when.starts, when.ends, occasion.day)
        and (not when.weekdays or occasion.day.isoweekday() in when.weekdays)
        and when.from_minute <= occasion.minute < when.to_minute
    )


def for_whom(audience: Audience, member: MemberTraits | None, day: date) -> bool:
    """Whether an offer is for this customer; None: nobody known, or not at member price yet."""
    if member is None:
        return audience == Audience()
    if not named(audience.tiers, member.tier):
        return False
    if audience.flags and not set(audience.flags) & set(member.flags):
        return False
    if not audience.birthday:
        return True
    born = member.birthday
    if born is None or born[0] != _feast(born, day)[0]:
        return False
    return audience.birthday == "month" or _feast(born, day) == born


def _feast(born: tuple[int, int], day: date) -> tuple[int, int]:
    """(month, day) of a date; 28 February is the birthday of the 29th where there is none."""
    leap = day.year % 4 == 0 and (day.year % 100 != 0 or day.year % 400 == 0)
    if born == (2, 29) and (day.month, day.day) == (2, 28) and not leap:
        return born
    return day.month, day.day
