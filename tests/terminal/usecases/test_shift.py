from __future__ import annotations

from pathlib import Path

from sync.domain.refusals import Code, Refusal
from terminal.usecases import sell, shift, sign_in
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.shift import OpenShift, ShiftCloseData, ShiftReport
from tests.terminal.usecases.made import PIN, PRODUCT, Clock, till


def test_a_drawer_is_opening_plus_cash_taken(tmp_path: Path) -> None:
    counter = till(tmp_path)
    for tender, tendered in (("cash", 300_000), ("wechat", 268_000)):
        draft = sell.open_sale(counter)
        assert isinstance(draft, SaleDraft)
        sell.sell(counter, draft.adding(PRODUCT), tender, tendered)
    look = shift.report(counter)
    assert isinstance(look, ShiftReport)
    assert look.expected_minor == 50_000 + 268_000
    closed = shift.close_shift(counter, 318_100)
    assert isinstance(closed, ShiftReport)
    assert closed.difference_minor == 100
    assert closed.done is not None
    data = closed.done.data_as(ShiftCloseData)
    assert (data.first_seq, data.last_seq, data.expected_minor) == (1, 3, 318_000)
    assert shift.current_shift(counter) is None
    found = shift.close_shift(counter, 0)
    assert isinstance(found, Refusal)
    assert found.code is Code.SHIFT_NEEDED
    counter.database.close()


def test_an_open_shift_is_not_opened_twice(tmp_path: Path) -> None:
    counter = till(tmp_path)
    again = shift.open_shift(counter, 1)
    assert isinstance(again, OpenShift)
    assert (again.number, again.opening_minor) == (1, 50_000)
    assert counter.database.journal.head().seq == 1
    counter.database.close()


def test_the_business_date_never_runs_back(tmp_path: Path) -> None:
    clock = Clock()
    counter = till(tmp_path, clock=clock)
    shift.close_shift(counter, 0)
    clock.at_ms -= 48 * 3_600_000
    made = shift.open_shift(counter, 0)
    assert isinstance(made, OpenShift)
    assert (made.number, made.business_date.isoformat()) == (2, "2026-11-21")
    clock.pass_ms(100 * 3_600_000)
    shift.close_shift(counter, 0)
    later = shift.open_shift(counter, 0)
    assert isinstance(later, OpenShift)
    assert later.business_date.isoformat() == "2026-11-23"
    counter.database.close()


def test_the_night_belongs_to_the_day_before(tmp_path: Path) -> None:
    clock = Clock()
    clock.at_ms += 14 * 3_600_000  # 02:00 the next morning, before the cut-over at 04:00
    counter = till(tmp_path, clock=clock, working=False)
    sign_in.sign_in(counter, "lin", PIN)
    made = shift.open_shift(counter, 0)
    assert isinstance(made, OpenShift)
    assert made.business_date.isoformat() == "2026-11-21"
    clock.pass_ms(25 * 3_600_000)
    current = shift.current_shift(counter)
    assert isinstance(current, OpenShift)
    assert current.long
    counter.database.close()
