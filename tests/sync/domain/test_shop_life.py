"""A random life of the shops (issue 3, "must show" 3), short, and slips it would notice.

The long one is a command: `python -m tests.shop_life`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync.domain import clearing, posting_reversals
from sync.domain.lots import in_order
from tests.sync.domain.shop_board import Shops
from tests.sync.domain.shop_life import Failed

OPERATIONS = 1_200
SEEDS = (1, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_invariant_holds_over_a_random_life(seed: int) -> None:
    """Rows: invariants 9, 10, 11, 14, 15, 16, 17, 23, 24, 25, 26, 27, 28, 29, 30, 33, 34, 35;
    golden cases 5, 6, 9, 13, 15, 16, 19. Everything that can be done is done."""
    life = Shops(seed)
    life.play(OPERATIONS)
    assert life.done.total() == OPERATIONS
    assert len(life.runs.approved) > 5
    rare = {"lose", "level", "expire", "transfer", "cash_out"}
    assert {name for name, _, _ in life.table()} - rare <= life.done.keys()


def test_a_seed_plays_the_same_life() -> None:
    one, other = Shops(5), Shops(5)
    for life in (one, other):
        life.play(200)
    assert (one.done, one.issues) == (other.done, other.issues)
    assert one.office.kept.keys() == other.office.kept.keys()
    assert [e.hash for e, _, _ in one.office.kept.values()] == [
        e.hash for e, _, _ in other.office.kept.values()
    ]


# ---------------------------------------------------------------------------------- planted bugs
def youngest_lots_are_used_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """29."""
    monkeypatch.setattr("sync.domain.lots.in_order", lambda found: in_order(found)[::-1])


def the_points_earned_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """30, pitfall 1."""
    monkeypatch.setattr(posting_reversals.Reversal, "_claw_back", lambda *_: None)


def goods_come_back_as_often_as_somebody_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """30, pitfall 16."""
    monkeypatch.setattr(posting_reversals.Reversal, "mark", lambda *_: None)


def each_return_is_rounded_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """27, pitfall 3."""
    monkeypatch.setattr(
        posting_reversals, "share", lambda amount, _before, pieces, of: amount * pieces // of
    )


def a_run_forgets_its_first_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """23."""
    real = clearing.run

    def run(label: str, after: int, upto: int, *rest: Any) -> clearing.Run:
        return real(label, after + 1, upto, *rest)

    monkeypatch.setattr(clearing, "run", run)


PLANTED: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    youngest_lots_are_used_first,
    the_points_earned_are_kept,
    goods_come_back_as_often_as_somebody_brings_them,
    each_return_is_rounded_for_itself,
    a_run_forgets_its_first_entry,
)


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_noticed(
    bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    with pytest.raises(Failed):
        Shops(SEEDS[0]).play(OPERATIONS)
