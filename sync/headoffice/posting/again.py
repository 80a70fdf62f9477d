"""Entries in quarantine, driven again: by themselves when their member arrives, or by command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sync.database.headoffice import ledger, originals
from sync.database.headoffice.rows import Blob, Device, Waiting
from sync.database.headoffice.sessions import Session
from sync.domain.journal import Entry
from sync.domain.lots import EntryRef
from sync.domain.posting import Issue
from sync.headoffice.posting.reading import NOBODY, Needs, Reading, needs_of, read
from sync.headoffice.posting.run import Run
from sync.headoffice.posting.sealing import ErasedError, unseal


@dataclass(slots=True)
class Candidates:
    """Quarantined entries with their devices and blobs, in order of arrival. `waits_for`: numbers
    of those that wait for an original."""

    readings: list[Reading] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)
    blobs: list[list[Blob]] = field(default_factory=list)
    needs: Needs = field(default_factory=Needs)
    waits_for: dict[EntryRef, list[int]] = field(default_factory=dict)

    def add(self, more: Candidates) -> None:
        """Those, too."""
        self.readings += more.readings
        self.devices += more.devices
        self.blobs += more.blobs
        for name in Needs.__dataclass_fields__:
            getattr(self.needs, name).update(getattr(more.needs, name))

    def drive(self, run: Run) -> int:
        """Post those that can be posted now; how many were. Those that wait for an original are
        left to `follow`."""
        later = {number for waiting in self.waits_for.values() for number in waiting}
        return sum(self._drive(run, n) for n in range(len(self.readings)) if n not in later)

    def follow(self, run: Run, original: EntryRef) -> int:
        """Post those that waited for `original`, which has posted just now: wherever a batch ends,
        they come next. How many were."""
        return sum(self._drive(run, number) for number in self.waits_for.get(original, ()))

    def _drive(self, run: Run, number: int) -> int:
        plain: dict[bytes, bytes] = {}
        for blob in self.blobs[number]:
            try:
                key = run.loaded.keys.get(blob.member, b"")
                plain[blob.sha256] = unseal(key, blob.member, blob.sealed)
            except ErasedError:
                continue
        result = run.again(self.readings[number], self.devices[number], plain)
        return int(result.post_seq is not None)


async def arrivals(
    session: Session, joining: Iterable[UUID], poisoned: frozenset[bytes]
) -> Candidates:
    """Entries that wait for one of the members now joining."""
    members = sorted(joining)
    if not members:
        return Candidates()
    found = await ledger.waiting(session, members=members, issue=Issue.UNKNOWN_MEMBER.value)
    return await gather(session, found, poisoned)


async def following(
    session: Session, found: Candidates, entries: Sequence[Entry], poisoned: frozenset[bytes]
) -> None:
    """Add to the candidates those that wait for one of the new entries of a till."""
    first, last = entries[0], entries[-1]
    waiting = await originals.waiting_for(session, first.device, first.epoch, first.seq, last.seq)
    for original, one in waiting:
        more = await gather(session, [one], poisoned)
        if more.readings:
            found.waits_for.setdefault(original, []).append(len(found.readings))
            found.add(more)


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
