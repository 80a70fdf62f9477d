"""Code 128 as symbols: shortest mix of sets B and C, its width, its ESC/POS and bar forms."""

from __future__ import annotations

from itertools import groupby

from barcode.charsets import code128 as tables

_START = {"B": 104, "C": 105}
_SWITCH = {"B": 100, "C": 99}
_SYMBOL_MODULES = 11
_STOP_MODULES = 13
_STOP_BARS = "1100011101011"


def split(data: str) -> tuple[tuple[str, str], ...]:
    """Return `data` (printable ASCII) as runs of (set, text); digits in even runs go to set C.

    Raises ValueError when a character is not printable ASCII or there is none.
    """
    if not data or any(not " " <= char <= "~" for char in data):
        raise ValueError("not printable ASCII")
    parts: list[tuple[str, str]] = []
    groups = [(digits, "".join(run)) for digits, run in groupby(data, str.isdigit)]
    for index, (digits, text) in enumerate(groups):
        at_edge = index in {0, len(groups) - 1}
        if not digits or len(text) < (4 if at_edge else 6):
            parts.append(("B", text))
            continue
        odd = len(text) % 2
        parts.extend([("B", text[:odd]), ("C", text[odd:])] if odd else [("C", text)])
    merged = [
        (name, "".join(text for _, text in run)) for name, run in groupby(parts, lambda p: p[0])
    ]
    return tuple(merged)


def modules(parts: tuple[tuple[str, str], ...]) -> int:
    """Return the width of the bars in modules, quiet zones excluded."""
    symbols = sum(len(text) // 2 if name == "C" else len(text) for name, text in parts)
    return (symbols + len(parts) + 1) * _SYMBOL_MODULES + _STOP_MODULES


def escpos_data(parts: tuple[tuple[str, str], ...]) -> bytes:
    """Return the data of `GS k 73`: {B and {C select the set, pairs of digits are one byte."""
    out = bytearray()
    for name, text in parts:
        out += b"{" + name.encode()
        if name == "C":
            out += bytes(int(text[i : i + 2]) for i in range(0, len(text), 2))
        else:
            out += text.replace("{", "{{").encode("ascii")
    return bytes(out)


def parse_escpos(data: bytes) -> tuple[tuple[str, str], ...]:
    """Undo `escpos_data`. Raises ValueError on anything else."""
    parts: list[tuple[str, str]] = []
    index, name, text = 0, "", ""
    while index < len(data):
        byte = data[index]
        if byte == 0x7B and data[index + 1 : index + 2] != b"{":
            if text:
                parts.append((name, text))
            name, text = chr(data[index + 1]), ""
            index += 2
            continue
        if name not in _START:
            raise ValueError("no code set")
        text += f"{byte:02d}" if name == "C" else chr(byte)
        index += 2 if byte == 0x7B and name == "B" else 1
    parts.append((name, text))
    return tuple(parts)


def bars(parts: tuple[tuple[str, str], ...]) -> str:
    """Return the bars as '1' (black) and '0', one character per module."""
    values: list[int] = []
    for index, (name, text) in enumerate(parts):
        values.append((_SWITCH if index else _START)[name])
        if name == "C":
            values.extend(int(text[i : i + 2]) for i in range(0, len(text), 2))
        else:
            values.extend(ord(char) - 32 for char in text)
    checksum = (values[0] + sum(i * value for i, value in enumerate(values))) % 103
    return "".join(tables.CODES[value] for value in [*values, checksum]) + _STOP_BARS
