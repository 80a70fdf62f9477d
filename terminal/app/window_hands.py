"""Hands on a till's window: real keys, and eyes that wait for what the screen comes to."""

from __future__ import annotations

import time
from collections import Counter as Counted
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from sync.domain.refusals import Refusal
from terminal.app.window import TillWindow
from terminal.input.key_player import STEP_S, KeyPlayer, wait
from terminal.presenters.counter import Counter
from terminal.usecases.outcome import Trouble

PATIENCE_S: Final = 90.0  # a first contact on a busy machine
GAP_MS: Final = 55  # above a scanner's pace, so that typing is taken for typing
TABS_MAX: Final = 80
COLOURS, RARE = 112, 44
CTRL: Final = Qt.KeyboardModifier.ControlModifier
F_KEYS: Final = {
    "sale": Qt.Key.Key_F1,
    "top_up": Qt.Key.Key_F2,
    "points": Qt.Key.Key_F3,
    "gifts": Qt.Key.Key_F4,
    "service": Qt.Key.Key_F5,
    "member": Qt.Key.Key_F6,
    "enrol": Qt.Key.Key_F7,
    "returns": Qt.Key.Key_F11,
    "more": Qt.Key.Key_F12,
}


class NotSeen(Exception):  # noqa: N818  # what was waited for was not seen
    """The window did not come to what was waited for."""


class Said(Exception):  # noqa: N818  # the window said no
    """A refusal on its way to the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class Hands:
    """Types on one window and waits for its views. Used on the GUI thread."""

    def __init__(self, window: TillWindow, counter: Counter) -> None:
        self.window, self.counter = window, counter
        self.screens: dict[str, Any] = window.screens
        self.keys = KeyPlayer(window.shell.windowHandle())
        self._next_key = 0.0

    # -- waiting ---------------------------------------------------------------------------------

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Let events pass until something holds. Raises NotSeen."""
        until = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > until:
                raise NotSeen(f"{what}; {self.where()}")
            wait(STEP_S)

    def settled(self) -> None:
        """Everything that was begun is done and drawn."""
        executors = self.window.executors
        self.until(lambda: executors.idle, "the till does not come to rest")
        QApplication.processEvents()

    def where(self) -> str:
        """Where the window stands, for whoever looks into a failure."""
        frame = self.counter.frame
        said = frame.notice.text if frame.notice else ""
        focus = QApplication.focusWidget()
        shown = self.counter.presenter(frame.screen).view()
        action = getattr(shown, "primary", None)
        fault = getattr(shown, "entry_error", "")
        return (
            f"screen {frame.screen}, notice {said!r}, focus {type(focus).__name__}, "
            f"action {action}, entry {getattr(shown, 'entry', '')!r} {fault!r}"
        )

    def heard_no(self) -> None:
        """Raise what the window said no with, if it did since the last look."""
        refusal = self.counter.desk.last_refusal
        self.counter.desk.last_refusal = None
        if isinstance(refusal, Refusal):
            raise Said(refusal)
        if isinstance(refusal, Trouble):
            raise NotSeen(f"{refusal.code} {dict(refusal.params)}")

    # -- keys ------------------------------------------------------------------------------------

    def press(self, key: Qt.Key, chord: Qt.KeyboardModifier | None = None) -> None:
        """One key at a person's pace, and what follows from it."""
        wait(self._next_key - time.monotonic())
        self.keep_keyboard()
        self.keys.press(key, chord or Qt.KeyboardModifier.NoModifier)
        wait(0)
        self._pace()

    def _pace(self) -> None:
        """A key that follows another as fast as a scanner types would be held as part of a scan."""
        self._next_key = time.monotonic() + GAP_MS / 1000

    def keep_keyboard(self) -> None:
        """The screen may say late that another till's window has it; here it is this one's turn."""
        if not self.window.shell.isActiveWindow():
            QApplication.setActiveWindow(self.window.shell)

    def enter(self) -> None:
        """Enter, and all that follows."""
        self.press(Qt.Key.Key_Return)
        self.settled()

    def type(self, text: str, entry: QLineEdit) -> None:
        """Type into the field that has the keyboard; wait until it stands there."""
        self.keep_keyboard()
        if text.isascii():
            self.keys.type_text(text, GAP_MS)
        else:
            self.keys.compose(text)
        self.until(lambda: entry.text() == text, f"{entry.accessibleName()} does not hold the text")

    def digits(self, pin: str, typed: Callable[[], int]) -> None:
        """Type a PIN; wait until so many digits are taken."""
        self.keys.type_text(pin, GAP_MS)
        self.until(lambda: typed() == len(pin), "the PIN is not taken")

    def scan(self, code: str) -> None:
        """A scanner's burst, and what it comes to."""
        executors, notices = self.window.executors, self.counter.frame.notice
        before = executors.submitted
        self.keys.scan(code)
        self._pace()
        self.until(
            lambda: executors.submitted > before or self.counter.frame.notice is not notices,
            "the scan is not taken",
        )
        self.settled()

    def tab_to(self, widget: QWidget) -> None:
        """Bring the keyboard to a widget with the Tab key, as somebody without a mouse does."""
        for _ in range(TABS_MAX):
            if widget.hasFocus():
                return
            self.press(Qt.Key.Key_Tab)
        raise NotSeen(f"Tab does not lead to {widget.accessibleName()!r}; {self.where()}")

    def push(self, button: QWidget) -> None:
        """Tab to a button and press it with Enter."""
        self.tab_to(button)
        self.enter()

    def go(self, screen: str) -> None:
        """Bring a screen on show by its function key."""
        if self.counter.frame.screen != screen:
            self.press(F_KEYS[screen])
            self.until(lambda: self.counter.frame.screen == screen, f"{screen} does not come")
        self.settled()

    # -- pictures --------------------------------------------------------------------------------

    def picture(self, path: Path) -> None:
        """Save what is on the screen as a small PNG."""
        self.settled()
        save_picture(self.window.shell, path)


def save_picture(widget: QWidget, path: Path) -> None:
    """Save a widget as a PNG of few colours."""
    QApplication.processEvents()
    path.parent.mkdir(parents=True, exist_ok=True)
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    writer = QImageWriter(str(path), QByteArray(b"PNG"))
    writer.setCompression(100)
    writer.write(palette_picture(image))


def palette_picture(image: QImage) -> QImage:
    """The same picture in few colours: those used most, with room for the rare ones."""
    counted = Counted(memoryview(image.constBits()).cast("I"))
    chosen = [colour for colour, _ in counted.most_common(COLOURS - RARE)]
    held = set(chosen)
    coarse = Counted(colour & 0xFFE0E0E0 | 0x101010 for colour in counted if colour not in held)
    chosen += [colour for colour, _ in coarse.most_common(RARE)]
    flags = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    return image.convertToFormat(QImage.Format.Format_Indexed8, chosen, flags)
