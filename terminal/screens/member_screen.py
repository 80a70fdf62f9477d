"""The three columns of a screen that serves a member: member, work, money."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from terminal.presenters.member_pane_view import MemberPaneView
from terminal.presenters.parts_view import (
    ActionView,
    AmountRow,
    DoneView,
    ExplainView,
    PinView,
)
from terminal.screens.amount_rows import ExplainPanel
from terminal.screens.base import Screen, margins
from terminal.screens.member_pane import MemberPane
from terminal.screens.pay_column import PayColumn
from terminal.text import Text
from terminal.widgets.buttons import Button
from terminal.widgets.cards import Card, row
from terminal.widgets.theme import current

_WIDE, _NARROW = (332, 324), (252, 264)


class MemberScreen(Screen):
    """Member left, work in the middle (explanations open over it), money right."""

    find_edited = Signal(object)
    find_submitted = Signal(object)
    match_chosen = Signal(object)
    enrol_requested = Signal()
    member_change_requested = Signal()
    profile_requested = Signal()
    explain_requested = Signal(object)
    tender_chosen = Signal(object)
    pin_digit_typed = Signal(object)
    pin_backspaced = Signal()
    pin_cleared = Signal()
    approver_chosen = Signal(object)
    reprint_requested = Signal()

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.member = MemberPane(self.captions)
        self.explain = ExplainPanel(self.captions)
        self._centre = QStackedWidget()
        self.work = Card(padding=0, spacing=0)
        self.pay: PayColumn
        self.tenders: list[Button] = []

    def assemble(self, work: QWidget, pay: PayColumn) -> None:
        """Put the columns together and forward what the shared parts report."""
        self.pay = pay
        self._centre.addWidget(work)
        self._centre.addWidget(self.explain)
        self.work.body.addWidget(self._centre)
        columns = row(spacing=16)
        columns.addWidget(self.member)
        columns.addWidget(self.work, 1)
        columns.addWidget(pay)
        self.setLayout(columns)
        margins(self)
        self.show_narrow(False)
        self.member.enrol_requested.connect(self.enrol_requested.emit)
        self.member.change_requested.connect(self.member_change_requested.emit)
        self.member.profile_requested.connect(self.profile_requested.emit)
        self.member.find_edited.connect(self.find_edited.emit)
        self.member.find_submitted.connect(self.find_submitted.emit)
        self.member.match_chosen.connect(self.match_chosen.emit)
        self.explain.closed.connect(self.back_pressed.emit)
        pay.primary_pressed.connect(self.primary_pressed.emit)
        pay.explain_pressed.connect(self.explain_requested.emit)
        pay.key_pressed.connect(self._key)
        pay.pin.dots.digit_typed.connect(self.pin_digit_typed.emit)
        pay.pin.dots.backspace_typed.connect(self.pin_backspaced.emit)
        pay.pin.dots.cleared.connect(self.pin_cleared.emit)
        pay.pin.approver_chosen.connect(self.approver_chosen.emit)
        pay.done.reprint_pressed.connect(self.reprint_requested.emit)

    def show_shared(self, member: MemberPaneView, explain: ExplainView | None) -> None:
        """Draw the member pane, and an explanation over the work if one is open."""
        self.member.show_view(member)
        if explain is not None:
            self.explain.show_explanation(explain)
        self._centre.setCurrentIndex(int(explain is not None))

    def show_narrow(self, narrow: bool) -> None:
        """Narrower outer columns and gaps; the member's balances under each other."""
        left, right = _NARROW if narrow else _WIDE
        theme = current()
        self.member.setFixedWidth(theme.px(left))
        self.pay.setFixedWidth(theme.px(right))
        self.member.show_narrow(narrow)
        pixels = theme.px(12 if narrow else 16)
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(pixels, theme.px(16), pixels, 0)
            layout.setSpacing(pixels)

    def take_key(self, event: QKeyEvent) -> bool:
        """Also Ctrl+digit: tenders 1 to 4, points 5, stored value 6; Ctrl+F is the search."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return self.take_chord(event.key())
        return super().take_key(event)

    def take_chord(self, key: int) -> bool:
        """Act on Ctrl and a key; False if it means nothing here."""
        if key == Qt.Key.Key_F and self.member.finder.entry.isVisible():
            self.member.finder.entry.setFocus()
            return True
        place = key - Qt.Key.Key_1.value
        return 0 <= place < len(self.tenders) and self.press_tender(place)

    def press_tender(self, place: int) -> bool:
        """Choose a tender by its place."""
        if not self.tenders[place].isEnabled() or not self.tenders[place].isVisible():
            return False
        self.tenders[place].click()
        return True

    def type_key(self, key: str) -> None:
        """Digits are the PIN's while one is asked for, the amount's otherwise."""
        if self.pay.asks_pin():
            self._pin_key(key)
        else:
            super().type_key(key)

    def show_pay(
        self,
        due: str,
        primary: ActionView,
        *,
        earns: AmountRow | None = None,
        pin: PinView | None = None,
        done: DoneView | None = None,
    ) -> None:
        """Draw the money column; the keyboard goes to the PIN and comes back after it."""
        asked_before = self.pay.asks_pin()
        self.pay.show_view(due, primary, earns=earns, pin=pin, done=done)
        if asked_before and not self.pay.asks_pin():
            self.arrive()

    def _key(self, key: str) -> None:
        self.type_key(key)

    def _pin_key(self, key: str) -> None:
        if key == "clear":
            self.pin_cleared.emit()
        elif key == "back":
            self.pin_backspaced.emit()
        elif key.isdigit():
            self.pin_digit_typed.emit(key)
