"""Head office's own journal: a device like a till's, whose entries stand for what it decides.

Its place is head office ("HQ"); every entry names the dealer and store it is about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from uuid import UUID

from sync.database.headoffice import directory, ledger
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Database, Session
from sync.domain.ids import RANDOM_BYTES, uuid7
from sync.domain.journal import Basis, Body, Moment, body_bytes, entry_hash
from sync.domain.lots import HEAD_OFFICE
from sync.domain.money import CNY
from sync.headoffice.enrolment import device_of, device_row
from sync.headoffice.keys import HeadOfficeKeys
from sync.headoffice.posting.push import Poster
from sync.headoffice.randomness import Randomness
from sync.protocol import codec, frames, wire
from sync.protocol.keys import Signer, agreement_public, sign_enrolment
from sync.protocol.messages import PushHeader, PushReply
from sync.protocol.records import EnrolmentRecord

ZONE: Final = "Asia/Shanghai"
OFFSET_MIN: Final = 480
BATCH: Final = wire.MAX_ENTRIES


@dataclass(slots=True)
class LedgerDevice:
    """Writes head office's own entries, one user at a time."""

    database: Database
    keys: HeadOfficeKeys
    poster: Poster
    random: Randomness
    _signer: Signer = field(init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._signer = Signer(self.keys.ledger_seed, HEAD_OFFICE)

    def moment(self, now_ms: int) -> Moment:
        """Time of an entry of head office."""
        return Moment(now_ms, OFFSET_MIN, "headoffice", 0, now_ms, 0)

    def basis(self) -> Basis:
        """Head office decides on its own books."""
        return Basis(self.poster.hq_epoch, 0, "online")

    def entry_id(self, now_ms: int) -> UUID:
        """A fresh entry id."""
        return uuid7(now_ms, self.random("entry", RANDOM_BYTES))

    async def post(
        self, bodies: Sequence[tuple[Body, Sequence[bytes]]], now_ms: int
    ) -> list[PushReply]:
        """Write and post entries (body, attachments), in batches; raises store errors."""
        async with self._turn:
            return await self._post(bodies, now_ms)

    async def _post(
        self, bodies: Sequence[tuple[Body, Sequence[bytes]]], now_ms: int
    ) -> list[PushReply]:
        device = await self._ready(now_ms)
        replies, seq, prev = [], device.head_seq, device.head_hash
        for start in range(0, len(bodies), BATCH):
            chunk = bodies[start : start + BATCH]
            first, entries = seq + 1, []
            for body, _ in chunk:
                seq += 1
                data = body_bytes(body)
                prev = entry_hash(device.device, device.epoch, seq, prev, data)
                entries.append((self._signer.sign(prev), data))
            blobs = {sha256(blob).digest(): blob for _, found in chunk for blob in found}
            header = PushHeader(
                1, device.device, device.epoch, first, len(entries), min(len(blobs), BATCH)
            )
            batch = frames.Batch(header, tuple(entries), blobs)
            replies.append(await self.poster.push(batch, now_ms))
        return replies

    async def _ready(self, now_ms: int) -> Device:
        """The device's row as it now stands, enrolled at first use."""

        async def work(session: Session) -> Device:
            epochs = await directory.epochs_of(session, HEAD_OFFICE)
            if epochs:
                return epochs[-1]
            signed = sign_enrolment(self.keys.signer("root"), self._record(now_ms))
            made = device_of(codec.decode(signed.data, EnrolmentRecord), signed)
            await directory.add_device(session, made, now_ms)
            await ledger.put_feed(session, [device_row(made)])
            return made

        return await self.database.writing(work)

    def _record(self, now_ms: int) -> EnrolmentRecord:
        return EnrolmentRecord(
            v=1,
            device=uuid7(now_ms, self.random("device", RANDOM_BYTES)),
            epoch=1,
            sign_key=self._signer.public,
            agree_key=agreement_public(self.keys.ledger_seed),
            dealer=HEAD_OFFICE,
            store=HEAD_OFFICE,
            store_group="",
            till=HEAD_OFFICE,
            store_name_zh="总部",
            store_name_en="Head office",
            zone=ZONE,
            offset_min=OFFSET_MIN,
            currency=CNY,
            prev_epoch_seq=0,
            prev_epoch_head=bytes(wire.HASH_BYTES),
            blocks=(),
            hq_epoch=self.poster.hq_epoch,
            hq_keys=self.keys.public(),
            hq_time_ms=now_ms,
        )
