"""Lots: points and stored value carry where they came from; a debit is allocated to lots once, by
head office.

Order: earliest expiry first, then oldest business date, then posting order (golden case 6). What no
open lot covers stays uncovered with its creditor until the member's next lot (sync-ledger.md 2.10,
2.11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec

from sync.domain.parts import share_of_rest, spread

FUNDED_BY_DEALER = "issuing"
FUNDED_BY_REDEEMER = "redeeming"
FUNDED_BY_HEAD_OFFICE = "headoffice"
LEASED_PART = 10_000  # more claims than an entry can hold
HEAD_OFFICE = "HQ"  # party name of head office itself on a statement


class EntryRef(NamedTuple):
    """Names one entry of one till."""

    device: UUID
    epoch: int
    seq: int


class LotKey(NamedTuple):
    """Names a lot: the posting that made it and its part within it."""

    post_seq: int
    part: int


@dataclass(slots=True)
class Lot:
    """Units credited by one entry to one account.

    `dealer`: where they were earned or paid in; `funded_by`: who bears them when they are spent
    (issuing | redeeming | headoffice); `open`: units not allocated yet; `usable_from`:
    first day they may be spent (None: at once).
    """

    key: LotKey
    member: UUID
    account: str
    dealer: str
    store: str
    funded_by: str
    entry: EntryRef
    business_date: date
    expires_on: date | None
    quantity: int
    open: int
    usable_from: date | None = None
    came_from: tuple[UUID, ...] = ()

    @property
    def order(self) -> tuple[date, date, LotKey]:
        """Sort key of golden case 6."""
        return self.expires_on or date.max, self.business_date, self.key

    def usable_on(self, day: date) -> bool:
        """Whether the lot has vested and not expired on business date `day`."""
        return self.vested_on(day) and not self.expired_on(day)

    def expired_on(self, day: date) -> bool:
        """Whether the last day of the lot is before `day`."""
        return self.expires_on is not None and self.expires_on < day

    def vested_on(self, day: date) -> bool:
        """Whether the lot may be spent on `day`, or ever before."""
        return self.usable_from is None or self.usable_from <= day

    def debtor(self, redeeming_dealer: str) -> str:
        """Who pays when these units are spent at `redeeming_dealer`."""
        if self.funded_by == FUNDED_BY_REDEEMER:
            return redeeming_dealer
        return HEAD_OFFICE if self.funded_by == FUNDED_BY_HEAD_OFFICE else self.dealer


@dataclass(slots=True)
class Uncovered:
    """The part of a claim that no lot covered: `open` units worth `amount_minor`, owed to
    `creditor` once covered; or to `bearer`, who has borne the loss meanwhile.

    What a lease covered stands apart from the rest of its claim, under claim + LEASED_PART.
    """

    post_seq: int
    claim: int
    member: UUID
    account: str
    kind: str
    offer: str
    entry: EntryRef
    creditor: str
    store: str
    business_date: date
    open: int
    amount_minor: int
    bearer: str = ""
    came_from: tuple[UUID, ...] = ()

    @property
    def owed_to(self) -> str:
        """Who is paid once it is covered."""
        return self.bearer or self.creditor


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """Units of one lot bound to one claim, once and for ever, with the fen they settle.

    `post_seq`, `part`: the posting during which it was made (a later one than the claim's when it
    covers an uncovered rest); `claim_post_seq`, `claim`: the claim served; `debtor` pays `creditor`
    through head office.
    """

    post_seq: int
    part: int
    claim_post_seq: int
    claim: int
    kind: str
    offer: str
    member: UUID
    account: str
    entry: EntryRef
    store: str
    lot: LotKey
    lot_entry: EntryRef
    lot_dealer: str
    lot_store: str
    quantity: int
    amount_minor: int
    debtor: str
    creditor: str


def unvested(lots: Iterable[Lot], account: str, day: date) -> int:
    """Open units of `account` that may not be spent yet on `day`."""
    return sum(lot.open for lot in lots if lot.account == account and not lot.vested_on(day))


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """Open lots in the order they are used."""
    return sorted((lot for lot in lots if lot.open), key=lambda lot: lot.order)


def take(lots: Iterable[Lot], quantity: int, day: date) -> tuple[list[tuple[Lot, int]], bool]:
    """Choose (lot, units) for `quantity` on business date `day`, changing no lot.

    Lots that are usable go first; expired ones and those not vested yet are used only when the rest
    is short, and the second result then says so (recorded as an exception). The units may sum to
    less than asked.
    """
    chosen: list[tuple[Lot, int]] = []
    expired_used = False
    ordered = in_order(lots)
    for want_usable in (True, False):
        for lot in ordered:
            if quantity <= 0:
                return chosen, expired_used
            if lot.usable_on(day) is want_usable:
                units = min(lot.open, quantity)
                chosen.append((lot, units))
                quantity -= units
                expired_used = expired_used or not want_usable
    return chosen, expired_used


def split_amount(
    chosen: list[tuple[Lot, int]], missing: int, amount_minor: int
) -> tuple[list[int], int]:
    """Fen of each chosen lot and of the uncovered rest, by largest remainder, ties to the oldest
    lot (case 5).
    """
    parts = spread(amount_minor, [units for _, units in chosen] + [missing])
    return parts[:-1], parts[-1]


def cover(lot: Lot, waiting: Iterable[Uncovered]) -> Iterator[tuple[Uncovered, int, int]]:
    """Use a new lot for uncovered claims, oldest claim first: (claim, units, fen).

    Both sides are changed as it goes.
    """
    for debt in sorted(waiting, key=lambda u: (u.post_seq, u.claim)):
        if not lot.open:
            return
        if not debt.open:
            continue
        units = min(lot.open, debt.open)
        fen = share_of_rest(debt.amount_minor, units, debt.open)
        lot.open -= units
        debt.open -= units
        debt.amount_minor -= fen
        yield debt, units, fen
