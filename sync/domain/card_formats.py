"""Legacy cards: how each dealer's old cards are read, and one credential for whatever a reader says
(FL-36, FL-37; pitfall 28).

Head office publishes a profile per scheme. A reading is resolved in a fixed order: the chain's own
numbers, a number typed with its scheme in front (`C:123456`), then the schemes whose form fits. Two
that fit are a question for the cashier, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from sync.domain.cards import MAX_CREDENTIAL, check_digit, normalise, serial_of

NO_CHECK: Final = "none"
LUHN: Final = "luhn"
MOD10: Final = "mod10-weighted"
MOD11: Final = "mod11"
CHECKS: Final = (NO_CHECK, LUHN, MOD10, MOD11)
MEDIA: Final = ("barcode", "magstripe", "ic", "rfid")
UID_ORDERS: Final = ("", "as_read", "reversed")
TYPED: Final = "typed"
_SCHEME: Final = re.compile("[A-Z0-9]{1,16}")
_TRACK: Final = re.compile(r"([%;+])([^?]*)\?")
_TRACKS: Final = {1: "%", 2: ";", 3: "+"}
_SEPARATORS: Final = re.compile(r"[\^=]")
_TEN: Final = 10
_ELEVEN: Final = 11


class CardProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How cards of one scheme are read. `scheme`: its name, capitals and digits; `dealer`: whose
    cards they were; `media`: what carries them.

    The text read must begin with `prefix` and have `length` characters; its characters
    `first`..`first + digits` (counted from 0; `digits` 0: to the end) are the number. `check` with
    `weights` (from the left, repeated) is the rule of the number's last digit. `track` (1..3) and
    `field` choose from a whole stripe; 0: the text is the field already. `uid_order` other than
    empty: the text is a chip's serial in hex, whose bytes are as_read | reversed.
    """

    scheme: str
    dealer: str
    media: tuple[str, ...]
    length: int
    prefix: str = ""
    first: int = 0
    digits: int = 0
    check: str = NO_CHECK
    weights: tuple[int, ...] = ()
    track: int = 0
    field: int = 0
    uid_order: str = ""

    def __post_init__(self) -> None:
        if not _SCHEME.fullmatch(self.scheme):
            raise ValueError(f"scheme: {self.scheme!r}")
        if not self.media or not set(self.media) <= set(MEDIA):
            raise ValueError(f"media: {self.media!r}")
        if self.check not in CHECKS or self.uid_order not in UID_ORDERS:
            raise ValueError(f"check {self.check!r}, uid_order {self.uid_order!r}")
        if self.check in (MOD10, MOD11) and not self.weights:
            raise ValueError(f"{self.check} needs weights")
        if not 1 <= self.length <= MAX_CREDENTIAL or not 0 <= self.first < self.length:
            raise ValueError(f"length {self.length}, first {self.first}")
        if not 0 <= self.digits <= self.length - self.first or self.track not in range(4):
            raise ValueError(f"digits {self.digits}, track {self.track}")
        if self.field < 0:
            raise ValueError(f"field {self.field}")


@dataclass(frozen=True, slots=True)
class Known:
    """One credential. `scheme`: empty for the chain's own and for what no scheme claims."""

    credential: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """More than one scheme fits: which dealer's card is it? `schemes`: in order."""

    schemes: tuple[str, ...]


def resolve(profiles: Iterable[CardProfile], medium: str, text: str) -> Known | Ask:
    """The one credential of a reading. `medium`: barcode | magstripe | ic | rfid | typed."""
    plain = normalise(text)
    if serial_of(plain) is not None:
        return Known(plain)
    by_scheme = {profile.scheme: profile for profile in profiles}
    scheme, colon, number = plain.partition(":")
    if medium == TYPED and colon and scheme in by_scheme:
        return Known(f"{scheme}:{number}", scheme)
    fits = [
        (profile.scheme, found)
        for profile in sorted(by_scheme.values(), key=lambda profile: profile.scheme)
        if (medium == TYPED or medium in profile.media)
        and (found := number_in(profile, medium, text)) is not None
    ]
    if not fits:
        return Known(plain)
    if len(fits) > 1:
        return Ask(tuple(name for name, _ in fits))
    ((name, number),) = fits
    return Known(f"{name}:{number}", name)


def number_in(profile: CardProfile, medium: str, text: str) -> str | None:
    """The card number in a reading of the profile's form; None when it has another form."""
    told = _field_of(profile, text) if medium == "magstripe" and profile.track else text
    if told is None:
        return None
    plain = normalise(told)
    if profile.uid_order:
        turned = _uid(plain, backwards=profile.uid_order == "reversed")
        if turned is None:
            return None
        plain = turned
    if len(plain) != profile.length or not plain.startswith(profile.prefix):
        return None
    upto = profile.first + profile.digits if profile.digits else len(plain)
    number = plain[profile.first : upto]
    return number if _checks(profile, number) else None


def _field_of(profile: CardProfile, text: str) -> str | None:
    """The chosen field of the chosen track, from a stripe as its reader wrote it."""
    for mark, body in _TRACK.findall(text):
        if mark == _TRACKS[profile.track]:
            fields = _SEPARATORS.split(body)
            return str(fields[profile.field]) if profile.field < len(fields) else None
    return None


def _uid(text: str, *, backwards: bool) -> str | None:
    """A chip's serial in hex, in the order its dealer wrote it down."""
    try:
        raw = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        return None
    return (raw[::-1] if backwards else raw).hex().upper()


def _checks(profile: CardProfile, number: str) -> bool:
    if profile.check == NO_CHECK:
        return bool(number)
    if len(number) < 2 or not number.isascii() or not number[:-1].isdigit():
        return False
    return number[-1] == _check_of(profile, number[:-1])


def _check_of(profile: CardProfile, digits: str) -> str:
    """The check character; mod11 writes ten as X."""
    if profile.check == LUHN:
        return check_digit(digits)
    weighed = _weighed(digits, profile.weights)
    if profile.check == MOD10:
        return str(-weighed % _TEN)
    rest = -weighed % _ELEVEN
    return "X" if rest == _TEN else str(rest)


def _weighed(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weights[i % len(weights)] for i, digit in enumerate(digits))
