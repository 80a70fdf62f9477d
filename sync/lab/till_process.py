"""A till in its own process: one command line in, one answer line out; it may die on the way."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from sync.lab import drive
from sync.lab.ports import PlayFaultError, TillCommand, TillStart

READY_S: Final = 120.0  # a slow machine is no failure of the story
ANSWER_S: Final = 120.0
_TAIL: Final = 2_000
_CHUNK: Final = 65_536


class TillDied(Exception):  # noqa: N818  # what an armed till does
    """The till process killed itself at the point it was armed for."""


class TillProcess:
    """One till of a play. `armed` is the point it will die at, if it was armed."""

    def __init__(self, command: TillCommand, start: TillStart, log: Path) -> None:
        self._command, self._start, self._log = command, start, log
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._starts = 0
        self.armed = ""

    @property
    def name(self) -> str:
        """Printed name of the till."""
        return self._start.till

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return self._start.folder

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def launch(self, at_ms: int, code: str = "") -> None:
        """Start the process; `wait_ready` hears its first answer."""
        self._starts += 1
        start = TillStart(
            folder=self._start.folder,
            url=self._start.url,
            till=self._start.till,
            seed=f"{self._start.seed}|{self._start.till}|{self._starts}",
            at_ms=at_ms,
            code=code,
            language=self._start.language,
            windows=self._start.windows,
        )
        self._buffer, self.armed = b"", ""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(start),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONUTF8": "1"},
            )

    def wait_ready(self) -> drive.Answer:
        """The answer a till gives once it can be driven."""
        return self._answer(READY_S)

    def ask(self, command: drive.AnyCommand) -> drive.Answer:
        """Give a command and wait for its answer. Raises TillDied where it was armed and died."""
        process = self._process
        if process is None or process.stdin is None:
            raise PlayFaultError(f"till {self.name} is not running")
        if isinstance(command, drive.ArmKill):
            self.armed = command.point
        try:
            process.stdin.write(drive.line_of(command))
            process.stdin.flush()
        except BrokenPipeError:
            pass  # how it ended is said below
        answer = self._answer(ANSWER_S)
        if isinstance(answer, drive.Broken):
            raise PlayFaultError(f"till {self.name}: {answer.reason}")
        return answer

    def _answer(self, deadline_s: float) -> drive.Answer:
        process = self._process
        if process is None or process.stdout is None:
            raise PlayFaultError(f"till {self.name} is not running")
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(deadline_s):
                    raise PlayFaultError(f"till {self.name} gave no answer in {deadline_s:.0f} s")
                more = os.read(process.stdout.fileno(), _CHUNK)
                if not more:
                    self._ended(process)
                self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            return drive.answer(line)
        except msgspec.DecodeError as error:
            raise PlayFaultError(f"till {self.name} said {line[:200]!r}: {error}") from None

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        self._close(process)
        if self.armed and code == -signal.SIGKILL:
            raise TillDied
        tail = self._log.read_text(encoding="utf-8", errors="replace")[-_TAIL:]
        raise PlayFaultError(f"till {self.name} ended by itself ({code}):\n{tail}")

    def quit(self, at_ms: int) -> None:
        """End it in good order."""
        process = self._process
        if process is None:
            return
        self.ask(drive.Quit(at_ms=at_ms))
        process.wait(ANSWER_S)
        self._close(process)

    def kill(self) -> None:
        """End it at once, if it still runs: the play is over, or was broken off."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
            self._close(process)

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        self._process = None
