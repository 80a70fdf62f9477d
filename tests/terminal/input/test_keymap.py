from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from terminal.input.keymap import KEYS, Intent, intent_of, key_label

NO_MODIFIER = Qt.KeyboardModifier.NoModifier


@pytest.mark.parametrize(
    ("key", "modifiers", "intent"),
    [
        (Qt.Key.Key_F2, NO_MODIFIER, Intent.TOP_UP),
        (Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier, Intent.PRIMARY),
        (Qt.Key.Key_F2, Qt.KeyboardModifier.ShiftModifier, None),
        (Qt.Key.Key_F11, NO_MODIFIER, Intent.RETURNS),
        (Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier, Intent.PRINT_AGAIN),
        (Qt.Key.Key_F12, Qt.KeyboardModifier.ControlModifier, None),
        (Qt.Key.Key_A, NO_MODIFIER, None),
        (0x7FFFFFF, NO_MODIFIER, None),
    ],
)
def test_intents(key: int, modifiers: Qt.KeyboardModifier, intent: Intent | None) -> None:
    assert intent_of(key, modifiers) is intent


def test_every_intent_has_a_key_with_a_label() -> None:
    labels = {intent: key_label(intent) for intent in Intent}
    assert labels[Intent.SALE] == "F1"
    assert labels[Intent.PRIMARY] == "Enter"
    assert labels[Intent.BACK] == "Esc"
    assert labels[Intent.LANGUAGE] == "Shift+F12"
    assert all(labels.values())


def test_no_key_that_a_scanner_types_means_anything_but_enter() -> None:
    printable = {key for key in KEYS if 0x20 <= key.value <= 0x7E}
    assert printable == set()
