from __future__ import annotations

import pytest

from terminal.input.magstripe import Stripe, StripeKind, luhn_valid, read_stripe

OURS = Stripe(StripeKind.OURS, "8812000123450004")
BANK = Stripe(StripeKind.PAYMENT_CARD)
MISREAD = Stripe(StripeKind.MISREAD)


@pytest.mark.parametrize(
    ("text", "stripe"),
    [
        ("%B8812000123450004^ZHANG/SAN MR^9912101?;8812000123450004=9912101?", OURS),
        ("%b8812000123450004^zhang/san mr^9912101?", OURS),  # Caps Lock
        (";8812000123450004=9912101?", OURS),
        (";8812000123450004?", OURS),
        ("%GB-00417?", Stripe(StripeKind.OURS, "GB-00417")),
        ("%B4111111111111111^ZHANG/SAN^3012101?", BANK),  # Visa
        (";5555555555554444=3012101?", BANK),  # Mastercard
        (";2223003122003222=3012101?", BANK),  # Mastercard, 2-series
        (";6222020000000000000=3012101?", BANK),  # UnionPay, 19 digits
        ("%B378282246310005^ZHANG/SAN^3012?", BANK),  # American Express
        (";4111111111111112=3012101?", Stripe(StripeKind.OURS, "4111111111111112")),  # no Luhn
        ("%E?", MISREAD),
        ("%B8812000123450004^ZHANG/SAN^9912101?;E?", MISREAD),
        ("%B8812000123450004", MISREAD),  # cut off
        ("%?", MISREAD),
    ],
)
def test_swipes(text: str, stripe: Stripe) -> None:
    assert read_stripe(text) == stripe


@pytest.mark.parametrize("text", ["6901234500124", "GB00417", "4111111111111111", ""])
def test_barcodes_are_no_stripes(text: str) -> None:
    assert read_stripe(text) is None


def test_our_own_prefix_may_look_like_a_banks() -> None:
    assert read_stripe(";4111111111111111=3012101?", ("41111",)) == Stripe(
        StripeKind.OURS, "4111111111111111"
    )


def test_a_bank_card_leaves_no_digit_behind() -> None:
    stripe = read_stripe("%B4111111111111111^ZHANG/SAN^3012101?")
    assert stripe is not None
    assert stripe.token == ""
    assert "8812" not in repr(OURS)


@pytest.mark.parametrize(("digits", "valid"), [("0", True), ("18", True), ("17", False)])
def test_luhn(digits: str, valid: bool) -> None:
    assert luhn_valid(digits) is valid
