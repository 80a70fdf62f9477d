"""Members merged and parted, points given away (golden case 19; pitfall 13; fault 46)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain.books import Issue, Outcome
from sync.domain.cards import Card, Status
from sync.domain.journal import Claim, Entry, Kind
from sync.domain.lots import HEAD_OFFICE
from sync.domain.members import Balances
from sync.domain.merging import MergeData, TransferData, UnmergeData, also_named
from sync.domain.posting import Result
from tests.sync.domain.making import Counter, HeadOffice, member_id, plain
from tests.sync.domain.reversing import give_back

ANNA, TWIN, BEN, CARL = (member_id(n) for n in range(1, 5))
TOKEN = "a" * 32


def by_office(hq: HeadOffice, till: Counter, kind: Kind, member: UUID, data: Any) -> Result:
    (result,) = hq.receive(till, till.write(till.body(kind, member, data=plain(data), programme=0)))
    return result


def merged(hq: HeadOffice, till: Counter, alias: UUID = TWIN, into: UUID = ANNA) -> Result:
    return by_office(hq, till, Kind.MERGE, into, MergeData(alias))


def parted(
    hq: HeadOffice, till: Counter, qualifying: int = 0, alias: UUID = TWIN, out_of: UUID = ANNA
) -> Result:
    return by_office(hq, till, Kind.UNMERGE, out_of, UnmergeData(alias, qualifying))


def two() -> tuple[HeadOffice, Counter, Counter, Counter, Counter]:
    """Anna has 600 points of A, her twin 400 of C and 300.00 + 30.00 of C; head office writes."""
    hq = HeadOffice().join(ANNA, TWIN, BEN)
    office, a, b, c = Counter(HEAD_OFFICE), Counter("A"), Counter("B"), Counter("C")
    hq.cards[TOKEN] = Card(TOKEN, TWIN, Status.ACTIVE, "2002", "barcode")
    hq.receive(a, a.sale(ANNA, [60_000]))
    hq.receive(c, c.sale(TWIN, [40_000]), c.top_up(TWIN, 30_000))
    return hq, office, a, b, c


def test_golden_case_19_a_duplicate_becomes_an_alias_of_the_earlier_member() -> None:
    """Rows: golden case 19, pitfall 13, fault 46.

    Anna: 600 points earned at A. Her second membership: 400 earned at C, 300.00 principal and 30.00
    bonus, spend 400.00. Merged: 1000 points, 330.00, spend 1,000.00; the twin has nothing. Both
    cards work. The umbrella (1000 points, 50.00) taken at B: A pays 30.00, C pays 20.00, B gets
    50.00. An entry that a till wrote for the twin before it heard (100.00 at C) posts to Anna and
    says so, which is no exception.

    Rows: BEST-33, A-20.
    """
    hq, office, _, b, c = two()
    late = c.sale(TWIN, [10_000], card=TOKEN)
    done = merged(hq, office)
    assert (done.outcome, done.codes) == (Outcome.POSTED, ())
    assert hq.balances(ANNA) == Balances(1_000, 30_000, 3_000, 100_000)
    assert hq.balances(TWIN) == Balances()
    assert hq.members[TWIN].alias_of == ANNA
    assert {lot.member for lot in hq.lots.values() if lot.open} == {ANNA}
    (result,) = hq.receive(c, late)
    assert (result.outcome, result.codes) == (Outcome.POSTED, (Issue.MEMBER_MERGED,))
    assert hq.balances(ANNA) == Balances(1_100, 30_000, 3_000, 110_000)
    assert hq.receive(b, b.gift(ANNA))[0].codes == ()
    assert hq.nets() == {"A": (3_000, 0), "B": (0, 5_000), "C": (2_000, 0)}
    assert hq.balances(ANNA).points == 100


def test_what_is_still_open_goes_back() -> None:
    """Rows: golden case 19. Merged by mistake: 700 of 1000 points are spent before it is noticed.
    Anna's 600 and 100 of the twin's 400 went; 300 of the twin's go back, with her stored value and
    the spend she brought."""
    hq, office, a, b, _ = two()
    merged(hq, office)
    a.rules = b.rules
    hq.receive(b, b.moves(Kind.REDEEM_GIFT, ANNA, [("points", -700)], [_gift(700)]))
    assert parted(hq, office, 40_000).codes == ()
    assert hq.balances(ANNA) == Balances(0, 0, 0, 60_000)
    assert hq.balances(TWIN) == Balances(300, 30_000, 3_000, 40_000)
    assert hq.members[TWIN].alias_of is None
    assert all(lot.came_from == () for lot in hq.lots.values())


def _gift(points: int) -> Claim:
    return Claim("gift", "points", points, 0, "umbrella")


def test_parted_at_once_everything_is_as_it_was() -> None:
    """Rows: golden case 19, reversible."""
    hq, office, *_ = two()
    before = {m: (hq.balances(m), _open(hq, m)) for m in (ANNA, TWIN)}
    merged(hq, office)
    parted(hq, office, 40_000)
    assert {m: (hq.balances(m), _open(hq, m)) for m in (ANNA, TWIN)} == before


def _open(hq: HeadOffice, member: UUID) -> list[tuple[Any, ...]]:
    return sorted((lot.key, lot.open, lot.dealer, lot.entry) for lot in hq.members[member].lots)


def test_what_one_owes_the_other_pays() -> None:
    """Rows: golden cases 15 and 19. Anna owes B 1000 points (50.00) that nothing covered; the twin
    has 400 of C: C pays B 20.00 now, 600 points stay owed."""
    hq = HeadOffice().join(ANNA, TWIN)
    office, b, c = Counter(HEAD_OFFICE), Counter("B"), Counter("C")
    hq.receive(b, b.gift(ANNA))
    hq.receive(c, c.sale(TWIN, [40_000]))
    done = merged(hq, office)
    assert [(a.debtor, a.creditor, a.quantity, a.amount_minor) for a in done.allocations] == [
        ("C", "B", 400, 2_000)
    ]
    assert hq.balances(ANNA).points == -600
    assert [debt.open for debt in hq.members[ANNA].uncovered] == [600]


def test_debts_move_and_come_back() -> None:
    """Rows: golden case 19: the twin's debt goes with her and returns with her."""
    hq = HeadOffice().join(ANNA, TWIN)
    office, b = Counter(HEAD_OFFICE), Counter("B")
    hq.receive(b, b.gift(TWIN))
    merged(hq, office)
    assert (hq.balances(ANNA).points, hq.balances(TWIN).points) == (-1_000, 0)
    parted(hq, office)
    assert (hq.balances(ANNA).points, hq.balances(TWIN).points) == (0, -1_000)
    assert [debt.came_from for debt in hq.members[TWIN].uncovered] == [()]


def test_merged_twice_over_it_comes_back_step_by_step() -> None:
    """Rows: golden case 19: the twin into Anna, Anna into Ben; parted the other way round."""
    hq, office, _, _, c = two()
    merged(hq, office)
    merged(hq, office, ANNA, BEN)
    assert hq.balances(BEN).points == 1_000
    (late,) = hq.receive(c, c.sale(TWIN, [10_000]))
    assert late.codes == (Issue.MEMBER_MERGED,)
    assert hq.balances(BEN).points == 1_100
    assert parted(hq, office).codes == (Issue.MEMBER_MERGED, Issue.UNKNOWN_MEMBER)
    parted(hq, office, 100_000, ANNA, BEN)
    assert hq.balances(ANNA).points == 1_000
    parted(hq, office, 40_000)
    assert (hq.balances(ANNA).points, hq.balances(TWIN).points) == (600, 400)
    assert hq.balances(BEN).points == 100


@pytest.mark.parametrize("alias", [ANNA, TWIN, CARL])
def test_only_a_member_that_stands_for_itself_is_merged(alias: UUID) -> None:
    hq, office, *_ = two()
    merged(hq, office)
    before = dict(hq.members)
    result = merged(hq, office, alias)
    assert result.codes == (Issue.UNKNOWN_MEMBER,)
    assert {m: b.balances for m, b in hq.members.items()} == {
        m: b.balances for m, b in before.items()
    }


@pytest.mark.parametrize("alias", [BEN, CARL])
def test_nobody_is_parted_who_was_not_merged(alias: UUID) -> None:
    hq, office, *_ = two()
    assert parted(hq, office, 0, alias).codes == (Issue.UNKNOWN_MEMBER,)
    assert hq.balances(ANNA).points == 600


def test_merging_is_head_offices_alone() -> None:
    """Rows: pitfall 13: never by a till."""
    hq, _, a, *_ = two()
    for kind, data in ((Kind.MERGE, MergeData(TWIN)), (Kind.UNMERGE, UnmergeData(TWIN, 0))):
        (result,) = hq.receive(a, a.write(a.body(kind, ANNA, data=plain(data))))
        assert result.codes == (Issue.NOT_ALLOWED_HERE,)
    assert hq.balances(ANNA).points == 600


def test_marks_of_both_say_what_is_inside() -> None:
    hq, office, _, _, c = two()
    merged(hq, office)
    assert hq.members[ANNA].marks[f"{c.device}:1"] == c.seq
    assert hq.members[TWIN].version == hq.members[ANNA].version


# ----------------------------------------------------------------------------------- transfers
def given(hq: HeadOffice, till: Counter, points: int, to: UUID = BEN, **more: Any) -> Result:
    data = plain(TransferData(to, points))
    (result,) = hq.receive(till, till.write(till.body(Kind.TRANSFER, ANNA, data=data, **more)))
    return result


def test_points_given_away_keep_where_they_came_from_and_when_they_end() -> None:
    """Rows: golden cases 4 and 6. Anna has 600 of A and 400 of C; she gives Ben 700: the 600 of A
    (posted first) and 100 of C, which end when they would have ended."""
    hq = HeadOffice().join(ANNA, BEN)
    office, a, c = Counter(HEAD_OFFICE), Counter("A"), Counter("C")
    hq.receive(a, a.sale(ANNA, [60_000]))
    hq.receive(c, c.sale(ANNA, [40_000]))
    ends = {lot.dealer: lot.expires_on for lot in hq.lots.values()}
    assert given(hq, office, 700).codes == ()
    lots = sorted((lot.dealer, lot.quantity, lot.open) for lot in hq.members[BEN].lots)
    assert lots == [("A", 600, 600), ("C", 100, 100)]
    assert all(lot.expires_on == ends[lot.dealer] for lot in hq.members[BEN].lots)
    assert [(lot.dealer, lot.quantity, lot.open) for lot in hq.members[ANNA].lots] == [
        ("C", 300, 300)
    ]
    assert (hq.balances(ANNA).points, hq.balances(BEN).points) == (300, 700)
    assert {str(posting.reason) for posting in hq.postings[-2:]} == {"transfer"}


def test_a_transfer_pays_what_the_other_owes() -> None:
    """Rows: golden case 15: Ben owes B 1000 points for 50.00; Anna gives him 600 of A."""
    hq = HeadOffice().join(ANNA, BEN)
    office, a, b = Counter(HEAD_OFFICE), Counter("A"), Counter("B")
    hq.receive(a, a.sale(ANNA, [60_000]))
    hq.receive(b, b.gift(BEN))
    done = given(hq, office, 600)
    assert [(x.debtor, x.creditor, x.amount_minor) for x in done.allocations] == [("A", "B", 3_000)]
    assert (hq.balances(ANNA).points, hq.balances(BEN).points) == (0, -400)


@pytest.mark.parametrize(
    ("points", "to", "card", "code"),
    [
        (601, BEN, TOKEN, Issue.OVERDRAFT),
        (600, ANNA, TOKEN, Issue.UNKNOWN_MEMBER),
        (600, CARL, TOKEN, Issue.UNKNOWN_MEMBER),
        (600, BEN, None, Issue.CARD_UNKNOWN),
        (600, BEN, "f" * 32, Issue.CARD_UNKNOWN),
    ],
)
def test_a_request_of_a_till_that_cannot_be_granted_moves_nothing(
    points: int, to: UUID, card: str | None, code: Issue
) -> None:
    """Rows: design.md section 5: a transfer is head office's to decide, when the request comes."""
    hq = HeadOffice().join(ANNA, BEN)
    a = Counter("A")
    hq.cards[TOKEN] = Card(TOKEN, ANNA, Status.ACTIVE, "1004", "barcode")
    hq.receive(a, a.sale(ANNA, [60_000]))
    assert code in given(hq, a, points, to, card=card).codes
    assert (hq.balances(ANNA).points, hq.members[BEN].lots) == (600, [])


def test_a_request_of_a_till_with_the_card_is_granted() -> None:
    hq = HeadOffice().join(ANNA, BEN)
    a = Counter("A")
    hq.cards[TOKEN] = Card(TOKEN, ANNA, Status.ACTIVE, "1004", "barcode")
    hq.receive(a, a.sale(ANNA, [60_000]))
    assert given(hq, a, 600, card=TOKEN).codes == ()
    assert hq.balances(BEN).points == 600
    hq.cards[TOKEN] = msgspec.structs.replace(hq.cards[TOKEN], status=Status.BLOCKED)
    hq.receive(a, a.sale(ANNA, [60_000]))
    assert given(hq, a, 600, card=TOKEN).codes == (Issue.CARD_BLOCKED,)
    assert hq.balances(BEN).points == 600


def test_somebody_who_owes_points_gives_none_away() -> None:
    """Rows: golden case 9: a negative balance blocks until it is cured."""
    hq = HeadOffice().join(ANNA, BEN)
    office, a, b = Counter(HEAD_OFFICE), Counter("A"), Counter("B")
    hq.receive(b, b.gift(ANNA))
    hq.receive(a, a.sale(ANNA, [60_000]))
    assert given(hq, office, 100).codes == (Issue.OVERDRAFT,)


def test_goods_of_the_twin_come_back_to_whoever_stands_for_her() -> None:
    """Rows: golden cases 9 and 19. The twin buys for 600.00 at W, 400 points pay 40.00 of it: 560
    points earned. Merged, Anna has 600 + 560. The goods come back: the 560 go, the 400 are there
    again: 1000, as if it had not been."""
    hq, office, *_ = two()
    w = Counter("W")
    sale = w.sale(TWIN, [60_000], points=400)
    hq.receive(w, sale)
    merged(hq, office)
    assert hq.balances(ANNA).points == 1_160
    (result,) = hq.receive(w, give_back(w, sale))
    assert result.codes == (Issue.MEMBER_MERGED,)
    assert hq.balances(ANNA) == Balances(1_000, 30_000, 3_000, 100_000)
    assert hq.balances(TWIN) == Balances()


def test_members_that_data_names() -> None:
    a = Counter("A")

    def named(kind: str, data: dict[str, object]) -> set[UUID]:
        return also_named(a.body(kind, ANNA, data=data))

    assert named(Kind.MERGE, plain(MergeData(TWIN))) == {TWIN}
    assert named(Kind.UNMERGE, plain(UnmergeData(TWIN, 0))) == {TWIN}
    assert named(Kind.TRANSFER, plain(TransferData(BEN, 1))) == {BEN}
    assert named(Kind.TRANSFER, {"to": 1}) == set()
    assert named(Kind.SALE, {}) == set()


def _made_by(till: Counter, kind: Kind, data: dict[str, object]) -> Entry:
    return till.write(till.body(kind, ANNA, data=data))


def test_a_transfer_of_nothing_is_unreadable() -> None:
    hq, office, *_ = two()
    made = _made_by(office, Kind.TRANSFER, {"to": str(BEN), "points": 0})
    (result,) = hq.receive(office, made)
    assert result.codes == (Issue.DATA_UNREADABLE,)
