"""Talking to a till process: answers, an armed death, a death nobody asked for."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sync.lab import drive
from sync.lab.ports import PlayFaultError, TillStart
from sync.lab.till_process import TillDied, TillProcess

READY = 'import os, signal, sys\nprint(\'{"answer":"done"}\', flush=True)\n'
ECHO = READY + 'for _ in sys.stdin:\n print(\'{"answer":"done","seq":7}\', flush=True)\n'
DIES = (
    READY
    + 'sys.stdin.readline()\nprint(\'{"answer":"done"}\', flush=True)\n'
    + ("sys.stdin.readline()\nos.kill(os.getpid(), signal.SIGKILL)\n")
)
ENDS = READY + "sys.stdin.readline()\nprint('out of paper', file=sys.stderr)\nsys.exit(3)\n"
MUMBLES = "print('good morning', flush=True)\n"
SIGN_IN = drive.SignIn(at_ms=1, staff="1001", pin="2580")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Callable[[str], TillProcess]]:
    """Start a program in place of a till."""
    started: list[TillProcess] = []

    def run(program: str) -> TillProcess:
        def command(start: TillStart) -> Sequence[str]:
            return [sys.executable, "-c", program]

        about = TillStart(tmp_path / "A1-1", "http://127.0.0.1:1", "A1-1", "1", 1, "", "en", False)
        process = TillProcess(command, about, tmp_path / "till.log")
        started.append(process)
        process.launch(1)
        return process

    yield run
    for process in started:
        process.kill()


def test_a_command_gets_its_answer(till: Callable[[str], TillProcess]) -> None:
    process = till(ECHO)
    assert process.wait_ready() == drive.Done()
    assert process.ask(SIGN_IN) == drive.Done(seq=7)
    assert process.running


def test_an_armed_till_dies_and_says_so(till: Callable[[str], TillProcess]) -> None:
    process = till(DIES)
    process.wait_ready()
    process.ask(drive.ArmKill(at_ms=1, point="commit.before"))
    with pytest.raises(TillDied):
        process.ask(SIGN_IN)
    assert (process.running, process.armed) == (False, "commit.before")


def test_a_till_that_ends_by_itself_breaks_the_play(till: Callable[[str], TillProcess]) -> None:
    process = till(ENDS)
    process.wait_ready()
    with pytest.raises(PlayFaultError, match=r"ended by itself \(3\):\n.*out of paper"):
        process.ask(SIGN_IN)


def test_what_is_no_answer_breaks_the_play(till: Callable[[str], TillProcess]) -> None:
    with pytest.raises(PlayFaultError, match="good morning"):
        till(MUMBLES).wait_ready()


@pytest.mark.parametrize("command", [
    SIGN_IN,
    drive.Enrol(at_ms=2, name="Li", phone="1", earlier=(drive.Purchase("2026-05-01", 3),)),
    drive.StoredValue(at_ms=3, minor=drive.MAX_STORED_VALUE),
    drive.Quit(at_ms=4),
])  # fmt: skip
def test_commands_travel_as_one_line_each(command: drive.AnyCommand) -> None:
    line = drive.line_of(command)
    assert line.count(b"\n") == 1
    assert drive.command(line) == command
