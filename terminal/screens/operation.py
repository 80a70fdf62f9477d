"""The form screen: choose an operation, fill it in, see what it would come to, confirm."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from terminal.presenters.operation_view import OperationRow, OperationView
from terminal.screens.amount_rows import AmountRows, EmptyState, padded
from terminal.screens.form_fields import FormFields
from terminal.screens.member_screen import MemberScreen
from terminal.screens.pay_column import PayColumn
from terminal.text import Text
from terminal.widgets.cards import column, holder, row
from terminal.widgets.icons import Icon
from terminal.widgets.labels import label, rule, show_text
from terminal.widgets.rows import Column, RowsTable

_LIST, _FORM, _EMPTY = range(3)
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_COLUMNS = (Column("form.operations", lambda r: r.label, lambda r: r.note, strong=True),)


class OperationScreen(MemberScreen):
    """The operations of one rail item, and the form of the one that is chosen."""

    operation_chosen = Signal(object)
    field_edited = Signal(object)
    field_focused = Signal(object)
    row_counted = Signal(object)

    def __init__(self, text: Text, icon: str) -> None:
        super().__init__(text)
        self._chosen = ""
        self.assemble(self._build_work(icon), self._build_pay())

    def arrive(self) -> None:
        """The keyboard goes to the list, or to the first field to be filled in."""
        page = self._pages.currentIndex()
        if page == _LIST:
            if not self.table.currentIndex().isValid() and self.table.rows.rowCount():
                self.table.setCurrentIndex(self.table.rows.index(0, 0))
            self.table.setFocus()
            return
        first = self.form.first() if page == _FORM else None
        (first or self).setFocus()

    def show_view(self, view: OperationView) -> None:
        """Draw the view."""
        self.show_shared(view.member, view.explain)
        self._title.setText(view.title)
        self._note.setText(view.note)
        self.table.show_rows(view.operations, self._stands_on)
        self._empty.show_state(view.empty_title, view.empty)
        self.form.show_fields(view.fields)
        page = _LIST if not view.chosen else _FORM if view.fields else _EMPTY
        turned = page != self._pages.currentIndex() or view.chosen != self._chosen
        self._chosen = view.chosen
        self._pages.setCurrentIndex(page)
        show_text(self.pay.caption, view.caption)
        self._rule.setVisible(bool(view.chosen))
        self._facts.show_rows(view.facts)
        self._show_line(self._warning, view.warning)
        self._show_line(self._refusal, view.refusal)
        self.show_pay(view.figure, view.primary, pin=view.pin, done=view.done)
        if turned and self.isVisible() and view.pin is None:
            self.arrive()

    def take_key(self, event: QKeyEvent) -> bool:
        """Enter in the list begins the operation it stands on."""
        at = self.table.currentIndex()
        if Qt.Key(event.key()) in _ENTER and self.table.hasFocus() and at.isValid():
            self._press(self.table.rows.row_at(at.row()))
            return True
        return super().take_key(event)

    def retranslate(self) -> None:
        """Also the captions of the list."""
        super().retranslate()
        self.table.rows.show_caption(0, self.text(_COLUMNS[0].caption))

    def _stands_on(self, shown: OperationRow) -> bool:
        """Whether the keyboard is at this row of the list: Enter begins it."""
        at = self.table.currentIndex()
        return at.isValid() and self.table.rows.row_at(at.row()) == shown

    def _press(self, shown: OperationRow) -> None:
        self.operation_chosen.emit(shown.name)

    def _build_work(self, icon: str) -> QWidget:
        self._title, self._note = label("title"), label("label", wrap=True)
        self.table = RowsTable(_COLUMNS)
        self.table.rows.show_caption(0, self.text(_COLUMNS[0].caption))
        self.captions.bind(self.table.setAccessibleName, "form.operations")
        self.table.pressed_row.connect(self._press)
        moved = self.table.selectionModel().currentChanged
        moved.connect(lambda *_: self.table.viewport().update())
        self.form = FormFields()
        self.form.edited.connect(self.field_edited.emit)
        self.form.counted.connect(self.row_counted.emit)
        self.form.focused.connect(self.field_focused.emit)
        self._empty = EmptyState(icon)
        self._pages = QStackedWidget()
        for page in (self.table, self.form, self._empty):
            self._pages.addWidget(page)
        whole = column(spacing=0)
        whole.addWidget(padded(self._title, self._note, padding=16, spacing=4))
        whole.addWidget(rule())
        whole.addWidget(self._pages, 1)
        return holder(whole)

    def _build_pay(self) -> PayColumn:
        self._facts = AmountRows(self.captions, height=34)
        self._facts.explain_pressed.connect(self.explain_requested.emit)
        self._warning = self._line("triangle-alert", "warn")
        self._refusal = self._line("circle-alert", "bad")
        body = column(spacing=10)
        self._rule = rule()
        body.addWidget(self._rule)
        body.addWidget(self._facts)
        body.addWidget(self._warning)
        body.addWidget(self._refusal)
        body.addStretch(1)
        return PayColumn(self.captions, holder(body), keypad=False)

    def _line(self, icon: str, tone: str) -> QWidget:
        """A sentence with its sign, shown when there is one."""
        words = label("label", tone=tone, wrap=True)
        words.setObjectName("words")
        line = row(spacing=8)
        line.addWidget(Icon(icon, tone, 18), 0, words.alignment().AlignTop)
        line.addWidget(words, 1)
        made = holder(line)
        made.hide()
        return made

    @staticmethod
    def _show_line(line: QWidget, words: str) -> None:
        line.setVisible(bool(words))
        shown = line.findChild(QWidget, "words")
        if shown is not None:
            shown.setProperty("text", words)
