"""Work off the GUI thread: one writer, a few readers, one that may wait for head office.

Work is a callable without arguments; what it returns comes back on the GUI thread, in the order it
was finished. Queues are bounded, threads named and joined. A callable that raises is a bug: it goes
to `on_bug` with its thread's name, its result never comes, and the thread goes on.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")
OnBug = Callable[[BaseException, str], None]

WAITING_MAX: Final = 128  # far above what a person can cause; more means that something hangs
READERS: Final = 2


@dataclass(frozen=True, slots=True)
class _Job:
    """Something to do and who wants the result."""

    work: Callable[[], Any]
    done: Callable[[Any], None]


class _Courier(QObject):
    """Carries results onto the thread it was made on."""

    finished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.finished.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    @staticmethod
    def _hand_over(result: Callable[[], None]) -> None:
        result()


class Lane:
    """A bounded queue served by `size` threads; with one thread work is done in order."""

    def __init__(self, name: str, courier: _Courier, on_bug: OnBug, size: int = 1) -> None:
        """Threads are called `name`, or `name-1`, `name-2`... when there are several."""
        self._courier, self._on_bug = courier, on_bug
        self._jobs: queue.Queue[_Job | None] = queue.Queue(WAITING_MAX)
        self._names = [name] if size == 1 else [f"{name}-{n}" for n in range(1, size + 1)]
        self._threads = [threading.Thread(target=self._serve, name=n) for n in self._names]
        self._closed = False

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Do `work`, then `done` with what it returned, on the GUI thread. Raises queue.Full."""
        if not self._closed:
            self._jobs.put_nowait(_Job(work, done))

    def stop(self, deadline_s: float) -> tuple[str, ...]:
        """Finish what waits, end the threads; names of those that did not end in time."""
        self._closed = True
        until = time.monotonic() + deadline_s
        for _ in self._threads:
            try:
                self._jobs.put(None, timeout=deadline_s)
            except queue.Full:
                break
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        return tuple(thread.name for thread in self._threads if thread.is_alive())

    def _serve(self) -> None:
        name = threading.current_thread().name
        while (job := self._jobs.get()) is not None:
            try:
                result = job.work()
            except Exception as error:  # noqa: BLE001  # a bug of one job ends that job only
                self._on_bug(error, name)
                continue
            self._courier.finished.emit(_Result(job.done, result))


@dataclass(frozen=True, slots=True)
class _Result:
    """A result on its way."""

    done: Callable[[Any], None]
    value: Any

    def __call__(self) -> None:
        self.done(self.value)


class Executors:
    """The lanes of a till, as presenters see them (`terminal.presenters.ports.Jobs`)."""

    def __init__(self, on_bug: OnBug) -> None:
        """Make them on the GUI thread; `on_bug` is called on the thread that met the bug."""
        self._courier = _Courier()
        self._tell_bug = on_bug
        on_bug = self._bug
        self._writer = Lane("writer", self._courier, on_bug)
        self._readers = Lane("reader", self._courier, on_bug, READERS)
        self._online = Lane("online", self._courier, on_bug)
        self.submitted = 0
        self._returned = 0

    def start(self) -> None:
        """Start every thread."""
        for lane in (self._writer, self._readers, self._online):
            lane.start()

    def write(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work that changes the journal or the counter's state: one at a time, in order."""
        self._submit(self._writer, work, done)

    def read(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work that only looks things up."""
        self._submit(self._readers, work, done)

    def ask(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work that may wait two seconds for head office."""
        self._submit(self._online, work, done)

    def post(self, work: Callable[[], None]) -> None:
        """Do `work` on the GUI thread; from any thread."""
        self._courier.finished.emit(work)

    @property
    def idle(self) -> bool:
        """Whether everything submitted was done and told; `submitted` counts all of it."""
        return self.submitted == self._returned

    def _submit(self, lane: Lane, work: Callable[[], T], done: Callable[[T], None]) -> None:
        def told(value: T) -> None:
            self._returned += 1
            done(value)

        lane.submit(work, told)
        self.submitted += 1

    def _bug(self, error: BaseException, thread: str) -> None:
        self._tell_bug(error, thread)
        self.post(self._lost)

    def _lost(self) -> None:
        self._returned += 1

    def stop(self, deadline_s: float = 5.0) -> tuple[str, ...]:
        """Online first, then readers, the writer last: nothing taken is dropped."""
        until = time.monotonic() + deadline_s
        late: tuple[str, ...] = ()
        for lane in (self._online, self._readers, self._writer):
            late += lane.stop(max(0.1, until - time.monotonic()))
        return late
