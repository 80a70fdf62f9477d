"""Bugs on purpose in prices and offers (see `planted.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from sync.domain import offers
from tests.sync.domain.planted import PLANTED, seen_by

__all__ = ["PLANTED"]


@seen_by("golden_18_never_below_zero_and_shares_are_exact")
def a_unit_price_of_an_offer_may_be_above_the_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece is made cheaper by more than it costs."""
    real = offers._Plan._by_unit

    def by_unit(self: Any, prices: Sequence[int]) -> dict[int, int]:
        return {at: share + 1 for at, share in real(self, prices).items()}

    monkeypatch.setattr(offers._Plan, "_by_unit", by_unit)


@seen_by("golden_18_one_more_offer_never_raises_the_amount_due")
def the_first_offers_that_fit_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """No search: in the order of application, whatever may join joins."""

    def search(plans: Sequence[Any], lines: Sequence[offers.Item]) -> list[Any]:
        chosen: list[Any] = []
        for plan in plans:
            prices = offers._start([*chosen, plan], lines)
            for before in chosen:
                off = before.off(prices)
                prices = [price - off.get(at, 0) for at, price in enumerate(prices)]
            if offers._may_join(plan, chosen) and plan.off(prices):
                chosen.append(plan)
        return chosen

    monkeypatch.setattr(offers, "_search", search)


@seen_by("golden_18_order_of_lines_and_offers_decides_nothing")
def pieces_go_free_as_they_were_rung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither lines nor their pieces are put in order."""

    def as_they_came(found: Iterable[Any], **_: Any) -> list[Any]:
        return list(found)

    monkeypatch.setattr(offers, "sorted", as_they_came, raising=False)


@seen_by("golden_18_order_of_lines_and_offers_decides_nothing")
def offers_are_applied_as_they_stand_in_the_programme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers.Candidate, "order", 0)
