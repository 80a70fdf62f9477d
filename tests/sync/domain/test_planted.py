"""Every property is worth something: it fails when the bug it stands against is planted."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.domain.ledger_machine import LedgerMachine
from tests.sync.domain.planted import LEDGER, ORACLE
from tests.sync.domain.planted_prices import PLANTED
from tests.sync.domain.properties_of_prices import PROPERTIES
from tests.sync.domain.test_oracle import compare

CASES = [(bug.name, name) for bug in PLANTED for name in bug.seen_by]
PLANTS = {bug.name: bug.plant for bug in PLANTED}
# `earn` refuses a negative base by itself, and may do so before the property looks at the shares.
GUARDED = {"every_share_goes_by_the_whole_price"}
FIND = settings(phases=[Phase.generate], report_multiple_bugs=False, database=None)
ENOUGH = settings(FIND, max_examples=max(FIND.max_examples, 200))  # also where few are asked for


def run(name: str) -> None:
    """Look for one example against the property."""
    if name == LEDGER:
        run_state_machine_as_test(LedgerMachine, settings=FIND)
    elif name == ORACLE:
        compare(Random(0), 200)
    else:
        PROPERTIES[name].holds(ENOUGH)


@pytest.mark.parametrize(("bug", "name"), CASES)
def test_a_planted_bug_is_seen(bug: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[bug](monkeypatch)
    noticed = (AssertionError, ValueError) if bug in GUARDED else AssertionError
    with pytest.raises(noticed):
        run(name)


def test_every_property_has_its_planted_bug() -> None:
    assert {name for _, name in CASES} == {*PROPERTIES, LEDGER, ORACLE}


def test_the_page_about_invariants_names_each_bug_and_property() -> None:
    page = Path(__file__).parents[3].joinpath("docs/invariants.md").read_text(encoding="utf-8")
    assert [bug.name for bug in PLANTED if f"`{bug.name}`" not in page] == []
    assert [name for name in PROPERTIES if f"`{name}`" not in page] == []
