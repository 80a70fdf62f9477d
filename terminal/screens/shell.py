"""The window: the frame around the screens, and the keys that work everywhere."""

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget
from shiboken6 import isValid

from terminal.input.keymap import KEYS, SHIFTED, Intent
from terminal.presenters.shell_view import RailItem, ShellView
from terminal.screens.base import Screen
from terminal.screens.frame import NoticeBar, Rail, StatusStrip, TopBar
from terminal.text import Text
from terminal.widgets.captions import Captions
from terminal.widgets.cards import column, holder, row
from terminal.widgets.theme import current

_NARROW_BELOW = 1200
_SMALLEST = (1024, 768)
_SCREEN_KEYS = frozenset({Intent.PRIMARY, Intent.BACK})  # the screen on show takes these itself


class Shell(QWidget):
    """Shows the screen that the view names; function keys mean what the keymap says."""

    coming = Signal(object)  # a screen, just before it is on show
    screen_requested = Signal(object)
    lock_requested = Signal()
    end_shift_requested = Signal()
    print_again_requested = Signal()
    language_toggled = Signal()
    offline_toggled = Signal()
    notice_action_pressed = Signal(object)
    notice_dismissed = Signal()

    def __init__(self, text: Text, screens: Mapping[str, Screen]) -> None:
        super().__init__()
        self.setObjectName("shell")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._captions = Captions(text)
        self._screens = dict(screens)
        self._items: tuple[RailItem, ...] = ()
        self._on_show = ""
        self._signed_in = False
        self.top, self.rail = TopBar(self._captions), Rail()
        self.notice, self.status = NoticeBar(self._captions), StatusStrip(self._captions)
        self._captions.bind(self.setWindowTitle, "app.title")
        self._stack = QStackedWidget()
        for screen in self._screens.values():
            self._stack.addWidget(screen)
        self._narrow = False
        self._assemble()
        self._connect()
        self.setMinimumSize(*_SMALLEST)

    def show_view(self, view: ShellView) -> None:
        """Draw the frame and bring the named screen on show."""
        self._items = view.rail
        self._signed_in = view.top.signed_in
        self.top.show_view(view.top)
        self.rail.show_view(view.rail, view.screen)
        self.notice.show_view(view.notice, view.hint)
        self.status.show_view(view.status)
        if view.screen != self._on_show:
            self._on_show = view.screen
            self.coming.emit(view.screen)
            self._stack.setCurrentWidget(self._screens[view.screen])
            self._screens[view.screen].arrive()

    @property
    def on_show(self) -> str:
        """Name of the screen on show, empty before the first view."""
        return self._on_show

    def add_screen(self, name: str, screen: Screen) -> None:
        """Take in a screen that was built after the window was shown."""
        self._screens[name] = screen
        self._stack.addWidget(screen)
        screen.show_narrow(self._narrow)

    def retranslate(self) -> None:
        """Put all fixed words again after `Text.switch`; then render every view again."""
        self._captions.refresh()
        for screen in self._screens.values():
            screen.retranslate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys pressed while the frame has the keyboard mean what they mean on the screen."""
        screen = self._screens.get(self._on_show)
        if screen is None or not screen.take_key(event):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the narrow or the wide arrangement."""
        super().resizeEvent(event)
        narrow = self._narrow = self.width() < current().px(_NARROW_BELOW)
        self.top.show_narrow(narrow)
        self.rail.show_narrow(narrow)
        self.status.show_narrow(narrow)
        for screen in self._screens.values():
            screen.show_narrow(narrow)

    def _assemble(self) -> None:
        work = column(spacing=0)
        work.addWidget(self._stack, 1)
        line = row()
        pixels = current().px(12)
        line.setContentsMargins(pixels, current().px(7), pixels, current().px(3))
        line.addWidget(self.notice)
        work.addLayout(line)
        middle = row(spacing=0)
        middle.addWidget(self.rail)
        middle.addWidget(holder(work), 1)
        outer = column(spacing=0)
        outer.addWidget(self.top)
        outer.addLayout(middle, 1)
        outer.addWidget(self.status)
        self.setLayout(outer)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.screen_requested.emit)
        self.top.lock_pressed.connect(self.lock_requested.emit)
        self.top.end_shift_pressed.connect(self.end_shift_requested.emit)
        self.notice.action_pressed.connect(self.notice_action_pressed.emit)
        self.notice.dismissed.connect(self.notice_dismissed.emit)
        self.status.language_pressed.connect(self.language_toggled.emit)
        self.status.offline_pressed.connect(self.offline_toggled.emit)
        for pressed in (
            self.rail.chosen, self.status.language_pressed, self.status.offline_pressed,
            self.notice.action_pressed, self.notice.dismissed, self.top.end_shift_pressed,
        ):  # fmt: skip
            pressed.connect(self._hand_back)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._focus_moved)
        for chord in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(chord), self).activated.connect(self.notice.press)
        for key, intent in KEYS.items():
            if intent not in _SCREEN_KEYS:
                self._shortcut(QKeySequence(key), partial(self._function_key, intent))
        for key, intent in SHIFTED.items():
            keys = QKeySequence(Qt.KeyboardModifier.ShiftModifier | key)
            self._shortcut(keys, partial(self._function_key, intent))

    def _hand_back(self) -> None:
        """After a press in the frame the keyboard belongs to the screen again: Enter is its own."""
        screen = self._screens.get(self._on_show)
        if screen is not None:
            screen.arrive()

    def _focus_moved(self, old: QWidget | None, _new: QWidget | None) -> None:
        """A part that had the keyboard may have gone: then Qt gives it to just any next one."""
        if old is not None:
            QTimer.singleShot(0, self, partial(self._bring_back, old))

    def _bring_back(self, old: QWidget) -> None:
        screen = self._screens.get(self._on_show)
        if screen is None or not isValid(old) or not screen.isAncestorOf(old):
            return
        if not (old.isVisible() and old.isEnabled()):
            screen.arrive()

    def _shortcut(self, keys: QKeySequence, act: Callable[[], None]) -> None:
        QShortcut(keys, self).activated.connect(act)

    def _function_key(self, intent: Intent) -> None:
        if intent is Intent.LANGUAGE:
            self.language_toggled.emit()
        elif not self._signed_in:
            return
        elif intent is Intent.LOCK:
            self.lock_requested.emit()
        elif intent is Intent.PRINT_AGAIN:
            self.print_again_requested.emit()
        elif any(item.screen == intent and item.enabled for item in self._items):
            self.screen_requested.emit(intent.value)
