"""Opening and closing a shift: one amount, and what the shift came to."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from terminal.presenters.parts_view import ActionView
from terminal.presenters.shift_view import ShiftView
from terminal.screens.amount_rows import AmountRows
from terminal.screens.base import Screen
from terminal.text import Text
from terminal.widgets.buttons import Button
from terminal.widgets.cards import Card, column, holder, row
from terminal.widgets.fields import Entry
from terminal.widgets.keypad import Keypad
from terminal.widgets.labels import RIGHT, Figure, label, show_text
from terminal.widgets.theme import current


class ShiftScreen(Screen):
    """Cash in the drawer; the count is blind."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        card = Card(padding=32)
        card.setFixedWidth(current().px(760))
        sides = row(spacing=36)
        sides.addLayout(self._build_words(), 1)
        sides.addLayout(self._build_amount(), 1)
        card.body.addLayout(sides)
        outer = column()
        outer.addStretch(1)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(1)
        self.setLayout(outer)

    def show_view(self, view: ShiftView) -> None:
        """Draw the view."""
        self._title.show_figure(view.title)
        self._note.setText(view.note)
        self._rows.show_rows(view.rows)
        show_text(self._line, "\n".join(line.text for line in view.lines))
        counting = bool(view.amount_label)
        self._form.setVisible(counting)
        show_text(self._amount_label, view.amount_label)
        self.amount.show_value(view.entry)
        self.amount.setEnabled(counting and not view.primary.busy)
        show_text(self._error, view.entry_error)
        self._figure.show_figure(view.amount)
        _show_action(self.back, view.back, "Esc")
        self.back.setVisible(counting)
        _show_action(self.primary, view.primary, "Enter")
        if counting and not self.amount.hasFocus() and self.isVisible():
            self.arrive()

    def _build_words(self) -> QVBoxLayout:
        self._title = Figure(24)
        self._note = label("body", tone="quiet", wrap=True)
        self._rows = AmountRows(self.captions, height=34, ask=False, wrap=True)
        self._line = label("label", wrap=True)
        side = column(spacing=14)
        for part in (self._title, self._note, self._rows):
            side.addWidget(part)
        side.addStretch(1)
        side.addWidget(self._line)
        return side

    def _build_amount(self) -> QVBoxLayout:
        self._amount_label = label("label-strong")
        self.amount = Entry(icon="banknote")
        self.adopt_entry(self.amount)
        self.captions.bind(self.amount.setAccessibleName, "shift.amount")
        self._error = label("label-strong", tone="bad", wrap=True)
        self._figure = Figure(28, align=RIGHT)
        self.keypad = Keypad(self.captions, height=56)
        self.keypad.key_pressed.connect(self.type_key)
        form = column(spacing=10)
        for part in (self._amount_label, self.amount, self._error, self._figure, self.keypad):
            form.addWidget(part)
        self._form = holder(form)
        self.back, self.primary = Button(), Button("primary")
        self.back.setFixedHeight(current().px(60))
        self.primary.setFixedHeight(current().px(60))
        self.back.clicked.connect(self.back_pressed.emit)
        self.primary.clicked.connect(self.primary_pressed.emit)
        buttons = row(spacing=10)
        buttons.addWidget(self.back, 1)
        buttons.addWidget(self.primary, 2)
        side = column(spacing=16)
        side.addWidget(self._form)
        side.addStretch(1)
        side.addLayout(buttons)
        return side


def _show_action(button: Button, action: ActionView, key: str) -> None:
    button.show_icon("loader-circle" if action.busy else "")
    button.show_words(action.label, hint="" if action.busy else key)
    button.show_state(enabled=action.enabled and not action.busy, reason=action.reason)
