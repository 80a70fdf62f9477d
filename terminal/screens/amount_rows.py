"""Rows of caption and value with a `?`, and the panel that shows one number's arithmetic."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from terminal.presenters.parts_view import AmountRow, ExplainView
from terminal.widgets.buttons import AskButton, Button
from terminal.widgets.captions import Captions
from terminal.widgets.cards import column, holder, row
from terminal.widgets.icons import Icon
from terminal.widgets.labels import RIGHT, label, rule, set_property
from terminal.widgets.theme import current


class AmountRowLine(QWidget):
    """One caption, one value at the right edge, one `?` that stays in its place."""

    explain_pressed = Signal(object)

    def __init__(self, *, ask: bool = True, height: int = 28, wrap: bool = False) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._explain = ""
        self._shown: tuple[AmountRow, str] | None = None
        self._caption = label("row", tone="quiet", wrap=wrap)
        self._value = label("row-strong", align=RIGHT)
        self._ask = AskButton()
        keep = self._ask.sizePolicy()
        keep.setRetainSizeWhenHidden(ask)
        self._ask.setSizePolicy(keep)
        self._ask.hide()
        self._ask.clicked.connect(lambda: self.explain_pressed.emit(self._explain))
        box = row(spacing=6)
        box.addWidget(self._caption, 1)
        box.addWidget(self._value)
        box.addWidget(self._ask)
        self.setLayout(box)
        self.setMinimumHeight(current().px(height))

    def show_row(self, shown: AmountRow, explain_name: str = "") -> None:
        """Show a row."""
        if (shown, explain_name) == self._shown:
            return
        self._shown = shown, explain_name
        self._explain = shown.explain
        self._caption.setText(shown.label)
        self._value.setText(shown.value)
        weight = "row-strong" if shown.strong else "row"
        set_property(self._caption, "role", weight)
        set_property(self._caption, "tone", "" if shown.strong else "quiet")
        set_property(self._value, "role", weight)
        set_property(self._value, "tone", shown.tone)
        self._ask.setVisible(bool(shown.explain))
        self._ask.setAccessibleName(f"{explain_name} {shown.label}".strip())

    def show_blank(self) -> None:
        """Keep the place without words."""
        self.show_row(AmountRow("", ""))


class AmountRows(QWidget):
    """As many rows as the view has; lines are kept and reused, so nothing flickers."""

    explain_pressed = Signal(object)

    def __init__(
        self, captions: Captions, *, height: int = 28, ask: bool = True, wrap: bool = False
    ) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._height, self._keeps_ask, self._wrap, self._name = height, ask, wrap, ""
        self._lines: list[AmountRowLine] = []
        self._box = column(spacing=6 if wrap else 0)
        self.setLayout(self._box)
        captions.bind(self._set_name, "explain.open")

    def show_rows(self, rows: tuple[AmountRow, ...]) -> None:
        """Show these rows."""
        while len(self._lines) < len(rows):
            line = AmountRowLine(ask=self._keeps_ask, height=self._height, wrap=self._wrap)
            line.explain_pressed.connect(self.explain_pressed.emit)
            self._lines.append(line)
            self._box.addWidget(line)
        for place, line in enumerate(self._lines):
            line.setVisible(place < len(rows))
            if place < len(rows):
                line.show_row(rows[place], self._name)

    def _set_name(self, words: str) -> None:
        self._name = words


class ExplainPanel(QFrame):
    """The arithmetic behind one number, in place of what it explains; Esc or the button closes."""

    closed = Signal()

    def __init__(self, captions: Captions) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._title = label("title", wrap=True)
        self._rule = label("label", wrap=True)
        self._rows = AmountRows(captions, height=36, ask=False, wrap=True)
        self._result = AmountRowLine(ask=False, height=36)
        close = Button("small", icon="x")
        captions.bind(partial(close.show_words, hint="Esc"), "explain.close")
        close.clicked.connect(self.closed.emit)
        outer = column(padding=16, spacing=10)
        outer.addLayout(self._head(close))
        outer.addWidget(self._rule)
        outer.addWidget(rule())
        outer.addWidget(self._scrolling(self._rows), 1)
        outer.addWidget(rule())
        outer.addWidget(self._result)
        self.setLayout(outer)

    def show_explanation(self, shown: ExplainView) -> None:
        """Show rule, inputs, steps and result."""
        self._title.setText(shown.title)
        self._rule.setText(shown.rule)
        self._rows.show_rows(shown.rows)
        self._result.show_row(shown.result)

    def _head(self, close: Button) -> QHBoxLayout:
        head = row(spacing=12)
        head.addWidget(Icon("receipt", "accent-dark", 22))
        head.addWidget(self._title, 1)
        head.addWidget(close)
        close.setSizePolicy(close.sizePolicy().Policy.Fixed, close.sizePolicy().Policy.Fixed)
        return head

    @staticmethod
    def _scrolling(rows: AmountRows) -> QScrollArea:
        inner: QVBoxLayout = column(spacing=0)
        inner.addWidget(rows)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidget(holder(inner))
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setProperty("role", "clear")
        return area


class EmptyState(QWidget):
    """An icon, what is missing, and what to do about it."""

    def __init__(self, icon: str) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._icon = Icon(icon, "ink-3", 40)
        self._title = label("body-strong", wrap=True)
        self._words = label("label", wrap=True)
        box = column(padding=24, spacing=8)
        box.addStretch(2)
        centre = self._title.alignment().AlignHCenter
        box.addWidget(self._icon, 0, centre)
        for words in (self._title, self._words):
            words.setAlignment(centre)
            box.addWidget(words)
        box.addStretch(3)
        self.setLayout(box)

    def show_state(self, title: str, words: str) -> None:
        """Show what is missing and what to do."""
        self._title.setText(title)
        self._words.setText(words)


def padded(*parts: QWidget, padding: int = 16, sides: int = -1, spacing: int = 0) -> QWidget:
    """Parts in a column with padding, `sides` if another to the left and right."""
    box = column(padding=padding, spacing=spacing)
    if sides >= 0:
        edge, end = current().px(sides), current().px(padding)
        box.setContentsMargins(edge, end, edge, end)
    for part in parts:
        box.addWidget(part)
    return holder(box)
