"""First contact: everything up to one feed number, in hashed parts that can be fetched again.

Global parts come first (block list, programmes, roster of the store, device keys, products), then
members, cards and aliases, then profiles of the store's group. Global parts and profiles are feed
pages read when a till asks; members are the same bytes for every till: feed pages (form rows), or
the pieces of a ready replica file (form sqlcipher). What is newer than `n` is repeated by the feed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from sync.database.headoffice import published
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Database
from sync.database.till.replica_file import SCHEMA
from sync.headoffice.errors import NotFoundError
from sync.headoffice.feed.files import Piece, Ready, ReplicaFiles
from sync.headoffice.feed.pages import feed_items
from sync.headoffice.feed.rows import ALL, group_bucket, store_bucket
from sync.headoffice.keys import HeadOfficeKeys
from sync.headoffice.randomness import Randomness
from sync.protocol import codec
from sync.protocol.keys import seal, sign_document
from sync.protocol.messages import FeedItem, FeedKind, FeedPage, SnapshotReply
from sync.protocol.records import (
    PURPOSE_MANIFEST,
    SEAL_SNAPSHOT,
    Form,
    Manifest,
    Part,
    Scope,
)

FRESH_MS: Final = 600_000
KEPT: Final = 64
PART_ITEMS: Final = 500
SEED_BYTES: Final = 32
BLOCKS: Final = (FeedKind.BLOCK,)
RULES: Final = (
    FeedKind.PROGRAMME, FeedKind.ROSTER, FeedKind.DEVICE, FeedKind.PRODUCT, FeedKind.DOCUMENT,
    FeedKind.LOCAL,
)  # fmt: skip
PEOPLE: Final = (FeedKind.MEMBER, FeedKind.CARD, FeedKind.ALIAS)
PROFILES: Final = (FeedKind.PROFILE,)


class _Listed(NamedTuple):
    """A part to be: its bytes or where they are, their hash, and how many rows they hold."""

    scope: Scope
    held: bytes | Piece
    sha256: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A manifest with its parts. `key`: of form sqlcipher."""

    manifest: Manifest
    parts: tuple[bytes | Piece, ...]
    key: bytes = b""


@dataclass(frozen=True, slots=True)
class _People:
    """Members as rows, shared by all tills."""

    n: int
    made_ms: int
    parts: tuple[_Listed, ...]


class Snapshots:
    """Makes manifests and keeps the latest of them with their parts."""

    def __init__(
        self,
        database: Database,
        keys: HeadOfficeKeys,
        hq_epoch: int,
        files: ReplicaFiles,
        random: Randomness,
    ) -> None:
        self._database, self._keys, self._hq_epoch = database, keys, hq_epoch
        self._files, self._random = files, random
        self._kept: dict[str, Snapshot] = {}
        self._people: _People | None = None
        self._building = asyncio.Lock()

    async def manifest(
        self, device: Device, now_ms: int, form: Form = Form.ROWS, schema: int = 0
    ) -> SnapshotReply:
        """Signed manifest of a snapshot for that till.

        `form`: what the till would rather have; a file only where there is one of its `schema`.
        """
        ready = None
        if form is Form.SQLCIPHER and schema == SCHEMA:
            ready = await self._files.newest(now_ms)
        async with self._building:
            made = self._fresh(device, now_ms, ready) or await self._build(device, now_ms, ready)
        data = codec.canonical_bytes(made.manifest)
        signed = sign_document(self._keys.signer("snapshot"), PURPOSE_MANIFEST, data)
        if not made.key:
            return SnapshotReply(signed)
        sealed = seal(device.agree_key, SEAL_SNAPSHOT, made.key, self._random("seal", SEED_BYTES))
        return SnapshotReply(signed, sealed)

    async def part(self, device: Device, snapshot: str, index: int) -> bytes:
        """Bytes of a part; NotFoundError("snapshot") when it is no longer kept or another's."""
        made = self._kept.get(snapshot)
        if made is None or not 0 <= index < len(made.parts) or not _serves(snapshot, device):
            raise NotFoundError("snapshot")
        held = made.parts[index]
        if isinstance(held, bytes):
            return held
        try:
            return await asyncio.to_thread(held.read)
        except OSError:
            raise NotFoundError("snapshot") from None

    async def close(self) -> None:
        """Let go of the files."""
        await self._files.close()

    def _fresh(self, device: Device, now_ms: int, ready: Ready | None) -> Snapshot | None:
        """A kept snapshot that may be given again: of the same file, or of rows."""
        for name, made in self._kept.items():
            same = made.key == (ready.key if ready else b"")
            young = 0 <= now_ms - made.manifest.made_ms <= FRESH_MS
            if same and young and _serves(name, device):
                return made
        return None

    async def _build(self, device: Device, now_ms: int, ready: Ready | None) -> Snapshot:
        visible = await self._database.last_visible("feed_n")
        parts: list[_Listed] = []
        store = [ALL, store_bucket(device.store)]
        for kinds, buckets in ((BLOCKS, [ALL]), (RULES, store)):
            parts += [p async for p in self._pages(Scope.GLOBAL, kinds, buckets, visible)]
        if not parts:
            parts.append(_listed(Scope.GLOBAL, self._page((), visible), 0))
        if ready is None:
            people = await self._rows(now_ms, visible)
            n, scope = people.n, Scope.MEMBERS
            parts += people.parts
        else:
            n, scope = ready.n, Scope.PROFILES
            parts += [_Listed(Scope.MEMBERS, *piece, 0) for piece in ready.pieces()]
        group = [group_bucket(device.store_group)]
        parts += [p async for p in self._pages(scope, PROFILES, group, visible)]
        made = self._assemble(device, n, parts, now_ms, ready)
        self._kept[made.manifest.snapshot] = made
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return made

    async def _rows(self, now_ms: int, visible: int) -> _People:
        """Members as feed pages, at most ten minutes old."""
        kept = self._people
        if kept is None or not 0 <= now_ms - kept.made_ms <= FRESH_MS:
            pages = [p async for p in self._pages(Scope.MEMBERS, PEOPLE, [ALL], visible)]
            kept = self._people = _People(visible, now_ms, tuple(pages))
        return kept

    async def _pages(
        self, scope: Scope, kinds: tuple[FeedKind, ...], buckets: list[str], upto: int
    ) -> AsyncIterator[_Listed]:
        """Feed pages of live rows up to `upto`, in order of n."""
        after = 0
        while True:
            async with self._database.reading() as session:
                found = await published.rows_of(
                    session, [kind.value for kind in kinds], buckets, after, upto, PART_ITEMS
                )
                items = tuple(await feed_items(session, found))
            if items:
                data = await asyncio.to_thread(self._page, items, upto)
                yield _listed(scope, data, len(items))
            if len(found) < PART_ITEMS:
                return
            after = found[-1].n

    def _page(self, items: tuple[FeedItem, ...], upto: int) -> bytes:
        return codec.encode_page(FeedPage(self._hq_epoch, items, upto, complete=False))

    def _assemble(
        self, device: Device, n: int, parts: list[_Listed], now_ms: int, ready: Ready | None
    ) -> Snapshot:
        listed = tuple(
            Part(index, part.scope, _size(part.held), part.sha256, part.rows)
            for index, part in enumerate(parts)
        )
        mark = sha256(b"".join(part.sha256 for part in parts)).hexdigest()[:16]
        name = f"{self._hq_epoch}-{n}-{mark}-{_owner(device)}"
        form, schema = (Form.ROWS, 0) if ready is None else (Form.SQLCIPHER, SCHEMA)
        manifest = Manifest(1, name, self._hq_epoch, n, form, schema, now_ms, listed)
        held = tuple(part.held for part in parts)
        return Snapshot(manifest, held, ready.key if ready else b"")


def _listed(scope: Scope, data: bytes, rows: int) -> _Listed:
    return _Listed(scope, data, sha256(data).digest(), rows)


def _size(held: bytes | Piece) -> int:
    return len(held) if isinstance(held, bytes) else held.size


def _owner(device: Device) -> str:
    """A name for the store that is safe in an address."""
    return sha256(f"{device.store}\0{device.store_group}".encode()).hexdigest()[:16]


def _serves(name: str, device: Device) -> bool:
    return name.endswith(f"-{_owner(device)}")
