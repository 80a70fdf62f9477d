"""Top-up: choose or type an amount, see the bonus, take the money."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from terminal.presenters.parts_view import AmountRow
from terminal.presenters.top_up_view import TopUpView
from terminal.screens.amount_rows import AmountRowLine, AmountRows, padded
from terminal.screens.member_screen import MemberScreen
from terminal.screens.pay_column import PayColumn, TenderRow, tender_page
from terminal.text import Text
from terminal.widgets.buttons import Button
from terminal.widgets.cards import column, holder, row
from terminal.widgets.fields import Entry
from terminal.widgets.icons import Icon
from terminal.widgets.labels import label, rule, show_text, tone_token
from terminal.widgets.theme import current

_CHOICES = 6


class TopUpScreen(MemberScreen):
    """Stored value for a member."""

    choice_chosen = Signal(object)

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        work = self._build_work()
        self.assemble(work, self._build_pay())

    def show_view(self, view: TopUpView) -> None:
        """Draw the view."""
        self.show_shared(view.member, view.explain)
        for place, tile in enumerate(self._tiles):
            tile.setVisible(place < len(view.choices))
            if place < len(view.choices):
                choice = view.choices[place]
                self._ids[place] = choice.choice_id
                tile.show_words(choice.amount, detail=choice.bonus)
                tile.show_state(enabled=choice.enabled, reason=choice.reason, chosen=choice.chosen)
        self.amount.show_value(view.entry)
        show_text(self._entry_error, view.entry_error)
        self._preview.show_rows(view.preview)
        self._limits.setVisible(view.limits is not None)
        if view.limits is not None:
            self._limits_icon.show_icon(view.limits.icon, tone_token(view.limits.tone))
            show_text(self._limits_words, view.limits.text, view.limits.tone)
        self._tenders.show_tenders(view.tenders)
        self._cash.show_row(view.cash or AmountRow("", ""))
        self.show_pay(view.due, view.primary, pin=view.pin, done=view.done)

    def _build_work(self) -> QWidget:
        title, caption = label("title"), label("label")
        self.captions.bind(title.setText, "top_up.title")
        self.captions.bind(caption.setText, "top_up.choose")
        self._ids = [""] * _CHOICES
        self._tiles: list[Button] = []
        grid = QGridLayout()
        grid.setSpacing(current().px(8))
        for place in range(_CHOICES):
            tile = Button("tile", checkable=True)
            tile.clicked.connect(partial(self._press, place))
            self._tiles.append(tile)
            grid.addWidget(tile, place // 3, place % 3)
        self.amount = Entry(icon="banknote")
        self.captions.bind(self.amount.setPlaceholderText, "top_up.amount")
        self.captions.bind(self.amount.setAccessibleName, "top_up.amount")
        self.adopt_entry(self.amount)
        self._entry_error = label("label", tone="bad", wrap=True)
        self._entry_error.hide()
        self._preview = AmountRows(self.captions, height=36)
        self._preview.explain_pressed.connect(self.explain_requested.emit)
        page = column(padding=16, spacing=12)
        page.addWidget(title)
        page.addWidget(caption)
        page.addLayout(grid)
        page.addWidget(padded(self.amount, self._entry_error, padding=0, spacing=6))
        page.addWidget(rule())
        page.addWidget(self._preview)
        page.addStretch(1)
        page.addWidget(self._build_limits())
        return holder(page)

    def _build_limits(self) -> QWidget:
        self._limits_icon = Icon(size=18)
        self._limits_words = label("label", wrap=True)
        line = row(spacing=10)
        line.addWidget(self._limits_icon, 0, self._limits_words.alignment().AlignTop)
        line.addWidget(self._limits_words, 1)
        self._limits = holder(line)
        return self._limits

    def _build_pay(self) -> PayColumn:
        self._tenders = TenderRow()
        self._tenders.chosen.connect(self.tender_chosen.emit)
        self.tenders = self._tenders.buttons
        self._cash = AmountRowLine(ask=False, height=22)
        caption = label("label")
        self.captions.bind(caption.setText, "top_up.tender")
        pay = PayColumn(self.captions, tender_page((caption, self._tenders, self._cash)))
        self.captions.bind(pay.caption.setText, "top_up.due")
        return pay

    def _press(self, place: int) -> None:
        self.choice_chosen.emit(self._ids[place])
