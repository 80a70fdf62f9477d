"""What a keyboard card reader sends: our stripe, a misread one, or a bank's that we must not keep.

Tracks by ISO/IEC 7811: `%B` number `^` name `^` date ... `?`, `;` number `=` date ... `?`. A bank
card is told by its number (length, Luhn, issuer's first digits) and is forgotten at once: nothing
here returns, logs or keeps any part of it. Source: hardware.md B2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_TRACK = re.compile(r"([%;+])([^?]*)\?")
_ERROR = re.compile(r"[%;+]E\?", re.IGNORECASE)
_NUMBER = re.compile(r"B?(\d{8,19})(?=[\^=]|$)", re.IGNORECASE)
_BANK_FIRST = re.compile(r"(?:[34569]|2[2-7]|81)")


class StripeKind(StrEnum):
    """What was swiped."""

    OURS = "ours"
    PAYMENT_CARD = "payment_card"
    MISREAD = "stripe_misread"


@dataclass(frozen=True, slots=True)
class Stripe:
    """A swipe understood. token: the number on our card, empty for the other kinds."""

    kind: StripeKind
    token: str = ""

    def __repr__(self) -> str:
        """Show the kind only."""
        return f"Stripe({self.kind.value})"


def read_stripe(text: str, own_prefixes: tuple[str, ...] = ()) -> Stripe | None:
    """Return what `text` says if it has the form of card tracks, else None (it is a barcode).

    own_prefixes: how numbers of our own cards begin, should they look like a bank's.
    """
    if text[:1] not in {"%", ";", "+"}:
        return None
    if _ERROR.search(text):
        return Stripe(StripeKind.MISREAD)
    tracks = dict(_TRACK.findall(text))
    if not tracks:
        return Stripe(StripeKind.MISREAD)
    numbers = [match[1] for body in tracks.values() if (match := _NUMBER.match(body))]
    if any(_is_bank_card(number, own_prefixes) for number in numbers):
        return Stripe(StripeKind.PAYMENT_CARD)
    token = numbers[-1] if numbers else next((body for body in tracks.values() if body), "")
    return Stripe(StripeKind.OURS, token) if token else Stripe(StripeKind.MISREAD)


def luhn_valid(digits: str) -> bool:
    """Say whether the last of `digits` is their Luhn check digit."""
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_bank_card(number: str, own_prefixes: tuple[str, ...]) -> bool:
    if any(number.startswith(prefix) for prefix in own_prefixes):
        return False
    in_range = 12 <= len(number) <= 19 and _BANK_FIRST.match(number) is not None
    return in_range and luhn_valid(number)
