"""A keyboard scanner at key-position level on a real X server, GUI thread idle and blocked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware.emulators.x11_wedge import X11Wedge
from terminal.input.keyboard_check import LAYOUT_TEST

ROOT = Path(__file__).parents[3]
TRACK = "%B8812000123450004^ZHANG/SAN MR^99121010000000000?;8812000123450004=99121010000?"


class Window:
    """The window program and the scanner in front of it."""

    def __init__(self, display: str, *arguments: str) -> None:
        environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        environment["PYTHONPATH"] = str(ROOT)
        environment.pop("WAYLAND_DISPLAY", None)
        program = Path(__file__).with_name("wedge_window.py")
        self.process = subprocess.Popen(
            [sys.executable, str(program), *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert self.read() == {"status": "", "params": {}}
            window_id = self.read()["window"]
            self.wedge = X11Wedge(display)
            self.wedge.focus(window_id)
        except BaseException:
            self.process.kill()
            self.process.communicate()
            raise
        time.sleep(0.1)

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the window program has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, line: str = "?") -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        self.wedge.close()
        self.process.communicate("quit\n", timeout=20)


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server of our own."""
    if shutil.which("Xvfb") is None:
        pytest.fail("Xvfb is not installed; installer/bootstrap.py test installs it")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-noreset"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        name = f":{number.readline().strip()}"
    yield name
    server.terminate()
    server.wait(20)


def set_layout(display: str, layout: str) -> None:
    command = ["setxkbmap", "-display", display, layout]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


@pytest.fixture
def window(display: str, request: pytest.FixtureRequest) -> Iterator[Window]:
    opened = Window(display, *getattr(request, "param", ()))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "window",
    [pytest.param((), id="idle"), pytest.param(("busy",), id="busy")],
    indirect=True,
)
def test_no_scan_is_lost_or_typed(window: Window) -> None:
    codes = [f"69012345{number:05d}" for number in range(20)]
    for code in codes:
        window.wedge.scan(code)
    assert [window.read()["raw"] for _ in codes] == codes
    window.ask("button")
    window.wedge.scan(TRACK)
    assert window.read() == {"raw": "8812000123450004", "medium": "magstripe"}
    time.sleep(0.5)
    assert window.ask() == {"text": "", "clicks": 0}


@pytest.mark.parametrize("window", [(), ("busy",)], ids=["idle", "busy"], indirect=True)
def test_slow_typing_arrives_whole(window: Window) -> None:
    window.wedge.scan("Zhang 5-30", gap_ms=120, terminator="")
    time.sleep(0.6)
    assert window.ask()["text"] == "Zhang 5-30"


def test_typing_then_scan_then_enter(window: Window) -> None:
    window.wedge.scan("abcd", gap_ms=100, terminator="")
    window.wedge.scan("6901234500124", gap_ms=3)
    assert window.read()["raw"] == "6901234500124"
    window.wedge.scan("ef", gap_ms=100, terminator="")
    time.sleep(0.3)
    assert window.ask()["text"] == "abcdef"


@pytest.mark.parametrize("window", [("prefix=~",)], indirect=True)
def test_prefix_separates_a_scan_from_fast_typing(window: Window) -> None:
    window.wedge.scan("ab~12", gap_ms=5)
    assert window.read()["raw"] == "12"
    time.sleep(0.2)
    assert window.ask()["text"] == "ab"


@pytest.mark.parametrize("layout", ["us", "de", "fr", "it", "es"])
def test_layout_and_caps_lock_are_told_from_the_test_barcode(display: str, layout: str) -> None:
    set_layout(display, layout)
    window = Window(display)
    try:
        window.wedge.scan(LAYOUT_TEST)
        first = window.read()
        window.wedge.press("Caps_Lock")
        window.wedge.scan(LAYOUT_TEST)
        second = window.read()
        window.wedge.press("Caps_Lock")
    finally:
        window.close()
        set_layout(display, "us")
    if layout == "us":
        assert first == {"status": "", "params": {}}
        expected = {"status": "keyboard_caps_lock", "params": {"layout": "us", "caps_lock": 1}}
        assert second == expected
        return
    assert first == {"status": "keyboard_layout", "params": {"layout": layout, "caps_lock": 0}}
    assert second == {"status": "keyboard_layout", "params": {"layout": layout, "caps_lock": 1}}
