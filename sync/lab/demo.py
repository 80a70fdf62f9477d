"""The chain one can try everything on: set up once in a folder, kept between runs."""

from __future__ import annotations

import asyncio
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Final

from sync.headoffice import service
from sync.headoffice.ledger_device import LedgerDevice
from sync.headoffice.seeding import Seeder
from sync.headoffice.setup import Setup
from sync.lab.chain import Chain
from sync.lab.chain_checks import check_chain
from sync.lab.reading import Source, setup_of, stop_if_wrong
from sync.lab.seeding import chain_description

MARK: Final = "demo-chain.sha256"


def read_chain(path: Path) -> Chain:
    """The chain of a file without a story. Raises ScenarioError."""
    source = Source(path)
    chain = setup_of([source])
    stop_if_wrong([source])
    check_chain(chain, [source])
    stop_if_wrong([source])
    return chain


def is_prepared(folder: Path, chain_file: Path) -> bool:
    """Whether `folder` holds a head office with this very chain."""
    mark = folder / MARK
    return mark.exists() and mark.read_text(encoding="ascii") == _digest(chain_file)


def prepare(folder: Path, chain_file: Path, now_ms: int) -> None:
    """Set up head office in `folder` with the chain of a file; what was there is thrown away.

    The mark is written last: a run that was interrupted begins again.
    """
    shutil.rmtree(folder, ignore_errors=True)
    chain = read_chain(chain_file)
    service.init(folder, now_ms)

    async def seed() -> None:
        async with service.opened(service.read_settings(folder)) as hq:
            ledger = LedgerDevice(hq.database, hq.keys, hq.poster, hq.random)
            seeder = Seeder(Setup(hq.database, hq.keys), ledger, hq.keys, hq.random)
            await seeder.seed(chain_description(chain, chain_file.parent), now_ms)

    asyncio.run(seed())
    (folder / MARK).write_text(_digest(chain_file), encoding="ascii")


def code(folder: Path, till: str, now_ms: int) -> str:
    """A one-time code for a till of the chain."""

    async def make() -> str:
        async with service.opened(service.read_settings(folder)) as hq:
            return await hq.enrolment.make_code(till, now_ms)

    return asyncio.run(make())


def _digest(chain_file: Path) -> str:
    names = sorted(chain_file.parent.glob("names.toml"))
    whole = b"".join(path.read_bytes() for path in [chain_file, *names])
    return sha256(whole).hexdigest()
