"""Scenarios played by the real program, two at a time, each once for all tests that look at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "resources" / "demo"
WINDOWS = "day-windows"  # the demo day once more, through the real windows
AT_A_TIME = 2
DEADLINE_S = 900.0


class Shows:
    """Plays every scenario of ours with `guibin play`: what is asked for first, then the
    longest."""

    def __init__(self, folder: Path) -> None:
        files = sorted((DEMO / "scenarios").glob("*.toml"))
        files.sort(key=lambda path: "[orders]" not in path.read_text(encoding="utf-8"))
        self.files = (*files, DEMO / "day.toml")
        self._waiting = [WINDOWS, files[0].stem, "day", *(path.stem for path in files[1:])]
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._over: dict[str, int] = {}

    def result(self, name: str) -> tuple[int, str, dict[str, Any]]:
        """Exit code, output and JSON of the play of a file."""
        until = time.monotonic() + DEADLINE_S
        if name in self._waiting:
            self._waiting.remove(name)
            self._waiting.insert(0, name)
        while name not in self._over:
            self._step()
            assert time.monotonic() < until, f"{name} does not end"
            time.sleep(0.02)
        said = self.file(f"{name}.log").read_text(encoding="utf-8")
        written = self.file(f"{name}.json")
        found = json.loads(written.read_text(encoding="utf-8")) if written.exists() else {}
        return self._over[name], said, found

    def _step(self) -> None:
        for name, process in list(self._running.items()):
            code = process.poll()
            if code is not None:
                self._over[name] = code
                del self._running[name]
        while self._waiting and len(self._running) < AT_A_TIME:
            name = self._waiting.pop(0)
            with self.file(f"{name}.log").open("wb") as log:
                self._running[name] = subprocess.Popen(
                    [*self._command(name), "--json", str(self.file(f"{name}.json"))],
                    cwd=ROOT,
                    env={**os.environ, "PYTHONUTF8": "1"},
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    def _command(self, name: str) -> list[str]:
        if name == WINDOWS:
            return [*command(DEMO / "day.toml"), "--windows", "--keep", str(self.file(name))]
        return command(next(path for path in self.files if path.stem == name))

    def file(self, name: str) -> Path:
        """Where something of the plays is written."""
        return self._folder / name

    def close(self) -> None:
        """Stop what still runs."""
        for process in self._running.values():
            process.terminate()
            process.wait()


def command(path: Path) -> list[str]:
    """The command line that plays a file."""
    return [sys.executable, "-m", "terminal", "play", str(path), "--quiet"]


@pytest.fixture(scope="session")
def shows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shows]:
    """The plays of this run of the tests."""
    made = Shows(tmp_path_factory.mktemp("shows"))
    yield made
    made.close()
