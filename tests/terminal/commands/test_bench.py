"""`guibin bench` on real tills and windows at its smallest; what it finds is not judged here."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from sync.lab.bench import cashier
from sync.lab.bench.harness import SMALLEST, Group, Report, measure
from terminal.commands import bench, bench_qt, bench_till

TILLS = cashier.Tills(bench_till.make_folder, bench_till.CommitPath, bench_till.UseCase)


@pytest.mark.parametrize(
    ("group", "names"),
    [
        (cashier.groups(TILLS)[0], {"1", "1u", "2", "3"}),
        (bench_qt.group(), {"18", "19", "20"}),
    ],
    ids=["cashier", "window"],
)
def test_an_instrument_measures_its_goals(group: Group, names: set[str]) -> None:
    found = measure([group], SMALLEST)
    assert {figure.goal.name for figure in found.figures} == names
    for figure in found.figures:
        assert figure.ours > 0
        assert isfinite(figure.ratio)


def test_the_command_prints_a_table_and_writes_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.lab.bench.harness.QUICK", SMALLEST)
    out = tmp_path / "figures.json"
    done = CliRunner().invoke(bench.app, ["--quick", "--only", "14", "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert "decode of a batch" in done.output
    [figure] = msgspec.json.decode(out.read_bytes(), type=Report).figures
    assert figure.goal.number == 14


def test_goals_are_numbers() -> None:
    done = CliRunner().invoke(bench.app, ["--only", "one"])
    assert done.exit_code == 2


def test_every_goal_of_the_issue_has_its_instrument() -> None:
    numbers = {goal.number for group in bench.groups() for goal in group.goals}
    assert numbers == {*range(1, 6), *range(8, 15), *range(18, 21)}
