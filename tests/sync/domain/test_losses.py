"""Claims no lot covered in time: who bears them, and who is repaid.

Rows: FL-27; pitfalls 1, 4; golden case 4 for the sums; sync-ledger.md 2.10.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from sync.domain import clearing, losses
from sync.domain.books import Issue
from sync.domain.journal import Basis, Body, Kind, read_body
from sync.domain.losses import LOSS, LossData, assign, due, unleased
from sync.domain.lots import HEAD_OFFICE, LEASED_PART, Uncovered
from sync.domain.posting_losses import post_loss
from sync.domain.rulebook.losses import Losses
from tests.sync.domain.making import (
    DAY,
    PROGRAMME,
    Counter,
    HeadOffice,
    member_id,
    plain,
    programme,
)
from tests.sync.domain.test_leases import lease

ANNA = member_id(1)
LATER = DAY + timedelta(days=31)


def overdrawn(basis: Basis | None = None, **changes: Any) -> tuple[HeadOffice, Body]:
    """Anna takes an umbrella (1,000 points, 50.00) at B although she has no points."""
    office, till = HeadOffice().join(ANNA), Counter("B")
    taken = read_body(Counter("B").gift(ANNA).body)
    body = msgspec.structs.replace(taken, basis=basis or taken.basis, **changes)
    holder = f"{till.device}:1"
    office.members[ANNA].leases = [lease("p-1", 400, asset="points", holder=holder)]
    office.receive(till, till.write(body))
    return office, body


def debts(office: HeadOffice) -> list[Uncovered]:
    return sorted(office.uncovered.values(), key=lambda debt: debt.claim)


def book_loss(office: HeadOffice, debt: Uncovered, body: Body, codes: tuple[str, ...] = ()) -> Any:
    """Head office's entry for a claim, posted."""
    loss = assign(PROGRAMME, debt, body, codes, LATER)
    return loss, post_of(office, loss.data, loss.effects, loss.trace)


def post_of(office: HeadOffice, data: LossData, effects: Any = (), trace: Any = ()) -> Any:
    till = Counter(HEAD_OFFICE, number=len(office.results) + 1)
    entry = till.write(till.body(Kind.LOSS, ANNA, data=plain(data), effects=effects, trace=trace))
    (result,) = office.receive(till, entry)
    return result


def nets(office: HeadOffice) -> dict[str, int]:
    """Net per party over everything ever allocated (golden case 16)."""
    run = clearing.run("x", 0, office.next_seq, office.allocations, ["A", "B", "C"])
    assert sum(position.net_minor for position in run.positions) == 0
    return {p.dealer: p.net_minor for p in run.positions if p.net_minor}


def test_golden_case_of_a_loss_and_its_repayment() -> None:
    """Within a lease of 400 points: 20.00 of the 50.00 are head office's, 30.00 are B's own. B
    receives 20.00. Anna stays at -1,000 points. She then earns 1,000 points at C: C owes 50.00 for
    them, 30.00 to B, who bore them, and 20.00 to head office, whose loss is undone."""
    office, body = overdrawn(Basis(1, 0, "offline", leases={"p-1": 400}))
    beyond, within = debts(office)
    assert [(d.claim, d.open, d.amount_minor) for d in (beyond, within)] == [
        (0, 600, 3_000), (LEASED_PART, 400, 2_000),
    ]  # fmt: skip
    assert nets(office) == {}
    hq, _ = book_loss(office, within, body)
    own, _ = book_loss(office, beyond, body)
    assert (hq.data.bearer, own.data.bearer) == (HEAD_OFFICE, "B")
    assert nets(office) == {"B": -2_000, HEAD_OFFICE: 2_000}
    assert office.members[ANNA].balances.points == -1_000
    assert sum(debt.open for debt in office.members[ANNA].uncovered) == 1_000
    counter = Counter("C")
    office.receive(counter, counter.sale(ANNA, [100_000]))
    assert nets(office) == {"C": 5_000, "B": -5_000}
    assert office.members[ANNA].balances.points == 0
    assert office.members[ANNA].uncovered == [] or not any(
        debt.open for debt in office.members[ANNA].uncovered
    )


def test_a_loss_is_one_line_between_bearer_and_creditor() -> None:
    office, body = overdrawn()
    (debt,) = debts(office)
    loss, result = book_loss(office, debt, body)
    (line,) = result.allocations
    assert (line.kind, line.debtor, line.creditor, line.amount_minor, line.quantity) == (
        LOSS, "B", "B", 5_000, 1_000,
    )  # fmt: skip
    assert {(e.account, e.delta) for e in loss.effects} == {
        ("dealer/B/offline_loss", -5_000),
        ("dealer/B/settlement", 5_000),
    }
    (step,) = loss.trace
    assert (step.rule, step.is_, step.of["days"]) == ("loss.assigned", 5_000, 31)


def test_a_claim_is_assigned_once_and_as_it_stands() -> None:
    office, body = overdrawn()
    (debt,) = debts(office)
    loss, _ = book_loss(office, debt, body)
    for data in (loss.data, msgspec.structs.replace(loss.data, claim=7)):
        result = post_of(office, data)
        assert (result.codes, result.allocations) == ((Issue.RULE_MISMATCH,), ())
    again, _ = overdrawn()
    wrong = post_of(again, msgspec.structs.replace(loss.data, quantity=999))
    assert (wrong.codes, wrong.allocations) == ((Issue.RULE_MISMATCH,), ())


def test_only_head_office_writes_losses() -> None:
    office, _ = overdrawn()
    till = Counter("B", 2)
    data = plain(LossData(1, 0, 1_000, 5_000, "A"))
    (result,) = office.receive(till, till.write(till.body(Kind.LOSS, ANNA, data=data)))
    assert result.codes == (Issue.NOT_ALLOWED_HERE,)


def test_a_loss_without_its_data_is_a_bug() -> None:
    class NoData:
        class admitted:  # noqa: N801  # stands for an attribute
            data = None

    with pytest.raises(TypeError, match="without its data"):
        post_loss(NoData(), None)  # type: ignore[arg-type]  # what posting never does


@pytest.mark.parametrize(
    ("days", "changes", "expected"),
    [
        (31, {}, True),
        (30, {}, False),
        (31, {"open": 0}, False),
        (31, {"bearer": "B"}, False),
        (31, {"kind": "reversal"}, False),
    ],
)
def test_a_claim_is_due_after_30_days(
    days: int, changes: dict[str, Any], expected: bool
) -> None:  # a parameter of the test
    office, _ = overdrawn()
    (debt,) = debts(office)
    for name, value in changes.items():
        setattr(debt, name, value)
    assert due(PROGRAMME, debt, DAY + timedelta(days=days)) is expected


def test_the_programme_sets_how_long_head_office_waits() -> None:
    office, _ = overdrawn()
    (debt,) = debts(office)
    assert due(programme(losses=Losses(after_days=0)), debt, date.fromordinal(DAY.toordinal() + 1))
    with pytest.raises(ValueError, match="after_days"):
        Losses(after_days=-1)


def test_what_head_office_authorised_is_its_own_loss() -> None:
    office, body = overdrawn(Basis(1, 0, "online", auth="x"))
    (debt,) = debts(office)
    loss = assign(PROGRAMME, debt, body, (), LATER)
    assert (loss.data.bearer, loss.data.incident) == (HEAD_OFFICE, "")
    assert loss.effects[0].account == "headoffice/HQ/offline_loss"


@pytest.mark.parametrize(
    ("quantity", "approver", "codes", "incident"),
    [
        (1, None, (), ""),
        (1, None, ("overdraft", "card_blocked"), "card_blocked"),
        (2, None, (), "no_approver"),
        (2, "m1", (), ""),
        (3, "m1", (), "beyond_limits"),
    ],
)
def test_beyond_limits_or_without_an_approver_is_an_incident(
    quantity: int, approver: str | None, codes: tuple[str, ...], incident: str
) -> None:
    """An umbrella is 50.00: one is below the soft mark of 50.00, two need an approver, three exceed
    100.00 a day; the dealer bears each."""
    office, till = HeadOffice().join(ANNA), Counter("B")
    taken = read_body(Counter("B").gift(ANNA, quantity=quantity).body)
    body = msgspec.structs.replace(taken, approver=approver)
    office.receive(till, till.write(body))
    (debt,) = debts(office)
    loss = assign(PROGRAMME, debt, body, codes, LATER)
    assert (loss.data.bearer, loss.data.incident) == ("B", incident)


def test_what_is_beyond_leases_is_told_apart_by_asset() -> None:
    """600 of 1,000 points, and 30.00 of stored value within leases; an id that is none counts for
    nothing."""
    counter = Counter("B")
    gift = read_body(counter.gift(ANNA).body)
    told = {"p-1": 600, "s-1": 3_000, "x": 9}
    leased = msgspec.structs.replace(gift, basis=Basis(1, 0, "offline", leases=told))
    assert unleased(leased) == (400, 2_000, 0)
    assert unleased(gift) == (1_000, 5_000, 0)


def test_an_offer_worth_nothing_moves_no_money() -> None:
    office, body = overdrawn()
    (debt,) = debts(office)
    debt.amount_minor = 0
    assert losses.assign(PROGRAMME, debt, body, (), LATER).effects == ()
