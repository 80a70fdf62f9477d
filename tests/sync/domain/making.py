"""Programmes, tills and entries for tests of the rules, made by the rules' own functions.

Nothing here decides anything: a `Counter` writes entries as a till would, a `HeadOffice` keeps
books between batches as a database would (open lots and open claims only, copied in and out).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from sync.domain import clearing, joining, redeeming, selling, stored_value
from sync.domain.books import LevelPosted
from sync.domain.cards import Card
from sync.domain.ids import uuid7
from sync.domain.journal import (
    Basis,
    Body,
    Claim,
    Effect,
    Entry,
    Kind,
    Moment,
    Place,
    UnreadableBody,
    body_bytes,
    entry_hash,
    read_body,
)
from sync.domain.lots import HEAD_OFFICE, Allocation, EntryRef, Lot, Uncovered
from sync.domain.members import Balances
from sync.domain.originals import TakenBack
from sync.domain.posting import Books, MemberBook, Posting, Result, members_of, post
from sync.domain.pricing import BasketLine
from sync.domain.programme import (
    Earning,
    Gift,
    Joining,
    PointsTender,
    Programme,
    Ratio,
    StoredValue,
    Tier,
    TopUpStep,
    Words,
)
from sync.domain.records import Record, RecordKey, keys_of
from sync.domain.refusals import Refusal
from tests.sync.domain import originals_kept

DAY = date(2026, 11, 21)
RICH = Balances(10**9, 10**9, 0, 0)
GENESIS = bytes(32)


def words(text: str = "x") -> Words:
    """The same text in both languages."""
    return Words(text, text)


def programme(**changes: Any) -> Programme:
    """Version 1 of the rules of the golden cases: points pay at W, gifts everywhere."""
    usual: dict[str, Any] = {
        "version": 1,
        "effective_from": date(2020, 1, 1),
        "name": words(),
        "tiers": (
            Tier("plain", words(), 0),
            Tier("diamond", words(), 2_000_000, 900, 950),
        ),
        "joining": Joining(300_000, 500_000, 12, "plain"),
        "earning": Earning(Ratio(1, 1)),
        "points_tenders": (PointsTender("points-w", 100, 1_000, 500, ("W",)),),
        "gifts": (Gift("umbrella", words(), 1_000, 5_000, 8_800),),
        "stored_value": StoredValue((TopUpStep(30_000, 3_000),)),
    }
    return Programme(**{**usual, **changes})


PROGRAMME = programme()


def member_id(number: int) -> UUID:
    """A member's id, in the order of `number`."""
    return uuid7(1_700_000_000_000 + number, bytes(10))


def plain_amounts(*amounts_minor: int) -> list[BasketLine]:
    """Lines of plain amounts."""
    return [BasketLine("", 1, amount) for amount in amounts_minor]


T = TypeVar("T")


def granted(answer: T | Refusal) -> T:
    """The answer, which is no refusal."""
    assert not isinstance(answer, Refusal), answer
    return answer


@dataclass
class Counter:
    """A till of a dealer that writes entries, one after the other, under one chain."""

    dealer: str
    number: int = 1
    rules: Programme = PROGRAMME
    seq: int = 0
    prev: bytes = GENESIS
    day: date = DAY

    @property
    def device(self) -> UUID:
        return UUID(bytes=f"{self.dealer}{self.number}".encode().ljust(16, b"\0"))

    @property
    def place(self) -> Place:
        return Place(self.dealer, f"{self.dealer}-store", f"{self.dealer}{self.number}")

    def body(self, kind: str, member: UUID | None = None, **changes: Any) -> Body:
        """A body of this till; `changes` go over the usual fields."""
        usual: dict[str, Any] = {
            "v": 1,
            "kind": kind,
            "entry_id": uuid7(1_800_000_000_000 + self.seq, self.device.bytes[9::-1]),
            "at": Moment(1_800_000_000_000 + self.seq, 480, "boot", self.seq, 1, 0),
            "business_date": self.day,
            "shift": 1,
            "place": self.place,
            "operator": "e1",
            "approver": None,
            "member": member,
            "card": None,
            "presented": None,
            "basis": Basis(1, 0, "offline"),
            "programme": self.rules.version,
            "data": {},
            "effects": (),
            "claims": (),
            "attachments": (),
            "trace": (),
        }
        return Body(**{**usual, **changes})

    def write(self, body: Body) -> Entry:
        """The entry of a body that a till may write."""
        return self.write_bytes(body_bytes(body))

    def write_bytes(self, data: bytes) -> Entry:
        """An entry of whatever bytes, next in the chain."""
        self.seq += 1
        made = entry_hash(self.device, 1, self.seq, self.prev, data)
        entry = Entry(self.device, 1, self.seq, self.prev, data, made, bytes(64))
        self.prev = made
        return entry

    def enrol(self, member: UUID, token: str = "", tier: str = "plain", **changes: Any) -> Entry:
        data = joining.EnrolData(
            tier,
            self.dealer,
            self.place.store,
            token or f"{member.int:032x}",
            "4417",
            "barcode",
            "v1",
            "joining.single",
            300_000,
            300_000,
        )
        return self.write(self.body(Kind.ENROL, member, data=plain(data), **changes))

    def quote(
        self,
        amounts: Sequence[int],
        tier: str = "plain",
        available: Balances = RICH,
        points: int = 0,
        stored_value_minor: int = 0,
        joining: bool = False,
    ) -> selling.Quote | Refusal:
        buyer_tier = self.rules.tier(tier)
        assert buyer_tier is not None
        buyer = selling.Buyer(member_id(0), buyer_tier, available, joining)
        wish = selling.Wish(points, stored_value_minor)
        return selling.quote(self.rules, self.dealer, plain_amounts(*amounts), buyer, wish)

    def sale(self, member: UUID, amounts: Sequence[int], **wishes: Any) -> Entry:
        changes = {key: wishes.pop(key) for key in ("entry_id", "card") if key in wishes}
        quoted = granted(self.quote(amounts, **wishes))
        data = granted(selling.pay(quoted, "cash", quoted.data.money_minor))
        effects = selling.effects(data, member, self.dealer, self.place.till, "CNY")
        return self.write(
            self.body(
                Kind.SALE,
                member,
                data=plain(data),
                effects=effects,
                claims=quoted.claims,
                trace=quoted.trace,
                **changes,
            )
        )

    def gift(
        self, member: UUID, offer: str = "umbrella", quantity: int = 1, available: int = 10**9
    ) -> Entry:
        taken = granted(
            redeeming.gift(self.rules, str(member), self.dealer, offer, quantity, available)
        )
        return self.write(
            self.body(
                Kind.REDEEM_GIFT,
                member,
                data=plain(taken.data),
                effects=taken.effects,
                claims=taken.claims,
                trace=taken.trace,
            )
        )

    def top_up(self, member: UUID, amount_minor: int, held: Balances | None = None) -> Entry:
        drawer = selling.money_account(self.dealer, self.place.till, "cash")
        loaded = granted(
            stored_value.top_up(
                self.rules, str(member), self.dealer, drawer, "cash", amount_minor, held or NOTHING
            )
        )
        return self.write(
            self.body(
                Kind.TOP_UP,
                member,
                data=plain(loaded.data),
                effects=loaded.effects,
                trace=loaded.trace,
            )
        )

    def moves(
        self,
        kind: str,
        member: UUID,
        moves: Iterable[tuple[str, int]],
        claims: Sequence[Claim] = (),
        **changes: Any,
    ) -> Entry:
        """An entry with bare effects on a member's accounts, balanced by one counterpart per
        asset."""
        return self.write(
            self.body(kind, member, effects=effects_of(member, moves), claims=claims, **changes)
        )


NOTHING = Balances()
ASSET = {"points": "PTS", "qualifying": "QSP", "principal": "CNY", "bonus": "CNY"}


def effects_of(member: UUID, moves: Iterable[tuple[str, int]]) -> tuple[Effect, ...]:
    """Effects on a member's accounts with their counterparts."""
    found, sums = [], {"PTS": 0, "QSP": 0, "CNY": 0}
    for name, delta in moves:
        found.append(Effect(f"member/{member}/{name}", ASSET[name], delta))
        sums[ASSET[name]] -= delta
    found += [Effect("dealer/A/other", asset, delta) for asset, delta in sums.items() if delta]
    return tuple(found)


def plain(data: object) -> dict[str, object]:
    """Body data as it stands in the body."""
    made = msgspec.to_builtins(data)
    assert isinstance(made, dict)
    return made


def stored_claim(account: str, quantity: int) -> Claim:
    return Claim("stored_value", account, quantity, quantity)


def copied(book: MemberBook) -> MemberBook:
    """A book that shares nothing with the one given that posting could change."""
    return replace(
        book,
        lots=[replace(lot) for lot in book.lots],
        uncovered=[replace(debt) for debt in book.uncovered],
        marks=dict(book.marks),
    )


@dataclass
class HeadOffice:
    """Books kept between batches as a database keeps them, and everything that was ever decided."""

    programmes: tuple[Programme, ...] = (PROGRAMME,)
    members: dict[UUID, MemberBook] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    posted_ids: set[UUID] = field(default_factory=set)
    next_seq: int = 1
    results: list[Result] = field(default_factory=list)
    claims: list[tuple[Claim, ...]] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    lots: dict[tuple[int, int], Lot] = field(default_factory=dict)
    uncovered: dict[tuple[int, int], Uncovered] = field(default_factory=dict)
    kept: dict[EntryRef, tuple[Entry, tuple[str, str, str], int]] = field(default_factory=dict)
    taken_back: list[TakenBack] = field(default_factory=list)
    declined: set[UUID] = field(default_factory=set)
    revoked: bool = False
    place: tuple[str, str, str] | None = None
    arrived_on: date | None = None
    office: bool = False
    prospects: dict[str, joining.Prospect] = field(default_factory=dict)
    levels: list[LevelPosted] = field(default_factory=list)
    records: dict[RecordKey, Record] = field(default_factory=dict)
    watch: Callable[[Books, Entry], Callable[[Result], None]] | None = None

    def join(self, *members: UUID, tier: str = "plain") -> HeadOffice:
        """Members with empty books."""
        for member in members:
            self.members[member] = MemberBook(member, tier, "A", "A-store")
        return self

    def receive(self, till: Counter, *entries: Entry) -> list[Result]:
        """Post a batch of one till's entries: load, post each, store."""
        return self.receive_at(self.place or place_of(till), entries)

    def receive_at(self, place: tuple[str, str, str], entries: Sequence[Entry]) -> list[Result]:
        wanted = self._with_stand_ins(members_of(entries))
        books = Books(
            self.programmes,
            {m: copied(self.members[m]) for m in wanted if m in self.members},
            dict(self.cards),
            place,
            declined=set(self.declined),
            taken=set(self.posted_ids),
            revoked=self.revoked,
            arrived_on=self.arrived_on,
            prospects=dict(self.prospects),
            office=self.office or place[0] == HEAD_OFFICE,
            records=self._records(place, entries),
        )
        originals_kept.load(self, books, entries)
        results = []
        for entry in entries:
            seen = self.watch(books, entry) if self.watch else None
            result = post(entry, books, self.next_seq)
            if seen:
                seen(result)
            results.append(result)
            if result.post_seq is not None:
                assert result.entry_id is not None
                self.posted_ids.add(result.entry_id)
                self.kept[result.ref] = entry, place, result.post_seq
                self.next_seq += 1
            self.allocations += result.allocations
        self.results += results
        self.claims += [
            () if result.post_seq is None else read_body(entry.body).claims
            for result, entry in zip(results, entries, strict=True)
        ]
        self._store(books)
        return results

    def _with_stand_ins(self, wanted: list[UUID]) -> list[UUID]:
        """Members, and those that stand for them after merges."""
        for member in wanted:
            book = self.members.get(member)
            if book is not None and book.alias_of is not None and book.alias_of not in wanted:
                wanted.append(book.alias_of)
        return wanted

    def _records(
        self, place: tuple[str, str, str], entries: Sequence[Entry]
    ) -> dict[RecordKey, Record | None]:
        keys = []
        for entry in entries:
            with suppress(UnreadableBody):
                keys += keys_of(read_body(entry.body), place[1])
        return {key: self.records.get(key) for key in keys}

    def _store(self, books: Books) -> None:
        self.records |= books.changed_records
        self.taken_back += books.taken_back
        for book in books.touched.values():
            book.lots = [lot for lot in book.lots if lot.open]
            book.uncovered = [debt for debt in book.uncovered if debt.open]
            self.members[book.member] = copied(book)
        self.cards |= books.changed_cards
        self.prospects |= books.prospects
        self.levels += books.levels
        self.postings += books.postings
        for lot in (*books.new_lots, *books.changed_lots.values()):
            self.lots[lot.key] = replace(lot)
        for debt in (*books.new_uncovered, *books.changed_uncovered.values()):
            self.uncovered[(debt.post_seq, debt.claim)] = replace(debt)

    def balances(self, member: UUID) -> Balances:
        return self.members[member].balances

    def nets(self) -> dict[str, tuple[int, int]]:
        """What each dealer pays and receives over everything posted, in fen, own lines left out."""
        run = clearing.run("test", 0, self.next_seq, self.allocations, ())
        return {p.dealer: (p.pays_minor, p.receives_minor) for p in run.positions}


def place_of(till: Counter) -> tuple[str, str, str]:
    """The place of a till's device as head office knows it."""
    return till.place.dealer, till.place.store, till.place.till
