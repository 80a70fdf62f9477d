from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.database.till.database import TillDatabase
from sync.database.till.journal import NewEntry
from sync.database.till.replica_lookup import Held
from sync.domain.journal import Basis
from sync.domain.members import Balances, LightRow
from tests.sync.database.till.made import DAY, DEVICE, MEMBER, Bodies, opened
from tests.sync.database.till.test_outbox import Told

MARK = f"{DEVICE}:1"
OTHER = UUID("01980000-0000-7000-8000-0000000000bb")


def held(points: int = 0, mark: int | None = None, **others: int) -> Held:
    marks = {} if mark is None else {MARK: mark}
    return Held(LightRow(MEMBER, "gold", Balances(points, **others), 5, marks=marks), 1)


def test_own_entries_above_the_mark_are_pending(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    database.journal.append(bodies.earning(10))
    database.journal.append(bodies.spending(4, 200))
    database.journal.append(bodies.topping_up(3000, 300))
    database.journal.append(bodies.earning(99, member=OTHER))
    found = database.pending.standing(held(points=100))
    assert found.pending_credit == Balances(10, 3000, 300)
    assert found.pending_debit == Balances(-4)
    assert found.own_top_up == Balances(0, 3000, 300)
    assert found.available == Balances(96, 3000, 300)
    assert database.pending.standing(held(points=106, mark=2)).pending == Balances(0, 3000, 300)
    assert database.pending.standing(held(mark=3)).pending == Balances()
    database.close()


def test_a_mark_of_another_epoch_is_not_ours(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.journal.append(Bodies().earning(10))
    row = LightRow(MEMBER, "gold", Balances(), 5, marks={f"{DEVICE}:2": 9, "x:1": 9})
    assert database.pending.standing(Held(row, None)).pending == Balances(10)
    database.close()


def test_caps_count_what_is_unauthorised_and_unacknowledged(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    database.journal.append(bodies.spending(4, 200))
    granted = bodies.spending(7, 350)
    body = msgspec.structs.replace(granted.body, basis=Basis(1, 0, "online", auth="a1"))
    database.journal.append(NewEntry(body))
    database.journal.append(bodies.topping_up(3000, 300))
    database.journal.append(bodies.spending(2, 100, member=OTHER))
    used = database.pending.used(MEMBER, DAY)
    assert (used.card_points_minor, used.card_points_ops) == (200, 1)
    assert (used.till_at_risk_minor, used.till_ops, used.till_top_up_minor) == (300, 2, 3000)
    assert database.pending.used(MEMBER, date(2026, 11, 22)).card_points_minor == 0
    database.outbox.store_ack(Told(3), (), 1)
    assert database.pending.used(MEMBER, DAY).till_at_risk_minor == 100
    database.close()


def test_debits_head_office_holds_are_not_told_to_it_again(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    database.journal.append(bodies.spending(4, 200))
    granted = bodies.spending(7, 350)
    body = msgspec.structs.replace(granted.body, basis=Basis(1, 0, "online", auth="a1"))
    database.journal.append(NewEntry(body))
    assert database.pending.debits_unheld(MEMBER, 0, 1 << 60) == Balances(4)
    assert database.pending.debits_unheld(MEMBER, bodies.at_ms + 1, 1 << 60) == Balances(11)
    database.outbox.store_ack(Told(2), (), 1)
    assert database.pending.debits_unheld(MEMBER, bodies.at_ms + 1, 1 << 60) == Balances()
    database.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TillDatabase]:
    made = opened(tmp_path_factory.mktemp("till") / "folder")
    yield made
    made.close()


@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["earn", "spend", "top"]), st.integers(1, 50)), max_size=12
    ),
    mark=st.integers(0, 12),
)
def test_confirmed_at_any_mark_plus_pending_is_the_sum_of_all(
    shared: TillDatabase, moves: list[tuple[str, int]], mark: int
) -> None:
    """Planted bug seen to fail: `seq >= ?` in `_PENDING` counts the marked entry twice."""
    bodies, total, at_mark, member = Bodies(), 0, 0, uuid4()
    before = shared.journal.head().seq
    for number, (what, size) in enumerate(moves, start=1):
        if what == "earn":
            shared.journal.append(bodies.earning(size, member=member))
            total += size
        elif what == "spend":
            shared.journal.append(bodies.spending(size, size, member=member))
            total -= size
        else:
            shared.journal.append(bodies.topping_up(size, 1, member=member))
        at_mark = total if number <= mark else at_mark
    row = LightRow(member, "gold", Balances(at_mark), 5, marks={MARK: before + mark})
    found = shared.pending.standing(Held(row, 1))
    assert (found.confirmed + found.pending).points == total
    assert found.available.points <= max(found.confirmed.points, 0)
