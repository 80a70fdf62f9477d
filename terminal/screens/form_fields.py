"""The fields of a form: one widget for each kind, kept while the form asks for it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from terminal.presenters.operation_view import FormField, FormRow
from terminal.widgets.cards import column, holder, row
from terminal.widgets.fields import Choice, Field, Tick
from terminal.widgets.labels import label, show_text
from terminal.widgets.rows import Column, RowsTable
from terminal.widgets.theme import current

_ROWS_SHOWN, _ROW, _HEAD = 5, 60, 40
_NARROW_KINDS = frozenset({"amount", "count", "hidden"})
_MOST_WIDE = 320


def _captioned(caption: QWidget, error: QWidget, below: QWidget) -> QVBoxLayout:
    """A caption with what is wrong beside it, and the field below."""
    head = row(spacing=8)
    head.addWidget(caption)
    head.addWidget(error)
    head.addStretch(1)
    box = column(spacing=5)
    box.addLayout(head)
    box.addWidget(below)
    return box


class LineField(Field):
    """Text, an amount, a number, a PIN, or whatever is scanned."""

    def __init__(self, kind: str) -> None:
        super().__init__(icon="scan-barcode" if kind == "scan" else "")
        if kind == "hidden":
            self.entry.setEchoMode(QLineEdit.EchoMode.Password)
        if kind in _NARROW_KINDS:
            self.entry.setMaximumWidth(current().px(_MOST_WIDE))

    @property
    def focus_widget(self) -> QWidget:
        """What takes the keyboard."""
        return self.entry

    def show_form(self, field: FormField) -> None:
        """Show the field."""
        self.name(field.label)
        self.show_field(field.value, field.error, enabled=field.enabled)


class ChoiceField(QWidget):
    """One of a few."""

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._caption, self.choice = label("label"), Choice()
        self._error = label("label-strong", tone="bad")
        self.choice.chosen.connect(self.edited.emit)
        self.choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayout(_captioned(self._caption, self._error, self.choice))

    @property
    def focus_widget(self) -> QWidget:
        """What takes the keyboard."""
        return self.choice

    def show_form(self, field: FormField) -> None:
        """Show the field."""
        self._caption.setText(field.label)
        self.choice.setAccessibleName(field.label)
        self.choice.show_choice(field.choices, field.value)
        self.choice.setEnabled(field.enabled)
        show_text(self._error, field.error)


class TickField(QWidget):
    """Yes, or not."""

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self.tick, self._words = Tick(), label("body", wrap=True)
        self.tick.clicked.connect(self._pressed)
        box = row(spacing=8)
        box.addWidget(self.tick)
        box.addWidget(self._words, 1)
        self.setLayout(box)

    @property
    def focus_widget(self) -> QWidget:
        """What takes the keyboard."""
        return self.tick

    def show_form(self, field: FormField) -> None:
        """Show the field."""
        self._words.setText(field.label)
        self.tick.setAccessibleName(field.label)
        self.tick.setChecked(bool(field.value))
        self.tick.setEnabled(field.enabled)

    def _pressed(self) -> None:
        self.edited.emit("" if self.tick.isChecked() else "yes")


def _is_off(shown: FormRow) -> bool:
    return not shown.enabled


def _taken(shown: FormRow) -> str:
    return shown.taken


def _columns(heads: int) -> tuple[Column, ...]:
    """The cells of a row, and how many are taken of it; a grey row says why."""

    def cell(place: int, shown: FormRow) -> str:
        return shown.cells[place] if place < len(shown.cells) else ""

    made = [
        Column(
            "",
            partial(cell, place),
            (lambda shown: shown.why) if place == 0 else (lambda _: ""),
            dim=_is_off,
            width=0 if place == 0 else 96,
            wide=0 if place == 0 else 120,
            right=place > 0,
            strong=place == 0,
        )
        for place in range(max(heads, 1))
    ]
    return (*made, Column("", _taken, dim=_is_off, width=84, wide=96, right=True, strong=True))


class TableField(QWidget):
    """Rows with quantities: Space takes one more, + and - count."""

    counted = Signal(object)  # (row key, step)

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._caption = label("label")
        self._error = label("label-strong", tone="bad")
        self.table = _CountedTable(_columns(heads))
        self.table.pressed_row.connect(lambda shown: self.counted.emit((shown.key, 1)))
        self.table.stepped_row.connect(
            lambda told: self.counted.emit((told[0].key, told[1])),
        )
        self.setLayout(_captioned(self._caption, self._error, self.table))

    @property
    def focus_widget(self) -> QWidget:
        """What takes the keyboard."""
        return self.table

    def show_form(self, field: FormField) -> None:
        """Show the field."""
        self._caption.setText(field.label)
        show_text(self._error, field.error)
        self.table.setAccessibleName(field.label)
        for place, words in enumerate((*field.columns, field.column_taken)):
            self.table.rows.show_caption(place, words)
        self.table.two_lines = any(shown.why for shown in field.rows)
        at = self.table.currentIndex().row()
        self.table.show_rows(field.rows, lambda shown: shown.chosen)
        if 0 <= at < len(field.rows):
            self.table.setCurrentIndex(self.table.rows.index(at, 0))
        shown = min(len(field.rows), _ROWS_SHOWN)
        self.table.setFixedHeight(current().px(shown * _ROW + _HEAD))
        self.table.setEnabled(field.enabled)


class _CountedTable(RowsTable):
    """A table whose rows are counted up and down."""

    stepped_row = Signal(object)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """+ and - count the current row."""
        step = {Qt.Key.Key_Plus.value: 1, Qt.Key.Key_Minus.value: -1}.get(event.key())
        at = self.currentIndex()
        if step is not None and at.isValid():
            self.stepped_row.emit((self.rows.row_at(at.row()), step))
        else:
            super().keyPressEvent(event)


FormWidget = LineField | ChoiceField | TickField | TableField


class FormFields(QScrollArea):
    """All fields of a form under each other; it scrolls where they are many."""

    edited = Signal(object)  # (name, value)
    counted = Signal(object)  # (name, row key, step)
    focused = Signal(object)  # name

    def __init__(self) -> None:
        super().__init__()
        self._box = column(padding=0, spacing=14)
        self._box.setContentsMargins(
            current().px(16), current().px(14), current().px(16), current().px(14)
        )
        self._end = QWidget()
        self._box.addWidget(self._end, 1)
        self.setWidget(holder(self._box))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setProperty("role", "clear")
        self.widgets: dict[str, FormWidget] = {}
        self._shapes: dict[str, tuple[str, int]] = {}

    def show_fields(self, fields: tuple[FormField, ...]) -> None:
        """Show these fields, in order; widgets of those that stay are kept."""
        wanted = {field.name: (field.kind, len(field.columns)) for field in fields}
        if list(wanted.items()) != list(self._shapes.items()):
            self._arrange(fields, wanted)
        for field in fields:
            self.widgets[field.name].show_form(field)

    def first(self) -> QWidget | None:
        """The first field that takes the keyboard and is still empty, else the first."""
        parts = list(self.widgets.values())
        for part in parts:
            if isinstance(part, LineField) and not part.entry.text():
                return part.entry
        return parts[0].focus_widget if parts else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell which field has the keyboard, and keep it in sight."""
        if event.type() == QEvent.Type.FocusIn:
            for name, part in self.widgets.items():
                if part.focus_widget is watched:
                    self.focused.emit(name)
                    self.ensureWidgetVisible(part)
        return False

    def _arrange(self, fields: tuple[FormField, ...], wanted: dict[str, tuple[str, int]]) -> None:
        for name in [n for n, shape in self._shapes.items() if wanted.get(n) != shape]:
            gone = self.widgets.pop(name)
            self._box.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, field in enumerate(fields):
            part = self.widgets.get(field.name) or self._made(field)
            self._box.removeWidget(part)
            self._box.insertWidget(place, part)
            part.show()
        self.widgets = {field.name: self.widgets[field.name] for field in fields}
        self._shapes = wanted
        before: QWidget | None = None
        for part in self.widgets.values():
            if before is not None:
                QWidget.setTabOrder(before, part.focus_widget)
            before = part.focus_widget

    def _made(self, field: FormField) -> FormWidget:
        part: FormWidget
        if field.kind == "choice":
            part = ChoiceField()
        elif field.kind == "tick":
            part = TickField()
        elif field.kind == "table":
            part = TableField(len(field.columns))
        else:
            part = LineField(field.kind)
        if isinstance(part, TableField):
            part.counted.connect(partial(self._row_counted, field.name))
        else:
            part.edited.connect(partial(self._field_edited, field.name))
        part.focus_widget.installEventFilter(self)
        self.widgets[field.name] = part
        return part

    def _field_edited(self, name: str, value: str) -> None:
        self.edited.emit((name, value))

    def _row_counted(self, name: str, told: tuple[str, int]) -> None:
        self.counted.emit((name, *told))
