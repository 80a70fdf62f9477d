"""Letters and digits that are hard to confuse (Crockford's base 32: no I, L, O, U)."""

from __future__ import annotations

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS: Final = 5
_SLIPS: Final = str.maketrans({"I": "1", "L": "1", "O": "0"})


def written(number: int, length: int) -> str:
    """The lowest 5 x `length` bits of a number, highest first."""
    return "".join(ALPHABET[number >> BITS * place & 0x1F] for place in reversed(range(length)))


def mended(text: str) -> str:
    """What somebody meant who read I or L for 1, or O for 0."""
    return text.translate(_SLIPS)


def plain(text: str) -> bool:
    """Whether a text is written in these letters only."""
    return bool(text) and all(letter in ALPHABET for letter in text)
