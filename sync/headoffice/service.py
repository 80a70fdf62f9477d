"""Head office as a whole: what `init` made, opened for serving or for a command."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync.database.headoffice import directory, opening
from sync.database.headoffice.sessions import Database, Session
from sync.headoffice import keys as key_files
from sync.headoffice.clearing.explaining import Explainer
from sync.headoffice.clearing.runs import Clearing
from sync.headoffice.enrolment import Enrolment
from sync.headoffice.feed.files import ReplicaFiles
from sync.headoffice.feed.pages import Feed
from sync.headoffice.feed.snapshots import Snapshots
from sync.headoffice.greeting import Greeter
from sync.headoffice.jobs.leasing import Leasing
from sync.headoffice.jobs.losing import Losing
from sync.headoffice.keys import HeadOfficeKeys
from sync.headoffice.ledger_device import LedgerDevice
from sync.headoffice.online import Online
from sync.headoffice.posting.push import Poster
from sync.headoffice.randomness import Randomness, from_system
from sync.headoffice.seeding import Seeder
from sync.headoffice.setup import Setup

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


class Clock:
    """What time it is at head office. It can be set in scenario mode only."""

    def __init__(self, *, scenario: bool) -> None:
        self._scenario = scenario
        self._set_ms: int | None = None

    def now_ms(self) -> int:
        """UTC milliseconds: the system's, or what was set."""
        return time.time_ns() // 1_000_000 if self._set_ms is None else self._set_ms

    def set(self, now_ms: int) -> None:
        """Set the time; raises RuntimeError outside scenario mode."""
        if not self._scenario:
            raise RuntimeError("head office takes no injected time outside a scenario")
        self._set_ms = now_ms


class HeadOffice:
    """Everything the routes and commands use, on one open database."""

    def __init__(
        self,
        settings: Settings,
        keys: HeadOfficeKeys,
        database: Database,
        hq_epoch: int,
        random: Randomness,
    ) -> None:
        self.settings, self.keys, self.database = settings, keys, database
        self.hq_epoch, self.random = hq_epoch, random
        self.clock = Clock(scenario=settings.scenario)
        self.poster = Poster(database, keys.signer("ack"), hq_epoch, keys.phone_key)
        self.enrolment = Enrolment(database, keys, hq_epoch, random, settings.scenario)
        self.greeter = Greeter(database, keys, self.poster, random)
        self.feed = Feed(database, hq_epoch)
        self.online = Online(database, random, hq_epoch)
        self.files = ReplicaFiles(
            settings.folder, _target(settings), keys.database_key, database, hq_epoch, random
        )
        self.snapshots = Snapshots(database, keys, hq_epoch, self.files, random)
        self.setup = Setup(database, keys)
        self.ledger = LedgerDevice(database, keys, self.poster, random)
        self.seeder = Seeder(self.setup, self.ledger, keys, random)
        self.leasing = Leasing(database, self.poster, random)
        self.losing = Losing(database, self.poster, self.ledger)
        self.clearing = Clearing(database, keys)
        self.explainer = Explainer(database, self.clearing)


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
    if not (folder / key_files.FILE).exists():
        key_files.save(folder, key_files.make(random))
    if not (folder / key_files.CERTIFICATE).exists():
        key_files.make_certificate(folder, host, now_ms)
    if not (folder / SETTINGS).exists():
        (folder / SETTINGS).write_text(json.dumps({"database": database}), encoding="utf-8")
    settings = read_settings(folder)
    asyncio.run(_bring_up(settings))
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
        office = HeadOffice(settings, keys, database, int(kept or b"1"), random)
        try:
            yield office
        finally:
            await office.snapshots.close()
    finally:
        await database.close()


def _target(settings: Settings) -> str | Path:
    if settings.database == "sqlite":
        return settings.folder / DATABASE_FILE
    return settings.database


async def _bring_up(settings: Settings) -> None:
    keys = key_files.load(settings.folder)
    await opening.migrate(_target(settings), keys.database_key)
    database = await opening.open_database(_target(settings), keys.database_key)

    async def work(session: Session) -> None:
        if await directory.meta(session, HQ_EPOCH) is None:
            await directory.put_meta(session, HQ_EPOCH, b"1")

    try:
        await database.writing(work)
    finally:
        await database.close()
