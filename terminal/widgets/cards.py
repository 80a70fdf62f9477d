"""Cards and the layouts inside them, on the grid of 8."""

from typing import TypeVar

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from terminal.widgets.theme import current

_Box = TypeVar("_Box", QHBoxLayout, QVBoxLayout)


class Card(QFrame):
    """A rounded surface; its content goes into `body`, a column."""

    def __init__(self, *, role: str = "card", padding: int = 16, spacing: int = 8) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setProperty("tone", "")
        self.body = column(padding=padding, spacing=spacing)
        self.setLayout(self.body)


def column(*, padding: int = 0, spacing: int = 8) -> QVBoxLayout:
    """A column with even padding."""
    return _tidied(QVBoxLayout(), padding, spacing)


def row(*, padding: int = 0, spacing: int = 8) -> QHBoxLayout:
    """A row with even padding."""
    return _tidied(QHBoxLayout(), padding, spacing)


def holder(layout: QLayout) -> QWidget:
    """A see-through widget around a layout, to show, hide or stack it as one."""
    made = QWidget()
    made.setProperty("role", "clear")
    made.setLayout(layout)
    made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    return made


def _tidied(box: _Box, padding: int, spacing: int) -> _Box:
    pixels = current().px(padding)
    box.setContentsMargins(pixels, pixels, pixels, pixels)
    box.setSpacing(current().px(spacing))
    return box
