"""Checks the signature of every entry: at acknowledgement only the last of a batch was checked."""

from __future__ import annotations

import asyncio
from typing import Final

from sync.database.headoffice import ledger, settlements
from sync.database.headoffice.rows import Device
from sync.database.headoffice.sessions import Database, Session
from sync.domain.journal import Entry, entry_hash
from sync.protocol.keys import unsigned

CHUNK: Final = 500
BAD_SIGNATURE: Final = "bad_signature"


async def verify(database: Database, now_ms: int, most: int | None = None) -> list[Device]:
    """Check unverified entries, at most `most`; the epochs where one does not hold.

    Such an entry opens a case, and nothing after it counts as verified.
    """
    bad: list[Device] = []
    async with database.reading() as session:
        waiting = await settlements.unverified(session)
    left = most
    for device in waiting:
        seq = device.verified_seq
        while left is None or left > 0:
            async with database.reading() as session:
                entries = await settlements.entries_after(session, device, seq, CHUNK)
            if not entries:
                break
            good = await asyncio.to_thread(_good, device, entries)
            await _record(database, device, entries[:good], entries[good:], now_ms)
            if good < len(entries):
                bad.append(device)
                break
            seq = entries[-1].seq
            left = None if left is None else left - len(entries)
    return bad


def _good(device: Device, entries: list[Entry]) -> int:
    """How many entries from the start hash and sign as they should."""
    wrong = set(unsigned(entries, device.sign_key))
    for count, entry in enumerate(entries):
        made = entry_hash(entry.device, entry.epoch, entry.seq, entry.prev, entry.body)
        if entry.seq in wrong or made != entry.hash:
            return count
    return len(entries)


async def _record(
    database: Database, device: Device, good: list[Entry], rest: list[Entry], now_ms: int
) -> None:
    async def work(session: Session) -> None:
        if good:
            await settlements.mark_verified(session, device, good[-1].seq)
        if rest:
            row = (
                device.device.bytes, device.epoch, rest[0].seq, BAD_SIGNATURE, None, now_ms,
                "open", "",
            )  # fmt: skip
            await session.write(ledger.ADD_EXCEPTIONS, [row])

    await database.writing(work)
