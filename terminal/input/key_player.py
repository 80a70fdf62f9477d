"""Keys as a person or a keyboard scanner sends them, into our own window, on any platform.

The played day uses it where there is no X server to type on. Keys enter through Qt's window system
interface, the way the platform's own do: shortcuts, the scan filter and the focus see them as real.
Everything happens on the GUI thread, and the event loop runs while a key's pause is waited out.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent, QWindow
from PySide6.QtTest import QTest

STEP_S = 0.004
TYPING_GAP_MS = 70  # slower than any scanner, quicker than any person
_KEYS = {"\r": Qt.Key.Key_Return, "\t": Qt.Key.Key_Tab}


def wait(seconds: float) -> None:
    """Let events pass that long, and the other threads: QTest.qWait keeps the interpreter."""
    until = time.monotonic() + seconds
    while True:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, STEP_S))


class KeyPlayer:
    """Types into the window that has the keyboard, or into the one it was given."""

    def __init__(self, window: QWindow | None = None) -> None:
        """Type into `window`; without one, into whichever has the focus at the time."""
        self._window = window

    def scan(self, code: str, terminator: str = "\r") -> None:
        """Send `code` as a burst. ASCII only, ValueError for anything else."""
        self._send(code + terminator, gap_ms=0)

    def type_text(self, text: str, gap_ms: int = TYPING_GAP_MS) -> None:
        """Send `text` key by key, `gap_ms` apart. ASCII only, ValueError for anything else."""
        self._send(text, gap_ms)

    def compose(self, text: str) -> None:
        """Send `text` as an input method does when Chinese was chosen from its list."""
        receiver = QGuiApplication.focusObject()
        event = QInputMethodEvent("", [])
        event.setCommitString(text)
        QCoreApplication.sendEvent(receiver, event)

    def press(
        self,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Press and release one key."""
        QTest.keyClick(self._target(), key, modifiers)

    def _send(self, text: str, gap_ms: int) -> None:
        if not text.isascii():
            raise ValueError("not on a keyboard; see compose")
        for char in text:
            key = _KEYS.get(char)
            target = self._target()
            if key is not None:
                QTest.keyClick(target, key)
            else:
                QTest.keyClick(target, ord(char))
            if gap_ms:
                wait(gap_ms / 1000)

    def _target(self) -> QWindow:
        """Return the window to type into. Raises RuntimeError when none has the focus."""
        window: QWindow | None = self._window or QGuiApplication.focusWindow()
        if window is None:
            raise RuntimeError("no window has the keyboard")
        return window
