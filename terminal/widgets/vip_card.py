"""The new member's card as a picture: number, holder, tier."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from terminal.widgets.icons import paint_icon
from terminal.widgets.theme import current

_WHITE, _MIST = QColor("#FFFFFF"), QColor("#D7DFEE")
_DEEP, _BLUE = QColor("#152E47"), QColor("#2D4A86")
_RATIO = 176 / 280


class VipCard(QWidget):
    """Drawn filled once a card was read, as a dashed outline before."""

    def __init__(self) -> None:
        super().__init__()
        self._number = self._holder = self._tier = ""
        self._filled = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_card(self, number: str, holder: str, tier: str, *, filled: bool) -> None:
        """Show what is on the card."""
        self._number, self._holder, self._tier, self._filled = number, holder, tier, filled
        self.setAccessibleName(" ".join(part for part in (number, holder, tier) if part))
        self.update()

    def sizeHint(self) -> QSize:
        """The proportions of a card."""
        width = current().px(248)
        return QSize(width, round(width * _RATIO))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Outline or card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        (self._paint_card if self._filled else self._paint_outline)(painter, box)

    def _paint_outline(self, painter: QPainter, box: QRectF) -> None:
        theme = current()
        painter.setPen(QPen(theme.colour("edge"), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(theme.colour("sunken"))
        painter.drawRoundedRect(box, theme.px(12), theme.px(12))
        side = theme.px(36)
        square = QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side)
        paint_icon(painter, "nfc", theme.colour("ink-3"), square)

    def _paint_card(self, painter: QPainter, box: QRectF) -> None:
        theme = current()
        ground = QLinearGradient(box.topLeft(), box.bottomRight())
        ground.setColorAt(0, _DEEP)
        ground.setColorAt(1, _BLUE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, theme.px(12), theme.px(12))
        pad, side = theme.px(16), theme.px(22)
        square = QRectF(box.right() - pad - side, box.top() + pad, side, side)
        paint_icon(painter, "nfc", _WHITE, square)
        self._write(painter, box, "VIP CLUB", 15, 700, pad, pad, _WHITE)
        self._write(painter, box, self._number, 17, 500, pad, box.height() - theme.px(62), _WHITE)
        below = "   ".join(part for part in (self._holder, self._tier) if part)
        self._write(painter, box, below, 12, 400, pad, box.height() - theme.px(33), _MIST)

    def _write(
        self, painter: QPainter, box: QRectF, words: str, size: int, weight: int,
        left: float, top: float, colour: QColor,
    ) -> None:  # fmt: skip
        font = QFont(self.font())
        font.setPixelSize(current().px(size))
        font.setWeight(QFont.Weight(weight))
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        painter.setFont(font)
        painter.setPen(colour)
        line = QRectF(box.left() + left, box.top() + top, box.width() - 2 * left, size * 2)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), words)
