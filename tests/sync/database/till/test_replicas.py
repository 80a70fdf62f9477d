from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from sync.database.till.faults import StoreFault
from sync.database.till.replica_file import build_replica
from sync.database.till.replica_rows import Change
from sync.domain.cards import Card, Status
from sync.domain.members import Balances, LightRow, Profile
from tests.sync.database.till.made import MEMBER, NOON_MS, opened


def rows(count: int) -> list[tuple[LightRow, int]]:
    return [(LightRow(UUID(int=n), "gold", Balances(n), n), n) for n in range(1, count + 1)]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("replica-*.db"))


def test_a_new_replica_takes_its_place_whole(tmp_path: Path) -> None:
    database = opened(tmp_path)
    old = database.replica
    profile = Change(0, "profile", str(MEMBER), 1, Profile(MEMBER, "张", "+86"))
    old.put_fetched([profile], NOON_MS)
    (old_name,) = files(tmp_path)
    fresh = database.replicas.begin("s1")
    fresh.load([Change(0, "member", str(UUID(int=1)), 1, rows(1)[0][0])], {"part:0": b"1"})
    assert database.replica is old
    fresh.start_at(1, 40, NOON_MS)
    database.replicas.activate(old.fetched_profiles())
    assert database.replica is fresh
    assert database.replica.cursor() == (1, 40)
    assert database.replica.profile(MEMBER) is not None
    assert old_name in files(tmp_path)  # still open for whoever reads it just now
    assert old.profile(MEMBER) is not None
    database.close()
    assert files(tmp_path) == ["replica-s1.db"]
    again = opened(tmp_path)
    assert again.replica.light(UUID(int=1)) is not None
    again.close()


def test_a_half_loaded_replica_goes_on_after_a_restart(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.replicas.begin("s1").load((), {"part:0": b"1"})
    database.close()
    again = opened(tmp_path)
    assert again.replicas.begin("s1").value("part:0") == b"1"
    again.replicas.begin("s2")
    assert not (tmp_path / "replica-s1.db").exists()
    again.close()


def test_a_ready_file_is_taken_as_it_is(tmp_path: Path) -> None:
    database = opened(tmp_path)
    key, ready = bytes([7]) * 32, tmp_path / "snapshot.part"
    card = Card("ab" * 16, UUID(int=3), Status.ACTIVE, "0013", "barcode")
    assert build_replica(ready, key, rows(300), [(card, 5)], 2, 99) == 301
    assert not ready.with_name("snapshot.part-wal").exists()
    taken = database.replicas.adopt("s9", key, ready)
    taken.start_at(2, 99, NOON_MS)
    database.replicas.activate()
    held = database.replica.light(UUID(int=3))
    assert held is not None
    assert held.row.balances.points == 3
    assert database.replica.card(card.token) == card
    assert database.replica.cursor() == (2, 99)
    assert database.replica.members_held() == 300
    count, _ = database.replica.sums().of(["member", "card"])
    assert count == 301
    database.close()
    again = opened(tmp_path)
    assert again.replica.members_held() == 300
    again.close()


def test_a_built_file_has_the_sums_of_rows_put_one_by_one(tmp_path: Path) -> None:
    database = opened(tmp_path)
    build_replica(tmp_path / "ready", bytes(32), rows(20), (), 1, 20)
    database.replica.apply(
        [Change(n, "member", str(row.member), n, row) for row, n in rows(20)],
        1,
        20,
        NOON_MS,
        complete=True,
    )
    one_by_one = database.replica.sums().of(["member"])
    database.replicas.adopt("s1", bytes(32), tmp_path / "ready")
    database.replicas.activate()
    assert database.replica.sums().of(["member"]) == one_by_one
    database.close()


def test_a_ready_file_under_another_key_is_refused(tmp_path: Path) -> None:
    database = opened(tmp_path)
    build_replica(tmp_path / "ready", bytes(32), rows(1), (), 1, 1)
    with pytest.raises(StoreFault):
        database.replicas.adopt("s1", bytes([1]) * 32, tmp_path / "ready")
    assert database.replica.light(UUID(int=1)) is None
    with pytest.raises(FileExistsError):
        build_replica(database.replica.path, bytes(32), (), (), 1, 1)
    database.close()


def test_a_damaged_replica_is_thrown_away_and_the_journal_stays(tmp_path: Path) -> None:
    database = opened(tmp_path)
    path = database.replica.path
    database.close()
    path.write_bytes(b"\x00" * 8192)
    again = opened(tmp_path)
    assert again.replica.cursor() is None
    assert again.replica.path != path
    again.close()


def test_what_a_crash_left_of_an_old_replica_is_cleared_at_the_next_start(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.replicas.begin("s1")
    database.replicas.activate()
    database.replicas.begin("s2")  # half loaded: kept
    (tmp_path / "replica-stray.db").write_bytes(b"x")
    before = files(tmp_path)
    database.close()
    (tmp_path / "replica-stray.db").write_bytes(b"x")
    assert len(before) == 4
    again = opened(tmp_path)
    assert files(tmp_path) == ["replica-s1.db", "replica-s2.db"]
    again.close()


def test_a_file_moved_before_a_crash_is_taken_as_it_is(tmp_path: Path) -> None:
    database = opened(tmp_path)
    key, ready = bytes([7]) * 32, tmp_path / "ready"
    build_replica(ready, key, rows(3), (), 1, 3)
    database.replicas.adopt("s1", key, ready)
    database.close()
    again = opened(tmp_path)
    again.replicas.adopt("s1", key, ready)
    again.replicas.activate()
    assert again.replica.members_held() == 3
    again.close()
