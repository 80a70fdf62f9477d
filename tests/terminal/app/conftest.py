"""The real window on a real till's files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from terminal.text import Language
from terminal.usecases.till import Till
from terminal.widgets import theme
from tests.helpers.windows import Window, window
from tests.terminal.usecases import made

Opens = Callable[..., Window]


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, theme.load())
    yield
    theme.apply(qapp, theme.load())


@pytest.fixture
def opens(tmp_path: Path, qapp: QApplication) -> Iterator[Opens]:
    """Opens windows on till A1-1; closing one and opening another is a restart."""
    with ExitStack() as stack:

        def open_(
            points: int = 1240, principal: int = 80_000, bonus: int = 6_000,
            *, language: Language = "zh_CN", till: Till | None = None,
        ) -> Window:  # fmt: skip
            row = made.light(points=points, principal=principal, bonus=bonus)
            working = till or made.till(tmp_path / "till", row, working=False)
            return stack.enter_context(window(working, language))

        yield open_


def sign_in(opened: Window, staff: str = "lin", drawer: str = "500") -> Window:
    """Somebody at the keyboard signs in and opens the shift."""
    tile = opened.screens["sign_in"].tile_of(staff)
    tile.click()
    opened.keys.type_text(made.PIN)
    opened.keys.press(Qt.Key.Key_Return)
    opened.until(lambda: opened.counter.frame.screen in {"shift", "sale"})
    if opened.counter.frame.screen == "shift":
        opened.keys.type_text(drawer)
        opened.keys.press(Qt.Key.Key_Return)
    opened.until(lambda: opened.counter.frame.screen == "sale")
    opened.until(lambda: opened.executors.idle)
    return opened


@pytest.fixture
def counter(opens: Opens) -> Window:
    """A window with a cashier at it, the shift open, the sale on show."""
    return sign_in(opens())
