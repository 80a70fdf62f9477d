"""What a cashier types into a field: amounts, pieces, dates. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

MAX_MINOR: Final = 99_999_999_99  # ten digits: nothing in a shop costs more
_AMOUNT: Final = re.compile(r"(\d{1,8})?(?:\.(\d{0,2}))?")
_PIECES: Final = re.compile(r"(\d{1,3})\s*[*xX×]\s*(.*)")
_EARLIER: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\s+(\S+)")


def amount_minor(text: str) -> int | None:
    """Fen of an amount as typed ("12", "12.5", "1,200.00"); None when it is none."""
    match = _AMOUNT.fullmatch(plain(text).replace(",", ""))
    if match is None or not (match[1] or match[2]):
        return None
    return int(match[1] or 0) * 100 + int((match[2] or "").ljust(2, "0"))


def pieces(text: str) -> tuple[int, str]:
    """(how many, the rest) of "3*99.00"; 1 when no number of pieces stands in front."""
    typed = plain(text)
    match = _PIECES.fullmatch(typed)
    return (int(match[1]), match[2]) if match and int(match[1]) else (1, typed)


def digits_of(text: str) -> str:
    """Only the digits."""
    return "".join(char for char in plain(text) if char.isdigit() and char.isascii())


def plain(text: str) -> str:
    """Without blanks around it, the wide digits and signs of a Chinese keyboard as plain ones."""
    return unicodedata.normalize("NFKC", text).strip()


def looks_like_phone(text: str) -> bool:
    """Whether a Chinese mobile number or one with + was typed."""
    bare = text.replace(" ", "").replace("-", "")
    mobile = len(bare) == 11 and bare.startswith("1") and bare.isdigit()
    return mobile or (bare.startswith("+") and len(digits_of(bare)) >= 8)


def looks_like_code(text: str) -> bool:
    """Whether a product code or card number was typed rather than an amount or a name."""
    return text.isascii() and len(text) >= 3 and any(char.isdigit() for char in text)


def birthday(text: str) -> tuple[int | None, int | None, int | None] | None:
    """(month, day, year) of "11/26", "11-26", "1988-11-26"; parts None when empty, None if bad."""
    parts = [int(part) for part in re.findall(r"\d+", text)]
    if not text.strip():
        return None, None, None
    match parts:
        case [month, day]:
            return month, day, None
        case [year, month, day] if year > 31:
            return month, day, year
        case [month, day, year]:
            return month, day, year
    return None


def earlier_purchases(text: str) -> tuple[tuple[date, int], ...] | None:
    """(day, fen) of "2026-05-01 1200; 2026-06-03 880.50"; None when some part is no purchase."""
    found = []
    for part in re.split(r"[;；\n]", text):
        if not part.strip():
            continue
        match = _EARLIER.fullmatch(part.strip())
        minor = amount_minor(match[4]) if match else None
        if match is None or minor is None:
            return None
        try:
            found.append((date(int(match[1]), int(match[2]), int(match[3])), minor))
        except ValueError:
            return None
    return tuple(found)
