"""The fixtures that watch every test, each against a test that breaks its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
CONFTEST = (Path(__file__).resolve().parents[1] / "conftest.py").read_text(encoding="utf-8")
SETTINGS = """
[pytest]
qt_api = pyside6
markers =
    allows_log(pattern): allowed
    leaves_threads: allowed
"""

THREAD = """
import threading
def test_it():
    threading.Thread(target=threading.Event().wait, args=(8,), name="lost", daemon=True).start()
"""
WINDOW = """
from PySide6.QtWidgets import QWidget
kept = []
def test_it(qapp):
    kept.append(QWidget())
    kept[0].show()
"""
CLOSED_WINDOW = """
from PySide6.QtWidgets import QWidget
def test_it(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
"""
WARNING = """
import logging
def test_it():
    logging.getLogger("sync").warning("reply lost")
"""
ALLOWED_WARNING = """
import logging
import pytest
@pytest.mark.allows_log("^sync: reply")
def test_it():
    logging.getLogger("sync").warning("reply lost")
"""
NETWORK = """
import socket
import pytest
def test_it():
    with socket.socket() as s, pytest.raises(PermissionError):
        s.connect(("192.0.2.1", 9))
"""
PROFILE = """
from hypothesis import settings
def test_it():
    assert settings().max_examples >= 200 and settings().stateful_step_count >= 50
"""


@pytest.mark.parametrize(
    ("text", "verdict", "said"),
    [
        (THREAD, {"passed": 1, "errors": 1}, "threads still running after the test: lost"),
        (WINDOW, {"passed": 1, "errors": 1}, "windows still open after the test: QWidget"),
        (CLOSED_WINDOW, {"passed": 1}, ""),
        (WARNING, {"passed": 1, "errors": 1}, "sync: reply lost"),
        (ALLOWED_WARNING, {"passed": 1}, ""),
        (NETWORK, {"passed": 1}, ""),
        (PROFILE, {"passed": 1}, ""),
    ],
    ids=["thread", "window", "closed", "warning", "allowed", "network", "profile"],
)
def test_a_watched_test(
    pytester: pytest.Pytester, text: str, verdict: dict[str, int], said: str
) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makeini(SETTINGS)
    pytester.makepyfile(text)
    result = pytester.runpytest_subprocess("-p", "no:xvfb", "-p", "no:cacheprovider")
    result.assert_outcomes(**verdict)
    assert said in result.stdout.str()
