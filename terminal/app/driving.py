"""The loop of a driven till: a line in, a line out (`sync.lab.drive`)."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from sync.lab import drive
from terminal.app.clocks import SeededRandom, StoryClock, SystemClock
from terminal.app.composing import Application, Outside
from terminal.app.driven import DrivenTill, Trap
from terminal.app.joining import join
from terminal.config import Printer, Settings

Obey = Callable[[drive.AnyCommand], drive.Answer]


@dataclass(frozen=True, slots=True)
class DriveStart:
    """How a driven till starts: see `sync.lab.ports.TillStart`."""

    folder: Path
    url: str
    seed: str
    at_ms: int
    code: str
    language: str


def settings_of(start: DriveStart, *, preview: bool) -> Settings:
    """Settings of a till in a story: plain loopback, receipts into a folder, the tape beside it."""
    return Settings(
        headoffice=start.url,
        plain_loopback=True,
        tape=str(start.folder.with_name(f"{start.folder.name}-tape")),
        language="en" if start.language == "en" else "zh_CN",
        printer=Printer(preview=preview),
    )


def open_story(
    start: DriveStart, clock: StoryClock, trap: Trap, *, preview: bool = False
) -> Application:
    """The application of a till in a story, enrolled first where it has a code."""
    random, real = SeededRandom(start.seed), SystemClock()
    settings = settings_of(start, preview=preview)
    Path(settings.tape).mkdir(parents=True, exist_ok=True)
    if start.code:
        join(start.folder, settings, start.code, clock, real, random, story=True)
    return Application(start.folder, settings, Outside(clock, real, random, story=True, step=trap))


def run(start: DriveStart) -> None:
    """Drive a till without a window until it is told to quit or nobody talks to it any more."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever else is said must not be taken for an answer
    clock, trap = StoryClock(start.at_ms), Trap()
    app = open_story(start, clock, trap)
    try:
        app.devices.start()
        driven = DrivenTill(app, clock, trap)
        converse(source, sink, driven.obey)
    finally:
        app.close()


def converse(source: BinaryIO, sink: BinaryIO, obey: Obey) -> None:
    """Say that it is ready, then answer line by line."""
    _say(sink, drive.Done())
    for line in source:
        try:
            command = drive.command(line)
        except msgspec.DecodeError as error:
            _say(sink, drive.Broken(reason=f"no command: {error}"))
            continue
        try:
            answer = obey(command)
        except Exception:  # noqa: BLE001  # whoever drives has to learn of a bug
            answer = drive.Broken(reason=traceback.format_exc(limit=-6))
        _say(sink, answer)
        if isinstance(command, drive.Quit):
            return


def _say(sink: BinaryIO, answer: drive.Answer) -> None:
    sink.write(drive.line_of(answer))
    sink.flush()
