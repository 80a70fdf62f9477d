"""Posting: what taking back does to the books (golden cases 9 and 15; invariant 30).

What the original drew goes back to the same lots by reversing allocations, newest first, as if less
had been used. What it gave is taken from its own lot as far as that is still there; what was spent
of it stays spent: the allocation stands, the member owes the hole, and whoever covers it later pays
the dealer that paid for those units. Head office books the exact negatives, whatever a till wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.books import Issue, MemberBook
from sync.domain.expiring import EXPIRY
from sync.domain.journal import Body, Kind
from sync.domain.lots import (
    FUNDED_BY_DEALER,
    FUNDED_BY_HEAD_OFFICE,
    FUNDED_BY_REDEEMER,
    HEAD_OFFICE,
    LEASED_PART,
    Allocation,
    Lot,
    LotKey,
    Uncovered,
)
from sync.domain.originals import (
    Original,
    TakenBack,
    back_moves,
    line_moves,
    pieces_of,
    sale_of,
    share,
)
from sync.domain.parts import share_of_rest
from sync.domain.paying_out import FORFEIT, TOP_UP_CANCEL, CancelData
from sync.domain.posting_levels import check_sale
from sync.domain.posting_prices import give_back, use_once
from sync.domain.posting_run import Run
from sync.domain.reversals import ExchangeData, ReturnData, VoidData
from sync.domain.rulebook.returns import Returns

CLAWBACK: Final = "clawback"  # kinds of the lines that reversals write
GRACE: Final = "grace"
REFUND: Final = "refund"
MONEY: Final = "money"
NOBODY: Final = UUID(int=0)
_FIRST_GRACE_PART: Final = 64  # lots of credits have lower parts


@dataclass(slots=True)
class _Open:
    """What is left of an allocation after its reversals."""

    allocation: Allocation
    quantity: int
    amount_minor: int

    def take(self, most: int) -> tuple[int, int]:
        """(units, fen) of it, at most so many units."""
        units = min(most, self.quantity)
        if units <= 0:
            return 0, 0
        fen = share_of_rest(self.amount_minor, units, self.quantity)
        self.quantity -= units
        self.amount_minor -= fen
        return units, fen


def _rest(made: Iterable[Allocation]) -> list[_Open]:
    """Allocations less their reversals, newest first; each reversal names claim and lot."""
    found: dict[tuple[int, int, LotKey], _Open] = {}
    for a in made:
        key = (a.claim_post_seq, a.claim, a.lot)
        if key in found:
            found[key].quantity += a.quantity
            found[key].amount_minor += a.amount_minor
        else:
            found[key] = _Open(a, a.quantity, a.amount_minor)
    return list(found.values())[::-1]


class Reversal:
    """One entry that takes an original back, being posted."""

    def __init__(self, run: Run, original: Original) -> None:
        self.run, self.original = run, original
        self.pieces = pieces_of(original.body)
        self.claims = len(run.body.claims)  # numbers after the entry's own claims
        self.graces = 0

    # -- what comes back -------------------------------------------------------------------------

    def take(self, wanted: dict[int, int]) -> dict[int, int]:
        """Pieces per line that can still come back; more than that is an exception."""
        gone, found = self.original.taken_back, {}
        for item, quantity in wanted.items():
            left = max(self.pieces.get(item, 0) - gone.get(item, 0), 0)
            found[item] = min(max(quantity, 0), left)
            if quantity > left:
                self.run.codes.append(Issue.ALREADY_REVERSED)
        return found

    def exact(self, taken: dict[int, int]) -> dict[tuple[int, str, bool], int]:
        """(line, account, credited) -> amount of the exact negatives."""
        found = {}
        for (item, name, credited), amount in line_moves(self.original.body).items():
            part = self._share(item, amount, taken.get(item, 0))
            if part:
                found[(item, name, not credited)] = part
        return found

    def _share(self, item: int, amount: int, pieces: int) -> int:
        gone = self.original.taken_back.get(item, 0)
        return share(amount, gone, pieces, self.pieces[item])

    def mark(self, taken: dict[int, int]) -> None:
        """So many pieces came back now."""
        for item, quantity in taken.items():
            if quantity > 0:
                gone = self.original.taken_back
                gone[item] = gone.get(item, 0) + quantity
                self.run.books.taken_back.append(
                    TakenBack(self.original.ref, self.run.post_seq, item, quantity)
                )

    # -- value -----------------------------------------------------------------------------------

    def move(self, book: MemberBook, exact: dict[tuple[int, str, bool], int]) -> None:
        """Restores first, so that what comes back can fill what is taken again."""
        sums: dict[tuple[str, bool], int] = {}
        for (_, name, credited), amount in exact.items():
            sums[(name, credited)] = sums.get((name, credited), 0) + amount
        for name in accounts.LOT_ACCOUNTS:
            self._restore(book, name, sums.get((name, True), 0))
        for name in accounts.LOT_ACCOUNTS:
            self._claw_back(book, name, sums.get((name, False), 0))
        for credited, sign in ((True, 1), (False, -1)):
            counted = sums.get((accounts.QUALIFYING, credited), 0)
            if counted:
                day = self.original.body.business_date  # it counts where it was counted
                self.run.move(book, accounts.QUALIFYING, sign * counted, "reversal", day)

    def _restore(self, book: MemberBook, name: str, units: int) -> None:
        """Give back to what the original's claims on `name` used: first what nothing had covered
        yet, then lots, newest allocation first."""
        original = self.original
        named = [i for i, c in enumerate(original.body.claims) if c.account == name]
        claims = {*named, *(i + LEASED_PART for i in named)}
        for debt in book.uncovered:
            short = debt.post_seq == original.post_seq and debt.claim in claims
            if short and units and debt.open:
                units -= self._forgive(book, debt, units)
        drawn = [a for a in original.drawn if a.claim in claims]
        for left in _rest(drawn):
            taken, fen = left.take(units)
            if taken:
                units -= taken
                self._return_to_lot(book, left.allocation, taken, fen)
                if left.allocation.account != name:
                    self.run.codes.append(Issue.SPLIT_MISMATCH)

    def _forgive(self, book: MemberBook, debt: Uncovered, most: int) -> int:
        units = min(most, debt.open)
        debt.amount_minor -= share_of_rest(debt.amount_minor, units, debt.open)
        debt.open -= units
        self.run.books.changed_uncovered[(debt.post_seq, debt.claim)] = debt
        self.run.move(book, debt.account, units, "reversal")
        return units

    def _return_to_lot(self, book: MemberBook, a: Allocation, units: int, fen: int) -> None:
        """The opposite line of an allocation, and the units open again (pitfall 2)."""
        run = self.run
        lot = next((lot for lot in book.lots if lot.key == a.lot), None)
        run.allocations.append(
            msgspec.structs.replace(
                a,
                post_seq=run.post_seq,
                part=len(run.allocations),
                entry=run.ref,
                store=run.store,
                quantity=-units,
                amount_minor=-fen,
            )
        )
        run.move(book, a.account, units, "reversal")
        theirs = lot is not None and run.books.real(lot.member) == book.member
        if lot is None or not theirs or lot.expired_on(run.body.business_date):
            lot = self._grace(book, a, lot, units)
        else:
            if lot.member != book.member:  # used up when its member was merged: it follows now
                run.books.moved_lots.setdefault(lot.key, lot.member)
                lot.member, lot.came_from = book.member, (*lot.came_from, lot.member)
            lot.open += units
            run.books.changed_lots[lot.key] = lot
        run.cover(book, lot)

    def _grace(self, book: MemberBook, a: Allocation, old: Lot | None, units: int) -> Lot:
        """A lot that has expired (or is another member's by now) gets nothing back: a new one of
        the same origin and funder lives for the days of grace."""
        run = self.run
        run.allocations.append(self._passed_on(a, units))
        day = run.body.business_date
        ends = day + timedelta(days=self._settings().grace_days)
        lot = Lot(
            key=LotKey(run.post_seq, _FIRST_GRACE_PART + self.graces),
            member=book.member,
            account=a.account,
            dealer=a.lot_dealer,
            store=a.lot_store,
            funded_by=old.funded_by if old else _funder(a),
            entry=a.lot_entry,
            business_date=old.business_date if old else day,
            expires_on=ends if a.account == accounts.POINTS else None,
            quantity=units,
            open=units,
        )
        self.graces += 1
        book.lots.append(lot)
        run.books.new_lots.append(lot)
        return lot

    def _passed_on(self, a: Allocation, units: int) -> Allocation:
        """The line by which the old lot stays without units that came back to it; nobody pays."""
        number, self.claims = self.claims, self.claims + 1
        return msgspec.structs.replace(
            a,
            post_seq=self.run.post_seq,
            part=len(self.run.allocations),
            claim_post_seq=self.run.post_seq,
            claim=number,
            kind=GRACE,
            offer="",
            entry=self.run.ref,
            store=self.run.store,
            quantity=units,
            amount_minor=0,
            debtor=a.lot_dealer,
            creditor=a.lot_dealer,
        )

    def _settings(self) -> Returns:
        programme = self.run.admitted.programme
        return programme.returns if programme else Returns()

    def _claw_back(self, book: MemberBook, name: str, units: int) -> None:
        """Take again what the original gave: its own lot first, then a hole for what was spent
        (golden case 15)."""
        if not units:
            return
        run, original = self.run, self.original
        spent = [a for a in original.spent if a.account == name]
        clawed = sum(a.quantity for a in spent if a.kind == CLAWBACK)
        before = self._given_before(name) - clawed
        own = self._own_lot(book, name, units)
        used = _rest(a for a in spent if a.kind != CLAWBACK)
        holes: list[tuple[int, int, str, str]] = []
        for taken, fen, a in _skipping(used, max(before, 0), units - own):
            if a.kind == EXPIRY:  # these points ended already
                units -= taken
            else:
                holes.append((taken, fen, a.debtor, a.offer))
        run.move(book, name, -units, "reversal")
        holes.append((units - own - sum(hole[0] for hole in holes), 0, original.place[0], ""))
        for taken, fen, creditor, offer in holes:
            if taken:
                self._hole(book, name, (taken, fen), creditor, offer)

    def _own_lot(self, book: MemberBook, name: str, units: int) -> int:
        """Take from what is open of the original's own lot; the units found."""
        run, own = self.run, 0
        for lot in book.lots:
            mine = lot.key.post_seq == self.original.post_seq and lot.account == name
            part = min(lot.open, units - own) if mine else 0
            if part:
                lot.open -= part
                own += part
                run.books.changed_lots[lot.key] = lot
                run.allocate(lot, self._debt(book, name, CLAWBACK, lot.dealer), part, 0)
        return own

    def _given_before(self, name: str) -> int:
        """Units of an account that earlier returns took again."""
        gone = self.original.taken_back
        return sum(
            share(amount, 0, gone.get(item, 0), self.pieces[item])
            for (item, account, credited), amount in line_moves(self.original.body).items()
            if account == name and credited
        )

    def _hole(
        self, book: MemberBook, name: str, owed: tuple[int, int], creditor: str, offer: str
    ) -> None:
        """(units, fen) already spent: the dealer that paid for them is owed by whoever covers
        them."""
        run = self.run
        debt = self._debt(book, name, CLAWBACK, creditor, offer)
        debt.open, debt.amount_minor = owed
        run.draw(book, debt, name)
        if debt.open:
            book.uncovered.append(debt)
            run.books.new_uncovered.append(debt)

    def _debt(
        self, book: MemberBook, account: str, kind: str, creditor: str, offer: str = ""
    ) -> Uncovered:
        run = self.run
        number, self.claims = self.claims, self.claims + 1
        return Uncovered(
            run.post_seq, number, book.member, account, kind, offer, run.ref, creditor, run.store,
            run.body.business_date, 0, 0,
        )  # fmt: skip

    def settle_money(self, taken: dict[int, int]) -> None:
        """Money that this dealer gave back for a sale of another one's is owed by that one."""
        run, (dealer, store, _) = self.run, self.original.place
        sale = sale_of(self.original.body)
        if sale is None or dealer == run.dealer:
            return
        money = sum(
            self._share(line.item, line.money_minor, taken.get(line.item, 0)) for line in sale.lines
        )
        if money:
            run.allocations.append(
                Allocation(
                    post_seq=run.post_seq,
                    part=len(run.allocations),
                    claim_post_seq=run.post_seq,
                    claim=self.claims,
                    kind=REFUND,
                    offer="",
                    member=run.body.member or NOBODY,
                    account=MONEY,
                    entry=run.ref,
                    store=run.store,
                    lot=LotKey(0, 0),
                    lot_entry=self.original.ref,
                    lot_dealer=dealer,
                    lot_store=store,
                    quantity=money,
                    amount_minor=money,
                    debtor=dealer,
                    creditor=run.dealer,
                )
            )
            self.claims += 1


def _funder(a: Allocation) -> str:
    """Who bears the units of a lot that is not at hand, told by who paid for them."""
    if a.debtor == HEAD_OFFICE:
        return FUNDED_BY_HEAD_OFFICE
    by_redeemer = a.account == accounts.BONUS and a.debtor == a.creditor != a.lot_dealer
    return FUNDED_BY_REDEEMER if by_redeemer else FUNDED_BY_DEALER


def _skipping(used: list[_Open], skip: int, units: int) -> Iterator[tuple[int, int, Allocation]]:
    """(units, fen, allocation) of `units`, newest first, after the `skip` units that earlier
    returns stand for."""
    for left in used:
        passed, _ = left.take(skip)
        skip -= passed
        taken, fen = left.take(units)
        units -= taken
        if taken:
            yield taken, fen, left.allocation


def original_of(run: Run) -> Original:
    """The original of an admitted entry."""
    original = run.admitted.original
    if original is None:
        raise TypeError("an entry that takes back was admitted without its original")
    return original


def reverse(run: Run) -> None:
    """Post what a return, an exchange or a void takes back."""
    original = original_of(run)
    work = Reversal(run, original)
    taken = work.take(_wanted(run, work))
    exact = work.exact(taken)
    if back_moves(run.body) != exact and Issue.ALREADY_REVERSED not in run.codes:
        run.codes.append(Issue.RULE_MISMATCH)
    if run.body.kind == Kind.VOID and not _same_counter(run.body, original.body):
        run.codes.append(Issue.RULE_MISMATCH)
    member = original.body.member
    if member is not None:
        work.move(run.books.members[run.books.real(member)], exact)
    work.settle_money(taken)
    if run.body.kind == Kind.VOID and any(taken.values()):
        give_back(run, original)
    if run.body.kind == Kind.EXCHANGE:
        use_once(run)
    work.mark(taken)


def exchange(run: Run) -> None:
    """Post the return in an exchange, and look at its sale as at any other."""
    reverse(run)
    check_sale(run)


def _wanted(run: Run, work: Reversal) -> dict[int, int]:
    data = run.admitted.data
    if isinstance(data, VoidData):
        return dict(work.pieces)
    back = data.back if isinstance(data, ExchangeData) else data
    if not isinstance(back, ReturnData):
        raise TypeError("a return was admitted without its data")
    found: dict[int, int] = {}
    for line in back.lines:
        found[line.item] = found.get(line.item, 0) + line.quantity
    return found


def _same_counter(body: Body, original: Body) -> bool:
    """A void is for the business day and the till of its original."""
    here = (body.place.till, body.business_date)
    return here == (original.place.till, original.business_date)


def cancel(run: Run, book: MemberBook) -> None:
    """Post a cancelled top-up: its own lots first, then others of the member; never more principal
    than it loaded, and no more bonus than its own lot still holds (pitfall 19)."""
    original, data = original_of(run), run.admitted.data
    if not isinstance(data, CancelData):
        raise TypeError("a cancelled top-up was admitted without its data")
    loaded = line_moves(original.body).get((0, accounts.PRINCIPAL, True), 0)
    left = loaded - original.taken_back.get(0, 0)
    if data.principal_minor > left:
        run.codes.append(Issue.ALREADY_REVERSED)
    own = [lot for lot in book.lots if lot.key.post_seq == original.post_seq]
    _pay(run, book, {TOP_UP_CANCEL: left, FORFEIT: _open_bonus(own)}, own)
    taken = min(data.principal_minor, left)
    if taken > 0:
        original.taken_back[0] = original.taken_back.get(0, 0) + taken
        run.books.taken_back.append(TakenBack(original.ref, run.post_seq, 0, taken))


def pay_out(run: Run, book: MemberBook) -> None:
    """Post a pay-out: principal by its lots in order, bonus only as far as there is some."""
    _pay(run, book, {FORFEIT: _open_bonus(book.lots)}, [])


def _open_bonus(lots: Iterable[Lot]) -> int:
    return sum(lot.open for lot in lots if lot.account == accounts.BONUS)


def _pay(run: Run, book: MemberBook, most: dict[str, int], first: list[Lot]) -> None:
    """Draw each claim, at most `most` of its kind, from the lots that go `first`, then the others;
    never from the other bucket: principal pays principal."""
    for index, claim in enumerate(run.body.claims):
        units = min(claim.quantity, most.get(claim.kind, claim.quantity))
        if units < claim.quantity:
            run.codes.append(Issue.RULE_MISMATCH)
        if not units:
            continue
        settles = share_of_rest(run.admitted.settlements[index], units, claim.quantity)
        debt = Uncovered(
            run.post_seq, index, book.member, claim.account, claim.kind, "", run.ref, run.dealer,
            run.store, run.body.business_date, units, settles,
        )  # fmt: skip
        run.draw(book, debt, claim.account, first)
        run.draw(book, debt, claim.account)
        run.move(book, claim.account, -units, "effect")
        if debt.open:
            run.codes.append(Issue.OVERDRAFT)
            book.uncovered.append(debt)
            run.books.new_uncovered.append(debt)
