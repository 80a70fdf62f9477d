"""What always holds when things are taken back, over random shop lives (invariants 9, 11, 24, 27,
28, 30).

Tills of three dealers sell, for points too, top up, hand out gifts, and take goods back, each
knowing only its own returns; head office gets entries in any order and any batches. At the end
everything that was sold is brought back: then nothing may be left of it. Each property names bugs
under which it fails; they are planted here on every run.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sync.domain import clearing, originals, posting_reversals
from sync.domain.journal import Entry, read_body
from sync.domain.lots import Allocation, LotKey
from sync.domain.members import Balances
from sync.domain.posting import Issue, Outcome
from sync.domain.programme import Gift, PointsTender, StoredValue, TopUpStep
from tests.sync.domain.making import Counter, HeadOffice, member_id, programme, words
from tests.sync.domain.reversing import cancel, give_back, void

ANNA = member_id(1)
DEALERS = "ABC"
RULES = programme(
    points_tenders=(PointsTender("tender", 5, 50, 37),),
    gifts=(Gift("sample", words(), 13, 100, 130),),
    stored_value=StoredValue((TopUpStep(1_000, 101),), "issuing"),
)
Plan = list[tuple[int, int, int, int, int]]
PLANS = st.lists(
    st.tuples(
        st.integers(0, 6), st.integers(0, 2), st.integers(1, 1_500), st.integers(1, 4),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=50,
)  # fmt: skip


@dataclass
class Life:
    """A life of shops, as a plan of numbers tells it."""

    office: HeadOffice = field(default_factory=lambda: HeadOffice((RULES,)).join(ANNA))
    tills: dict[str, Counter] = field(
        default_factory=lambda: {name: Counter(name, rules=RULES) for name in DEALERS}
    )
    sales: list[Entry] = field(default_factory=list)
    top_ups: list[Entry] = field(default_factory=list)
    gone: dict[tuple[str, UUID, int], dict[int, int]] = field(default_factory=dict)

    def live(self, plan: Plan) -> None:
        for what, where, amount, units, pick in plan:
            till = self.tills[DEALERS[where]]
            made = self.step(what, till, amount, units, pick)
            if made is not None:
                self.office.receive(till, made)
                judge_books(self.office)

    def step(self, what: int, till: Counter, amount: int, units: int, pick: int) -> Entry | None:
        if what <= 1:
            paying: dict[str, Any] = {}
            if what == 1:
                points = 5 * min(units, (amount + 700) // 50)
                paying = {
                    "available": Balances(20, 900, 101),
                    "points": points,
                    "stored_value_minor": amount // 2,
                }
            self.sales.append(till.sale(ANNA, [amount, 700], **paying))
            return self.sales[-1]
        if what == 2:
            self.top_ups.append(till.top_up(ANNA, amount))
            return self.top_ups[-1]
        if what == 3:
            return till.gift(ANNA, "sample")
        if what == 4 and self.top_ups:
            entry = self.top_ups[pick % len(self.top_ups)]
            most = read_body(entry.body).data["principal_minor"]
            return cancel(till, entry, Balances(0, min(amount, int(str(most))), 50))
        if what >= 5 and self.sales:
            return self.back(till, self.sales[pick % len(self.sales)], units % 2)
        return None

    def back(self, till: Counter, entry: Entry, item: int) -> Entry | None:
        """One line at a till that knows only what it took back itself."""
        gone = self.gone.setdefault((till.dealer, entry.device, entry.seq), {})
        if gone.get(item):
            return None
        made = give_back(till, entry, {item: 1}, dict(gone))
        gone[item] = 1
        return made

    def bring_all_back(self) -> None:
        """Everything sold comes back, once more also what did before."""
        for entry in self.sales:
            for item in (0, 1):
                made = self.back(self.tills[DEALERS[item]], entry, item)
                if made is not None:
                    self.office.receive(self.tills[DEALERS[item]], made)
                    judge_books(self.office)


def judge_books(office: HeadOffice) -> None:
    """Balances are postings, and open lots less what is owed; no lot gives more than it holds."""
    taken: Count[tuple[int, int]] = Count()
    for a in office.allocations:
        taken[a.lot] += a.quantity
    for lot in office.lots.values():
        assert 0 <= lot.open == lot.quantity - taken[lot.key]
    posted: Count[str] = Count()
    for posting in office.postings:
        posted[posting.account] += posting.delta
    book = office.members[ANNA]
    for name in ("points", "principal", "bonus", "qualifying"):
        assert getattr(book.balances, name) == posted[name]
        held = sum(lot.open for lot in book.lots if lot.account == name)
        owed = sum(debt.open for debt in book.uncovered if debt.account == name)
        if name != "qualifying":
            assert posted[name] == held - owed
            assert not (held and owed)
    assert posted["qualifying"] >= 0


def judge_reversed(office: HeadOffice) -> None:
    """No claim gives a lot more than it took, nor more fen than it settled (30); what a claim's
    lines and its open rest come to is its value while nothing of it came back (27)."""
    units: Count[tuple[int, int, LotKey]] = Count()
    fen: Count[tuple[int, int, LotKey]] = Count()
    for a in office.allocations:
        key = (a.claim_post_seq, a.claim, a.lot)
        units[key] += a.quantity
        fen[key] += a.amount_minor
        assert units[key] >= 0
        assert fen[key] >= 0
    for key, left in units.items():
        assert left or not fen[key], "fen of an allocation outlive its units"
    for debt in office.uncovered.values():
        assert debt.open >= 0
        assert debt.open or not debt.amount_minor
    run = clearing.run("all", 0, office.next_seq, office.allocations, DEALERS)
    assert sum(position.net_minor for position in run.positions) == 0


def conservation(plan: Plan) -> None:
    """Invariants 9, 11, 24, 27, 28 and 30 with returns in the mix."""
    life = Life()
    life.live(plan)
    judge_reversed(life.office)
    life.bring_all_back()
    judge_reversed(life.office)
    assert all(r.outcome is not Outcome.QUARANTINED for r in life.office.results)


def whole(plan: Plan) -> None:
    """Invariant 30: returns in parts, at several tills, in any order, are exactly the whole: when
    all goods are back, sales have moved nothing."""
    life = Life()
    life.live([step for step in plan if step[0] in (0, 1, 2, 5, 6)])
    life.bring_all_back()
    loaded = [read_body(entry.body).data for entry in life.top_ups]
    balances = life.office.balances(ANNA)
    assert balances.points == balances.qualifying == 0
    assert balances.principal == sum(int(str(data["principal_minor"])) for data in loaded)
    assert balances.bonus == sum(int(str(data["bonus_minor"])) for data in loaded)
    of_claims = Count[str]()
    for a in life.office.allocations:
        if a.kind in ("points_tender", "stored_value"):
            of_claims[a.kind] += a.amount_minor
    assert not +of_claims
    never_above(life)


def never_above(life: Life) -> None:
    """Invariant 30: no line comes back more often than it was sold; the surplus is told."""
    found: Count[tuple[Any, int]] = Count()
    for back in life.office.taken_back:
        found[(back.original, back.item)] += back.quantity
    told = sum(Issue.ALREADY_REVERSED in result.codes for result in life.office.results)
    returned = sum(sum(gone.values()) for gone in life.gone.values())
    assert all(quantity <= 1 for quantity in found.values())
    assert sum(found.values()) == returned - told


PROPERTIES: dict[str, Callable[[Plan], None]] = {"conservation": conservation, "whole": whole}


@pytest.mark.parametrize("name", PROPERTIES)
def test_reversals_keep_the_books(name: str) -> None:
    """Rows: golden cases 9, 15; invariants 9, 11, 24, 27, 28, 30."""

    @given(PLANS)
    def holds(plan: Plan) -> None:
        PROPERTIES[name](plan)

    holds()


@given(
    amount=st.integers(0, 10**6),
    of=st.integers(1, 60),
    cuts=st.lists(st.integers(1, 60), max_size=30),
)
def test_parts_of_partial_returns_are_the_whole(amount: int, of: int, cuts: list[int]) -> None:
    """Rows: golden case 5, pitfall 3, invariant 30."""
    gone, given_back = 0, 0
    for cut in (*cuts, of):
        pieces = min(cut, of - gone)
        part = originals.share(amount, gone, pieces, of)
        assert 0 <= part <= -(-amount // of) * pieces
        gone, given_back = gone + pieces, given_back + part
    assert (gone, given_back) == (of, amount)


def test_a_void_is_the_whole_return() -> None:
    """Rows: invariant 30."""
    for undo in (void, give_back):
        life, till = Life(), Counter("A", rules=RULES)
        sale = till.sale(ANNA, [1_234, 700], available=Balances(20, 900, 101), points=20)
        life.office.receive(till, sale)
        life.office.receive(till, undo(till, sale))
        assert life.office.balances(ANNA) == Balances()


# ----------------------------------------------------------------------------------- planted bugs
def the_points_earned_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pitfall 1."""
    monkeypatch.setattr(posting_reversals.Reversal, "_claw_back", lambda *_: None)


def goods_come_back_as_often_as_somebody_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pitfall 16."""
    monkeypatch.setattr(posting_reversals.Reversal, "mark", lambda *_: None)


def units_go_back_but_the_lot_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_reversals.Reversal._return_to_lot

    def closed(self: Any, book: Any, a: Allocation, units: int, fen: int) -> None:
        real(self, book, a, units, fen)
        lot = next(lot for lot in book.lots if lot.key == a.lot)
        lot.open = 0

    monkeypatch.setattr(posting_reversals.Reversal, "_return_to_lot", closed)


def the_fen_of_a_reversal_are_those_of_the_whole_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        posting_reversals, "share_of_rest", lambda amount, _taken, _quantity: amount + 1
    )


def what_was_spent_is_taken_from_the_lot_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Golden case 15 forgotten: the hole is posted, owed to nobody."""
    monkeypatch.setattr(posting_reversals.Reversal, "_hole", lambda *_: None)


def each_return_is_rounded_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pitfall 3: a third of 100, three times, is 99."""
    monkeypatch.setattr(
        originals, "share", lambda amount, _before, pieces, of: amount * pieces // of
    )


def reversals_are_forgotten_when_the_rest_is_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = posting_reversals._rest

    def rest(made: Iterable[Allocation]) -> Any:
        return real(a for a in made if a.quantity > 0)

    monkeypatch.setattr(posting_reversals, "_rest", rest)


PLANTED: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    the_points_earned_are_kept: "whole",
    goods_come_back_as_often_as_somebody_brings_them: "whole",
    units_go_back_but_the_lot_stays_closed: "conservation",
    the_fen_of_a_reversal_are_those_of_the_whole_claim: "conservation",
    what_was_spent_is_taken_from_the_lot_again: "conservation",
    reversals_are_forgotten_when_the_rest_is_worked_out: "conservation",
}


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_noticed(
    bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)

    @settings(max_examples=400, database=None, derandomize=True, phases=[Phase.generate])
    @given(PLANS)
    def holds(plan: Plan) -> None:
        PROPERTIES[PLANTED[bug]](plan)

    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever way it shows
        holds()


def test_parts_rounded_each_for_itself_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    each_return_is_rounded_for_itself(monkeypatch)
    assert sum(originals.share(100, gone, 1, 3) for gone in range(3)) != 100
