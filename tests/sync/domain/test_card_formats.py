"""Legacy cards: profiles per scheme, check digits, stripes and serials, one credential each (FL-36,
FL-37; pitfall 28)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.card_formats import Ask, CardProfile, Known, number_in, resolve
from sync.domain.cards import card_number, check_digit


def profile(scheme: str = "C", **changes: Any) -> CardProfile:
    usual: dict[str, Any] = {
        "scheme": scheme,
        "dealer": scheme[:1],
        "media": ("barcode",),
        "length": 8,
    }
    return CardProfile(**{**usual, **changes})


OLD_C = profile(prefix="66", first=2)
STRIPE = profile("D", media=("magstripe",), length=10, track=2, field=0)
CHIP = profile("E", media=("rfid",), length=8, uid_order="reversed")


def test_a_legacy_barcode_is_its_schemes_number() -> None:
    assert resolve([OLD_C, STRIPE, CHIP], "barcode", "66-123 456") == Known("C:123456", "C")


def test_the_chains_own_number_goes_first() -> None:
    """A scheme whose form covers the chain's numbers too does not take them."""
    wide = profile(length=16)
    assert resolve([wide], "barcode", card_number(7)) == Known(card_number(7))
    other = card_number(7)[:-1] + str((int(card_number(7)[-1]) + 1) % 10)
    assert resolve([wide], "barcode", other) == Known(f"C:{other}", "C")


def test_two_schemes_that_fit_are_a_question() -> None:
    """Rows: FL-37, pitfall 28: never a guess; typed with the scheme in front it is clear."""
    rival = profile("B", prefix="6")
    assert resolve([OLD_C, rival], "barcode", "66123456") == Ask(("B", "C"))
    assert resolve([OLD_C, rival], "typed", "b:66123456") == Known("B:66123456", "B")
    assert resolve([OLD_C, rival], "barcode", "61123456") == Known("B:61123456", "B")


def test_what_no_scheme_claims_stays_as_it_is() -> None:
    assert resolve([OLD_C], "barcode", "6901234500124") == Known("6901234500124")
    assert resolve([OLD_C], "magstripe", "66123456") == Known("66123456")
    assert resolve([OLD_C], "typed", "X:66123456") == Known("X:66123456")
    assert resolve([OLD_C], "barcode", "C:123456") == Known("C:123456")


def test_a_number_typed_by_hand_may_be_of_any_medium() -> None:
    assert resolve([STRIPE], "typed", "0123456789") == Known("D:0123456789", "D")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("%B1111^X?;0123456789=2012?", "0123456789"),
        (";0123456789?", "0123456789"),
        (";012345678=2012?", None),
        ("%B0123456789^X?", None),
        ("0123456789", None),
    ],
)
def test_a_stripe_is_read_at_its_track_and_field(text: str, number: str | None) -> None:
    assert number_in(STRIPE, "magstripe", text) == number


def test_a_field_that_is_not_there_is_no_number() -> None:
    third = profile("D", media=("magstripe",), length=4, track=2, field=1)
    assert number_in(third, "magstripe", ";0123456789=2012?") == "2012"
    assert number_in(third, "magstripe", ";0123456789?") is None


@pytest.mark.parametrize(
    ("order", "text", "number"),
    [
        ("reversed", "04:A1:B2:C3", "C3B2A104"),
        ("as_read", "04a1b2c3", "04A1B2C3"),
        ("reversed", "04A1B2", None),
        ("reversed", "not hex!", None),
    ],
)
def test_a_serial_is_turned_as_its_dealer_wrote_it(
    order: str, text: str, number: str | None
) -> None:
    """Rows: FL-36; pitfall 27: it identifies and proves nothing."""
    assert number_in(profile(media=("rfid",), uid_order=order), "rfid", text) == number


@pytest.mark.parametrize(
    ("check", "weights", "good"),
    [
        # 7+9+9+2+7+3+9+8+7+1 by Luhn: the standard's example.
        ("luhn", (), "79927398713"),
        # 1*3+2*1+3*3+4*1+5*3 = 33: 7 is missing to 40.
        ("mod10-weighted", (3, 1), "123457"),
        # ISBN 0-306-40615-2: 10*0+9*3+8*0+7*6+6*4+5*0+4*6+3*1+2*5 = 130, 2 is missing to 132.
        ("mod11", (10, 9, 8, 7, 6, 5, 4, 3, 2), "0306406152"),
        # 1*1 = 1: ten is missing to 11, written X.
        ("mod11", (1,), "1X"),
    ],
)
def test_check_digits_of_each_rule(check: str, weights: tuple[int, ...], good: str) -> None:
    made = profile(length=len(good), check=check, weights=weights)
    assert number_in(made, "barcode", good) == good
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert number_in(made, "barcode", wrong) is None


@pytest.mark.parametrize("text", ["A", "AB345678", "1234567"])
def test_what_is_no_number_fails_its_check(text: str) -> None:
    assert number_in(profile(length=len(text), check="luhn"), "barcode", text) is None


@given(digits=st.text("0123456789", min_size=1, max_size=20))
def test_every_good_number_of_a_scheme_is_read_back(digits: str) -> None:
    good = digits + check_digit(digits)
    made = profile(length=len(good), check="luhn")
    assert number_in(made, "barcode", good) == good


@given(text=st.text(max_size=80), medium=st.sampled_from(["barcode", "magstripe", "rfid", "typed"]))
def test_whatever_is_read_gives_one_answer_whatever_the_order_of_schemes(
    text: str, medium: str
) -> None:
    """Pitfall 28: a fixed order."""
    known = [OLD_C, STRIPE, CHIP, profile("B", prefix="6")]
    assert resolve(known, medium, text) == resolve(known[::-1], medium, text)


@pytest.mark.parametrize(
    "changes",
    [
        {"scheme": "c"},
        {"scheme": ""},
        {"media": ()},
        {"media": ("smoke",)},
        {"check": "md5"},
        {"uid_order": "sideways"},
        {"check": "mod11"},
        {"length": 0},
        {"length": 65},
        {"first": 8},
        {"digits": 9},
        {"track": 4},
        {"field": -1},
    ],
)
def test_a_profile_that_could_not_be_meant_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        profile(**{"scheme": "C", **changes})
