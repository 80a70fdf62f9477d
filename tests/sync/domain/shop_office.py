"""Head office of a random shop life: what a database would hold between batches, found fast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from sync.domain.journal import Body, Entry, UnreadableBody, read_body
from sync.domain.kinds import KIND_RULES
from sync.domain.lots import HEAD_OFFICE, Allocation, EntryRef, LotKey
from sync.domain.originals import Original, Ref
from sync.domain.posting import Books, Result, members_of, post
from sync.domain.records import keys_of
from tests.sync.domain.making import HeadOffice, copied

if TYPE_CHECKING:
    from datetime import date

Place = tuple[str, str, str]
Seen = Callable[[Result], None]


def readable(entry: Entry) -> Body | None:
    """The body, or None for bytes that are none."""
    try:
        return read_body(entry.body)
    except UnreadableBody:
        return None


def named_by(body: Body) -> EntryRef | None:
    """The earlier entry that a body takes back."""
    rule = KIND_RULES.get(body.kind)
    if rule is None or not rule.original:
        return None
    try:
        return msgspec.convert(body.data.get("ref"), Ref).entry
    except msgspec.ValidationError:
        return None


@dataclass
class Office(HeadOffice):
    """Books between batches. `told`: how posting sees a body (clocks may differ, invariant 35);
    `judge`: looks at every entry before and after it is posted."""

    judge: Callable[[Books, Entry, Body | None], Seen] | None = None
    told: Callable[[Body], Body] | None = None
    by_claim: dict[int, list[Allocation]] = field(default_factory=lambda: defaultdict(list))
    by_lot: dict[int, list[Allocation]] = field(default_factory=lambda: defaultdict(list))
    back: dict[EntryRef, dict[int, int]] = field(default_factory=dict)
    bodies: dict[EntryRef, Body] = field(default_factory=dict)
    codes: dict[EntryRef, tuple[str, ...]] = field(default_factory=dict)

    def take(self, place: Place, entries: Sequence[Entry], arrived: date) -> list[Result]:
        """Load, post each, store."""
        bodies = [readable(entry) for entry in entries]
        books = self._load(place, entries, bodies, arrived)
        results = []
        for entry, body in zip(entries, bodies, strict=True):
            seen = self.judge(books, entry, body) if self.judge else None
            told = self.told(body) if self.told and body else body
            result = post(entry, books, self.next_seq, told)
            if result.post_seq is not None and body is not None:
                self.posted_ids.add(body.entry_id)
                self.kept[result.ref] = entry, place, result.post_seq
                self.bodies[result.ref] = body
                self.codes[result.ref] = tuple(result.codes)
                self.next_seq += 1
            for a in result.allocations:
                self.by_claim[a.claim_post_seq].append(a)
                self.by_lot[a.lot.post_seq].append(a)
            self.allocations += result.allocations
            results.append(result)
            if seen:
                seen(result)
        self.results += results
        for back in books.taken_back:
            gone = self.back.setdefault(back.original, {})
            gone[back.item] = gone.get(back.item, 0) + back.quantity
        for lot in books.new_lots:
            assert lot.key not in self.lots, "two lots of one name"
        for debt in books.new_uncovered:
            assert (debt.post_seq, debt.claim) not in self.uncovered, "two claims of one name"
        for key in books.changed_lots.keys() & self.lots.keys() - books.split_lots.keys():
            books.changed_lots[key].quantity = self.lots[key].quantity  # only what is open is set
        self._store(books)
        return results

    def _load(
        self, place: Place, entries: Sequence[Entry], bodies: Sequence[Body | None], arrived: date
    ) -> Books:
        refs = [named_by(body) for body in bodies if body is not None]
        wanted = members_of(entries)
        for ref in refs:
            body = self.bodies.get(ref) if ref else None
            if body is not None and body.member is not None and body.member not in wanted:
                wanted.append(body.member)
        wanted = self._with_stand_ins(wanted)
        keys = [key for body in bodies if body for key in keys_of(body, place[1])]
        books = Books(
            self.programmes,
            {m: copied(self.members[m]) for m in wanted if m in self.members},
            dict(self.cards),
            place,
            taken=self.posted_ids.copy(),
            arrived_on=arrived,
            prospects=dict(self.prospects),
            office=place[0] == HEAD_OFFICE,
            records={key: self.records.get(key) for key in keys},
        )
        for ref in refs:
            if ref is not None and ref not in books.originals:
                self._original(books, ref)
        return books

    def _original(self, books: Books, ref: EntryRef) -> None:
        kept = self.kept.get(ref)
        if kept is None:
            books.awaited.add(ref)
            return
        entry, place, post_seq = kept
        body = self.bodies[ref]
        made = Original(
            ref, entry.hash, body, place, post_seq, taken_back=dict(self.back.get(ref, {}))
        )
        found = {(a.post_seq, a.part): a for a in self.by_claim[post_seq]}
        found |= {(a.post_seq, a.part): a for a in self.by_lot[post_seq]}
        made.note(found[key] for key in sorted(found))
        books.originals[ref] = made
        if body.member is None or body.member not in books.members:
            return
        book = books.members[books.real(body.member)]
        held = {lot.key for lot in book.lots}
        wanted = {a.lot for a in made.drawn}
        wanted |= {key for key in (LotKey(post_seq, part) for part in range(4)) if key in self.lots}
        for key in sorted(wanted):
            lot = self.lots.get(key)
            if lot is not None and key not in held and books.real(lot.member) == book.member:
                book.lots.append(replace(lot))
