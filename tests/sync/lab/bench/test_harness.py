"""The arithmetic of the benchmark and its report; nothing here is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

import msgspec
import pytest

from sync.lab.bench import report
from sync.lab.bench.harness import (
    FORMAT,
    SMALLEST,
    Figure,
    Goal,
    Group,
    Machine,
    NotHere,
    Report,
    Size,
    Skipped,
    Values,
    figure,
    measure,
    percentile,
    ratio_of,
    run_rounds,
)

MORE = Goal(1, "as many", "ours", "floor", "op/s", 0.8, at_least=True)
LESS = Goal(3, "as soon", "ours", "floor", "ms", 4.0, at_least=False, part="b")


def test_a_bound_is_reached_when_it_is_met_exactly() -> None:
    assert [MORE.holds(ratio) for ratio in (0.79, 0.8)] == [False, True]
    assert [LESS.holds(ratio) for ratio in (4.0, 4.1)] == [True, False]
    assert (MORE.name, LESS.name) == ("1", "3b")


def test_the_ratio_is_the_median_of_each_rounds_own() -> None:
    rounds = run_rounds(
        {"a": _series("ours", [10, 30, 100]), "b": _series("floor", [10, 10, 10])}, 3
    )
    found = figure(MORE, rounds)
    assert list(found.ratios) == [1.0, 3.0, 10.0]
    assert (found.ratio, found.ours, found.floor, found.reached) == (3, 30, 10, True)


def test_rounds_take_turns_at_going_first() -> None:
    order: list[str] = []

    def side(name: str) -> Callable[[], Values]:
        def run() -> Values:
            order.append(name)
            return {}

        return run

    run_rounds({name: side(name) for name in "abc"}, 3)
    assert "".join(order) == "abcbcacab"


@pytest.mark.parametrize(("ours", "floor", "ratio"), [(1, 2, 0.5), (0, 0, 1), (3, 0, float("inf"))])
def test_ratios_without_a_floor(ours: float, floor: float, ratio: float) -> None:
    assert ratio_of(ours, floor) == ratio


def test_percentiles_are_measured_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.99) == 100
    assert percentile([7.0], 0.99) == 7
    with pytest.raises(ValueError, match="needs values"):
        percentile([], 0.5)


def test_sizes_never_fall_below_what_makes_sense() -> None:
    assert Size(5, 0.25).of(1_000) == 250
    assert SMALLEST.of(100, least=7) == 7


def test_only_what_is_asked_for_is_measured() -> None:
    opened: list[int] = []
    groups = [_group(MORE, opened), _group(LESS, opened)]
    found = measure(groups, Size(1), frozenset({3}))
    assert opened == [3]
    assert [one.goal.number for one in found.figures] == [3]


def test_what_this_machine_lacks_is_said_and_the_rest_is_measured() -> None:
    def missing(_: Size) -> AbstractContextManager[_Bench]:
        raise NotHere("no server")

    found = measure([Group((LESS,), missing), _group(MORE, [])], Size(1))
    assert found.skipped == (Skipped(LESS, "no server"),)
    assert [one.goal for one in found.figures] == [MORE]
    assert "3b as soon: not measured: no server" in list(report.lines(found))


def test_an_instrument_that_breaks_costs_only_its_own_goals() -> None:
    def broken(_: Size) -> AbstractContextManager[_Bench]:
        raise LookupError("no row")

    found = measure([Group((LESS,), broken), _group(MORE, [])], Size(1))
    assert found.skipped == (Skipped(LESS, "LookupError: no row", broken=True),)
    assert [one.goal for one in found.figures] == [MORE]


def test_figures_come_in_order_of_their_numbers() -> None:
    said: list[str] = []
    found = measure([_group(LESS, []), _group(MORE, [])], Size(1), say=said.append)
    assert [one.goal.name for one in found.figures] == ["1", "3b"]
    assert said == ["3b as soon", "1 as many"]


def test_the_table_lines_up_and_says_what_was_reached() -> None:
    lines = list(report.lines(_report()))
    assert lines[0].startswith("| #")
    assert len({len(line) for line in lines[:4]}) == 1
    assert "12,346" in lines[2]
    assert ">= 0.8" in lines[2]
    assert lines[2].rstrip(" |").endswith("yes")
    assert lines[3].rstrip(" |").endswith("NO")
    assert lines[4] == "a note"
    assert lines[5].startswith("1 of 2 goals reached; median of 3 interleaved rounds, reduced")


@pytest.mark.parametrize(
    ("value", "text"),
    [(12_345.6, "12,346"), (12.34, "12.3"), (1.234, "1.23"), (0.000326, "0.000326")],
)
def test_numbers_keep_three_digits(value: float, text: str) -> None:
    assert report.number(value) == text


def test_the_json_is_the_report() -> None:
    made = _report()
    again = msgspec.json.decode(report.as_json(made), type=Report)
    assert again == made
    assert again.format == FORMAT


class _Bench:
    def __init__(self, goal: Goal) -> None:
        self.goals: Sequence[Goal] = (goal,)
        self.notes: list[str] = []

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        return {"both": lambda: {"ours": 1.0, "floor": 2.0}}


def _group(goal: Goal, opened: list[int]) -> Group:
    @contextmanager
    def open_bench(_: Size) -> Iterator[_Bench]:
        opened.append(goal.number)
        yield _Bench(goal)

    return Group((goal,), open_bench)


def _series(name: str, values: list[float]) -> Callable[[], Values]:
    left = iter(values)
    return lambda: {name: next(left)}


def _report() -> Report:
    figures = (
        Figure(MORE, 12_345.6, 10_000.0, 1.23, reached=True, ratios=(1.0, 1.23, 2.0)),
        Figure(LESS, 9.0, 1.0, 9.0, reached=False, ratios=(9.0, 9.0, 9.0)),
    )
    here = Machine("Linux x86_64", "3.11.7", 2, (0.5, 1.5))
    return Report(FORMAT, True, here, figures, (), ("a note",))
