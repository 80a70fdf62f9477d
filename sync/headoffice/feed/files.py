"""Ready replica files of all members and cards, the same bytes for every till.

One is made when a till asks and the newest is no longer fresh; until it is complete the one before
is served, and after that to whoever is in the middle of it. A chain of few rows has none.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog

from sync.database.headoffice import published
from sync.database.headoffice.sessions import Database
from sync.headoffice.feed import building
from sync.headoffice.feed.building import KINDS, Job, Made, told_path
from sync.headoffice.feed.rows import ALL
from sync.headoffice.randomness import Randomness
from sync.protocol import wire

log = structlog.get_logger("headoffice.feed")
FOLDER: Final = "snapshots"
LEAST_ROWS: Final = 20_000  # below, a till has loaded rows before a file is made
FRESH_MS: Final = 600_000
OLDEST_MS: Final = 24 * 3_600_000  # the feed brings what changed since, last values only
FIRST_WAIT_S: Final = 10.0
KEPT: Final = 2
PART_BYTES: Final = wire.MAX_PART_BYTES
KEY_BYTES: Final = 32
NAME_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a file that travel as one part."""

    path: Path
    offset: int
    size: int

    def read(self) -> bytes:
        """The bytes; OSError when the file is gone."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


@dataclass(frozen=True, slots=True)
class Ready:
    """A complete file under `key`. `n`: feed number it is complete up to."""

    name: str
    path: Path
    key: bytes
    n: int
    made_ms: int
    made: Made

    def pieces(self) -> Iterator[tuple[Piece, bytes]]:
        """Its parts in order, with their SHA-256."""
        offset = 0
        for size, digest in self.made.parts:
            yield Piece(self.path, offset, size), digest
            offset += size


class ReplicaFiles:
    """Keeps the newest file and the one before; makes the next in a process of its own."""

    def __init__(
        self,
        folder: Path,
        target: str | Path,
        database_key: bytes,
        database: Database,
        hq_epoch: int,
        random: Randomness,
    ) -> None:
        """`target`: where the process that builds finds the same database."""
        self.least_rows = LEAST_ROWS
        self._folder, self._target, self._database_key = folder / FOLDER, target, database_key
        self._database, self._hq_epoch, self._random = database, hq_epoch, random
        self._kept: list[Ready] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def building(self) -> bool:
        """Whether one is being made."""
        return self._task is not None

    async def newest(self, now_ms: int) -> Ready | None:
        """The newest file; None while the first is being made, or when there is to be none.

        Begins a new one when this is more than FRESH_MS old.
        """
        age = now_ms - self._kept[-1].made_ms if self._kept else OLDEST_MS + 1
        if age > FRESH_MS and self._task is None and await self._worth_it():
            self._begin(now_ms)
        if age > OLDEST_MS and self._task is not None:
            await asyncio.wait([self._task], timeout=FIRST_WAIT_S)
            age = now_ms - self._kept[-1].made_ms if self._kept else age
        return self._kept[-1] if age <= OLDEST_MS else None

    def _begin(self, now_ms: int) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._make(now_ms), name="snapshot")

    async def close(self) -> None:
        """Stop building and leave no file behind."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._forget(0)

    async def _worth_it(self) -> bool:
        async with self._database.reading() as session:
            kinds = [kind.value for kind in KINDS]
            return await published.at_least(session, kinds, ALL, self.least_rows)

    async def _make(self, now_ms: int) -> None:
        try:
            self._kept.append(await self._built(now_ms))
            self._forget(KEPT)
        except Exception:  # tills go on by rows; the next that asks tries again
            log.exception("no replica file was made")
        finally:
            self._task = None

    async def _built(self, now_ms: int) -> Ready:
        if not self._kept:
            self._sweep()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = self._random("snapshot", NAME_BYTES).hex()
        key = self._random("snapshot key", KEY_BYTES)
        path = self._folder / f"{name}.db"
        n = await self._database.last_visible("feed_n")
        job = Job(
            str(self._target), isinstance(self._target, Path), self._database_key, str(path), key,
            self._hq_epoch, n, PART_BYTES,
        )  # fmt: skip
        try:
            await _run(job)
            told = told_path(path)
            made = msgspec.json.decode(told.read_bytes(), type=Made)
            told.unlink()
        except BaseException:
            _remove(path)
            raise
        return Ready(name, path, key, n, now_ms, made)

    def _sweep(self) -> None:
        """Files of an earlier process: their keys are gone with it."""
        for stray in self._folder.glob("*"):
            _remove(stray)

    def _forget(self, keep: int) -> None:
        while len(self._kept) > keep:
            _remove(self._kept.pop(0).path)


async def _run(job: Job) -> None:
    """Build in another process; it ends with us."""
    process = await asyncio.to_thread(_started, job)
    try:
        code = await asyncio.to_thread(process.wait)
    finally:
        process.kill()  # nothing where it has ended
    if code:
        raise RuntimeError(f"building ended with {code}")


def _started(job: Job) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", building.__name__],
        stdin=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    if process.stdin is not None:
        with process.stdin as told:
            told.write(msgspec.json.encode(job))
    return process


def _remove(path: Path) -> None:
    """Delete a file; what is being read just then goes at a later start."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
