"""Feed pages: latest values after a cursor, cut where everything has surely been committed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from sync.database.headoffice import ledger, published
from sync.database.headoffice.published import FeedEntry
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Database, Session
from sync.headoffice.feed.rows import buckets_of
from sync.headoffice.feed.sums import FeedSums
from sync.headoffice.posting.sealing import ErasedError, unseal
from sync.protocol import wire
from sync.protocol.errors import GoneError
from sync.protocol.exchange import parse_cursor
from sync.protocol.messages import FeedItem, FeedKind, FeedPage, Op

LOOK_AGAIN_S: Final = 1.0  # another process may have published
ROOM_BYTES: Final = wire.MAX_PAGE_RAW_BYTES - 512 * 1024


class Feed:
    """Serves the feed of one head-office epoch."""

    def __init__(self, database: Database, hq_epoch: int) -> None:
        self._database, self._hq_epoch = database, hq_epoch
        self._changed = asyncio.Event()
        self.sums = FeedSums()

    def wake(self) -> None:
        """Something was published: long polls look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def page(
        self, device: Device, cursor: str, limit: int, wait_s: int, now_ms: int
    ) -> FeedPage:
        """Changes after `cursor` for that till; waits up to `wait_s` when there are none.

        Raises MalformedError("cursor"), GoneError("hq_epoch" | "cursor_ahead").
        """
        at = parse_cursor(cursor)
        if at.hq_epoch != self._hq_epoch:
            raise GoneError("hq_epoch", hq_epoch=self._hq_epoch)
        until = asyncio.get_running_loop().time() + wait_s
        while True:
            changed = self._changed
            found = await self._read(device, at.n, limit, now_ms)
            left = until - asyncio.get_running_loop().time()
            if found.items or not found.complete or left <= 0:
                return found
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(left, LOOK_AGAIN_S))

    async def _read(self, device: Device, after: int, limit: int, now_ms: int) -> FeedPage:
        visible = await self._database.last_visible("feed_n")
        if after > visible:
            raise GoneError("cursor_ahead", n=visible)
        async with self._database.reading() as session:
            found = await published.page(session, buckets_of(device), after, visible, limit)
            items = await feed_items(session, found)
            sums = await self.sums.at(session, visible) if len(found) < limit else ()
        items, cut = _bounded(items)
        more = cut or len(found) == limit
        upto = visible
        if more:  # what can no longer be read leaves no item, but is passed all the same
            upto = items[-1].n if cut else found[-1].n
        return FeedPage(
            self._hq_epoch,
            tuple(items),
            upto,
            not more,
            () if more else sums,
            behind=visible - upto,
            hq_time_ms=now_ms,
        )


async def feed_items(session: Session, found: Sequence[FeedEntry]) -> list[FeedItem]:
    """Rows as they travel; sealed profiles are opened, and left out when their key is gone."""
    sealed = [entry for entry in found if entry.kind == FeedKind.PROFILE]
    keys = await ledger.load_keys(session, [UUID(entry.key) for entry in sealed])
    items = []
    for entry in found:
        data = entry.data
        if entry.kind == FeedKind.PROFILE and entry.op == Op.PUT:
            member = UUID(entry.key)
            try:
                data = unseal(keys.get(member, b""), member, data)
            except ErasedError:
                continue
        items.append(item_of(entry, data))
    return items


def item_of(entry: FeedEntry, data: bytes) -> FeedItem:
    """A row as it travels."""
    if entry.op == Op.TOMB:
        return FeedItem(entry.n, entry.kind, entry.key, entry.ver, Op.TOMB)
    return FeedItem(entry.n, entry.kind, entry.key, entry.ver, Op.PUT, msgspec.Raw(data))


def _bounded(items: list[FeedItem]) -> tuple[list[FeedItem], bool]:
    """As many items as a page may hold, and whether some were left for the next."""
    room = ROOM_BYTES
    for index, item in enumerate(items):
        room -= len(bytes(item.data)) + 200
        if room < 0 and index:
            return items[:index], True
    return items, False
