"""The invariants of the ledger, each on at least 200 examples (docs/invariants.md)."""

from __future__ import annotations

import pytest

from tests.sync.domain.ledger_machine import LedgerMachine
from tests.sync.domain.properties_of_prices import PROPERTIES


@pytest.mark.parametrize("name", PROPERTIES)
def test_holds(name: str) -> None:
    PROPERTIES[name].holds()


TestLedger = LedgerMachine.TestCase
