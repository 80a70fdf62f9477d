"""Many tills at once on both databases: nothing lost, nothing twice, numbers follow commits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import pytest

from sync.database.headoffice import published, reports
from sync.database.headoffice.postgres import PostgresDatabase
from sync.database.headoffice.sessions import Session, UnavailableError
from sync.domain.journal import Entry
from sync.headoffice.service import HeadOffice, Settings, opened
from sync.protocol import frames
from sync.protocol.messages import PushHeader, PushReply
from tests.helpers.servers import START_MS, set_up
from tests.helpers.tills import SignedCounter
from tests.sync.domain.making import member_id
from tests.sync.headoffice.posting.test_oracle import _enrol, _till

MEMBERS = [member_id(number) for number in range(4)]
ROUNDS = 12
NewDatabase = Callable[[str], str]


def batch_of(till: SignedCounter, entries: Sequence[Entry]) -> frames.Batch:
    pairs = tuple((entry.signature, entry.body) for entry in entries)
    header = PushHeader(1, till.device, 1, entries[0].seq, len(pairs), 0)
    return frames.Batch(header, pairs)


async def furnished(hq: HeadOffice) -> list[SignedCounter]:
    tills = [_till(dealer) for dealer in ("A", "B", "C", "W")]
    await _enrol(hq, tills)
    await hq.poster.push(batch_of(tills[0], [tills[0].enrol(m) for m in MEMBERS]), START_MS)
    return tills


async def sell(hq: HeadOffice, till: SignedCounter, seed: int) -> list[PushReply]:
    """Batches of sales and gifts for shuffled members, each sent twice now and then."""
    dice, replies = random.Random(seed), []
    for _ in range(ROUNDS):
        entries = []
        for member in dice.sample(MEMBERS, len(MEMBERS)):
            entries.append(till.sale(member, [dice.randrange(100, 90_000)]))
            if dice.random() < 0.3:
                entries.append(till.gift(member))
        batch = batch_of(till, entries)
        replies.append(await hq.poster.push(batch, START_MS))
        if dice.random() < 0.3:
            again = await hq.poster.push(batch, START_MS)
            assert [r.post_seq for r in again.results] == [r.post_seq for r in replies[-1].results]
    return replies


async def follow(hq: HeadOffice, stop: asyncio.Event) -> dict[tuple[str, str], int]:
    """Read the feed as a till does, while others write; the last number seen of each key."""
    seen: dict[tuple[str, str], int] = {}
    n = 0
    while True:
        over = stop.is_set()
        upto = await hq.database.last_visible("feed_n")
        async with hq.database.reading() as session:
            found = await published.page(session, ["all"], n, upto, 50)
        for row in found:
            assert n < row.n <= upto
            seen[row.kind, row.key] = n = row.n
        if len(found) < 50:
            n = upto
            if over:
                return seen
        await asyncio.sleep(0)


def test_tills_that_push_the_same_members_at_once(settings: Settings) -> None:
    async def run() -> None:
        async with opened(settings) as hq:
            tills = await furnished(hq)
            stop = asyncio.Event()
            readers = [asyncio.create_task(follow(hq, stop)) for _ in range(2)]
            replies = await asyncio.gather(
                *(sell(hq, till, seed) for seed, till in enumerate(tills))
            )
            stop.set()
            seen = await asyncio.gather(*readers)
            numbers = [r.post_seq for made in replies for reply in made for r in reply.results]
            assert len(numbers) == len(set(numbers))
            async with hq.database.reading() as session:
                assert await reports.unbalanced(session) == []
                devices = await reports.devices(session)
                rows = await published.page(session, ["all"], 0, 1 << 62, 10_000)
            assert [(d.entries, d.head_seq) for d in devices] == [(t.seq, t.seq) for t in tills]
            for found in seen:
                assert found == {(row.kind, row.key): row.n for row in rows}

    asyncio.run(run())


def test_no_number_is_visible_before_its_transaction_has_ended(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    made = set_up(tmp_path / "hq", new_database("postgresql"))

    async def run() -> None:
        async with opened(made) as hq:
            drawn, go_on = asyncio.Event(), asyncio.Event()
            first: list[int] = []

            async def slow(session: Session) -> None:
                first.extend(await session.draw("feed_n", 3))
                drawn.set()
                await go_on.wait()

            async def quick(session: Session) -> int:
                return (await session.draw("feed_n", 1))[0]

            writing = asyncio.create_task(hq.database.writing(slow))
            await drawn.wait()
            later = await hq.database.writing(quick)
            assert later > max(first)
            looking = asyncio.create_task(hq.database.last_visible("feed_n"))
            await asyncio.sleep(0.2)
            assert not looking.done()
            go_on.set()
            await writing
            assert await looking >= later

    asyncio.run(run())


def test_a_deadlock_is_tried_again(new_database: NewDatabase, tmp_path: Path) -> None:
    made = set_up(tmp_path / "hq", new_database("postgresql"))

    async def run() -> int:
        attempts = 0

        async def work(session: Session) -> None:
            nonlocal attempts
            attempts += 1
            if attempts < 3:
                raise asyncpg.DeadlockDetectedError("planted")

        async with opened(made) as hq:
            await hq.database.writing(work)
            attempts_for_good = attempts

            async def never(session: Session) -> None:
                raise asyncpg.DeadlockDetectedError("planted")

            with pytest.raises(UnavailableError):
                await hq.database.writing(never)
            return attempts_for_good

    assert asyncio.run(run()) == 3


def test_a_lost_database_is_unavailable_and_comes_back(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    made = set_up(tmp_path / "hq", new_database("postgresql"))

    async def run() -> None:
        async with opened(made) as hq:
            assert isinstance(hq.database, PostgresDatabase)

            async def cut(session: Session) -> None:
                killer = await asyncpg.connect(made.database)
                await killer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'guibin headoffice'"
                    " AND datname = current_database()"
                )
                await killer.close()
                await session.draw("feed_n", 1)

            with pytest.raises(UnavailableError):
                await hq.database.writing(cut)

            async def fine(session: Session) -> Sequence[int]:
                return await session.draw("feed_n", 1)

            assert len(await hq.database.writing(fine)) == 1

    asyncio.run(run())
