"""Head office's people about levels and points, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from sync.domain.programme import Earning, Levels, Ratio, Tier
from sync.headoffice.errors import InvalidError
from sync.headoffice.operations import asking
from sync.headoffice.operations.spec import Answer
from sync.headoffice.serving import Running
from sync.protocol.messages import Debits, Granted, Refused
from tests.helpers.servers import START_MS
from tests.helpers.tills import TestTill, rows_of
from tests.sync.domain.making import DAY, member_id, programme, words
from tests.sync.headoffice.posting.test_push import outcomes, state_of
from tests.sync.headoffice.test_online import ONE, TWO, ask

ANNA = member_id(1)
DAY_MS = 86_400_000
RULES = programme(
    version=2,
    tiers=(Tier("plain", words(), 0), Tier("gold", words(), 100_000)),
    levels=Levels(window_months=1, valid_months=2, grace_days=3),
    earning=Earning(Ratio(1, 1), expiry_months=1),
)


def do(
    served: Running, name: str, fields: Mapping[str, str], after: timedelta, by: str = "he"
) -> Answer:
    """Ask head office for it, so long after the day of the sales."""
    now_ms = START_MS + after // timedelta(milliseconds=1)
    return served.call(lambda hq: asking.perform(hq, name, fields, by, now_ms))


def golden(a1: TestTill) -> None:
    """Anna is gold by 1,000.00, with 1,000 points."""
    a1.served.call(lambda hq: hq.setup.programme(RULES))
    a1.desk.rules = RULES
    a1.push(a1.desk.enrol(ANNA))
    assert outcomes(a1.push(a1.desk.sale(ANNA, [100_000]))) == [(2, "posted", ())]
    row = rows_of(a1.feed(), "member")[str(ANNA)]
    assert (row.tier, row.extras.tier_to) == ("gold", DAY + timedelta(days=60))
    assert row.extras.spend == ((DAY, 100_000),)


def test_levels_and_points_end_by_entries_tills_are_told_of(a1: TestTill) -> None:
    """Points until 21 December, seven days more: gone on the 29th. Gold until 20 January and
    three days of grace: plain on the 24th.

    Rows: FL-27, FL-53; pitfalls 6, 11, 22; golden case 7.
    """
    golden(a1)
    served = a1.served
    assert do(served, "expire_points", {}, timedelta(days=38))["members"] == 0
    done = do(served, "expire_points", {}, timedelta(days=39))
    assert done == {"members": 1, "points": 1_000, "late": 0}
    assert do(served, "expire_points", {}, timedelta(days=40))["points"] == 0
    assert rows_of(a1.feed(), "member")[str(ANNA)].balances.points == 0
    assert do(served, "end_levels", {}, timedelta(days=64))["down"] == 0
    done = do(served, "end_levels", {}, timedelta(days=65))
    assert done == {"kept": 0, "down": 1, "late": 0}
    row = rows_of(a1.feed(), "member")[str(ANNA)]
    assert (row.tier, row.extras.tier_to) == ("plain", None)
    changes = do(served, "level_history", {"member": str(ANNA)}, timedelta(days=66))["changes"]
    assert isinstance(changes, list)
    assert [(c["before"], c["after"], c["reason"]) for c in changes] == [
        ("plain", "gold", "up"),
        ("gold", "plain", "down"),
    ]
    assert state_of(served)["unbalanced"] == []


def test_points_are_adjusted_by_two_people_with_a_reason(a1: TestTill) -> None:
    """Rows: pitfall 34."""
    golden(a1)
    wanted = {"member": str(ANNA), "points": "-200", "reason": "wrong card", "approver": "wu"}
    soon = timedelta(hours=1)
    assert do(a1.served, "adjust_points", wanted, soon)["points"] == 800
    given = do(a1.served, "adjust_points", wanted | {"points": "50", "dealer": "B"}, soon)
    assert (given["points"], given["codes"]) == (850, [])
    assert rows_of(a1.feed(), "member")[str(ANNA)].balances.points == 850
    for wrong, code in (
        ({"approver": "he"}, "approver_needed"),
        ({"points": "many"}, "points_invalid"),
        ({"points": "0"}, "amount_not_positive"),
        ({"member": "anna"}, "member_unknown"),
        ({"member": str(member_id(9))}, "member_unknown"),
        ({"dealer": "Z"}, "dealer_unknown"),
    ):
        with pytest.raises(InvalidError) as found:
            do(a1.served, "adjust_points", wanted | wrong, soon)
        assert found.value.code == code
    assert rows_of(a1.feed(), "member")[str(ANNA)].balances.points == 850


def test_points_that_wait_are_not_granted(a1: TestTill) -> None:
    """1,000 points of 21 November that may be spent from the 28th on. Rows: FL-53; pitfall 7."""
    rules = programme(version=2, earning=Earning(Ratio(1, 1), vesting_days=7))
    a1.served.call(lambda hq: hq.setup.programme(rules))
    a1.desk.rules = rules
    clock = a1.served.head_office.clock
    clock.set(START_MS + DAY_MS)
    a1.hello()
    a1.push(a1.desk.enrol(ANNA), a1.desk.sale(ANNA, [100_000]))
    refused = ask(a1, ONE, Debits(points=100))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.params) == ("points_short", {"has": 0, "needs": 100})
    assert refused.row is not None
    assert refused.row.lots[0].usable_from == DAY + timedelta(days=7)
    clock.set(START_MS + 8 * DAY_MS)
    a1.hello()
    assert isinstance(ask(a1, TWO, Debits(points=100)), Granted)
