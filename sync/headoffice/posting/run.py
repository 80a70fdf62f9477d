"""One batch against loaded books: the domain decides entry by entry, the changes are collected.

No I/O: the same code serves pushes, entries driven again, head office's own entries and the
benchmark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import msgspec

from sync.database.headoffice import rows
from sync.database.headoffice.ledger import Changes
from sync.database.headoffice.rows import Blob, Device, FeedRow, Loaded, Person
from sync.domain.books import INFORMATION, Issue
from sync.domain.business_day import CUTOFF_HOUR, OFFSET_MIN, business_date
from sync.domain.card_documents import HOLDER_BLOB, PIN_BLOB
from sync.domain.cards import Card, Status, phone_key_of
from sync.domain.joining import PROSPECT
from sync.domain.journal import Body, Kind
from sync.domain.light_rows import light_row, shown_name
from sync.domain.lots import HEAD_OFFICE, EntryRef
from sync.domain.members import Profile
from sync.domain.posting import Books, MemberBook, Outcome, Result, post
from sync.domain.programme import Programme, in_force
from sync.domain.tiers import birthday_of, birthday_windows
from sync.headoffice.feed.rows import (
    alias_row,
    block_row,
    card_row,
    document_row,
    member_gone,
    member_row,
    profile_row,
    unblock_row,
)
from sync.headoffice.posting.card_blobs import document_of
from sync.headoffice.posting.reading import NOBODY, Reading, ref_of
from sync.headoffice.posting.recording import feed_of, flag_people
from sync.headoffice.posting.sealing import PROFILE, new_key, read_profile, seal

CARD_BLOBS = (PIN_BLOB, HOLDER_BLOB)


class PoisonedError(Exception):
    """Posting broke on this entry, which is our bug: the batch is done again without it."""

    def __init__(self, entry_hash: bytes) -> None:
        super().__init__(entry_hash.hex())
        self.entry_hash = entry_hash


@dataclass(frozen=True, slots=True)
class Basis:
    """What a run decides with beside the loaded books. `groups`: store group of every store."""

    programmes: Sequence[Programme]
    groups: Mapping[str, str]
    phone_key: bytes
    now_ms: int


@dataclass(slots=True)
class Run:
    """Posts readings against `loaded` under the numbers given, and collects what changed."""

    loaded: Loaded
    basis: Basis
    numbers: Iterator[int]
    changes: Changes = field(default_factory=Changes)
    results: list[Result] = field(default_factory=list)
    used: int = 0
    followed: Callable[[EntryRef], object] | None = None  # called when an entry has posted
    _books: Books = field(init=False)
    _next: int | None = None
    _joined: dict[UUID, int] = field(default_factory=dict)
    _profiles: dict[UUID, bytes] = field(default_factory=dict)
    _documents: list[FeedRow] = field(default_factory=list)
    _known_cards: frozenset[str] = field(init=False)
    _today: date = field(init=False)
    _barred: frozenset[str] = field(init=False)  # cards on the block list as they were loaded

    def __post_init__(self) -> None:
        loaded = self.loaded
        self._today = business_date(self.basis.now_ms, OFFSET_MIN, CUTOFF_HOUR)
        self._known_cards = frozenset(loaded.cards)
        self._barred = frozenset(
            token for token, card in loaded.cards.items() if card.status is not Status.ACTIVE
        )
        self._books = Books(
            self.basis.programmes,
            loaded.books,
            loaded.cards,
            ("", "", ""),
            loaded.declined,
            loaded.taken,
            records=loaded.records,
            arrived_on=self._today,
            prospects=loaded.prospects,
            originals=loaded.originals,
            awaited=loaded.awaited,
        )

    def take(
        self, readings: Iterable[Reading], device: Device, blobs: Mapping[bytes, bytes]
    ) -> None:
        """Post new entries of `device` in order. `blobs`: attachments by SHA-256."""
        changes, now_ms = self.changes, self.basis.now_ms
        for reading in readings:
            result = self._post(reading, device)
            self.results.append(result)
            changes.entries.append(
                rows.entry_row(
                    reading.entry,
                    result.entry_id,
                    result.post_seq,
                    result.outcome,
                    result.codes,
                    now_ms,
                )
            )
            if reading.body is not None and reading.body.attachments:
                self._attach(reading.body, result, blobs)
            if result.outcome is Outcome.QUARANTINED:
                member = reading.body.member if reading.body else None
                changes.waiting.append((result.ref, member, result.codes[0].value))
                original = ref_of(reading.body) if reading.body else None
                if original is not None and result.codes[0] is Issue.ORIGINAL_UNKNOWN:
                    changes.awaiting.append((original, result.ref))
            elif self.followed is not None:
                self.followed(result.ref)

    def again(self, reading: Reading, device: Device, blobs: Mapping[bytes, bytes]) -> Result:
        """Drive a quarantined entry again; it is released when it posts."""
        result = self._post(reading, device)
        if result.post_seq is None:
            return result
        self.changes.released.append(result.ref)
        self.changes.outcomes.append(
            (
                None if result.entry_id is None else result.entry_id.bytes,
                result.post_seq,
                result.outcome.value,
                rows.codes_text(result.codes),
                result.ref.device.bytes,
                result.ref.epoch,
                result.ref.seq,
            )
        )
        if reading.body is not None:
            self._attach(reading.body, result, blobs)
        return result

    def _post(self, reading: Reading, device: Device) -> Result:
        entry, body = reading.entry, reading.body
        if reading.unfit is not None or body is None:
            issue = reading.unfit
            if issue is None:
                raise AssertionError("a reading without a body says why")
            return Result(
                EntryRef(entry.device, entry.epoch, entry.seq),
                body.entry_id if body else None,
                Outcome.QUARANTINED,
                (issue,),
                None,
            )
        number = next(self.numbers) if self._next is None else self._next
        books = self._books
        if device.dealer == HEAD_OFFICE:  # head office is over all places: its entries say which
            books.place = (body.place.dealer, body.place.store, body.place.till)
        else:
            books.place = device.place
        books.office = device.dealer == HEAD_OFFICE
        books.revoked = device.state != "active"
        try:
            result = post(entry, books, number, body)
        except Exception as error:  # a bug of ours must not stop a till's journal
            raise PoisonedError(entry.hash) from error
        if result.post_seq is None:
            self._next = number
            return result
        self._next = None
        self.used += 1
        self._posted(body, result)
        return result

    def _posted(self, body: Body, result: Result) -> None:
        changes, ref = self.changes, result.ref
        for code in result.codes:
            if code in INFORMATION:
                continue
            changes.exceptions.append(
                (
                    ref.device.bytes, ref.epoch, ref.seq, code.value,
                    None if body.member is None else body.member.bytes,
                    self.basis.now_ms, "open", "",
                )
            )  # fmt: skip
        changes.allocations.extend(result.allocations)
        if body.claims:
            changes.consumed.append(body.entry_id)
        if body.kind == Kind.ENROL and body.member is not None:
            home = self._books.members[body.member].home_store
            self.loaded.people[body.member] = Person(group=self.basis.groups.get(home, ""))
            self._joined[body.member] = result.post_seq or 0

    def _attach(self, body: Body, result: Result, blobs: Mapping[bytes, bytes]) -> None:
        for named in body.attachments:
            try:
                digest = bytes.fromhex(named.sha256)
            except ValueError:
                continue
            blob = blobs.get(digest)
            if blob is None:
                continue
            owner = named.member or NOBODY
            key = self._key_of(owner)
            self.changes.blobs.append(
                Blob(digest, result.ref, named.kind, owner, seal(key, owner, blob))
            )
            if named.kind in CARD_BLOBS:
                self._document(named.kind, body, result, blob)
            if named.kind == PROFILE and owner == body.member and result.post_seq is not None:
                self._profile(owner, blob)

    def _document(self, kind: str, body: Body, result: Result, blob: bytes) -> None:
        """What tills get of a card's blob."""
        owner = self._books.real(body.member) if body.member else None
        person = self.loaded.people.get(owner) if owner else None
        group = person.group if person else ""
        row = document_of(kind, blob, body, result, self._books.cards, group)
        if row is not None:
            self._documents.append(row)

    def _profile(self, member: UUID, blob: bytes) -> None:
        profile = read_profile(blob, member)
        person = self.loaded.people.get(member)
        if profile is None or person is None:
            return
        person.name, person.phone_tail = shown_name(profile)
        phone_key = self.basis.phone_key
        person.phone_key = phone_key_of(phone_key, profile.phone) if profile.phone else ""
        self._birthday(self._books.members[member], profile)
        self.changes.people[member] = person
        self._profiles[member] = msgspec.json.encode(profile)

    def _birthday(self, book: MemberBook, profile: Profile) -> None:
        """Windows of the birthday go to every till; the day itself only with the profile."""
        programme = in_force(self.basis.programmes, self._today)
        birthday = birthday_of(profile.birthday_month, profile.birthday_day)
        if programme is None or not birthday:
            return
        told = birthday_windows(programme.birthday, birthday, self._today)
        book.level = msgspec.structs.replace(book.level, birthday=birthday, benefits=told)

    def _key_of(self, member: UUID) -> bytes:
        key = self.loaded.keys.get(member)
        if key is None:
            key = self.loaded.keys[member] = new_key()
            self.changes.new_keys[member] = key
        return key

    def finish(self) -> Changes:
        """Everything to store, feed included; call once, at the end."""
        books, changes = self._books, self.changes
        new_lots = {lot.key for lot in books.new_lots}
        new_debts = {(debt.post_seq, debt.claim) for debt in books.new_uncovered}
        changes.new_lots = books.new_lots
        changes.lots = [lot for key, lot in books.changed_lots.items() if key not in new_lots]
        changes.new_uncovered = books.new_uncovered
        changes.uncovered = [
            debt for key, debt in books.changed_uncovered.items() if key not in new_debts
        ]
        changes.postings = books.postings
        changes.levels = books.levels
        changes.taken_back = books.taken_back
        changes.prospects = {key: books.prospects[key] for key in books.changed_prospects}
        changes.leases = list(books.changed_leases.values())
        changes.records = books.changed_records
        for member in flag_people(changes.records, self.loaded.people) & books.touched.keys():
            changes.people[member] = self.loaded.people[member]
        changes.moved_lots = [
            (was, books.changed_lots[key])
            for key, was in books.moved_lots.items()
            if key not in new_lots
        ]
        changes.moved_uncovered = [
            (was, books.changed_uncovered[key])
            for key, was in books.moved_uncovered.items()
            if key not in new_debts
        ]
        changes.split_lots = [lot for key, lot in books.split_lots.items() if key not in new_lots]
        changes.aliases = [books.members[member] for member in books.merged]
        changes.books = sorted(books.touched.values(), key=lambda book: book.member.bytes)
        for member in books.new_members:
            person = self.loaded.people[member]
            changes.new_members.append((books.members[member], person, self._joined[member]))
            changes.people.pop(member, None)
        for token, card in books.changed_cards.items():
            (changes.cards if token in self._known_cards else changes.new_cards).append(card)
        changes.feed = list(self._feed(books.changed_cards.values(), changes.books))
        return changes

    def _feed(self, cards: Iterable[Card], touched: Iterable[MemberBook]) -> Iterator[FeedRow]:
        """Blocks first, then members, cards and profiles."""
        changed = list(cards)
        for card in changed:
            if card.status is not Status.ACTIVE:
                yield block_row(card, self.basis.now_ms)
            elif card.token in self._barred:
                yield unblock_row(card)
        for book in touched:
            if book.member in self._books.merged:
                yield alias_row(book)
            if book.alias_of is not None:
                yield member_gone(book)
                continue
            person = self.loaded.people[book.member]
            yield member_row(
                light_row(book, person.name, person.phone_tail, person.phone_key, person.flags)
            )
        yield from feed_of(self._books.changed_records)
        for key in sorted(self._books.changed_prospects):
            yield document_row(PROSPECT, key, self._books.prospects[key])
        for card in changed:
            yield card_row(card)
        yield from self._documents
        for member, profile in self._profiles.items():
            group = self.loaded.people[member].group
            yield profile_row(member, group, seal(self._key_of(member), member, profile))
