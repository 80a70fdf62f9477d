"""Two head-office services on one PostgreSQL database: one till pushing to both at once, members of
many tills, readers that follow the feed meanwhile, quarantine driven by both."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.database.headoffice import reports
from sync.domain import admission, kinds
from sync.domain.journal import Entry, Kind
from sync.headoffice.jobs.redriving import redrive
from sync.headoffice.service import Settings
from sync.headoffice.serving import Running, running
from sync.protocol import codec, frames, wire
from sync.protocol.messages import FeedItem, PushReply
from sync.protocol.requests import sign_request
from tests.helpers.dumps import changed, dump_of
from tests.helpers.servers import new_database, postgres_server, set_up
from tests.helpers.tills import TestTill, furnish, rows_of
from tests.sync.domain.making import member_id

__all__ = ["new_database", "postgres_server"]

MEMBERS = [member_id(number) for number in range(1, 6)]
ROUNDS = 15


@pytest.fixture
def pair(new_database: Callable[[str], str], tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    """The same head office served twice, each on a pool and an event loop of its own."""
    made: Settings = set_up(tmp_path / "hq", new_database("postgresql"))
    with running(made, tls=False) as first, running(made, tls=False) as second:
        furnish(first)
        yield first, second


def together(*work: Callable[[], None]) -> None:
    """Run all of it at once; the first failure is raised."""
    failures: list[BaseException] = []

    def run(one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException as failure:  # noqa: BLE001  # raised below, on the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


class Line:
    """A connection of a till to one of the services, under a session nonce it shares."""

    def __init__(self, served: Running, till: TestTill, first: int) -> None:
        self._till, self._counter = till, first
        self._http = httpx.Client(base_url=served.base, trust_env=False, timeout=30)

    def push(self, entries: Sequence[Entry]) -> PushReply | int:
        till = self._till
        pairs = [(entry.signature, entry.body) for entry in entries]
        body = frames.encode_push(till.device, till.epoch, entries[0].seq, pairs)
        self._counter += 1
        made = sign_request(till.signer, "POST", wire.PUSH, body, till.nonce, self._counter, 1)
        headers = {**made, "content-type": wire.MEDIA_PUSH}
        response = self._http.post(wire.PUSH, content=body, headers=headers)
        if response.status_code != 200:
            return response.status_code
        return codec.decode(response.content, PushReply, 1 << 24)

    def close(self) -> None:
        self._http.close()


def test_one_till_pushes_to_both_at_once(pair: tuple[Running, Running]) -> None:
    """Overlapping pieces in any order: each entry is created once, answers never differ."""
    with TestTill(pair[0], "A1") as till:
        desk = till.desk
        entries = [desk.enrol(who) for who in MEMBERS]
        entries += [desk.sale(MEMBERS[n % 5], [1_000 + n], points=0) for n in range(55)]
        answers: dict[int, set[tuple[Any, ...]]] = {}
        created: list[int] = []
        turn = threading.Lock()

        def pushing(served: Running, seed: int) -> None:
            line, dice = Line(served, till, seed * 1_000), random.Random(seed)
            start = 0
            while start < len(entries):
                piece = entries[max(start - dice.randrange(6), 0) : start + dice.randrange(1, 9)]
                reply = line.push(piece)
                if isinstance(reply, int):
                    assert reply == 409  # the other is not that far: a gap
                    start = max(start - 5, 0)
                    continue
                start = max(start, min(reply.ack.seq, piece[-1].seq))
                with turn:
                    for r in reply.results:
                        found = (r.outcome, r.entry_id, r.codes, r.post_seq, r.allocations)
                        answers.setdefault(r.seq, set()).add(found)
                        created.extend([r.seq] if r.status == "created" else [])
            line.close()

        together(*(lambda s=s, n=n: pushing(s, n) for n, s in enumerate((*pair, *pair), 1)))
        assert sorted(created) == [entry.seq for entry in entries]
        assert {len(found) for found in answers.values()} == {1}
        before = dump_of(pair[0])
        line = Line(pair[1], till, 90_000)
        for start in range(0, len(entries), 7):
            assert not isinstance(line.push(entries[start : start + 13]), int)
        line.close()
        assert changed(before, dump_of(pair[1])) == set()


def follow(till: TestTill, over: threading.Event, limit: int) -> list[FeedItem]:
    """Read the feed as a till does until nothing comes any more; every item in order."""
    found: list[FeedItem] = []
    n = 0
    while True:
        last = over.is_set()
        page = till.page(f"1.{n}", limit)
        assert [item.n for item in page.items] == sorted({item.n for item in page.items})
        assert all(n < item.n <= page.next for item in page.items)
        found += page.items
        n = page.next
        if last and page.complete:
            return found


def test_readers_follow_while_tills_of_both_write(pair: tuple[Running, Running]) -> None:
    """Invariant 19: whatever is the last value of a key is seen, by readers of either service.

    Planted bug: `last_visible` returns the sequence without waiting for the lock: rows are missed.
    """
    tills = [TestTill(pair[n % 2], f"{'ABCW'[n]}1") for n in range(4)]
    readers = [TestTill(pair[n % 2], f"{'AB'[n]}2") for n in range(2)]
    tills[0].push(*(tills[0].desk.enrol(who) for who in MEMBERS))
    over = threading.Event()
    read: dict[int, list[FeedItem]] = {}

    def writing(till: TestTill, seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            chosen = dice.sample(MEMBERS, 3)
            till.push(*(till.desk.sale(who, [dice.randrange(100, 9_000)]) for who in chosen))

    def reading(number: int) -> None:
        read[number] = follow(readers[number], over, 3 + number)

    def write_all() -> None:
        try:
            together(*(lambda t=t, n=n: writing(t, n) for n, t in enumerate(tills)))
        finally:
            over.set()

    together(write_all, lambda: reading(0), lambda: reading(1))
    whole = rows_of(readers[0].feed(), "member")
    for items in read.values():
        assert rows_of(items, "member") == whole
        assert len({item.n for item in items}) == len(items)
    for who in MEMBERS:
        marks = whole[str(who)].marks
        assert marks[f"{tills[0].device}:1"] >= 1

    async def sums(hq: Any) -> Any:
        async with hq.database.reading() as session:
            return await reports.unbalanced(session)

    assert pair[0].call(sums) == []
    for till in (*tills, *readers):
        till.http.close()


def test_quarantine_is_driven_once_by_whoever_comes_first(pair: tuple[Running, Running]) -> None:
    """Entries wait for their member; the enrolment and both services' jobs come at once."""
    with TestTill(pair[0], "A1") as a1, TestTill(pair[1], "B1") as b1:
        waiting = [b1.desk.sale(MEMBERS[0], [1_000 + n]) for n in range(20)]
        reply = b1.push(*waiting)
        assert {result.outcome for result in reply.results} == {"quarantined"}
        joining = a1.desk.enrol(MEMBERS[0])

        def drive(served: Running) -> Callable[[], None]:
            def run() -> None:
                for _ in range(4):
                    served.call(lambda hq: redrive(hq.database, hq.poster, 1))

            return run

        def push() -> None:
            a1.push(joining)

        together(push, drive(pair[0]), drive(pair[1]))
        for served in pair:
            served.call(lambda hq: redrive(hq.database, hq.poster, 1))
        again = b1.push(*waiting)
        numbers = [result.post_seq for result in again.results]
        assert None not in numbers
        assert len(set(numbers)) == len(numbers)
        assert (
            again == b1.push(*waiting) or [r.post_seq for r in b1.push(*waiting).results] == numbers
        )
        row = rows_of(a1.feed(), "member")[str(MEMBERS[0])]
        assert row.balances.points == sum((1_000 + n) // 100 for n in range(20))


def test_entries_of_nobody_are_driven_again_once(
    pair: tuple[Running, Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade both services drive what they can post now; no member's lock orders them.

    Planted bug: the quarantine read without locking it: both post the same entries.
    """
    known = dict(kinds.KIND_RULES)
    later = {kind: rule for kind, rule in known.items() if kind != Kind.SHIFT_OPEN}
    with TestTill(pair[0], "A1") as a1:
        monkeypatch.setattr(admission, "KIND_RULES", later)
        bodies = [a1.desk.body(Kind.SHIFT_OPEN, entry_id=member_id(900 + n)) for n in range(40)]
        reply = a1.push(*(a1.desk.write(body) for body in bodies))
        assert {result.codes for result in reply.results} == {("kind_not_posted_yet",)}
        monkeypatch.setattr(admission, "KIND_RULES", known)
        posted: list[int] = []

        def drive(served: Running) -> None:
            posted.append(served.call(lambda hq: redrive(hq.database, hq.poster, 1)))

        together(*(lambda s=s: drive(s) for s in (*pair, *pair)))
        assert sum(posted) == 40
        numbers = [result.post_seq for result in a1.push(*a1.entries).results]
        assert None not in numbers
        assert len(set(numbers)) == 40
