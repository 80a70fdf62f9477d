"""A till joins its chain: keys made and kept first, then enrolled, then the journal begun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from sync.client.enrolment import enrol
from sync.client.ports import Clock
from sync.client.till_store import begin_epoch
from sync.client.transport import Transport
from sync.database.till.keys import KEY_BYTES, FileWrap, TillKeys, WrapStore, load_keys, save_keys
from terminal.config import Settings

APP: Final = "guibin/0.1.0"


def transport_to(settings: Settings, clock: Clock, told_time: Clock | None = None) -> Transport:
    """A connection to head office as the settings say. `clock` measures deadlines; `told_time`:
    the clock of a scenario."""
    pins = [bytes.fromhex(pin) for pin in settings.pins]
    return Transport(
        settings.headoffice,
        pins,
        clock,
        allow_plain_loopback=settings.plain_loopback,
        told_time=told_time,
    )


def join(
    folder: Path,
    settings: Settings,
    code: str,
    clock: Clock,
    real_clock: Clock,
    random: Callable[[int], bytes],
    *,
    story: bool = False,
) -> None:
    """Enrol the till in `folder` with a one-time code. Doing it again with the same code is safe.

    `real_clock` measures deadlines; `story`: in a scenario, where nothing of this machine enters
    and head office is told the time. Raises Unreachable, ProtocolErrors, StoreFault.
    """
    store: WrapStore | None = FileWrap(folder) if story else None
    held = load_keys(folder)
    keys = held.keys if held else TillKeys(*(random(KEY_BYTES) for _ in range(4)))
    if held is None:
        save_keys(folder, keys, store)
    transport = transport_to(settings, real_clock, clock if story else None)
    try:
        machine = folder.name if story else machine_name()
        joined = enrol(transport, code, keys.sign, keys.agree, APP, machine, clock)
    finally:
        transport.close()
    begin_epoch(folder, keys, joined, store)


def machine_name() -> str:
    """What this machine calls itself, for the list of tills at head office."""
    import platform  # noqa: PLC0415  # asked once in a till's life

    return platform.node()[:64] or "till"
