"""Clearing between dealers: a run cut by posting watermark, its lines, its statement (golden cases
4, 5, 16).

Each line is one allocation. `pays` and `receives` are the dealer's view with head office as the
only counterparty; net = pays - receives, positive: the dealer pays. Lines a dealer owes itself are
written and explained but pass through nobody, so they count in neither sum. A statement moves no
money; it is a proof.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sync.domain.lots import Allocation
from sync.domain.money import plain

CSV_COLUMNS = (
    "line",
    "kind",
    "offer",
    "pays",
    "receives",
    "amount",
    "quantity",
    "account",
    "member",
    "store",
    "entry_device",
    "entry_epoch",
    "entry_seq",
    "lot_dealer",
    "lot_store",
    "lot_device",
    "lot_epoch",
    "lot_seq",
    "post_seq",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a run: `number` counts from 1 in posting order."""

    number: int
    allocation: Allocation

    @property
    def own(self) -> bool:
        """Earned and spent at the same dealer: net 0."""
        return self.allocation.debtor == self.allocation.creditor


@dataclass(frozen=True, slots=True)
class Position:
    """A dealer's sums in minor units; `own_minor`: its lines with itself."""

    dealer: str
    pays_minor: int
    receives_minor: int
    own_minor: int

    @property
    def net_minor(self) -> int:
        """pays - receives; positive: the dealer pays head office."""
        return self.pays_minor - self.receives_minor


@dataclass(frozen=True, slots=True)
class Run:
    """A clearing run over `after` < post_seq <= `upto`. `digest`: SHA-256 of its CSV, hex."""

    label: str
    after: int
    upto: int
    lines: tuple[Line, ...]
    positions: tuple[Position, ...]
    digest: str


def run(
    label: str, after: int, upto: int, allocations: Iterable[Allocation], dealers: Iterable[str]
) -> Run:
    """Build a run.

    The same allocations give identical bytes in whatever order they come (invariant 25).
    """
    chosen = sorted(
        (a for a in allocations if after < a.post_seq <= upto), key=lambda a: (a.post_seq, a.part)
    )
    lines = tuple(Line(number, allocation) for number, allocation in enumerate(chosen, start=1))
    return Run(
        label, after, upto, lines, positions(lines, dealers), sha256(lines_csv(lines)).hexdigest()
    )


def positions(lines: Sequence[Line], dealers: Iterable[str]) -> tuple[Position, ...]:
    """Sums per dealer, every known dealer listed, sorted by id. Nets sum to zero (invariant 24)."""
    pays: dict[str, int] = dict.fromkeys(dealers, 0)
    receives: dict[str, int] = dict.fromkeys(pays, 0)
    own: dict[str, int] = dict.fromkeys(pays, 0)
    for line in lines:
        a = line.allocation
        if line.own:
            own[a.debtor] = own.get(a.debtor, 0) + a.amount_minor
        else:
            pays[a.debtor] = pays.get(a.debtor, 0) + a.amount_minor
            receives[a.creditor] = receives.get(a.creditor, 0) + a.amount_minor
    names = sorted(pays.keys() | receives.keys() | own.keys())
    return tuple(Position(n, pays.get(n, 0), receives.get(n, 0), own.get(n, 0)) for n in names)


def lines_csv(lines: Sequence[Line]) -> bytes:
    """The lines as CSV (UTF-8, LF): the bytes of the digest; amounts with two decimals."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for line in lines:
        a = line.allocation
        writer.writerow(
            (
                line.number,
                a.kind,
                a.offer,
                a.debtor,
                a.creditor,
                plain(a.amount_minor),
                a.quantity,
                a.account,
                a.member,
                a.store,
                *a.entry,
                a.lot_dealer,
                a.lot_store,
                *a.lot_entry,
                a.post_seq,
            )
        )
    return out.getvalue().encode()


def positions_csv(found: Sequence[Position]) -> bytes:
    """Statement totals as CSV: dealer, pays, receives, net, own."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("dealer", "pays", "receives", "net", "own"))
    for p in found:
        writer.writerow(
            (
                p.dealer,
                plain(p.pays_minor),
                plain(p.receives_minor),
                plain(p.net_minor),
                plain(p.own_minor),
            )
        )
    return out.getvalue().encode()
