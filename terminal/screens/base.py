"""What all screens share: captions, the primary key, one step back, digits to the amount."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from terminal.text import Text
from terminal.widgets.captions import Captions
from terminal.widgets.fields import Entry
from terminal.widgets.theme import current

_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_AMOUNT_KEYS = frozenset("0123456789.")


class Screen(QWidget):
    """Builds its widgets once, draws views, forwards what the person did."""

    primary_pressed = Signal()
    back_pressed = Signal()
    entry_edited = Signal(object)
    entry_submitted = Signal(object)

    def __init__(self, text: Text) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self.text = text
        self.captions = Captions(text)
        self.entry: Entry | None = None

    def retranslate(self) -> None:
        """Put the fixed words again after a change of language."""
        self.captions.refresh()

    def arrive(self) -> None:
        """Take the keyboard when the screen comes on show."""
        entry = self.entry
        (entry if entry is not None and entry.isEnabled() else self).setFocus()

    def show_narrow(self, narrow: bool) -> None:
        """Use the narrow arrangement below 1200 px at scale 1."""

    def type_key(self, key: str) -> None:
        """A key of the keypad, or a digit typed while no field has the keyboard."""
        if self.entry is not None and self.entry.isEnabled():
            self.entry.setFocus()
            self.entry.type_key(key)

    def adopt_entry(self, entry: Entry) -> None:
        """Name the field that digits go to and whose Enter is `entry_submitted`."""
        self.entry = entry
        entry.textEdited.connect(self.entry_edited.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter submits what is typed, else it is the primary action; Esc is one step back."""
        if not self.take_key(event):
            super().keyPressEvent(event)

    def take_key(self, event: QKeyEvent) -> bool:
        """Act on a key that no widget wanted; False if it means nothing here."""
        if event.key() in _ENTER:
            self._enter()
        elif event.key() == Qt.Key.Key_Escape:
            self.back_pressed.emit()
        elif event.text() and event.text() in _AMOUNT_KEYS:
            self.type_key(event.text())
        else:
            return False
        return True

    def _enter(self) -> None:
        typing = self.entry is not None and self.entry.hasFocus() and bool(self.entry.text())
        if typing and self.entry is not None:
            self.entry_submitted.emit(self.entry.text())
        else:
            self.primary_pressed.emit()


def margins(widget: QWidget) -> None:
    """The margins of a screen's outer layout: 16 around the cards."""
    layout = widget.layout()
    if layout is not None:
        pixels = current().px(16)
        layout.setContentsMargins(pixels, pixels, pixels, 0)
        layout.setSpacing(pixels)
