"""Goals 1 to 4: the cashier's operation against the bare driver and the bare disk.

The operation is a sale: rules, body, hash, signature, and one transaction of entry, effects, shift
totals and print job. The floor writes the very same rows, with one SHA-256 and one signature.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from sync.database import floors
from sync.database.till.journal import Journal
from sync.database.till.journal_file import FILE
from sync.database.till.replica import Replica
from sync.database.till.replica_rows import Change
from sync.database.till.seals import Seal
from sync.lab.bench import sample
from sync.lab.bench.harness import Goal, Group, Size, Values, percentile
from sync.protocol.keys import Signer

OPERATION: Final = Goal(
    1, "cashier's operation, FULL", "cashier.ops", "cashier.raw_ops", "op/s", 0.80, at_least=True
)
WHOLE: Final = Goal(
    1, "the whole use case, FULL", "whole.ops", "whole.raw_ops", "op/s", 0.80, True, part="u"
)
CPU: Final = Goal(
    2, "CPU of that operation", "cpu.ops", "cpu.raw_ops", "op/CPU s", 0.50, at_least=True
)
TAIL: Final = Goal(3, "p99 of that operation", "cashier.p99", "disk.p99", "ms", 4.0, at_least=False)
WORST: Final = Goal(
    4, "worst of 100 while sync runs", "busy.worst", "quiet.worst", "ms", 6.0, at_least=False
)
LEAST_WORST_MS: Final = 5.0
COMMITS: Final = 100
BETWEEN_S: Final = 0.008
BLOCK: Final = 20
MEMBERS: Final = 5_000
DRAFT: Final = bytes(400)  # about what a draft of two lines has
PAGE: Final = 500


class Counter(Protocol):
    """A till on which sales are rung up. `journal`: where they end; `key`: of its file."""

    journal: Journal
    key: bytes

    def sell(self, number: int) -> None:
        """Ring up and commit the sale of that number."""
        ...

    def close(self) -> None:
        """Close its files."""
        ...


@dataclass(frozen=True, slots=True)
class Tills:
    """How to make a till's folder and open tills on it. `path`: the commit path from goods to
    committed entry; `whole`: the use case, which keeps a draft before it.
    """

    make: Callable[[Path], None]
    path: Callable[[Path], Counter]
    whole: Callable[[Path], Counter]


class CashierBench:
    """Ours, the bare driver and the bare disk, in turns of a few operations."""

    goals: Sequence[Goal] = (OPERATION, WHOLE, CPU, TAIL)

    def __init__(self, folder: Path, size: Size, tills: Tills) -> None:
        self.notes: list[str] = []
        self._folder, self._tills = folder, tills
        self._count = size.of(1_000, least=2 * BLOCK)
        self._sign = Signer(sample.SEED).sign
        self._round = 0
        self._template = folder / "template"
        tills.make(self._template)
        self._operations = self._recorded()

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """With the disk, and without."""
        return {"full": self._full, "whole": self._whole, "cpu": self._cpu}

    def _recorded(self) -> list[floors.RawOperation]:
        """The rows that the sales of a round write."""
        with closing(self._tills.path(self._fresh())) as counter:
            floors.set_synchronous(counter.journal.file, "OFF")
            before = counter.journal.head().seq
            for number in range(self._count):
                counter.sell(number)
            return list(floors.raw_operations(counter.journal, before))

    def _fresh(self) -> Path:
        self._round += 1
        folder = self._folder / f"till-{self._round}"
        shutil.copytree(self._template, folder)
        return folder

    @contextmanager
    def _both(
        self, opened: Callable[[Path], Counter], synchronous: str
    ) -> Iterator[tuple[Counter, floors.RawTill]]:
        with ExitStack() as stack:
            mine, theirs = self._fresh(), self._fresh()
            stack.callback(shutil.rmtree, mine)
            stack.callback(shutil.rmtree, theirs)
            counter = stack.enter_context(closing(opened(mine)))
            floors.set_synchronous(counter.journal.file, synchronous)
            raw = floors.RawTill(theirs / FILE, counter.key, self._sign, synchronous)
            yield counter, stack.enter_context(closing(raw))

    def _full(self) -> Values:
        with self._both(self._tills.path, "FULL") as (counter, raw), ExitStack() as stack:
            page = floors.DiskPages(self._folder / f"pages-{self._round}")
            stack.enter_context(closing(page))
            steps = (
                counter.sell,
                lambda number: raw.commit(self._operations[number]),
                lambda _: page.append(),
            )
            mine, theirs, disk = in_turns(steps, self._count, time.perf_counter)
        return {
            "cashier.ops": len(mine) / sum(mine),
            "cashier.raw_ops": len(theirs) / sum(theirs),
            "cashier.p99": percentile(mine, 0.99) * 1e3,
            "disk.p99": percentile(disk, 0.99) * 1e3,
        }

    def _whole(self) -> Values:
        with self._both(self._tills.whole, "FULL") as (counter, raw):

            def bare(number: int) -> None:
                raw.draft(sample.entry_id(number).bytes, DRAFT)
                raw.commit(self._operations[number])

            mine, theirs = in_turns((counter.sell, bare), self._count, time.perf_counter)
        return {"whole.ops": len(mine) / sum(mine), "whole.raw_ops": len(theirs) / sum(theirs)}

    def _cpu(self) -> Values:
        with self._both(self._tills.path, "OFF") as (counter, raw):
            steps = counter.sell, lambda number: raw.commit(self._operations[number])
            mine, theirs = in_turns(steps, self._count, time.process_time)
        return {"cpu.ops": len(mine) / sum(mine), "cpu.raw_ops": len(theirs) / sum(theirs)}


def in_turns(
    steps: Sequence[Callable[[int], None]], count: int, clock: Callable[[], float]
) -> list[list[float]]:
    """Seconds of each of `count` operations of every step, run in turns of BLOCK."""
    found: list[list[float]] = [[] for _ in steps]
    for start in range(0, count, BLOCK):
        for step, times in zip(steps, found, strict=True):
            for number in range(start, min(start + BLOCK, count)):
                before = clock()
                step(number)
                times.append(clock() - before)
    return found


class WorstBench:
    """A hundred commits, alone and while another thread applies pages of the feed flat out."""

    goals: Sequence[Goal] = (WORST,)

    def __init__(self, folder: Path, tills: Tills) -> None:
        self.notes: list[str] = []
        tills.make(folder / "till")
        self._counter = tills.path(folder / "till")
        seal, turn = Seal(sample.KEY, b"bench"), self._counter.journal.file.turn
        self._replica = Replica(folder / "replica-1.db", sample.KEY, seal, turn)
        self._sold, self._applied = 0, 0
        self._pages = [_page(start) for start in range(0, MEMBERS, PAGE)]

    def close(self) -> None:
        """Close the till."""
        self._counter.close()
        self._replica.close()

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """Without and with sync."""
        return {"quiet": self._quiet, "busy": self._busy}

    def _quiet(self) -> Values:
        return {"quiet.worst": max(LEAST_WORST_MS, self._worst_ms())}

    def _busy(self) -> Values:
        stop = threading.Event()
        thread = threading.Thread(target=self._apply, args=(stop,), name="bench-sync")
        before, started = self._applied, time.perf_counter()
        thread.start()
        try:
            worst = self._worst_ms()
        finally:
            stop.set()
            thread.join()
        rate = (self._applied - before) / (time.perf_counter() - started)
        self.notes[:] = [f"4: sync applied {rate:,.0f} rows/s beside the cashier"]
        return {"busy.worst": worst}

    def _worst_ms(self) -> float:
        worst = 0.0
        for _ in range(COMMITS):
            before = time.perf_counter()
            self._counter.sell(self._sold)
            worst = max(worst, time.perf_counter() - before)
            self._sold += 1
            time.sleep(BETWEEN_S)
        return worst * 1e3

    def _apply(self, stop: threading.Event) -> None:
        number = 0
        while not stop.is_set():
            page = self._pages[number % len(self._pages)]
            number += 1
            self._replica.apply(page, 1, number, sample.START_MS, complete=True)
            self._applied += len(page)


def _page(start: int) -> list[Change]:
    return [
        Change(n, "member", str(sample.member_id(n)), 1, sample.light_row(n))
        for n in range(start, start + PAGE)
    ]


def groups(tills: Tills) -> tuple[Group, Group]:
    """Goals 1 to 3, and goal 4, on the tills of `tills`."""

    @contextmanager
    def cashier(size: Size) -> Iterator[CashierBench]:
        with TemporaryDirectory(prefix="guibin-bench-") as folder:
            yield CashierBench(Path(folder), size, tills)

    @contextmanager
    def worst(_: Size) -> Iterator[WorstBench]:
        with ExitStack() as stack:
            folder = stack.enter_context(TemporaryDirectory(prefix="guibin-bench-"))
            yield stack.enter_context(closing(WorstBench(Path(folder), tills)))

    return Group((OPERATION, WHOLE, CPU, TAIL), cashier), Group((WORST,), worst)
