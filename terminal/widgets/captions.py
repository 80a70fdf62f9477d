"""The fixed words of a screen, set again when the language changes."""

from collections.abc import Callable

from terminal.text import Text


class Captions:
    """Remembers which word stands where."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._bound: list[tuple[Callable[[str], object], str]] = []

    def bind(self, put: Callable[[str], object], code: str) -> None:
        """Put the sentence of a code now and after each change of language."""
        self._bound.append((put, code))
        put(self._text(code))

    def refresh(self) -> None:
        """Put every sentence again, in the language now in use."""
        for put, code in self._bound:
            put(self._text(code))
