"""Any interleaving of card and member entries of several tills and head office, with value moving
in between; each property with the bugs it was seen to catch (golden cases 11, 19; invariants 11,
28, 29; pitfalls 13, 23, 24).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sync.domain import card_changes, posting_cards, posting_members, posting_run
from sync.domain.books import Books, Issue, MemberBook
from sync.domain.card_changes import BlockData, NewCard, ReplaceData
from sync.domain.cards import Card, CardLimits, Status
from sync.domain.journal import Claim, Effect, Entry, Kind
from sync.domain.lots import HEAD_OFFICE, Lot
from sync.domain.merging import MergeData, TransferData, UnmergeData
from sync.domain.posting_run import Run
from tests.sync.domain.making import Counter, HeadOffice, effects_of, member_id, plain

PEOPLE = tuple(member_id(n) for n in range(1, 4))
TOKENS = tuple(letter * 32 for letter in "abcdef01")
TIGHT = CardLimits(100, 100, 200, 0, 0, 0)
CARD_KINDS = (
    Kind.CARD_ISSUE, Kind.CARD_BIND, Kind.CARD_BLOCK, Kind.CARD_REPLACE, Kind.CARD_UNBLOCK,
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One entry: what, by whom (0: head office), about which member, cards and amounts."""

    kind: str
    till: int
    member: int
    other: int
    card: int
    new: int
    points: int


acts = st.lists(
    st.builds(
        Act,
        kind=st.sampled_from(
            [*map(str, CARD_KINDS), "earn", "spend", "merge", "unmerge", "transfer"]
        ),
        till=st.integers(0, 2),
        member=st.integers(0, 2),
        other=st.integers(0, 2),
        card=st.integers(0, 7),
        new=st.integers(0, 7),
        points=st.integers(1, 300),
    ),
    min_size=10,
    max_size=50,
)


class World:
    """Head office, three tills' worth of entries, and what was seen while they were posted."""

    def __init__(self) -> None:
        self.hq = HeadOffice().join(*PEOPLE)
        self.hq.cards = {
            token: Card(token, member, Status.ACTIVE, token[:4], "barcode")
            for token, member in zip(TOKENS, PEOPLE, strict=False)
        }
        twice = Card(TOKENS[3], PEOPLE[0], Status.ACTIVE, "twice", "barcode", "", TIGHT)
        chip = msgspec.structs.replace(twice, token=TOKENS[4], card=TOKENS[3])
        self.hq.cards |= {twice.token: twice, chip.token: chip}
        self.tills = (Counter(HEAD_OFFICE), Counter("A"), Counter("B"))
        self.earned = 0

    def entry(self, act: Act) -> Entry:
        till = self.tills[act.till]
        member, other = PEOPLE[act.member], PEOPLE[act.other]
        card, new = TOKENS[act.card], TOKENS[act.new]
        owned = self.hq.cards.get(card)
        if owned is not None and act.points % 5 and act.kind not in ("merge", "unmerge"):
            member = owned.member  # mostly the card is theirs
        data: Any = {}
        claims: tuple[Claim, ...] = ()
        effects: tuple[Effect, ...] = ()
        kind, programme = act.kind, 1
        match act.kind:
            case Kind.CARD_ISSUE:
                data = plain(NewCard(new, "n", "rfid", TIGHT if act.points % 2 else None))
            case Kind.CARD_BIND:
                data = plain(NewCard(new, "n", "rfid"))
            case Kind.CARD_REPLACE:
                data = plain(ReplaceData(new, "n", "rfid"))
            case Kind.CARD_BLOCK | Kind.CARD_UNBLOCK:
                data = plain(BlockData())
            case "earn":
                kind, effects = Kind.SALE, effects_of(member, [("points", act.points)])
            case "spend":
                kind, effects = Kind.REDEEM_GIFT, effects_of(member, [("points", -act.points)])
                claims = (Claim("gift", "points", act.points, act.points, "umbrella"),)
            case "merge":
                data, till, programme = plain(MergeData(other)), self.tills[0], 0
            case "unmerge":
                data, till, programme = plain(UnmergeData(other, 0)), self.tills[0], 0
            case _:
                data, programme = plain(TransferData(other, act.points)), 0
        about = None if act.kind in ("merge", "unmerge", "earn") else card
        return till.write(
            till.body(
                kind, member, data=data, card=about, effects=effects, claims=claims,
                programme=programme,
            )
        )  # fmt: skip

    def do(self, act: Act) -> tuple[dict[str, Card], tuple[Issue, ...], bool]:
        """Cards before, codes, whether it posted."""
        before = dict(self.hq.cards)
        entry = self.entry(act)
        till = next(till for till in self.tills if till.device == entry.device)
        (result,) = self.hq.receive(till, entry)
        return before, result.codes, result.post_seq is not None

    def total(self) -> tuple[int, ...]:
        books = self.hq.members.values()
        return tuple(
            sum(getattr(book.balances, name) for book in books)
            for name in ("points", "principal", "bonus", "qualifying")
        )


def played(history: list[Act]) -> None:
    """Every property over one history."""
    world = World()
    for act in history:
        before, total = dict(world.hq.cards), world.total()
        _, codes, posted = world.do(act)
        a_token_stays_with_its_member(before, world.hq.cards)
        a_card_is_one(world.hq.cards)
        if act.kind == "spend" and posted:
            a_dead_card_never_debits_in_silence(before, TOKENS[act.card], codes)
        if act.kind in ("merge", "unmerge", "transfer"):
            assert world.total() == total, "value came or went"
        books_agree(world.hq)


def a_token_stays_with_its_member(before: dict[str, Card], after: dict[str, Card]) -> None:
    for token, card in before.items():
        assert after[token].member == card.member, "a credential went to another member"
        dead = card.status is Status.REPLACED
        assert not dead or after[token].status is Status.REPLACED, "a replaced card lives again"


def a_card_is_one(cards: dict[str, Card]) -> None:
    wholes: dict[str, set[object]] = {}
    for card in cards.values():
        wholes.setdefault(card.whole, set()).add((card.status, card.member, card.use))
    assert all(len(states) == 1 for states in wholes.values()), "parts of a card differ"


def a_dead_card_never_debits_in_silence(
    before: dict[str, Card], token: str, codes: tuple[Issue, ...]
) -> None:
    card = before.get(token)
    if card is None or card.status is not Status.ACTIVE:
        assert {Issue.CARD_BLOCKED, Issue.CARD_UNKNOWN} & set(codes), "a dead card paid"


def books_agree(hq: HeadOffice) -> None:
    """Invariants 11 and 28, member by member: what is open is theirs, and adds up."""
    for member, book in hq.members.items():
        lots = [lot for lot in hq.lots.values() if lot.member == member]
        debts = [debt for debt in hq.uncovered.values() if debt.member == member]
        opened = sum(lot.open for lot in lots) - sum(debt.open for debt in debts)
        assert book.balances.points == opened, "balance and lots differ"
        told = sum(p.delta for p in hq.postings if p.member == member and p.account == "points")
        assert book.balances.points == told, "balance and postings differ"
        assert all(0 <= lot.open <= lot.quantity for lot in lots)
        if book.alias_of is not None:
            assert not any(lot.open for lot in lots), "an alias holds lots"
    for lot in hq.lots.values():
        given = sum(a.quantity for a in hq.allocations if a.lot == lot.key)
        assert given + lot.open == lot.quantity, "a lot gave what it does not hold"


moves = st.lists(st.tuples(st.booleans(), st.integers(1, 500)), max_size=12)


def parted_is_as_before(one: list[tuple[bool, int]], other: list[tuple[bool, int]]) -> None:
    """Merged and parted with nothing in between: balances, lots, debts, places and ends as before.

    Only where neither owes what the other has: what a merge covers is allocated, once and for ever.
    """
    hq, tills = HeadOffice().join(*PEOPLE), (Counter(HEAD_OFFICE), Counter("A"), Counter("B"))
    for member, history, till in ((PEOPLE[0], one, tills[1]), (PEOPLE[1], other, tills[2])):
        for earns, points in history:
            delta = points if earns else -points
            claims = () if earns else (Claim("gift", "points", points, points, "umbrella"),)
            kind = Kind.SALE if earns else Kind.REDEEM_GIFT
            hq.receive(till, till.moves(kind, member, [("points", delta)], claims))
    owed = {m: any(debt.open for debt in hq.members[m].uncovered) for m in PEOPLE}
    held = {m: any(lot.open for lot in hq.members[m].lots) for m in PEOPLE}
    if owed[PEOPLE[0]] != owed[PEOPLE[1]] and any(held.values()):
        return
    before = {m: seen(hq.members[m]) for m in PEOPLE}
    office = tills[0]
    for kind, data in (
        (Kind.MERGE, MergeData(PEOPLE[1])),
        (Kind.UNMERGE, UnmergeData(PEOPLE[1], 0)),
    ):
        hq.receive(
            office, office.write(office.body(kind, PEOPLE[0], data=plain(data), programme=0))
        )
    assert {m: seen(hq.members[m]) for m in PEOPLE} == before, "not as before"


def seen(book: MemberBook) -> tuple[Any, ...]:
    lots = sorted((lot.key, lot.open, lot.dealer, str(lot.expires_on)) for lot in book.lots)
    debts = sorted((debt.post_seq, debt.open, debt.creditor) for debt in book.uncovered)
    return book.balances, lots, debts, book.alias_of


HOW: dict[str, tuple[Callable[..., None], dict[str, st.SearchStrategy[Any]]]] = {
    "played": (played, {"history": acts}),
    "parted_is_as_before": (parted_is_as_before, {"one": moves, "other": moves}),
}


@pytest.mark.parametrize("name", HOW)
def test_holds(name: str) -> None:
    """Rows: golden cases 11, 19; invariants 11, 28, 29; pitfalls 13, 23, 24."""
    check, drawn = HOW[name]
    given(**drawn)(check)()


# ------------------------------------------------------------------------------ bugs put back
def only_the_presented_credential_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_changes, "_whole", lambda card, _among: [card])


def a_card_in_use_is_given_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def issued(member: UUID | None, data: NewCard, _cards: Any) -> card_changes.Changed:
        assert member is not None
        made = Card(data.token, member, Status.ACTIVE, data.tail, data.medium)
        return card_changes.Changed((made,))

    monkeypatch.setattr(card_changes, "_issued", issued)


def any_card_is_unblocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replaced card too."""

    def as_(cards: Any, status: Status, *_of: Status) -> tuple[Card, ...]:
        return tuple(msgspec.structs.replace(card, status=status) for card in cards)

    monkeypatch.setattr(card_changes, "_as", as_)


def a_blocked_card_is_not_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Run.flags

    def flags(self: Run) -> None:
        real(self)
        self.codes = [code for code in self.codes if code is not Issue.CARD_BLOCKED]

    monkeypatch.setattr(posting_run.Run, "flags", flags)


def a_use_is_counted_on_one_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_cards.count_use

    def count_use(run: Run) -> None:
        whole = dict(run.books.cards)
        token = run.body.card or ""
        run.books.cards = {token: whole[token]} if token in whole else {}
        real(run)
        run.books.cards = whole | run.books.cards

    monkeypatch.setattr("sync.domain.posting.count_use", count_use)


def what_moves_is_not_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def shift(run: Run, _source: Any, target: Any, account: str, units: int, reason: str) -> None:
        if units:
            run.move(target, account, units, reason)

    monkeypatch.setattr(posting_members, "_shift", shift)


def a_lot_given_in_part_keeps_its_quantity(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_members._give  # the slip is put where it could be made

    def give(run: Run, to: MemberBook, lot: Lot, key: Any, units: int) -> None:
        real(run, to, lot, key, units)
        lot.quantity += units

    monkeypatch.setattr(posting_members, "_give", give)


def an_alias_keeps_its_books(monkeypatch: pytest.MonkeyPatch) -> None:
    """Late entries of the merged member go on in books nobody looks at."""
    monkeypatch.setattr(Books, "real", lambda _self, member: member)


def everything_open_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_members.unmerge

    def unmerge(run: Run, book: MemberBook) -> None:
        for lot in book.lots:
            lot.came_from = lot.came_from or (PEOPLE[1],)
        real(run, book)

    monkeypatch.setitem(_moves(), Kind.UNMERGE, unmerge)


def a_lot_that_came_is_as_if_earned_here(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_members.merge

    def merge(run: Run, book: MemberBook) -> None:
        real(run, book)
        book.lots = [replace(lot, dealer=book.home_dealer) for lot in book.lots]

    monkeypatch.setitem(_moves(), Kind.MERGE, merge)


def _moves() -> Any:
    from sync.domain import posting  # the table is read at each posting

    return posting.MOVES


PLANTED: list[tuple[Callable[[pytest.MonkeyPatch], None], str]] = [
    (only_the_presented_credential_is_blocked, "played"),
    (a_card_in_use_is_given_out_again, "played"),
    (any_card_is_unblocked, "played"),
    (a_blocked_card_is_not_flagged, "played"),
    (a_use_is_counted_on_one_credential, "played"),
    (what_moves_is_not_taken_away, "played"),
    (a_lot_given_in_part_keeps_its_quantity, "played"),
    (an_alias_keeps_its_books, "played"),
    (everything_open_goes_back, "parted_is_as_before"),
    (a_lot_that_came_is_as_if_earned_here, "parted_is_as_before"),
]
FIND = settings(
    phases=[Phase.generate], report_multiple_bugs=False, database=None, max_examples=1_000
)


@pytest.mark.parametrize(("plant", "name"), PLANTED, ids=lambda x: getattr(x, "__name__", x))
def test_a_planted_bug_is_seen(
    plant: Callable[[pytest.MonkeyPatch], None], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    check, drawn = HOW[name]
    with pytest.raises(AssertionError):
        FIND(given(**drawn)(check))()
