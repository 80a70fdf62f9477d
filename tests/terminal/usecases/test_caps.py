"""Caps without head office at their exact edges, through the use cases that a screen calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from hardware.events import CredentialRead, Strength
from sync.domain.programme import OfflineLimits, PointsTender, Programme
from sync.domain.refusals import Code, Refusal
from terminal.usecases import drafts, identify, sell, shift, sign_in
from terminal.usecases import top_up as topping
from terminal.usecases.commits import Done
from terminal.usecases.drafts import SaleDraft, TopUpDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from tests.terminal.usecases.made import PIN, PROGRAMME, ZHANG, Clock, changes, light, read, till

HOUR_MS = 3_600_000
NO_CARD_CAPS = {
    "points_hard_card_day_minor": 10**9,
    "stored_value_hard_card_day_minor": 10**9,
    "points_soft_ops_card_day": 10**9,
}


def rules(**limits: int) -> Programme:
    """A point is a fen, so that every fen of a cap can be reached."""
    return msgspec.structs.replace(
        PROGRAMME,
        version=4,
        points_tenders=(PointsTender("P1", 1, 1, 1),),
        offline=OfflineLimits(**limits),
    )


class Desk:
    """A till that hears nothing, and Zhang, who is rich."""

    def __init__(self, folder: Path, **limits: int) -> None:
        self.clock = Clock()
        row = light(10**8, 35 * 10**4)
        self.till: Till = till(folder, row, clock=self.clock)
        self.till.database.replica.apply(
            changes(row, rules(**limits)), 1, 12, self.clock.utc_ms(), complete=True
        )

    def spend(
        self, points: int = 0, stored: int = 0, *, approved: bool = False, token: bool = False
    ) -> Done | Refusal:
        draft = sell.open_sale(self.till)
        assert isinstance(draft, SaleDraft)
        strength = Strength.TOKEN if token else Strength.AUTHENTICATED
        shown: CredentialRead = replace(read(), strength=strength)
        found = identify.scan(self.till, shown)
        assert isinstance(found, MemberCard)
        rung = draft.adding_amount(10**7).for_member(found.bearer).paying(points, stored)
        answer = sell.sell(self.till, rung, "cash", 10**7, self.approval() if approved else None)
        assert isinstance(answer, Done | Refusal)
        drafts.abandon(self.till, rung)
        return answer

    def load(self, amount: int, *, approved: bool = True) -> Done | Refusal:
        found = identify.scan(self.till, read())
        assert isinstance(found, MemberCard)
        draft = topping.open_top_up(self.till, found.bearer)
        assert isinstance(draft, TopUpDraft)
        wanted = topping.of_amount(draft, amount)
        answer = topping.top_up(self.till, wanted, "cash", self.approval() if approved else None)
        assert isinstance(answer, Done | Refusal)
        return answer

    def approval(self) -> Approval:
        found = sign_in.approve(self.till, "wang", PIN)
        assert isinstance(found, Approval)
        return found

    def acknowledge(self) -> None:
        """Head office has everything."""
        head = self.till.database.journal.head()
        ack: Any = SimpleNamespace(
            seq=head.seq, head_hash=head.hash, hq_epoch=1, hq_time_ms=1, key="k", sig=bytes(64)
        )
        self.till.database.outbox.store_ack(ack, (), self.clock.utc_ms())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.till.database.close()


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[Desk]:
    """Without the caps per card, so that those of the till are met."""
    made = Desk(tmp_path, **NO_CARD_CAPS)
    yield made
    made.till.database.close()


def code(answer: Done | Refusal) -> str:
    return "" if isinstance(answer, Done) else answer.code.value


def test_points_of_one_operation_and_of_a_day(desk: Desk) -> None:
    assert code(desk.spend(points=5_001)) == Code.APPROVER_NEEDED
    assert code(desk.spend(points=5_000)) == ""
    assert code(desk.spend(points=5_001, approved=True)) == Code.OFFLINE_CARD_DAY
    assert code(desk.spend(points=5_000)) == ""
    assert code(desk.spend(points=1, approved=True)) == Code.OFFLINE_CARD_DAY


def test_points_of_a_day_at_once(desk: Desk) -> None:
    assert code(desk.spend(points=10_001, approved=True)) == Code.OFFLINE_CARD_DAY
    assert code(desk.spend(points=10_000, approved=True)) == ""


def test_the_third_operation_with_points_needs_somebody(desk: Desk) -> None:
    for _ in range(2):
        assert code(desk.spend(points=1)) == ""
    assert code(desk.spend(points=1)) == Code.APPROVER_NEEDED
    assert code(desk.spend(points=1, approved=True)) == ""


def test_stored_value_of_one_operation_and_of_a_day(desk: Desk) -> None:
    assert code(desk.spend(stored=10_001, token=True)) == Code.OFFLINE_NOT_AUTHENTICATED
    assert code(desk.spend(stored=10_001)) == Code.APPROVER_NEEDED
    assert code(desk.spend(stored=20_001, approved=True)) == Code.OFFLINE_CARD_DAY
    assert code(desk.spend(stored=10_000, token=True)) == ""
    assert code(desk.spend(stored=10_001, approved=True)) == Code.OFFLINE_CARD_DAY
    assert code(desk.spend(stored=10_000)) == ""
    assert code(desk.spend(stored=1)) == Code.OFFLINE_CARD_DAY


def test_what_a_till_may_risk(wide: Desk) -> None:
    assert code(wide.spend(points=300_001, approved=True)) == Code.OFFLINE_TILL
    assert code(wide.spend(points=100_000, stored=200_001, approved=True)) == Code.OFFLINE_TILL
    assert code(wide.spend(points=100_000, stored=200_000, approved=True)) == ""
    assert code(wide.spend(points=1, approved=True)) == Code.OFFLINE_TILL
    assert code(wide.spend()) == ""  # selling for money goes on


def test_a_new_shift_refills_nothing_an_acknowledgement_does(wide: Desk) -> None:
    assert code(wide.spend(points=300_000, approved=True)) == ""
    assert not isinstance(shift.close_shift(wide.till, 0), Refusal)
    assert isinstance(shift.open_shift(wide.till, 0), shift.OpenShift)
    assert code(wide.spend(points=1, approved=True)) == Code.OFFLINE_TILL
    wide.acknowledge()
    assert code(wide.spend(points=1, approved=True)) == ""


def test_a_hundred_operations(wide: Desk) -> None:
    for number in range(100):
        assert code(wide.spend(points=1)) == "", number
    assert code(wide.spend(points=1, approved=True)) == Code.OFFLINE_TILL
    assert code(wide.spend()) == ""


def test_top_ups(desk: Desk) -> None:
    assert code(desk.load(100_001)) == Code.OFFLINE_TOP_UP
    assert code(desk.load(50_001, approved=False)) == Code.APPROVER_NEEDED
    assert code(desk.load(50_000, approved=False)) == ""


def test_top_ups_of_a_till(tmp_path: Path) -> None:
    desk = Desk(tmp_path, top_up_hard_till_minor=60_000)
    assert code(desk.load(50_000)) == ""
    assert code(desk.load(10_001)) == Code.OFFLINE_TOP_UP
    assert code(desk.load(10_000)) == ""
    assert code(desk.load(1)) == Code.OFFLINE_TOP_UP
    desk.till.database.close()


def test_seventy_two_hours_to_the_millisecond(desk: Desk) -> None:
    desk.clock.pass_ms(72 * HOUR_MS)
    assert code(desk.spend(points=1)) == ""
    desk.clock.pass_ms(1)
    assert code(desk.spend(points=1)) == Code.OFFLINE_TOO_LONG
    assert code(desk.spend()) == ""


@pytest.mark.allows_log("clock_set_back")
@pytest.mark.parametrize("years", [1, 5, 30])
def test_setting_the_clock_back_gains_no_time(desk: Desk, years: int) -> None:
    """Planted bug: a contact that lies in the future counted as a contact just now, for ever."""
    desk.clock.at_ms -= years * 365 * 24 * HOUR_MS
    assert code(desk.spend(points=1)) == Code.OFFLINE_TOO_LONG
    assert code(desk.spend()) == ""
    assert desk.till.database.check_now().broken is None
    desk.till.database.outbox.heard(desk.clock.utc_ms())  # head office answers: told anew


@pytest.mark.allows_log("clock_set_back")
@pytest.mark.parametrize("years", [-60, -20, -1, 1, 20, 200, 5_000])
def test_a_wrong_clock_stops_no_sale_and_moves_no_figure(desk: Desk, years: int) -> None:
    day = desk.till.shift()
    assert day is not None
    before = desk.till.database.standing(ZHANG)
    desk.clock.at_ms += years * 365 * 24 * HOUR_MS
    done = desk.spend()
    assert isinstance(done, Done)
    assert done.body.business_date == day.business_date
    assert done.body.at.hlc_ms >= day.opened_ms
    after = desk.till.database.standing(ZHANG)
    assert before is not None
    assert after is not None
    assert after.pending.points - before.pending.points == 90_000
    assert not isinstance(shift.close_shift(desk.till, 0), Refusal)
