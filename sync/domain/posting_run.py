"""One entry being posted: the moves every kind is made of.

`sync.domain.posting` says which kind does what; here is how lots are drawn, credited and covered,
and how balances move.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from sync.domain import accounts
from sync.domain.admission import Admitted
from sync.domain.books import Books, Issue, MemberBook, Posting
from sync.domain.business_day import days_after
from sync.domain.card_changes import ABOUT_A_DEAD_CARD
from sync.domain.cards import Card, Status
from sync.domain.earning import expires_on
from sync.domain.journal import Body, Kind
from sync.domain.leases import leased_apart
from sync.domain.lots import (
    FUNDED_BY_DEALER,
    Allocation,
    EntryRef,
    Lot,
    LotKey,
    Uncovered,
    cover,
    split_amount,
    take,
)
from sync.domain.opening import OpeningData
from sync.domain.programme import in_force
from sync.domain.tiers import counted

EARNING_KINDS: Final = frozenset({Kind.SALE.value, Kind.EXCHANGE.value})
LATE_DAYS: Final = 7  # a redemption made in time is good for so long after a lot's last day
_OTHER_BUCKET = {accounts.PRINCIPAL: accounts.BONUS, accounts.BONUS: accounts.PRINCIPAL}


class Run:
    """Posts one admitted entry. `codes`: its issues; `allocations`: those made while posting it."""

    def __init__(
        self, body: Body, admitted: Admitted, ref: EntryRef, books: Books, post_seq: int
    ) -> None:
        self.body, self.admitted, self.ref, self.books = body, admitted, ref, books
        self.post_seq = post_seq
        self.dealer, self.store, _ = books.place
        self.codes: list[Issue] = []
        self.allocations: list[Allocation] = []
        self.covered: Mapping[str, int] = {}  # units of its debits within leases, by asset
        self.part = 0

    def flags(self) -> None:
        """What is wrong with the entry as a whole."""
        body, books = self.body, self.books
        if books.revoked:
            self.codes.append(Issue.DEVICE_REVOKED)
        if (body.place.dealer, body.place.store, body.place.till) != books.place:
            self.codes.append(Issue.PLACE_MISMATCH)
        if body.entry_id in books.declined:
            self.codes.append(Issue.DECLINED_UNSEEN)
        if not self.admitted.as_claimed:
            self.codes.append(Issue.RULE_MISMATCH)
        if body.programme:
            due = in_force(books.programmes, body.business_date)
            if due is None or due.version != body.programme:
                self.codes.append(Issue.RULE_MISMATCH)
        if body.card is not None and body.kind != Kind.ENROL:
            card = books.cards.get(body.card)
            if card is None or body.member is None or not books.same(card.member, body.member):
                self.codes.append(Issue.CARD_UNKNOWN)
            elif card.status is not Status.ACTIVE and body.kind not in ABOUT_A_DEAD_CARD:
                self.codes.append(Issue.CARD_BLOCKED)

    def mark(self, book: MemberBook) -> None:
        """The entry is inside these books; never back, when an older entry comes later."""
        name = f"{self.ref.device}:{self.ref.epoch}"
        book.marks[name] = max(book.marks.get(name, 0), self.ref.seq)
        book.version = self.post_seq
        self.books.touched[book.member] = book

    def put_card(self, card: Card) -> None:
        """The card as it now is."""
        self.books.cards[card.token] = card
        self.books.changed_cards[card.token] = card

    def debits(self, book: MemberBook) -> None:
        """Each claim from its own lots; then what stored value is short of from the other bucket
        (golden case 8); what is left stays uncovered.
        """
        body = self.body
        debts = [
            Uncovered(
                post_seq=self.post_seq,
                claim=index,
                member=book.member,
                account=claim.account,
                kind=claim.kind,
                offer=claim.offer,
                entry=self.ref,
                creditor=self.dealer,
                store=self.store,
                business_date=body.business_date,
                open=claim.quantity,
                amount_minor=settlement,
            )
            for index, (claim, settlement) in enumerate(
                zip(body.claims, self.admitted.settlements, strict=True)
            )
        ]
        for debt in debts:
            self.draw(book, debt, debt.account)
        for debt in debts:
            other = _OTHER_BUCKET.get(debt.account)
            if debt.open and other and (drawn := self.draw(book, debt, other)):
                self.codes.append(Issue.SPLIT_MISMATCH)
                self.move(book, debt.account, drawn, "split")
                self.move(book, other, -drawn, "split")
        for claim, debt in zip(body.claims, debts, strict=True):
            self.move(book, claim.account, -claim.quantity, "effect")
            if debt.open:
                self.codes.append(Issue.OVERDRAFT)
        for debt in leased_apart(debts, body.claims, self.covered):
            book.uncovered.append(debt)
            self.books.new_uncovered.append(debt)

    def draw(
        self, book: MemberBook, debt: Uncovered, account: str, among: Sequence[Lot] | None = None
    ) -> int:
        """Allocate what `debt` still needs to the member's lots of `account` (only to those
        `among`, if given); the units found."""
        lots = book.lots if among is None else among
        mine = [lot for lot in lots if lot.account == account]
        chosen, expired = take(mine, debt.open, self.body.business_date)
        self._flag(chosen, unusable=expired)
        drawn = sum(units for _, units in chosen)
        fens, debt.amount_minor = split_amount(chosen, debt.open - drawn, debt.amount_minor)
        debt.open -= drawn
        for (lot, units), fen in zip(chosen, fens, strict=True):
            lot.open -= units
            self.books.changed_lots[lot.key] = lot
            self.allocate(lot, debt, units, fen)
        return drawn

    def _flag(self, chosen: Sequence[tuple[Lot, int]], *, unusable: bool) -> None:
        """Lots past their day or before it, and those whose redemption came too late to be believed
        (sync-ledger.md 2.7).
        """
        day, arrived = self.body.business_date, self.books.arrived_on
        late = arrived is not None and any(
            lot.expired_on(arrived - timedelta(days=LATE_DAYS)) for lot, _ in chosen
        )
        if late or (unusable and any(lot.expired_on(day) for lot, _ in chosen)):
            self.codes.append(Issue.LOT_EXPIRED)
        if unusable and any(not lot.vested_on(day) for lot, _ in chosen):
            self.codes.append(Issue.LOT_UNVESTED)

    def credits(self, book: MemberBook) -> None:
        """One new lot per credited account, after it has covered what was uncovered; qualifying
        spend is a counter without lots.
        """
        sums: dict[str, int] = {}
        for name, delta in self.admitted.moves:
            if delta > 0:
                sums[name] = sums.get(name, 0) + delta
        qualifying = sums.pop(accounts.QUALIFYING, 0)
        for part, (account, quantity) in enumerate(sorted(sums.items())):
            lot = Lot(
                key=LotKey(self.post_seq, part),
                member=book.member,
                account=account,
                dealer=self.dealer,
                store=self.store,
                funded_by=self.funder(account),
                entry=self.ref,
                business_date=self.body.business_date,
                expires_on=self.expiry(account),
                quantity=quantity,
                open=quantity,
                usable_from=self.usable_from(account),
            )
            book.lots.append(lot)
            self.books.new_lots.append(lot)
            self.move(book, account, quantity, "effect")
            self.cover(book, lot)
        if qualifying:
            self.move(book, accounts.QUALIFYING, qualifying, "effect")

    def cover(self, book: MemberBook, lot: Lot) -> None:
        """Use a new lot for what was uncovered."""
        waiting = [debt for debt in book.uncovered if debt.account == lot.account]
        for debt, units, fen in cover(lot, waiting):
            if lot.expired_on(debt.business_date):
                self.codes.append(Issue.LOT_EXPIRED)
            self.books.changed_uncovered[(debt.post_seq, debt.claim)] = debt
            self.allocate(lot, debt, units, fen)

    def funder(self, account: str) -> str:
        """Who bears units of a new lot when they are spent."""
        programme = self.admitted.programme
        if account == accounts.BONUS and programme:
            return programme.stored_value.bonus_funded_by
        return FUNDED_BY_DEALER

    def expiry(self, account: str) -> date | None:
        """Last day of a new lot."""
        programme, opens = self.admitted.programme, self.admitted.data
        if account != accounts.POINTS:
            return None
        if isinstance(opens, OpeningData) and opens.expires_on is not None:
            return opens.expires_on
        return expires_on(programme, self.body.business_date) if programme else None

    def usable_from(self, account: str) -> date | None:
        """First day on which units of a new lot may be spent: points earned by goods may have to
        wait.
        """
        programme = self.admitted.programme
        if account != accounts.POINTS or self.body.kind not in EARNING_KINDS or not programme:
            return None
        days = programme.earning.vesting_days
        return days_after(self.body.business_date, days) if days else None

    def move(
        self, book: MemberBook, account: str, delta: int, reason: str, day: date | None = None
    ) -> None:
        """One posted line on a balance. `day`: business date qualifying spend counts on (None: the
        entry's own; what is undone counts on the day of its original).
        """
        book.balances = book.balances.plus(account, delta)
        if account == accounts.QUALIFYING:
            spend = counted(book.level.spend, day or self.body.business_date, delta)
            book.level = msgspec.structs.replace(book.level, spend=spend)
        self.books.postings.append(
            Posting(self.post_seq, self.part, book.member, account, delta, reason)
        )
        self.part += 1

    def allocate(self, lot: Lot, debt: Uncovered, units: int, fen: int) -> None:
        """Bind units of a lot to a debt."""
        self.allocations.append(
            Allocation(
                post_seq=self.post_seq,
                part=len(self.allocations),
                claim_post_seq=debt.post_seq,
                claim=debt.claim,
                kind=debt.kind,
                offer=debt.offer,
                member=lot.member,
                account=lot.account,
                entry=debt.entry,
                store=debt.store,
                lot=lot.key,
                lot_entry=lot.entry,
                lot_dealer=lot.dealer,
                lot_store=lot.store,
                quantity=units,
                amount_minor=fen,
                debtor=lot.debtor(debt.creditor),
                creditor=debt.owed_to,
            )
        )
