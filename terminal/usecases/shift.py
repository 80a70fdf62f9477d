"""Opening and closing a shift. Entries take their business date from it, never from the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from sync.database.till.counter import ShiftRow, TotalRow
from sync.database.till.derived import CASH
from sync.database.till.journal import ShiftClosed, ShiftOpened
from sync.domain.journal import Kind
from sync.domain.pricing import MAX_SALE_MINOR
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases.commits import Act, Done, Posted, commit, local_basis
from terminal.usecases.outcome import use_case
from terminal.usecases.till import Till

LONG_SHIFT_MS: Final = 24 * 3_600_000


class ShiftOpenData(msgspec.Struct, frozen=True):
    """Data of a shift_open entry. `opening_minor`: cash in the drawer."""

    opening_minor: int


class TenderTotal(msgspec.Struct, frozen=True):
    """What a shift took by one tender in entries of one kind, minor units."""

    tender: str
    kind: str
    count: int
    amount_minor: int


class ShiftCloseData(msgspec.Struct, frozen=True):
    """Data of a shift_close entry. Drawer expected = opening + cash taken (invariant 31);
    `first_seq`, `last_seq`: entries of the shift before this one."""

    opening_minor: int
    expected_minor: int
    counted_minor: int
    difference_minor: int
    first_seq: int
    last_seq: int
    totals: tuple[TenderTotal, ...]


@dataclass(frozen=True, slots=True)
class OpenShift:
    """The shift that goes on; `long`: it should have been closed."""

    number: int
    business_date: date
    operator: str
    opening_minor: int
    opened_ms: int
    long: bool


@dataclass(frozen=True, slots=True)
class ShiftReport:
    """What a shift comes to so far (X), or came to (`done` set)."""

    shift: OpenShift
    totals: tuple[TenderTotal, ...]
    expected_minor: int
    counted_minor: int | None = None
    difference_minor: int | None = None
    done: Done | None = None


@use_case
def current_shift(till: Till) -> OpenShift | None:
    """The open shift."""
    row = till.shift()
    return _open(till, row) if row else None


@use_case
def open_shift(till: Till, opening_minor: int) -> OpenShift | Refusal:
    """Open a shift with `opening_minor` in the drawer; the open one is returned as it is.

    Its business date never runs back. Refusals: not_signed_in, amount_not_positive (negative),
    too_large.
    """
    if till.session is None:
        return refuse(Code.NOT_SIGNED_IN)
    if opening_minor < 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    if opening_minor > MAX_SALE_MINOR:
        return refuse(Code.TOO_LARGE)
    with till.lock:
        last = till.database.counter.last_shift()
        if last is not None and last.open:
            return _open(till, last)
        day = till.today() if last is None else max(till.today(), last.business_date)
        number = 1 if last is None else last.number + 1
        act = Act(Kind.SHIFT_OPEN, till.new_id(), ShiftOpenData(opening_minor), local_basis(till))
        commit(till, act, Posted(number, day, ShiftOpened(till.session.staff, opening_minor)))
        made = till.database.counter.shift(number)
    return _open(till, made) if made else refuse(Code.SHIFT_NEEDED)


@use_case
def report(till: Till) -> ShiftReport | Refusal:
    """A look at the open shift without closing it (X)."""
    row = till.shift()
    return _report(till, row) if row else refuse(Code.SHIFT_NEEDED)


@use_case
def close_shift(till: Till, counted_minor: int) -> ShiftReport | Refusal:
    """Close the open shift with `counted_minor` found in the drawer.

    Works on a nearly full disk and on a frozen epoch. Refusals: not_signed_in, shift_needed,
    amount_not_positive (negative), too_large.
    """
    if till.session is None:
        return refuse(Code.NOT_SIGNED_IN)
    if counted_minor < 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    if counted_minor > MAX_SALE_MINOR:
        return refuse(Code.TOO_LARGE)
    with till.lock:
        row = till.shift()
        if row is None:
            return refuse(Code.SHIFT_NEEDED)
        found = _report(till, row)
        data = ShiftCloseData(
            row.opening_minor,
            found.expected_minor,
            counted_minor,
            counted_minor - found.expected_minor,
            row.first_seq,
            till.database.journal.head().seq,
            found.totals,
        )
        act = Act(Kind.SHIFT_CLOSE, till.new_id(), data, local_basis(till), receipt=True)
        done = commit(till, act, Posted(row.number, row.business_date, ShiftClosed(counted_minor)))
    return ShiftReport(
        found.shift,
        found.totals,
        found.expected_minor,
        counted_minor,
        data.difference_minor,
        done,
    )


def _report(till: Till, row: ShiftRow) -> ShiftReport:
    rows = till.database.counter.totals(row.number)
    cash = sum(total.amount_minor for total in rows if total.tender == CASH)
    return ShiftReport(_open(till, row), tuple(_total(r) for r in rows), row.opening_minor + cash)


def _total(row: TotalRow) -> TenderTotal:
    return TenderTotal(row.tender, row.kind, row.count, row.amount_minor)


def _open(till: Till, row: ShiftRow) -> OpenShift:
    return OpenShift(
        row.number,
        row.business_date,
        row.operator,
        row.opening_minor,
        row.opened_ms,
        till.clock.utc_ms() - row.opened_ms > LONG_SHIFT_MS,
    )
