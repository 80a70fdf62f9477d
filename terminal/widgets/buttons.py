"""Buttons: the style sheet draws the box, we draw icon, words, hint and corner mark inside."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
)

from terminal.widgets.faces import Face, Faces
from terminal.widgets.icons import paint_icon
from terminal.widgets.theme import current

_HEIGHTS = {
    "primary": 68, "plain": 48, "tender": 56, "rail": 64, "key": 46,
    "small": 36, "quiet": 36, "tile": 64, "switch": 32,
}  # fmt: skip
_STACKED = frozenset({"tender", "rail"})
_PADDING = {"quiet": 8, "small": 12, "tender": 4, "rail": 4, "switch": 12, "key": 4, "tile": 8}
_SMALLEST = 11


class Button(QPushButton):
    """A button of one kind: primary plain small quiet tender tile key rail switch.

    Words that do not fit are set smaller, down to 11 px, before they are cut.
    """

    def __init__(self, kind: str = "plain", *, icon: str = "", checkable: bool = False) -> None:
        super().__init__()
        self._kind, self._icon = kind, icon
        self._words = self._hint = self._detail = self._corner = ""
        self._reason, self._faces = "", Faces()
        self.setProperty("kind", kind)
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that shows the focus ring (only Tab brings it there)."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def nextCheckState(self) -> None:
        """Being pressed changes nothing by itself: the next view says what is chosen."""

    def show_words(self, words: str, *, hint: str = "", detail: str = "", corner: str = "") -> None:
        """Set the words; `hint` is a key printed behind, `detail` a second line."""
        new = (words, hint, detail, corner)
        if new != (self._words, self._hint, self._detail, self._corner):
            self._words, self._hint, self._detail, self._corner = new
            if self.toolTip() != self._reason:
                self.setToolTip(self._reason)  # words that were cut have put themselves there
            self.setAccessibleName(" ".join(part for part in (words, detail, hint) if part))
            self.updateGeometry()
            self.update()

    def show_icon(self, name: str) -> None:
        """Set the icon."""
        if name != self._icon:
            if bool(name) != bool(self._icon):
                self.updateGeometry()
            self._icon = name
            self.update()

    def show_state(self, *, enabled: bool, reason: str = "", chosen: bool = False) -> None:
        """Enable or disable with the reason, and mark as chosen."""
        self.setEnabled(enabled)
        if reason != self._reason:
            self._reason = reason
            self.setToolTip(reason)
            self.setAccessibleDescription(reason)
        if self.isCheckable():
            self.setChecked(chosen)

    def words(self) -> str:
        """The words on the button."""
        return self._words

    def sizeHint(self) -> QSize:
        """Room for everything at full size, at the kind's height."""
        theme = current()
        small = self._detail_face().metrics
        width = self._face().metrics.horizontalAdvance(self._words)
        width = max(width, small.horizontalAdvance(self._detail))
        if self._icon and self._kind not in _STACKED:
            width += theme.px(18) + (theme.px(8) if self._words else 0)
        if self._hint:
            width += theme.px(8) + small.horizontalAdvance(self._hint)
        pad = theme.px(_PADDING.get(self._kind, 16)) * 2
        return QSize(width + pad, theme.px(_HEIGHTS.get(self._kind, 48)))

    def minimumSizeHint(self) -> QSize:
        """Words may shrink to two thirds."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), max(hint.width() * 2 // 3, current().px(36))), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Box by the style sheet, content by us, focus ring last."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        inner = self.rect().adjusted(*self._margins())
        if self._kind in _STACKED:
            self._paint_stacked(painter, inner)
        elif self._detail:
            self._paint_two_lines(painter, inner)
        else:
            self._paint_row(painter, inner)
        if self.hasFocus():
            _paint_ring(painter, self.rect(), self._kind)

    def _margins(self) -> tuple[int, int, int, int]:
        pad = current().px(_PADDING.get(self._kind, 12))
        return pad, 0, -pad, 0

    def _ink(self, *, second: bool = False) -> QColor:
        theme = current()
        if not self.isEnabled():
            return theme.colour("disabled-ink")
        filled = self._kind == "primary" or (self._kind == "rail" and self.isChecked())
        if filled:
            return theme.colour("on-accent-2" if second else "on-accent")
        if self.isChecked():
            token = "warn" if self._kind == "switch" else "accent-dark"
            return theme.colour(token)
        return theme.colour("ink-2" if second or self._kind in {"rail", "switch"} else "ink")

    def _face(self) -> Face:
        """The style sheet's font for this kind."""
        font = self.font()
        return self._faces.get(font, font.pixelSize())

    def _detail_face(self) -> Face:
        small = current().px(12 if self._kind != "rail" else 11)
        return self._faces.get(self.font(), small, QFont.Weight.Normal)

    def _fitted(self, face: Face, text: str, width: int) -> tuple[Face, str]:
        base, size, floor = self.font(), face.font.pixelSize(), current().px(_SMALLEST)
        while size > floor and face.metrics.horizontalAdvance(text) > width:
            size -= 1
            face = self._faces.get(base, size, face.font.weight())
        if face.metrics.horizontalAdvance(text) <= width:
            return face, text
        elided = face.metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        if not self.toolTip():
            self.setToolTip(text)
        return face, elided

    def _paint_row(self, painter: QPainter, box: QRect) -> None:
        theme = current()
        side = theme.px(20 if self._kind == "key" else 18) if self._icon else 0
        gap = theme.px(8) if side and self._words else 0
        small = self._detail_face()
        hint_width = small.metrics.horizontalAdvance(self._hint) if self._hint else 0
        hint_gap = theme.px(8) if self._hint else 0
        room = box.width() - side - gap - hint_width - hint_gap
        face, words = self._fitted(self._face(), self._words, room)
        wide = face.metrics.horizontalAdvance(words)
        width = side + gap + wide + hint_gap + hint_width
        left = box.left() + (box.width() - width) // 2
        if side:
            square = QRectF(left, box.center().y() - side / 2 + 0.5, side, side)
            paint_icon(painter, self._icon, self._ink(), square)
        left += side + gap
        painter.setFont(face.font)
        painter.setPen(self._ink())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(QRect(left, box.top(), room, box.height()), flags, words)
        if self._hint:
            left += wide + hint_gap
            painter.setFont(small.font)
            painter.setPen(self._ink(second=True))
            hint_box = QRect(left, box.top(), hint_width + 2, box.height())
            painter.drawText(hint_box, flags, self._hint)

    def _paint_two_lines(self, painter: QPainter, box: QRect) -> None:
        theme = current()
        big, words = self._fitted(self._face(), self._words, box.width())
        small, detail = self._fitted(self._detail_face(), self._detail, box.width())
        top_height, low_height = big.metrics.height(), small.metrics.height()
        top = box.center().y() - (top_height + low_height + theme.px(1)) // 2
        flags = Qt.AlignmentFlag.AlignCenter
        painter.setFont(big.font)
        painter.setPen(self._ink())
        painter.drawText(QRect(box.left(), top, box.width(), top_height), flags, words)
        painter.setFont(small.font)
        painter.setPen(self._ink(second=True))
        low = QRect(box.left(), top + top_height + theme.px(1), box.width(), low_height)
        painter.drawText(low, flags, detail)

    def _paint_stacked(self, painter: QPainter, box: QRect) -> None:
        theme = current()
        side = theme.px(22 if self._kind == "rail" else 20)
        face, words = self._fitted(self._face(), self._words, box.width())
        height = face.metrics.height()
        gap = theme.px(5 if self._kind == "rail" else 3)
        top = box.center().y() - (side + gap + height) // 2 + 1
        square = QRectF(box.center().x() - side / 2 + 0.5, top, side, side)
        paint_icon(painter, self._icon, self._ink(), square)
        painter.setFont(face.font)
        painter.setPen(self._ink())
        line = QRect(box.left(), top + side + gap, box.width(), height)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, words)
        if self._corner:
            painter.setFont(self._detail_face().font)
            painter.setPen(self._ink(second=True))
            corner = self.rect().adjusted(0, theme.px(4), -theme.px(7), 0)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            painter.drawText(corner, flags, self._corner)


class AskButton(QAbstractButton):
    """The round `?` beside a number; pressing it opens the arithmetic."""

    def __init__(self, *, mark: str = "?") -> None:
        super().__init__()
        self._mark = mark
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A target larger than the circle."""
        return QSize(current().px(28), current().px(26))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A small circle with its mark."""
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.px(20)
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        over = self.underMouse() or self.isDown()
        painter.setPen(QPen(theme.colour("focus" if self.hasFocus() else "line-2"), 1.25))
        painter.setBrush(theme.colour("press" if over else "surface"))
        painter.drawEllipse(box)
        font = QFont(self.font())
        font.setPixelSize(theme.px(12))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(theme.colour("ink-2"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._mark)
        if self.hasFocus():
            _paint_ring(painter, self.rect(), "ask")


def _paint_ring(painter: QPainter, rect: QRect, kind: str) -> None:
    """The focus ring: inside the edge, in a colour that shows on the box."""
    theme = current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    token = "on-accent" if kind == "primary" else "focus"
    painter.setPen(QPen(theme.colour(token), theme.px(2)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = theme.px(3)
    radius = theme.px(8)
    painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), radius, radius)
