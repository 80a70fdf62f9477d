"""Every state of every screen, in both languages, at both sizes: nothing cut, nothing overlaps."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from terminal.screens.shell import Shell
from terminal.text import LANGUAGES, Language, Text
from terminal.widgets import theme
from tests.helpers.looks import problems
from tests.helpers.sample_views import SCREENS
from tests.helpers.screens import SIZES, show_state, window

CASES = [(name, state) for name, states in SCREENS.items() for state in states]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_or_overlaps(
    qtbot: QtBot, language: Language, size: tuple[int, int]
) -> None:
    text = Text(language)
    shell, screens = window(text)
    qtbot.addWidget(shell)
    shell.resize(*size)
    shell.show()
    found: list[str] = []
    for name, state in CASES:
        show_state(shell, screens, text, name, state)
        for _ in range(2):
            QApplication.processEvents()
        found += [f"{name} {state}: {problem}" for problem in problems(shell)]
    assert (shell.width(), shell.height()) == size, "the content forced the window to grow"
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scale", theme.SCALES[1:])
def test_scales_hold(qtbot: QtBot, qapp: QApplication, scale: float) -> None:
    theme.apply(qapp, theme.load(scale=scale))
    text = Text("en")
    shell, screens = window(text)
    qtbot.addWidget(shell)
    shell.resize(round(1366 * scale), round(768 * scale))
    shell.show()
    found: list[str] = []
    for name, states in SCREENS.items():
        show_state(shell, screens, text, name, next(iter(states)))
        for _ in range(2):
            QApplication.processEvents()
        found += [f"{name}: {problem}" for problem in problems(shell)]
    assert not found, "\n".join(found)


def test_the_finder_sees_a_cut_label(qtbot: QtBot) -> None:
    cut = QLabel("收款 ¥3,872.22")
    holder = Shell(Text(), {})
    qtbot.addWidget(holder)
    cut.setParent(holder)
    cut.setGeometry(0, 0, 20, 20)
    holder.show()
    assert any("words cut" in problem for problem in problems(holder))
    assert any("over each other" in problem for problem in problems(holder))


def test_places_do_not_move_between_states(till: tuple[Shell, dict[str, Any]], text: Text) -> None:
    shell, screens = till
    sale = screens["sale"]
    places = set()
    for state in SCREENS["sale"]:
        show_state(shell, screens, text, "sale", state)
        QApplication.processEvents()
        parts = (sale.member, sale.work, sale.pay.due, sale.pay.keypad, sale.pay.primary, sale.scan)
        places.add(tuple(str(part.geometry()) for part in parts if part.isVisible()))
    seen = {place for place in places if len(place) == 6}
    assert len(seen) == 1, seen


def test_language_switches_while_running(till: tuple[Shell, dict[str, Any]], text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "sale", "")
    assert screens["sale"].pay.caption.text() == "应收"
    text.switch("en")
    shell.retranslate()
    show_state(shell, screens, text, "sale", "")
    assert screens["sale"].pay.caption.text() == "Amount due"
    assert shell.windowTitle() == "Guibin till"
    header = screens["sale"].table.model()
    assert header.headerData(0, header_orientation()) == "Product"


def header_orientation() -> Any:
    """Qt's name for the header across the top."""
    from PySide6.QtCore import Qt

    return Qt.Orientation.Horizontal
