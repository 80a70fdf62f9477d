"""Builds a ready replica file in a process of its own, so that serving never waits for it.

Run as a module: the job comes as JSON on standard input (keys are on no command line), what was
made is left as JSON beside the file.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from sync.database.headoffice import opening, published
from sync.database.headoffice.sessions import Database
from sync.database.till.replica_file import ReplicaFile
from sync.domain.cards import Card
from sync.domain.members import LightRow
from sync.headoffice.feed.rows import ALL
from sync.protocol.messages import AliasRow, FeedKind

AT_ONCE: Final = 5_000
KINDS: Final = (FeedKind.MEMBER, FeedKind.CARD, FeedKind.ALIAS)
_NICE: Final = 10


class Job(msgspec.Struct, frozen=True):
    """What to build. `database`: file (`embedded`) or address; `n`: feed number it is complete up
    to."""

    database: str
    embedded: bool
    database_key: bytes
    path: str
    key: bytes
    hq_epoch: int
    n: int
    part_bytes: int


class Made(msgspec.Struct, frozen=True):
    """A finished file: size and SHA-256 of each of its parts."""

    rows: int
    parts: tuple[tuple[int, bytes], ...]


def told_path(path: Path) -> Path:
    """Where `Made` is left for a file."""
    return path.with_suffix(".made")


async def build(job: Job) -> Made:
    """Write the file of a job and say what is in it. Raises StoreError, StoreFault, OSError.

    Rows are read by key: none is missed that was there at `n`; one that is newer brings its own
    version, which the feed then repeats.
    """
    target = Path(job.database) if job.embedded else job.database
    database = await opening.open_database(target, job.database_key)
    try:
        made = ReplicaFile(Path(job.path), job.key)
        try:
            await _copy(database, FeedKind.MEMBER, LightRow, made.members)
            await _copy(database, FeedKind.CARD, Card, made.cards)
            await _copy(database, FeedKind.ALIAS, AliasRow, made.aliases)
            rows = made.finish(job.hq_epoch, job.n)
        finally:
            made.close()
    finally:
        await database.close()
    return Made(rows, tuple(_hashed(Path(job.path), job.part_bytes)))


async def _copy(
    database: Database,
    kind: FeedKind,
    type_: type[Any],
    put: Callable[[Iterable[tuple[Any, int]]], None],
) -> None:
    decode = msgspec.json.Decoder(type_).decode
    after = ""
    while True:
        async with database.reading() as session:
            found = await published.rows_by_key(session, kind.value, ALL, after, AT_ONCE)
        put((decode(row.data), row.ver) for row in found)
        if len(found) < AT_ONCE:
            return
        after = found[-1].key


def _hashed(path: Path, part_bytes: int) -> Iterable[tuple[int, bytes]]:
    with path.open("rb") as file:
        while data := file.read(part_bytes):
            yield len(data), sha256(data).digest()


def main() -> None:
    """Do the job on standard input."""
    with suppress(AttributeError, OSError):  # not on every system; tills are served first
        os.nice(_NICE)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    made = asyncio.run(build(job))
    told_path(Path(job.path)).write_bytes(msgspec.json.encode(made))


if __name__ == "__main__":
    main()
