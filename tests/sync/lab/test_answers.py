"""What an `expect` step compares with the answer of an operation."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from sync.lab.judging import Judge
from sync.lab.orders import Numbered
from sync.lab.records import Happened
from sync.lab.scenario import Expect

ANSWER = {
    "paid_minor": 5_000,
    "state": "open",
    "order": {"lines": [{"sku": "coat"}]},
    "member": "0199-id",
    "count": 2,
}


def found(answer: dict[str, Any], step: str = "asked") -> tuple[str, ...]:
    """What one expectation about a step finds instead."""
    player: Any = SimpleNamespace(
        happened=[Happened(0, "asked", "office", "headoffice", 0, answer=dict(ANSWER))],
        people=SimpleNamespace(ids={"lin": "0199-id"}, credentials={}),
    )
    judge = Judge(player)
    judge(Numbered(1, Expect(at=dt.datetime(2026, 11, 2, tzinfo=dt.UTC), step=step, answer=answer)))
    return judge.judged[0].found


@pytest.mark.parametrize(
    "answer",
    [
        {"paid": "50.00", "state": "open"},
        {"paid_minor": 5_000},
        {"order.lines.0.sku": "coat"},
        {"member": "@member:lin"},
    ],
)
def test_an_answer_that_is_there_holds(answer: dict[str, Any]) -> None:
    assert found(answer) == ()


@pytest.mark.parametrize(
    ("answer", "instead"),
    [
        ({"paid": "50.01"}, "asked: paid 50.00"),
        ({"state": "closed", "count": 2}, "asked: state 'open'"),
        ({"order.lines.1.sku": "coat"}, "asked: order.lines.1.sku None"),
        ({"nothing": 1}, "asked: nothing None"),
        ({"count": "2"}, "asked: count 2"),
    ],
)
def test_what_is_there_instead_is_told(answer: dict[str, Any], instead: str) -> None:
    assert found(answer) == (instead,)


def test_a_step_that_was_not_played_has_no_answer() -> None:
    assert found({"count": 2}, "later") == ("later was not played",)
