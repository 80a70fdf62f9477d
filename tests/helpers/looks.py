"""Finds what an eye would: words cut off, parts outside their parent, parts over each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QAbstractScrollArea, QHeaderView, QLabel, QWidget

from terminal.widgets.buttons import Button
from terminal.widgets.labels import ElidedLabel, Figure
from terminal.widgets.pills import Pill
from terminal.widgets.stage import Cover

_SMALLEST_BUTTON_FONT = 11


def problems(window: QWidget) -> list[str]:
    """What is wrong with a shown window, each with the words it concerns."""
    found: list[str] = []
    for widget in _visible(window):
        found.extend(_cut(widget))
        found.extend(_outside(widget))
    for parent in [window, *_visible(window)]:
        found.extend(_overlaps(parent))
    return found


def _visible(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        if widget.isVisibleTo(window) and widget.width() > 0:
            yield widget


def _cut(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, Figure):
        if widget.toolTip():
            yield f"figure cut: {widget.text()}"
    elif isinstance(widget, QLabel) and widget.text() and not isinstance(widget, ElidedLabel):
        if widget.wordWrap():
            if widget.heightForWidth(widget.width()) > widget.height() + 1:
                yield f"lines cut: {widget.text()}"
        elif QFontMetrics(widget.font()).horizontalAdvance(widget.text()) > widget.width() + 1:
            yield f"words cut: {widget.text()} ({widget.width()} px)"
    elif isinstance(widget, Pill):
        if widget.width() < widget.sizeHint().width():
            yield f"pill cut: {widget.words()}"
    elif isinstance(widget, Button):
        yield from _cut_button(widget)


def _cut_button(button: Button) -> Iterator[str]:
    font = QFont(button.font())
    font.setPixelSize(_SMALLEST_BUTTON_FONT)
    room = button.rect().adjusted(*button._margins()).width()
    if button._icon and button._kind not in {"rail", "tender"}:
        room -= 26
    if button._hint:
        room -= 8 + button._detail_face().metrics.horizontalAdvance(button._hint)
    if button.words() and QFontMetrics(font).horizontalAdvance(button.words()) > room:
        yield f"button cut: {button.words()} ({room} px)"
    if button._detail and QFontMetrics(font).horizontalAdvance(button._detail) > room:
        yield f"button detail cut: {button._detail} ({room} px)"


def _outside(widget: QWidget) -> Iterator[str]:
    parent = widget.parentWidget()
    if parent is None or isinstance(parent, QAbstractScrollArea | QHeaderView):
        return
    if isinstance(parent.parentWidget(), QAbstractScrollArea):
        return
    if not parent.rect().contains(widget.geometry()):
        yield f"outside its parent: {_name(widget)} {widget.geometry()} in {parent.rect()}"


def _overlaps(parent: QWidget) -> Iterator[str]:
    if isinstance(parent, QAbstractScrollArea):
        return
    children: list[QWidget] = [
        child
        for child in parent.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if child.isVisible() and child.width() > 0
    ]
    covers = [child for child in children if isinstance(child, Cover)]
    for one, other in combinations(covers or children, 2):  # nothing is seen through a cover
        shared = one.geometry().intersected(other.geometry())
        if shared.width() > 1 and shared.height() > 1:
            yield f"over each other: {_name(one)} and {_name(other)}"


def _name(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QLabel) else widget.accessibleName()
    return f"{type(widget).__name__} {words}".strip()
