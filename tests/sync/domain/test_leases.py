"""Leases: given, renewed, taken back, used up, counted at the till.

Rows: FL-27; pitfalls 1, 2, 4; invariants 14 to 17.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from sync.domain import leases as rules
from sync.domain import limits
from sync.domain.books import Issue, MemberBook, Outcome
from sync.domain.journal import Basis, Claim, Kind
from sync.domain.leases import (
    POINTS,
    STORED_VALUE,
    Holder,
    Lease,
    LeaseDocument,
    Own,
    Right,
    State,
)
from sync.domain.light_rows import light_row
from sync.domain.limits import Allowed, Debit, Used
from sync.domain.lots import LEASED_PART, EntryRef, Lot, LotKey
from sync.domain.members import Balances, Extras, LightRow, Standing
from sync.domain.refusals import Code, Refusal
from sync.domain.rulebook.leases import Leases
from sync.domain.worst_case import worst_case
from tests.sync.domain.making import (
    PROGRAMME,
    Counter,
    HeadOffice,
    member_id,
    programme,
    stored_claim,
)

ANNA = member_id(1)
NOW_MS = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 86_400_000
HOLDERS = [Holder("d1:1", "A1"), Holder("d2:1", "A2"), Holder("d3:1", "A3")]
SETTINGS = PROGRAMME.leases


def book(principal: int = 0, points: int = 0, **changes: Any) -> MemberBook:
    """Anna's books in store A-store, each balance one lot without an end."""
    made = MemberBook(ANNA, "plain", "A", "A-store", Balances(points, principal), **changes)
    for number, (name, units) in enumerate((("principal", principal), ("points", points))):
        made.lots.append(lot(name, units, number))
    return made


def lot(account: str, units: int, number: int, **changes: Any) -> Lot:
    return Lot(
        LotKey(1, number), ANNA, account, "A", "A-store", "issuing",
        EntryRef(ANNA, 1, 1), date(2026, 1, 1), changes.pop("expires_on", None), units, units,
        **changes,
    )  # fmt: skip


def planned(
    of: MemberBook, holders: list[Holder] | None = None, now_ms: int = NOW_MS, **more: Any
) -> list[Lease]:
    names = iter(range(100))
    return rules.plan(
        more.get("programme", PROGRAMME), of, of.leases, HOLDERS if holders is None else holders,
        more.get("reserved", Balances()), now_ms,
        lambda asset: f"{rules.lease_id(asset, ANNA)[:2]}{len(of.leases)}{next(names)}",
    )  # fmt: skip


def lease(name: str = "s-1", granted: int = 5_000, used: int = 0, **changes: Any) -> Lease:
    usual = {"store": "A-store", "till": "A1", "holder": "d1:1", "asset": STORED_VALUE}
    state = changes.pop("state", State.LIVE)
    expires_ms = changes.pop("expires_ms", NOW_MS + 7 * DAY_MS)
    usual.update(changes)
    return Lease(
        name, ANNA, usual["store"], usual["till"], usual["holder"], usual["asset"], granted, used,
        granted, expires_ms, state,
    )  # fmt: skip


# -- giving ----------------------------------------------------------------------------------------


def test_the_default_is_200_yuan_of_value_to_the_home_store_split_over_its_tills() -> None:
    """Points settle at 5.00 per 100 (tender at W) and 50.00 per 1000 (umbrella): 5 fen a point, so
    200.00 are 4,000 points; 4,000 and 20,000 over three tills, the rest to the first."""
    anna = book(50_000, 10_000)
    made = planned(anna)
    assert [(one.asset, one.till, one.granted, one.value_minor) for one in made] == [
        (POINTS, "A1", 1_334, 6_670),
        (POINTS, "A2", 1_333, 6_665),
        (POINTS, "A3", 1_333, 6_665),
        (STORED_VALUE, "A1", 6_667, 6_667),
        (STORED_VALUE, "A2", 6_667, 6_667),
        (STORED_VALUE, "A3", 6_666, 6_666),
    ]
    assert {one.expires_ms for one in made} == {NOW_MS + 7 * DAY_MS}
    assert planned(anna) == []
    assert light_row(anna, "", "", "").extras == Extras(leased_points=4_000, leased_minor=20_000)


def test_a_lease_is_at_most_the_balance_less_what_is_promised() -> None:
    assert sum(one.granted for one in planned(book(900))) == 900
    assert sum(one.granted for one in planned(book(900), reserved=Balances(0, 400))) == 500
    assert planned(book()) == []
    assert planned(book(900), holders=[]) == []


def test_the_tier_sets_the_value() -> None:
    rich = programme(leases=Leases(value_minor_by_tier={"plain": 0}))
    assert planned(book(900), programme=rich) == []
    assert Leases(value_minor_by_tier={"diamond": 1}).most_minor("plain") == 20_000


def test_points_are_not_leased_where_nothing_is_given_for_them() -> None:
    bare = programme(points_tenders=(), gifts=())
    assert rules.most_units(bare, "plain", POINTS) == 0
    assert planned(book(0, 500), programme=bare) == []


def test_who_owes_gets_nothing_new() -> None:
    anna = book(900)
    office = HeadOffice().join(ANNA)
    office.receive(Counter("A"), Counter("A").gift(ANNA))
    anna.uncovered = office.members[ANNA].uncovered
    assert anna.uncovered
    assert planned(anna) == []


def test_what_expires_sooner_or_has_not_vested_is_not_leased() -> None:
    """A lease given now may be spent for 7 + 3 days."""
    anna = MemberBook(ANNA, "plain", "A", "A-store", Balances(600))
    soon, late = date(2026, 12, 1), date(2026, 12, 2)
    anna.lots = [
        lot("points", 100, 1, expires_on=soon),
        lot("points", 200, 2, expires_on=late),
        lot("points", 300, 3, usable_from=date(2026, 11, 22)),
    ]
    assert sum(one.granted for one in planned(anna)) == 200


def test_a_lease_is_renewed_enlarged_and_ends() -> None:
    anna = book(600)
    first, *_ = planned(anna, HOLDERS[:1])
    later = NOW_MS + 2 * DAY_MS + 1
    assert planned(anna, HOLDERS[:1], NOW_MS + 2 * DAY_MS) == []
    assert planned(anna, HOLDERS[:1], later) == [first]
    assert first.expires_ms == later + 7 * DAY_MS
    anna.lots.append(lot("principal", 400, 9))
    anna.balances = Balances(0, 1_000)
    assert planned(anna, HOLDERS[:1], later) == [first]
    assert (first.granted, first.value_minor, first.rest) == (1_000, 1_000, 1_000)
    end = first.expires_ms
    assert planned(anna, HOLDERS[:1], end) == [first]
    assert (first.state, first.ended_ms, first.rest) == (State.ENDING, end, 1_000)
    grace = end + SETTINGS.grace_ms
    made = planned(anna, HOLDERS[:1], grace)
    assert first.state is State.CLOSED
    assert (first.rest, [one.granted for one in made if one is not first]) == (0, [1_000])
    assert planned(anna, HOLDERS[:1], grace + 1) == []


def test_what_would_outlive_its_lots_is_not_renewed() -> None:
    anna = book(600)
    planned(anna, HOLDERS[:1])
    anna.lots[0].expires_on = date(2026, 12, 1)
    assert planned(anna, HOLDERS[:1], NOW_MS + 3 * DAY_MS) == []


def test_leases_end_with_their_till_their_store_and_their_member() -> None:
    gone, moved, merged = book(600), book(600), book(600)
    for one in (gone, moved, merged):
        planned(one, HOLDERS[:1])
    assert [x.state for x in planned(gone, HOLDERS[1:])] == [State.ENDING]
    moved.home_store = "B-store"
    assert [x.state for x in planned(moved, HOLDERS[:1])] == [State.ENDING]
    merged.alias_of = member_id(2)
    assert [x.state for x in planned(merged, HOLDERS[:1])] == [State.ENDING]


def test_what_exceeds_the_balance_is_taken_back_and_given_again_after_a_pause() -> None:
    anna = book(600)
    (first,) = planned(anna, HOLDERS[:1])
    anna.balances = Balances(0, 100)
    assert planned(anna, HOLDERS[:1]) == [first]
    assert first.state is State.ENDING
    anna.balances = Balances(0, 600)
    assert rules.proved(anna.leases, "d1:1") == [first]
    assert rules.proved(anna.leases, "d1:1") == []
    assert planned(anna, HOLDERS[:1], NOW_MS + SETTINGS.pause_ms - 1) == []
    assert len(planned(anna, HOLDERS[:1], NOW_MS + SETTINGS.pause_ms)) == 1


def test_leases_of_other_stores_are_taken_back() -> None:
    mine, other = lease("s-1"), lease("s-2", store="B-store")
    assert rules.recalled([mine, other], STORED_VALUE, NOW_MS, "A-store") == [other]
    assert rules.recalled([mine, other], POINTS, NOW_MS) == []


def test_an_end_is_proved_by_feed_and_journal_together() -> None:
    assert rules.proves(10, 10, 5, 5)
    assert not rules.proves(9, 10, 5, 5)
    assert not rules.proves(10, 10, 5, 4)


def test_ids_and_documents_say_what_they_are_about() -> None:
    assert rules.asset_of(rules.lease_id(POINTS, ANNA)) == POINTS
    assert rules.asset_of(rules.lease_id(STORED_VALUE, ANNA)) == STORED_VALUE
    assert [rules.asset_of(text) for text in ("", "p", "x-1", "px1")] == [None] * 4
    assert rules.document_name(ANNA, "A") != rules.document_name(ANNA, "B")
    assert len(f"lease/{rules.document_name(ANNA, 'x' * 200)}") <= 64


def test_settings_have_bounds() -> None:
    wrongs: list[Any] = [
        {"value_minor": -1},
        {"age_ms": 0},
        {"renew_ms": 8 * DAY_MS},
        {"grace_ms": -1},
        {"pause_ms": -1},
    ]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="leases"):
            Leases(**wrong)


# -- online, and posting ---------------------------------------------------------------------------


def test_online_leaves_what_others_hold_and_says_what_comes_from_own() -> None:
    """500.00 posted, 100.00 promised; A1 holds 200.00, B1 holds 50.00: A1 may have 350.00, of which
    the last 200.00 come out of its own."""
    mine, other = lease("s-1", 20_000), lease("s-2", 5_000, holder="d9:1")
    pts = lease("p-1", 100, asset=POINTS)

    def own(wanted: int) -> dict[str, int]:
        found = [mine, other, pts]
        return rules.from_own(50_000, 10_000, found, STORED_VALUE, "d1:1", wanted)

    assert own(15_000) == {}
    assert own(20_000) == {"s-1": 5_000}
    assert own(35_000) == {"s-1": 20_000}


def test_online_comes_out_of_an_own_lease_whose_end_the_till_may_not_know() -> None:
    """Rows: invariants 15, 16. 150.00 of 200.00 online, while the till may still spend 100.00 of a
    lease that was ended: 50.00 are free, so the lease gives the rest (found by a shop life)."""
    mine = lease("s-1", 10_000)
    mine.end(1)
    found = rules.from_own(20_000, 0, [mine], STORED_VALUE, "d1:1", 15_000)
    assert found == {"s-1": 5_000}
    mine.state = rules.State.CLOSED
    assert rules.from_own(20_000, 0, [mine], STORED_VALUE, "d1:1", 15_000) == {}


def test_what_others_hold_is_told_as_such() -> None:
    held, leased = Balances(100, 500), Balances(40, 200)

    def answer(debit: Debit, principal: int = 0) -> Refusal | None:
        return limits.authorise(held, Balances(), debit, principal, 0, leased)

    assert answer(Debit(60)) is None
    assert answer(Debit(0, 0, 300), 300) is None
    for debit, principal in ((Debit(61), 0), (Debit(0, 0, 301), 301)):
        found = answer(debit, principal)
        assert isinstance(found, Refusal)
        assert found.code is Code.LEASED_ELSEWHERE
    short = answer(Debit(101))
    assert isinstance(short, Refusal)
    assert (short.code, short.param("has")) == (Code.POINTS_SHORT, 60)
    short = answer(Debit(0, 0, 501), 501)
    assert isinstance(short, Refusal)
    assert (short.code, short.param("has_minor")) == (Code.STORED_VALUE_SHORT, 300)


def test_an_entry_uses_its_leases_up_and_no_more() -> None:
    """It may claim too much, another till's, or none that there is: the books keep what is true."""
    mine, other = lease("s-1", 5_000, 1_000), lease("s-2", 5_000, holder="d9:1")
    told = {"s-1": 5_000, "s-2": 10, "s-3": 10}
    found = rules.consume([mine, other], "d1:1", told, {STORED_VALUE: 6_000})
    assert (found.covered, found.beyond) == ({POINTS: 0, STORED_VALUE: 4_000}, True)
    assert (mine.used, mine.rest, other.used) == (5_000, 0, 0)
    assert rules.consume([mine], "d1:1", {"s-1": 1}, {STORED_VALUE: 9}).changed == ()
    fine = lease("s-4")
    found = rules.consume([fine], "d1:1", {"s-4": 300}, {STORED_VALUE: 300})
    assert (found.beyond, found.changed, fine.used) == (False, (fine,), 300)
    assert rules.consume([fine], "d1:1", {"s-4": 50}, {}).beyond
    assert rules.consume([fine], "d1:1", {"s-4": 0}, {}).beyond


def spend(till: Counter, units: int, told: dict[str, int]) -> Any:
    return till.moves(
        Kind.SALE, ANNA, [("principal", -units)], [stored_claim("principal", units)],
        basis=Basis(1, 0, "offline", leases=told),
    )  # fmt: skip


def test_posting_uses_leases_and_keeps_the_leased_part_of_an_overdraft_apart() -> None:
    """100.00 are there, 120.00 are spent, 110.00 of them within a lease: lots go to the leased part
    first, so 10.00 within the lease and 10.00 beyond it stay uncovered."""
    office, till = HeadOffice().join(ANNA), Counter("A")
    holder = f"{till.device}:1"
    office.receive(till, till.moves(Kind.TOP_UP, ANNA, [("principal", 10_000)]))
    anna = office.members[ANNA]
    anna.leases = [lease("s-1", 11_000, holder=holder)]
    (result,) = office.receive(till, spend(till, 12_000, {"s-1": 11_000}))
    assert result.codes == (Issue.OVERDRAFT,)
    parts = [(debt.claim, debt.open, debt.amount_minor) for debt in office.uncovered.values()]
    assert sorted(parts) == [(0, 1_000, 1_000), (LEASED_PART, 1_000, 1_000)]
    assert office.members[ANNA].leases[0].used == 11_000
    (result,) = office.receive(till, spend(till, 1, {"s-1": 1}))
    assert Issue.LEASE_BEYOND in result.codes
    assert result.outcome is Outcome.POSTED_EXCEPTION


def test_an_overdraft_within_a_lease_is_leased_as_a_whole() -> None:
    office, till = HeadOffice().join(ANNA), Counter("A")
    office.members[ANNA].leases = [lease("s-1", 500, holder=f"{till.device}:1")]
    office.receive(till, spend(till, 500, {"s-1": 500}))
    assert [debt.claim for debt in office.uncovered.values()] == [LEASED_PART]


def test_a_claim_that_lots_cover_leaves_nothing_apart() -> None:
    office, till = HeadOffice().join(ANNA), Counter("A")
    office.receive(till, till.moves(Kind.TOP_UP, ANNA, [("principal", 500)]))
    claims = [stored_claim("principal", 500), Claim("points_tender", "points", 100, 0, "x")]
    moves = [("principal", -500), ("points", -100)]
    office.receive(till, till.moves(Kind.SALE, ANNA, moves, claims))
    assert [(debt.claim, debt.open) for debt in office.uncovered.values()] == [(1, 100)]


# -- the till --------------------------------------------------------------------------------------


def right(name: str = "s-1", granted: int = 5_000, **changes: Any) -> Right:
    usual = {"holder": "d1:1", "till": "A1", "value_minor": granted, "expires_ms": NOW_MS + 1}
    return Right(name, granted=granted, **{**usual, **changes})


def own(*rights: Right, row: int = 5, used: tuple[int, int] = (0, 0), **more: Any) -> Any:
    document = LeaseDocument(ANNA, 5, rights)
    return rules.own(document, "d1:1", row, lambda _: used, NOW_MS, more.get("ended", ()))


def test_a_till_reads_its_own_rights() -> None:
    assert own(right(), used=(2_000, 500)) == (
        Own("s-1", STORED_VALUE, 3_000, 4_500, 3_000, NOW_MS + 1),
    )
    assert own(right(holder="d2:1"), right("x-1")) == ()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (own(right(ended=True)), (0, 0)),
        (own(right(), ended={"s-1"}), (0, 0)),
        (own(right(expires_ms=NOW_MS)), (0, 0)),
        (own(right(), row=4), (5_000, 0)),
        (own(right(), used=(9_000, 9_000)), (0, 0)),
        (own(right("s-1", 0)), (0, 0)),
    ],
)
def test_what_is_doubtful_counts_as_held_by_others(found: Any, expected: tuple[int, int]) -> None:
    assert [(one.rest, one.at_row) for one in found] == [expected]


def test_available_leaves_what_others_hold() -> None:
    """300.00 paid in and 30.00 bonus, 110.00 leased of which 20.00 are this till's; 1,000 points,
    of which 400 are leased elsewhere: 240.00 and 600 points are left, in the proportion held."""
    extras = Extras(leased_points=400, leased_minor=11_000)
    row = LightRow(ANNA, "plain", Balances(1_000, 30_000, 3_000), 5, extras=extras)
    mine = (Own("s-1", STORED_VALUE, 2_000, 2_000, 2_000, NOW_MS),)
    standing = Standing(row, 0, leases=mine)
    assert standing.foreign == Balances(400, 9_000)
    assert standing.available == Balances(600, 21_818, 2_182)
    poor = LightRow(ANNA, "plain", Balances(0, -5, 0), 5, extras=Extras(leased_minor=7))
    assert Standing(poor, 0).available == Balances()


def test_leases_are_spent_before_anything_else_the_earliest_end_first() -> None:
    mine = (
        Own("s-2", STORED_VALUE, 300, 300, 300, 2),
        Own("s-1", STORED_VALUE, 500, 500, 500, 1),
        Own("p-1", POINTS, 70, 70, 350, 1),
    )
    assert rules.cover(mine, STORED_VALUE, 600) == {"s-1": 500, "s-2": 100}
    assert rules.cover(mine, POINTS, 100) == {"p-1": 70}
    assert rules.cover(mine, STORED_VALUE, 0) == {}


def test_what_is_beyond_a_lease_counts_at_its_share_rounded_up() -> None:
    assert rules.uncovered_minor(5_000, 1_000, 400) == 3_000
    assert rules.uncovered_minor(100, 3, 1) == 67
    assert rules.uncovered_minor(100, 3, 3) == 0
    assert rules.uncovered_minor(0, 0, 0) == 0


def test_caps_and_ages_do_not_stop_what_a_lease_covers() -> None:
    """Only the proof of who is there, and a negative balance, still do."""
    offline, debit = PROGRAMME.offline, Debit(0, 0, 20_000)
    full = Used(till_at_risk_minor=offline.at_risk_hard_minor, till_ops=100)
    ages = (None, 1 << 60)
    token = limits.debit_offline(offline, debit, full, None, *ages, False, Debit())
    assert isinstance(token, Refusal)
    assert token.code is Code.OFFLINE_NOT_AUTHENTICATED
    small = Debit(0, 0, 10_000)
    assert limits.debit_offline(offline, small, full, None, *ages, False, Debit()) == Allowed()
    negative = limits.debit_offline(offline, small, full, None, *ages, True, Debit())
    assert isinstance(negative, Refusal)
    rest = limits.debit_offline(offline, small, full, None, 0, 0, False, Debit(0, 0, 1))
    assert isinstance(rest, Refusal)
    assert rest.code is Code.OFFLINE_TILL
    late = limits.debit_offline(offline, small, Used(), None, *ages, False, Debit(0, 0, 1))
    assert isinstance(late, Refusal)
    assert late.code is Code.OFFLINE_TOO_LONG


def test_golden_case_of_the_worst_case() -> None:
    """A till that holds 200.00 of stored value and 4,000 points at 5 fen (200.00):
    400.00 leases + 3,000.00 at risk + 5,000.00 top-ups + 2,000.00 cash back + 500.00 services
    + 2,000.00 coupons = 12,900.00. Two such tills: 25,800.00 (design.md section 5)."""
    held = 20_000 + rules.value_of(PROGRAMME, POINTS, 4_000)
    found = worst_case(PROGRAMME, held)
    assert dict(found.parts) == {
        "leases": 40_000,
        "at_risk": 300_000,
        "top_ups": 500_000,
        "refunds": 200_000,
        "services": 50_000,
        "coupons": 200_000,
    }
    assert (found.minor, 2 * found.minor) == (1_290_000, 2_580_000)
    assert (found.step.rule, found.step.is_, found.step.of) == (
        "worst_case", 1_290_000, dict(found.parts),
    )  # fmt: skip
