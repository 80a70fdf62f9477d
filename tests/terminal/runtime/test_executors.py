from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from terminal.runtime.executors import Executors


@pytest.fixture
def bugs() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def executors(qtbot: QtBot, bugs: list[tuple[str, str]]) -> Iterator[Executors]:
    made = Executors(lambda error, thread: bugs.append((type(error).__name__, thread)))
    made.start()
    yield made
    assert made.stop() == ()


def test_each_kind_of_work_has_its_threads_and_comes_back_on_the_gui_thread(
    qtbot: QtBot, executors: Executors
) -> None:
    seen: list[tuple[str, str]] = []

    def work() -> str:
        return threading.current_thread().name

    def done(name: str) -> None:
        seen.append((name, threading.current_thread().name))

    executors.write(work, done)
    executors.read(work, done)
    executors.ask(work, done)
    qtbot.waitUntil(lambda: executors.idle)
    assert {name.partition("-")[0] for name, _ in seen} == {"writer", "reader", "online"}
    assert {gui for _, gui in seen} == {"MainThread"}


def test_writes_are_done_in_the_order_they_were_asked_for(
    qtbot: QtBot, executors: Executors
) -> None:
    seen: list[int] = []
    for number in range(100):
        executors.write(partial(int, number), seen.append)
    qtbot.waitUntil(lambda: len(seen) == 100)
    assert seen == list(range(100))


def test_a_bug_ends_only_its_own_job(
    qtbot: QtBot, executors: Executors, bugs: list[tuple[str, str]]
) -> None:
    seen: list[int] = []
    executors.write(lambda: 1 // 0, seen.append)
    executors.write(lambda: 7, seen.append)
    qtbot.waitUntil(lambda: executors.idle)
    assert bugs == [("ZeroDivisionError", "writer")]
    assert seen == [7]


def test_stopping_finishes_what_was_taken(qtbot: QtBot) -> None:
    executors = Executors(lambda *_: None)
    seen: list[int] = []
    executors.start()
    for number in range(20):
        executors.write(partial(seen.append, number), lambda _: None)
    assert executors.stop() == ()
    assert seen == list(range(20))
    executors.write(lambda: seen.append(99), lambda _: None)
    assert 99 not in seen
