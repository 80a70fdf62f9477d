"""The till as use cases see it: its files, its place, its clock, who is signed in."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import RLock
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sync.client.till_store import ReplicaStore
from sync.database.till.counter import ShiftRow
from sync.database.till.database import TillDatabase
from sync.database.till.faults import StoreFault
from sync.domain import programme as programmes
from sync.domain.business_day import business_date
from sync.domain.ids import RANDOM_BYTES, uuid7
from sync.domain.journal import Moment, Place, read_body
from sync.domain.programme import Programme, in_force
from sync.protocol import codec
from sync.protocol.records import EnrolmentRecord
from terminal.usecases.ports import Clock, Online, Printing, Random, Steps

log = logging.getLogger("journal")

CUTOFF_HOUR: Final = 4  # until a programme says otherwise
UNTOLD_MS: Final = 24 * 3_600_000  # a clock that far behind its last contact is wrong
ASK_AGAIN_MS: Final = 15_000  # a head office that did not answer is left alone that long


def no_step(_name: str) -> None:
    """Do nothing at a named step."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who works at the till. `approver`: may stand behind a soft mark."""

    staff: str
    name: str
    roles: tuple[str, ...]
    approver: bool
    language: str


class Till:
    """Composed once by the application; use cases take it as their first argument.

    Use cases that write run on one thread at a time (`lock`); look-ups may run on any.
    """

    def __init__(
        self,
        database: TillDatabase,
        clock: Clock,
        random: Random,
        *,
        boot: str,
        online: Online | None = None,
        printing: Printing | None = None,
        step: Steps = no_step,
    ) -> None:
        """`boot`: id of this process start; `online` None: never asks head office."""
        self.database, self.clock, self.random = database, clock, random
        self.boot, self.online, self.printing, self.step = boot, online, printing, step
        self.record = codec.decode(database.journal.identity.record, EnrolmentRecord)
        self.place = Place(self.record.dealer, self.record.store, self.record.till)
        self.session: Session | None = None
        self.lock = RLock()
        self._zone = ZoneInfo(self.record.zone)
        self._hlc, self._told_ms = _last_times(database)
        self._set_back_from = 0
        self._anchor = (max(clock.utc_ms(), self._hlc[0]), clock.mono_ms())
        self._acked: tuple[int, int] = (0, 0)
        self._hq_ms = 0
        self._hear()
        self._programmes: tuple[int, tuple[Programme, ...]] = (-1, ())
        self._offline = False
        self._failed_at_ms: int | None = None

    # -- time and ids ----------------------------------------------------------------------------

    def new_id(self) -> UUID:
        """A fresh UUIDv7."""
        return uuid7(max(self.clock.utc_ms(), 0), self.random(RANDOM_BYTES))

    def moment(self) -> Moment:
        """Now, as an entry's evidence of time; its hybrid clock is always after the one before, and
        after what head office said last (sync-ledger.md 2.7)."""
        now_ms, (last_ms, count) = self.clock.utc_ms(), self._hlc
        newest_ms = max(now_ms, self._hq_ms)
        self._hlc = (newest_ms, 0) if newest_ms > last_ms else (last_ms, count + 1)
        self._told_ms = max(self._told_ms, now_ms)
        self._anchor = (self.latest_ms(), self.clock.mono_ms())
        return Moment(now_ms, self.offset_min(now_ms), self.boot, self.clock.mono_ms(), *self._hlc)

    def latest_ms(self) -> int:
        """The latest that any clock here speaks for: a wall clock that was set back lends no lease
        more life and no offline limit more hours."""
        since_ms, mono_ms = self._anchor
        clocks = (self.clock.utc_ms(), self._hlc[0], self._hq_ms)
        return max(*clocks, since_ms + self.clock.mono_ms() - mono_ms)

    def _hear(self) -> None:
        """Note head office's time for the hybrid clock."""
        ack = self.database.outbox.last_ack()
        self._hq_ms = ack.hq_time_ms if ack is not None else 0

    def clock_set_back_ms(self) -> int:
        """How far the wall clock runs behind what it said before; each setting back counts once."""
        now_ms, last_ms = self.clock.utc_ms(), self._told_ms
        behind_ms = last_ms - now_ms
        if behind_ms <= 0:
            self._set_back_from = 0
            return 0
        if self._set_back_from == last_ms:
            return 0
        self._set_back_from = last_ms
        return behind_ms

    def offset_min(self, utc_ms: int) -> int:
        """Offset of the store's time zone at `utc_ms`, minutes east of UTC."""
        local = datetime.fromtimestamp(utc_ms // 1000, UTC).astimezone(self._zone)
        offset = local.utcoffset()
        return 0 if offset is None else int(offset.total_seconds()) // 60

    def local(self, utc_ms: int) -> datetime:
        """Wall time of the store."""
        return datetime.fromtimestamp(utc_ms // 1000, UTC).astimezone(self._zone)

    # -- shift and rules -------------------------------------------------------------------------

    def shift(self) -> ShiftRow | None:
        """The open shift."""
        last = self.database.counter.last_shift()
        return last if last is not None and last.open else None

    def today(self) -> date:
        """Business date by the clock; only for opening a shift, everything else asks the shift."""
        now_ms = self.clock.utc_ms()
        known = self.programmes()
        cutoff = known[-1].business_day_cutoff_hour if known else CUTOFF_HOUR
        return business_date(now_ms, self.offset_min(now_ms), cutoff)

    def programmes(self) -> tuple[Programme, ...]:
        """Every programme this release can apply, lowest version first."""
        replica = self.database.replica
        if self._programmes[0] != replica.generation:
            found = []
            for pack in replica.programme_packs():
                try:
                    found.append(programmes.from_bytes(pack.data))
                except ValueError:
                    continue  # kept for a release that can; the last one understood holds
            self._programmes = replica.generation, tuple(found)
        return self._programmes[1]

    def programme(self, day: date) -> Programme | None:
        """The programme in force on business date `day` (golden case 17)."""
        return in_force(self.programmes(), day)

    def programme_version(self, version: int) -> Programme | None:
        """The programme of that version."""
        return next((p for p in self.programmes() if p.version == version), None)

    # -- head office -----------------------------------------------------------------------------

    @property
    def offline(self) -> bool:
        """The demo's switch: head office is not asked although it might answer."""
        return self._offline

    @offline.setter
    def offline(self, value: bool) -> None:
        self._offline, self._failed_at_ms = value, None

    def may_ask(self) -> Online | None:
        """Head office, unless it is switched off or did not answer just now."""
        if self._offline or self.online is None:
            return None
        failed = self._failed_at_ms
        if failed is not None and self.clock.mono_ms() - failed < ASK_AGAIN_MS:
            return None
        return self.online

    def answered(self, *, yes: bool) -> None:
        """Note whether head office answered a question."""
        if yes:
            self._failed_at_ms = None
            self.database.outbox.heard(self.clock.utc_ms())
        else:
            self._failed_at_ms = self.clock.mono_ms()

    def reachable_again(self) -> None:
        """Sync heard from head office: ask again at once."""
        self._failed_at_ms = None
        self._hear()

    def settle(self) -> None:
        """Wait until what was decided on what the replica said before is in the journal."""
        with self.lock:
            return

    @property
    def replica_store(self) -> ReplicaStore:
        """Feed items into the replica, for rows fetched while a customer waits."""
        return ReplicaStore(self.database)

    def report(self, fault: StoreFault) -> None:
        """Note a fault of something that nobody waits for."""
        log.warning("aside fault=%s", fault)

    def offline_ms(self) -> int | None:
        """Since when head office was not heard; None: never heard, or the clock was set back so far
        since then that nobody can tell."""
        heard = (self.database.outbox.last_contact_ms(), self.database.replica.as_of_ms())
        known = [ms for ms in heard if ms is not None]
        since_ms = self.clock.utc_ms() - max(known) if known else -UNTOLD_MS
        if since_ms <= -UNTOLD_MS:
            return None
        return max(since_ms, self.latest_ms() - max(*known, self._acked_hlc_ms()), 0)

    def _acked_hlc_ms(self) -> int:
        """Hybrid clock of the last entry head office has: how far ahead it ran at the contact."""
        seq = self.database.outbox.acked_seq()
        if self._acked[0] != seq:
            entry = self.database.journal.entry(seq) if seq else None
            self._acked = seq, read_body(entry.body).at.hlc_ms if entry else 0
        return self._acked[1]


def _last_times(database: TillDatabase) -> tuple[tuple[int, int], int]:
    """Hybrid clock and wall clock of the last entry; zeros in an empty journal."""
    head = database.journal.head()
    entry = database.journal.entry(head.seq) if head.seq else None
    if entry is None:
        return (0, 0), 0
    at = read_body(entry.body).at
    return (at.hlc_ms, at.hlc_count), at.utc_ms
