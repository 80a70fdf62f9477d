"""Head offices on real databases and sockets for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.headoffice.serving import Running
from tests.helpers.servers import new_database, postgres_server, served, settings
from tests.helpers.tills import TestTill, furnish

__all__ = ["new_database", "postgres_server", "served", "settings"]


@pytest.fixture
def chain(served: Running) -> Running:
    """A head office with dealers A, B, C and W and the programme of the golden cases."""
    furnish(served)
    return served


@pytest.fixture
def a1(chain: Running) -> Iterator[TestTill]:
    """Till A1 of dealer A."""
    with TestTill(chain, "A1") as till:
        yield till


@pytest.fixture
def b1(chain: Running) -> Iterator[TestTill]:
    """Till B1 of dealer B."""
    with TestTill(chain, "B1") as till:
        yield till
