"""What every test is held to: nothing left running, no unexpected warning, no far network.

Property tests run 200 examples of up to 50 steps, always the same ones for the same code: a red
gate is then the fault of the change it judges, and a failure is seen again by whoever looks into
it. Chance is for hunting: `GUIBIN_HYPOTHESIS=hunt` draws new and ten times as many examples (to
run at night), `GUIBIN_HYPOTHESIS=quick` a few while writing.
"""

from __future__ import annotations

import atexit
import gc
import ipaddress
import logging
import os
import re
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before anything imports Qt
if not os.environ.get("XDG_RUNTIME_DIR"):  # missed by Qt and by the embedded PostgreSQL
    _runtime = tempfile.TemporaryDirectory(prefix="guibin-tests-")
    atexit.register(_runtime.cleanup)
    os.environ["XDG_RUNTIME_DIR"] = _runtime.name

JOIN_DEADLINE_S = 2.0
SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "gate",
    max_examples=200,
    stateful_step_count=50,
    deadline=None,  # a shared machine is slow at times; speed is judged by the benchmark
    derandomize=True,
    print_blob=True,
    suppress_health_check=SLOW_IS_FINE,
)
settings.register_profile(
    "hunt", settings.get_profile("gate"), max_examples=2000, derandomize=False
)
settings.register_profile(
    "quick",
    settings.get_profile("gate"),
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile(os.environ.get("GUIBIN_HYPOTHESIS", "gate"))


def running_threads() -> set[threading.Thread]:
    """Threads of ours that are alive; those a debugger or Qt made are not ours."""
    return {
        thread
        for thread in threading.enumerate()
        if thread.is_alive() and not isinstance(thread, threading._DummyThread)
    }


def surviving_threads(before: set[threading.Thread]) -> list[str]:
    """Names of threads begun since `before` that do not end within the deadline."""
    deadline = time.monotonic() + JOIN_DEADLINE_S
    for thread in running_threads() - before:
        thread.join(max(0.0, deadline - time.monotonic()))
    return sorted(thread.name for thread in running_threads() - before)


def top_level_widgets() -> dict[int, str]:
    """Open windows by the address of their C++ half; empty where Qt was never loaded."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    core = sys.modules.get("PySide6.QtCore")
    if widgets is None or core is None or widgets.QApplication.instance() is None:
        return {}
    import shiboken6

    deferred_delete = core.QEvent.Type.DeferredDelete.value
    core.QCoreApplication.sendPostedEvents(None, deferred_delete)
    return {
        shiboken6.getCppPointer(widget)[0]: type(widget).__name__
        for widget in widgets.QApplication.topLevelWidgets()
        if shiboken6.isValid(widget)
    }


def surviving_widgets(before: dict[int, str]) -> list[str]:
    """Class names of windows opened since `before` that are still there."""
    if not (top_level_widgets().keys() - before.keys()):
        return []
    gc.collect()  # a window that only a reference cycle holds is let go of, not left behind
    after = top_level_widgets()
    return sorted(after[address] for address in after.keys() - before.keys())


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test ends the threads it began and closes the windows it opened."""
    threads, widgets = running_threads(), top_level_widgets()
    yield
    windows = surviving_widgets(widgets)
    names = [] if request.node.get_closest_marker("leaves_threads") else surviving_threads(threads)
    assert not names, f"threads still running after the test: {', '.join(names)}"
    assert not windows, f"windows still open after the test: {', '.join(windows)}"


class WarningRecords(logging.Handler):
    """Keeps what was logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record as `area: sentence`."""
        self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_unexpected_warning(request: pytest.FixtureRequest) -> Iterator[None]:
    """A warning nobody asked for fails the test: `@pytest.mark.allows_log("pattern")` asks."""
    allowed = [re.compile(mark.args[0]) for mark in request.node.iter_markers("allows_log")]
    handler = WarningRecords()
    root = logging.getLogger()
    root.addHandler(handler)
    yield
    root.removeHandler(handler)
    surprises = [m for m in handler.messages if not any(p.search(m) for p in allowed)]
    assert not surprises, "unexpected warnings:\n" + "\n".join(surprises)


def is_near(address: Any) -> bool:
    """Whether a socket address stays on this machine."""
    if not isinstance(address, tuple):
        return True  # a path: a socket of this machine
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True, scope="session")
def no_far_network() -> Iterator[None]:
    """The tests reach no other machine, so that they pass without a network."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        if not is_near(address):
            raise PermissionError(f"a test tried to reach {address}")
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        if not is_near(address):
            raise PermissionError(f"a test tried to reach {address}")
        return connect_ex(self, address)

    patch.setattr(socket.socket, "connect", guarded)
    patch.setattr(socket.socket, "connect_ex", guarded_ex)
    yield
    patch.undo()
