"""Leases under every partition: invariants 14, 15, 16 and 17, each with a planted bug.

Rows: FL-27; pitfalls 1 and 2; invariants 14, 15, 16, 17.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sync.domain import leases, limits, posting
from sync.domain.leases import Own
from sync.domain.members import Balances, Standing
from tests.sync.domain.lease_machine import LeaseMachine

TestLeases = LeaseMachine.TestCase
FIND = settings(
    phases=[Phase.generate], report_multiple_bugs=False, database=None, max_examples=2_000
)
Plant = Callable[[pytest.MonkeyPatch], None]


def what_others_hold_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "foreign", Balances())


def a_right_is_spent_again_after_each_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    real = leases.own

    def wrong(*told: Any) -> tuple[Own, ...]:
        document, holder, version, used, *rest = told
        return real(document, holder, version, lambda name: (0, used(name)[1]), *rest)

    patch.setattr(leases, "own", wrong)


def a_lease_is_closed_before_what_was_spent_is_here(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        leases, "proves", lambda told_n, document_n, told_seq, head_seq: told_n >= document_n
    )


def what_is_authorised_leaves_own_leases_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(leases, "from_own", lambda *_: {})


def ends_seen_before_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = leases.own

    def wrong(*told: Any) -> tuple[Own, ...]:
        return real(*told[:5])

    patch.setattr(leases, "own", wrong)


def leases_are_given_without_looking_at_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(leases, "outstanding", lambda found, asset: 0)


def what_is_spent_of_a_lease_is_not_taken_off_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(posting, "use_leases", lambda run, book: None)


def the_till_total_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(limits, "_hard", lambda *_: None)


PLANTED: list[Plant] = [
    what_others_hold_is_not_looked_at,  # 14
    a_right_is_spent_again_after_each_acknowledgement,  # 15, 16
    a_lease_is_closed_before_what_was_spent_is_here,  # 16
    what_is_authorised_leaves_own_leases_as_they_are,  # 16
    ends_seen_before_are_forgotten,  # 14 to 16
    leases_are_given_without_looking_at_others,  # 16
    what_is_spent_of_a_lease_is_not_taken_off_it,  # 16
    the_till_total_is_not_looked_at,  # 17
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_seen(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(LeaseMachine, settings=FIND)
