"""The write-ahead log of the journal is folded in by a thread of its own, never by a commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.database.engine import connect
from sync.database.till import checkpoints
from tests.sync.database.till.made import Bodies, opened

DEADLINE_S = 20.0
COMMITS = 150


def test_a_log_is_folded_into_the_file_in_a_quiet_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "QUIET_S", 0.02)
    database, bodies = opened(tmp_path), Bodies()
    before = (tmp_path / "journal.db").stat().st_size
    for number in range(COMMITS):
        database.journal.append(bodies.earning(number + 1))
    _wait_until(lambda: (tmp_path / "journal.db").stat().st_size > before)
    database.close()


def test_no_commit_folds_the_log_and_nothing_is_lost_when_nobody_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "QUIET_S", 600.0)
    database, bodies = opened(tmp_path), Bodies()
    before = (tmp_path / "journal.db").stat().st_size
    written = [database.journal.append(bodies.earning(n + 1)).entry for n in range(COMMITS)]
    assert (tmp_path / "journal.db").stat().st_size == before
    key = database.keys.database
    database.close()
    assert not (tmp_path / "journal.db-wal").exists()
    connection = connect(tmp_path / "journal.db", key)
    assert connection.execute("SELECT count(*) FROM entry").fetchone() == (len(written),)
    connection.close()


def test_a_long_log_is_folded_by_a_commit_when_nobody_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "QUIET_S", 600.0)
    monkeypatch.setattr(checkpoints, "LONG_LOG_PAGES", 50)
    database, bodies = opened(tmp_path), Bodies()
    for number in range(COMMITS):
        database.journal.append(bodies.earning(number + 1))
    assert (tmp_path / "journal.db-wal").stat().st_size < 100 * 4096
    assert database.journal.head().seq == COMMITS
    database.close()


def _wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)
