from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from sync.database.till.replica_rows import Change
from sync.database.till.turns import Turn
from sync.domain.members import Balances, LightRow
from tests.sync.database.till.made import NOON_MS, Bodies, opened


def test_a_waiting_cashier_goes_before_a_waiting_sync() -> None:
    turn, order = Turn(), list[str]()
    ready = threading.Barrier(3)

    def sync() -> None:
        ready.wait()
        with turn.sync():
            order.append("sync")

    def cashier() -> None:
        ready.wait()
        with turn.cashier():
            order.append("cashier")

    threads = [threading.Thread(target=sync), threading.Thread(target=cashier)]
    with turn.sync():
        for thread in threads:
            thread.start()
        ready.wait()
        time.sleep(0.05)  # both wait now
    for thread in threads:
        thread.join()
    assert order == ["cashier", "sync"]


def test_the_turn_is_given_back_after_a_fault() -> None:
    turn = Turn()
    for take in (turn.cashier, turn.sync):
        with pytest.raises(OSError, match="disk"), take():
            raise OSError("disk")
    with turn.cashier():
        pass


def test_a_cashier_is_not_starved_by_a_flat_out_sync(tmp_path: Path) -> None:
    from uuid import UUID

    database = opened(tmp_path)
    stop = threading.Event()
    applied = 0

    def feed() -> None:
        nonlocal applied
        while not stop.is_set():
            rows = [
                Change(
                    applied + i + 1,
                    "member",
                    str(UUID(int=applied + i)),
                    1,
                    LightRow(UUID(int=applied + i), "gold", Balances(1), 1),
                )
                for i in range(500)
            ]
            database.replica.apply(rows, 1, applied + 500, NOON_MS, complete=False)
            applied += 500

    sync = threading.Thread(target=feed, name="sync")
    bodies = Bodies()
    news = [bodies.earning(1) for _ in range(60)]
    sync.start()
    worst = 0.0
    for new in news:
        began = time.perf_counter()
        database.journal.append(new)
        worst = max(worst, time.perf_counter() - began)
        time.sleep(0.002)
    stop.set()
    sync.join()
    assert applied > 0
    assert worst < 1.0  # free writers with SQLite's own busy handler: 1.2 to 1.5 s (performance.md)
    assert database.journal.head().seq == 60
    database.close()
