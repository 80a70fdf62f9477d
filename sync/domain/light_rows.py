"""The light row of a member, as head office publishes it to every till."""

from __future__ import annotations

from datetime import date

import msgspec

from sync.domain import accounts
from sync.domain.leases import POINTS, STORED_VALUE, outstanding
from sync.domain.members import NO_EXTRAS, Extras, LightRow, LotSummary, Profile, masked
from sync.domain.posting import MemberBook
from sync.domain.tiers import LevelState, shown

PHONE_TAIL = 4


def light_row(
    book: MemberBook,
    name: str,
    phone_tail: str,
    phone_key: str,
    flags: tuple[str, ...] = (),
    extras: Extras = NO_EXTRAS,
) -> LightRow:
    """Row of a member from the books.

    `name` masked, `phone_tail` and `phone_key` from the profile's phone; the level's part of the
    extras comes from the books.
    """
    mine = [lot for lot in book.lots if lot.account == accounts.POINTS and lot.open]
    known = max((lot.business_date for lot in mine), default=None)  # a day that has been
    points: dict[tuple[date | None, date | None], int] = {}
    for lot in mine:
        waits = None if known is None or lot.vested_on(known) else lot.usable_from
        points[lot.expires_on, waits] = points.get((lot.expires_on, waits), 0) + lot.open
    return LightRow(
        member=book.member,
        tier=book.tier,
        balances=book.balances,
        version=book.version,
        name=name,
        phone_tail=phone_tail,
        phone_key=phone_key,
        home_store=book.home_store,
        home_dealer=book.home_dealer,
        uncovered=sum(debt.open for debt in book.uncovered),
        flags=flags,
        lots=tuple(
            LotSummary(expires, points[expires, waits], waits)
            for expires, waits in sorted(points, key=_by_expiry)
        ),
        marks=dict(book.marks),
        extras=_with_leases(_with_level(extras, book.level), book),
    )


def _with_leases(extras: Extras, book: MemberBook) -> Extras:
    """What tills may spend alone."""
    if not book.leases:
        return extras
    return msgspec.structs.replace(
        extras,
        leased_points=outstanding(book.leases, POINTS),
        leased_minor=outstanding(book.leases, STORED_VALUE),
    )


def _by_expiry(key: tuple[date | None, date | None]) -> tuple[bool, date, date]:
    expires, waits = key
    return expires is None, expires or date.max, waits or date.min


def _with_level(extras: Extras, level: LevelState) -> Extras:
    """Levels are told of once they move by a rule; benefits whenever there are any."""
    if level.since is None and not level.benefits:
        return extras
    spend = () if level.since is None else shown(level.spend)
    return msgspec.structs.replace(extras, tier_to=level.to, spend=spend, benefits=level.benefits)


def shown_name(profile: Profile) -> tuple[str, str]:
    """(masked name, phone tail) of a profile."""
    return masked(profile.name), profile.phone[-PHONE_TAIL:]
