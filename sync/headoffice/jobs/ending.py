"""What ends by itself: levels whose time is over are kept or lowered, points past their last day
leave the books. Both are entries of head office's own journal, so a till is told by the feed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sync.database.headoffice import ledger, levels
from sync.database.headoffice.sessions import Session
from sync.domain import expiring, tiers
from sync.domain.books import MemberBook, Outcome
from sync.domain.business_day import CUTOFF_HOUR, OFFSET_MIN, business_date
from sync.domain.journal import Kind
from sync.domain.programme import Programme, in_force
from sync.domain.tiers import DOWN, KEPT, TierChangeData
from sync.headoffice.office_entries import Decided, body_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from sync.headoffice.service import HeadOffice

AT_ONCE: Final = 200
Find = Callable[[Session, date, bytes, int], "Awaitable[list[UUID]]"]
Decide = Callable[[Programme, MemberBook, date], Decided | None]


@dataclass(slots=True)
class Ended:
    """What a round came to. `late`: entries whose ground had changed before they were posted; the
    next round looks at them again."""

    kept: int = 0
    down: int = 0
    members: int = 0
    points: int = 0
    late: int = 0


async def end_levels(head_office: HeadOffice, now_ms: int) -> Ended:
    """Keep or lower every level whose last day and days of grace have passed (pitfall 11)."""
    today = business_date(now_ms, OFFSET_MIN, CUTOFF_HOUR)
    made = Ended()
    programme = await _programme(head_office, now_ms, today)
    if programme is None or programme.levels is None:
        return made
    over = today - timedelta(days=programme.levels.grace_days)
    async for decided, posted in _rounds(
        head_office, levels.ended_levels, over, _level, programme, today, now_ms
    ):
        if not posted:
            made.late += 1
            continue
        reason = decided.data.reason if isinstance(decided.data, TierChangeData) else ""
        made.kept += reason == KEPT
        made.down += reason == DOWN
    return made


async def expire(head_office: HeadOffice, now_ms: int) -> Ended:
    """Take points out of the books whose last day and seven days more have passed: a redemption
    made in time may have been on its way for so long (sync-ledger.md 2.7)."""
    today = business_date(now_ms, OFFSET_MIN, CUTOFF_HOUR)
    made = Ended()
    programme = await _programme(head_office, now_ms, today)
    if programme is None:
        return made
    over = today - timedelta(days=expiring.GRACE_DAYS)
    async for decided, posted in _rounds(
        head_office, levels.ended_lots, over, _points, programme, today, now_ms
    ):
        if not posted:
            made.late += 1
            continue
        made.members += 1
        made.points += sum(claim.quantity for claim in decided.claims)
    return made


async def _programme(head_office: HeadOffice, now_ms: int, today: date) -> Programme | None:
    async with head_office.database.reading() as session:
        basis = await head_office.poster.basis(session, now_ms)
    return in_force(basis.programmes, today)


async def _rounds(  # both jobs walk the members in the same way
    head_office: HeadOffice,
    find: Find,
    before: date,
    decide: Decide,
    programme: Programme,
    today: date,
    now_ms: int,
) -> AsyncIterator[tuple[Decided, bool]]:
    """Members in order, so many at once: what was decided of each, and whether it was posted."""
    after = b""
    while True:
        async with head_office.database.reading() as session:
            found = await find(session, before, after, AT_ONCE)
            loaded = await ledger.load(session, found, [], [], lock=False)
        if not found:
            return
        after = found[-1].bytes
        made = [decide(programme, loaded.books[m], today) for m in found if m in loaded.books]
        for pair in await post_all(
            head_office, [one for one in made if one is not None], programme, today, now_ms
        ):
            yield pair


async def post_all(
    head_office: HeadOffice,
    made: Sequence[Decided],
    programme: Programme,
    today: date,
    now_ms: int,
) -> list[tuple[Decided, bool]]:
    """Write the entries; whether each was posted as it was decided."""
    bodies = [
        (body_of(head_office.ledger, one, today, programme.version, now_ms), ()) for one in made
    ]
    replies = await head_office.ledger.post(bodies, now_ms)
    results = [result for reply in replies for result in reply.results]
    return [
        (one, result.outcome is Outcome.POSTED) for one, result in zip(made, results, strict=True)
    ]


def _level(programme: Programme, book: MemberBook, today: date) -> Decided | None:
    if programme.levels is None:
        return None
    found = tiers.due(
        programme, programme.levels, book.tier, book.level, book.balances.qualifying, today
    )
    if found is None:
        return None
    data = TierChangeData(
        found.before,
        found.after,
        found.since,
        found.to,
        found.reason,
        found.spent_minor,
        found.from_minor,
        book.level.to,
    )
    return Decided(
        Kind.TIER_CHANGE, book.member, book.home_dealer, book.home_store, data, trace=found.trace
    )


def _points(_programme: Programme, book: MemberBook, today: date) -> Decided | None:
    lots = expiring.expired(book.lots, today)
    if not lots:
        return None
    return Decided(
        Kind.EXPIRY,
        book.member,
        book.home_dealer,
        book.home_store,
        expiring.data_of(lots),
        expiring.effects(book.member, lots),
        (expiring.claim(lots),),
    )
