"""A second, naive ledger: unit by unit over plain lists, written from the design and not from the
code. It shares nothing with `sync.domain` but the words for what went wrong, and knows nothing of
entries: its history is a list of plain operations in posting order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sync.domain.posting import Issue

OTHER = {"principal": "bonus", "bonus": "principal"}


class Debit(NamedTuple):
    """Units of one account and the fen they settle at."""

    account: str
    units: int
    fen: int


class Credit(NamedTuple):
    """Units of one account."""

    account: str
    units: int


class Operation(NamedTuple):
    """One entry of one member: debits first, then credits."""

    dealer: str
    day: date
    debits: tuple[Debit, ...]
    credits: tuple[Credit, ...]


class Line(NamedTuple):
    """What clearing needs of an allocation: whose claim, whose lot, how much."""

    posted: int
    claim_posted: int
    claim: int
    lot_posted: int
    account: str
    units: int
    fen: int
    debtor: str
    creditor: str


@dataclass
class Heap:
    """A lot as a heap of single units."""

    posted: int
    account: str
    dealer: str
    day: date
    expires: date | None
    units: list[str]


@dataclass
class Owing:
    """A claim as single units still wanting."""

    posted: int
    claim: int
    account: str
    creditor: str
    day: date
    wanting: list[str]
    fen: int


@dataclass
class NaiveLedger:
    """Replays operations of one member.

    `bonus_payer` bears bonus: "redeeming", "issuing" or "headoffice"; `expiry`: the last day of a
    lot of points by the day it was earned.
    """

    bonus_payer: str
    expiry: dict[date, date | None]
    heaps: list[Heap] = field(default_factory=list)
    owing: list[Owing] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    issues: list[set[Issue]] = field(default_factory=list)
    count: int = 0

    def replay(self, operation: Operation) -> None:
        self.count += 1
        self.issues.append(set())
        claims = [
            Owing(self.count, i, d.account, operation.dealer, operation.day, ["u"] * d.units, d.fen)
            for i, d in enumerate(operation.debits)
        ]
        for claim in claims:
            self._draw(claim, claim.account, operation.day)
        for claim in claims:
            if claim.wanting and claim.account in OTHER:
                before = len(claim.wanting)
                self._draw(claim, OTHER[claim.account], operation.day)
                if len(claim.wanting) < before:
                    self.issues[-1].add(Issue.SPLIT_MISMATCH)
        for claim in claims:
            if claim.wanting:
                self.issues[-1].add(Issue.OVERDRAFT)
                self.owing.append(claim)
        totals: dict[str, int] = {}
        for credit in operation.credits:
            totals[credit.account] = totals.get(credit.account, 0) + credit.units
        for account in sorted(totals):
            expires = self.expiry[operation.day] if account == "points" else None
            heap = Heap(
                self.count,
                account,
                operation.dealer,
                operation.day,
                expires,
                ["u"] * totals[account],
            )
            self.heaps.append(heap)
            self._cover(heap)

    def balance(self, account: str) -> int:
        """Units in heaps less units wanting."""
        held = sum(len(heap.units) for heap in self.heaps if heap.account == account)
        return held - sum(len(claim.wanting) for claim in self.owing if claim.account == account)

    def owed_fen(self) -> int:
        """Fen of claims that nobody has covered yet."""
        return sum(claim.fen for claim in self.owing)

    def _next(self, account: str, day: date) -> Heap | None:
        """The heap whose unit goes next: good ones before expired ones, soonest expiry, oldest
        day, first posted."""
        best: Heap | None = None
        for heap in self.heaps:
            if heap.account != account or not heap.units:
                continue
            if best is None or self._before(heap, best, day):
                best = heap
        return best

    @staticmethod
    def _before(one: Heap, other: Heap, day: date) -> bool:
        bad_one = one.expires is not None and one.expires < day
        bad_other = other.expires is not None and other.expires < day
        if bad_one != bad_other:
            return bad_other
        if one.expires != other.expires:
            if one.expires is None or other.expires is None:
                return other.expires is None
            return one.expires < other.expires
        if one.day != other.day:
            return one.day < other.day
        return one.posted < other.posted

    def _draw(self, claim: Owing, account: str, day: date) -> None:
        wanted = len(claim.wanting)
        drawn: list[tuple[Heap, int]] = []
        while claim.wanting and (heap := self._next(account, day)) is not None:
            heap.units.pop()
            claim.wanting.pop()
            if heap.expires is not None and heap.expires < day:
                self.issues[-1].add(Issue.LOT_EXPIRED)
            if drawn and drawn[-1][0] is heap:
                drawn[-1] = (heap, drawn[-1][1] + 1)
            else:
                drawn.append((heap, 1))
        shares = self._share(claim.fen, [n for _, n in drawn] + [len(claim.wanting)], wanted)
        claim.fen = shares.pop()
        for (heap, units), fen in zip(drawn, shares, strict=True):
            self._line(claim, heap, units, fen)

    @staticmethod
    def _share(fen: int, units: list[int], whole: int) -> list[int]:
        """Whole fen by whole division, then one more to whoever lost most, the first of equals."""
        shares = [fen * n // whole for n in units]
        lost = [fen * n - share * whole for n, share in zip(units, shares, strict=True)]
        while sum(shares) < fen:
            worst = lost.index(max(lost))
            shares[worst] += 1
            lost[worst] = -1
        return shares

    def _cover(self, heap: Heap) -> None:
        """Claims left over, oldest first, each unit with its share of what is still owed."""
        for claim in self.owing:
            if claim.account != heap.account:
                continue
            open_units, units = len(claim.wanting), 0
            while claim.wanting and heap.units:
                claim.wanting.pop()
                heap.units.pop()
                units += 1
            if not units:
                continue
            if heap.expires is not None and heap.expires < claim.day:
                self.issues[-1].add(Issue.LOT_EXPIRED)
            fen = claim.fen if not claim.wanting else claim.fen * units // open_units
            claim.fen -= fen
            self._line(claim, heap, units, fen)

    def _line(self, claim: Owing, heap: Heap, units: int, fen: int) -> None:
        debtor = heap.dealer
        if heap.account == "bonus" and self.bonus_payer == "redeeming":
            debtor = claim.creditor
        if heap.account == "bonus" and self.bonus_payer == "headoffice":
            debtor = "HQ"
        self.lines.append(
            Line(
                self.count,
                claim.posted,
                claim.claim,
                heap.posted,
                heap.account,
                units,
                fen,
                debtor,
                claim.creditor,
            )
        )
