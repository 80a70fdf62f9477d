"""Sale: scan, deductions, tenders, done."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from terminal.presenters.parts_view import AmountRow, CreditView
from terminal.presenters.sale_view import SaleLine, SaleView
from terminal.screens.amount_rows import AmountRowLine, AmountRows, EmptyState, padded
from terminal.screens.member_screen import MemberScreen
from terminal.screens.pay_column import PayColumn, TenderRow, tender_page
from terminal.text import Text
from terminal.widgets.buttons import Button
from terminal.widgets.cards import column, holder
from terminal.widgets.fields import Entry
from terminal.widgets.labels import label, rule, show_text
from terminal.widgets.rows import Column, RowsTable
from terminal.widgets.theme import current

_COLUMNS = (
    Column("sale.column.product", lambda r: r.name, lambda r: r.detail, strong=True),
    Column("sale.column.quantity", lambda r: r.quantity, width=34, wide=56, right=True),
    Column(
        "sale.column.list_price", lambda r: r.list_price, width=78, wide=108, right=True,
        only_wide=True,
    ),
    Column(
        "sale.column.price", lambda r: r.price, lambda r: r.price_note,
        width=98, wide=124, right=True, strong=True,
    ),
    Column("", width=34, wide=44, right=True, icon="x"),
)  # fmt: skip


class SaleScreen(MemberScreen):
    """The counter's main screen."""

    line_chosen = Signal(object)
    line_removed = Signal(object)
    points_credit_pressed = Signal()
    value_credit_pressed = Signal()

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        work = self._build_work()
        self.assemble(work, self._build_pay())
        self.setTabOrder(self.scan, self.table)

    def show_view(self, view: SaleView) -> None:
        """Draw the view."""
        self.show_shared(view.member, view.explain)
        self.scan.show_value(view.entry)
        self.scan.setPlaceholderText(view.entry_hint or self.text("sale.scan"))
        show_text(self._entry_error, view.entry_error)
        self.table.show_rows(view.lines, lambda line: line.line_id == view.chosen_line)
        self._empty.show_state(view.empty_title, view.empty)
        self._basket.setCurrentIndex(int(not view.lines))
        self._totals.show_rows(view.totals)
        self._totals_box.setVisible(bool(view.totals))
        self.pay.caption.setText(view.due_label or self.text("sale.due"))
        self._show_credit(self._points, view.points_credit)
        self._show_credit(self._value, view.value_credit)
        self._still_due.show_row(view.still_due or AmountRow("", ""))
        self._cash.show_row(view.cash or AmountRow("", ""))
        self._tenders.show_tenders(view.tenders)
        self.show_pay(view.due, view.primary, earns=view.earns, pin=view.pin, done=view.done)

    def take_chord(self, key: int) -> bool:
        """Also Ctrl+5 and Ctrl+6: points and stored value; why not is said where it cannot be."""
        if key == Qt.Key.Key_5:
            self.points_credit_pressed.emit()
        elif key == Qt.Key.Key_6:
            self.value_credit_pressed.emit()
        else:
            return super().take_chord(key)
        return True

    def retranslate(self) -> None:
        """Also the captions of the table."""
        super().retranslate()
        self._name_columns()

    def _build_work(self) -> QWidget:
        self.scan = Entry(icon="scan-barcode")
        self.captions.bind(self.scan.setAccessibleName, "sale.scan")
        self.adopt_entry(self.scan)
        self._entry_error = label("label", tone="bad", wrap=True)
        self._entry_error.hide()
        self.table = RowsTable(_COLUMNS)
        self._name_columns()
        self.captions.bind(self.table.setAccessibleName, "sale.basket")
        self.table.pressed_row.connect(self._choose)
        self.table.removed_row.connect(self._remove)
        self._empty = EmptyState("shopping-bag")
        self._basket = QStackedWidget()
        self._basket.addWidget(self.table)
        self._basket.addWidget(self._empty)
        self._totals = AmountRows(self.captions)
        self._totals.explain_pressed.connect(self.explain_requested.emit)
        foot = padded(self._totals, padding=8, sides=16)
        totals = column(spacing=0)
        totals.addWidget(rule())
        totals.addWidget(foot)
        self._totals_box = holder(totals)
        page = column(spacing=0)
        head = padded(self.scan, self._entry_error, padding=14, sides=16, spacing=6)
        for part in (head, rule()):
            page.addWidget(part)
        page.addWidget(self._basket, 1)
        page.addWidget(self._totals_box)
        return holder(page)

    def _build_pay(self) -> PayColumn:
        self._points = Button("tile", checkable=True)
        self._value = Button("tile", checkable=True)
        self._points.setFixedHeight(current().px(52))
        self._value.setFixedHeight(current().px(52))
        self._points.clicked.connect(self.points_credit_pressed.emit)
        self._value.clicked.connect(self.value_credit_pressed.emit)
        offers = QGridLayout()
        offers.setSpacing(current().px(8))
        offers.addWidget(self._points, 0, 0)
        offers.addWidget(self._value, 0, 1)
        offers.setColumnStretch(0, 1)
        offers.setColumnStretch(1, 1)
        self._still_due = AmountRowLine(ask=False, height=24)
        self._tenders = TenderRow()
        self._tenders.chosen.connect(self.tender_chosen.emit)
        self.tenders = self._tenders.buttons
        self._cash = AmountRowLine(ask=False, height=22)
        page = tender_page((offers, self._still_due, self._tenders, self._cash))
        return PayColumn(self.captions, page)

    def _name_columns(self) -> None:
        for place, shown in enumerate(_COLUMNS):
            self.table.rows.show_caption(place, self.text(shown.caption) if shown.caption else "")

    @staticmethod
    def _show_credit(button: Button, credit: CreditView) -> None:
        button.show_words(credit.label, detail=credit.amount)
        button.show_state(enabled=credit.enabled, reason=credit.reason, chosen=credit.chosen)

    def _choose(self, line: SaleLine) -> None:
        self.line_chosen.emit(line.line_id)

    def _remove(self, line: SaleLine) -> None:
        self.line_removed.emit(line.line_id)
