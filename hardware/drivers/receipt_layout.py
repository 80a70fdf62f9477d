"""From a document to lines: the one layout that the printer's bytes and the plain text share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from hardware.documents import (
    Align,
    Barcode,
    Block,
    CopyMark,
    Cut,
    Heading,
    QrCode,
    ReceiptDocument,
    Row,
    Rule,
    Space,
    Text,
    Total,
)
from hardware.drivers.columns import columns_of, printable, wrap


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look. scale: 1, or 2 for double width and height."""

    text: str
    scale: int = 1
    bold: bool = False

    @property
    def columns(self) -> int:
        """Columns it takes on paper."""
        return columns_of(self.text) * self.scale


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line."""

    runs: tuple[Run, ...]
    align: Align = Align.LEFT

    @property
    def columns(self) -> int:
        """Columns it takes on paper."""
        return sum(run.columns for run in self.runs)


Item: TypeAlias = Line | Barcode | QrCode | Space | Cut


def lay_out(document: ReceiptDocument, columns: int) -> tuple[Item, ...]:
    """Return the lines, codes and cuts of `document` on paper of `columns` columns.

    No line is wider than `columns`; the result always ends with a cut.
    """
    items = [item for block in document.blocks for item in _set(block, columns)]
    if not items or not isinstance(items[-1], Cut):
        items.append(Cut())
    return tuple(items)


def as_text(document: ReceiptDocument, columns: int) -> str:
    """Return `document` as plain text of `columns` columns, for people without a printer."""
    lines: list[str] = []
    for item in lay_out(document, columns):
        if isinstance(item, Line):
            lines.append(_aligned("".join(run.text for run in item.runs), item.align, columns))
        elif isinstance(item, Space):
            lines.extend("" for _ in range(item.lines))
        elif isinstance(item, Cut):
            lines.append("- " * (columns // 2))
        else:
            lines.append(_aligned(f"[{printable(item.data)}]", Align.CENTER, columns))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _set(block: Block, columns: int) -> Iterator[Item]:
    match block:
        case Heading(text, big):
            scale = 2 if big else 1
            yield from _lines(text, columns, scale=scale, bold=True, align=Align.CENTER)
        case Text(text, align, bold):
            yield from _lines(text, columns, bold=bold, align=align)
        case CopyMark(text):
            yield from _lines(f"** {text} **", columns, bold=True, align=Align.CENTER)
        case Rule(double):
            yield Line((Run(("=" if double else "-") * columns),))
        case Row():
            yield from _row(block, columns)
        case Total():
            yield from _total(block, columns)
        case QrCode(_, caption):
            yield block
            if caption:
                yield from _lines(caption, columns, align=Align.CENTER)
        case Barcode() | Space() | Cut():
            yield block


def _lines(
    text: str, columns: int, *, scale: int = 1, bold: bool = False, align: Align = Align.LEFT
) -> Iterator[Line]:
    for part in wrap(printable(text), columns // scale):
        yield Line((Run(part, scale, bold),), align)


def _row(row: Row, columns: int) -> Iterator[Line]:
    """Set left and right; a right part that is too wide gets lines of its own."""
    indent = " " * min(row.indent, columns // 4)
    right = printable(row.right).strip()
    room = columns - len(indent)
    space = room - columns_of(right) - 1
    whole = columns_of(printable(row.left)) <= space
    beside = whole or columns_of(right) <= columns // 2
    left = list(wrap(printable(row.left), space if beside and right else room))
    if beside:
        gap = room - columns_of(left[-1]) - columns_of(right)
        left[-1] = left[-1] + " " * gap + right
    for part in left:
        yield Line((Run(indent + part, bold=row.bold),))
    if not beside:
        for part in wrap(right, room):
            yield Line((Run(part, bold=row.bold),), Align.RIGHT)


def _total(total: Total, columns: int) -> Iterator[Line]:
    label = Run(printable(total.label).strip(), bold=True)
    amount = Run(printable(total.amount).strip(), 2, bold=True)
    gap = columns - label.columns - amount.columns
    if gap >= 1:
        yield Line((label, Run(" " * gap), amount))
        return
    yield from _lines(label.text, columns, bold=True)
    yield from _lines(amount.text, columns, scale=2, bold=True, align=Align.RIGHT)


def _aligned(text: str, align: Align, columns: int) -> str:
    room = max(0, columns - columns_of(text))
    if align is Align.RIGHT:
        return " " * room + text
    if align is Align.CENTER:
        return " " * (room // 2) + text
    return text
