"""Clearing runs on real databases: golden case 4, drafts, approval, frozen bytes, explanation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.database.headoffice import settlements
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import query
from sync.domain.clearing import lines_csv
from sync.headoffice.clearing.printing import statement_html
from sync.headoffice.clearing.runs import Statement
from sync.headoffice.clearing.views import dealer_names
from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.jobs.verifying import verify
from sync.headoffice.service import HeadOffice
from sync.headoffice.serving import Running
from sync.protocol.keys import open_signed
from sync.protocol.records import PURPOSE_CLEARING
from tests.helpers.tills import TestTill
from tests.sync.domain.making import member_id

ANNA = member_id(1)
NOW = 1_795_200_000_000


def draft(served: Running, label: str = "2026-11", *, recut: bool = False) -> Statement:
    return served.call(lambda hq: hq.clearing.draft(label, "ann", NOW, recut=recut))


def approve(served: Running, label: str = "2026-11", by: str = "bob") -> Statement:
    return served.call(lambda hq: hq.clearing.approve(label, by, NOW))


def nets(statement: Statement) -> dict[str, tuple[int, int, int, int]]:
    return {
        p.dealer: (p.pays_minor, p.receives_minor, p.net_minor, p.own_minor)
        for p in statement.run.positions
    }


@pytest.fixture
def tills(chain: Running) -> Iterator[dict[str, TestTill]]:
    """Till 1 of each dealer; Anna earned 600 at A and 400 at C and took the 50.00 gift at B."""
    with TestTill(chain, "A1") as a, TestTill(chain, "B1") as b, TestTill(chain, "C1") as c:
        a.push(a.desk.enrol(ANNA, token="t" * 32), a.desk.sale(ANNA, [60_000]))
        c.push(c.desk.sale(ANNA, [40_000]))
        b.push(b.desk.gift(ANNA))
        yield {"A": a, "B": b, "C": c}


def test_case_4_a_gift_from_two_dealers_points(tills: dict[str, TestTill]) -> None:
    made = draft(tills["A"].served)
    assert nets(made) == {
        "A": (3_000, 0, 3_000, 0),
        "B": (0, 5_000, -5_000, 0),
        "C": (2_000, 0, 2_000, 0),
        "W": (0, 0, 0, 0),
    }
    assert (made.run.after, made.run.upto, len(made.run.lines)) == (0, 4, 2)


def test_a_draft_made_again_is_the_same_bytes(tills: dict[str, TestTill]) -> None:
    served = tills["A"].served
    first = draft(served)
    tills["A"].push(tills["A"].desk.sale(ANNA, [100_000]))
    tills["B"].push(tills["B"].desk.gift(ANNA))
    again = draft(served)
    assert again.kept.lines_csv == first.kept.lines_csv == lines_csv(first.run.lines)
    assert again.run.digest == first.run.digest
    moved = draft(served, recut=True)
    assert (moved.run.upto, len(moved.run.lines)) == (6, 3)


def test_two_people_approve_and_nothing_changes_afterwards(tills: dict[str, TestTill]) -> None:
    served = tills["A"].served
    first = draft(served)
    with pytest.raises(InvalidError, match="same_person"):
        approve(served, by="ann")
    approved = approve(served)
    assert approved.kept.state == "approved"
    with pytest.raises(InvalidError, match="run_approved"):
        approve(served, by="eve")
    with pytest.raises(InvalidError, match="run_approved"):
        draft(served)
    tills["A"].push(tills["A"].desk.sale(ANNA, [100_000]))
    tills["B"].push(tills["B"].desk.gift(ANNA))
    later = served.call(lambda hq: hq.clearing.statement("2026-11"))
    assert later.kept == approved.kept
    assert later.kept.lines_csv == first.kept.lines_csv
    following = draft(served, "2026-12")
    assert (following.run.after, following.run.upto) == (4, 6)
    assert nets(following)["A"] == (5_000, 0, 5_000, 0)


def test_each_allocation_is_cleared_once(tills: dict[str, TestTill]) -> None:
    served = tills["A"].served
    draft(served)
    draft(served, "other")
    approve(served, "2026-11")
    with pytest.raises(InvalidError, match="run_stale"):
        approve(served, "other")
    assert draft(served, "other", recut=True).run.lines == ()


def test_runs_that_are_not_there(tills: dict[str, TestTill]) -> None:
    served = tills["A"].served
    with pytest.raises(NotFoundError):
        approve(served, "never")
    with pytest.raises(NotFoundError):
        served.call(lambda hq: hq.clearing.statement("never"))
    with pytest.raises(NotFoundError):
        served.call(lambda hq: hq.explainer.explain("never", 1))
    draft(served)
    with pytest.raises(NotFoundError, match="line"):
        served.call(lambda hq: hq.explainer.explain("2026-11", 0))
    with pytest.raises(NotFoundError, match="line"):
        served.call(lambda hq: hq.explainer.explain("2026-11", 3))


def test_a_line_leads_back_to_the_scan_and_to_the_earning(tills: dict[str, TestTill]) -> None:
    served = tills["A"].served
    draft(served)
    found = served.call(lambda hq: hq.explainer.explain("2026-11", 1))
    assert (found.debtor, found.creditor, found.amount_minor) == ("A", "B", 3_000)
    assert (found.card_tail, found.kind, found.offer) == ("4417", "gift", "umbrella")
    assert (found.redeemed.till, found.redeemed.seq) == ("B1", 1)
    assert (found.earned.till, found.earned.seq, found.lot_units) == ("A1", 2, 600)
    assert [(s.lot_dealer, s.units, s.amount_minor) for s in found.shares] == [
        ("A", 600, 3_000),
        ("C", 400, 2_000),
    ]
    assert (found.claim_units, found.claim_minor) == (1_000, 5_000)
    assert "600 from A = 30.00 + 400 from C = 20.00" in found.words
    assert [step["rule"] for step in found.earned.steps][-1] == "earn.total"


def test_a_statement_prints_and_is_signed(tills: dict[str, TestTill]) -> None:
    served = tills["A"].served
    draft(served)
    approve(served)

    async def printed(hq: HeadOffice) -> str:
        found = await hq.clearing.statement("2026-11")
        return statement_html(found, await dealer_names(hq.database))

    page = served.call(printed)
    for text in ("经销商A", "30.00", "-50.00", "已核准", "ann", "bob"):
        assert text in page
    statement = served.call(lambda hq: hq.clearing.statement("2026-11"))
    signed = served.head_office.clearing.signed(statement.kept)
    root = served.head_office.keys.signer("root")
    data = open_signed(signed, PURPOSE_CLEARING, {root.key: root.public})
    assert statement.run.digest.encode() in data


def test_no_run_includes_an_entry_whose_signature_does_not_hold(
    tills: dict[str, TestTill],
) -> None:
    import sqlalchemy as sa

    from sync.database.headoffice import tables

    served, a = tills["A"].served, tills["A"]
    a.push(a.desk.sale(ANNA, [100]), a.desk.sale(ANNA, [100]), a.desk.sale(ANNA, [100]))
    entry = tables.entry
    forge = query(
        sa.update(entry)
        .where(entry.c.seq == sa.bindparam("at"), entry.c.device == sa.bindparam("of"))
        .values(signature=sa.bindparam("forged"))
    )

    async def forged(hq: HeadOffice) -> None:
        async def work(session: Session) -> None:
            await session.execute(forge, at=3, of=a.device.bytes, forged=bytes(64))

        await hq.database.writing(work)

    served.call(forged)
    with pytest.raises(InvalidError, match="entries_unverified"):
        draft(served)
    assert [d.till for d in served.call(lambda hq: verify(hq.database, NOW))] == ["A1"]


def test_verification_goes_on_where_it_stopped(tills: dict[str, TestTill]) -> None:
    served, a = tills["A"].served, tills["A"]
    a.push(*(a.desk.sale(ANNA, [100]) for _ in range(9)))

    async def marks(hq: HeadOffice) -> list[int]:
        await verify(hq.database, NOW, most=2)
        async with hq.database.reading() as session:
            return [d.head_seq - d.verified_seq for d in await settlements.unverified(session)]

    assert served.call(marks) == []


def test_approved_sums_that_the_database_disputes_stop_the_run(
    tills: dict[str, TestTill], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wrong(*_: object) -> dict[tuple[str, str], int]:
        return {("A", "B"): 2_999}

    monkeypatch.setattr(settlements, "sums", wrong)
    with pytest.raises(InvalidError, match="sums_differ"):
        draft(tills["A"].served)
