"""Input fields: the scan field, and labelled fields that say what is wrong with them."""

from PySide6.QtCore import QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSizePolicy, QWidget

from terminal.widgets.cards import column, row
from terminal.widgets.icons import paint_icon
from terminal.widgets.labels import label, set_property, show_text
from terminal.widgets.theme import current

_ACTION_KEYS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape})


class Entry(QLineEdit):
    """A line of input whose text belongs to the view; Enter and Esc belong to the screen."""

    def __init__(self, *, icon: str = "") -> None:
        super().__init__()
        self._icon = icon
        self.setFixedHeight(current().px(48))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        if icon:
            self.setProperty("kind", "scan")

    def show_value(self, value: str) -> None:
        """Show a value without reporting it as typed, leaving the cursor if nothing changed."""
        if value != self.text():
            self.setText(value)

    def type_key(self, key: str) -> None:
        """Type a key of the keypad: a character, `back` or `clear`."""
        if key == "clear":
            self.clear()
            self.textEdited.emit("")
        elif key == "back":
            self.backspace()
        else:
            self.insert(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything but Enter and Esc is typing."""
        if Qt.Key(event.key()) in _ACTION_KEYS:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon in front."""
        super().paintEvent(event)
        if self._icon:
            side = current().px(20)
            box = QRectF(current().px(14), (self.height() - side) / 2, side, side)
            paint_icon(QPainter(self), self._icon, current().colour("ink-2"), box)


class Field(QWidget):
    """A label over a line of input; what is wrong with it is said beside the label."""

    edited = Signal(object)

    def __init__(self, *, icon: str = "") -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self.entry = Entry(icon=icon)
        self._caption = label("label")
        self._caption.setBuddy(self.entry)
        self._error = label("label-strong", tone="bad")
        self._error.hide()
        head = row(spacing=8)
        head.addWidget(self._caption)
        head.addWidget(self._error)
        head.addStretch(1)
        box = column(spacing=5)
        box.addLayout(head)
        box.addWidget(self.entry)
        self.setLayout(box)
        self.entry.textEdited.connect(self.edited.emit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def name(self, words: str) -> None:
        """Set the label; it is also the field's accessible name."""
        self._caption.setText(words)
        self.entry.setAccessibleName(words)

    def show_field(self, value: str, error: str, *, enabled: bool) -> None:
        """Show the value and what is wrong with it."""
        self.entry.show_value(value)
        self.entry.setReadOnly(not enabled)
        set_property(self.entry, "state", "bad" if error else ("" if enabled else "off"))
        show_text(self._error, error)


class Choice(QComboBox):
    """One of a few named things; `chosen` carries its id."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[tuple[str, str], ...] = ()
        self.setFixedHeight(current().px(48))
        self.activated.connect(lambda index: self.chosen.emit(self.itemData(index)))

    def show_choice(self, choices: tuple[tuple[str, str], ...], chosen: str) -> None:
        """Show (id, words) pairs and which is chosen, without reporting it."""
        with QSignalBlocker(self):
            if choices != self._shown:
                self._shown = choices
                self.clear()
                for choice_id, words in choices:
                    self.addItem(words, choice_id)
            self.setCurrentIndex(self.findData(chosen))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the arrow in the theme's colour."""
        super().paintEvent(event)
        side = current().px(18)
        left = self.width() - side - current().px(12)
        box = QRectF(left, (self.height() - side) / 2, side, side)
        paint_icon(QPainter(self), "chevron-down", current().colour("ink-2"), box)


class Tick(QCheckBox):
    """A box that the view ticks, not the click."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(current().px(32), current().px(48))

    def nextCheckState(self) -> None:
        """Only the next view changes it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the tick in the theme's colour."""
        super().paintEvent(event)
        if self.isChecked():
            side = current().px(18)
            box = QRectF(current().px(3), (self.height() - side) / 2, side, side)
            paint_icon(QPainter(self), "check", current().colour("on-accent"), box)
