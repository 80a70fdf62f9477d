"""A keyboard scanner on an X display: key positions of a US keyboard, sent as a device sends them.

The X server turns positions into characters by its own layout and lock keys, so a wrong layout
damages a scan here as it does in a shop. Source: hardware.md A2.
"""

from __future__ import annotations

import time
from typing import Final

from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

_ROWS: Final[tuple[tuple[int, str, str], ...]] = (  # first key code, plain, with Shift
    (10, "1234567890-=", "!@#$%^&*()_+"),
    (24, "qwertyuiop[]", "QWERTYUIOP{}"),
    (38, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (51, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (65, " ", " "),
    (36, "\r", "\r"),
    (23, "\t", "\t"),
)
_KEYS: Final[dict[str, tuple[int, bool]]] = {
    char: (first + offset, shifted)
    for first, plain, upper in _ROWS
    for shifted, chars in ((True, upper), (False, plain))
    for offset, char in enumerate(chars)
}
_SHIFT = 50
CONTROL_KEYS: Final[dict[str, int]] = {"Caps_Lock": 66, "BackSpace": 22}


class X11Wedge:
    """Types on an X display through XTEST. Not thread-safe; close it when done."""

    def __init__(self, display_name: str) -> None:
        """Connect to `display_name` (":99"). Raises Xlib's error when there is no such display."""
        self._display = Display(display_name)

    def close(self) -> None:
        """Hang up."""
        self._display.close()

    def focus(self, window_id: int) -> None:
        """Give the keyboard to a window; without a window manager nobody else does."""
        window = self._display.create_resource_object("window", window_id)
        window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def scan(self, code: str, *, gap_ms: float = 1.0, terminator: str = "\r") -> None:
        """Send `code` as a scanner does, `gap_ms` from key to key.

        code: characters of a US keyboard; ValueError for any other. Returns when all is sent.
        """
        for char in code + terminator:
            self._type(char)
            if gap_ms:
                time.sleep(gap_ms / 1000)

    def press(self, name: str) -> None:
        """Press and release one of `CONTROL_KEYS`; KeyError for any other."""
        self._key(CONTROL_KEYS[name])
        self._display.sync()

    def _type(self, char: str) -> None:
        if char not in _KEYS:
            raise ValueError(f"not on a US keyboard: {char!r}")
        key_code, shifted = _KEYS[char]
        if shifted:
            xtest.fake_input(self._display, X.KeyPress, _SHIFT)
        self._key(key_code)
        if shifted:
            xtest.fake_input(self._display, X.KeyRelease, _SHIFT)
        self._display.sync()

    def _key(self, key_code: int) -> None:
        xtest.fake_input(self._display, X.KeyPress, key_code)
        xtest.fake_input(self._display, X.KeyRelease, key_code)
