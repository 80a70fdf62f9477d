"""The real window on a real till's files: screens, presenters, executors, scan filter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hardware.documents import ReceiptDocument
from hardware.events import DeviceEvent, PrintResult, PrintState
from terminal.app.wiring import connect, later_screens
from terminal.input.key_player import STEP_S, KeyPlayer, wait
from terminal.input.scan_filter import ScanFilter
from terminal.presenters.counter import Counter, Surroundings
from terminal.runtime.executors import Executors
from terminal.screens.shell import Shell
from terminal.screens.sign_in import SignInScreen
from terminal.text import Language, Text
from terminal.usecases.till import Till

PATIENCE_MS = 15_000


@dataclass
class PaperRoll:
    """A printer that prints at once, or says why not."""

    code: str = ""
    printed: list[ReceiptDocument] = field(default_factory=list)
    listener: Callable[[DeviceEvent], None] = lambda _: None

    def submit(
        self, job_id: str, document: ReceiptDocument, on_printed: Callable[[PrintResult], None]
    ) -> None:
        """Print, and tell both who asked and who listens."""
        state = PrintState.FAILED if self.code else PrintState.PRINTED
        if not self.code:
            self.printed.append(document)
        result = PrintResult(job_id, "printer", state, 0, code=self.code)
        on_printed(result)
        self.listener(result)


class Window:
    """A shown window and hands that type on it. `bugs` are what the executors met."""

    def __init__(self, till: Till, language: Language = "zh_CN") -> None:
        self.till, self.text = till, Text(language)
        self.bugs: list[BaseException] = []
        self.offline: list[bool] = []
        self.nudges, self._closed = 0, False
        self.screens: dict[str, Any] = {"sign_in": SignInScreen(self.text)}
        self.screens |= later_screens(self.text)
        self.shell = Shell(self.text, self.screens)
        self.executors = Executors(lambda error, _: self.bugs.append(error))
        around = Surroundings(
            self._nudge, self._set_offline, lambda _: None, self.shell.retranslate, switch=True
        )
        self.counter = Counter(till, self.text, self.executors, around)
        self.paper = PaperRoll()
        self.paper.listener = lambda event: self.executors.post(
            lambda: self.counter.frame.device_event(event)
        )
        till.printing = self.paper
        connect(self.counter, self.shell, self.screens)
        self.scans = ScanFilter(self.counter.frame.device_event, till.clock.utc_ms)
        self.keys = KeyPlayer()

    def show(self, width: int = 1366, height: int = 768) -> None:
        """Show it and start."""
        application = QApplication.instance()
        assert application is not None
        self.shell.resize(width, height)
        self.shell.show()
        self.shell.activateWindow()
        QTest.qWaitForWindowExposed(self.shell)
        self.keys = KeyPlayer(self.shell.windowHandle())
        self.executors.start()
        self.scans.install(application)
        self.counter.frame.synced_by_hand()
        self.counter.start()
        self.until(lambda: bool(self.counter.sign_in.people))

    def close(self) -> None:
        """Stop everything; a second time does nothing."""
        application = QApplication.instance()
        assert application is not None
        if self._closed:
            return
        self._closed = True
        self.scans.remove(application)
        late = self.executors.stop()
        self.shell.close()
        self.shell.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        assert not late
        assert not self.bugs, self.bugs

    def until(self, true: Callable[[], bool], patience_ms: int = PATIENCE_MS) -> None:
        """Let events pass until something holds."""
        until = time.monotonic() + patience_ms / 1000
        while not true():
            assert time.monotonic() < until, self.state()
            wait(STEP_S)

    def state(self) -> str:
        """Where the window stands, for a failing test."""
        notice = self.counter.frame.notice
        return f"{self.counter.frame.screen}: {notice.text if notice else ''} {self.bugs}"

    @property
    def notice(self) -> str:
        """What the notice line says."""
        notice = self.counter.frame.notice
        return notice.text if notice else ""

    def _nudge(self) -> None:
        self.nudges += 1

    def _set_offline(self, offline: bool) -> None:
        self.offline.append(offline)
        self.till.offline = offline


@contextmanager
def window(till: Till, language: Language = "zh_CN") -> Iterator[Window]:
    """A shown window on a till, stopped in the end with the till's files."""
    made = Window(till, language)
    try:
        made.show()
        yield made
    finally:
        made.close()
        till.database.close()
