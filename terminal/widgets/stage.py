"""One page that stays laid out, and covers that hide it: showing it again costs only its paint."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLayout, QSizePolicy, QWidget

from terminal.widgets.theme import current


class Cover(QWidget):
    """A page on the ground of a card that lets nothing behind it through."""

    def __init__(self, content: QLayout) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setLayout(content)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground."""
        QPainter(self).fillRect(event.rect(), current().colour("surface"))


class Stage(QWidget):
    """A page under covers; at most one cover is shown.

    A stack of pages shows, polishes and lays out every part of a page each time it comes; here the
    page is never hidden, and no change of its words is told to the layouts around: every page has
    all the room there is. While it is covered its words should be empty, for whoever is read to.
    """

    def __init__(self, page: QWidget, *covers: Cover) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self._page, self._covers = page, covers
        for part in (page, *covers):
            part.setParent(self)

    def cover(self, which: int | None) -> None:
        """Show the cover of that place, or the page."""
        for place, one in enumerate(self._covers):
            one.setVisible(place == which)

    def sizeHint(self) -> QSize:
        """What the largest page would like."""
        return self._largest([part.sizeHint() for part in (self._page, *self._covers)])

    def minimumSizeHint(self) -> QSize:
        """What the largest page needs."""
        return self._largest([part.minimumSizeHint() for part in (self._page, *self._covers)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Every page has all the room."""
        super().resizeEvent(event)
        for part in (self._page, *self._covers):
            part.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        """A page that wants another size keeps this one."""
        if event.type() is QEvent.Type.LayoutRequest:
            return True
        return super().event(event)

    @staticmethod
    def _largest(hints: list[QSize]) -> QSize:
        found = QSize(0, 0)
        for hint in hints:
            found = found.expandedTo(hint)
        return found
