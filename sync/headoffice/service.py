"""Head office as a whole: what `init` made, opened for serving or for a command."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync.database.headoffice import directory, opening
from sync.database.headoffice.sessions import Database, Session
from sync.headoffice import keys as key_files
from sync.headoffice.enrolment import Enrolment
from sync.headoffice.feed.pages import Feed
from sync.headoffice.feed.snapshots import Snapshots
from sync.headoffice.greeting import Greeter
from sync.headoffice.keys import HeadOfficeKeys
from sync.headoffice.online import Online
from sync.headoffice.posting.push import Poster
from sync.headoffice.randomness import Randomness, from_system

SETTINGS: Final = "headoffice.json"
DATABASE_FILE: Final = "headoffice.db"
HQ_EPOCH: Final = "hq_epoch"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where head office is. `database`: "sqlite" (a file in `folder`) or a postgresql:// address;
    `scenario`: injected time is taken, records say sandbox."""

    folder: Path
    database: str = "sqlite"
    scenario: bool = False


@dataclass(slots=True)
class HeadOffice:
    """Everything the routes and commands use."""

    settings: Settings
    keys: HeadOfficeKeys
    database: Database
    hq_epoch: int
    random: Randomness
    poster: Poster
    enrolment: Enrolment
    greeter: Greeter
    feed: Feed
    online: Online
    snapshots: Snapshots


def init(
    folder: Path,
    now_ms: int,
    *,
    database: str = "sqlite",
    host: str = "127.0.0.1",
    random: Randomness = from_system,
) -> str:
    """Make keys, certificate and database in `folder`; the certificate's SHA-256, hex.

    An existing head office is left as it is, its database brought to this release.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / SETTINGS).exists():
        key_files.save(folder, key_files.make(random))
        key_files.make_certificate(folder, host, now_ms)
        (folder / SETTINGS).write_text(json.dumps({"database": database}), encoding="utf-8")
    settings = read_settings(folder)
    asyncio.run(opening.migrate(_target(settings), key_files.load(folder).database_key))
    asyncio.run(_first_epoch(settings))
    return key_files.fingerprint(folder).hex()


def read_settings(folder: Path, *, scenario: bool = False) -> Settings:
    """Settings of a folder; FileNotFoundError when it was not set up."""
    kept = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    return Settings(folder, kept["database"], scenario)


@contextlib.asynccontextmanager
async def opened(settings: Settings, random: Randomness = from_system) -> AsyncIterator[HeadOffice]:
    """Head office on its database. Raises FileNotFoundError, SchemaError, UnavailableError."""
    keys = key_files.load(settings.folder)
    database = await opening.open_database(_target(settings), keys.database_key)
    try:
        async with database.reading() as session:
            kept = await directory.meta(session, HQ_EPOCH)
        hq_epoch = int(kept or b"1")
        poster = Poster(database, keys.signer("ack"), hq_epoch, keys.phone_key)
        yield HeadOffice(
            settings,
            keys,
            database,
            hq_epoch,
            random,
            poster,
            Enrolment(database, keys, hq_epoch, random, settings.scenario),
            Greeter(database, keys, poster, random),
            Feed(database, hq_epoch),
            Online(database, random, hq_epoch),
            Snapshots(database, keys, hq_epoch),
        )
    finally:
        await database.close()


def _target(settings: Settings) -> str | Path:
    if settings.database == "sqlite":
        return settings.folder / DATABASE_FILE
    return settings.database


async def _first_epoch(settings: Settings) -> None:
    keys = key_files.load(settings.folder)
    database = await opening.open_database(_target(settings), keys.database_key)

    async def work(session: Session) -> None:
        if await directory.meta(session, HQ_EPOCH) is None:
            await directory.put_meta(session, HQ_EPOCH, b"1")

    try:
        await database.writing(work)
    finally:
        await database.close()
