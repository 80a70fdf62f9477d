"""The right column: the amount, how it is paid, keypad, primary action. Nothing in it moves."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QStackedWidget, QWidget

from terminal.presenters.parts_view import (
    ActionView,
    AmountRow,
    DoneView,
    IconLine,
    PinView,
    TenderView,
)
from terminal.screens.amount_rows import AmountRowLine
from terminal.widgets.buttons import Button
from terminal.widgets.captions import Captions
from terminal.widgets.cards import Card, column, holder, row
from terminal.widgets.icons import Icon
from terminal.widgets.keypad import Keypad
from terminal.widgets.labels import RIGHT, Figure, label, show_text, tone_token
from terminal.widgets.pin_dots import PinDots
from terminal.widgets.theme import current

_TENDERS = 4
_APPROVERS = 3
_DONE_LINES = 5
_ROOMY = 680


class TenderRow(QWidget):
    """The ways to pay the rest, beside each other."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._codes = [""] * _TENDERS
        self._shown: tuple[TenderView, ...] | None = None
        self._buttons: list[Button] = []
        self.buttons = self._buttons
        box = row(spacing=8)
        for place in range(_TENDERS):
            button = Button("tender", checkable=True)
            button.clicked.connect(partial(self._press, place))
            self._buttons.append(button)
            box.addWidget(button, 1)
        self.setLayout(box)

    def show_tenders(self, tenders: tuple[TenderView, ...]) -> None:
        """Show up to four tenders."""
        if tenders == self._shown:
            return
        self._shown = tenders
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(tenders))
            if place < len(tenders):
                tender = tenders[place]
                self._codes[place] = tender.code
                button.show_icon(tender.icon)
                button.show_words(tender.label, corner=f"^{place + 1}")
                button.show_state(
                    enabled=tender.enabled, reason=tender.reason, chosen=tender.chosen
                )

    def _press(self, place: int) -> None:
        self.chosen.emit(self._codes[place])


class PinPanel(QWidget):
    """Asks for a PIN where the tenders were: why, who approves, dots, what went wrong."""

    approver_chosen = Signal(object)

    def __init__(self, captions: Captions) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._title = label("body-strong", wrap=True)
        self._reason = label("label", wrap=True)
        self.dots = PinDots()
        captions.bind(self.dots.setAccessibleName, "pin.field")
        self._error = label("label-strong", tone="bad", wrap=True)
        self._ids = [""] * _APPROVERS
        self.approvers: list[Button] = []
        tiles = row()
        for place in range(_APPROVERS):
            tile = Button("small", checkable=True)
            tile.clicked.connect(partial(self._press, place))
            self.approvers.append(tile)
            tiles.addWidget(tile, 1)
        box = column(spacing=6)
        for part in (self._title, self._reason, self._error):
            box.addWidget(part)
        box.addLayout(tiles)
        box.addWidget(self.dots)
        box.addStretch(1)
        self.setLayout(box)

    def show_pin(self, view: PinView) -> None:
        """Show what is asked and how many digits are typed."""
        self._title.setText(view.title)
        show_text(self._reason, "" if view.error else view.reason)
        show_text(self._error, view.error)
        self.dots.show_digits(view.digits, view.length, bad=bool(view.error))
        for place, tile in enumerate(self.approvers):
            tile.setVisible(place < len(view.approvers))
            if place < len(view.approvers):
                self._ids[place], name = view.approvers[place]
                tile.show_words(name)
                tile.setChecked(self._ids[place] == view.approver)

    def _press(self, place: int) -> None:
        self.approver_chosen.emit(self._ids[place])


class DonePanel(QWidget):
    """What was committed: the figure to act on, journal number, how safe, reprint."""

    reprint_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._title = label("body-strong", tone="ok", wrap=True)
        self._big_label = label("label")
        self._big = Figure(28, align=RIGHT)
        self._lines = [(Icon(size=16), label("label", wrap=True)) for _ in range(_DONE_LINES)]
        self._reprint = Button("small", icon="printer")
        self._reprint.clicked.connect(self.reprint_pressed.emit)
        head = row(spacing=8)
        head.addWidget(Icon("circle-check", "ok", 22))
        head.addWidget(self._title, 1)
        figures = row(spacing=8)
        figures.addWidget(self._big_label)
        figures.addWidget(self._big, 1)
        box = column(spacing=4)
        box.addLayout(head)
        box.addLayout(figures)
        self._rows: list[QWidget] = []
        for icon, words in self._lines:
            line: QHBoxLayout = row(spacing=8)
            line.addWidget(icon, 0, words.alignment().AlignTop)
            line.addWidget(words, 1)
            self._rows.append(holder(line))
            box.addWidget(self._rows[-1])
        box.addStretch(1)
        box.addWidget(self._reprint)
        self.setLayout(box)

    def show_done(self, view: DoneView) -> None:
        """Show the result."""
        self._title.setText(view.title)
        show_text(self._big_label, view.big_label)
        self._big.show_figure(view.big_value)
        self._big.setVisible(bool(view.big_value))
        self._show_lines(view.lines)
        self._reprint.setVisible(view.reprint is not None)
        if view.reprint is not None:
            self._reprint.show_words(view.reprint.label)
            self._reprint.show_state(enabled=view.reprint.enabled, reason=view.reprint.reason)

    def _show_lines(self, lines: tuple[IconLine, ...]) -> None:
        for place, (icon, words) in enumerate(self._lines):
            self._rows[place].setVisible(place < len(lines))
            if place < len(lines):
                icon.show_icon(lines[place].icon, tone_token(lines[place].tone))
                words.setText(lines[place].text)


class PayColumn(Card):
    """Amount on top, one of tenders, PIN or result in the middle, keypad and primary below."""

    primary_pressed = Signal()
    key_pressed = Signal(object)
    explain_pressed = Signal(object)
    tender_chosen = Signal(object)

    def __init__(self, captions: Captions, body: QWidget, *, keypad: bool = True) -> None:
        super().__init__(padding=16, spacing=8)
        self.body.setContentsMargins(*(current().px(16), current().px(10)) * 2)
        self._captions = captions
        self.caption = label("label-strong", tone="quiet")
        self.due = Figure(40)
        self.pin, self.done = PinPanel(captions), DonePanel()
        self._middle = QStackedWidget()
        for page in (body, self.pin, self.done):
            page.setSizePolicy(page.sizePolicy().horizontalPolicy(), QSizePolicy.Policy.Ignored)
            self._middle.addWidget(page)
        self.keypad = Keypad(captions)
        self.keypad.key_pressed.connect(self.key_pressed.emit)
        self._earns = AmountRowLine(height=26)
        self._earns.explain_pressed.connect(self.explain_pressed.emit)
        self.primary = Button("primary")
        self.primary.clicked.connect(self.primary_pressed.emit)
        head = column(spacing=0)
        head.addWidget(self.caption)
        head.addWidget(self.due)
        self.body.addLayout(head)
        self.body.addWidget(self._middle, 1)
        self.body.addWidget(self.keypad)
        self.body.addWidget(self._earns)
        self.body.addWidget(self.primary)
        self._keypad_wanted = keypad
        self.keypad.setVisible(keypad)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Higher keys where there is room."""
        super().resizeEvent(event)
        roomy = self.height() >= current().px(_ROOMY)
        self.keypad.show_key_height(64 if roomy else 46)

    def show_view(
        self,
        due: str,
        primary: ActionView,
        *,
        earns: AmountRow | None = None,
        pin: PinView | None = None,
        done: DoneView | None = None,
    ) -> None:
        """Draw the column."""
        self.due.show_figure(due)
        self.show_primary(primary)
        self._earns.show_row(earns or AmountRow("", ""))
        asked_before = self._middle.currentIndex() == 1
        if done is not None:
            self.done.show_done(done)
        if pin is not None:
            self.pin.show_pin(pin)
        self.keypad.ask_pin(pin is not None)
        self.keypad.setEnabled(done is None)
        self.keypad.setVisible(self._keypad_wanted or pin is not None)
        self._middle.setCurrentIndex(2 if done is not None else int(pin is not None))
        if pin is not None and not asked_before:
            self.pin.dots.setFocus()

    def asks_pin(self) -> bool:
        """Whether the PIN panel is on show."""
        return self._middle.currentIndex() == 1

    def show_primary(self, primary: ActionView) -> None:
        """Show the primary action: verb and amount, with its key."""
        hint = "Enter" if primary.enabled and not primary.busy else ""
        self.primary.show_icon("loader-circle" if primary.busy else "")
        self.primary.show_words(primary.label, hint=hint)
        self.primary.show_state(enabled=primary.enabled and not primary.busy, reason=primary.reason)


def tender_page(parts: tuple[QWidget | QGridLayout, ...]) -> QWidget:
    """The middle of the column while paying: parts under each other."""
    box = column(spacing=8)
    for part in parts:
        if isinstance(part, QWidget):
            box.addWidget(part)
        else:
            box.addLayout(part)
    box.addStretch(1)
    return holder(box)
