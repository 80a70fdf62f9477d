"""Points: what the balance is made of, which lot is used first, when each ends."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from terminal.presenters.points_view import PointsView
from terminal.screens.amount_rows import AmountRows, EmptyState, padded
from terminal.screens.member_screen import MemberScreen
from terminal.screens.pay_column import PayColumn
from terminal.text import Text
from terminal.widgets.cards import column, holder
from terminal.widgets.labels import label, rule, show_text
from terminal.widgets.rows import Column, RowsTable

_COLUMNS = (
    Column("points.column.origin", lambda r: r.origin, lambda r: r.earned, strong=True),
    Column(
        "points.column.expires", lambda r: r.expires, lambda r: r.expires_note, lambda r: r.tone,
        width=112, wide=140, right=True,
    ),
    Column("points.column.left", lambda r: r.left, width=88, wide=110, right=True, strong=True),
)  # fmt: skip


class PointsScreen(MemberScreen):
    """The member's points, lot by lot; the primary action goes to the gifts."""

    lot_chosen = Signal(object)

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.assemble(self._build_work(), self._build_pay())

    def show_view(self, view: PointsView) -> None:
        """Draw the view."""
        self.show_shared(view.member, view.explain)
        self.table.show_rows(view.lots, lambda _: False)
        self._empty.show_state(view.empty_title, view.empty)
        self._pages.setCurrentIndex(int(not view.lots))
        self._parts.show_rows(view.parts)
        show_text(self._worth, view.worth)
        self.show_pay(view.balance, view.to_gifts)

    def retranslate(self) -> None:
        """Also the captions of the table."""
        super().retranslate()
        self._name_columns()

    def _build_work(self) -> QWidget:
        title, note = label("title"), label("label", wrap=True)
        self.captions.bind(title.setText, "points.title")
        self.captions.bind(note.setText, "points.order")
        self.table = RowsTable(_COLUMNS)
        self._name_columns()
        self.captions.bind(self.table.setAccessibleName, "points.title")
        self.table.pressed_row.connect(lambda lot: self.lot_chosen.emit(lot.lot_id))
        self._empty = EmptyState("coins")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self._empty)
        page = column(spacing=0)
        page.addWidget(padded(title, note, padding=16, spacing=4))
        page.addWidget(rule())
        page.addWidget(self._pages, 1)
        return holder(page)

    def _build_pay(self) -> PayColumn:
        self._worth = label("label")
        self._parts = AmountRows(self.captions, height=36)
        self._parts.explain_pressed.connect(self.explain_requested.emit)
        body = column(spacing=8)
        body.addWidget(self._worth)
        body.addWidget(rule())
        body.addWidget(self._parts)
        body.addStretch(1)
        pay = PayColumn(self.captions, holder(body), keypad=False)
        self.captions.bind(pay.caption.setText, "points.available")
        return pay

    def _name_columns(self) -> None:
        for place, shown in enumerate(_COLUMNS):
            self.table.rows.show_caption(place, self.text(shown.caption))
