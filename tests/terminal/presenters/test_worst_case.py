"""The worst case of the till stands on the shift screen of whoever may approve, and of nobody else.

Rows: FL-27; design.md section 2 (promise 2).
"""

from __future__ import annotations

from dataclasses import replace

from terminal.presenters.counter import Counter
from terminal.usecases.till import Till


def test_the_manager_sees_the_worst_case_as_one_number_with_its_parts(
    counter: Counter, till: Till
) -> None:
    """No leases: 0 + 3,000.00 + 5,000.00 + 2,000.00 + 500.00 + 2,000.00 = 12,500.00."""
    counter.shift.end()
    assert counter.shift.view().rows == ()
    assert till.session is not None
    till.session = replace(till.session, approver=True)
    counter.shift.end()
    amounts = [row.value for row in counter.shift.view().rows]
    money = counter.shift.desk.text.money
    wanted = (1_250_000, 0, 300_000, 500_000, 200_000, 50_000, 200_000)
    assert amounts == [money(minor) for minor in wanted]
    (used,) = counter.shift.view().lines
    assert money(0) in used.text
