"""Tills join: one-time codes, device epochs, the signed enrolment record (sync-ledger.md 2.9)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from sync.database.headoffice import directory, ledger
from sync.database.headoffice.directory import Code, Lane
from sync.database.headoffice.rows import Device, FeedRow
from sync.database.headoffice.sessions import Database, Session
from sync.domain.cards import Block
from sync.domain.ids import RANDOM_BYTES, uuid7
from sync.domain.money import CNY
from sync.headoffice.errors import NotFoundError
from sync.headoffice.feed.rows import put_row
from sync.headoffice.guesses import Guesses
from sync.headoffice.keys import HeadOfficeKeys
from sync.headoffice.randomness import Randomness
from sync.protocol import codec, keys, wire
from sync.protocol.errors import ProtocolError, UntrustedError
from sync.protocol.messages import EnrolAsk, EnrolChallenge, EnrolReply, FeedKind
from sync.protocol.records import SEAL_SECRETS, ChainSecrets, DeviceKey, EnrolmentRecord, Signed
from sync.protocol.requests import check_nonce, make_nonce

CODE_TTL_MS: Final = 600_000
MAX_TRIES: Final = 5
NOBODY: Final = UUID(int=0)
_NO_HASH: Final = bytes(wire.HASH_BYTES)
_NONCE_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Hands out codes and takes tills in. `sandbox`: records say that nothing here is for real."""

    database: Database
    keys: HeadOfficeKeys
    hq_epoch: int
    random: Randomness
    sandbox: bool = False
    guesses: Guesses = field(default_factory=Guesses)

    async def make_code(self, till: str, now_ms: int) -> str:
        """A code for `till`: 13 characters, 65 bits, ten minutes, one use.

        Raises NotFoundError("till").
        """
        bits = int.from_bytes(self.random("code", 9), "big")
        code = "".join(wire.CROCKFORD[bits >> 5 * n & 31] for n in range(wire.ENROL_CODE_CHARS))

        async def work(session: Session) -> None:
            if await directory.lane(session, till) is None:
                raise NotFoundError("till", till=till)
            kept = Code(_hash(code), till, now_ms + CODE_TTL_MS, 0, None, None)
            await directory.put_code(session, kept)

        await self.database.writing(work)
        return code

    def begin(self, now_ms: int) -> EnrolChallenge:
        """The nonce a joining till proves its key over."""
        random = self.random("nonce", _NONCE_BYTES)
        nonce = make_nonce(self.keys.nonce_key, NOBODY, now_ms // 1000, random)
        return EnrolChallenge(nonce, now_ms)

    async def enrol(self, ask: EnrolAsk, now_ms: int, who: str = "") -> EnrolReply:
        """Take a till in under its next epoch; the same ask again gets the same answer. `who`: the
        address that asks.

        Raises UntrustedError("code_wrong" | "code_used" | "code_expired" | "nonce" | "possession")
        and MalformedError("agreement_key"), and TooManyError after ten wrong codes in a minute.
        """
        fault: ProtocolError | None = None
        self.guesses.check(who, now_ms)

        async def work(session: Session) -> EnrolReply | None:
            nonlocal fault
            kept = await directory.code(session, _hash(ask.code))
            if kept is None:
                raise UntrustedError("code_wrong")
            asker = sha256(ask.sign_key + ask.agree_key).digest()
            if kept.used_by == asker and kept.reply is not None:
                return msgspec.json.decode(kept.reply, type=EnrolReply)
            if kept.used_by is not None or kept.tries >= MAX_TRIES:
                raise UntrustedError("code_used")
            if now_ms > kept.expires_ms:
                raise UntrustedError("code_expired")
            try:
                self._check(ask, now_ms)
            except ProtocolError as error:  # counted, so that it has to be committed
                fault = error
                await directory.put_code(session, replace(kept, tries=kept.tries + 1))
                return None
            reply = await self._join(session, ask, kept.till, now_ms)
            done = replace(kept, used_by=asker, reply=msgspec.json.encode(reply))
            await directory.put_code(session, done)
            return reply

        try:
            reply = await self.database.writing(work)
        except UntrustedError as error:
            if error.code == "code_wrong":
                self.guesses.wrong(who, now_ms)
            raise
        if reply is None:
            raise fault or UntrustedError("possession")
        return reply

    def _check(self, ask: EnrolAsk, now_ms: int) -> None:
        ttl_s = CODE_TTL_MS // 1000
        check_nonce(self.keys.nonce_key, NOBODY, ask.nonce, now_ms // 1000, ttl_s)
        keys.check_possession(ask.code, ask.nonce, ask.sign_key, ask.agree_key, ask.proof)
        self._sealed(ask)

    def _sealed(self, ask: EnrolAsk) -> bytes:
        secrets = ChainSecrets(self.keys.token_key, self.keys.phone_key)
        ephemeral = self.random("seal", keys.SEED_BYTES)
        return keys.seal(ask.agree_key, SEAL_SECRETS, codec.encode(secrets), ephemeral)

    async def _join(self, session: Session, ask: EnrolAsk, till: str, now_ms: int) -> EnrolReply:
        lane = await directory.lane(session, till, lock=True)
        if lane is None:
            raise NotFoundError("till", till=till)
        epochs = await directory.epochs_of(session, till)
        last = epochs[-1] if epochs else None
        which = last.device if last else uuid7(now_ms, self.random("device", RANDOM_BYTES))
        record = self._record(ask, lane, which, last, now_ms)
        signed = keys.sign_enrolment(self.keys.signer("root"), record)
        for old in epochs:
            if old.state == "active":
                await ledger.set_state(session, old.device, old.epoch, "closed")
        await directory.add_device(session, device_of(record, signed), now_ms)
        feed = [device_row(old, revoked=True) for old in epochs]
        feed.append(device_row(device_of(record, signed)))
        await ledger.put_feed(session, feed)
        return EnrolReply(signed, self._sealed(ask))

    def _record(
        self, ask: EnrolAsk, lane: Lane, which: UUID, last: Device | None, now_ms: int
    ) -> EnrolmentRecord:
        blocks = (Block(lane.first_serial, lane.last_serial),) if lane.last_serial else ()
        return EnrolmentRecord(
            v=1,
            device=which,
            epoch=last.epoch + 1 if last else 1,
            sign_key=ask.sign_key,
            agree_key=ask.agree_key,
            dealer=lane.dealer,
            store=lane.store,
            store_group=lane.store_group,
            till=lane.till,
            store_name_zh=lane.name_zh,
            store_name_en=lane.name_en,
            zone=lane.zone,
            offset_min=offset_of(lane.zone, now_ms),
            currency=CNY,
            prev_epoch_seq=last.head_seq if last else 0,
            prev_epoch_head=last.head_hash if last else _NO_HASH,
            blocks=blocks,
            hq_epoch=self.hq_epoch,
            hq_keys=self.keys.public(),
            hq_time_ms=now_ms,
            sandbox=self.sandbox,
        )


def device_of(record: EnrolmentRecord, signed: Signed) -> Device:
    """The row of a new epoch; its chain starts at the record's hash."""
    genesis = keys.genesis(signed)
    return Device(
        record.device, record.epoch, record.till, record.store, record.dealer, record.store_group,
        record.sign_key, record.agree_key, msgspec.json.encode(signed), genesis, 0, genesis, 0,
        "active",
    )  # fmt: skip


def device_row(device: Device, *, revoked: bool = False) -> FeedRow:
    """A till's public key for all tills."""
    row = DeviceKey(
        device.device, device.epoch, device.sign_key, device.store, device.till, revoked=revoked
    )
    return put_row(FeedKind.DEVICE, f"{device.device}:{device.epoch}", row)


def offset_of(zone: str, now_ms: int) -> int:
    """Minutes east of UTC in `zone` at that time."""
    offset = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return (offset or timedelta()) // timedelta(minutes=1)


def code_for_eyes(code: str) -> str:
    """The code in groups: ABCD-EFGHJ-KMNP."""
    return f"{code[:4]}-{code[4:9]}-{code[9:]}"


def _hash(code: str) -> bytes:
    return sha256(code.encode()).digest()
