"""Sign-in: choose a name, type a PIN."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from terminal.presenters.sign_in_view import SignInView
from terminal.screens.base import Screen
from terminal.text import Text
from terminal.widgets.buttons import Button
from terminal.widgets.cards import Card, column, holder, row
from terminal.widgets.icons import Icon
from terminal.widgets.keypad import Keypad
from terminal.widgets.labels import Figure, label, show_text
from terminal.widgets.pin_dots import PinDots
from terminal.widgets.theme import current

_STAFF = 8


class SignInScreen(Screen):
    """The first screen of a shift, and the locked one."""

    staff_chosen = Signal(object)
    pin_digit_typed = Signal(object)
    pin_backspaced = Signal()
    pin_cleared = Signal()

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        card = Card(padding=32)
        card.setFixedWidth(current().px(760))
        sides = row(spacing=36)
        sides.addLayout(self._build_staff(), 1)
        sides.addLayout(self._build_pin(), 1)
        card.body.addLayout(sides)
        outer = column()
        outer.addStretch(1)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(1)
        self.setLayout(outer)

    def tile_of(self, staff_id: str) -> Button | None:
        """The tile of somebody, if it is shown."""
        for tile, shown_id in zip(self._tiles, self._ids, strict=True):
            if shown_id == staff_id and not tile.isHidden():
                return tile
        return None

    def arrive(self) -> None:
        """Digits go to the PIN at once."""
        self.dots.setFocus()

    def show_view(self, view: SignInView) -> None:
        """Draw the view."""
        self._place.show_figure(view.place)
        show_text(self._loading, view.loading)
        for number, tile in enumerate(self._tiles):
            tile.setVisible(number < len(view.staff))
            if number < len(view.staff):
                person = view.staff[number]
                self._ids[number] = person.staff_id
                tile.show_words(person.name, detail=person.role)
                tile.show_state(
                    enabled=not person.locked,
                    reason=person.role if person.locked else "",
                    chosen=person.staff_id == view.chosen,
                )
        self.dots.show_digits(view.digits, view.length, bad=bool(view.error))
        self._error_line.setVisible(bool(view.error))
        self._error.setText(view.error)
        self._note.setText(view.note)
        self.enter.show_icon("loader-circle" if view.enter.busy else "")
        self.enter.show_words(view.enter.label, hint="" if view.enter.busy else "Enter")
        self.enter.show_state(
            enabled=view.enter.enabled and not view.enter.busy, reason=view.enter.reason
        )

    def type_key(self, key: str) -> None:
        """Digits are the PIN's wherever the keyboard is."""
        if key == "clear":
            self.pin_cleared.emit()
        elif key == "back":
            self.pin_backspaced.emit()
        elif key.isdigit():
            self.pin_digit_typed.emit(key)

    def _build_staff(self) -> QVBoxLayout:
        self._place = Figure(24)
        caption = label("body", tone="quiet", wrap=True)
        self.captions.bind(caption.setText, "sign_in.choose")
        self._loading = label("label", wrap=True)
        self._ids = [""] * _STAFF
        self._tiles: list[Button] = []
        grid = QGridLayout()
        grid.setSpacing(current().px(10))
        for number in range(_STAFF):
            tile = Button("tile", checkable=True)
            tile.clicked.connect(partial(self._press, number))
            self._tiles.append(tile)
            grid.addWidget(tile, number // 2, number % 2)
        self._note = label("label", wrap=True)
        side = column(spacing=14)
        for part in (self._place, caption, self._loading):
            side.addWidget(part)
        side.addLayout(grid)
        side.addStretch(1)
        side.addWidget(self._build_error())
        side.addWidget(self._note)
        return side

    def _build_error(self) -> QWidget:
        self._error = label("label-strong", tone="bad", wrap=True)
        line = row(spacing=8)
        line.addWidget(Icon("circle-alert", "bad", 18), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._error, 1)
        self._error_line = holder(line)
        return self._error_line

    def _build_pin(self) -> QVBoxLayout:
        self.dots = PinDots()
        self.dots.setFixedHeight(current().px(56))
        self.captions.bind(self.dots.setAccessibleName, "pin.field")
        self.dots.digit_typed.connect(self.pin_digit_typed.emit)
        self.dots.backspace_typed.connect(self.pin_backspaced.emit)
        self.dots.cleared.connect(self.pin_cleared.emit)
        self.keypad = Keypad(self.captions, pin=True, height=64)
        self.keypad.key_pressed.connect(self.type_key)
        self.enter = Button("primary")
        self.enter.setFixedHeight(current().px(60))
        self.enter.clicked.connect(self.primary_pressed.emit)
        side = column(spacing=16)
        for part in (self.dots, self.keypad, self.enter):
            side.addWidget(part)
        return side

    def _press(self, number: int) -> None:
        self.staff_chosen.emit(self._ids[number])
        self.dots.setFocus()  # the digits that follow are the PIN, Enter checks it
