"""What a printer is asked to print: a tree of plain blocks, without ledger or printer knowledge.

The same document is set on 58 mm or 80 mm paper; nothing here counts columns or dots. All text is
already in the reader's language; `language` says which, as a BCP 47 tag ("zh-CN", "en").
Amounts are finished strings: printers format nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import TypeAlias


class Align(StrEnum):
    """Where a line of text stands on the paper."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Symbology(StrEnum):
    """Linear barcodes a receipt may carry."""

    CODE128 = "code128"
    EAN13 = "ean13"


class Paper(Enum):
    """A roll: nominal width in mm, printable dots at 203 dpi, columns of the 12-dot font."""

    MM58 = (58, 384, 32)
    MM80 = (80, 576, 48)

    @property
    def width_mm(self) -> int:
        """Width of the roll in millimetres."""
        return self.value[0]

    @property
    def dots(self) -> int:
        """Printable width in dots, 8 to the millimetre."""
        return self.value[1]

    @property
    def columns(self) -> int:
        """Half-width characters in a line; a Chinese character takes two."""
        return self.value[2]


@dataclass(frozen=True, slots=True)
class Heading:
    """Centred, bold; `big` doubles it (the store's name)."""

    text: str
    big: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; wraps."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Left and right of one line; a long left part wraps, the right part ends the last line."""

    left: str
    right: str
    bold: bool = False
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper; `double` for the one above a total."""

    double: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """A label and an amount at twice the size."""

    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class Barcode:
    """A linear barcode with its text below; too wide for the paper, it is printed as a QR code.

    data: printable ASCII for Code 128; 12 or 13 digits for EAN-13.
    """

    data: str
    symbology: Symbology = Symbology.CODE128


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code, error correction M, with an optional caption below."""

    data: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class CopyMark:
    """Says that this is not the first print of the document."""

    text: str


@dataclass(frozen=True, slots=True)
class Space:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """Cut the paper here; a document without one is cut at its end."""


Block: TypeAlias = Heading | Text | Row | Rule | Total | Barcode | QrCode | CopyMark | Space | Cut


@dataclass(frozen=True, slots=True)
class ReceiptDocument:
    """One receipt, or several with cuts between them.

    language: BCP 47 tag of all text in it. copy_mark: the word a reprint carries ("副本", "COPY").
    """

    language: str
    blocks: tuple[Block, ...]
    copy_mark: str

    def as_copy(self) -> ReceiptDocument:
        """Return the same document marked as a copy at its head; a copy stays as it is."""
        mark = CopyMark(self.copy_mark)
        if self.blocks[:1] == (mark,):
            return self
        return replace(self, blocks=(mark, *self.blocks))
