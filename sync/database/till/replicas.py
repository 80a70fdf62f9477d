"""Which replica is in use: a pointer file names it, and a new one takes its place whole.

A replica is never renamed over. A new one is filled beside the present one and the pointer is
replaced durably; the old one stays open, for whoever reads it just then, until the next one or the
next start. Keys are kept in the journal's file, which is encrypted; a file without a key is waste.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from threading import Lock
from typing import Final

from sync.database.till.counter import Counter
from sync.database.till.durable import sync_folder, write_durably
from sync.database.till.faults import StoreFault
from sync.database.till.replica import OutdatedReplica, Replica
from sync.database.till.replica_rows import Change
from sync.database.till.seals import Seal
from sync.database.till.turns import Turn

POINTER: Final = "replica.pointer"
PREFIX: Final = "replica-"
KEY_BYTES: Final = 32
_KEY: Final = "replica_key:"
_SUFFIXES: Final = ("", "-wal", "-shm", "-journal")


class Replicas:
    """The replica in use and, while one is fetched, the next one beside it."""

    def __init__(self, folder: Path, counter: Counter, seal: Seal, turn: Turn) -> None:
        """Open the replica the pointer names; an empty one when there is none or it is outdated."""
        self._folder, self._counter, self._seal, self._turn = folder, counter, seal, turn
        self._lock = Lock()
        self._next: Replica | None = None
        self._next_id = ""
        self._previous: Replica | None = None
        self._current = self._open_current()

    @property
    def current(self) -> Replica:
        """The replica every look-up goes to."""
        return self._current

    @property
    def next(self) -> Replica | None:
        """The replica being filled."""
        return self._next

    @property
    def next_id(self) -> str:
        """Its snapshot id, or empty."""
        return self._next_id

    def begin(self, snapshot: str, key: bytes | None = None) -> Replica:
        """Start filling the replica of `snapshot`, or go on with it after a restart.

        `key`: of a ready file that `adopt` will put there; a fresh one otherwise. What another
        snapshot left half done is thrown away. Raises StoreFault.
        """
        with self._lock:
            if self._next is not None and self._next_id == snapshot:
                return self._next
            self._discard_next()
            for path in self._strays(keep=snapshot):
                _remove(path)
            used = self._key_of(snapshot) or key or secrets.token_bytes(KEY_BYTES)
            self._counter.keep(_KEY + snapshot, used, sync=True)
            self._next = Replica(self.path(snapshot), used, self._seal, self._turn)
            self._next_id = snapshot
            return self._next

    def adopt(self, snapshot: str, key: bytes, ready: Path) -> Replica:
        """Take a ready file under `key` as the replica of `snapshot`; `ready` is moved.

        One that was moved already (before a crash) is taken as it is. Raises StoreFault when it
        does not open or has another schema; then it is thrown away, to be fetched again.
        """
        with self._lock:
            if self._next is not None and self._next_id == snapshot and not ready.exists():
                return self._next
            self._discard_next()
            path = self.path(snapshot)
            for stray in self._strays(keep=snapshot):
                _remove(stray)
            self._counter.keep(_KEY + snapshot, key, sync=True)
            if ready.exists():
                _remove(path)
                ready.replace(path)
                sync_folder(self._folder)
            try:
                self._next = Replica(path, key, self._seal, self._turn)
            except StoreFault:
                _remove(path)
                self._counter.forget(_KEY + snapshot)
                raise
            self._next_id = snapshot
            return self._next

    def activate(self, carry: Iterable[Change] = ()) -> Replica:
        """Put the filled replica in use; the one before it is thrown away.

        `carry`: rows to take over first (own on-demand profiles). Raises StoreFault.
        """
        with self._lock:
            fresh = self._next
            if fresh is None:
                raise StoreFault(what="no_replica_begun")
            fresh.load(carry, {})
            fresh.generation = self._current.generation + 1
            write_durably(self._folder / POINTER, self._next_id.encode())
            gone, self._previous, self._current = self._previous, self._current, fresh
            self._next, self._next_id = None, ""
            self._counter.forget(_KEY + _id_of(self._previous.path))
        if gone is not None:
            gone.close()
            _remove(gone.path)
        return fresh

    def close(self) -> None:
        """Close both."""
        with self._lock:
            for replica in (self._next, self._previous, self._current):
                if replica is not None:
                    replica.close()
            if self._previous is not None:
                _remove(self._previous.path)

    def name_for(self, snapshot: str) -> str:
        """Name under which `snapshot` is filled: another one where it is in use already, so that it
        can be fetched again."""
        held = {replica.path for replica in (self._current, self._previous) if replica is not None}
        names = chain((snapshot,), (f"{snapshot}.{number}" for number in count(2)))
        return next(name for name in names if self.path(name) not in held)

    def path(self, snapshot: str) -> Path:
        """File of a snapshot's replica."""
        return self._folder / f"{PREFIX}{snapshot}.db"

    def _open_current(self) -> Replica:
        for path in self._folder.glob(f"{PREFIX}*.db"):
            if self._key_of(_id_of(path)) is None:
                _remove(path)
        pointer = self._folder / POINTER
        if pointer.exists():
            name = pointer.read_text().strip()
            key = self._key_of(name)
            try:
                if key is not None and self.path(name).exists():
                    return Replica(self.path(name), key, self._seal, self._turn)
            except OutdatedReplica:
                pass
            except StoreFault as fault:
                if fault.code not in ("store_damaged", "store_key_wrong"):
                    raise
            _remove(self.path(name))
        name = secrets.token_hex(8)
        key = secrets.token_bytes(KEY_BYTES)
        self._counter.keep(_KEY + name, key)
        made = Replica(self.path(name), key, self._seal, self._turn)
        write_durably(pointer, name.encode())
        return made

    def _key_of(self, name: str) -> bytes | None:
        return self._counter.value(_KEY + name)

    def _discard_next(self) -> None:
        if self._next is not None:
            self._next.close()
            _remove(self._next.path)
            self._next, self._next_id = None, ""

    def _strays(self, keep: str) -> list[Path]:
        mine = {self._current.path, self.path(keep)}
        if self._previous is not None:
            mine.add(self._previous.path)
        return [path for path in self._folder.glob(f"{PREFIX}*.db") if path not in mine]


def _id_of(path: Path) -> str:
    return path.name.removeprefix(PREFIX).removesuffix(".db")


def _remove(path: Path) -> None:
    """Delete a replica; what the system still holds open goes at a later start."""
    for suffix in _SUFFIXES:
        with suppress(PermissionError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
