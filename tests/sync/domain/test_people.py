"""Cards, members as tills see them, light rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain import accounts
from sync.domain.cards import (
    Block,
    Card,
    Status,
    card_number,
    check_digit,
    may_issue,
    may_use,
    phone_key_of,
    serial_of,
    token_of,
)
from sync.domain.light_rows import light_row, shown_name
from sync.domain.members import (
    Balances,
    LightRow,
    LotSummary,
    Profile,
    Standing,
    masked,
)
from sync.domain.programme import Earning, Ratio
from sync.domain.refusals import REFUSAL_CODES, Code, Refusal
from tests.sync.domain.making import Counter, HeadOffice, member_id, programme

ANNA = member_id(1)
KEY = b"k" * 32


def card(status: Status) -> Card:
    return Card("token", ANNA, status, "4417", "barcode")


def code(answer: Refusal | None) -> Code | None:
    return answer.code if answer else None


@pytest.mark.parametrize(
    ("digits", "check"), [("7992739871", "3"), ("0", "0"), ("411111111111111", "1")]
)
def test_check_digits_by_the_standards_examples(digits: str, check: str) -> None:
    assert check_digit(digits) == check


@given(serial=st.integers(0, 10**11 - 1), at=st.integers(0, 15), digit=st.integers(1, 9))
def test_a_card_number_holds_its_serial_and_no_single_slip(
    serial: int, at: int, digit: int
) -> None:
    number = card_number(serial)
    assert len(number) == 16
    assert serial_of(number) == serial
    slip = str((int(number[at]) + digit) % 10)
    assert serial_of(number[:at] + slip + number[at + 1 :]) is None


def test_serials_that_do_not_fit() -> None:
    for serial in (10**11, -1):
        with pytest.raises(ValueError, match=r"fit|invalid"):
            card_number(serial)


@pytest.mark.parametrize("number", ["", "6688", "668800000000000x", "٦٦٨٨٠٠٠٠٠٠٠٠٠٠٠٠", "1" * 16])
def test_what_is_no_card_number(number: str) -> None:
    assert serial_of(number) is None


def test_a_token_is_the_same_for_every_spelling_and_tells_nothing() -> None:
    token = token_of(KEY, "04-a2-b3 c4")
    assert token == token_of(KEY, "04A2B3C4")
    assert len(token) == 32
    assert token != token_of(b"x" * 32, "04A2B3C4")
    assert token != phone_key_of(KEY, "04A2B3C4")


@pytest.mark.parametrize(
    ("found", "refused"),
    [
        (None, Code.CARD_UNKNOWN),
        (card(Status.ACTIVE), None),
        (card(Status.BLOCKED), Code.CARD_BLOCKED),
        (card(Status.REPLACED), Code.CARD_REPLACED),
    ],
)
def test_which_cards_may_be_used(found: Card | None, refused: Code | None) -> None:
    """Rows: FL-15."""
    assert code(may_use(found)) == refused


@pytest.mark.parametrize(
    ("credential", "known", "refused"),
    [
        (card_number(150), None, None),
        (f" {card_number(150)[:8]}-{card_number(150)[8:]}", None, None),
        (card_number(99), None, Code.CARD_NOT_IN_BLOCK),
        (card_number(201), None, Code.CARD_NOT_IN_BLOCK),
        (card_number(150), card(Status.BLOCKED), Code.CARD_IN_USE),
        (card_number(150)[:-1] + str((int(card_number(150)[-1]) + 1) % 10), None,
         Code.CARD_NOT_IN_BLOCK),  # a slip of the finger is nobody's chip
        ("04A2B3C4D5E6F7", None, None),
        (" - ", None, Code.UNKNOWN_CODE),
    ],
)  # fmt: skip
def test_which_cards_may_be_issued(
    credential: str, known: Card | None, refused: Code | None
) -> None:
    blocks = (Block(1, 5), Block(100, 200))
    assert code(may_issue(credential, blocks, known)) == refused


def test_refusals_carry_their_parameters() -> None:
    refused = may_use(card(Status.BLOCKED))
    assert refused is not None
    assert refused.param("tail") == "4417"
    with pytest.raises(KeyError):
        refused.param("age")
    assert Code.CARD_BLOCKED in REFUSAL_CODES


@pytest.mark.parametrize(
    ("name", "shown"),
    [("张文静", "张**"), ("Anna Lee", "A*** L**"), ("", ""), ("李", "李")],
)
def test_names_on_a_screen_others_see(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_shown_name_of_a_profile() -> None:
    assert shown_name(Profile(ANNA, "张文静", "+8613812346021")) == ("张**", "6021")


def standing(**changes: Any) -> Standing:
    row = LightRow(ANNA, "plain", Balances(100, 200, 30, 400), 7)
    return Standing(row, 1_000, **changes)


def test_pending_points_are_shown_and_not_spent() -> None:
    found = standing(pending_credit=Balances(50, 10, 0, 60), pending_debit=Balances(-30))
    assert found.confirmed.points == 100
    assert found.pending == Balances(20, 10, 0, 60)
    assert found.available == Balances(70, 200, 30, 400)


def test_own_top_ups_are_spent() -> None:
    found = standing(pending_credit=Balances(0, 500, 50), own_top_up=Balances(0, 500, 50))
    assert (found.available.principal, found.available.bonus) == (700, 80)
    assert found.available.stored_value == 780


def test_available_is_never_below_zero() -> None:
    found = standing(pending_debit=Balances(-101, -201, -31))
    assert found.available == Balances(0, 0, 0, 400)


balance = st.builds(Balances, *[st.integers(-1_000, 1_000)] * 4)
credit = st.builds(Balances, *[st.integers(0, 1_000)] * 4)
debit = st.builds(Balances, *[st.integers(-1_000, 0)] * 4)


@given(held=balance, came=credit, went=debit, own=credit)
def test_available_never_exceeds_confirmed_and_own_spendable(
    held: Balances, came: Balances, went: Balances, own: Balances
) -> None:
    """Rows: BEST-31, JF-12; pitfall 7."""
    row = LightRow(ANNA, "plain", held, 7)
    found = Standing(row, None, came, went, own).available
    for name in ("points", "principal", "bonus"):
        assert getattr(found, name) <= max(getattr(held, name) + getattr(own, name), 0)


def test_an_older_row_never_replaces_a_newer_one() -> None:
    held = standing()
    older = LightRow(ANNA, "plain", Balances(1), 6)
    newer = LightRow(ANNA, "plain", Balances(2), 8)
    assert held.newer(older, 5) is held
    assert held.newer(newer, 5).row is newer
    assert held.newer(newer, 5).as_of_ms == 5


def test_balances_know_their_accounts() -> None:
    assert Balances().plus("bonus", 5) == Balances(bonus=5)
    with pytest.raises(ValueError, match="unknown member account"):
        Balances().plus("gold", 5)
    assert accounts.member(ANNA, "points") == f"member/{ANNA}/points"
    assert accounts.drawer("A1") == "till/A1/cash"


def test_the_light_row_sums_lots_by_expiry() -> None:
    rules = programme(earning=Earning(Ratio(1, 1), expiry_months=12))
    forever = programme(version=2)
    office = HeadOffice((rules, forever)).join(ANNA)
    a, b = Counter("A", rules=rules), Counter("B", rules=forever)
    office.receive(a, a.sale(ANNA, [100]), a.sale(ANNA, [200]))
    office.receive(b, b.sale(ANNA, [500]), b.top_up(ANNA, 30_000))
    row = light_row(office.members[ANNA], "张**", "6021", "key", ("vip",))
    assert row.lots == (LotSummary(date(2027, 11, 21), 3), LotSummary(None, 5))
    assert row.balances == Balances(8, 30_000, 3_000, 800)
    assert (row.version, row.uncovered, row.flags) == (4, 0, ("vip",))
    assert row.marks == {f"{a.device}:1": 2, f"{b.device}:1": 2}
    office.receive(b, b.gift(ANNA))
    row = light_row(office.members[ANNA], "张**", "6021", "key")
    assert (row.uncovered, row.lots) == (992, ())
