"""A till joins its chain: keys made and kept first, then enrolled, then the journal begun.

A folder in which a till worked before begins a new epoch: the old journal and its keys are put
aside under the number of their epoch, and stay readable together.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from sync.client.enrolment import enrol
from sync.client.ports import Clock
from sync.client.till_store import begin_epoch
from sync.client.transport import Transport
from sync.database.till.database import TillDatabase, put_aside
from sync.database.till.durable import write_durably
from sync.database.till.faults import UnsentError
from sync.database.till.journal_file import FILE
from sync.database.till.keys import (
    KEY_BYTES,
    FileWrap,
    TillKeys,
    WrapStore,
    load_keys,
    save_keys,
)
from sync.protocol.wire import tidy_code
from terminal.config import Settings

APP: Final = "guibin/0.1.0"
NEXT: Final = "next"  # folder of the keys of an epoch that has not begun
JOINED_BY: Final = "joined.by"  # hash of the code the epoch was begun with: the same one again?


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
    leave_unsent: bool = False,
) -> None:
    """Enrol the till in `folder` with a one-time code. Doing it again with the same code is safe.

    With another code a used folder begins a new epoch, its journal is put aside; refused with
    UnsentError while head office lacks entries of it, unless the manager said so (`leave_unsent`).
    Nothing is asked of head office and no code used up before that. `real_clock` measures
    deadlines; `story`: in a scenario, where nothing of this machine enters and head office is told
    the time. Raises Unreachable, ProtocolErrors, StoreFault.
    """
    store: WrapStore | None = FileWrap(folder) if story else None
    mark, marked = sha256(tidy_code(code).encode()).hexdigest().encode(), folder / JOINED_BY
    _tidy(folder)
    works = (folder / FILE).exists()
    again = marked.exists() and marked.read_bytes() == mark
    place = folder / NEXT if (works and not again) or (folder / NEXT).exists() else folder
    if works and place != folder:
        _require_sent(folder, leave_unsent=leave_unsent)
    keys = _kept_keys(place, random, FileWrap(place) if story else None)
    write_durably(marked, mark)
    transport = transport_to(settings, real_clock, clock if story else None)
    try:
        machine = folder.name if story else machine_name()
        joined = enrol(transport, code, keys.sign, keys.agree, APP, machine, clock)
    finally:
        transport.close()
    held = load_keys(folder)
    if place != folder and held is not None:
        put_aside(folder, held)
    begin_epoch(folder, keys, joined, store)
    shutil.rmtree(folder / NEXT, ignore_errors=True)


def _tidy(folder: Path) -> None:
    """The keys of an epoch that has begun are no longer those of the next."""
    now, following = load_keys(folder), load_keys(folder / NEXT)
    if now is not None and following is not None and now.keys.sign == following.keys.sign:
        shutil.rmtree(folder / NEXT)


def _kept_keys(place: Path, random: Callable[[int], bytes], store: WrapStore | None) -> TillKeys:
    """The keys to enrol with, on disk before head office hears of them: a lost reply is asked for
    again with the same."""
    held = load_keys(place)
    if held is not None:
        return held.keys
    keys = TillKeys(*(random(KEY_BYTES) for _ in range(4)))
    save_keys(place, keys, store)
    return keys


def _require_sent(folder: Path, *, leave_unsent: bool) -> None:
    """Raise InUseError while the till works, UnsentError unless all was sent or nobody minds."""
    database = TillDatabase(folder)
    try:
        unsent = database.outbox.unsent().count
    finally:
        database.close()
    if unsent and not leave_unsent:
        raise UnsentError(entries=unsent)


def machine_name() -> str:
    """What this machine calls itself, for the list of tills at head office."""
    import platform  # noqa: PLC0415  # asked once in a till's life

    return platform.node()[:64] or "till"
