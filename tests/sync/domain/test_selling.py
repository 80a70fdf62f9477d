"""Prices, tenders and the sale: what is refused, and the edges of what is not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sync.domain.members import Balances
from sync.domain.pricing import BasketLine, price
from sync.domain.programme import PointsTender, Tier
from sync.domain.redeeming import gift, most_points, points_tender
from sync.domain.refusals import Code, Refusal
from sync.domain.selling import Buyer, Quote, Wish, effects, money_account, pay, quote
from sync.domain.stored_value import deeper_price, split, top_up
from sync.domain.trace import MAX_TRACE_BYTES, Step, TraceTooLong, bounded
from tests.sync.domain.making import (
    PROGRAMME,
    RICH,
    Counter,
    granted,
    member_id,
    plain_amounts,
    programme,
    words,
)

ANNA = member_id(1)
DIAMOND = PROGRAMME.tiers[1]


def code(answer: object) -> Code | None:
    return answer.code if isinstance(answer, Refusal) else None


def wished(amounts: list[int], available: Balances = RICH, **wish: Any) -> Quote | Refusal:
    buyer = Buyer(ANNA, DIAMOND, available)
    return quote(PROGRAMME, "W", plain_amounts(*amounts), buyer, Wish(**wish))


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (quote(PROGRAMME, "W", [], None), Code.BASKET_EMPTY),
        (quote(PROGRAMME, "W", plain_amounts(0), None), Code.AMOUNT_NOT_POSITIVE),
        (quote(PROGRAMME, "W", [BasketLine("", 0, 5)], None), Code.AMOUNT_NOT_POSITIVE),
        (quote(PROGRAMME, "W", [BasketLine("x", 1, 5, -1)], None), Code.AMOUNT_NOT_POSITIVE),
        (quote(PROGRAMME, "W", plain_amounts(5), None, Wish(points=100)), Code.MEMBER_NEEDED),
        (quote(PROGRAMME, "W", plain_amounts(5), None, Wish(0, 5)), Code.MEMBER_NEEDED),
        (wished([5], points=-1), Code.AMOUNT_NOT_POSITIVE),
        (wished([5], stored_value_minor=-1), Code.AMOUNT_NOT_POSITIVE),
        (wished([5_000], points=150), Code.POINTS_NOT_MULTIPLE),
        (wished([5_000], Balances(99), points=100), Code.POINTS_SHORT),
        (wished([1_000], points=100), Code.POINTS_ABOVE_SHARE),
        (wished([5_000], Balances(0, 299), stored_value_minor=300), Code.STORED_VALUE_SHORT),
        (wished([5_000], Balances(0, -300, 299), stored_value_minor=300), Code.STORED_VALUE_SHORT),
    ],
)
def test_refused(answer: object, refused: Code) -> None:
    assert code(answer) is refused


def test_short_points_are_never_said_to_be_negative() -> None:
    for answer in (
        points_tender(PROGRAMME, "W", 100, -5, 10_000),
        gift(PROGRAMME, str(ANNA), "A", "umbrella", 1, -5),
    ):
        assert isinstance(answer, Refusal)
        assert answer.param("has") == 0


def test_a_wish_beyond_the_price_is_cut_to_it() -> None:
    # 100.00 at 9 折 is 90.00, all of it by stored value at 95 %: 85.50
    found = granted(wished([10_000], Balances(0, 9_000), stored_value_minor=99_999)).data
    assert (found.money_minor, found.due_minor, found.principal_minor) == (0, 8_550, 8_550)
    assert found.points_earned == 85


def test_nothing_left_for_money_needs_no_tender() -> None:
    buyer = Buyer(ANNA, DIAMOND, RICH)
    quoted = granted(quote(PROGRAMME, "W", plain_amounts(10_000), buyer, Wish(0, 8_550)))
    data = granted(pay(quoted, "", 0))
    assert (data.money_tender, data.tendered_minor, data.change_minor) == ("", 0, 0)
    assert all("tender" not in e.account for e in effects(data, ANNA, "W", "W1", "CNY"))


@pytest.mark.parametrize(
    ("tender", "handed", "refused"),
    [
        ("cash", 999, Code.TENDER_BELOW_DUE),
        ("wechat", 999, Code.TENDER_BELOW_DUE),
        ("wechat", 1_001, Code.TENDER_ABOVE_DUE),
        ("cash", -1, Code.TENDER_BELOW_DUE),
    ],
)
def test_tenders_refused(tender: str, handed: int, refused: Code) -> None:
    assert code(pay(granted(Counter("A").quote([1_000])), tender, handed)) is refused


def test_change_is_given_on_cash() -> None:
    data = granted(pay(granted(Counter("A").quote([1_000])), "cash", 5_000))
    assert (data.tendered_minor, data.change_minor) == (5_000, 4_000)


def test_an_unknown_tender_is_a_bug() -> None:
    with pytest.raises(ValueError, match="unknown tender"):
        pay(granted(Counter("A").quote([1_000])), "shells", 1_000)


def test_money_goes_where_its_tender_is_kept() -> None:
    assert money_account("A", "A1", "cash") == "till/A1/cash"
    assert money_account("A", "A1", "wechat") == "dealer/A/tender_wechat"


def test_nobody_earns_without_being_a_member() -> None:
    """Rows: FL-57, WAT-30."""
    quoted = granted(quote(PROGRAMME, "A", plain_amounts(10_000), None))
    data = granted(pay(quoted, "cash", 10_000))
    assert (data.points_earned, data.earn_base_minor) == (0, 10_000)
    assert {e.account for e in effects(data, None, "A", "A1", "CNY")} == {
        "till/A1/cash",
        "dealer/A/sales",
    }


@pytest.mark.parametrize(
    ("member_minor", "rule", "price_minor"),
    [
        (None, "price.tier", 900),
        (899, "price.member", 899),
        (900, "price.tier", 900),  # the same: the tier's, which also holds next time
        (950, "price.tier", 900),
        (2_000, "price.tier", 900),
        (0, "price.member", 0),
    ],
)
def test_the_lower_of_both_member_prices(
    member_minor: int | None, rule: str, price_minor: int
) -> None:
    [line] = granted(price(PROGRAMME, [BasketLine("x", 1, 1_000, member_minor)], DIAMOND)).lines
    assert (line.rule, line.price_minor) == (rule, price_minor)


def test_a_discount_is_rounded_down_per_unit() -> None:
    # 10 % of 0.19 is 0.01 a piece, so three cost 0.54
    [line] = granted(price(PROGRAMME, [BasketLine("x", 3, 19)], DIAMOND)).lines
    assert (line.member_discount_minor, line.price_minor) == (3, 54)
    [small] = granted(price(PROGRAMME, [BasketLine("x", 1, 9)], DIAMOND)).lines
    assert (small.rule, small.price_minor) == ("price.tag", 9)


def test_each_price_explains_itself() -> None:
    """Rows: FL-14, BEST-16."""
    basket = [BasketLine("x", 1, 1_000), BasketLine("y", 2, 1_000, 500)]
    trace = granted(price(PROGRAMME, basket, DIAMOND)).trace
    assert [(step.rule, step.item, step.is_) for step in trace] == [
        ("price.tier", 0, 100),
        ("price.member", 1, 500),
        ("price.total", None, 1_900),
    ]


@pytest.mark.parametrize(
    ("dealer", "available", "price_minor", "points"),
    [
        ("W", 1_240, 423_800, 1_200),
        ("W", 1_240, 4_999, 400),
        ("W", 99, 423_800, 0),
        ("W", -5, 423_800, 0),
        ("A", 1_240, 423_800, 0),
    ],
)
def test_most_points_that_may_pay(
    dealer: str, available: int, price_minor: int, points: int
) -> None:
    assert most_points(PROGRAMME, dealer, available, price_minor) == points


def test_a_share_of_the_price_only() -> None:
    rules = programme(points_tenders=(PointsTender("t", 1, 100, 50, (), 500),))
    assert most_points(rules, "A", 10**6, 999) == 4
    assert granted(points_tender(rules, "A", 4, 10**6, 999)).face_minor == 400
    assert code(points_tender(rules, "A", 5, 10**6, 999)) is Code.POINTS_ABOVE_SHARE
    assert code(points_tender(rules, "A", 0, 10**6, 999)) is Code.AMOUNT_NOT_POSITIVE


def test_an_offer_for_this_dealer_goes_before_one_for_all() -> None:
    everywhere, here = PointsTender("a", 1, 1, 1), PointsTender("b", 1, 2, 2, ("W",))
    rules = programme(points_tenders=(everywhere, here))
    assert rules.points_tender("W") == here
    assert rules.points_tender("A") == everywhere


@pytest.mark.parametrize(
    ("offer", "quantity", "refused"),
    [
        ("car", 1, Code.GIFT_UNKNOWN),
        ("umbrella", 0, Code.AMOUNT_NOT_POSITIVE),
        ("umbrella", 2, Code.POINTS_SHORT),
    ],
)
def test_gifts_refused(offer: str, quantity: int, refused: Code) -> None:
    assert code(gift(PROGRAMME, str(ANNA), "A", offer, quantity, 1_999)) is refused


@pytest.mark.parametrize(
    ("amount", "held", "refused"),
    [
        (0, 0, Code.AMOUNT_NOT_POSITIVE),
        (-5, 0, Code.AMOUNT_NOT_POSITIVE),
        (500_001, 0, Code.BALANCE_CAP),
        (497_000, 0, None),  # 4,970.00 + 30.00 is the cap to the fen
        (497_000, 1, Code.BALANCE_CAP),
    ],
)
def test_top_ups_within_the_cap(amount: int, held: int, refused: Code | None) -> None:
    balances = Balances(0, held)
    answer = top_up(PROGRAMME, str(ANNA), "A", "till/A1/cash", "cash", amount, balances)
    assert code(answer) is refused


def test_a_small_top_up_brings_no_bonus() -> None:
    loaded = granted(top_up(PROGRAMME, str(ANNA), "A", "till/A1/cash", "cash", 29_999, Balances()))
    assert loaded.data.bonus_minor == 0
    assert len(loaded.effects) == 2


@pytest.mark.parametrize(
    ("charged", "principal", "bonus", "found"),
    [
        (0, 0, 0, (0, 0)),
        (10, 10, 0, (10, 0)),
        (10, 0, 10, (0, 10)),
        (10, -5, 10, (0, 10)),  # what is negative gives nothing and takes nothing
        (1, 1, 1, (1, 0)),
        (2, 1, 1, (1, 1)),
    ],
)
def test_a_split_never_exceeds_a_bucket(
    charged: int, principal: int, bonus: int, found: tuple[int, int]
) -> None:
    assert split(charged, Balances(0, principal, bonus)) == found


def test_deeper_price_takes_whole_numbers_of_sense() -> None:
    for due, per_mille, limit in ((-1, 950, 0), (0, 0, 0), (0, 1_001, 0), (0, 950, -1)):
        with pytest.raises(ValueError, match="per mille"):
            deeper_price(due, per_mille, limit)


def test_tier_of_a_joining_purchase_gives_no_deeper_price() -> None:
    buyer = Buyer(ANNA, Tier("x", words(), 0, 900, 900), RICH, joining=True)
    found = granted(quote(PROGRAMME, "A", plain_amounts(1_000), buyer, Wish(0, 500))).data
    assert (found.stored_value_discount_minor, found.money_minor) == (0, 500)


def test_a_long_trace_drops_lines_before_totals() -> None:
    lines = [Step("price.tier", 1, {"tag": n}, n, n) for n in range(500)]
    total = Step("price.total", 1, {"tag": 5}, 5)
    kept = bounded((total, *lines, total))
    assert (kept[0], kept[-1]) == (total, total)
    assert list(kept[1:-1]) == lines[: len(kept) - 2]
    size = len(b"[" + b",".join(encoded(step) for step in kept) + b"]")
    assert MAX_TRACE_BYTES - 80 < size <= MAX_TRACE_BYTES
    assert bounded((total,)) == (total,)
    assert bounded(()) == ()


def encoded(step: Step) -> bytes:
    return msgspec.json.encode(step)


def test_totals_that_do_not_fit_are_a_bug() -> None:
    with pytest.raises(TraceTooLong, match="do not fit"):
        bounded((Step("x" * MAX_TRACE_BYTES, 1, {}, 0),))
