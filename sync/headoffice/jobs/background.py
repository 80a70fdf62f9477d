"""The jobs of a serving head office. None runs in a scenario: there nothing moves by itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

import structlog

from sync.database.headoffice.sessions import StoreError
from sync.headoffice.jobs.ending import end_levels, expire
from sync.headoffice.jobs.leasing import utc_day
from sync.headoffice.jobs.redriving import redrive
from sync.headoffice.jobs.verifying import verify

if TYPE_CHECKING:
    from sync.headoffice.service import HeadOffice

log = structlog.get_logger("headoffice.jobs")
EVERY_S: Final = 5.0
VERIFIED_AT_ONCE: Final = 2_000
REDRIVE_EACH: Final = 12  # rounds
END_EACH: Final = 720  # rounds: an hour


@contextlib.asynccontextmanager
async def background(head_office: HeadOffice) -> AsyncIterator[None]:
    """Run the jobs while the block lasts."""
    if head_office.settings.scenario:
        yield
        return
    task = asyncio.create_task(_rounds(head_office), name="headoffice-jobs")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _rounds(head_office: HeadOffice) -> None:
    number = 0
    while True:
        await asyncio.sleep(EVERY_S)
        number += 1
        now_ms = head_office.clock.now_ms()
        try:
            for device in await verify(head_office.database, now_ms, VERIFIED_AT_ONCE):
                log.error("a signature does not hold", till=device.till, epoch=device.epoch)
            if number == 1:  # a large chain has a replica file ready before a till asks
                await head_office.files.newest(now_ms)
            if number % END_EACH == 1:
                await end_levels(head_office, now_ms)
                await expire(head_office, now_ms)
                head_office.feed.wake()
            if await head_office.leasing.sweep(now_ms):
                head_office.feed.wake()
            if number % REDRIVE_EACH == 0:
                await head_office.losing.assign(utc_day(now_ms), now_ms)
                await redrive(head_office.database, head_office.poster, now_ms)
                head_office.feed.wake()
                await head_office.feed.sums.fold(head_office.database)
        except StoreError as error:
            log.warning("database", error=str(error))
