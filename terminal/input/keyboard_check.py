"""Finds out that the keyboard turns scans into something else: a foreign layout, or Caps Lock.

A keyboard scanner sends key positions of a US keyboard; the system turns them into characters by
its own layout. Scanning the test barcode shows what became of it. The barcode has no character
that any layout here makes a dead key of. Source: hardware.md A2 ("layout test barcode") and B1.
"""

from __future__ import annotations

from dataclasses import dataclass

LAYOUT_TEST = "GBLT-QWAZYM-0123456789-/.;"  # print it as Code 128 for the set-up page
_MARK = "gblt"
_SHARP_S_CAPITAL = "\N{LATIN CAPITAL LETTER SHARP S}"  # Python would make it "SS"

# What a keyboard of that layout types where a US one types the first string.
_US = "qwazym0123456789-/.;QWAZYM"
_LAYOUTS: dict[str, str] = {
    "us": _US,
    "de": "qwayzm0123456789ß-.öQWAYZM",
    "fr": "azqwy,à&é\"'(-è_ç)!:mAZQWY?",
    "it": "qwazym0123456789'-.òQWAZYM",
    "es": "qwazym0123456789'-.ñQWAZYM",
}


@dataclass(frozen=True, slots=True)
class KeyboardCheck:
    """The verdict. layout: its XKB name, "" when none of ours explains what arrived."""

    layout: str
    caps_lock: bool

    @property
    def sound(self) -> bool:
        """Say whether scans arrive as they were printed."""
        return self.layout == "us" and not self.caps_lock


def check_keyboard(text: str) -> KeyboardCheck | None:
    """Return what `text` says of the keyboard if it is the test barcode, else None."""
    for layout in _LAYOUTS:
        for caps_lock in (False, True):
            if text == _as_typed(LAYOUT_TEST, layout, caps_lock=caps_lock):
                return KeyboardCheck(layout, caps_lock)
    if text[: len(_MARK)].lower() == _MARK:
        return KeyboardCheck("", text[:1].islower())
    return None


def _as_typed(text: str, layout: str, *, caps_lock: bool) -> str:
    """Return what `text`, sent as US key positions, becomes."""
    table = str.maketrans(_US, _LAYOUTS[layout])
    typed = text.translate(table)
    if not caps_lock:
        return typed
    return "".join(_SHARP_S_CAPITAL if char == "ß" else char.swapcase() for char in typed)
