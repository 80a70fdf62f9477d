"""ESC/POS bytes as pictures: what a 203 dpi printer would put on paper, one dot one pixel.

It knows the commands our encoder uses and refuses any other, so a preview is also a proof that the
bytes say what was meant; codes are drawn from the bytes and can be read back by a scanner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from barcode import EAN13
from PIL import Image, ImageDraw

from hardware.documents import Paper
from hardware.drivers import code128
from hardware.drivers.escpos_encoder import qr_matrix
from hardware.drivers.glyphs import CELL_HEIGHT, CELL_WIDTH, draw_run
from hardware.drivers.receipt_layout import Run

_MARGIN_TOP = 28
_DEFAULT_SPACING = 30


class UnknownCommandError(ValueError):
    """The bytes hold a command this printer does not know."""


@dataclass(slots=True)
class Sheet:
    """One cut-off piece of paper: its picture (8 bit) and the text lines printed on it."""

    image: Image.Image
    lines: tuple[str, ...]


@dataclass(slots=True)
class _Look:
    scale: int = 1
    bold: bool = False
    align: int = 0
    chinese: bool = False
    spacing: int = _DEFAULT_SPACING
    bar_height: int = 162
    bar_width: int = 3
    bar_text: int = 0
    qr_size: int = 3
    qr_data: str = ""


@dataclass(slots=True)
class _Paper:
    dots: int
    strips: list[Image.Image] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def render(data: bytes, paper: Paper) -> tuple[Sheet, ...]:
    """Return the sheets that `data` prints on `paper`; what follows the last cut is a sheet too.

    Raises UnknownCommandError, and ValueError on cut-off commands.
    """
    return _Printer(data, paper).run()


def sheet_picture(sheet: Sheet, paper: Paper) -> Image.Image:
    """Return `sheet` as a person would see it: white paper with its margins on a grey desk."""
    margin = (paper.width_mm * 8 - paper.dots) // 2
    width, height = paper.dots + 2 * margin, sheet.image.height + 2 * _MARGIN_TOP
    desk = 16
    picture = Image.new("L", (width + 2 * desk, height + 2 * desk), 0xE9)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((desk + 3, desk + 4, desk + width + 2, desk + height + 3), fill=0xD2)
    draw.rectangle((desk, desk, desk + width - 1, desk + height - 1), fill=0xFF)
    for edge, tip in ((desk, 4), (desk + height - 1, -4)):
        for x in range(desk, desk + width, 8):
            draw.polygon([(x, edge), (x + 8, edge), (x + 4, edge + tip)], fill=0xE9)
    picture.paste(sheet.image, (desk + margin, desk + _MARGIN_TOP))
    return picture


# name: the field of the look it sets, its operand bytes, the value they mean
_SETTINGS: dict[str, tuple[str, int, Callable[[bytes], int | bool]]] = {
    "ESC 3": ("spacing", 1, lambda operand: operand[0]),
    "ESC a": ("align", 1, lambda operand: operand[0]),
    "ESC E": ("bold", 1, lambda operand: operand[0] & 1 == 1),
    "FS &": ("chinese", 0, lambda _: True),
    "FS .": ("chinese", 0, lambda _: False),
    "FS !": ("scale", 1, lambda operand: 2 if operand[0] & 0x0C else 1),
    "GS !": ("scale", 1, lambda operand: (operand[0] & 0x07) + 1),
    "GS h": ("bar_height", 1, lambda operand: operand[0]),
    "GS w": ("bar_width", 1, lambda operand: operand[0]),
    "GS H": ("bar_text", 1, lambda operand: operand[0]),
}


class _Printer:
    """The state of a printer while it works through one stream of bytes."""

    def __init__(self, data: bytes, paper: Paper) -> None:
        self._data = data
        self._at = 0
        self._look = _Look()
        self._paper = _Paper(paper.dots)
        self._runs: list[Run] = []
        self._sheets: list[Sheet] = []
        self._actions: dict[str, Callable[[], None]] = {
            "ESC @": self._reset,
            "ESC d": self._feed,
            "ESC p": self._kick,
            "GS V": self._cut_command,
            "GS v": self._raster,
            "GS k": self._barcode,
            "GS (": self._two_dimensional,
        }

    def run(self) -> tuple[Sheet, ...]:
        while self._at < len(self._data):
            byte = self._take(1)[0]
            if byte == 0x0A:
                self._print_line()
            elif byte in {0x1B, 0x1C, 0x1D}:
                self._command(byte)
            elif byte >= 0x20:
                self._character(byte)
            else:
                raise UnknownCommandError(f"{byte:02x}")
        if self._paper.strips or self._runs:
            self._cut()
        return tuple(self._sheets)

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise ValueError("the bytes end inside a command")
        self._at += count
        return taken

    def _character(self, byte: int) -> None:
        if byte < 0x80:
            text = chr(byte)
        elif self._look.chinese:
            text = (bytes([byte]) + self._take(1)).decode("gb18030")
        else:
            raise UnknownCommandError(f"{byte:02x} outside Chinese mode")
        self._runs.append(Run(text, self._look.scale, self._look.bold))

    def _command(self, lead: int) -> None:
        name = {0x1B: "ESC ", 0x1C: "FS ", 0x1D: "GS "}[lead] + chr(self._take(1)[0])
        if name in _SETTINGS:
            field_name, count, value = _SETTINGS[name]
            setattr(self._look, field_name, value(self._take(count)))
        elif name in self._actions:
            self._actions[name]()
        else:
            raise UnknownCommandError(name)

    def _reset(self) -> None:
        self._look = _Look()

    def _kick(self) -> None:
        self._take(3)

    def _cut_command(self) -> None:
        self._take(2)
        self._cut()

    def _raster(self) -> None:
        head = self._take(6)
        width_bytes, rows = head[2] | head[3] << 8, head[4] | head[5] << 8
        data = self._take(width_bytes * rows)
        image = Image.frombytes("1", (width_bytes * 8, rows), data)
        self._place(image.convert("L").point([255 - level for level in range(256)]), gap=0)

    def _barcode(self) -> None:
        kind, length = self._take(2)
        data = self._take(length)
        if kind == 73:
            bars = code128.bars(code128.parse_escpos(data))
        elif kind == 67:
            bars = EAN13(data.decode("ascii")).build()[0]
        else:
            raise UnknownCommandError(f"GS k {kind}")
        image = Image.new("L", (len(bars), 1), 255)
        image.putdata([0 if bar == "1" else 255 for bar in bars])
        size = (len(bars) * self._look.bar_width, self._look.bar_height)
        self._place(image.resize(size, Image.Resampling.NEAREST), gap=8)

    def _two_dimensional(self) -> None:
        if self._take(1) != b"k":
            raise UnknownCommandError("GS (")
        payload = self._take(int.from_bytes(self._take(2), "little"))
        match payload[:2]:
            case b"1A" | b"1E":
                return
            case b"1C":
                self._look.qr_size = payload[2]
            case b"1P":
                self._look.qr_data = payload[3:].decode("utf-8")
            case b"1Q":
                matrix = qr_matrix(self._look.qr_data)
                image = Image.new("L", (len(matrix), len(matrix)), 255)
                image.putdata([0 if cell else 255 for row in matrix for cell in row])
                side = len(matrix) * self._look.qr_size
                self._place(image.resize((side, side), Image.Resampling.NEAREST), gap=12)
            case other:
                raise UnknownCommandError(f"GS ( k {other!r}")

    def _place(self, image: Image.Image, gap: int) -> None:
        """Put a picture on the paper where the alignment says."""
        if image.width > self._paper.dots:
            raise UnknownCommandError("wider than the paper")
        strip = Image.new("L", (self._paper.dots, image.height + 2 * gap), 255)
        strip.paste(image, (self._left(image.width), gap))
        self._paper.strips.append(strip)

    def _left(self, width: int) -> int:
        room = self._paper.dots - width
        return (0, room // 2, room)[self._look.align]

    def _print_line(self) -> None:
        runs, self._runs = self._runs, []
        if not runs:
            after_picture = self._paper.strips and self._look.align == 1
            self._blank(0 if after_picture else self._look.spacing)
            return
        tallest = max(run.scale for run in runs)
        height = CELL_HEIGHT * tallest + (self._look.spacing - CELL_HEIGHT)
        width = sum(run.columns for run in runs) * CELL_WIDTH
        if width > self._paper.dots:
            raise UnknownCommandError("a line wider than the paper")
        strip = Image.new("L", (self._paper.dots, height), 255)
        x = self._left(width)
        for run in runs:
            x = draw_run(strip, x, CELL_HEIGHT * tallest, run)
        self._paper.strips.append(strip)
        self._paper.lines.append("".join(run.text for run in runs))

    def _feed(self) -> None:
        lines = self._take(1)[0]
        if self._runs:
            self._print_line()
        self._blank(lines * self._look.spacing)

    def _blank(self, height: int) -> None:
        if height:
            self._paper.strips.append(Image.new("L", (self._paper.dots, height), 255))

    def _cut(self) -> None:
        if self._runs:
            self._print_line()
        strips = self._paper.strips
        sheet = Image.new("L", (self._paper.dots, sum(strip.height for strip in strips)), 255)
        y = 0
        for strip in strips:
            sheet.paste(strip, (0, y))
            y += strip.height
        self._sheets.append(Sheet(sheet, tuple(self._paper.lines)))
        self._paper = _Paper(self._paper.dots)
