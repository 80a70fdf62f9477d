"""Opening balances: an expiry of their own goes before the programme's span."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sync.domain import accounts
from sync.domain.journal import Effect, Kind
from sync.domain.posting import Books, Issue, MemberBook, Outcome, post
from sync.domain.programme import Earning, Ratio
from tests.sync.domain.making import Counter, HeadOffice, member_id, programme
from tests.sync.domain.reversing import void

RULES = programme(earning=Earning(Ratio(1, 1), expiry_months=12))
MEMBER = member_id(1)


def opened(data: dict[str, Any]) -> tuple[Outcome, tuple[Issue, ...], dict[str, date | None]]:
    """Outcome, codes and expiry per account of an opening balance with that data."""
    till = Counter("A", rules=RULES)
    effects = []
    for name, asset in ((accounts.POINTS, accounts.PTS), (accounts.PRINCIPAL, "CNY")):
        effects.append(Effect(accounts.member(MEMBER, name), asset, 500))
        effects.append(Effect(accounts.dealer("A", name), asset, -500))
    body = till.body(Kind.OPENING_BALANCE, MEMBER, data=data, effects=tuple(effects))
    place = (till.place.dealer, till.place.store, till.place.till)
    books = Books((RULES,), {MEMBER: MemberBook(MEMBER, "plain", "A", "A-store")}, {}, place)
    result = post(till.write(body), books, 1)
    return result.outcome, result.codes, {lot.account: lot.expires_on for lot in books.new_lots}


def test_without_a_date_the_programme_says_when_points_expire() -> None:
    assert opened({}) == (
        Outcome.POSTED,
        (),
        {accounts.POINTS: date(2027, 11, 21), accounts.PRINCIPAL: None},
    )


def test_a_date_of_its_own_holds_for_points_only() -> None:
    _, _, expiry = opened({"expires_on": "2026-12-31"})
    assert expiry == {accounts.POINTS: date(2026, 12, 31), accounts.PRINCIPAL: None}


@pytest.mark.parametrize("value", ["2026-13-01", 5, ""])
def test_a_date_that_is_none_is_quarantined(value: object) -> None:
    assert opened({"expires_on": value})[:2] == (Outcome.QUARANTINED, (Issue.DATA_UNREADABLE,))


def test_a_till_cannot_take_an_opening_balance_back() -> None:
    """Only head office undoes an import (FL-03)."""
    till = Counter("A", rules=RULES)
    office = HeadOffice((RULES,)).join(MEMBER)
    opening = till.moves(Kind.OPENING_BALANCE, MEMBER, [("points", 500)])
    office.receive(till, opening)
    taken_back = void(till, opening)
    office.receive(till, taken_back)
    assert office.results[-1].outcome is Outcome.QUARANTINED
    assert office.results[-1].codes == (Issue.NOT_ALLOWED_HERE,)
    assert office.balances(MEMBER).points == 500
