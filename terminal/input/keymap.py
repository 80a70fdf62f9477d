"""Keys of the till as data: what a key means, and the label printed on the button.

Digits belong to the amount, letters to text; neither is ever a shortcut, because scanners type
them. Which intent is possible now is the presenter's to say. Source: aesthetics.md 4.2.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt


class Intent(StrEnum):
    """What a key asks for."""

    SALE = "sale"
    TOP_UP = "top_up"
    POINTS = "points"
    GIFTS = "gifts"
    SERVICE = "service"
    MEMBER = "member"
    ENROL = "enrol"
    FOLLOW_UPS = "follow_ups"
    LOCK = "lock"
    DAY_CLOSE = "day_close"
    RETURNS = "returns"
    MORE = "more"
    PRINT_AGAIN = "print_again"
    LANGUAGE = "language"
    PRIMARY = "primary"
    BACK = "back"


KEYS: Final[dict[Qt.Key, Intent]] = {
    Qt.Key.Key_F1: Intent.SALE,
    Qt.Key.Key_F2: Intent.TOP_UP,
    Qt.Key.Key_F3: Intent.POINTS,
    Qt.Key.Key_F4: Intent.GIFTS,
    Qt.Key.Key_F5: Intent.SERVICE,
    Qt.Key.Key_F6: Intent.MEMBER,
    Qt.Key.Key_F7: Intent.ENROL,
    Qt.Key.Key_F8: Intent.FOLLOW_UPS,
    Qt.Key.Key_F9: Intent.LOCK,
    Qt.Key.Key_F10: Intent.DAY_CLOSE,
    Qt.Key.Key_F11: Intent.RETURNS,
    Qt.Key.Key_F12: Intent.MORE,
    Qt.Key.Key_Return: Intent.PRIMARY,
    Qt.Key.Key_Enter: Intent.PRIMARY,
    Qt.Key.Key_Escape: Intent.BACK,
}

SHIFTED: Final[dict[Qt.Key, Intent]] = {
    Qt.Key.Key_F11: Intent.PRINT_AGAIN,
    Qt.Key.Key_F12: Intent.LANGUAGE,
}
"""With Shift: what is about the till, not about a customer."""

_BY_CODE: Final[dict[int, Intent]] = {key.value: intent for key, intent in KEYS.items()}
_BY_SHIFTED: Final[dict[int, Intent]] = {key.value: intent for key, intent in SHIFTED.items()}
_LABELS: Final[dict[Qt.Key, str]] = {Qt.Key.Key_Return: "Enter", Qt.Key.Key_Escape: "Esc"}


def intent_of(key: int, modifiers: Qt.KeyboardModifier) -> Intent | None:
    """Return what `key` (a Qt key code) asks for; None for any other key, or with a modifier that
    is not Shift where Shift means something."""
    held = modifiers & ~Qt.KeyboardModifier.KeypadModifier
    if held == Qt.KeyboardModifier.ShiftModifier:
        return _BY_SHIFTED.get(key)
    if held:
        return None
    return _BY_CODE.get(key)


def key_label(intent: Intent) -> str:
    """Return what to print on the button of `intent`: "F2", "Enter"; "" if it has no key."""
    for key, meaning in KEYS.items():
        if meaning is intent:
            return _LABELS.get(key, key.name.removeprefix("Key_"))
    for key, meaning in SHIFTED.items():
        if meaning is intent:
            return f"Shift+{key.name.removeprefix('Key_')}"
    return ""
