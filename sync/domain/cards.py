"""Cards and credentials: a credential is what a reader reads, a card is the token bound to a
member.

A stored card is known by `token`, a keyed hash of the credential, so that a copied database does
not hold card numbers (design.md section 6, keys).
"""

from __future__ import annotations

import hmac
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.domain.refusals import Code, Refusal, refuse

TOKEN_HEX: Final = 32
# Card numbers of the chain; name spaces of products and members never overlap (pitfall 28).
PREFIX: Final = "6688"
NUMBER_DIGITS: Final = 16
MAX_CREDENTIAL: Final = 64  # characters; a reader that says more read no card


class Status(StrEnum):
    """Life of a card."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    REPLACED = "replaced"


class CardLimits(msgspec.Struct, frozen=True, gc=False):
    """What a supplementary card may spend, minor units: points at settlement value, and stored
    value; per operation, per business date, in all (FL-35, pitfall 24).
    """

    points_op_minor: int
    points_day_minor: int
    points_total_minor: int
    stored_value_op_minor: int
    stored_value_day_minor: int
    stored_value_total_minor: int


class CardUse(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a card with limits has spent, minor units: on business date `day`, and in all."""

    day: date | None = None
    points_day_minor: int = 0
    stored_value_day_minor: int = 0
    points_total_minor: int = 0
    stored_value_total_minor: int = 0


class Card(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A credential of a card as head office publishes it.

    `tail`: last four characters of the number, for the eye. `card`: token of the first credential
    of the same physical card, empty for that one itself. `limits`: only of a supplementary card,
    which spends from its member's account; `use` counts against them.
    """

    token: str
    member: UUID
    status: Status
    tail: str
    medium: str
    card: str = ""
    limits: CardLimits | None = None
    use: CardUse = CardUse()

    @property
    def whole(self) -> str:
        """Names the physical card: the same for all its credentials."""
        return self.card or self.token


def normalise(raw: str) -> str:
    """One spelling per credential: no spaces or dashes, upper case, no half of a character."""
    whole = raw.encode("utf-8", "ignore").decode()
    return "".join(whole.split()).replace("-", "").upper()


def token_of(key: bytes, credential: str) -> str:
    """Token of a credential under the chain's token key: 128 bits of HMAC-SHA-256, hex."""
    return hmac.new(key, b"card\0" + normalise(credential).encode(), sha256).hexdigest()[:TOKEN_HEX]


def phone_key_of(key: bytes, e164: str) -> str:
    """Keyed hash of a phone number for look-up over all cards, hex."""
    return hmac.new(key, b"phone\0" + e164.encode(), sha256).hexdigest()[:TOKEN_HEX]


def check_digit(digits: str) -> str:
    """Luhn check digit (ISO/IEC 7812-1 annex B) of a string of digits."""
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[::-2])
    plain = (int(d) for d in digits[-2::-2])
    return str(-(sum(doubled) + sum(plain)) % 10)


def card_number(serial: int) -> str:
    """The chain's card number of a serial: prefix, serial, check digit, 16 digits in all."""
    body = f"{PREFIX}{serial:0{NUMBER_DIGITS - len(PREFIX) - 1}d}"
    if len(body) != NUMBER_DIGITS - 1:
        raise ValueError(f"serial {serial} does not fit in a card number")
    return body + check_digit(body)


def serial_of(number: str) -> int | None:
    """Serial of one of the chain's card numbers; None if prefix, length or check digit is wrong."""
    if len(number) != NUMBER_DIGITS or not number.isascii() or not number.isdigit():
        return None
    if not number.startswith(PREFIX) or check_digit(number[:-1]) != number[-1]:
        return None
    return int(number[len(PREFIX) : -1])


class Block(msgspec.Struct, frozen=True, gc=False):
    """Serials first..last (inclusive) reserved for a till, so that it issues cards alone
    (mission.md 3.7).
    """

    first: int
    last: int

    def __contains__(self, serial: int) -> bool:
        return self.first <= serial <= self.last


def may_use(card: Card | None) -> Refusal | None:
    """Why a presented card may not be used, if so."""
    if card is None:
        return refuse(Code.CARD_UNKNOWN)
    if card.status is Status.BLOCKED:
        return refuse(Code.CARD_BLOCKED, tail=card.tail)
    if card.status is Status.REPLACED:
        return refuse(Code.CARD_REPLACED, tail=card.tail)
    return None


def may_issue(credential: str, blocks: tuple[Block, ...], known: Card | None) -> Refusal | None:
    """Why a new card may not be issued here: in use, or a chain number outside this till's blocks.

    A credential that is no chain number (an IC or RFID chip) carries no serial and is accepted when
    unused. One that only a wrong check digit keeps from being a chain number is a slip of the
    finger, so it is refused like a number of somebody else's block.
    """
    if known is not None:
        return refuse(Code.CARD_IN_USE, tail=known.tail)
    number = normalise(credential)
    if not number or len(number) > MAX_CREDENTIAL or not number.isprintable():
        return refuse(Code.UNKNOWN_CODE)
    serial = serial_of(number)
    theirs = len(number) == NUMBER_DIGITS and number.isdecimal() and number.startswith(PREFIX)
    if theirs and not (serial is not None and any(serial in block for block in blocks)):
        return refuse(Code.CARD_NOT_IN_BLOCK, tail=number[-4:])
    return None
