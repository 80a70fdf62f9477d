"""Two people taken for one, and parted again: what one had spent of the other's comes back to one's
own, and the other's lots stay as they are (golden cases 9, 19; invariants 11, 28, 30). Found by the
random life of the shops.
"""

from __future__ import annotations

from collections import Counter as Count

import pytest

from sync.domain import extras
from sync.domain.journal import Entry, Kind
from sync.domain.members import Balances
from sync.domain.merging import MergeData, UnmergeData
from sync.domain.programme import PointsTender, Programme, StoredValue, TopUpStep
from tests.sync.domain.making import HeadOffice, member_id, plain
from tests.sync.domain.reversing import give_back
from tests.sync.domain.service_rules import Desk, rules

ANNA, BEN = member_id(1), member_id(2)
HQ = ("HQ", "HQ-store", "HQ1")


def pack(funded_by: str = "issuing") -> Programme:
    return rules(
        stored_value=StoredValue((TopUpStep(1_000, 200),), funded_by),
        points_tenders=(PointsTender("tender", 10, 100, 50),),
    )


def parted(pack: Programme, entry: Entry, desk: Desk, given: Entry) -> HeadOffice:
    """Anna gets value by `given`; Ben becomes her, spends of it by `entry`, and is Ben again."""
    office, hq = HeadOffice((pack,)).join(ANNA, BEN), Desk("HQ", 1, pack)
    office.receive(Desk("A", 1, pack), given)
    for kind, data in ((Kind.MERGE, MergeData(BEN)), (Kind.UNMERGE, UnmergeData(BEN, 0))):
        office.receive_at(HQ, [hq.write(hq.body(kind, ANNA, data=plain(data), programme=0))])
        if kind == Kind.MERGE:
            office.receive(desk, entry)
    return office


def whole(office: HeadOffice) -> None:
    """Every lot is what it gave and what is open of it; balances are open lots less debts."""
    given: Count[tuple[int, int]] = Count()
    for a in office.allocations:
        given[a.lot] += a.quantity
    assert all(lot.open == lot.quantity - given[lot.key] for lot in office.lots.values())
    for member, book in office.members.items():
        for name in ("points", "principal", "bonus"):
            mine = [x for x in office.lots.values() if (x.member, x.account) == (member, name)]
            owed = sum(debt.open for debt in book.uncovered if debt.account == name)
            assert getattr(book.balances, name) == sum(lot.open for lot in mine) - owed


@pytest.mark.parametrize("funded_by", ["issuing", "redeeming", "headoffice"])
def test_stored_value_spent_of_somebody_elses_comes_back_without_an_end(funded_by: str) -> None:
    """10.00 and 2.00 of Anna's, 6.00 of it spent by Ben at B: 5.00 and 1.00 come back to Ben, they
    never end, and whoever bore the bonus bears it again."""
    rules_, a = pack(funded_by), Desk("A", 1, pack(funded_by))
    b = Desk("B", 1, rules_)
    loaded = a.top_up(ANNA, 1_000)
    sale = b.sale(BEN, [600], stored_value_minor=600, available=Balances(0, 1_000, 200))
    office = parted(rules_, sale, b, loaded)
    assert (office.balances(ANNA).principal, office.balances(ANNA).bonus) == (500, 100)
    office.receive(b, give_back(b, sale))
    back = [lot for lot in office.lots.values() if lot.member == BEN and lot.open]
    found = [(lot.account, lot.open, lot.dealer, lot.expires_on) for lot in back]
    assert sorted(found) == [("bonus", 100, "A", None), ("principal", 500, "A", None)]
    assert [lot.funded_by for lot in back if lot.account == "bonus"] == [funded_by]
    assert set(office.nets().values()) == {(0, 0)}
    whole(office)


def test_points_of_an_order_that_fails_come_back_to_who_ordered() -> None:
    """1,500 points of Anna's, 1,000 ordered for by Ben; the rest stays hers when it fails."""
    rules_, a = pack(), Desk("A", 1, pack())
    b = Desk("B", 1, rules_)
    order, entry = b.order_virtual(BEN)
    points = a.moves(Kind.OPENING_BALANCE, ANNA, [("points", 1_500)], data={})
    office = parted(rules_, entry, b, points)
    found = next(iter(office.records.values()))
    assert isinstance(found, extras.VirtualOrder)
    hq = Desk("HQ", 2, rules_)
    effects = extras.given_back(found, BEN)
    office.receive_at(HQ, [hq.outcome(order, BEN, "failed", effects=effects)])
    assert (office.balances(ANNA).points, office.balances(BEN).points) == (500, 1_000)
    assert set(office.nets().values()) == {(0, 0)}
    whole(office)


def test_goods_of_somebody_merged_since_go_back_to_the_lots_they_used_up() -> None:
    """Golden cases 9 and 19, invariant 30: Ben used up his 10.00 and 2.00; as Anna he brings the
    goods back, and has them again as they were; parted, they are his."""
    rules_, a = pack("redeeming"), Desk("A", 1, pack("redeeming"))
    office, hq = HeadOffice((rules_,)).join(ANNA, BEN), Desk("HQ", 1, rules_)
    office.receive(a, a.top_up(BEN, 1_000))
    held = Balances(0, 1_000, 200)
    sale = a.sale(BEN, [1_200], stored_value_minor=1_200, available=held)
    office.receive(a, sale)
    merge, part = (
        hq.write(hq.body(kind, ANNA, data=plain(data), programme=0))
        for kind, data in ((Kind.MERGE, MergeData(BEN)), (Kind.UNMERGE, UnmergeData(BEN, 0)))
    )
    office.receive_at(HQ, [merge])
    office.receive(a, give_back(a, sale))
    assert (office.balances(ANNA).principal, office.balances(ANNA).bonus) == (1_000, 200)
    found = [(x.account, x.open, x.came_from) for x in office.members[ANNA].lots]
    assert sorted(found) == [("bonus", 200, (BEN,)), ("principal", 1_000, (BEN,))]
    whole(office)
    office.receive_at(HQ, [part])
    assert (office.balances(BEN).principal, office.balances(BEN).bonus) == (1_000, 200)
    whole(office)
