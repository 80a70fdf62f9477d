"""Nothing a person can do on a screen ends nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Signal
from pytestqt.qtbot import QtBot

from terminal.app.composing import Application
from terminal.app.opening import open_shop
from terminal.app.window import EXIT_NOT_ENROLLED, Listeners, TillWindow, open_window
from terminal.app.wiring import INTENTS, later_screens
from terminal.config import Settings
from terminal.screens.sign_in import SignInScreen
from terminal.text import Text
from tests.terminal.app.conftest import Opens
from tests.terminal.usecases import made

HEAVY = ("sqlalchemy", "sqlcipher3", "httpx", "cryptography", "argon2", "zstandard", "babel")
UNUSED = {("sign_in", "entry_edited"), ("sign_in", "entry_submitted")}


def signals(screen: object) -> set[str]:
    """Names of the signals a screen's classes declare in Python."""
    own = [kind for kind in type(screen).__mro__ if kind.__module__.startswith("terminal.")]
    return {name for kind in own for name, value in vars(kind).items() if isinstance(value, Signal)}


def test_every_signal_of_every_screen_has_a_presenter(qtbot: QtBot, opens: Opens) -> None:
    opened = opens()
    screens: dict[str, Any] = {"sign_in": SignInScreen(Text()), **later_screens(Text())}
    for name, screen in screens.items():
        qtbot.addWidget(screen)
        for signal in signals(screen):
            if (name, signal) not in UNUSED:
                assert signal in INTENTS[name], f"{name}.{signal} goes nowhere"
                assert callable(getattr(opened.counter.presenter(name), signal))


def test_nothing_heavy_is_loaded_before_first_paint() -> None:
    code = (
        "import os, sys; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "import terminal.app.window\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_folder_without_a_till_is_said_and_nothing_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert open_window(tmp_path) == EXIT_NOT_ENROLLED
    assert "holds no till" in capsys.readouterr().err


def test_the_window_opens_a_till_behind_it_and_stops_it_in_order(
    qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "till"
    made.till(folder, working=False).database.close()
    settings = Settings(headoffice="http://127.0.0.1:9", plain_loopback=True)

    def opens(listeners: Listeners) -> Application:
        return open_shop(folder, settings, *listeners)

    window = TillWindow(folder, opens, language="en")
    qtbot.addWidget(window.shell)
    window.show()
    qtbot.waitUntil(lambda: window.counter is not None, timeout=20_000)
    counter = window.counter
    assert counter is not None
    qtbot.waitUntil(lambda: len(counter.sign_in.people) == 2)
    assert [tile.role for tile in counter.sign_in.view().staff] == ["Cashier", "Manager"]
    window.close()
    window.stop()
    assert window.exit_code == 0


@pytest.mark.allows_log("till_not_opened|crash record=")
def test_a_till_that_cannot_be_opened_is_said_on_the_screen(qtbot: QtBot, tmp_path: Path) -> None:
    def opens(_listeners: object) -> Any:
        raise OSError("no such disk")

    window = TillWindow(tmp_path, opens)
    qtbot.addWidget(window.shell)
    window.show()
    screen = window.screens["sign_in"]
    qtbot.waitUntil(lambda: window.exit_code != 0)
    assert window.text("fault.store_fault") == screen._error.text()
    window.close()
