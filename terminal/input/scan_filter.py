"""A scan is recognised anywhere in the window, whatever has the focus.

One filter on the application. Qt delivers a key to the window first and from there to the widget
in focus; only the first delivery is looked at. Keys are held until the decoder knows what they are:
a scan is swallowed (no character typed, no button pressed by the scanner's Enter), typing is sent
again as it came. Only the time the system stamped on a key counts, so a scan is whole even when the
GUI thread was busy while it came in. Source: aesthetics.md 4.2, hardware.md A2.

A widget with the dynamic property `pinField` set to True takes typed keys as ever, but a scan made
while it has the focus is forgotten: no event, no log. Enter must reach the window as a key (as
`terminal.input.keymap` has it), not be a QShortcut: Qt looks for shortcuts before any filter and
does not for keys sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from hardware.events import (
    CredentialRead,
    DeviceEvent,
    DeviceKind,
    DeviceState,
    DeviceStatus,
    Medium,
    ReadMethod,
    ReadRejected,
    Strength,
)
from terminal.input.burst import BurstDecoder, BurstSettings, Decision, Replay, Scan
from terminal.input.keyboard_check import KeyboardCheck, check_keyboard
from terminal.input.magstripe import StripeKind, read_stripe

PIN_FIELD_PROPERTY = "pinField"

log = logging.getLogger("device")

_CHORDS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
_ENTER_KEYS = {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab}
_SILENT_KEYS = {  # come between a scanner's characters and type nothing
    Qt.Key.Key_Shift,
    Qt.Key.Key_CapsLock,
    Qt.Key.Key_AltGr,
    Qt.Key.Key_NumLock,
    Qt.Key.Key_unknown,
}
_KEY_EVENTS = {QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride}
_HAND_OVER = {QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin}  # find the keys typed


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """The keyboard scanner of this till.

    reader_id: its name in the journal. own_prefixes: how numbers on our own magnetic cards begin.
    """

    reader_id: str = "wedge"
    burst: BurstSettings = field(default_factory=BurstSettings)
    own_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Key:
    """A key event on hold and the window it was for."""

    window: QWindow
    event: QKeyEvent


_Decisions: TypeAlias = Sequence[Decision[_Key]]


class ScanFilter(QObject):
    """Create one, `install` it, and scans arrive at `deliver` on the GUI thread."""

    def __init__(
        self,
        deliver: Callable[[DeviceEvent], None],
        now_ms: Callable[[], int],
        settings: ScanSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Prepare the filter.

        deliver: gets a CredentialRead per scan, a ReadRejected for bank cards and misread stripes,
        and a DeviceStatus when it is installed and when the test barcode was scanned.
        now_ms: UTC milliseconds.
        """
        super().__init__(parent)
        self._deliver = deliver
        self._now_ms = now_ms
        self._settings = settings or ScanSettings()
        self._decoder: BurstDecoder[_Key] = BurstDecoder(self._settings.burst)
        self._held_presses: set[int] = set()  # key codes on hold, their releases are held too
        self._swallowed_presses: set[int] = set()  # key codes of a scan whose releases will come
        self._resending: QKeyEvent | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        # Coarse: after a busy GUI thread the keys that wait must be delivered before the timer is.
        # X does that for every timer, Windows only for this kind (WM_TIMER comes after input).
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self._expire)

    def install(self, application: QCoreApplication) -> None:
        """Begin to listen, and report the scanner as ready: a keyboard cannot be asked."""
        application.installEventFilter(self)
        self._deliver(self._ready())

    def remove(self, application: QCoreApplication) -> None:
        """Hand back what is held and stop listening."""
        self._act(self._decoder.flush())
        application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook: True swallows the event."""
        kind = event.type()
        if kind in _KEY_EVENTS:
            if event is self._resending or not isinstance(watched, QWindow):
                return False
            return isinstance(event, QKeyEvent) and self._key_event(watched, event, kind)
        if kind in _HAND_OVER and self._decoder.holding:
            self._act(self._decoder.flush())
        return False

    def _key_event(self, window: QWindow, event: QKeyEvent, kind: QEvent.Type) -> bool:
        if kind == QEvent.Type.KeyPress:
            return self._press(window, event)
        if kind == QEvent.Type.KeyRelease:
            return self._release(window, event)
        return self._shortcut_override(event)

    def _press(self, window: QWindow, event: QKeyEvent) -> bool:
        key = event.key()
        if key in _SILENT_KEYS:
            return False
        char = "\r" if key in _ENTER_KEYS else event.text()
        typed = len(char) == 1 and (char == "\r" or char.isprintable())
        if not typed or event.isAutoRepeat() or event.modifiers() & _CHORDS:
            self._act(self._decoder.flush())
            return False
        if (
            key in _ENTER_KEYS
            and not self._decoder.holding
            and not self._decoder.may_follow(event.timestamp())
        ):
            return False
        self._swallowed_presses.discard(key)
        self._held_presses.add(key)
        self._act(self._decoder.feed(char, event.timestamp(), _Key(window, QKeyEvent(event))))
        if self._decoder.holding:
            self._timer.start(self._decoder.hold_ms)
        return True

    def _release(self, window: QWindow, event: QKeyEvent) -> bool:
        key = event.key()
        if key in self._swallowed_presses:
            if not event.isAutoRepeat():
                self._swallowed_presses.discard(key)
            return True
        if key in self._held_presses and self._decoder.holding:
            self._decoder.attach(_Key(window, QKeyEvent(event)))
            self._held_presses.discard(key)
            return True
        return False

    def _shortcut_override(self, event: QKeyEvent) -> bool:
        """Keep a scanner's Enter from being taken for a shortcut; other keys find a clean slate."""
        if not self._decoder.holding:
            return False
        if event.key() in _ENTER_KEYS or len(event.text()) == 1:
            event.accept()
            return True
        if event.key() not in _SILENT_KEYS:
            self._act(self._decoder.flush())
        return False

    def _expire(self) -> None:
        """Hand back what is held: nothing more came."""
        self._act(self._decoder.flush())

    def _act(self, decisions: _Decisions) -> None:
        for decision in decisions:
            for key in decision.items:
                self._held_presses.discard(key.event.key())
            if isinstance(decision, Replay):
                self._replay(decision.items)
                continue
            self._forget(decision.items)
            if isinstance(decision, Scan):
                self._scanned(decision.text)
        if not self._decoder.holding:
            self._timer.stop()

    def _replay(self, keys: tuple[_Key, ...]) -> None:
        for key in keys:
            window: QWindow | None = key.window
            if not isValid(key.window):
                window = QGuiApplication.focusWindow()
            if window is None:
                continue
            self._resending = key.event
            try:
                QCoreApplication.sendEvent(window, key.event)
            finally:
                self._resending = None

    def _forget(self, keys: tuple[_Key, ...]) -> None:
        """Remember which releases belong to swallowed presses."""
        pressed = QEvent.Type.KeyPress
        for key in keys:
            if key.event.type() == pressed:
                self._swallowed_presses.add(key.event.key())
            else:
                self._swallowed_presses.discard(key.event.key())

    def _scanned(self, text: str) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and focus.property(PIN_FIELD_PROPERTY) is True:
            return
        checked = check_keyboard(text)
        self._deliver(self._status(checked) if checked is not None else self._reading(text))

    def _reading(self, text: str) -> DeviceEvent:
        reader_id, now_ms = self._settings.reader_id, self._now_ms()
        stripe = read_stripe(text, self._settings.own_prefixes)
        if stripe is not None and stripe.kind is not StripeKind.OURS:
            return ReadRejected(reader_id, stripe.kind.value, now_ms)
        return CredentialRead(
            reader_id,
            Medium.BARCODE if stripe is None else Medium.MAGSTRIPE,
            text if stripe is None else stripe.token,
            ReadMethod.READ,
            Strength.TOKEN,
            now_ms,
        )

    def _ready(self) -> DeviceStatus:
        return DeviceStatus(self._settings.reader_id, DeviceKind.SCANNER, DeviceState.READY)

    def _status(self, checked: KeyboardCheck) -> DeviceStatus:
        reader_id = self._settings.reader_id
        if checked.sound:
            return self._ready()
        code = "keyboard_caps_lock" if checked.layout == "us" else "keyboard_layout"
        params: dict[str, str | int] = {
            "layout": checked.layout,
            "caps_lock": int(checked.caps_lock),
        }
        log.warning("device_trouble device=%s code=%s", reader_id, code)
        return DeviceStatus(reader_id, DeviceKind.SCANNER, DeviceState.ATTENTION, code, params)
