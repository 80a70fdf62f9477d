"""The keypad: fixed in place, one signal, every key with a spoken name."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from terminal.widgets.buttons import Button
from terminal.widgets.captions import Captions
from terminal.widgets.theme import current

CLEAR, BACK = "clear", "back"
_AMOUNT = ("7", "8", "9", "4", "5", "6", "1", "2", "3", ".", "0", BACK)
_PIN = ("1", "2", "3", "4", "5", "6", "7", "8", "9", CLEAR, "0", BACK)


class Keypad(QWidget):
    """Three by four keys; `key_pressed` says which, as text.

    The amount layout has 7 8 9 on top as on a calculator, the PIN layout 1 2 3 as on a phone.
    While a PIN is asked for on an amount keypad the point becomes "clear".
    """

    key_pressed = Signal(object)

    def __init__(self, captions: Captions, *, pin: bool = False, height: int = 46) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.keys: dict[str, Button] = {}
        self._clear_words = ""
        self._point = CLEAR if pin else "."
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(current().px(8))
        for index, key in enumerate(_PIN if pin else _AMOUNT):
            button = Button("key", icon="delete" if key == BACK else "")
            button.setFixedHeight(current().px(height))
            button.clicked.connect(partial(self._press, key))
            grid.addWidget(button, index // 3, index % 3)
            self.keys[key] = button
            if key not in {CLEAR, BACK}:
                button.show_words(key)
        captions.bind(self.keys[BACK].setAccessibleName, "keypad.backspace")
        captions.bind(self._name_clear, "keypad.clear")

    def ask_pin(self, asking: bool) -> None:
        """Turn the point of an amount keypad into "clear" and back."""
        if "." in self.keys:
            self._point = CLEAR if asking else "."
            self.keys["."].show_words(self._clear_words if asking else ".")

    def show_key_height(self, height: int) -> None:
        """Make the keys so high (in pixels at scale 1)."""
        for key in self.keys.values():
            key.setFixedHeight(current().px(height))

    def _name_clear(self, words: str) -> None:
        self._clear_words = words
        if self._point == CLEAR:
            self.keys[CLEAR if CLEAR in self.keys else "."].show_words(words)

    def _press(self, key: str) -> None:
        self.key_pressed.emit(self._point if key in {".", CLEAR} else key)
