"""Drawing no more than is seen: one canvas stands between a presenter and its screen. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from terminal.presenters.ports import Render
from terminal.text import Text

V = TypeVar("V")


class Canvas(Generic[V]):
    """Draws on one screen: while it is on show, and only a view that differs from the last one.

    While it is hidden nothing is even worked out; it is drawn as it then is when it comes on show.
    """

    def __init__(self, draw: Render[V], text: Text, *, on_show: bool = False) -> None:
        """`text`: a view of another language is another view."""
        self._draw, self._text, self._on_show = draw, text, on_show
        self._view: Callable[[], V] | None = None
        self._last: tuple[str, V] | None = None

    def __call__(self, view: V) -> None:
        """Draw this view, unless the screen shows it."""
        last = self._text.language, view
        if last != self._last:
            self._last = last
            self._draw(view)

    def offer(self, view: Callable[[], V]) -> None:
        """Something changed: draw what `view` says, now or once the screen is on show."""
        self._view = view
        if self._on_show:
            self(view())

    def touched(self, *_: object) -> None:
        """Somebody did something at the screen: its next view is drawn whatever it is."""
        self._last = None

    def come(self, *, on_show: bool) -> None:
        """The screen comes on show, or goes."""
        self._on_show = on_show
        if on_show and self._view is not None:
            self(self._view())


def draw(render: Render[V], view: Callable[[], V]) -> None:
    """Draw what `view` says; a canvas decides whether and when."""
    if isinstance(render, Canvas):
        render.offer(view)
    else:
        render(view())
