"""First contact: everything up to one feed number, in hashed parts that can be fetched again.

Global parts come first (block list, programmes, roster of the store, device keys, products), then
members and cards, then profiles of the store's group. Parts of members and cards are the same bytes
for every till. Form rows: each part is a feed page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sync.database.headoffice import published
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Database
from sync.headoffice.errors import NotFoundError
from sync.headoffice.feed.pages import feed_items
from sync.headoffice.feed.rows import ALL, group_bucket, store_bucket
from sync.headoffice.keys import HeadOfficeKeys
from sync.protocol import codec
from sync.protocol.keys import sign_document
from sync.protocol.messages import FeedKind, FeedPage, SnapshotReply
from sync.protocol.records import PURPOSE_MANIFEST, Form, Manifest, Part, Scope

FRESH_MS: Final = 600_000
KEPT: Final = 8
PART_ITEMS: Final = 500
BLOCKS: Final = (FeedKind.BLOCK,)
RULES: Final = (FeedKind.PROGRAMME, FeedKind.ROSTER, FeedKind.DEVICE, FeedKind.PRODUCT)
PEOPLE: Final = (FeedKind.MEMBER, FeedKind.CARD, FeedKind.ALIAS)
PROFILES: Final = (FeedKind.PROFILE,)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A manifest with the bytes of its parts."""

    manifest: Manifest
    parts: tuple[bytes, ...]


class Snapshots:
    """Builds snapshots and keeps the latest few in memory."""

    def __init__(self, database: Database, keys: HeadOfficeKeys, hq_epoch: int) -> None:
        self._database, self._keys, self._hq_epoch = database, keys, hq_epoch
        self._kept: dict[str, Snapshot] = {}
        self._shared: dict[int, list[tuple[bytes, int]]] = {}
        self._building = asyncio.Lock()

    async def manifest(self, device: Device, now_ms: int) -> SnapshotReply:
        """Signed manifest of a snapshot for that till, at most ten minutes old."""
        async with self._building:
            made = self._fresh(device, now_ms) or await self._build(device, now_ms)
        data = codec.canonical_bytes(made.manifest)
        return SnapshotReply(sign_document(self._keys.signer("snapshot"), PURPOSE_MANIFEST, data))

    def part(self, device: Device, snapshot: str, index: int) -> bytes:
        """Bytes of a part; NotFoundError("snapshot") when it is no longer kept or another's."""
        made = self._kept.get(snapshot)
        if made is None or not 0 <= index < len(made.parts) or not _serves(snapshot, device):
            raise NotFoundError("snapshot")
        return made.parts[index]

    def _fresh(self, device: Device, now_ms: int) -> Snapshot | None:
        for name, made in self._kept.items():
            if _serves(name, device) and 0 <= now_ms - made.manifest.made_ms <= FRESH_MS:
                return made
        return None

    async def _build(self, device: Device, now_ms: int) -> Snapshot:
        n = await self._database.last_visible("feed_n")
        store = [ALL, store_bucket(device.store)]
        parts: list[tuple[Scope, bytes, int]] = []
        for kinds, buckets in ((BLOCKS, [ALL]), (RULES, store)):
            async for data, count in self._pages(kinds, buckets, n):
                parts.append((Scope.GLOBAL, data, count))
        if n not in self._shared:
            self._shared = {n: [page async for page in self._pages(PEOPLE, [ALL], n)]}
        parts += [(Scope.MEMBERS, data, count) for data, count in self._shared[n]]
        async for data, count in self._pages(PROFILES, [group_bucket(device.store_group)], n):
            parts.append((Scope.MEMBERS, data, count))
        made = self._assemble(_name(self._hq_epoch, n, device), n, parts, now_ms)
        self._kept[made.manifest.snapshot] = made
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return made

    async def _pages(
        self, kinds: tuple[FeedKind, ...], buckets: list[str], upto: int
    ) -> AsyncIterator[tuple[bytes, int]]:
        """Feed pages of live rows up to `upto`, in order of n, with the number of their rows."""
        after = 0
        while True:
            async with self._database.reading() as session:
                found = await published.rows_of(
                    session, [kind.value for kind in kinds], buckets, after, upto, PART_ITEMS
                )
                items = await feed_items(session, found)
            if items:
                page = FeedPage(self._hq_epoch, tuple(items), upto, complete=False)
                yield await asyncio.to_thread(codec.encode_page, page), len(items)
            if len(found) < PART_ITEMS:
                return
            after = found[-1].n

    def _assemble(
        self, name: str, n: int, parts: list[tuple[Scope, bytes, int]], now_ms: int
    ) -> Snapshot:
        if not parts or parts[0][0] is not Scope.GLOBAL:
            empty = codec.encode_page(FeedPage(self._hq_epoch, (), n, complete=False))
            parts.insert(0, (Scope.GLOBAL, empty, 0))
        listed = tuple(
            Part(index, scope, len(data), sha256(data).digest(), count)
            for index, (scope, data, count) in enumerate(parts)
        )
        manifest = Manifest(1, name, self._hq_epoch, n, Form.ROWS, 0, now_ms, listed)
        return Snapshot(manifest, tuple(data for _, data, _ in parts))


def _name(hq_epoch: int, n: int, device: Device) -> str:
    return f"{hq_epoch}-{n}-{_owner(device)}"


def _owner(device: Device) -> str:
    """A name for the store that is safe in an address."""
    return sha256(f"{device.store}\0{device.store_group}".encode()).hexdigest()[:16]


def _serves(name: str, device: Device) -> bool:
    return name.endswith(f"-{_owner(device)}")
