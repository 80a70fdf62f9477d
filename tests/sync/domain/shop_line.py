"""The line between the tills and head office of a random shop life: what is sent, what is heard."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from sync.domain import leases
from sync.domain.books import Books, Issue, Outcome, Result
from sync.domain.journal import Body, Entry, Kind, Moment
from sync.domain.leases import LeaseDocument, Right
from sync.domain.light_rows import light_row
from sync.domain.lots import EntryRef
from sync.domain.members import Balances
from tests.sync.domain.making import place_of
from tests.sync.domain.shop_judge import Judge, Runs
from tests.sync.domain.shop_office import Office, Place
from tests.sync.domain.shop_rules import (
    DEALERS,
    FIRST,
    FIRST_MS,
    HOUR_MS,
    PACKS,
)
from tests.sync.domain.shop_till import Till

HQ_PLACE: Place = ("HQ", "HQ-store", "HQ1")


class Line:
    """Two offices: one gets batches as they come, `other` every entry alone, none of those that are
    spoilt, and with all clocks wrong."""

    def __init__(self, seed: int) -> None:
        self.seed, self.random = seed, Random(seed)
        self.clocks = Random(seed + 1)
        self.office, self.other = Office(PACKS), Office(PACKS)
        self.judge = Judge(self.office)
        self.office.judge = self._watch
        self.other.told = self._wrong_clock
        self.tills = [Till(dealer, number) for dealer in DEALERS for number in (1, 2)]
        self.hq = Till("HQ")
        self.hours = 0
        self.sold: list[Entry] = []
        self.loaded: list[Entry] = []
        self.orders: list[tuple[str, UUID]] = []
        self.services: list[tuple[str, UUID | None, bool]] = []
        self.merged: dict[UUID, tuple[UUID, int]] = {}
        self.holds: dict[UUID, tuple[UUID, Balances]] = {}
        self.waiting: list[tuple[Place, Entry]] = []
        self.spoilt: set[bytes] = set()
        self.truth: dict[tuple[UUID, int], dict[str, tuple[int, int]]] = {}
        self.proofs: dict[str, tuple[int, int]] = {}
        self.versions: dict[UUID, int] = {}
        self.document_of: dict[tuple[UUID, str], tuple[int, LeaseDocument]] = {}
        self.row_at: dict[UUID, tuple[int, Any]] = {}
        self.feed = 0
        self.cursor: dict[UUID, int] = {}
        self.people, self.tokens, self.leased, self.numbers = 0, 0, 0, 0
        self.members: list[UUID] = []
        self.runs = Runs(self.office, self.random)
        self.done: Count[str] = Count()
        self.refused: Count[str] = Count()
        self.issues: Count[str] = Count()
        self.deepest_minor = 0

    @property
    def today(self) -> date:
        """The calendar's day."""
        return FIRST + timedelta(days=self.hours // 24)

    @property
    def now_ms(self) -> int:
        """The right time."""
        return FIRST_MS + self.hours * HOUR_MS

    # -------------------------------------------------------------------- what goes to the office
    def send(self, *pushes: tuple[Till, int]) -> int:
        """Each till sends so many of its entries, oldest first, in one batch."""
        posted = 0
        for till, most in pushes:
            batch = till.journal[till.sent : till.sent + most]
            if not batch:
                continue
            place = HQ_PLACE if till is self.hq else place_of(till)
            results = self.post(place, batch)
            till.sent += len(batch)
            posted += len(batch)
            for result, entry in zip(results, batch, strict=True):
                if result.entry_id is not None:
                    self.holds.pop(result.entry_id, None)
                if result.outcome is Outcome.QUARANTINED and entry.hash not in self.spoilt:
                    self.waiting.append((place, entry))
        return posted

    def again(self) -> bool:
        """What waited for another entry is tried again, in order of arrival (invariant 33)."""
        moved, before = False, -1
        while before != len(self.waiting):
            before, left = len(self.waiting), []
            for place, entry in self.waiting:
                (result,) = self.post(place, [entry])
                if result.outcome is Outcome.QUARANTINED:
                    left.append((place, entry))
                else:
                    moved = True
            self.waiting = left
        return moved

    def post(self, place: Place, batch: Sequence[Entry]) -> list[Result]:
        """Both offices, the other one entry by entry."""
        results = self.office.take(place, batch, self.today)
        changed: dict[UUID, None] = {}
        for result, entry in zip(results, batch, strict=True):
            if result.post_seq is not None:
                self.issues.update(str(code) for code in result.codes)
            if entry.hash in self.spoilt:
                assert result.outcome is Outcome.QUARANTINED, "a spoilt entry was posted"
                continue
            (alone,) = self.other.take(place, [entry], self.today)
            assert alone == result, "the batch decided something"
        for posting in self.office.postings[self.numbers :]:
            changed[posting.member] = None
        self.numbers = len(self.office.postings)
        for entry in batch:
            body = self.office.bodies.get(EntryRef(entry.device, entry.epoch, entry.seq))
            if body is not None and body.member is not None:
                changed[body.member] = None
                changed[self._real(body.member)] = None
        self.publish(*changed)
        return results

    def _real(self, member: UUID) -> UUID:
        book = self.office.members.get(member)
        while book is not None and book.alias_of is not None:
            member = book.alias_of
            book = self.office.members.get(member)
        return member

    def _watch(self, books: Books, entry: Entry, body: Body | None) -> Any:
        seen = self.judge.watch(books, entry, body)

        def both(result: Result) -> None:
            seen(result)
            if body is not None and result.post_seq is not None and body.member is not None:
                self._risk_of(books.real(body.member), body, result)

        return both

    def _risk_of(self, member: UUID, body: Body, result: Result) -> None:
        """What no till and no office could cover beforehand: from now on the member may owe."""
        if body.kind in (Kind.RETURN, Kind.EXCHANGE, Kind.VOID, Kind.MERGE, Kind.UNMERGE):
            self.risk(member)
        if Issue.LEASE_BEYOND in result.codes or body.kind == Kind.EXPIRY:
            self.risk(member)

    def risk(self, *members: UUID) -> None:
        """These may come to owe something."""
        for member in members:
            self.judge.risky |= {(member, leases.POINTS), (member, leases.STORED_VALUE)}

    def _wrong_clock(self, body: Body) -> Body:
        jump = self.clocks.randint(-(10**10), 10**10)
        at = Moment(max(body.at.utc_ms + jump, 0), -600, "x", 1, max(body.at.hlc_ms + jump, 0), 7)
        return msgspec.structs.replace(body, at=at)

    # ------------------------------------------------------------------------ what tills hear of
    def publish(self, *members: UUID, stores: Sequence[str] = ()) -> None:
        """Rows of members, and their leases in those stores, go into the feed."""
        for member in members:
            book = self.office.members.get(member)
            if book is None:
                continue
            self.feed += 1
            row = light_row(book, "", "", "")
            self.row_at[member] = self.feed, row
            rests: dict[str, tuple[int, int]] = {}
            for lease in book.leases:
                points, stored = rests.get(lease.holder, (0, 0))
                more = (lease.rest, 0) if lease.asset == leases.POINTS else (0, lease.rest)
                rests[lease.holder] = points + more[0], stored + more[1]
            self.truth[(member, row.version)] = rests
            for store in stores:
                rights = tuple(
                    Right(
                        one.lease, one.holder, one.till, one.granted, one.value_minor,
                        one.expires_ms, one.state is not leases.State.LIVE,
                    )
                    for one in book.leases
                    if one.store == store
                )  # fmt: skip
                self.feed += 1
                document = LeaseDocument(member, book.version, rights)
                self.document_of[(member, store)] = self.feed, document

    def pull(self, till: Till) -> bool:
        """The till hears everything that is new."""
        since = self.cursor.get(till.device, 0)
        for (member, store), (number, document) in self.document_of.items():
            if store == till.place.store and number > since:
                till.documents[member] = document
                till.ended |= {right.lease for right in document.rights if right.ended}
        for member, (number, row) in self.row_at.items():
            if number > since:
                till.rows[member] = row
        till.cards = dict(self.office.cards)
        till.known = list(PACKS)
        self.cursor[till.device] = self.feed
        self.proofs[till.holder] = self.feed, len(till.journal)
        return True
