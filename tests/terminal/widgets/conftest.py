"""Widgets are tried in the light theme at scale 1."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from terminal.widgets import theme


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    """The light theme before and after."""
    theme.apply(qapp, theme.load())
    yield
    theme.apply(qapp, theme.load())
