"""Posting: levels, what a sale claims of level and points, the end of points.

A sale is a fact: its points stay as they were journalled, and what does not follow from the rules
is flagged for a person to look at; a correction is an adjustment.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sync.domain import accounts
from sync.domain.books import Issue, LevelPosted, MemberBook
from sync.domain.earning import EarnTerms, Goods, earn_sale
from sync.domain.expiring import EXPIRY, ExpiryData
from sync.domain.joining import EnrolData, Prospect, eligible
from sync.domain.journal import MAX_AMOUNT
from sync.domain.lots import Lot, LotKey, Uncovered
from sync.domain.originals import sale_of
from sync.domain.posting_prices import use_once
from sync.domain.posting_run import Run
from sync.domain.programme import Programme, Tier, in_force
from sync.domain.refusals import Refusal
from sync.domain.selling import SaleData
from sync.domain.tiers import (
    BIRTHDAY,
    TierChangeData,
    birthday_windows,
    counted,
    has_benefit,
    rank,
    upgrade,
    valid_to,
)


def check_sale(run: Run) -> None:
    """Flag a level the member did not have, and points that do not follow from the lines; mark what
    the sale uses up."""
    use_once(run)
    try:
        data = sale_of(run.body)
    except ValueError:
        return  # nothing is decided by it
    programme, member = run.admitted.programme, run.body.member
    if member is None and data is not None and data.prospect:
        _count_prospect(run, data)
    if programme is None or member is None or data is None:
        return
    book = run.books.members[run.books.real(member)]
    tier = _tier_of(run, programme, data, book)
    points = sum(
        delta for name, delta in run.admitted.moves if name == accounts.POINTS and delta > 0
    )
    try:
        follows = _points(run, programme, data, book, tier)
    except ValueError:  # amounts no till could have rung up
        follows = None
    if follows != points:
        run.codes.append(Issue.RULE_MISMATCH)
    _count_day(run, programme, book, points)


def _count_prospect(run: Run, data: SaleData) -> None:
    """A sale that counts for somebody who is no member yet (FL-06, pitfall 14)."""
    base = sum(line.money_minor + line.principal_minor for line in data.lines)
    if base != data.earn_base_minor or not 0 < base <= MAX_AMOUNT:
        run.codes.append(Issue.RULE_MISMATCH)
        return
    known = run.books.prospects.get(data.prospect, Prospect())
    name = f"{run.ref.device}:{run.ref.epoch}"
    run.books.put_prospect(
        data.prospect,
        msgspec.structs.replace(
            known,
            spend=counted(known.spend, run.body.business_date, base),
            marks=known.marks | {name: max(known.marks.get(name, 0), run.ref.seq)},
        ),
    )


def join_prospect(run: Run) -> None:
    """Who was known by phone or provisional card has joined: what was spent before counts no more.
    It is flagged if what head office knows would not have made them a member, or somebody else
    joined by it before.
    """
    data, programme, member = run.admitted.data, run.admitted.programme, run.body.member
    if not isinstance(data, EnrolData) or not data.prospect or programme is None:
        return
    known = run.books.prospects.get(data.prospect, Prospect())
    day = run.body.business_date
    found = eligible(programme, day, max(data.single_minor, 0), known.purchases())
    if isinstance(found, Refusal):
        run.codes.append(Issue.RULE_MISMATCH)
    if known.joined is None:
        run.books.put_prospect(data.prospect, msgspec.structs.replace(known, joined=member))


def _tier_of(run: Run, programme: Programme, data: SaleData, book: MemberBook) -> Tier:
    """The level the sale goes by: what it says, if the member had it then. A till may not have
    heard of a higher one yet; that is no fault of anybody.
    """
    claimed, level = rank(programme, data.tier), book.level
    held = rank(programme, book.tier)
    if level.since is not None and run.body.business_date < level.since:
        held = max(held, rank(programme, level.before))
    if claimed > held:
        run.codes.append(Issue.TIER_MISMATCH)
    code = data.tier if 0 <= claimed <= held else book.tier
    return programme.tier(code) or programme.first_tier


def _points(run: Run, programme: Programme, data: SaleData, book: MemberBook, tier: Tier) -> int:
    day = run.body.business_date
    windows = birthday_windows(programme.birthday, book.level.birthday, day)
    goods = [
        Goods(line.money_minor + line.principal_minor, line.brand, line.category)
        for line in data.lines
    ]
    terms = EarnTerms(day, data.birthday and has_benefit(windows, BIRTHDAY, day), data.earn_cap)
    earned = earn_sale(programme, run.dealer, tier, goods, terms, redeemed=data.points_used > 0)
    return earned.points.count


def _count_day(run: Run, programme: Programme, book: MemberBook, points: int) -> None:
    """Tills know their own sales of a day; head office knows all."""
    cap, day, level = programme.earning.day_cap_points, run.body.business_date, book.level
    if cap is None or (level.earned_on is not None and day < level.earned_on):
        return
    earned = points + (level.earned if level.earned_on == day else 0)
    book.level = msgspec.structs.replace(level, earned_on=day, earned=earned)
    if earned > cap:
        run.codes.append(Issue.RULE_MISMATCH)


def follow(run: Run, book: MemberBook) -> None:
    """After any entry of a member: its level begins, and rises as soon as spend reaches a higher
    one; birthday windows that have passed give way to the next.
    """
    day = run.body.business_date
    join_prospect(run)
    programme = run.admitted.programme or in_force(run.books.programmes, day)
    if programme is None:
        return
    benefits = book.level.benefits
    if benefits and benefits[0].to_day < day:
        told = birthday_windows(programme.birthday, book.level.birthday, day)
        book.level = msgspec.structs.replace(book.level, benefits=told)
    if programme.levels is None:
        return
    levels, state = programme.levels, book.level
    if state.since is None:
        to = valid_to(programme, levels, book.tier, day)
        book.level = state = msgspec.structs.replace(state, since=day, to=to)
    if all(name != accounts.QUALIFYING for name, _ in run.admitted.moves):
        return
    change = upgrade(programme, levels, book.tier, state.spend, book.balances.qualifying, day)
    if change is not None:
        _change(
            run,
            book,
            TierChangeData(
                change.before,
                change.after,
                change.since,
                change.to,
                change.reason,
                change.spent_minor,
                change.from_minor,
            ),
        )


def change_tier(run: Run) -> None:
    """A level that head office keeps or lowers. What it was decided on must still hold: a level
    that rose meanwhile stays as it is.
    """
    data, member = run.admitted.data, run.body.member
    if not isinstance(data, TierChangeData):
        raise TypeError("a change of level was admitted without its data")
    if member is None:
        return
    book = run.books.members[run.books.real(member)]
    if (data.before, data.was_to) != (book.tier, book.level.to):
        run.codes.append(Issue.RULE_MISMATCH)
        return
    _change(run, book, data)


def _change(run: Run, book: MemberBook, data: TierChangeData) -> None:
    before, level = data.before, book.level
    if data.after == data.before or (level.since == data.since and level.before):
        before = level.before  # what was held until that day, however many steps were made on it
    book.tier = data.after
    book.level = msgspec.structs.replace(book.level, since=data.since, to=data.to, before=before)
    run.books.levels.append(
        LevelPosted(
            book.member,
            run.post_seq,
            data.before,
            data.after,
            data.since,
            data.to,
            data.reason,
            data.spent_minor,
            data.from_minor,
        )
    )


def expire(run: Run, book: MemberBook) -> None:
    """Points of lots that have ended go back to the dealers they came from. All lots are still as
    the entry names them, or nothing of it happens: a redemption may have come in between.
    """
    data = run.admitted.data
    if not isinstance(data, ExpiryData):
        raise TypeError("an expiry was admitted without its data")
    lots = _named(book.lots, data)
    day, total = run.body.business_date, sum(each.quantity for each in data.lots)
    claimed = sum(claim.quantity for claim in run.body.claims)
    if lots is None or claimed != total or not all(lot.expired_on(day) for lot in lots):
        run.codes.append(Issue.RULE_MISMATCH)
        return
    for lot in lots:
        gone = Uncovered(
            post_seq=run.post_seq,
            claim=0,
            member=book.member,
            account=accounts.POINTS,
            kind=EXPIRY,
            offer="",
            entry=run.ref,
            creditor=lot.dealer,
            store=lot.store,
            business_date=day,
            open=0,
            amount_minor=0,
        )
        units, lot.open = lot.open, 0
        run.books.changed_lots[lot.key] = lot
        run.allocate(lot, gone, units, 0)
    run.move(book, accounts.POINTS, -total, "effect")


def _named(lots: Iterable[Lot], data: ExpiryData) -> list[Lot] | None:
    """The lots an expiry names, each once and with exactly what it says open; else None."""
    held = {lot.key: lot for lot in lots if lot.account == accounts.POINTS}
    found: dict[LotKey, Lot] = {}
    for each in data.lots:
        lot = held.get(LotKey(each.post_seq, each.part))
        if lot is None or lot.key in found or not 0 < each.quantity == lot.open:
            return None
        found[lot.key] = lot
    return list(found.values())
