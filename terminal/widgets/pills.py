"""Pills: the tier of a member, the state of the connection."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.widgets.faces import Face, Faces
from terminal.widgets.icons import paint_icon
from terminal.widgets.theme import current

_INKS = {"accent": "accent-dark", "": "ink-2", "quiet": "ink-2"}
_GROUNDS = {"": "sunken", "quiet": "sunken"}


class Pill(QWidget):
    """An icon and a word on a soft ground; `tone` is a tone or a tier."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = self._words = self._tone = ""
        self._faces = Faces()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_pill(self, icon: str, words: str, tone: str) -> None:
        """Show a state; unknown tones look neutral."""
        known = f"{tone}-soft" in current().tokens
        shown = icon, words, tone if known else ""
        self.setVisible(bool(words))
        if shown != (self._icon, self._words, self._tone):
            self._icon, self._words, self._tone = shown
            self.setAccessibleName(words)
            self.updateGeometry()
            self.update()

    def words(self) -> str:
        """The words on the pill."""
        return self._words

    def sizeHint(self) -> QSize:
        """26 high, as wide as the words."""
        theme = current()
        width = self._face().metrics.horizontalAdvance(self._words)
        return QSize(width + theme.px(20 + (22 if self._icon else 0)), theme.px(26))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground, the icon and the word."""
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(_GROUNDS.get(self._tone, f"{self._tone}-soft")))
        radius = self.height() / 2
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        ink = theme.colour(_INKS.get(self._tone, self._tone))
        left = theme.px(10)
        if self._icon:
            side = theme.px(16)
            square = QRectF(left, (self.height() - side) / 2, side, side)
            paint_icon(painter, self._icon, ink, square)
            left += theme.px(22)
        painter.setFont(self._face().font)
        painter.setPen(ink)
        box = self.rect().adjusted(left, 0, 0, 0)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), self._words)

    def _face(self) -> Face:
        return self._faces.get(self.font(), current().px(13), QFont.Weight.DemiBold)
