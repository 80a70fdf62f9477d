"""How many digits of a PIN are typed; the digits themselves never come here to stay."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.widgets.theme import current


class PinDots(QWidget):
    """Takes digits from the keyboard while it has focus and passes each on at once."""

    digit_typed = Signal(object)
    backspace_typed = Signal()
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._digits, self._length, self._bad = 0, 6, False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_digits(self, digits: int, length: int, *, bad: bool = False) -> None:
        """Fill so many of so many dots; `bad` after a wrong PIN."""
        self._digits, self._length, self._bad = digits, length, bad
        self.setAccessibleDescription(f"{digits}/{length}")
        self.update()

    def sizeHint(self) -> QSize:
        """A field of 48 with room for the dots."""
        return QSize(current().px(26 * self._length + 24), current().px(48))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits and corrections are ours; Enter, Esc and the rest belong to the screen."""
        if event.text().isdigit() and event.text().isascii():
            self.digit_typed.emit(event.text())
        elif event.key() == Qt.Key.Key_Backspace:
            self.backspace_typed.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.cleared.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A field with filled and open dots."""
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "bad" if self._bad else ("focus" if self.hasFocus() else "edge")
        thick = 2.0 if self._bad or self.hasFocus() else 1.0
        painter.setPen(QPen(theme.colour(edge), thick))
        painter.setBrush(theme.colour("surface"))
        inset = thick / 2
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(box, theme.px(10), theme.px(10))
        step, radius = theme.px(30), theme.px(9)
        step = min(step, (self.width() - theme.px(16)) // max(self._length, 1))
        radius = min(radius, step // 3)
        left = (self.width() - step * (self._length - 1)) / 2
        for place in range(self._length):
            filled = place < self._digits
            painter.setPen(QPen(theme.colour("ink" if filled else "edge"), 2))
            painter.setBrush(theme.colour("ink") if filled else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(left + step * place, self.height() / 2), radius, radius)
