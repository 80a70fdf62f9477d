"""What happens when we were wrong: a record on disk, a calm word on the screen, and on it goes.

A record holds where it happened, never what was in the variables: no names, numbers or cards. The
words of an exception are left out too, since they may quote data; its type and place say enough.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

log = logging.getLogger("ui")

FOLDER: Final = "crashes"
KEPT: Final = 20
FRAMES_MAX: Final = 40
_ROOTS: Final = ("terminal", "sync", "hardware", "resources", "tests")


class CrashRecorder:
    """Writes a record for each exception nobody caught, and tells `on_crash` its name.

    `on_crash` is called on the thread that met the bug.
    """

    def __init__(
        self, folder: Path, on_crash: Callable[[str], None], version: str = "", keep: int = KEPT
    ) -> None:
        self._folder, self._on_crash = folder / FOLDER, on_crash
        self._version, self._keep = version, keep
        self._lock = threading.Lock()
        self._count = 0
        self._before = sys.excepthook, threading.excepthook

    def install(self) -> None:
        """Take over both hooks."""
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread

    def remove(self) -> None:
        """Give both hooks back."""
        sys.excepthook, threading.excepthook = self._before

    def record(self, error: BaseException, thread: str) -> str:
        """Write a record; its name. Never raises: a full disk must not make things worse."""
        with self._lock:
            self._count += 1
            name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{self._count:03d}"
        words = self._words(error, thread, name)
        log.error("crash record=%s thread=%s type=%s", name, thread, type(error).__name__)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{name}.txt").write_text(words, encoding="utf-8")
            for old in sorted(self._folder.glob("*.txt"))[: -self._keep]:
                old.unlink(missing_ok=True)
        except OSError as trouble:
            log.warning("crash_record_unwritten errno=%s", trouble.errno)
        self._on_crash(name)
        return name

    def _words(self, error: BaseException, thread: str, name: str) -> str:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        places = [f"  {_inside(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        causes: list[str] = []
        cause = error.__cause__ or error.__context__
        while cause is not None and len(causes) < 5:
            causes.append(f"because of {type(cause).__module__}.{type(cause).__qualname__}")
            cause = cause.__cause__ or cause.__context__
        head = [
            f"record {name}",
            f"version {self._version}",
            f"python {sys.version.split()[0]} on {sys.platform}",
            f"thread {thread}",
            f"{type(error).__module__}.{type(error).__qualname__}",
        ]
        return "\n".join([*head, *causes, *places, ""])

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        self.record(error.with_traceback(trace), threading.current_thread().name)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            name = args.thread.name if args.thread else "?"
            self.record(args.exc_value, name)


def _inside(filename: str) -> str:
    """A path below the folder of packages it was loaded from: says where, not on whose machine."""
    parts = Path(filename).parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    at = min((parts.index(root) for root in _ROOTS if root in parts), default=len(parts) - 1)
    return "/".join(parts[at:]) or "?"
