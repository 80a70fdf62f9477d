from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from terminal.input.key_player import KeyPlayer


@pytest.fixture
def field(qtbot: QtBot) -> QLineEdit:
    field = QLineEdit()
    qtbot.addWidget(field)
    with qtbot.waitExposed(field):
        field.show()
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    return field


def test_it_types_scans_composes_and_presses(field: QLineEdit) -> None:
    entered: list[str] = []
    field.returnPressed.connect(lambda: entered.append(field.text()))
    player = KeyPlayer()
    player.type_text("Ab-%", gap_ms=1)
    player.compose("张女士")
    player.press(Qt.Key.Key_Backspace)
    player.scan("690")
    assert entered == ["Ab-%张女690"]


def test_typing_takes_a_persons_time(field: QLineEdit) -> None:
    handle = field.windowHandle()
    assert handle is not None
    begun = time.monotonic()
    KeyPlayer(handle).type_text("12")
    assert time.monotonic() - begun >= 0.14
    assert field.text() == "12"


def test_what_no_key_types_is_refused(field: QLineEdit) -> None:
    with pytest.raises(ValueError, match="compose"):
        KeyPlayer().type_text("张")


def test_without_a_window_there_is_nothing_to_type_into(qapp: object) -> None:
    with pytest.raises(RuntimeError, match="keyboard"):
        KeyPlayer().press(Qt.Key.Key_F1)
