"""Fonts of one widget in other sizes, made once: each new font is matched to files again."""

from typing import NamedTuple

from PySide6.QtGui import QFont, QFontMetrics

from terminal.widgets.theme import current


class Face(NamedTuple):
    """A font and its measures."""

    font: QFont
    metrics: QFontMetrics


class Faces:
    """Remembers faces until the widget gets another font or another theme is in use."""

    __slots__ = ("_base", "_known", "_theme")

    def __init__(self) -> None:
        self._base: QFont | None = None
        self._theme: object = None
        self._known: dict[tuple[int, int], Face] = {}

    def get(self, base: QFont, pixels: int, weight: QFont.Weight | None = None) -> Face:
        """`base`: the widget's font now; `pixels`: on the screen, scale included."""
        if self._base is None or self._theme is not current() or not base.isCopyOf(self._base):
            self._base, self._theme = base, current()
            self._known.clear()
        key = pixels, -1 if weight is None else weight.value
        face = self._known.get(key)
        if face is None:
            font = QFont(base)
            font.setPixelSize(pixels)
            if weight is not None:
                font.setWeight(weight)
            face = self._known[key] = Face(font, QFontMetrics(font))
        return face
