"""A push: what is new of it is checked, posted and acknowledged in one transaction.

The reply to the same batch is the same, however often and however cut it comes. Only a gap, a fork,
a broken chain or a bad signature stops the acknowledgement (golden case 13).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from sync.database.headoffice import directory, ledger, originals, records
from sync.database.headoffice.rows import Device, Recorded
from sync.database.headoffice.sessions import Database, Session
from sync.domain import programme as programmes
from sync.domain.journal import Entry
from sync.domain.lots import Allocation
from sync.domain.posting import Result
from sync.domain.programme import Programme
from sync.headoffice.errors import ForkError
from sync.headoffice.posting.again import arrivals, following, owners
from sync.headoffice.posting.reading import Reading, needs_of, read
from sync.headoffice.posting.recording import keys_needed
from sync.headoffice.posting.run import Basis, PoisonedError, Run
from sync.protocol import frames
from sync.protocol.errors import GapError, UntrustedError
from sync.protocol.keys import Signer, countersign, holds, signed_prefix
from sync.protocol.messages import AllocationNote, PushReply, PushResult, PushStatus

log = structlog.get_logger("headoffice.posting")
TURN_ENTRIES: Final = 64  # so many entries are posted before others get a turn of the event loop


@dataclass(frozen=True, slots=True)
class Committed:
    """What a push left behind: where the device's chain now ends, and all results in seq order."""

    device: Device
    head_seq: int
    head_hash: bytes
    results: tuple[PushResult, ...]
    created: int


@dataclass(slots=True)
class Shelf:
    """Programmes and store groups in memory, read again when there is a new programme."""

    mark: bytes | None = b""
    programmes: tuple[Programme, ...] = ()
    groups: dict[str, str] = field(default_factory=dict)

    async def refresh(self, session: Session) -> None:
        """Bring it up to date; asks one cheap question when it is."""
        mark = await directory.setup_mark(session)
        if mark != self.mark:
            kept = await directory.programmes(session)
            self.programmes = tuple(programmes.from_bytes(data) for _, data, _, _ in kept)
            self.groups = await ledger.load_groups(session)
            self.mark = mark


class Poster:
    """Posts batches into one database. `signer`: the acknowledgement key."""

    def __init__(self, database: Database, signer: Signer, hq_epoch: int, phone_key: bytes) -> None:
        self._database, self._signer = database, signer
        self.hq_epoch = hq_epoch
        self._phone_key = phone_key
        self.shelf = Shelf()

    async def push(self, batch: frames.Batch, now_ms: int) -> PushReply:
        """Post a decoded push and countersign where the device's chain now ends.

        Raises UntrustedError (unknown device, nothing in it is signed), GapError, ForkError, and
        store errors.
        """
        done = await self.commit(batch, now_ms)
        device = done.device
        ack = countersign(
            self._signer, device.device, device.epoch, done.head_seq, done.head_hash,
            self.hq_epoch, now_ms,
        )  # fmt: skip
        return PushReply(done.results, ack)

    async def commit(self, batch: frames.Batch, now_ms: int) -> Committed:
        """Post a decoded push; everything but the countersignature."""
        poisoned: frozenset[bytes] = frozenset()
        while True:
            try:
                work = _Push(self, batch, now_ms, poisoned)
                done = await self._database.writing(work.run)
            except PoisonedError as error:
                log.exception("posting broke on an entry", entry_hash=error.entry_hash.hex())
                poisoned |= {error.entry_hash}
                continue
            if work.fork is not None:
                raise ForkError(work.fork)
            return done

    async def basis(self, session: Session, now_ms: int) -> Basis:
        """What entries are decided with."""
        await self.shelf.refresh(session)
        return Basis(self.shelf.programmes, self.shelf.groups, self._phone_key, now_ms)


class _Push:
    """One batch in one transaction; run again from the start when that is retried."""

    def __init__(
        self, poster: Poster, batch: frames.Batch, now_ms: int, poisoned: frozenset[bytes]
    ) -> None:
        self._poster, self._batch, self._now_ms = poster, batch, now_ms
        self._poisoned = poisoned
        self.fork: int | None = None

    async def run(self, session: Session) -> Committed:
        """Lock the device, sort out what is known, post what is new."""
        head = self._batch.header
        device = await ledger.device(session, head.device, head.epoch, lock=True)
        if device is None:
            raise UntrustedError("key_unknown")
        if device.state == "forked":
            raise ForkError(device.head_seq)
        if head.from_seq > device.head_seq + 1:
            raise GapError(device.head_seq + 1)
        known = await ledger.recorded(
            session, head.device, head.epoch, head.from_seq - 1, self._batch.last_seq
        )
        entries = frames.entries_of(self._batch, _prev(device, known, head.from_seq))
        overlap = [record for record in known if record.seq >= head.from_seq]
        if await self._forked(session, device, entries, overlap):
            return Committed(device, device.head_seq, device.head_hash, (), 0)
        results = await _repeated(session, overlap)
        new = entries[len(overlap) :]
        new = new[: signed_prefix(new, device.sign_key)]
        if not new:
            if not overlap:
                raise UntrustedError("signature")
            return Committed(device, device.head_seq, device.head_hash, tuple(results), 0)
        results += [_result(made) for made in await self._post(session, device, new)]
        return Committed(device, new[-1].seq, new[-1].hash, tuple(results), len(new))

    async def _forked(
        self, session: Session, device: Device, entries: Sequence[Entry], known: Sequence[Recorded]
    ) -> bool:
        """Two signed entries under one identity stop the device; an unsigned one is only damage."""
        for entry, record in zip(entries, known, strict=False):
            if entry.hash == record.hash:
                continue
            if not holds(device.sign_key, entry.hash, entry.signature):
                raise UntrustedError("signature")
            await ledger.set_state(session, device.device, device.epoch, "forked")
            row = (
                device.device.bytes, device.epoch, entry.seq, "fork", None, self._now_ms, "open",
                f"{record.hash.hex()} {entry.hash.hex()}",
            )  # fmt: skip
            await session.write(ledger.ADD_EXCEPTIONS, [row])
            self.fork = entry.seq
            return True
        return False

    async def _post(
        self, session: Session, device: Device, new: Sequence[Entry]
    ) -> Sequence[Result]:
        readings: list[Reading] = []
        for start in range(0, len(new), TURN_ENTRIES):
            readings += [read(e, self._poisoned) for e in new[start : start + TURN_ENTRIES]]
            await asyncio.sleep(0)
        needs = needs_of(readings)
        waiting = await arrivals(session, needs.joining, self._poisoned)
        await following(session, waiting, new, self._poisoned)
        needs.members |= waiting.needs.members
        needs.tokens |= waiting.needs.tokens
        needs.entry_ids |= waiting.needs.entry_ids
        needs.whole |= waiting.needs.whole
        needs.refs |= waiting.needs.refs
        needs.members |= await originals.members_of(session, needs.refs)
        needs.prospects |= waiting.needs.prospects
        loaded = await ledger.load(
            session, sorted(needs.members), sorted(needs.tokens), sorted(needs.entry_ids),
            whole=sorted(needs.whole),
        )  # fmt: skip
        await originals.load(session, needs.refs, loaded)
        pairs = [(reading, device) for reading in readings]
        pairs += zip(waiting.readings, waiting.devices, strict=True)
        loaded.records = await records.load(session, keys_needed(pairs))
        loaded.prospects = await ledger.load_prospects(session, sorted(needs.prospects))
        loaded.keys = await ledger.load_keys(session, owners([*readings, *waiting.readings]))
        basis = await self._poster.basis(session, self._now_ms)
        numbers = await session.draw("post_seq", len(readings) + len(waiting.readings))
        run = Run(loaded, basis, iter(numbers))
        run.followed = lambda ref: waiting.follow(run, ref)
        for start in range(0, len(readings), TURN_ENTRIES):
            run.take(readings[start : start + TURN_ENTRIES], device, self._batch.attachments)
            await asyncio.sleep(0)
        waiting.drive(run)
        await session.give_back("post_seq", len(numbers) - run.used)
        await ledger.save(session, run.finish(), self._now_ms)
        verified = new[-1].seq if self._all_verified(device, new) else device.verified_seq
        await ledger.move_head(session, device, new[-1].seq, new[-1].hash, verified, self._now_ms)
        return run.results

    @staticmethod
    def _all_verified(device: Device, new: Sequence[Entry]) -> bool:
        """A lone entry after checked ones: its own signature is the one that was checked."""
        return len(new) == 1 and device.verified_seq == device.head_seq


def _prev(device: Device, known: Sequence[Recorded], from_seq: int) -> bytes:
    if from_seq == 1:
        return device.genesis
    if from_seq == device.head_seq + 1:
        return device.head_hash
    return known[0].hash


async def _repeated(session: Session, known: Sequence[Recorded]) -> list[PushResult]:
    made = await ledger.allocations_of(
        session, [record.post_seq for record in known if record.post_seq is not None]
    )
    return [
        PushResult(
            record.seq,
            PushStatus.EXISTS,
            record.outcome,
            record.entry_id,
            record.codes,
            record.post_seq,
            tuple(_note(a) for a in made.get(record.post_seq or 0, ())),
        )
        for record in known
    ]


def _result(made: Result) -> PushResult:
    return PushResult(
        made.ref.seq,
        PushStatus.CREATED,
        made.outcome,
        made.entry_id,
        tuple(code.value for code in made.codes),
        made.post_seq,
        tuple(_note(allocation) for allocation in made.allocations),
    )


def _note(a: Allocation) -> AllocationNote:
    return AllocationNote(
        a.claim_post_seq, a.claim, a.account, a.lot.post_seq, a.lot.part, a.lot_dealer, a.quantity,
        a.amount_minor, a.debtor, a.creditor,
    )  # fmt: skip
