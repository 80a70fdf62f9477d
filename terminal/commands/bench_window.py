"""The till's real window for `guibin bench`: real screens, presenters, threads and files, with
nobody signed in; and cards read at its sale screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.database.till.database import TillDatabase
from sync.lab.bench import sample
from terminal.commands.bench_till import BUYERS, till_of
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk
from terminal.presenters.frame import FramePresenter, Outlets
from terminal.presenters.sale import SalePresenter
from terminal.presenters.sale_view import SaleView
from terminal.presenters.sign_in import SignInPresenter
from terminal.runtime.executors import Executors
from terminal.screens.enrol import EnrolScreen
from terminal.screens.gifts import GiftsScreen
from terminal.screens.points import PointsScreen
from terminal.screens.sale import SaleScreen
from terminal.screens.shell import Shell
from terminal.screens.sign_in import SignInScreen
from terminal.screens.top_up import TopUpScreen
from terminal.text import Text
from terminal.widgets import theme

SIZE: Final = (1366, 768)
DEADLINE_S: Final = 10.0


@dataclass(slots=True)
class Window:
    """Everything of one window."""

    database: TillDatabase
    executors: Executors
    desk: Desk
    customer: Customer
    frame: FramePresenter
    sign_in: SignInPresenter
    sale: SalePresenter
    shell: Shell
    sale_screen: SaleScreen

    def close(self) -> None:
        """Stop the threads, close the files."""
        self.executors.stop()
        self.database.close()


def build(folder: Path) -> Window:
    """Build the window of the till in `folder`, the sign-in screen drawn."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("there is no application")
    theme.apply(app, theme.load())
    text, database, executors = Text("zh_CN"), TillDatabase(folder), Executors(_bug)
    desk = Desk(till_of(database), text, executors)
    customer = Customer(desk)
    sale_screen, sign_in_screen = SaleScreen(text), SignInScreen(text)
    screens = {
        "sign_in": sign_in_screen,
        "sale": sale_screen,
        "top_up": TopUpScreen(text),
        "points": PointsScreen(text),
        "gifts": GiftsScreen(text),
        "enrol": EnrolScreen(text),
    }
    shell = Shell(text, screens)
    sale = SalePresenter(desk, customer)
    sign_in = SignInPresenter(desk, lambda _session, _shift: None)
    outlets = Outlets(
        nudge=_nothing,
        set_offline=lambda _offline: None,
        actions={},
        arrive=lambda _screen: None,
        printed=lambda _result: None,
        figures=_nothing,
    )
    frame = FramePresenter(desk, customer, {"sale": sale}, outlets)
    customer.changed.append(sale.customer_changed)
    frame.draw_with(shell.show_view)
    sign_in.draw_with(sign_in_screen.show_view)
    shell.resize(*SIZE)
    return Window(database, executors, desk, customer, frame, sign_in, sale, shell, sale_screen)


def till_window(folder: Path) -> tuple[QWidget, Callable[[], None]]:
    """The window as a start shows it, and what closes it."""
    window = build(folder)
    window.executors.start()
    window.sign_in.arrive()
    return window.shell, window.close


def scans(folder: Path, count: int) -> list[float]:
    """Seconds from a card read to the paint that shows its member at the sale screen."""
    app = QApplication([])
    window = build(folder)
    window.executors.start()
    shown = _Shown(window)
    app.installEventFilter(shown)
    window.desk.session = window.desk.till.session
    window.frame.go("sale")
    window.sale.draw_with(shown.render)
    window.shell.show()
    QTest.qWaitForWindowExposed(window.shell)
    times = []
    try:
        for number in range(count):
            window.customer.drop()
            _run(app, 0.02)
            shown.expect()
            before = time.perf_counter()
            window.frame.device_event(_read(number % BUYERS))
            while not shown.painted:
                app.processEvents()
                if time.perf_counter() - before > DEADLINE_S:
                    raise TimeoutError("the member was not shown")
            times.append(time.perf_counter() - before)
    finally:
        app.removeEventFilter(shown)
        window.close()
    return times


class _Shown(QObject):
    """Notices the first paint after a view with a member was drawn."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._screen = window.sale_screen
        self._drawn = self.painted = False

    def expect(self) -> None:
        """From now on."""
        self._drawn = self.painted = False

    def render(self, view: SaleView) -> None:
        """Draw, as the window does."""
        self._screen.show_view(view)
        self._drawn = self._drawn or view.member.member is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
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


def _nothing() -> None:
    return None
