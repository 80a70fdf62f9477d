"""Goals 10 to 14: what a head office takes in, against its own posting, COPY and the ORM."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Final

from sync.client.channel import fresh_nonce
from sync.database import floors
from sync.domain.journal import read_body
from sync.headoffice.service import DATABASE_FILE
from sync.lab.bench import office as offices
from sync.lab.bench.harness import Goal, Group, Size, Values, percentile
from sync.lab.bench.office import Office, Till
from sync.protocol import codec, frames, wire
from sync.protocol.keys import signed_prefix
from sync.protocol.messages import NonceAsk, NonceReply
from sync.protocol.requests import sign_request

HTTP: Final = Goal(
    10, "ingest through HTTP", "http.rate", "direct.rate", "entries/s", 0.85, at_least=True
)
COPY: Final = Goal(
    11, "posting, one connection", "one.rate", "copy.rate", "entries/s", 0.10, at_least=True
)
PER_CORE: Final = Goal(
    11, "posting per core", "one.cpu_rate", "wanted", "entries/s", 1.0, at_least=True, part="c"
)
ORM: Final = Goal(
    12, "posting against the ORM", "sqlite.rate", "orm.rate", "entries/s", 25.0, at_least=True
)
VERIFY: Final = Goal(
    13, "verify and chain, share", "verify.us", "one.us", "us/entry", 0.15, at_least=False
)
DECODE: Final = Goal(
    14, "decode of a batch, p99", "decode.p99", "decode.p50", "ms", 4.0, at_least=False
)
WANTED: Final = 5_000.0  # entries per second and core, from the issue
LANES: Final = 4
FIRST_HTTP_TILL: Final = 4  # tills 0 to 3 post directly, 4 to 7 over HTTP


class PostgresBench:
    """Posting by PostgreSQL: one connection, several, and over HTTP."""

    goals: Sequence[Goal] = (HTTP, COPY, PER_CORE, VERIFY)

    def __init__(self, stack: ExitStack, url: str, size: Size) -> None:
        self.notes: list[str] = []
        self._office = stack.enter_context(offices.office(url, size.of(20_000, least=200)))
        self._batches = size.of(24, least=1)
        self._most = wire.MAX_ENTRIES if size.scale > 0.01 else 5
        self._copy = self._office.runner.run(floors.CopyFloor.open(url))
        stack.callback(lambda: self._office.runner.run(self._copy.close()))
        self._port = stack.enter_context(offices.served(self._office.hq))
        for till in self._office.tills:  # the first batch of each meets cold caches
            self._office.push(till.batches(1, self._most))

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """COPY follows posting at once: it needs the rows."""
        return {"one": self._one, "direct": self._direct, "http": self._http}

    def _one(self) -> Values:
        till = self._office.tills[0]
        batches = till.batches(self._batches, self._most)
        before, cpu = time.perf_counter(), time.process_time()
        entries = self._office.push(batches)
        took, cpu = time.perf_counter() - before, time.process_time() - cpu
        held = len(batches[0].entries)
        self.notes[:] = [f"10 to 13: {held} entries a push; {self._office.members:,} members"]
        return {
            "one.rate": entries / took,
            "one.cpu_rate": entries / cpu,
            "one.us": took / entries * 1e6,
            "wanted": WANTED,
            "copy.rate": entries / self._copied(till, batches),
            "verify.us": _verify_s(till, batches) / entries * 1e6,
        }

    def _copied(self, till: Till, batches: Sequence[frames.Batch]) -> float:
        run = self._office.runner.run
        rows = [
            run(self._copy.written(till.device.bytes, batch.header.from_seq, batch.last_seq))
            for batch in batches
        ]

        async def all_of_them() -> float:
            before = time.perf_counter()
            for written in rows:
                await self._copy.copy(written)
            return time.perf_counter() - before

        return run(all_of_them())

    def _direct(self) -> Values:
        lanes = [till.batches(self._batches, self._most) for till in self._office.tills[:LANES]]
        in_turn = [batch for together in zip(*lanes, strict=True) for batch in together]
        before = time.perf_counter()
        entries = self._office.push(in_turn, LANES)
        return {"direct.rate": entries / (time.perf_counter() - before)}

    def _http(self) -> Values:
        tills = self._office.tills[FIRST_HTTP_TILL : FIRST_HTTP_TILL + LANES]
        lanes = [_Lane(self._port, till, self._batches, self._most) for till in tills]
        threads = [threading.Thread(target=lane.send, name="bench-push") for lane in lanes]
        before = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - before
        return {"http.rate": sum(lane.taken() for lane in lanes) / took}


class _Lane:
    """One till's connection, its requests made and signed beforehand."""

    def __init__(self, port: int, till: Till, batches: int, most: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._till = till
        nonce = self._nonce()
        self._requests = []
        for counter in range(1, batches + 1):
            body = till.push(most)
            headers = self._headers(wire.PUSH, body, nonce, counter, wire.MEDIA_PUSH)
            self._requests.append((body, headers))
        self._before, self._acked, self._fault = till.acked, 0, ""

    def send(self) -> None:
        """Push everything, one request after the other."""
        for body, headers in self._requests:
            self._connection.request("POST", wire.PUSH, body, headers)
            response = self._connection.getresponse()
            answer = response.read()
            if response.status != 200:
                self._fault = answer.decode()
                break
        self._connection.close()

    def taken(self) -> int:
        """Entries that head office took; raises when it refused any."""
        if self._fault:
            raise AssertionError(f"head office refused a push: {self._fault}")
        entries = self._till.seq - self._before
        self._till.acked = self._till.seq
        return entries

    def _nonce(self) -> str:
        body = codec.encode(NonceAsk(fresh_nonce(lambda size: bytes(range(size)))))
        own = fresh_nonce(lambda size: bytes(reversed(range(size))))
        headers = self._headers(wire.NONCE, body, own, 1, wire.MEDIA_JSON)
        self._connection.request("POST", wire.NONCE, body, headers)
        return codec.decode(self._connection.getresponse().read(), NonceReply).nonce

    def _headers(
        self, target: str, body: bytes, nonce: str, counter: int, media: str
    ) -> dict[str, str]:
        signed = sign_request(
            self._till.signer, "POST", target, body, nonce, counter, int(time.time())
        )
        return {**signed, "content-type": media}


def _verify_s(till: Till, batches: Sequence[frames.Batch]) -> float:
    """Seconds to chain and verify batches, as head office does before it posts."""
    before = time.perf_counter()
    for batch in batches:
        entries = frames.entries_of(batch, till.prev_of[batch.header.from_seq])
        if signed_prefix(entries, till.signer.public) != len(entries):
            raise AssertionError("a signature does not hold")
    return time.perf_counter() - before


class SqliteBench:
    """Posting into the embedded database, and the same rows by the ORM."""

    goals: Sequence[Goal] = (ORM,)

    def __init__(self, stack: ExitStack, size: Size) -> None:
        self.notes = ["12: both on the embedded SQLite; the ORM writes rows that are decided"]
        self._office: Office = stack.enter_context(
            offices.office("sqlite", size.of(20_000, least=200))
        )
        self._batches = size.of(8, least=1)
        self._most = wire.MAX_ENTRIES if size.scale > 0.01 else 5
        hq = self._office.hq
        path = hq.settings.folder / DATABASE_FILE
        self._orm = stack.enter_context(closing(floors.OrmFloor(path, hq.keys.database_key)))

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """One side: the ORM needs the rows."""
        return {"orm": self._both}

    def _both(self) -> Values:
        till = self._office.tills[0]
        batches = till.batches(self._batches, self._most)
        before = time.perf_counter()
        entries = self._office.push(batches)
        mine = time.perf_counter() - before
        rows = [
            self._orm.written(till.device.bytes, batch.header.from_seq, batch.last_seq)
            for batch in batches
        ]
        for written in rows:
            self._orm.forget(written)
        before = time.perf_counter()
        for written in rows:
            self._orm.write(written)
        return {
            "sqlite.rate": entries / mine,
            "orm.rate": entries / (time.perf_counter() - before),
        }


class DecodeBench:
    """A push decoded and its bodies read, over and over."""

    goals: Sequence[Goal] = (DECODE,)

    def __init__(self, size: Size) -> None:
        self.notes: list[str] = []
        most = wire.MAX_ENTRIES if size.scale > 0.01 else 5
        self._body = Till(0, 1_000).push(most)
        self._times = size.of(400, least=5)

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """One side: the tail is compared with the middle."""
        return {"decode": self._decode}

    def _decode(self) -> Values:
        times = []
        for _ in range(self._times):
            before = time.perf_counter()
            batch = frames.decode_push(self._body)
            bodies = [read_body(body) for _, body in batch.entries]
            times.append(time.perf_counter() - before)
            if len(bodies) != batch.header.entries:
                raise AssertionError("entries were lost")
        return {
            "decode.p99": percentile(times, 0.99) * 1e3,
            "decode.p50": percentile(times, 0.5) * 1e3,
        }


@contextmanager
def postgres_opened(size: Size) -> Iterator[PostgresBench]:
    """The instrument on a PostgreSQL server of its own."""
    with ExitStack() as stack:
        url = stack.enter_context(offices.postgres())
        yield PostgresBench(stack, url, size)


@contextmanager
def sqlite_opened(size: Size) -> Iterator[SqliteBench]:
    """The instrument on an embedded head office."""
    with ExitStack() as stack:
        yield SqliteBench(stack, size)


@contextmanager
def decode_opened(size: Size) -> Iterator[DecodeBench]:
    """The instrument on one batch."""
    yield DecodeBench(size)


GROUPS: Final = (
    Group((HTTP, COPY, PER_CORE, VERIFY), postgres_opened),
    Group((ORM,), sqlite_opened),
    Group((DECODE,), decode_opened),
)
