"""Posting: head office takes entries in order and decides what each does to the books.

No I/O, no SQL.

The caller loads `Books` for a batch (its members locked in sorted order), posts entry by entry, and
stores the changes as sets of rows. What happened at a counter is a fact: an entry is posted, posted
with exception codes, or quarantined; it is never refused (golden case 13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.business_day import months_before
from sync.domain.cards import Card, Status
from sync.domain.joining import EnrolData
from sync.domain.journal import (
    Body,
    Claim,
    Entry,
    Kind,
    Unbalanced,
    UnreadableBody,
    check_balanced,
    read_body,
)
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
from sync.domain.members import Balances
from sync.domain.programme import Programme, in_force
from sync.domain.redeeming import GIFT, POINTS_TENDER


class Outcome(StrEnum):
    """What became of an entry at head office."""

    POSTED = "posted"
    POSTED_EXCEPTION = "posted_exception"
    QUARANTINED = "quarantined"


class Issue(StrEnum):
    """Why an entry is an exception item or in quarantine."""

    UNREADABLE = "unreadable"
    UNBALANCED = "unbalanced"
    KIND_NOT_POSTED_YET = "kind_not_posted_yet"
    DATA_UNREADABLE = "data_unreadable"
    UNKNOWN_MEMBER = "unknown_member"
    UNKNOWN_PROGRAMME = "unknown_programme"
    CLAIMS_MISMATCH = "claims_mismatch"
    DUPLICATE_ENTRY_ID = "duplicate_entry_id"
    OVERDRAFT = "overdraft"
    SPLIT_MISMATCH = "split_mismatch"
    LOT_EXPIRED = "lot_expired"
    CARD_BLOCKED = "card_blocked"
    CARD_UNKNOWN = "card_unknown"
    CARD_IN_USE = "card_in_use"
    RULE_MISMATCH = "rule_mismatch"
    DECLINED_UNSEEN = "declined_unseen"
    DEVICE_REVOKED = "device_revoked"
    PLACE_MISMATCH = "place_mismatch"


POSTED_KINDS = frozenset(
    {
        Kind.SALE,
        Kind.TOP_UP,
        Kind.REDEEM_GIFT,
        Kind.ENROL,
        Kind.SHIFT_OPEN,
        Kind.SHIFT_CLOSE,
        Kind.CASH_IN,
        Kind.CASH_OUT_DRAWER,
        Kind.CLOCK_NOTE,
        Kind.KEY_EVENT,
        Kind.NOTE,
        Kind.CARD_BLOCK,
        Kind.PROFILE,
        Kind.OPENING_BALANCE,
    }
)


@dataclass(slots=True)
class MemberBook:
    """A member's books at head office while a batch is posted.

    `lots`: open ones of all accounts, `uncovered`: open claims; `marks`: last posted seq per
    "device:epoch".
    """

    member: UUID
    tier: str
    home_dealer: str
    home_store: str
    balances: Balances = field(default_factory=Balances)
    lots: list[Lot] = field(default_factory=list)
    uncovered: list[Uncovered] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """One posted line on a member's account.

    `reason`: effect | split (principal and bonus exchanged, case 8).
    """

    post_seq: int
    part: int
    member: UUID
    account: str
    delta: int
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """Outcome of one entry.

    `post_seq` is None in quarantine. `allocations`: those made while posting it.
    """

    ref: EntryRef
    entry_id: UUID | None
    outcome: Outcome
    codes: tuple[Issue, ...]
    post_seq: int | None
    allocations: tuple[Allocation, ...] = ()


@dataclass(slots=True)
class Books:
    """What a batch needs, loaded by the caller, and what it changed.

    `declined`: entry ids head office refused online; `taken`: entry ids already posted under
    another seq; `place`: (dealer, store, till) of the device; `revoked`: the device's key was
    revoked. Changes: `touched` members, `new_lots`, `changed_lots`, `new_uncovered`,
    `changed_uncovered`, `new_cards`, `changed_cards`, `postings`.
    """

    programmes: Sequence[Programme]
    members: dict[UUID, MemberBook]
    cards: dict[str, Card]
    place: tuple[str, str, str]
    declined: set[UUID] = field(default_factory=set)
    taken: set[UUID] = field(default_factory=set)
    revoked: bool = False
    touched: dict[UUID, MemberBook] = field(default_factory=dict)
    new_members: list[UUID] = field(default_factory=list)
    new_lots: list[Lot] = field(default_factory=list)
    changed_lots: dict[LotKey, Lot] = field(default_factory=dict)
    new_uncovered: list[Uncovered] = field(default_factory=list)
    changed_uncovered: dict[tuple[int, int], Uncovered] = field(default_factory=dict)
    changed_cards: dict[str, Card] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)

    def programme(self, version: int) -> Programme | None:
        """The programme of that version."""
        return next((p for p in self.programmes if p.version == version), None)


class _Quarantine(Exception):  # noqa: N818  # not an error: an outcome
    def __init__(self, issue: Issue) -> None:
        self.issue = issue


def members_of(entries: Sequence[Entry]) -> list[UUID]:
    """Members whose books the entries touch, sorted (the lock order); unreadable entries touch
    none.
    """
    found: set[UUID] = set()
    for entry in entries:
        try:
            body = read_body(entry.body)
            if body.member is not None:
                found.add(body.member)
            found.update(
                owner[0] for effect in body.effects if (owner := accounts.of_member(effect.account))
            )
        except (UnreadableBody, ValueError):
            continue
    return sorted(found)


def post(entry: Entry, books: Books, post_seq: int) -> Result:
    """Post one entry as number `post_seq`, changing `books`; a quarantined entry changes nothing
    and uses no number.
    """
    ref = EntryRef(entry.device, entry.epoch, entry.seq)
    entry_id: UUID | None = None
    try:
        try:
            body = read_body(entry.body)
        except UnreadableBody:
            raise _Quarantine(Issue.UNREADABLE) from None
        entry_id = body.entry_id
        _check(body, books)
        run = _Run(body, ref, books, post_seq)
        run.post()
    except _Quarantine as stop:
        return Result(ref, entry_id, Outcome.QUARANTINED, (stop.issue,), None)
    codes = tuple(dict.fromkeys(run.codes))
    outcome = Outcome.POSTED_EXCEPTION if codes else Outcome.POSTED
    return Result(ref, entry_id, outcome, codes, post_seq, tuple(run.allocations))


def _check(body: Body, books: Books) -> None:
    """Everything that must hold before anything changes."""
    if body.kind not in POSTED_KINDS:
        raise _Quarantine(Issue.KIND_NOT_POSTED_YET)
    if body.entry_id in books.taken:
        raise _Quarantine(Issue.DUPLICATE_ENTRY_ID)
    try:
        check_balanced(body.effects)
        owners = [accounts.of_member(effect.account) for effect in body.effects]
    except Unbalanced:
        raise _Quarantine(Issue.UNBALANCED) from None
    except ValueError:
        raise _Quarantine(Issue.DATA_UNREADABLE) from None
    ids = {owner[0] for owner in owners if owner}
    if body.member is not None:
        ids.add(body.member)
    if body.kind == Kind.ENROL:
        ids.discard(body.member or UUID(int=0))
    if not ids <= books.members.keys():
        raise _Quarantine(Issue.UNKNOWN_MEMBER)
    if ids - {body.member}:
        raise _Quarantine(
            Issue.DATA_UNREADABLE
        )  # an entry moves value of one member only, until transfers exist
    _check_claims(body)
    if body.claims and books.programme(body.programme) is None:
        raise _Quarantine(Issue.UNKNOWN_PROGRAMME)


def _check_claims(body: Body) -> None:
    debits: dict[str, int] = {}
    for effect in body.effects:
        owner = accounts.of_member(effect.account)
        if owner and owner[1] in accounts.LOT_ACCOUNTS and effect.delta < 0:
            debits[owner[1]] = debits.get(owner[1], 0) - effect.delta
    claimed: dict[str, int] = {}
    for claim in body.claims:
        if (
            claim.quantity <= 0
            or claim.settlement_minor < 0
            or claim.account not in accounts.LOT_ACCOUNTS
        ):
            raise _Quarantine(Issue.CLAIMS_MISMATCH)
        claimed[claim.account] = claimed.get(claim.account, 0) + claim.quantity
    if debits != claimed:
        raise _Quarantine(Issue.CLAIMS_MISMATCH)


class _Run:
    """Posts one checked entry."""

    def __init__(self, body: Body, ref: EntryRef, books: Books, post_seq: int) -> None:
        self.body, self.ref, self.books, self.post_seq = body, ref, books, post_seq
        self.codes: list[Issue] = []
        self.allocations: list[Allocation] = []
        self.part = 0

    def post(self) -> None:
        """Flags first, then debits against lots, then credits as new lots."""
        self._flags()
        if self.body.kind == Kind.ENROL:
            self._enrol()
        elif self.body.kind == Kind.CARD_BLOCK:
            self._block_card()
        book = self.books.members.get(self.body.member) if self.body.member else None
        if book is not None:
            self._debits(book)
            self._credits(book)
            self._qualify(book)
            book.marks[f"{self.ref.device}:{self.ref.epoch}"] = self.ref.seq
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

    def _enrol(self) -> None:
        try:
            data = msgspec.convert(self.body.data, EnrolData)
        except msgspec.ValidationError:
            raise _Quarantine(Issue.DATA_UNREADABLE) from None
        if self.body.member is None or self.body.member in self.books.members:
            raise _Quarantine(Issue.DATA_UNREADABLE)
        member = self.body.member
        self.books.members[member] = MemberBook(
            member, data.tier, data.home_dealer, data.home_store
        )
        self.books.new_members.append(member)
        if data.token in self.books.cards:
            self.codes.append(Issue.CARD_IN_USE)
            return
        self._put_card(Card(data.token, member, Status.ACTIVE, data.tail, data.medium))

    def _block_card(self) -> None:
        card = self.books.cards.get(self.body.card or "")
        if card is not None:
            self._put_card(msgspec.structs.replace(card, status=Status.BLOCKED))

    def _put_card(self, card: Card) -> None:
        self.books.cards[card.token] = card
        self.books.changed_cards[card.token] = card

    def _debits(self, book: MemberBook) -> None:
        for index, claim in enumerate(self.body.claims):
            settlement = self._settlement(claim)
            rest = self._draw(book, index, claim, claim.account, claim.quantity, settlement)
            other = {accounts.PRINCIPAL: accounts.BONUS, accounts.BONUS: accounts.PRINCIPAL}.get(
                claim.account
            )
            if rest and other:
                before = rest
                rest = self._draw(book, index, claim, other, rest, rest)
                if rest < before:
                    self.codes.append(Issue.SPLIT_MISMATCH)
                    self._move(book, claim.account, before - rest, "split")
                    self._move(book, other, rest - before, "split")
            self._move(book, claim.account, -claim.quantity, "effect")
            if rest:
                self._leave_uncovered(book, index, claim, rest, settlement)

    def _settlement(self, claim: Claim) -> int:
        """Head office's value of a claim: stored value at its amount, points by the offer of the
        named programme.
        """
        if claim.kind not in (GIFT, POINTS_TENDER):
            return claim.quantity
        programme = self.books.programme(self.body.programme)
        dealer = self.body.place.dealer
        expected: int | None = None
        if programme and claim.kind == GIFT and (gift := programme.gift(claim.offer, dealer)):
            units, uneven = divmod(claim.quantity, gift.points) if gift.points else (0, 1)
            expected = None if uneven else units * gift.settlement_minor
        elif (
            programme
            and (tender := programme.points_tender(dealer))
            and tender.offer == claim.offer
        ):
            units, uneven = divmod(claim.quantity, tender.unit_points)
            expected = None if uneven else units * tender.settlement_minor
        if expected != claim.settlement_minor:
            self.codes.append(Issue.RULE_MISMATCH)
        return claim.settlement_minor if expected is None else expected

    def _draw(
        self, book: MemberBook, index: int, claim: Claim, account: str, quantity: int, amount: int
    ) -> int:
        """Allocate `quantity` worth `amount` to the member's lots of `account`; units no lot could
        give.
        """
        mine = [lot for lot in book.lots if lot.account == account]
        chosen, expired = take(mine, quantity, self.body.business_date)
        if expired:
            self.codes.append(Issue.LOT_EXPIRED)
        missing = quantity - sum(units for _, units in chosen)
        fens, _ = split_amount(chosen, missing, amount)
        for (lot, units), fen in zip(chosen, fens, strict=True):
            lot.open -= units
            self._changed(lot)
            self._allocate(
                lot,
                self.post_seq,
                index,
                claim.kind,
                claim.offer,
                self.ref,
                self.body.place.store,
                units,
                fen,
                self.body.place.dealer,
            )
        return missing

    def _leave_uncovered(
        self, book: MemberBook, index: int, claim: Claim, rest: int, settlement: int
    ) -> None:
        self.codes.append(Issue.OVERDRAFT)
        settled = sum(
            a.amount_minor
            for a in self.allocations
            if a.claim == index and a.claim_post_seq == self.post_seq
        )
        debt = Uncovered(
            self.post_seq,
            index,
            book.member,
            claim.account,
            claim.kind,
            claim.offer,
            self.ref,
            self.body.place.dealer,
            self.body.place.store,
            self.body.business_date,
            rest,
            settlement - settled,
        )
        book.uncovered.append(debt)
        self.books.new_uncovered.append(debt)

    def _credits(self, book: MemberBook) -> None:
        """One new lot per credited account, after it has covered what was uncovered."""
        sums: dict[str, int] = {}
        for effect in self.body.effects:
            owner = accounts.of_member(effect.account)
            if owner and owner[1] in accounts.LOT_ACCOUNTS and effect.delta > 0:
                sums[owner[1]] = sums.get(owner[1], 0) + effect.delta
        for part, (account, quantity) in enumerate(sorted(sums.items())):
            lot = Lot(
                LotKey(self.post_seq, part),
                book.member,
                account,
                self.body.place.dealer,
                self.body.place.store,
                self._funder(account),
                self.ref,
                self.body.business_date,
                self._expiry(account),
                quantity,
                quantity,
            )
            book.lots.append(lot)
            self.books.new_lots.append(lot)
            self._move(book, account, quantity, "effect")
            self._cover(book, lot)

    def _cover(self, book: MemberBook, lot: Lot) -> None:
        waiting = [debt for debt in book.uncovered if debt.account == lot.account and debt.open]
        for debt, units, fen in cover(lot, waiting):
            self.books.changed_uncovered[(debt.post_seq, debt.claim)] = debt
            self._allocate(
                lot,
                debt.post_seq,
                debt.claim,
                debt.kind,
                debt.offer,
                debt.entry,
                debt.store,
                units,
                fen,
                debt.creditor,
            )

    def _funder(self, account: str) -> str:
        programme = self.books.programme(self.body.programme)
        if account == accounts.BONUS and programme:
            return programme.stored_value.bonus_funded_by
        return FUNDED_BY_DEALER

    def _expiry(self, account: str) -> date | None:
        programme = self.books.programme(self.body.programme)
        months = (
            programme.earning.expiry_months if programme and account == accounts.POINTS else None
        )
        return None if months is None else months_before(self.body.business_date, -months)

    def _qualify(self, book: MemberBook) -> None:
        for effect in self.body.effects:
            owner = accounts.of_member(effect.account)
            if owner and owner[1] == accounts.QUALIFYING:
                self._move(book, accounts.QUALIFYING, effect.delta, "effect")

    def _move(self, book: MemberBook, account: str, delta: int, reason: str) -> None:
        book.balances = book.balances.plus(account, delta)
        self.books.postings.append(
            Posting(self.post_seq, self._next_part(), book.member, account, delta, reason)
        )

    def _allocate(
        self,
        lot: Lot,
        claim_post_seq: int,
        claim: int,
        kind: str,
        offer: str,
        entry: EntryRef,
        store: str,
        units: int,
        fen: int,
        creditor: str,
    ) -> None:
        self.allocations.append(
            Allocation(
                self.post_seq,
                len(self.allocations),
                claim_post_seq,
                claim,
                kind,
                offer,
                lot.member,
                lot.account,
                entry,
                store,
                lot.key,
                lot.entry,
                lot.dealer,
                lot.store,
                units,
                fen,
                lot.debtor(creditor),
                creditor,
            )
        )

    def _changed(self, lot: Lot) -> None:
        if lot.key.post_seq != self.post_seq:
            self.books.changed_lots[lot.key] = lot

    def _next_part(self) -> int:
        self.part += 1
        return self.part - 1
