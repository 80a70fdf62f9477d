"""Qualifying spend of members who are merged and parted again."""

from __future__ import annotations

from datetime import date, timedelta

from sync.domain.journal import Kind
from sync.domain.merging import MergeData, UnmergeData
from tests.sync.domain.making import DAY, Counter, HeadOffice, member_id, plain

ANNA, BEATA = member_id(1), member_id(2)


def test_golden_case_7_merged_spend_keeps_its_days() -> None:
    """1,000.00 in October and 500.00 in November are merged on 21 November: each counts on its own
    day, and goes back with who spent it.

    Rows: FL-27; pitfall 13; golden cases 7 and 19.
    """
    till, office = Counter("A"), HeadOffice(office=True).join(ANNA, BEATA)
    october = DAY - timedelta(days=45)
    till.day = october
    office.receive(till, till.sale(BEATA, [100_000]))
    till.day = DAY - timedelta(days=2)
    office.receive(till, till.sale(ANNA, [50_000]))
    till.day = DAY
    merge = till.body(Kind.MERGE, ANNA, data=plain(MergeData(BEATA)))
    (made,) = office.receive(till, till.write(merge))
    assert made.codes == ()
    spend: tuple[tuple[date, int], ...] = (
        (october, 100_000),
        (DAY - timedelta(days=2), 50_000),
    )
    assert office.members[ANNA].level.spend == spend
    assert office.balances(ANNA).qualifying == 150_000
    parted = till.body(Kind.UNMERGE, ANNA, data=plain(UnmergeData(BEATA, 100_000)))
    office.receive(till, till.write(parted))
    assert office.members[ANNA].level.spend == spend[1:]
    assert office.members[BEATA].level.spend == spend[:1]
    assert office.balances(BEATA).qualifying == 100_000
