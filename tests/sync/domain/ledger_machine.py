"""A chain of shops against the ledger's rules: the invariants that are about sequences of entries.

Tills of three dealers sell, top up and hand out gifts for members, trusting whatever balances they
believe in; head office gets their entries late, in batches of any size and in any order. After each
entry the allocations it caused are judged (27, 28, 29), after each batch the books (9, 11, 28), at
the end clearing (24, 27) and whether other batches would have given anything else (33, 34).
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sync.domain import clearing
from sync.domain.journal import Body, Entry, Kind, read_body
from sync.domain.lots import Allocation, Lot
from sync.domain.members import Balances
from sync.domain.posting import Books, Issue, Outcome, Result
from sync.domain.programme import (
    Earning,
    Gift,
    PointsTender,
    Programme,
    Ratio,
    StoredValue,
    Tier,
    TopUpStep,
)
from sync.domain.redeeming import most_points
from tests.sync.domain.making import (
    DAY,
    Counter,
    HeadOffice,
    copied,
    effects_of,
    member_id,
    place_of,
    programme,
    stored_claim,
    words,
)

MEMBERS = (member_id(1), member_id(2))
DEALERS = ("A", "B", "C")
BUCKETS = ("points", "principal", "bonus")
members = st.sampled_from(MEMBERS)
at_dealer = st.sampled_from(DEALERS)
LotSum = Count[tuple[int, int]]


def small_rules(version: int, funded_by: str, expiry_months: int | None) -> Programme:
    """Rules under which a few yuan do everything, with values that never divide evenly."""
    return programme(
        version=version,
        tiers=(Tier("plain", words(), 0, 1_000, 970),),
        earning=Earning(Ratio(1, 1), {"C": Ratio(1, 3)}, expiry_months),
        points_tenders=(PointsTender("tender", 5, 50, 37),),
        gifts=(Gift("sample", words(), 13, 100, 130),),
        stored_value=StoredValue((TopUpStep(1_000, 101),), funded_by),
    )


class LedgerMachine(RuleBasedStateMachine):
    """See the module."""

    @initialize(
        funded_by=st.sampled_from(["redeeming", "issuing", "headoffice"]),
        first=st.sampled_from([None, 1, 2]),
        second=st.sampled_from([None, 1, 2]),
        days=st.lists(st.integers(-40, 60), min_size=6, max_size=6),
    )
    def open_shops(
        self, funded_by: str, first: int | None, second: int | None, days: list[int]
    ) -> None:
        """Dealer C has heard of the second version of the programme already; everybody begins with
        some odd small lots."""
        self.packs = (small_rules(1, funded_by, first), small_rules(2, "issuing", second))
        self.tills = {
            dealer: Counter(dealer, rules=self.packs[dealer == "C"]) for dealer in DEALERS
        }
        self.unsent: dict[str, list[Entry]] = {dealer: [] for dealer in DEALERS}
        self.office = HeadOffice(self.packs, watch=self.watch).join(*MEMBERS)
        self.arrived: list[tuple[str, Entry]] = []
        for number, day in enumerate(days):
            dealer = DEALERS[number % 3]
            self.another_day(dealer, day)
            for member in MEMBERS:
                self.unsent[dealer].append(self.tills[dealer].sale(member, [700]))
            self.push(dealer, 1 + number % 2)

    # ------------------------------------------------------------------------- what tills do
    @rule(
        dealer=at_dealer,
        member=members,
        amounts=st.lists(st.integers(1, 1_500), min_size=1, max_size=3),
        units=st.integers(0, 4),
        principal=st.integers(0, 900),
        bonus=st.integers(0, 300),
    )
    def sell(
        self, dealer: str, member: Any, amounts: list[int], units: int, principal: int, bonus: int
    ) -> None:
        till = self.tills[dealer]
        points = min(units * 5, most_points(till.rules, dealer, 20, sum(amounts)))
        believed = Balances(20, principal, bonus)
        sale = till.sale(
            member,
            amounts,
            available=believed,
            points=points,
            stored_value_minor=min(believed.stored_value, sum(amounts) // 2),
        )
        self.unsent[dealer].append(sale)

    @rule(dealer=at_dealer, member=members, amount=st.integers(1, 2_000))
    def top_up(self, dealer: str, member: Any, amount: int) -> None:
        self.unsent[dealer].append(self.tills[dealer].top_up(member, amount))

    @rule(dealer=at_dealer, member=members, quantity=st.integers(1, 2))
    def gift(self, dealer: str, member: Any, quantity: int) -> None:
        self.unsent[dealer].append(self.tills[dealer].gift(member, "sample", quantity))

    @rule(dealer=at_dealer, days=st.integers(-40, 60))
    def another_day(self, dealer: str, days: int) -> None:
        self.tills[dealer].day = DAY + timedelta(days=days)

    @rule(dealer=at_dealer, member=members)
    def the_same_entry_id_again(self, dealer: str, member: Any) -> None:
        if self.unsent[dealer]:
            taken = read_body(self.unsent[dealer][-1].body).entry_id
            again = self.tills[dealer].sale(member, [500], entry_id=taken)
            self.unsent[dealer].append(again)

    @rule(dealer=at_dealer, member=members, quantity=st.integers(1, 50))
    def a_claim_that_is_no_debit(self, dealer: str, member: Any, quantity: int) -> None:
        effects = effects_of(member, [("bonus", -quantity)])
        claims = (stored_claim("principal", quantity),)
        till = self.tills[dealer]
        body = till.body(Kind.SALE, member, effects=effects, claims=claims)
        self.unsent[dealer].append(till.write(body))

    # --------------------------------------------------------------------- what head office does
    @precondition(lambda self: any(self.unsent.values()))
    @rule(dealer=at_dealer, size=st.integers(1, 6))
    def push(self, dealer: str, size: int) -> None:
        batch, self.unsent[dealer] = self.unsent[dealer][:size], self.unsent[dealer][size:]
        self.receive(dealer, batch)

    def receive(self, dealer: str, batch: list[Entry]) -> None:
        if not batch:
            return
        self.arrived += [(dealer, entry) for entry in batch]
        before = {member: copied(book) for member, book in self.office.members.items()}
        results = self.office.receive(self.tills[dealer], *batch)
        if all(result.outcome is Outcome.QUARANTINED for result in results):
            assert self.office.members == before
        judge_books(self.office)

    def watch(self, books: Books, entry: Entry) -> Callable[[Result], None]:
        body = read_body(entry.body)
        assert body.member is not None
        book = books.members[body.member]
        before = [replace(lot) for lot in book.lots]
        postings = len(books.postings)

        def judge(result: Result) -> None:
            if result.outcome is Outcome.QUARANTINED:
                assert book.lots == before
                return
            judge_result(result, body, before, books)
            moved = Count[str]()
            for posting in books.postings[postings:]:
                moved[posting.account] += posting.delta
            if Issue.SPLIT_MISMATCH not in result.codes:
                told = Count[str]()
                for effect in body.effects:
                    if effect.account.startswith("member/"):
                        told[effect.account.rpartition("/")[2]] += effect.delta
                assert +moved == +told
                assert -moved == -told

        return judge

    # ------------------------------------------------------------------------------- at the end
    def teardown(self) -> None:
        if not hasattr(self, "office"):
            return
        for dealer in DEALERS:
            self.receive(dealer, self.unsent[dealer])
        judge_clearing(self.office)
        self.other_batches_give_the_same()

    def other_batches_give_the_same(self) -> None:
        """Each entry alone, in the order in which they arrived (invariant 34)."""
        again = HeadOffice(self.packs).join(*MEMBERS)
        for dealer, entry in self.arrived:
            again.receive_at(place_of(self.tills[dealer]), [entry])
        assert again.results == self.office.results
        assert again.postings == self.office.postings
        assert again.lots == self.office.lots
        assert again.members == self.office.members


def judge_result(result: Result, body: Body, before: list[Lot], books: Books) -> None:
    """Invariants 27, 28 and 29 on one posted entry. `before`: the member's lots before it."""
    drawn = [a for a in result.allocations if a.claim_post_seq == result.post_seq]
    fresh = {debt.claim: debt for debt in books.new_uncovered if debt.post_seq == result.post_seq}
    assert (Issue.OVERDRAFT in result.codes) is bool(fresh)
    for index, claim in enumerate(body.claims):
        mine = [a for a in result.allocations if a in drawn and a.claim == index]
        # a lot credited by the same entry may have covered part of it at once: count that back in
        at_once = [a for a in mine if a.lot.post_seq == result.post_seq]
        debt = fresh.get(index)
        open_units = debt.open if debt else 0
        open_fen = debt.amount_minor if debt else 0
        assert sum(a.quantity for a in mine) + open_units == claim.quantity
        assert sum(a.amount_minor for a in mine) + open_fen == claim.settlement_minor
        assert all(a.quantity > 0 and a.amount_minor >= 0 for a in mine)
        assert not at_once or debt
    from_old = [a for a in drawn if a.lot.post_seq != result.post_seq]
    judge_order(from_old, before, body)
    late = {lot.key for lot in before if not lot.usable_on(body.business_date)}
    flagged = Issue.LOT_EXPIRED in result.codes
    assert flagged or not any(a.lot in late for a in from_old)
    for a in result.allocations:
        if a.lot.post_seq == result.post_seq and not flagged:
            expires = next(lot.expires_on for lot in books.new_lots if lot.key == a.lot)
            claimed = next(
                debt.business_date
                for book in books.members.values()
                for debt in book.uncovered
                if (debt.post_seq, debt.claim) == (a.claim_post_seq, a.claim)
            )
            assert expires is None or claimed <= expires


def judge_order(drawn: Sequence[Allocation], before: Sequence[Lot], body: Body) -> None:
    """No lot gives while one before it still has something; an expired one comes after all others.

    The order is written down here again, from the design.
    """
    taken: LotSum = Count()
    for allocation in drawn:
        taken[allocation.lot] += allocation.quantity
    for account in BUCKETS:
        queue = sorted(
            (lot for lot in before if lot.account == account and lot.open),
            key=lambda lot: (
                lot.expires_on is not None and lot.expires_on < body.business_date,
                lot.expires_on is None,
                lot.expires_on or body.business_date,
                lot.business_date,
                lot.key.post_seq,
                lot.key.part,
            ),
        )
        left_over = False
        for lot in queue:
            assert taken[lot.key] <= lot.open
            assert not (left_over and taken[lot.key]), "a later lot gave before an earlier one"
            left_over = left_over or taken[lot.key] < lot.open
    assert set(taken) <= {lot.key for lot in before}


def judge_books(office: HeadOffice) -> None:
    """Invariants 9, 11 and 28 on everything posted so far."""
    taken: LotSum = Count()
    for allocation in office.allocations:
        taken[allocation.lot] += allocation.quantity
    for lot in office.lots.values():
        assert lot.open >= 0
        assert lot.open + taken[lot.key] == lot.quantity
    posted: Count[tuple[UUID, str]] = Count()
    for posting in office.postings:
        posted[(posting.member, posting.account)] += posting.delta
    for member, book in office.members.items():
        held: Count[str] = Count()
        for lot in book.lots:
            held[lot.account] += lot.open
        owed: Count[str] = Count()
        for debt in book.uncovered:
            owed[debt.account] += debt.open
        for account in (*BUCKETS, "qualifying"):
            assert getattr(book.balances, account) == posted[(member, account)]
        for account in BUCKETS:
            assert posted[(member, account)] == held[account] - owed[account]
            assert not (held[account] and owed[account]), "an open lot beside an open claim"


def judge_clearing(office: HeadOffice) -> None:
    """Invariants 24 and 27 at the end: nets are zero, and every claim's fen are settled or open."""
    run = clearing.run("all", 0, office.next_seq, office.allocations, DEALERS)
    assert sum(position.net_minor for position in run.positions) == 0
    settled: LotSum = Count()
    for allocation in office.allocations:
        settled[(allocation.claim_post_seq, allocation.claim)] += allocation.amount_minor
    open_fen = {key: debt.amount_minor for key, debt in office.uncovered.items()}
    for key, debt in office.uncovered.items():
        assert debt.amount_minor >= 0
        assert debt.open or debt.amount_minor == 0, "fen left behind by a covered claim"
        assert settled[key] >= 0
    worth = 0
    for result, entry_claims in zip(office.results, office.claims, strict=True):
        if result.post_seq is not None:
            worth += sum(claim.settlement_minor for claim in entry_claims)
    assert worth == sum(settled.values()) + sum(open_fen.values())
    assert worth == sum(line.allocation.amount_minor for line in run.lines) + sum(open_fen.values())
