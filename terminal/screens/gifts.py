"""Gifts: what the points buy, why one can or cannot be taken, taking it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from terminal.presenters.gifts_view import GiftRow, GiftsView
from terminal.screens.amount_rows import AmountRows, EmptyState, padded
from terminal.screens.member_screen import MemberScreen
from terminal.screens.pay_column import PayColumn
from terminal.text import Text
from terminal.widgets.cards import column, holder
from terminal.widgets.labels import label, rule, show_text
from terminal.widgets.rows import Column, RowsTable


def _is_off(row: GiftRow) -> bool:
    return not row.enabled


_COLUMNS = (
    Column("gifts.column.gift", lambda r: r.name, lambda r: r.detail, dim=_is_off, strong=True),
    Column(
        "gifts.column.price", lambda r: r.price, lambda r: r.state, lambda r: r.tone, dim=_is_off,
        width=140, wide=170, right=True, strong=True,
    ),
)  # fmt: skip


class GiftsScreen(MemberScreen):
    """The catalogue of this till's gifts and the one chosen."""

    gift_chosen = Signal(object)
    quantity_changed = Signal(object)

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.assemble(self._build_work(), self._build_pay())

    def arrive(self) -> None:
        """The keyboard goes to the catalogue: arrows and Space choose."""
        self.table.setFocus()

    def show_view(self, view: GiftsView) -> None:
        """Draw the view."""
        self.show_shared(view.member, view.explain)
        self.table.show_rows(view.gifts, lambda gift: gift.gift_id == view.chosen)
        self._empty.show_state(view.empty_title, view.empty)
        self._pages.setCurrentIndex(int(not view.gifts))
        show_text(self._chosen, view.chosen_name)
        self._parts.show_rows(view.parts)
        self.show_pay(view.price, view.primary, pin=view.pin, done=view.done)

    def take_key(self, event: QKeyEvent) -> bool:
        """Also + and -: one more or one less of the gift chosen."""
        step = {Qt.Key.Key_Plus.value: 1, Qt.Key.Key_Minus.value: -1}.get(event.key())
        if step is None:
            return super().take_key(event)
        self.quantity_changed.emit(step)
        return True

    def retranslate(self) -> None:
        """Also the captions of the table."""
        super().retranslate()
        self._name_columns()

    def _build_work(self) -> QWidget:
        title, note = label("title"), label("label", wrap=True)
        self.captions.bind(title.setText, "gifts.title")
        self.captions.bind(note.setText, "gifts.note")
        self.table = RowsTable(_COLUMNS)
        self._name_columns()
        self.captions.bind(self.table.setAccessibleName, "gifts.title")
        self.table.pressed_row.connect(lambda gift: self.gift_chosen.emit(gift.gift_id))
        self._empty = EmptyState("gift")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._empty)
        page = column(spacing=0)
        page.addWidget(padded(title, note, padding=16, spacing=4))
        page.addWidget(rule())
        page.addWidget(self._pages, 1)
        return holder(page)

    def _build_pay(self) -> PayColumn:
        self._chosen = label("body-strong", wrap=True)
        self._parts = AmountRows(self.captions, height=36)
        self._parts.explain_pressed.connect(self.explain_requested.emit)
        body = column(spacing=8)
        body.addWidget(self._chosen)
        body.addWidget(rule())
        body.addWidget(self._parts)
        body.addStretch(1)
        pay = PayColumn(self.captions, holder(body), keypad=False)
        self.captions.bind(pay.caption.setText, "gifts.price")
        return pay

    def _name_columns(self) -> None:
        for place, shown in enumerate(_COLUMNS):
            self.table.rows.show_caption(place, self.text(shown.caption))
