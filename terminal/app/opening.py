"""Opens a till for its window, on whatever thread: a shop's, or one of a story."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hardware.events import DeviceEvent
from sync.client.pump import Status
from terminal.app.clocks import SeededRandom, StoryClock, SystemClock, system_random
from terminal.app.composing import Application, Outside
from terminal.app.driven import Trap
from terminal.app.driving import DriveStart, settings_of
from terminal.app.joining import join
from terminal.config import Settings

OnDevice = Callable[[DeviceEvent], None]
OnSync = Callable[[Status], None]


def open_shop(
    folder: Path, settings: Settings, on_device: OnDevice, on_sync: OnSync
) -> Application:
    """The till in `folder`. Raises StoreFault."""
    clock = SystemClock()
    outside = Outside(clock, clock, system_random, on_device=on_device, on_sync=on_sync)
    return Application(folder, settings, outside)


def open_story(
    start: DriveStart, clock: StoryClock, trap: Trap, on_device: OnDevice, on_sync: OnSync
) -> Application:
    """A till of a story, enrolled first where it has a code. Raises StoreFault, Unreachable."""
    random, real = SeededRandom(start.seed), SystemClock()
    settings = settings_of(start, preview=False)
    Path(settings.tape).mkdir(parents=True, exist_ok=True)
    if start.code:
        join(start.folder, settings, start.code, clock, real, random, story=True)
    outside = Outside(
        clock, real, random, story=True, step=trap, on_device=on_device, on_sync=on_sync
    )
    return Application(start.folder, settings, outside)
