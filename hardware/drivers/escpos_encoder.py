"""A document as ESC/POS bytes. Pure: the same document and profile always give the same bytes.

Chinese goes out as GB18030 between `FS &` and `FS .`; a line with a character the printer has no
glyph for (a rare surname, an accent) is drawn by us and sent as a raster, so that no name is ever
printed as question marks. Source: hardware.md A3, A4, B5; Epson's ESC/POS reference.
"""

from __future__ import annotations

from dataclasses import dataclass

import segno
from barcode import EAN13
from barcode.errors import BarcodeError
from PIL import Image

from hardware.documents import (
    Align,
    Barcode,
    Cut,
    Heading,
    Paper,
    QrCode,
    ReceiptDocument,
    Row,
    Space,
    Symbology,
    Text,
)
from hardware.drivers import code128
from hardware.drivers.columns import native, printable
from hardware.drivers.glyphs import font_files, line_raster, packed
from hardware.drivers.receipt_layout import Item, Line, Run, lay_out
from hardware.errors import DocumentRefusedError

ESC, FS, GS = b"\x1b", b"\x1c", b"\x1d"
LINE_SPACING = 34  # dots from line to line: Chinese needs some air
INITIALISE = ESC + b"@" + ESC + b"3" + bytes([LINE_SPACING])
KICK_DRAWER = ESC + b"p\x00\x32\x32"  # pin 2, 100 ms on, 100 ms off
CODE_WIDTHS = (3, 2)  # dots per module, best first; under 2 a 203 dpi print may not scan
_QUIET_MODULES = 10
_BAR_HEIGHT_DOTS = 72
_QR_MODULE_DOTS_MAX = 6
_MISSING = "\u3013"  # geta mark: stands for a character that neither printer nor font has


@dataclass(frozen=True, slots=True)
class PrinterProfile:
    """What a printer can do.

    chinese: it has GB18030 glyphs. native_codes: it draws barcodes and QR codes by itself; else
    they are sent as rasters. cutter: it cuts; else the paper is only fed to the tear bar.
    """

    paper: Paper = Paper.MM80
    chinese: bool = True
    native_codes: bool = True
    cutter: bool = True


def test_document(device_id: str) -> ReceiptDocument:
    """Return what a printer prints to show that it can; the same in every language."""
    blocks = (
        Heading("Guibin 贵宾"),
        Row(device_id, "￥0.00"),
        Text("ABCabc 0123456789 □■○● 𠮷"),
        Barcode("TEST-0123456789"),
        QrCode(device_id),
    )
    return ReceiptDocument("zh-CN", blocks, copy_mark="")


def encode(document: ReceiptDocument, profile: PrinterProfile) -> bytes:
    """Return the bytes that print `document`, reset to cut.

    Raises DocumentRefusedError when a barcode or QR code cannot hold its data.
    """
    out = bytearray(INITIALISE)
    for item in lay_out(document, profile.paper.columns):
        try:
            out += _item(item, profile)
        except (ValueError, BarcodeError) as error:  # segno's complaints are ValueErrors
            raise DocumentRefusedError("encoder", block=type(item).__name__) from error
    return bytes(out)


def _item(item: Item, profile: PrinterProfile) -> bytes:
    if isinstance(item, Line):
        return _line(item, profile)
    if isinstance(item, Space):
        return b"\n" * item.lines
    if isinstance(item, Cut):
        return ESC + b"d\x01" + GS + b"V\x42\x00" if profile.cutter else ESC + b"d\x04"
    if isinstance(item, QrCode):
        return _qr(item.data, profile)
    return _barcode(item, profile)


def _line(line: Line, profile: PrinterProfile) -> bytes:
    text = "".join(run.text for run in line.runs)
    if not all(char.isascii() or (profile.chinese and native(char)) for char in text):
        if font_files() is not None:
            return _raster(line_raster(line, profile.paper.dots, LINE_SPACING))
        line = Line(
            tuple(
                Run("".join(c if native(c) else _MISSING for c in run.text), run.scale, run.bold)
                for run in line.runs
            ),
            line.align,
        )
    align = {Align.LEFT: b"\x00", Align.CENTER: b"\x01", Align.RIGHT: b"\x02"}[line.align]
    return ESC + b"a" + align + b"".join(_run(run) for run in line.runs) + b"\n"


def _run(run: Run) -> bytes:
    """Return one look's bytes; looks are set and undone around the text, none leaks."""
    body = bytearray()
    chinese = False
    for char in run.text:
        if char.isascii() == chinese:
            chinese = not chinese
            body += FS + (b"&" if chinese else b".")
        body += char.encode("ascii" if char.isascii() else "gb18030")
    if chinese:
        body += FS + b"."
    out = bytes(body)
    if run.scale == 2:
        out = GS + b"!\x11" + FS + b"!\x0c" + out + GS + b"!\x00" + FS + b"!\x00"
    if run.bold:
        out = ESC + b"E\x01" + out + ESC + b"E\x00"
    return out


def _barcode(item: Barcode, profile: PrinterProfile) -> bytes:
    """Return a barcode with its digits below, or a QR code of it where it would be too wide."""
    if item.symbology is Symbology.EAN13:
        digits: str = EAN13(item.data[:12]).get_fullcode()
        if not digits.startswith(item.data):  # python-barcode would mend it in silence
            raise ValueError("wrong check digit")
        bars, command = EAN13(digits).build()[0], GS + b"k\x43\x0d" + digits.encode()
        caption = digits
    else:
        caption = printable(item.data)
        parts = code128.split(caption)
        bars, payload = code128.bars(parts), code128.escpos_data(parts)
        command = GS + b"k\x49" + bytes([len(payload) & 0xFF]) + payload
    width = _bar_width(len(bars), profile.paper)
    text = _line(Line((Run(caption),), Align.CENTER), profile)
    if not width or len(command) > 255:
        return _qr(item.data, profile) + text
    centre, left = ESC + b"a\x01", ESC + b"a\x00"
    if profile.native_codes:
        height = GS + b"h" + bytes([_BAR_HEIGHT_DOTS]) + GS + b"w" + bytes([width]) + GS + b"H\x00"
        return centre + height + command + b"\n" + left + text
    image = Image.new("L", (len(bars), 1), 255)
    image.putdata([0 if bar == "1" else 255 for bar in bars])
    scaled = image.resize((len(bars) * width, _BAR_HEIGHT_DOTS), Image.Resampling.NEAREST)
    return centre + _raster(scaled) + left + text


def _bar_width(modules: int, paper: Paper) -> int:
    """Return dots per module, 0 if too wide; the roll's blank margins count as quiet zone."""
    room = min(paper.dots // modules, paper.width_mm * 8 // (modules + 2 * _QUIET_MODULES))
    return next((dots for dots in CODE_WIDTHS if dots <= room), 0)


def qr_matrix(data: str) -> tuple[tuple[bool, ...], ...]:
    """Return the modules of a QR code (never a Micro QR) with error correction M, no quiet zone."""
    code = segno.make_qr(data, error="m", boost_error=False, encoding="utf-8")
    return tuple(tuple(bool(cell) for cell in row) for row in code.matrix)


def _qr(data: str, profile: PrinterProfile) -> bytes:
    matrix = qr_matrix(data)
    size = min(profile.paper.dots // (len(matrix) + 8), _QR_MODULE_DOTS_MAX)  # never below 2
    centre, left = ESC + b"a\x01", ESC + b"a\x00"
    if not profile.native_codes:
        image = Image.new("L", (len(matrix), len(matrix)), 255)
        image.putdata([0 if cell else 255 for row in matrix for cell in row])
        side = len(matrix) * size
        scaled = image.resize((side, side), Image.Resampling.NEAREST)
        return centre + _raster(scaled) + left
    stored = b"1P0" + data.encode("utf-8")
    commands = (b"1A2\x00", b"1C" + bytes([size]), b"1E1", stored, b"1Q0")
    out = b"".join(GS + b"(k" + len(c).to_bytes(2, "little") + c for c in commands)
    return centre + out + b"\n" + left


def _raster(image: Image.Image) -> bytes:
    width_bytes, rows, data = packed(image)
    size = width_bytes.to_bytes(2, "little") + rows.to_bytes(2, "little")
    return GS + b"v0\x00" + size + data
