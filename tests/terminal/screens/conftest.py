"""The window that screen tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from terminal.screens.shell import Shell
from terminal.text import Text
from terminal.widgets import theme
from tests.helpers.screens import window


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    """The light theme at scale 1, whatever another test left."""
    theme.apply(qapp, theme.load())
    yield
    theme.apply(qapp, theme.load())


@pytest.fixture
def text() -> Text:
    """Chinese to begin with."""
    return Text()


@pytest.fixture
def till(qtbot: QtBot, text: Text) -> tuple[Shell, dict[str, Any]]:
    """The shown window and its screens."""
    shell, screens = window(text)
    qtbot.addWidget(shell)
    shell.resize(1366, 768)
    shell.show()
    return shell, screens
