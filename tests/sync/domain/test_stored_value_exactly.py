"""Stored value and redemption to the last word: refusals with their figures, effects, steps."""

from __future__ import annotations

from sync.domain.journal import Claim, Effect
from sync.domain.members import Balances
from sync.domain.programme import Gift, PointsTender, StoredValue, TopUpStep
from sync.domain.redeeming import GiftData, gift, most_points, points_tender
from sync.domain.refusals import Code, Refusal
from sync.domain.stored_value import TopUpData, bonus_for, split, top_up
from sync.domain.trace import Step
from tests.sync.domain.making import granted, programme, words

RULES = programme(
    version=7,
    stored_value=StoredValue(
        # the middle step brings least: the step that is reached counts, not the largest bonus
        (TopUpStep(10_000, 900), TopUpStep(30_000, 500), TopUpStep(50_000, 5_000)),
        balance_cap_minor=100_000,
    ),
    points_tenders=(PointsTender("pay", 100, 1_000, 500, max_share_per_mille=500),),
    gifts=(Gift("scarf", words(), 1_000, 5_000, 8_800),),
)


def test_a_top_up_says_everything() -> None:
    """Rows: FL-30; pitfall 17: a liability with its bonus as a cost of the dealer."""
    made = granted(top_up(RULES, "m", "A", "till/A1/cash", "cash", 60_000, Balances()))
    assert made.data == TopUpData(60_000, 5_000, "cash")
    assert made.effects == (
        Effect("till/A1/cash", "CNY", -60_000),
        Effect("member/m/principal", "CNY", 60_000),
        Effect("dealer/A/bonus_cost", "CNY", -5_000),
        Effect("member/m/bonus", "CNY", 5_000),
    )
    assert made.trace == (Step("stored_value.bonus", 7, {"amount": 60_000}, 5_000),)


def test_the_highest_step_that_is_reached_brings_its_bonus() -> None:
    assert [bonus_for(fen, RULES) for fen in (9_999, 10_000, 30_000, 49_999, 50_000)] == [
        0, 900, 500, 500, 5_000,
    ]  # fmt: skip


def test_the_cap_counts_what_would_be_there_with_the_bonus() -> None:
    """Pitfall 20: inclusive, to the fen."""
    held = Balances(principal=40_000, bonus=4_500)
    assert granted(top_up(RULES, "m", "A", "x/1/c", "cash", 50_000, held)).data.bonus_minor == 5_000
    over = top_up(
        RULES, "m", "A", "x/1/c", "cash", 50_000, held.plus("points", 9).plus("bonus", 501)
    )
    assert over == Refusal(Code.BALANCE_CAP, (("cap_minor", 100_000), ("after_minor", 100_001)))
    assert top_up(RULES, "m", "A", "x/1/c", "cash", 0, held) == Refusal(Code.AMOUNT_NOT_POSITIVE)


def test_a_split_that_is_short_says_what_there_is() -> None:
    assert split(331, Balances(principal=300, bonus=30)) == Refusal(
        Code.STORED_VALUE_SHORT, (("has_minor", 330), ("needs_minor", 331))
    )
    assert split(10, Balances(principal=-5, bonus=9)) == Refusal(
        Code.STORED_VALUE_SHORT, (("has_minor", 9), ("needs_minor", 10))
    )
    assert split(330, Balances(principal=300, bonus=30)) == (300, 30)


def test_points_as_a_tender_say_everything() -> None:
    paid = granted(points_tender(RULES, "A", 300, 300, 6_000))
    assert (paid.points, paid.face_minor, paid.settlement_minor, paid.offer) == (
        300, 3_000, 1_500, "pay",
    )  # fmt: skip
    assert paid.claim() == Claim("points_tender", "points", 300, 1_500, "pay", 3_000)
    operands: dict[str, int | str] = {"points": 300, "unit": 100, "face": 1_000, "settle": 500}
    assert paid.trace == (Step("points_tender.face", 7, operands, 3_000),)


def test_points_as_a_tender_refuse_with_their_figures() -> None:
    bare = programme()
    for found, code, params in (
        (points_tender(bare, "A", 100, 100, 1_000), Code.POINTS_TENDER_NOT_HERE, {"dealer": "A"}),
        (points_tender(RULES, "A", 0, 100, 1_000), Code.AMOUNT_NOT_POSITIVE, {}),
        (points_tender(RULES, "A", 150, 900, 9_000), Code.POINTS_NOT_MULTIPLE, {"unit": 100}),
        (points_tender(RULES, "A", 300, 299, 9_000), Code.POINTS_SHORT, {"has": 299, "needs": 300}),
        (points_tender(RULES, "A", 300, -4, 9_000), Code.POINTS_SHORT, {"has": 0, "needs": 300}),
        (
            points_tender(RULES, "A", 300, 300, 5_999),
            Code.POINTS_ABOVE_SHARE,
            {"face_minor": 3_000, "most_minor": 2_999},
        ),
    ):
        assert found == Refusal(code, tuple(params.items()))


def test_the_most_points_respect_balance_share_and_multiple() -> None:
    assert [most_points(RULES, "A", has, 6_000) for has in (-1, 99, 100, 299, 300, 900)] == [
        0, 0, 100, 200, 300, 300,
    ]  # fmt: skip
    assert most_points(RULES, "A", 900, 5_999) == 200
    assert most_points(programme(), "A", 900, 6_000) == 0


def test_a_gift_says_everything() -> None:
    taken = granted(gift(RULES, "m", "B", "scarf", 2, 2_000))
    assert taken.data == GiftData("scarf", 2, 2_000, 17_600, 10_000)
    assert taken.effects == (
        Effect("member/m/points", "PTS", -2_000),
        Effect("dealer/B/points_accepted", "PTS", 2_000),
    )
    assert taken.claims == (Claim("gift", "points", 2_000, 10_000, "scarf", 17_600),)
    operands: dict[str, int | str] = {
        "offer": "scarf", "points": 1_000, "quantity": 2, "settle": 5_000,
    }  # fmt: skip
    assert taken.trace == (Step("gift.points", 7, operands, 2_000),)


def test_gifts_refuse_with_their_figures() -> None:
    for found, code, params in (
        (gift(RULES, "m", "B", "hat", 1, 9_000), Code.GIFT_UNKNOWN, {"offer": "hat"}),
        (gift(RULES, "m", "B", "scarf", 0, 9_000), Code.AMOUNT_NOT_POSITIVE, {}),
        (
            gift(RULES, "m", "B", "scarf", 2, 1_999),
            Code.POINTS_SHORT,
            {"has": 1_999, "needs": 2_000},
        ),
        (gift(RULES, "m", "B", "scarf", 1, -7), Code.POINTS_SHORT, {"has": 0, "needs": 1_000}),
    ):
        assert found == Refusal(code, tuple(params.items()))
