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
WATCHED = """
import logging, socket, threading
import pytest
from hypothesis import settings
from PySide6.QtWidgets import QWidget

kept = []

def test_thread():
    threading.Thread(target=threading.Event().wait, args=(9,), name="lost", daemon=True).start()

@pytest.mark.leaves_threads
def test_thread_handed_on():
    threading.Thread(target=threading.Event().wait, args=(9,), name="given", daemon=True).start()

def test_window(qapp):
    kept.append(QWidget())
    kept[0].show()

def test_closed_window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()

def test_warning():
    logging.getLogger("sync").warning("reply lost")

@pytest.mark.allows_log("^sync: reply")
def test_allowed_warning():
    logging.getLogger("sync").warning("reply late")

def test_network():
    with socket.socket() as s, pytest.raises(PermissionError):
        s.connect(("192.0.2.1", 9))

def test_profile():
    assert settings().max_examples >= 200
    assert settings().stateful_step_count >= 50
    assert settings().derandomize
"""


def test_watched_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GUIBIN_HYPOTHESIS", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makeini(SETTINGS)
    pytester.makepyfile(WATCHED)
    result = pytester.runpytest_subprocess("-p", "no:xvfb", "-p", "no:cacheprovider", "-rA")
    result.assert_outcomes(passed=8, errors=3)
    said = result.stdout.str()
    for name in ("thread", "window", "warning"):
        assert f"ERROR test_watched_tests.py::test_{name} " in said
    assert "threads still running after the test: lost" in said
    assert "windows still open after the test: QWidget" in said
    assert "sync: reply lost" in said
