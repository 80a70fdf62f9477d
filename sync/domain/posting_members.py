"""Posting: members merged, parted again, and points given from one to another (golden case 19;
pitfall 13; fault 46). Lots keep where they came from and when they end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, cast
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.books import Issue, MemberBook
from sync.domain.lots import Lot, LotKey, Uncovered, in_order, take
from sync.domain.posting_run import Run
from sync.domain.tiers import counted

if TYPE_CHECKING:
    from sync.domain.merging import MergeData, TransferData, UnmergeData


def merge(run: Run, book: MemberBook) -> None:
    """Everything the alias has moves to the member, lots and debts as they are; what either owed is
    covered by what the other has. An alias that is none, or stands for another, moves nothing.
    """
    data = cast("MergeData", run.admitted.data)
    alias = run.books.members.get(data.alias)
    if alias is None or alias is book or alias.alias_of is not None:
        run.codes.append(Issue.UNKNOWN_MEMBER)
        return
    _move(run, alias, book, alias.lots, alias.uncovered, "merge", away=True)
    _spend(run, alias, book, alias.balances.qualifying, "merge", 1)
    alias.alias_of = book.member
    _marked(run, book, alias)
    _cover(run, book)


def unmerge(run: Run, book: MemberBook) -> None:
    """What came from the alias and is still open goes back, and the spend it had brought."""
    data = cast("UnmergeData", run.admitted.data)
    alias = run.books.members.get(data.alias)
    if alias is None or alias.alias_of != book.member:
        run.codes.append(Issue.UNKNOWN_MEMBER)
        return
    lots = [lot for lot in book.lots if lot.came_from[-1:] == (alias.member,)]
    debts = [debt for debt in book.uncovered if debt.came_from[-1:] == (alias.member,)]
    _move(run, book, alias, lots, debts, "unmerge", away=False)
    _spend(run, alias, book, data.qualifying, "unmerge", -1)
    alias.alias_of = None
    _marked(run, book, alias)


def transfer(run: Run, book: MemberBook) -> None:
    """Points of the member's lots, in the order they would be spent, become lots of the other with
    the same origin and end. Without enough of them, or a card read for it, nothing moves.
    """
    data, books = cast("TransferData", run.admitted.data), run.books
    to = books.members.get(books.real(data.to))
    if to is None or to is book:
        run.codes.append(Issue.UNKNOWN_MEMBER)
        return
    if not books.office and run.body.card is None:
        run.codes.append(Issue.CARD_UNKNOWN)
        return
    if Issue.CARD_UNKNOWN in run.codes or Issue.CARD_BLOCKED in run.codes:
        return
    mine = [lot for lot in book.lots if lot.account == accounts.POINTS]
    chosen, expired = take(mine, data.points, run.body.business_date)
    owes = any(debt.open for debt in book.uncovered if debt.account == accounts.POINTS)
    if expired or owes or sum(units for _, units in chosen) < data.points:
        run.codes.append(Issue.OVERDRAFT)
        return
    for part, (lot, units) in enumerate(chosen):
        _give(run, to, lot, LotKey(run.post_seq, part), units)
    run.move(book, accounts.POINTS, -data.points, "transfer")
    run.move(to, accounts.POINTS, data.points, "transfer")
    _cover(run, to)
    run.mark(to)


def _cover(run: Run, book: MemberBook) -> None:
    """What is owed is covered by lots that came from elsewhere."""
    owed = {debt.account for debt in book.uncovered if debt.open}
    for lot in in_order(lot for lot in book.lots if lot.account in owed):
        run.cover(book, lot)
        run.books.changed_lots[lot.key] = lot


def _give(run: Run, to: MemberBook, lot: Lot, key: LotKey, units: int) -> None:
    """A part of a lot, split off: the rest and the part add up to what the lot was."""
    given = replace(lot, key=key, member=to.member, quantity=units, open=units, came_from=())
    lot.quantity -= units
    lot.open -= units
    run.books.changed_lots[lot.key] = lot
    run.books.split_lots[lot.key] = lot
    to.lots.append(given)
    run.books.new_lots.append(given)


def _move(
    run: Run,
    source: MemberBook,
    target: MemberBook,
    lots: Iterable[Lot],
    debts: Iterable[Uncovered],
    reason: str,
    *,
    away: bool,
) -> None:
    """Lots and debts change hands; balances follow. `away`: into a merge, else back out of it."""
    moved: dict[str, int] = {}
    for lot in [lot for lot in lots if lot.open]:
        run.books.moved_lots.setdefault(lot.key, lot.member)
        run.books.changed_lots[lot.key] = lot
        lot.member, lot.came_from = target.member, _path(lot.came_from, source, away=away)
        source.lots.remove(lot)
        target.lots.append(lot)
        moved[lot.account] = moved.get(lot.account, 0) + lot.open
    for debt in [debt for debt in debts if debt.open]:
        run.books.moved_uncovered.setdefault((debt.post_seq, debt.claim), debt.member)
        run.books.changed_uncovered[(debt.post_seq, debt.claim)] = debt
        debt.member, debt.came_from = target.member, _path(debt.came_from, source, away=away)
        source.uncovered.remove(debt)
        target.uncovered.append(debt)
        moved[debt.account] = moved.get(debt.account, 0) - debt.open
    for account, units in sorted(moved.items()):
        _shift(run, source, target, account, units, reason)


def _path(path: tuple[UUID, ...], source: MemberBook, *, away: bool) -> tuple[UUID, ...]:
    return (*path, source.member) if away else path[:-1]


def _shift(
    run: Run, source: MemberBook, target: MemberBook, account: str, units: int, reason: str
) -> None:
    if units:
        run.move(source, account, -units, reason)
        run.move(target, account, units, reason)


def _spend(
    run: Run, alias: MemberBook, book: MemberBook, units: int, reason: str, sign: int
) -> None:
    """Qualifying spend changes hands on the days it was spent on, not on that of the merge; the
    alias keeps its days, by which it is parted again.
    """
    days, joint = alias.level.spend, book.level.spend
    _shift(run, alias, book, accounts.QUALIFYING, sign * units, reason)
    for day, minor in days:
        joint = counted(joint, day, sign * minor)
    alias.level = msgspec.structs.replace(alias.level, spend=days)
    book.level = msgspec.structs.replace(book.level, spend=joint)


def _marked(run: Run, book: MemberBook, alias: MemberBook) -> None:
    """Both books hold every entry that either held, and are published."""
    marks = {
        name: max(book.marks.get(name, 0), alias.marks.get(name, 0))
        for name in book.marks.keys() | alias.marks.keys()
    }
    book.marks, alias.marks = dict(marks), dict(marks)
    run.mark(book)
    run.mark(alias)
    run.books.merged.add(alias.member)
