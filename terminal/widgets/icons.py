"""Lucide icons, drawn in a colour of the theme."""

import math
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

import resources
from terminal.widgets.theme import current

_STROKE = 'stroke-width="1.75"'


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    svg = resources.icon(name).read_text(encoding="utf-8")
    svg = svg.replace("currentColor", colour).replace('stroke-width="2"', _STROKE)
    return QSvgRenderer(QByteArray(svg.encode()))


@lru_cache(maxsize=512)
def _picture(
    name: str, colour: str, side: float, phase: tuple[float, float], ratio: float
) -> QImage:
    """An icon drawn once for a size and a place within a pixel: vectors cost ten times as much."""
    pixels = math.ceil((side + 1) * ratio)
    picture = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(name, colour).render(painter, QRectF(*phase, side, side))
    painter.end()
    return picture


def paint_icon(painter: QPainter, name: str, colour: QColor, box: QRectF) -> None:
    """Draw an icon into a square box; no name draws nothing."""
    if not name:
        return
    left, top = math.floor(box.left()), math.floor(box.top())
    phase = box.left() - left, box.top() - top
    ratio = painter.device().devicePixelRatio()
    picture = _picture(name, colour.name(), box.width(), phase, ratio)
    painter.drawImage(QPoint(left, top), picture)


class Icon(QWidget):
    """An icon beside words that say the same; it takes its colour from a token."""

    def __init__(self, name: str = "", token: str = "ink-2", size: int = 18) -> None:
        super().__init__()
        self._name, self._token, self._size = name, token, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_icon(self, name: str, token: str) -> None:
        """Show another icon or another colour."""
        if (name, token) != (self._name, self._token):
            self._name, self._token = name, token
            self.update()

    def sizeHint(self) -> QSize:
        """A square of the icon's size."""
        side = current().px(self._size)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it in the middle."""
        side = current().px(self._size)
        left, top = (self.width() - side) / 2, (self.height() - side) / 2
        box = QRectF(left, top, side, side)
        paint_icon(QPainter(self), self._name, current().colour(self._token), box)
