"""Head office killed with -9 in the middle of batches, on both databases, while real tills push.

Invariants 1, 2, 3, 7, 8, 12 and 13 over the wire: what a till was told is acknowledged is there
after the kill; every entry arrives once, byte for byte; tills and head office end on the same
figures.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from sync.client.transport import Unreachable
from sync.database.headoffice import tables
from sync.database.headoffice.statements import query
from sync.headoffice.service import Settings
from sync.headoffice.serving import Running, running
from terminal.usecases.commits import Done
from tests.helpers.dumps import changed, dump_of
from tests.helpers.real_tills import RealTill, balances_of, member, real_till, seed
from tests.helpers.servers import new_database, postgres_server, settings

__all__ = ["new_database", "postgres_server", "settings"]

ROOT = Path(__file__).parents[2]
CARDS = (1001, 1002, 1003)
START_S = 30
_ENTRIES = query(
    sa.select(*(tables.entry.c[n] for n in ("device", "seq", "body", "hash", "signature")))
)


@contextmanager
def head_office(
    settings: Settings, port: int, where: str, nth: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A head office in a process of its own, ready."""
    arguments = [str(settings.folder), str(port), where, str(nth)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.dying_head_office", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + START_S
    try:
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/v1/health", trust_env=False).is_success:
                    break
            except httpx.TransportError:
                assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < until, "head office does not start"
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def work(till: RealTill, rounds: int) -> int:
    """Sales that earn and spend, top-ups, gifts: offline, within every cap; how many were done."""
    till.offline = True
    done = 0
    for number in range(rounds):
        card = CARDS[number % 3]
        done += isinstance(till.sell(40_000 + number, card, 100 if number < 2 else 0), Done)
        done += isinstance(till.top_up(card, 1_000), Done)
    till.offline = False
    return done


def entries_of(served: Running) -> dict[tuple[UUID, int], tuple[bytes, bytes, bytes]]:
    async def read(hq: Any) -> Any:
        async with hq.database.reading() as session:
            return await session.fetch(_ENTRIES)

    rows = served.call(read)
    found = {(UUID(bytes=r[0]), r[1]): (bytes(r[2]), bytes(r[3]), bytes(r[4])) for r in rows}
    assert len(found) == len(rows)
    return found


def pushed(till: RealTill, batch: int) -> bool:
    """Whether a sync got through; what counts as acknowledged never goes back."""
    before = till.app.database.outbox.acked_seq()
    try:
        till.sync(batch)
    except Unreachable:
        return False
    finally:
        assert till.app.database.outbox.acked_seq() >= before
    return True


@pytest.mark.parametrize("where", ["save", "commit", "committed"])
def test_killed_in_the_middle_of_a_batch(settings: Settings, tmp_path: Path, where: str) -> None:
    """Planted bug: `move_head` in a transaction of its own: after "save" entries are missing."""
    with running(settings, tls=False) as served:
        port = served.port
        ids = seed(served, *(member(str(c), c, 5_000, 20_000) for c in CARDS))
        contexts = [real_till(served, tmp_path / name, name) for name in ("A1", "B1")]
        tills = [context.__enter__() for context in contexts]
    for till in tills:
        assert work(till, 4) == 8
    for nth, batch in ((1, 500), (2, 3)):
        with head_office(settings, port, where, nth) as process:
            assert not all(pushed(till, batch) for till in tills)
            assert process.wait(START_S) == -signal.SIGKILL
        assert not pushed(tills[0], batch)
    with running(settings, tls=False, port=port) as served:
        acknowledged = entries_of(served)
        for till in tills:
            device = till.app.database.journal.identity.device
            for seq in range(1, till.app.database.outbox.acked_seq() + 1):
                assert (device, seq) in acknowledged
        for batch in (3, 500, 1):
            assert all(pushed(till, batch) for till in tills)
        judge(served, tills, ids)
        before = dump_of(served)
        for till in tills:  # any part of it again changes nothing
            assert pushed(till, 2)
        assert changed(before, dump_of(served)) == set()
    for context in contexts:
        context.__exit__(None, None, None)


def judge(served: Running, tills: list[RealTill], ids: dict[str, UUID]) -> None:
    """Every entry once and byte for byte; the same figures everywhere, nothing pending."""
    copies, figures = entries_of(served), balances_of(served)
    for till in tills:
        database = till.app.database
        device = database.journal.identity.device
        own = database.journal.entries(0, 1000)
        assert [seq for which, seq in sorted(copies) if which == device] == [e.seq for e in own]
        for entry in own:
            assert copies[device, entry.seq] == (entry.body, entry.hash, entry.signature)
        for who in ids.values():
            assert till.confirmed(who) == till.expected(who) == figures[who]
