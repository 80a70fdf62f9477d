"""A member's level as this till sees it now, and what a sale earns by."""

from __future__ import annotations

from datetime import date

from sync.domain import earning, tiers
from sync.domain.earning import EarnTerms
from sync.domain.joining import PROSPECT, Prospect, Purchase
from sync.domain.members import Profile, Standing
from sync.domain.programme import Programme
from sync.domain.tiers import BIRTHDAY, Progress, birthday_of, birthday_windows, has_benefit
from terminal.usecases.till import Till


def level_of(programme: Programme, standing: Standing, day: date) -> Progress:
    """The level on `day`: own sales that head office has not posted yet may raise it (FL-27)."""
    row = standing.row
    pending = standing.pending.qualifying
    spend = row.extras.spend
    if pending:
        spend = tiers.counted(spend, day, pending)
    total = row.balances.qualifying + pending
    return tiers.progress(programme, row.tier, row.extras.tier_to, spend, total, day)


def earn_terms(
    till: Till, programme: Programme, standing: Standing, profile: Profile | None, day: date
) -> EarnTerms:
    """What a sale on `day` earns by: the birthday's window, and what the caps leave."""
    row = standing.row
    benefits = row.extras.benefits
    if not benefits and profile is not None:  # enrolled here, head office has not told yet
        birthday = birthday_of(profile.birthday_month, profile.birthday_day)
        benefits = birthday_windows(programme.birthday, birthday, day)
    day_points = issued = 0
    if programme.earning.day_cap_points is not None:
        day_points = till.database.pending.earned_points(row.member, day)
    if programme.offline.earn_hard_till_points is not None:
        issued = till.database.pending.issued_points()
    cap = earning.cap_left(programme, day_points, issued)
    return EarnTerms(day, has_benefit(benefits, BIRTHDAY, day), cap)


def purchases_of(till: Till, prospect: str) -> tuple[Purchase, ...]:
    """What somebody spent who is no member yet: as head office told it, and own sales since."""
    told = till.database.replica.document(PROSPECT, prospect, Prospect) or Prospect()
    if told.joined is not None:
        return ()
    mark = told.marks.get(till.database.journal.mark_key, 0)
    own = till.database.pending.prospect_spend(prospect, mark)
    return (*told.purchases(), *(Purchase(*each) for each in own))
