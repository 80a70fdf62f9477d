"""Tables: one model over a tuple of frozen rows, one delegate that draws two-line cells."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from terminal.widgets.icons import paint_icon
from terminal.widgets.labels import tone_token
from terminal.widgets.theme import current

_Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole.UserRole
_ROW_HEIGHT, _HEADER_HEIGHT, _EDGE = 60, 38, 16
_SMALLEST = 10


def _nothing(_: Any) -> str:
    return ""


def _never(_: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Column:
    """How one column reads a row. `width` is in pixels at scale 1 and narrow; 0 takes the rest;
    `only_wide`: left out where the table is narrow."""

    caption: str
    words: Callable[[Any], str] = _nothing
    detail: Callable[[Any], str] = _nothing
    tone: Callable[[Any], str] = _nothing
    dim: Callable[[Any], bool] = _never
    width: int = 0
    wide: int = 0
    right: bool = False
    strong: bool = False
    icon: str = ""
    only_wide: bool = False


class RowsModel(QAbstractTableModel):
    """Rows as they are in the view; a changed tuple replaces them all."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        super().__init__()
        self.columns = columns
        self._rows: tuple[Any, ...] = ()
        self._captions = [""] * len(columns)

    def show_rows(self, rows: tuple[Any, ...]) -> None:
        """Replace the rows."""
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def show_caption(self, column: int, words: str) -> None:
        """Name a column."""
        self._captions[column] = words
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, column, column)

    def row_at(self, row: int) -> Any:
        """The frozen row."""
        return self._rows[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words for the eye, words with detail for a screen reader, the row for the delegate."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], self.columns[index.column()]
        words, detail = column.words(row), column.detail(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole}:
            return "\n".join(part for part in (words, detail) if part)
        return row if role == _ROLE else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Column names."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._captions[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight
            left = Qt.AlignmentFlag.AlignLeft
            which = side if self.columns[section].right else left
            return which | Qt.AlignmentFlag.AlignVCenter
        return None


class _Delegate(QStyledItemDelegate):
    """Draws words with a smaller detail under them, a hairline below, and the chosen row."""

    def __init__(self, parent: "RowsTable", columns: tuple[Column, ...]) -> None:
        super().__init__(parent)
        self._table, self._columns = parent, columns

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Every row is as high."""
        return QSize(current().px(80), current().px(_ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One cell."""
        theme = current()
        column, row = self._columns[index.column()], index.data(_ROLE)
        rect: QRect = option.rect
        painter.save()
        if self._table.is_chosen(row):
            painter.fillRect(rect, theme.colour("accent-soft"))
        painter.setPen(theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        first, last = index.column() == 0, index.column() == len(self._columns) - 1
        box = rect.adjusted(theme.px(_EDGE if first else 6), 0, -theme.px(_EDGE if last else 6), 0)
        if column.icon:
            side = theme.px(18)
            square = QRectF(box.right() - side, box.center().y() - side / 2, side, side)
            paint_icon(painter, column.icon, theme.colour("ink-3"), square)
        else:
            self._paint_words(painter, box, column, row)
        painter.restore()

    def _paint_words(self, painter: QPainter, box: QRect, column: Column, row: Any) -> None:
        theme = current()
        words, detail, tone = column.words(row), column.detail(row), column.tone(row)
        big, small = QFont(self._table.font()), QFont(self._table.font())
        big.setPixelSize(theme.px(15))
        big.setWeight(QFont.Weight.DemiBold if column.strong else QFont.Weight.Normal)
        small.setPixelSize(theme.px(12))
        high, low = QFontMetrics(big).height(), QFontMetrics(small).height()
        together = high + (low if self._table.two_lines else 0)
        top = box.top() + (box.height() - together) // 2
        side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        painter.setFont(big)
        plain = "ink" if column.strong or not column.right else "ink-2"
        plain = "ink-3" if column.dim(row) else plain
        painter.setPen(theme.colour(tone_token(tone) if tone and not detail else plain))
        self._line(painter, QRect(box.left(), top, box.width(), high), side, words)
        painter.setFont(small)
        painter.setPen(theme.colour(tone_token(tone) if tone else "ink-3"))
        self._line(painter, QRect(box.left(), top + high, box.width(), low), side, detail)

    @staticmethod
    def _line(painter: QPainter, box: QRect, side: Qt.AlignmentFlag, words: str) -> None:
        font = QFont(painter.font())
        floor = current().px(_SMALLEST if side == Qt.AlignmentFlag.AlignRight else 99)
        while font.pixelSize() > floor and _advance(painter, words) >= box.width() - 1:
            font.setPixelSize(font.pixelSize() - 1)
            painter.setFont(font)
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), shown)


def _advance(painter: QPainter, words: str) -> int:
    return painter.fontMetrics().horizontalAdvance(words)


class RowsTable(QTableView):
    """A calm table. `pressed_row` reports the row, `removed_row` a press on its icon or Delete."""

    pressed_row = Signal(object)
    removed_row = Signal(object)

    def __init__(self, columns: tuple[Column, ...], *, two_lines: bool = True) -> None:
        super().__init__()
        self.two_lines = two_lines
        self.rows = RowsModel(columns)
        self._chosen: Callable[[Any], bool] = lambda _: False
        self._follow = False
        self.setModel(self.rows)
        self.setItemDelegate(_Delegate(self, columns))
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTabKeyNavigation(False)
        self.setMinimumWidth(current().px(200))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(current().px(_ROW_HEIGHT))
        header = _Header(columns, self)
        self.setHorizontalHeader(header)
        self.clicked.connect(self._clicked)
        self.verticalScrollBar().sliderMoved.connect(self._stop_following)

    def show_rows(self, rows: tuple[Any, ...], chosen: Callable[[Any], bool]) -> None:
        """Show rows and mark the chosen ones; the newest stays in sight when rows are added."""
        grew = len(rows) > self.rows.rowCount()
        self._chosen = chosen
        self.rows.show_rows(rows)
        self._follow = grew or self._follow
        if grew:
            self.scrollToBottom()
        self.viewport().update()

    def is_chosen(self, row: Any) -> bool:
        """Whether a row is marked."""
        return self._chosen(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space chooses, Delete removes, arrows move; the rest belongs to the screen."""
        at = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and at.isValid():
            self.pressed_row.emit(self.rows.row_at(at.row()))
        elif event.key() == Qt.Key.Key_Delete and at.isValid():
            self.removed_row.emit(self.rows.row_at(at.row()))
        elif event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the width: narrow columns on a narrow table."""
        super().resizeEvent(event)
        room, columns = self.viewport().width(), self.rows.columns
        wide = room >= current().px(480)
        taken = 0
        for place, column in enumerate(columns):
            self.setColumnHidden(place, column.only_wide and not wide)
            if self.isColumnHidden(place):
                continue
            width = current().px(column.wide if wide and column.wide else column.width)
            taken += width
            self.setColumnWidth(place, width)
        rest = [place for place, column in enumerate(columns) if not column.width]
        for place in rest:
            self.setColumnWidth(place, (room - taken) // len(rest))
        if self._follow:
            self.scrollToBottom()

    def _stop_following(self) -> None:
        self._follow = False

    def _clicked(self, index: QModelIndex) -> None:
        row = self.rows.row_at(index.row())
        removes = bool(self.rows.columns[index.column()].icon)
        (self.removed_row if removes else self.pressed_row).emit(row)


class _Header(QHeaderView):
    """Captions over the columns, on the same edges as the cells."""

    def __init__(self, columns: tuple[Column, ...], parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = columns
        self.setSectionsClickable(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSectionSize(current().px(20))
        self.setFixedHeight(current().px(_HEADER_HEIGHT))

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """One caption and the hairline under it."""
        theme = current()
        first, last = logicalIndex == 0, logicalIndex == len(self._columns) - 1
        box = rect.adjusted(theme.px(_EDGE if first else 4), 0, -theme.px(_EDGE if last else 6), 0)
        column = self._columns[logicalIndex]
        font = QFont(self.font())
        font.setPixelSize(theme.px(12))
        font.setWeight(QFont.Weight.DemiBold)
        painter.save()
        painter.setFont(font)
        painter.setPen(theme.colour("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setPen(theme.colour("ink-2"))
        side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        words = str(self.model().headerData(logicalIndex, Qt.Orientation.Horizontal) or "")
        shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.restore()
