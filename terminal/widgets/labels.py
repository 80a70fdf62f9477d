"""Labels by role, and figures that keep their place."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from terminal.widgets.faces import Face, Faces
from terminal.widgets.theme import current

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
_TONES = {"": "ink", "quiet": "ink-2", "accent": "accent-dark"}


def tone_token(tone: str) -> str:
    """The colour token of a tone: `warn`, `bad` and `ok` are their own."""
    return _TONES.get(tone, tone)


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects on, and take the new look."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def label(
    role: str, *, tone: str = "", wrap: bool = False, align: Qt.AlignmentFlag = LEFT
) -> QLabel:
    """A label whose size and weight come from its role in the style sheet."""
    made = QLabel()
    made.setProperty("role", role)
    made.setProperty("tone", tone)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    made.setAlignment(align)
    return made


def show_text(target: QLabel, text: str, tone: str | None = None) -> None:
    """Set a label's words, hide it when there are none, and recolour it if a tone is given."""
    target.setText(text)
    target.setVisible(bool(text))
    if tone is not None:
        set_property(target, "tone", tone)


def rule() -> QFrame:
    """A hairline."""
    line = QFrame()
    line.setProperty("role", "rule")
    line.setFixedHeight(1)
    return line


class Figure(QLabel):
    """One line of text that shrinks rather than being cut: amounts, balances, names."""

    def __init__(self, size: int, *, align: Qt.AlignmentFlag = LEFT, weight: int = 700) -> None:
        super().__init__()
        self._size, self._floor, self._weight = size, min(size, 13), QFont.Weight(weight)
        self._token = "ink"
        self._faces = Faces()
        self.setAlignment(align)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_figure(self, text: str, tone: str = "") -> None:
        """Show a value."""
        token = tone_token(tone)
        if (token, text) != (self._token, self.text()):
            self._token = token
            self.setText(text)
            self.update()

    def sizeHint(self) -> QSize:
        """The width of the text at full size."""
        wide = self._face(self._size).metrics.horizontalAdvance(self.text())
        return QSize(wide, self._line_height())

    def minimumSizeHint(self) -> QSize:
        """Narrow is possible: the figure shrinks."""
        return QSize(current().px(40), self._line_height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say the whole text in a tooltip when even the smallest size does not fit."""
        super().resizeEvent(event)
        smallest = self._face(self._floor).metrics.horizontalAdvance(self.text())
        self.setToolTip(self.text() if smallest > self.width() else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw at the largest size that fits, on the baseline of the full size."""
        painter = QPainter(self)
        size, text, room = self._size, self.text(), self.width()
        full = self._face(size).metrics
        while size > self._floor and self._face(size).metrics.horizontalAdvance(text) > room:
            size -= 1
        font, metrics = self._face(size)
        painter.setFont(font)
        painter.setPen(current().colour(self._token))
        if size == self._floor:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        baseline = (self.height() - full.height()) // 2 + full.ascent()
        box = QRect(0, baseline - metrics.ascent(), room, metrics.height())
        painter.drawText(box, int(self.alignment()), text)

    def _line_height(self) -> int:
        """1.2 of the size whatever the font says, so that a fallback font moves nothing."""
        return current().px(round(self._size * 1.2))

    def _face(self, size: int) -> Face:
        return self._faces.get(self.font(), current().px(size), self._weight)


class ElidedLabel(QLabel):
    """A line that may be cut at the end, where the design says so; the tooltip has it whole."""

    def __init__(self, role: str, *, tone: str = "") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        return QSize(current().px(48), super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        fits = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.setToolTip(self.text() if fits != self.text() else "")
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), fits)
