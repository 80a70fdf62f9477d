from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from terminal.runtime.crash import FOLDER, CrashRecorder

NAME, PHONE = "张文静", "13800138000"


def _sell() -> None:
    raise ValueError(f"cannot sell to {NAME} {PHONE}")


@pytest.mark.allows_log("crash record=")
def test_a_record_says_where_and_never_what(tmp_path: Path) -> None:
    told: list[str] = []
    recorder = CrashRecorder(tmp_path, told.append, version="1.2.3")
    with pytest.raises(ValueError, match=NAME) as caught:
        _sell()
    name = recorder.record(caught.value, "writer")
    assert told == [name]
    words = (tmp_path / FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert "ValueError" in words
    assert "tests/terminal/runtime/test_crash.py" in words
    assert "thread writer" in words
    assert NAME not in words
    assert PHONE not in words
    assert str(Path.home()) not in words


@pytest.mark.allows_log("crash record=")
def test_what_nobody_caught_is_recorded_on_every_thread(tmp_path: Path) -> None:
    told: list[str] = []
    recorder = CrashRecorder(tmp_path, told.append)
    before = sys.excepthook, threading.excepthook
    recorder.install()
    try:
        broken = threading.Thread(target=lambda: 1 // 0, name="device-x")
        broken.start()
        broken.join()
        sys.excepthook(KeyError, KeyError("k"), None)
    finally:
        recorder.remove()
    assert (sys.excepthook, threading.excepthook) == before
    assert len(told) == 2
    first = (tmp_path / FOLDER / f"{told[0]}.txt").read_text(encoding="utf-8")
    assert "thread device-x" in first


@pytest.mark.allows_log("crash[ _]record")
def test_only_the_newest_records_are_kept_and_a_full_disk_harms_nothing(tmp_path: Path) -> None:
    recorder = CrashRecorder(tmp_path, lambda _: None, keep=3)
    for _ in range(5):
        recorder.record(RuntimeError(), "gui")
    assert len(list((tmp_path / FOLDER).glob("*.txt"))) == 3
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    told: list[str] = []
    CrashRecorder(blocked, told.append).record(RuntimeError(), "gui")
    assert len(told) == 1
