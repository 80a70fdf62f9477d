"""Cards read at the sale screen, for `guibin bench`: real screens, presenters, threads, files."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.database.till.database import TillDatabase
from sync.lab.bench import sample
from terminal.app.wiring import connect, later_screens
from terminal.commands.bench_till import BUYERS, till_of
from terminal.presenters.canvas import Canvas
from terminal.presenters.counter import Counter, Surroundings
from terminal.presenters.sale_view import SaleView
from terminal.runtime.executors import Executors
from terminal.screens.shell import Shell
from terminal.screens.sign_in import SignInScreen
from terminal.text import Text
from terminal.widgets import theme

SIZE: Final = (1366, 768)
DEADLINE_S: Final = 10.0
BETWEEN_S: Final = 0.03
WAKE_MS: Final = 100  # so that a wait for something that never comes ends
WAIT: Final = QEventLoop.ProcessEventsFlag.WaitForMoreEvents


@dataclass(slots=True)
class Window:
    """A till at work in its window."""

    database: TillDatabase
    executors: Executors
    counter: Counter
    shell: Shell
    screens: dict[str, Any]

    def close(self) -> None:
        """Stop the threads, close the files."""
        self.executors.stop()
        self.database.close()


def build(app: QApplication, folder: Path) -> Window:
    """The window of the till in `folder`, somebody signed in, the sale screen on show."""
    theme.apply(app, theme.load())
    text, database, executors = Text("zh_CN"), TillDatabase(folder), Executors(_bug)
    screens: dict[str, Any] = {"sign_in": SignInScreen(text), **later_screens(text)}
    shell = Shell(text, screens)
    till = till_of(database)
    counter = Counter(till, text, executors, Surroundings())
    connect(counter, shell, screens)
    executors.start()
    counter.desk.session = till.session
    counter.frame.go("sale")
    shell.resize(*SIZE)
    shell.show()
    QTest.qWaitForWindowExposed(shell)
    return Window(database, executors, counter, shell, screens)


def scans(folder: Path, count: int) -> list[float]:
    """Seconds from a card read to the paint that shows its member at the sale screen."""
    app = QApplication([])
    window = build(app, folder)
    shown = _Shown(window)
    app.installEventFilter(shown)
    counter = window.counter
    canvas = Canvas(shown.render, counter.desk.text, on_show=True)  # as `connect` does
    counter.sale.draw_with(canvas)
    alarm = QTimer()
    alarm.start(WAKE_MS)
    times = []
    try:
        for number in range(count):
            counter.customer.drop()
            _run(app, BETWEEN_S)
            shown.expect()
            before = time.perf_counter()
            counter.frame.device_event(_read(number % BUYERS))
            while not shown.painted:
                app.processEvents(WAIT)  # spinning would keep the interpreter from the readers
                if time.perf_counter() - before > DEADLINE_S:
                    raise TimeoutError("the member was not shown")
            times.append(time.perf_counter() - before)
    finally:
        alarm.stop()
        app.removeEventFilter(shown)
        window.close()
    return times


class _Shown(QObject):
    """Notices the first paint after a view with a member was drawn."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._screen = window.screens["sale"]
        self._drawn = self.painted = False

    def expect(self) -> None:
        """From now on."""
        self._drawn = self.painted = False

    def render(self, view: SaleView) -> None:
        """Draw, as the window does."""
        self._screen.show_view(view)
        self._drawn = self._drawn or view.member.member is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Called by Qt for every event of the application."""
        if self._drawn and event.type() is QEvent.Type.Paint:
            self.painted = True
        return super().eventFilter(watched, event)


def _read(number: int) -> CredentialRead:
    return CredentialRead(
        "wedge", Medium.BARCODE, sample.credential(number), ReadMethod.READ, Strength.TOKEN,
        sample.START_MS,
    )  # fmt: skip


def _run(app: QApplication, seconds: float) -> None:
    """Let events pass for so long."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        app.processEvents()


def _bug(error: BaseException, _thread: str) -> None:
    raise error
