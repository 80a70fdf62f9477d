"""Column maths of a receipt line: what a printer can set, how wide it is, where it breaks.

A Chinese thermal printer sets ASCII in cells of one column and every character of GBK (one that
GB18030 codes in two bytes) in cells of two. Anything else has no glyph in the printer and is drawn
by us as dots. Source: hardware.md A3, B5.
"""

from __future__ import annotations

import unicodedata

_REPLACED = str.maketrans(
    {
        "\u00a5": "\uffe5",  # yen sign: four bytes in GB18030, printed as "0 6" by cheap printers
        "\u2212": "-",
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\t": " ",
        "\n": " ",
    }
)
_NO_LINE_START = "，。、；：？！）》」』】〉％…,.;:?!)]}%"
_SPACE_REACH = 3  # characters a break moves back to fall on a space
_NO_LINE_END = "（《「『【〈￥([{"


def printable(text: str) -> str:
    """Return `text` composed, with look-alikes a printer knows and without control characters.

    Dropping the control characters keeps a name or a gift's title from carrying printer commands.
    """
    composed = unicodedata.normalize("NFC", text).translate(_REPLACED)
    return "".join(char for char in composed if unicodedata.category(char) not in {"Cc", "Cf"})


def native(char: str) -> bool:
    """Say whether a GB18030 printer has a glyph for `char`."""
    return " " <= char <= "~" or (char > "\x7f" and len(_gb(char)) == 2)


def char_columns(char: str) -> int:
    """Return the columns `char` takes: 0, 1 or 2."""
    if " " <= char <= "~":
        return 1
    if unicodedata.combining(char):
        return 0
    if len(_gb(char)) == 2:
        return 2
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def columns_of(text: str) -> int:
    """Return the columns `text` takes at its normal size."""
    return sum(char_columns(char) for char in text)


def wrap(text: str, columns: int) -> tuple[str, ...]:
    """Break `text` into lines of at most `columns` columns; at least one line.

    Latin words stay whole where they fit a line, Chinese breaks anywhere except before closing and
    after opening punctuation. `columns` is at least 2.
    """
    if columns < 2:
        raise ValueError(columns)
    lines: list[str] = []
    rest = text.strip(" ")
    while columns_of(rest) > columns:
        cut = _cut(rest, columns)
        lines.append(rest[:cut].rstrip(" "))
        rest = rest[cut:].lstrip(" ")
    lines.append(rest)
    return tuple(lines)


def _cut(text: str, columns: int) -> int:
    """Return how many characters of `text` (too long for it) go on a line of `columns`."""
    width = 0
    limit = 0
    for limit, char in enumerate(text):  # noqa: B007 - the index where it overflows is the result
        width += char_columns(char)
        if width > columns:
            break
    best = next((cut for cut in range(limit, 0, -1) if _may_break(text, cut)), limit)
    for cut in range(best, max(best - _SPACE_REACH, 0), -1):
        if text[cut - 1] == " " or text[cut] == " ":
            return cut
    return best


def _may_break(text: str, cut: int) -> bool:
    before, after = text[cut - 1], text[cut]
    if before == " " or after == " ":
        return True
    if after in _NO_LINE_START or before in _NO_LINE_END or unicodedata.combining(after):
        return False
    return before > "\u2e80" or after > "\u2e80" or before in "-/"


def _gb(char: str) -> bytes:
    return char.encode("gb18030", errors="replace")
