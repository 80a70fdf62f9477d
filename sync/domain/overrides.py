"""A price by head office's word (FL-43): stores cannot change one, but may ask for a code.

The code is a keyed hash over till, business day, product, price and a number, so that a till can
check it without a line. It is good for one piece, once: the entry that takes it in has an id made
of it, and a till's journal holds an id once.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import crockford
from sync.domain.cards import normalise
from sync.domain.ids import RANDOM_BYTES, uuid7
from sync.domain.pricing import MAX_SALE_MINOR

PREFIX: Final = "GP"
MAX_NUMBER: Final = 99
_MAC_LETTERS: Final = 8
_DIGITS: Final = 2


class OverrideData(msgspec.Struct, frozen=True):
    """Body data of a price_override entry: one piece of `sku` for `price_minor`, by the `number`th
    code of head office for that.
    """

    sku: str
    price_minor: int
    number: int


@dataclass(frozen=True, slots=True)
class OverrideCode:
    """A code as typed: price and number stand in it, the product is found by trying."""

    mac: str
    number: int
    price_minor: int


def is_override(raw: str) -> bool:
    """Whether something scanned or typed is in the name space of price codes."""
    return read(raw) is not None


def read(raw: str) -> OverrideCode | None:
    """A code taken apart; None when it is not of that form."""
    text = normalise(raw)
    body = crockford.mended(text.removeprefix(PREFIX))
    mac, digits = body[:_MAC_LETTERS], body[_MAC_LETTERS:]
    price = digits[_DIGITS:]
    if not text.startswith(PREFIX) or not crockford.plain(mac):
        return None
    if not (digits.isascii() and price.isdigit() and digits.isdigit()):
        return None
    if price.startswith("0") or int(price) > MAX_SALE_MINOR:
        return None
    return OverrideCode(mac, int(digits[:_DIGITS]), int(price))


def code_for(key: bytes, till: str, day: date, sku: str, price_minor: int, number: int) -> str:
    """The code under the chain's key. ValueError for a price or number no code can carry."""
    if not 0 < price_minor <= MAX_SALE_MINOR or not 0 <= number <= MAX_NUMBER:
        raise ValueError(f"price {price_minor}, number {number}")
    mac = _mac(key, till, day, sku, price_minor, number)
    return f"{PREFIX}{mac}{number:0{_DIGITS}d}{price_minor}"


def holds(key: bytes, till: str, day: date, sku: str, code: OverrideCode) -> bool:
    """Whether a code is for this product, at this till, on this business day."""
    expected = _mac(key, till, day, sku, code.price_minor, code.number)
    return hmac.compare_digest(expected, code.mac)


def entry_id(till: str, day: date, sku: str, code: OverrideCode) -> UUID:
    """Id of the one entry that may take a code in (UUIDv7 of the day, bits of the code)."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    said = "\0".join((till, sku, str(code.price_minor), str(code.number), code.mac))
    return uuid7(
        int(midnight.timestamp()) * 1000,
        sha256(b"guibin-override\0" + said.encode()).digest()[:RANDOM_BYTES],
    )


def _mac(key: bytes, till: str, day: date, sku: str, price_minor: int, number: int) -> str:
    said = "\0".join((till, day.isoformat(), sku, str(price_minor), str(number)))
    digest = hmac.new(key, b"price\0" + said.encode(), sha256).digest()
    return crockford.written(int.from_bytes(digest, "big"), _MAC_LETTERS)
