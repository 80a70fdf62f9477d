"""Goals 18 to 20: from the start of a process to first paint, and from a scan to paint.

Each measurement is a process of its own, `python -m terminal.commands.bench_qt ROLE`, on a platform
without a screen unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from sync.lab.bench.harness import Goal, Group, Size, Values

TIMEOUT_S: Final = 120
WARM_UP: Final = 5
STARTED: Final = "GUIBIN_BENCH_STARTED"


# -- the children ------------------------------------------------------------------------------


def _floor() -> QWidget:
    """The least of a window: a field and a table."""
    from PySide6.QtGui import QStandardItemModel
    from PySide6.QtWidgets import QLineEdit, QTableView, QVBoxLayout, QWidget

    window = QWidget()
    layout = QVBoxLayout(window)
    layout.addWidget(QLineEdit())
    table = QTableView()
    table.setModel(QStandardItemModel(20, 6, table))
    layout.addWidget(table)
    window.resize(1280, 800)
    return window


def _child_start(role: str, folder: str) -> NoReturn:
    """Show a window; milliseconds since the parent started the process, and memory, at its first
    paint. Ends the process there: what a till opens behind its window is not measured."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    app = QApplication([])

    class FirstPaint(QObject):
        """Says when the window has been painted."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint:
                QTimer.singleShot(0, self.painted)
            return super().eventFilter(watched, event)

        def painted(self) -> None:
            took_s = time.monotonic() - float(os.environ[STARTED])
            print(json.dumps({"ms": took_s * 1e3, "mib": _memory_mib()}), flush=True)
            os._exit(0)

    if role == "floor":
        window = _floor()
        window.show()
    else:
        from terminal.app.window import TillWindow

        till = TillWindow(Path(folder), _never_opened)
        till.show()
        window = till.shell
    watcher = FirstPaint()
    window.installEventFilter(watcher)  # last one in, first one asked: before the till opens
    app.exec()
    raise AssertionError("no paint")


def _child_keys(count: int) -> dict[str, float]:
    """A key in a field of a bare window, until it is painted."""
    from PySide6.QtCore import QEvent, QObject, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QLineEdit

    app = QApplication([])
    window = _floor()
    window.show()
    QTest.qWaitForWindowExposed(window)
    field = window.findChild(QLineEdit)
    if field is None:
        raise TypeError("the window has no field")
    painted = [False]

    class Painted(QObject):
        """Notes that the field was painted."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            painted[0] = painted[0] or event.type() is QEvent.Type.Paint
            return super().eventFilter(watched, event)

    watcher = Painted()
    field.installEventFilter(watcher)
    field.setFocus()
    times = []
    for number in range(count + WARM_UP):
        if number % 20 == 0:
            field.clear()
            app.processEvents()
        painted[0] = False
        before = time.perf_counter()
        QTest.keyClick(field, Qt.Key.Key_A)
        while not painted[0]:
            app.processEvents()
        times.append(time.perf_counter() - before)
    return {"ms": median(times[WARM_UP:]) * 1e3}


def _child_scans(folder: str, count: int) -> dict[str, float]:
    """A card read at the sale screen, until the member stands there."""
    from terminal.commands.bench_window import scans

    return {"ms": median(scans(Path(folder), count + WARM_UP)[WARM_UP:]) * 1e3}


def _never_opened(_listeners: object) -> NoReturn:
    raise RuntimeError("the process ends at its first paint")


def _memory_mib() -> float:
    import psutil

    resident: int = psutil.Process().memory_info().rss
    return resident / 2**20


def main(role: str, folder: str = "", count: str = "100") -> None:
    """Be one measurement: floor | till | keys | scans."""
    if role in ("floor", "till"):
        _child_start(role, folder)
    found = _child_keys(int(count)) if role == "keys" else _child_scans(folder, int(count))
    print(json.dumps(found))


# -- the bench ---------------------------------------------------------------------------------


class QtBench:
    """Children one after the other; each start is the median of three."""

    def __init__(self, folder: Path, size: Size) -> None:
        from terminal.commands import bench_till

        self.goals: Sequence[Goal] = goals()
        self.notes: list[str] = []
        self._folder = folder
        self._starts, self._count = (1, 10) if size.scale < 0.01 else (3, 100)
        bench_till.make_folder(folder / "till")
        for role in ("floor", "till"):
            self._child(role)  # from now on its bytecode is there, as it is where it is installed

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """Starts and answers, ours and the least of Qt."""
        return {
            "floor": lambda: self._start("floor"),
            "till": lambda: self._start("till"),
            "keys": lambda: {"keys.ms": self._child("keys")["ms"]},
            "scans": lambda: {"scans.ms": self._child("scans")["ms"]},
        }

    def _start(self, role: str) -> Values:
        found = [self._child(role) for _ in range(self._starts)]
        return {
            f"{role}.ms": median(one["ms"] for one in found),
            f"{role}.mib": median(one["mib"] for one in found),
        }

    def _child(self, role: str) -> dict[str, float]:
        command = [sys.executable, "-m", "terminal.commands.bench_qt", role]
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(self._folder / "bytecode")
        environment[STARTED] = repr(time.monotonic())
        done = subprocess.run(
            [*command, str(self._folder / "till"), str(self._count)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the window of {role} did not come up:\n{done.stderr[-2000:]}")
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


def goals() -> tuple[Goal, ...]:
    """Goals 18 to 20."""
    from sync.lab.bench.harness import Goal

    return (
        Goal(18, "start to first paint", "till.ms", "floor.ms", "ms", 1.6, at_least=False),
        Goal(19, "memory at first paint", "till.mib", "floor.mib", "MiB", 1.6, at_least=False),
        Goal(20, "scan to paint, p50", "scans.ms", "keys.ms", "ms", 8.0, at_least=False),
    )


def group() -> Group:
    """How to measure them; not measured where Qt is not installed."""
    from sync.lab.bench.harness import Group, NotHere

    @contextmanager
    def opened(size: Size) -> Iterator[QtBench]:
        from importlib.util import find_spec

        if find_spec("PySide6") is None:
            raise NotHere("no Qt here (the package PySide6-Essentials)")
        with TemporaryDirectory(prefix="guibin-bench-") as folder:
            yield QtBench(Path(folder), size)

    return Group(goals(), opened)


if __name__ == "__main__":
    main(*sys.argv[1:])
