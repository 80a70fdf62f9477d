"""Posting: head office takes entries in order and decides what each does to the books.

No I/O, no SQL: the caller loads `Books` for a batch (its members locked in sorted order), posts
entry by entry, and stores the changes as sets of rows. What happened at a counter is a fact: an
entry is posted, posted with exception codes, or quarantined; it is never refused (golden case 13).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.admission import POSTED_KINDS, Admitted, Quarantine, admit
from sync.domain.books import Books, Issue, MemberBook, Outcome, Posting, Result
from sync.domain.business_day import months_before
from sync.domain.cards import Card, Status
from sync.domain.joining import EnrolData
from sync.domain.journal import Body, Entry, Kind, UnreadableBody, member_effects, read_body
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
from sync.domain.programme import in_force

__all__ = [
    "POSTED_KINDS",
    "Books",
    "Issue",
    "MemberBook",
    "Outcome",
    "Posting",
    "Result",
    "members_of",
    "post",
]

_OTHER_BUCKET = {accounts.PRINCIPAL: accounts.BONUS, accounts.BONUS: accounts.PRINCIPAL}


def members_of(entries: Sequence[Entry]) -> list[UUID]:
    """Members whose books the entries touch, sorted (the lock order); unreadable entries touch
    none.
    """
    found: set[UUID] = set()
    for entry in entries:
        try:
            body = read_body(entry.body)
            owners = {owner for owner, _, _ in member_effects(body.effects)}
        except ValueError:  # an UnreadableBody, or an unknown account: both end in quarantine
            continue
        found |= owners if body.member is None else owners | {body.member}
    return sorted(found)


def post(entry: Entry, books: Books, post_seq: int, body: Body | None = None) -> Result:
    """Post one entry as number `post_seq`, changing `books`. `body`: what `read_body` made of it,
    for callers who have it.

    A quarantined entry changes nothing and uses no number. Raises nothing, whatever the entry says.
    """
    ref = EntryRef(entry.device, entry.epoch, entry.seq)
    entry_id: UUID | None = None
    try:
        body = body or read_body(entry.body)
        entry_id = body.entry_id
        admitted = admit(body, books)
    except UnreadableBody:
        return Result(ref, entry_id, Outcome.QUARANTINED, (Issue.UNREADABLE,), None)
    except Quarantine as stop:
        return Result(ref, entry_id, Outcome.QUARANTINED, (stop.issue,), None)
    run = _Run(body, admitted, ref, books, post_seq)
    run.post()
    books.taken.add(body.entry_id)
    codes = tuple(dict.fromkeys(run.codes))
    outcome = Outcome.POSTED_EXCEPTION if codes else Outcome.POSTED
    return Result(ref, entry_id, outcome, codes, post_seq, tuple(run.allocations))


class _Run:
    """Posts one admitted entry."""

    def __init__(
        self, body: Body, admitted: Admitted, ref: EntryRef, books: Books, post_seq: int
    ) -> None:
        self.body, self.admitted, self.ref, self.books = body, admitted, ref, books
        self.post_seq = post_seq
        self.dealer, self.store, _ = books.place
        self.codes: list[Issue] = []
        self.allocations: list[Allocation] = []
        self.part = 0

    def post(self) -> None:
        """Flags first, then debits against lots, then credits as new lots."""
        self._flags()
        if self.body.kind == Kind.CARD_BLOCK:
            self._block_card()
        if self.body.member is None:
            return
        if self.admitted.enrols is not None:
            self._enrol(self.body.member, self.admitted.enrols)
        book = self.books.members[self.body.member]
        self._debits(book)
        self._credits(book)
        mark = f"{self.ref.device}:{self.ref.epoch}"  # never back, when an older entry comes later
        book.marks[mark] = max(book.marks.get(mark, 0), self.ref.seq)
        book.version = self.post_seq
        self.books.touched[book.member] = book

    def _flags(self) -> None:
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
            if card is None or card.member != body.member:
                self.codes.append(Issue.CARD_UNKNOWN)
            elif card.status is not Status.ACTIVE and body.kind != Kind.CARD_BLOCK:
                self.codes.append(Issue.CARD_BLOCKED)

    def _enrol(self, member: UUID, data: EnrolData) -> None:
        """A tier is believed if the programme knows it, and flagged if it is not the first one."""
        programme, tier = self.admitted.programme, data.tier
        if programme is not None and tier != programme.first_tier.code:
            self.codes.append(Issue.RULE_MISMATCH)
            tier = tier if programme.tier(tier) else programme.first_tier.code
        book = MemberBook(member, tier, data.home_dealer, data.home_store)
        self.books.members[member] = book
        self.books.new_members.append(member)
        if data.token in self.books.cards:
            self.codes.append(Issue.CARD_IN_USE)
        else:
            self._put_card(Card(data.token, member, Status.ACTIVE, data.tail, data.medium))

    def _block_card(self) -> None:
        """Block the card, also one of another member (flagged): a wrong block is undone, a wrong
        purchase is not. A replaced card stays replaced.
        """
        card = self.books.cards.get(self.body.card or "")
        if card is None:
            self.codes.append(Issue.CARD_UNKNOWN)
        elif card.status is Status.ACTIVE:
            self._put_card(msgspec.structs.replace(card, status=Status.BLOCKED))

    def _put_card(self, card: Card) -> None:
        self.books.cards[card.token] = card
        self.books.changed_cards[card.token] = card

    def _debits(self, book: MemberBook) -> None:
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
            self._draw(book, debt, debt.account)
        for debt in debts:
            other = _OTHER_BUCKET.get(debt.account)
            if debt.open and other and (drawn := self._draw(book, debt, other)):
                self.codes.append(Issue.SPLIT_MISMATCH)
                self._move(book, debt.account, drawn, "split")
                self._move(book, other, -drawn, "split")
        for claim, debt in zip(body.claims, debts, strict=True):
            self._move(book, claim.account, -claim.quantity, "effect")
            if debt.open:
                self.codes.append(Issue.OVERDRAFT)
                book.uncovered.append(debt)
                self.books.new_uncovered.append(debt)

    def _draw(self, book: MemberBook, debt: Uncovered, account: str) -> int:
        """Allocate what `debt` still needs to the member's lots of `account`; the units found."""
        mine = [lot for lot in book.lots if lot.account == account]
        chosen, expired = take(mine, debt.open, self.body.business_date)
        if expired:
            self.codes.append(Issue.LOT_EXPIRED)
        drawn = sum(units for _, units in chosen)
        fens, debt.amount_minor = split_amount(chosen, debt.open - drawn, debt.amount_minor)
        debt.open -= drawn
        for (lot, units), fen in zip(chosen, fens, strict=True):
            lot.open -= units
            self.books.changed_lots[lot.key] = lot
            self._allocate(lot, debt, units, fen)
        return drawn

    def _credits(self, book: MemberBook) -> None:
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
                funded_by=self._funder(account),
                entry=self.ref,
                business_date=self.body.business_date,
                expires_on=self._expiry(account),
                quantity=quantity,
                open=quantity,
            )
            book.lots.append(lot)
            self.books.new_lots.append(lot)
            self._move(book, account, quantity, "effect")
            self._cover(book, lot)
        if qualifying:
            self._move(book, accounts.QUALIFYING, qualifying, "effect")

    def _cover(self, book: MemberBook, lot: Lot) -> None:
        waiting = [debt for debt in book.uncovered if debt.account == lot.account]
        for debt, units, fen in cover(lot, waiting):
            if not lot.usable_on(debt.business_date):
                self.codes.append(Issue.LOT_EXPIRED)
            self.books.changed_uncovered[(debt.post_seq, debt.claim)] = debt
            self._allocate(lot, debt, units, fen)

    def _funder(self, account: str) -> str:
        programme = self.admitted.programme
        if account == accounts.BONUS and programme:
            return programme.stored_value.bonus_funded_by
        return FUNDED_BY_DEALER

    def _expiry(self, account: str) -> date | None:
        programme, opens = self.admitted.programme, self.admitted.opens
        if account != accounts.POINTS:
            return None
        if opens is not None and opens.expires_on is not None:
            return opens.expires_on
        months = programme.earning.expiry_months if programme else None
        return None if months is None else months_before(self.body.business_date, -months)

    def _move(self, book: MemberBook, account: str, delta: int, reason: str) -> None:
        book.balances = book.balances.plus(account, delta)
        self.books.postings.append(
            Posting(self.post_seq, self.part, book.member, account, delta, reason)
        )
        self.part += 1

    def _allocate(self, lot: Lot, debt: Uncovered, units: int, fen: int) -> None:
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
                creditor=debt.creditor,
            )
        )
