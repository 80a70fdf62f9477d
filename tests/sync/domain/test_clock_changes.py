"""Clocks are evidence, never money: whatever they say, the same entries give the same books.

Rows: invariant 35; pitfall 25; sync-ledger.md 2.7.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.journal import Moment, read_body
from sync.domain.posting_run import Run
from tests.sync.domain.making import Counter, HeadOffice, member_id, programme

ANNA = member_id(1)
RULES = programme(earning=msgspec.structs.replace(programme().earning, expiry_months=12))
TIMES = st.integers(0, 4_102_444_800_000)  # 1970 to 2100
ACTS = st.lists(
    st.tuples(st.sampled_from(["sale", "gift", "top_up"]), st.sampled_from(["A", "B"]), TIMES),
    min_size=1,
    max_size=12,
)


def books(acts: list[tuple[str, str, int]], *, clocks: bool) -> Any:
    """What head office makes of it, by clocks that jump or that stand."""
    office, tills = HeadOffice((RULES,)).join(ANNA), {d: Counter(d, 1, RULES) for d in "AB"}
    for number, (what, dealer, at_ms) in enumerate(acts):
        till, maker = tills[dealer], Counter(dealer, 9, RULES, seq=100 + number)
        entry = {
            "sale": lambda maker=maker: maker.sale(ANNA, [150_000]),
            "gift": lambda maker=maker: maker.gift(ANNA),
            "top_up": lambda maker=maker: maker.top_up(ANNA, 30_000),
        }[what]()
        moment = (
            Moment(at_ms, 480, "boot", at_ms, at_ms, 0) if clocks else Moment(0, 0, "", 0, 0, 0)
        )
        body = msgspec.structs.replace(read_body(entry.body), at=moment)
        body = msgspec.structs.replace(body, place=till.place)
        office.receive(till, till.write(body))
    lots = [(x.key, x.dealer, x.expires_on, x.open, x.quantity) for x in office.lots.values()]
    pays = [(x.lot, x.quantity, x.amount_minor, x.debtor, x.creditor) for x in office.allocations]
    return office.members[ANNA].balances, lots, pays, [r.codes for r in office.results]


@given(ACTS)
def invariant_35_no_clock_changes_the_books(acts: list[tuple[str, str, int]]) -> None:
    assert books(acts, clocks=True) == books(acts, clocks=False)


def test_invariant_35_no_clock_changes_the_books() -> None:
    invariant_35_no_clock_changes_the_books()


def test_points_that_expire_by_the_clock_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: a lot's last day is counted from what the wall clock said."""

    def by_the_clock(run: Run, account: str) -> date | None:
        return datetime.fromtimestamp(run.body.at.utc_ms / 1000, UTC).date()

    monkeypatch.setattr(Run, "expiry", by_the_clock)
    with pytest.raises(AssertionError):
        invariant_35_no_clock_changes_the_books()
