"""Entries in quarantine, driven again: by themselves when their member arrives, or by command."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sync.database.headoffice import ledger
from sync.database.headoffice.rows import Blob, Device, Waiting
from sync.database.headoffice.sessions import Session
from sync.domain.lots import EntryRef
from sync.domain.posting import Issue
from sync.headoffice.posting.reading import NOBODY, Needs, Reading, needs_of, read
from sync.headoffice.posting.run import Run
from sync.headoffice.posting.sealing import ErasedError, unseal


@dataclass(slots=True)
class Candidates:
    """Quarantined entries with their devices and blobs, in order of arrival."""

    readings: list[Reading] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    blobs: list[list[Blob]] = field(default_factory=list)
    needs: Needs = field(default_factory=Needs)

    def drive(self, run: Run) -> int:
        """Post those that can be posted now; how many were."""
        posted = 0
        for reading, device, sealed in zip(self.readings, self.devices, self.blobs, strict=True):
            plain: dict[bytes, bytes] = {}
            for blob in sealed:
                try:
                    key = run.loaded.keys.get(blob.member, b"")
                    plain[blob.sha256] = unseal(key, blob.member, blob.sealed)
                except ErasedError:
                    continue
            posted += run.again(reading, device, plain).post_seq is not None
        return posted


async def arrivals(
    session: Session, joining: Iterable[UUID], poisoned: frozenset[bytes]
) -> Candidates:
    """Entries that wait for one of the members now joining."""
    members = sorted(joining)
    if not members:
        return Candidates()
    found = await ledger.waiting(session, members=members, issue=Issue.UNKNOWN_MEMBER.value)
    return await gather(session, found, poisoned)


async def gather(
    session: Session, found: Iterable[Waiting], poisoned: frozenset[bytes] = frozenset()
) -> Candidates:
    """Entries of the quarantine with what is needed to post them."""
    made = Candidates()
    for waiting in found:
        entry = await ledger.entry(session, waiting.ref)
        device = await ledger.device(session, waiting.ref.device, waiting.ref.epoch)
        if entry is None or device is None:
            continue
        made.readings.append(read(entry, poisoned))
        made.devices.append(device)
        made.blobs.append(await ledger.sealed_of(session, EntryRef(*waiting.ref)))
    made.needs = needs_of(made.readings)
    return made


def owners(readings: Iterable[Reading]) -> list[UUID]:
    """Members whose blobs the entries bring, sorted."""
    found = {
        named.member or NOBODY
        for reading in readings
        if reading.body
        for named in reading.body.attachments
    }
    return sorted(found)
