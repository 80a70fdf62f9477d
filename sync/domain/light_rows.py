"""The light row of a member, as head office publishes it to every till."""

from __future__ import annotations

from sync.domain import accounts
from sync.domain.members import NO_EXTRAS, Extras, LightRow, LotSummary, Profile, masked
from sync.domain.posting import MemberBook

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

    `name` masked, `phone_tail` and `phone_key` from the profile's phone.
    """
    by_expiry: dict[object, LotSummary] = {}
    for lot in book.lots:
        if lot.account == accounts.POINTS and lot.open:
            before = by_expiry.get(lot.expires_on)
            by_expiry[lot.expires_on] = LotSummary(
                lot.expires_on, (before.points if before else 0) + lot.open
            )
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
        lots=tuple(sorted(by_expiry.values(), key=lambda s: (s.expires_on is None, s.expires_on))),
        marks=dict(book.marks),
        extras=extras,
    )


def shown_name(profile: Profile) -> tuple[str, str]:
    """(masked name, phone tail) of a profile."""
    return masked(profile.name), profile.phone[-PHONE_TAIL:]
