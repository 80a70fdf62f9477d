"""The till's window: shown first, opened after. `open_window` for a shop, `drive_window` for plays.

Until the first paint only Qt, the words and the sign-in screen are loaded; the till's files and all
that reads them come on the writer thread after it.
"""

from __future__ import annotations

import gc
import importlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication

from terminal.presenters.parts_view import ActionView, IconLine
from terminal.presenters.shell_view import ShellView, StatusView, TopBarView
from terminal.presenters.sign_in_view import SignInView
from terminal.runtime.crash import CrashRecorder
from terminal.runtime.executors import Executors
from terminal.screens.base import Screen
from terminal.screens.shell import Shell
from terminal.screens.sign_in import SignInScreen
from terminal.text import Language, Text
from terminal.widgets import theme

if TYPE_CHECKING:
    from hardware.events import DeviceEvent
    from sync.client.pump import Status
    from terminal.app.composing import Application
    from terminal.app.driving import DriveStart
    from terminal.presenters.counter import Counter

log = logging.getLogger("ui")

SIZE: Final = (1366, 768)
TICK_MS: Final = 2_000
EXIT_CLOSED, EXIT_UNUSABLE, EXIT_NOT_ENROLLED = 0, 3, 4

Listeners = tuple[Callable[[Any], None], Callable[[Any], None]]
Opens = Callable[[Listeners], "Application"]
"""Opens the till on the writer thread; gets who hears of devices and of sync."""


class TillWindow(QObject):
    """One till in one window: builds it, opens the till behind it, stops everything in order.

    `driven`: a scenario moves the clock and syncs by hand, so that nothing runs by itself.
    `on_open` is called once the screens are there.
    """

    def __init__(
        self,
        folder: Path,
        opens: Opens,
        *,
        language: Language = "zh_CN",
        look: str = "light",
        driven: bool = False,
        on_open: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._opens, self._driven, self.on_open = opens, driven, on_open
        self.exit_code = EXIT_CLOSED
        self.application: Application | None = None
        self.counter: Counter | None = None
        self.text = Text(language)
        dress = _take_theme(look)
        sign_in = SignInScreen(self.text)
        self.screens: dict[str, Any] = {"sign_in": sign_in}
        self.shell = _Window(self.text, {"sign_in": sign_in}, self.stop)
        sign_in.show_view(_opening(self.text))
        self.shell.show_view(_opening_frame(self.text))
        dress()
        self.crash = CrashRecorder(folder, self._crashed)
        self.executors = Executors(self._bug)
        self._bridges: list[QObject] = []
        self._scans: Any = None
        self._tick = QTimer(self)
        self._tick.timeout.connect(self._ticked)
        self._stopped = False

    def show(self) -> None:
        """Show the window; the till opens once it is painted."""
        self.crash.install()
        self._painted = _FirstPaint(self.shell, self._open)
        self.shell.resize(*SIZE)
        self.shell.show()
        self.shell.activateWindow()

    def close(self) -> None:
        """Close the window, which stops everything."""
        self.shell.close()

    def stop(self) -> None:
        """Sync first, then what is under way, then devices and files; safe to call twice."""
        if self._stopped:
            return
        self._stopped = True
        self._tick.stop()
        if self._scans is not None:
            self._scans.remove(QApplication.instance())
        application = self.application
        if application is not None and not self._driven:
            application.pump.stop(5.0)
        late = self.executors.stop()
        if late:
            log.error("threads_stuck names=%s", ",".join(late))
        if application is not None:
            application.close()
        self.crash.remove()
        QApplication.quit()

    # -- opening ---------------------------------------------------------------------------------

    def _open(self) -> None:
        """After first paint: everything else is loaded now, on the writer thread."""
        from terminal.runtime.device_bridge import DeviceBridge  # noqa: PLC0415  # once painted
        from terminal.runtime.sync_bridge import SyncBridge  # noqa: PLC0415  # after first paint

        devices, sync = DeviceBridge(), SyncBridge()
        devices.arrived.connect(self._device_event)
        sync.arrived.connect(self._sync_changed)
        self._bridges = [devices, sync]
        self.executors.start()
        opens = self._opens

        def work() -> Application | Exception:
            try:
                opened = opens((devices.deliver, sync.deliver))
            except Exception as error:  # noqa: BLE001  # said on the screen, whatever it is
                return error
            importlib.import_module("terminal.app.wiring")
            return opened

        self.executors.write(work, self._opened)

    def _opened(self, found: Application | Exception) -> None:
        if isinstance(found, Exception):
            self._cannot_open(found)
            return
        from terminal.app.wiring import connect, later_screens  # noqa: PLC0415  # once painted
        from terminal.presenters import counter  # noqa: PLC0415  # once painted

        self.application = found
        for name, screen in later_screens(self.text).items():
            self.screens[name] = screen
            self.shell.add_screen(name, screen)
        switch = found.till.record.sandbox or found.settings.plain_loopback
        around = counter.Surroundings(
            self._nudge, found.set_offline, _sound, self.shell.retranslate, switch
        )
        self.counter = counter.Counter(found.till, self.text, self.executors, around)
        connect(self.counter, self.shell, self.screens)
        self._listen(found)
        if self._driven:
            found.devices.start()
            self.counter.frame.synced_by_hand()
        else:
            found.start()
            self._tick.start(TICK_MS)
        self.counter.start()
        gc.freeze()  # what is there now stays: collections in the day look at what came after it
        self.on_open()

    def _listen(self, application: Application) -> None:
        """Scans are taken from the keyboard, whatever has the focus."""
        from terminal.input.scan_filter import ScanFilter  # noqa: PLC0415  # after first paint

        instance = QApplication.instance()
        if application.settings.wedge and instance is not None:
            self._scans = ScanFilter(
                self._device_event, application.outside.clock.utc_ms, parent=self
            )
            self._scans.install(instance)

    def _cannot_open(self, error: Exception) -> None:
        code = getattr(error, "code", "")
        self.exit_code = EXIT_NOT_ENROLLED if code == "store_not_enrolled" else EXIT_UNUSABLE
        words = f"fault.{code}" if self.text.has(f"fault.{code}") else "fault.store_fault"
        log.error("till_not_opened type=%s code=%s", type(error).__name__, code)
        if not code:
            self.crash.record(error, "writer")
        view = _opening(self.text, self.text(words))
        self.screens["sign_in"].show_view(view)

    # -- what comes in ---------------------------------------------------------------------------

    def _device_event(self, event: DeviceEvent) -> None:
        if self.counter is not None:
            self.counter.frame.device_event(event)

    def _sync_changed(self, status: Status) -> None:
        if self.counter is not None:
            self.counter.frame.sync_changed(status.state, status.code, status.loading_per_mille)

    def _ticked(self) -> None:
        if self.counter is not None:
            self.counter.frame.tick()

    def _nudge(self) -> None:
        if self.application is not None and not self._driven:
            self.application.pump.nudge()

    # -- when we were wrong ----------------------------------------------------------------------

    def _bug(self, error: BaseException, thread: str) -> None:
        self.crash.record(error, thread)

    def _crashed(self, record: str) -> None:
        """From whatever thread met the bug."""
        self.executors.post(lambda: self._say_crashed(record))

    def _say_crashed(self, record: str) -> None:
        if self.counter is not None:
            self.counter.crashed(record)


class _Window(Shell):
    """The shell as a top-level window: closing it stops the till."""

    def __init__(self, text: Text, screens: dict[str, Screen], stop: Callable[[], None]) -> None:
        super().__init__(text, screens)
        self._stop = stop

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop everything, then close."""
        self._stop()
        super().closeEvent(event)


class _FirstPaint(QObject):
    """Calls back once, after the window was painted for the first time."""

    def __init__(self, window: Shell, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._then)
        return False


def open_window(folder: Path) -> int:
    """Open the window on an enrolled till and stay until it is closed; the exit code."""
    from terminal import config  # noqa: PLC0415  # its errors are said before any window

    try:
        settings = config.load(folder)
    except FileNotFoundError:
        sys.stderr.write(f"{folder} holds no till. Provision it first; nothing was changed.\n")
        return EXIT_NOT_ENROLLED
    except config.ConfigError as error:
        sys.stderr.write(f"{error}\nNothing was changed. Correct the file and start again.\n")
        return EXIT_UNUSABLE

    def opens(listeners: Listeners) -> Application:
        from terminal.app.opening import open_shop  # noqa: PLC0415  # after first paint

        return open_shop(folder, settings, *listeners)

    return _run(lambda: TillWindow(folder, opens, language=settings.language, look=settings.theme))


def drive_window(start: DriveStart) -> int:
    """A window driven by a scenario player: commands on stdin, real key events, answers out."""
    from terminal.app.window_driver import driven_window  # noqa: PLC0415  # plays only

    return _run(lambda: driven_window(start))


def _run(build: Callable[[], TillWindow]) -> int:
    application = QApplication.instance() or QApplication(["guibin"])
    window = build()
    window.show()
    code = application.exec()
    return window.exit_code or code


def _take_theme(look: str) -> Callable[[], None]:
    """Use a theme; what is returned puts its style sheet on, once the window is built."""
    application = QApplication.instance()
    chosen = theme.load(look if look in theme.THEMES else theme.THEMES[0])
    if not isinstance(application, QApplication):
        return lambda: None
    theme.prepare(application, chosen)
    return lambda: application.setStyleSheet(chosen.style_sheet())


def _sound(accepted: bool) -> None:  # two sounds: accepted, refused
    if not accepted:
        QApplication.beep()


def _opening(text: Text, error: str = "") -> SignInView:
    """The sign-in screen while the till is being opened, or could not be."""
    off = ActionView(text("sign_in.enter"), enabled=False)
    loading = "" if error else text("sign_in.loading")
    return SignInView("", (), "", 0, off, "", error, loading=loading)


def _opening_frame(text: Text) -> ShellView:
    status = StatusView(
        IconLine("loader-circle", text("status.opening"), "quiet"),
        "", None, (), "", text("status.other_language"),
    )  # fmt: skip
    return ShellView("sign_in", TopBarView(""), (), status)
