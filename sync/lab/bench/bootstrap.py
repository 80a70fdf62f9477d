"""Goals 8 and 9: first contact over HTTP, against rows as JSON lines and against the bare disk.

A till that has just joined loads everything head office has for it: signed manifest, hashed parts,
a replica with its indexes that is looked things up in. The process that serves is another one.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from sync.client.channel import Channel
from sync.client.enrolment import enrol
from sync.client.snapshot import SnapshotLoader
from sync.client.till_store import begin_epoch, ports_of
from sync.client.transport import Transport
from sync.database import floors
from sync.database.till.database import TillDatabase
from sync.database.till.keys import KEY_BYTES, FileWrap, TillKeys, save_keys
from sync.headoffice.service import HeadOffice
from sync.lab.bench import office as offices
from sync.lab.bench import sample
from sync.lab.bench.harness import Goal, Group, Size, Values
from sync.protocol import codec
from sync.protocol.keys import Signer, device_key_id, ring
from sync.protocol.records import EnrolmentRecord, Form

ROWS: Final = Goal(
    8, "first contact", "bootstrap.rate", "lines.rate", "members/s", 8.0, at_least=True
)
DISK: Final = Goal(9, "first contact, time", "bootstrap.s", "write.s", "s", 1.5, at_least=False)
CALL_MS: Final = 60_000
LOOK_S: Final = 0.5


class SystemClock:
    """The machine's clock."""

    def utc_ms(self) -> int:
        """Wall clock, Unix milliseconds."""
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        """Milliseconds that never run back."""
        return time.monotonic_ns() // 1_000_000


class BootstrapBench:
    """A joined till's folder is copied for every round, so that each load is a first one."""

    goals: Sequence[Goal] = (ROWS, DISK)

    def __init__(self, stack: ExitStack, size: Size) -> None:
        self.notes: list[str] = []
        self._members = size.of(40_000, least=50)
        self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="guibin-bench-")))
        office = stack.enter_context(offices.office("sqlite", self._members))
        self._built = office.runner.run(_build(office.hq))
        self._base = f"http://127.0.0.1:{stack.enter_context(offices.served(office.hq))}"
        self._clock, self._hq_epoch = SystemClock(), office.hq.hq_epoch
        self._joined = self._folder / "joined"
        self._joined.mkdir()
        now_ms = self._clock.utc_ms()
        code = office.runner.run(office.hq.enrolment.make_code(sample.PLACE.till, now_ms))
        self._join(code)
        encode = msgspec.json.encode
        self._lines = [encode((sample.light_row(n), sample.card(n))) for n in range(self._members)]
        self._round = 0
        self._size = 0
        self._form: Form | None = None
        self._load()  # head office makes the snapshot when the first till asks
        while self._built and self._form is not Form.SQLCIPHER:
            time.sleep(LOOK_S)
            self._load()

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """Over HTTP, from lines in memory, and onto the disk."""
        return {"http": self._load, "lines": self._import, "write": self._write}

    def _transport(self) -> Transport:
        return Transport(self._base, (), self._clock, allow_plain_loopback=True)

    def _join(self, code: str) -> None:
        keys = TillKeys(*(secrets.token_bytes(KEY_BYTES) for _ in range(4)))
        store = FileWrap(self._joined)
        save_keys(self._joined, keys, store)
        with closing(self._transport()) as transport:
            joined = enrol(transport, code, keys.sign, keys.agree, "bench", "bench", self._clock)
        begin_epoch(self._joined, keys, joined, store)

    def _load(self) -> Values:
        self._round += 1
        folder = self._folder / f"till-{self._round}"
        shutil.copytree(self._joined, folder)
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder)
            database = stack.enter_context(closing(TillDatabase(folder)))
            loader = self._loader(stack, database)
            before = time.perf_counter()
            for _ in loader.load(self._hq_epoch):
                pass
            took = time.perf_counter() - before
            held = database.replica.members_held()
            if held != self._members:
                raise AssertionError(f"{held} of {self._members} members arrived")
            self._form = loader.form
            self._size = sum(file.stat().st_size for file in folder.glob("replica-*.db*"))
        what = f"{self._members:,} members, {self._size / 2**20:.1f} MiB as {self._form}"
        self.notes[:] = [f"8, 9: {what}; made in {self._built:.1f} s, which no till waits for"]
        return {"bootstrap.s": took, "bootstrap.rate": self._members / took}

    def _loader(self, stack: ExitStack, database: TillDatabase) -> SnapshotLoader:
        identity, keys = database.journal.identity, database.keys
        record = codec.decode(identity.record, EnrolmentRecord)
        transport = stack.enter_context(closing(self._transport()))
        signer = Signer(keys.sign, device_key_id(identity.device, identity.epoch))
        channel = Channel(transport, signer, self._clock, secrets.token_bytes)
        channel.renew(CALL_MS)
        ports = ports_of(database, self._clock, secrets.token_bytes)
        trusted = ring(record.hq_keys, "snapshot")
        return SnapshotLoader(channel, ports.replica, trusted, keys.agree, self._clock)

    def _import(self) -> Values:
        path = self._folder / "lines.db"
        before = time.perf_counter()
        count = floors.import_lines(path, sample.KEY, self._lines)
        took = time.perf_counter() - before
        for stray in self._folder.glob("lines.db*"):
            stray.unlink()
        return {"lines.rate": count / took}

    def _write(self) -> Values:
        path = self._folder / "written"
        data = secrets.token_bytes(self._size)
        before = time.perf_counter()
        floors.write_file(path, [data])
        took = time.perf_counter() - before
        path.unlink()
        return {"write.s": took}


async def _build(hq: HeadOffice) -> float:
    """Seconds to make the file with its process; 0 when the chain is too small for one."""
    began, now_ms = time.perf_counter(), SystemClock().utc_ms()
    while (ready := await hq.files.newest(now_ms)) is None and hq.files.building:
        pass
    await hq.files.close()
    return time.perf_counter() - began if ready else 0.0


@contextmanager
def opened(size: Size) -> Iterator[BootstrapBench]:
    """The instrument on a head office of its own."""
    with ExitStack() as stack:
        yield BootstrapBench(stack, size)


GROUP: Final = Group((ROWS, DISK), opened)
