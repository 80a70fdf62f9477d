"""Coupons (FL-41, WAT-37, A-06): codes for offers that need one.

A multi-use code stands in the programme and may be used by anybody at any time, offline too. A
single-use code is one of a batch: 85 random bits, so nobody guesses one (pitfall 25); head office
keeps and publishes only its hash. All codes begin with "GC", a name space of their own
(pitfall 28). A coupon gives its offer's amount, never change (pitfall 35), and no more once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

import msgspec

from sync.domain import crockford
from sync.domain.cards import normalise
from sync.domain.occasions import within_days
from sync.domain.offers import UsedOffer
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse

PREFIX: Final = "GC"
DOCUMENT: Final = "coupon"
RANDOM_BYTES: Final = 11
_RANDOM_LETTERS: Final = 17  # 85 bits
_ID_HEX: Final = 32
_CHECK_BY: Final = 31

State = Literal["open", "used", "void"]


class Coupon(msgspec.Struct, frozen=True, omit_defaults=True):
    """A single-use coupon as head office publishes it, by the hash of its code. `member`: the only
    one it is for; dates are business dates, inclusive; `used_by`: the sale, as device:epoch:seq.
    """

    batch: str
    offer: str
    starts: date | None = None
    ends: date | None = None
    member: UUID | None = None
    state: State = "open"
    used_by: str = ""


@dataclass(frozen=True, slots=True)
class Presented:
    """A coupon that may be used. `coupon`: its id: the code of a multi-use one, else the hash."""

    coupon: str
    offer: str


def is_coupon(raw: str) -> bool:
    """Whether something scanned or typed is in the name space of coupons."""
    text = normalise(raw)
    return text.startswith(PREFIX) and len(text) > len(PREFIX) and text.isascii()


def new_code(random: bytes) -> str:
    """A single-use code from 11 random bytes, with a check letter at the end."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"{RANDOM_BYTES} random bytes are needed, got {len(random)}")
    body = crockford.written(int.from_bytes(random, "big"), _RANDOM_LETTERS)
    return PREFIX + body + _check(body)


def id_of(code: str) -> str:
    """Id of a single-use code: 128 bits of its hash, hex. Slips of the eye are mended."""
    body = crockford.mended(normalise(code).removeprefix(PREFIX))
    return sha256(b"guibin-coupon\0" + body.encode()).hexdigest()[:_ID_HEX]


def well_formed(code: str) -> bool:
    """Whether a single-use code has its length, its letters and its check letter."""
    body = crockford.mended(normalise(code).removeprefix(PREFIX))
    right = len(body) == _RANDOM_LETTERS + 1 and crockford.plain(body)
    return right and _check(body[:-1]) == body[-1]


def present(
    programme: Programme, code: str, known: Coupon | None, day: date, member: UUID | None
) -> Presented | Refusal:
    """The coupon of a code, if it may be used on `day` by `member`. `known`: what head office says
    of its id.

    What is not valid for any other reason than its use gets one answer (pitfall 25).
    """
    text = normalise(code)
    for shared in programme.promotions.codes:
        if shared.code == text and within_days(shared.starts, shared.ends, day):
            return Presented(text, shared.offer)
    if known is None or known.state == "void" or not within_days(known.starts, known.ends, day):
        return refuse(Code.COUPON_UNKNOWN)
    if known.member is not None and known.member != member:
        return refuse(Code.COUPON_UNKNOWN)
    if known.state == "used":
        return refuse(Code.COUPON_USED)
    return Presented(id_of(text), known.offer)


def single_use(offers: Iterable[UsedOffer]) -> tuple[UsedOffer, ...]:
    """The offers of a sale that used up a coupon: what a void of the sale makes usable again."""
    return tuple(used for used in offers if used.coupon and not used.coupon.startswith(PREFIX))


def given_back(offers: Iterable[UsedOffer]) -> tuple[str, ...]:
    """Ids of the coupons that come back when a whole sale is voided; a multi-use code was never
    used up, and goods returned from a sale bring no coupon back.
    """
    return tuple(used.coupon for used in single_use(offers))


def may_take(
    programme: Programme, taken_minor: int, offers: Iterable[UsedOffer]
) -> tuple[str, ...] | Refusal:
    """Soft marks that the single-use coupons of a sale cross, or why they may not be taken here.

    `taken_minor`: value of those this till took that head office has not acknowledged; each counts
    at what it took off (design.md section 5).
    """
    rules = programme.promotions
    value = sum(used.off_minor for used in single_use(offers))
    if not value:
        return ()
    after = taken_minor + value
    if after > rules.coupon_hard_minor:
        return refuse(Code.COUPON_TILL_CAP, cap_minor=rules.coupon_hard_minor, after_minor=after)
    return ("coupon_till",) if after > rules.coupon_soft_minor else ()


def _check(body: str) -> str:
    """A letter that a slip in one place, or two letters in each other's places, would change."""
    total = sum(
        place * crockford.ALPHABET.index(letter) for place, letter in enumerate(body, start=1)
    )
    return crockford.ALPHABET[total % _CHECK_BY]
