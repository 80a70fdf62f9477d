"""What presenters need from outside: somewhere to work, someone to draw, the words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")
V_contra = TypeVar("V_contra", contravariant=True)


class Jobs(Protocol):
    """Where work is done. `done` gets the result on the GUI thread; a bug brings no result."""

    def write(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work that changes something: one at a time, in order."""
        ...

    def read(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work that only looks things up."""
        ...

    def ask(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work that may wait for head office."""
        ...


class Render(Protocol[V_contra]):
    """Draws a view."""

    def __call__(self, view: V_contra, /) -> None:
        """Draw it."""
        ...


def nowhere(_view: object) -> None:
    """Draw nothing: a presenter before its screen is there."""
