"""Characters as dots: for lines a printer has no glyphs for, and for previews.

Characters stand in the printer's cells (12 x 24 dots, Chinese 24 x 24), so a drawn line keeps the
columns of a printed one whatever the font.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from hardware.drivers.columns import char_columns
from hardware.drivers.receipt_layout import Line, Run

CELL_WIDTH = 12
CELL_HEIGHT = 24
_BASELINE = 21  # of 24: where an em box of that size has it

_FONTS: tuple[tuple[str, str], ...] = (  # regular, bold; the first that exists is used
    (
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    ),
    (
        "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
        "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
    ),
    (
        "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
        "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    ),
    ("C:/Windows/Fonts/msyh.ttc", "C:/Windows/Fonts/msyhbd.ttc"),
    ("C:/Windows/Fonts/simhei.ttf", "C:/Windows/Fonts/simhei.ttf"),
    ("C:/Windows/Fonts/simsun.ttc", "C:/Windows/Fonts/simsun.ttc"),
)
_PREFERRED_FACES = ("Noto Sans Mono CJK SC", "Noto Sans CJK SC")


@lru_cache(maxsize=1)
def font_files() -> tuple[str, str] | None:
    """Return the paths of a regular and a bold Chinese font, or None when the system has none."""
    for regular, bold in _FONTS:
        if Path(regular).is_file():
            return regular, bold if Path(bold).is_file() else regular
    return None


def draw_run(image: Image.Image, x: int, bottom: int, run: Run) -> int:
    """Draw `run` in black with its cells standing on `bottom`; return the x after it."""
    font = _font(run.scale, run.bold)
    if font is None:
        return x + run.columns * CELL_WIDTH
    draw = ImageDraw.Draw(image)
    baseline = bottom - (CELL_HEIGHT - _BASELINE) * run.scale
    for char in run.text:
        width = char_columns(char) * CELL_WIDTH * run.scale
        if char != " ":
            draw.text((x + width // 2, baseline), char, font=font, fill=0, anchor="ms")
        x += width
    return x


def line_raster(line: Line, dots: int, spacing: int) -> Image.Image:
    """Return `line` as a picture of `dots` width, 8 bit, white paper; aligned as the line says.

    spacing: dots from one printed line to the next, so that the picture takes the same room.
    """
    scale = max((run.scale for run in line.runs), default=1)
    height = CELL_HEIGHT * scale
    image = Image.new("L", (dots, height + max(0, spacing - CELL_HEIGHT)), 255)
    room = max(0, dots - line.columns * CELL_WIDTH)
    x = {"left": 0, "center": room // 2, "right": room}[line.align.value]
    for run in line.runs:
        x = draw_run(image, x, height, run)
    return image


def packed(image: Image.Image) -> tuple[int, int, bytes]:
    """Return (bytes per row, rows, data) of `image` for ESC/POS raster: 1 is black, rows padded."""
    width_bytes = (image.width + 7) // 8
    padded = Image.new("L", (width_bytes * 8, image.height), 255)
    padded.paste(image, (0, 0))
    black = padded.point([255 if level < 128 else 0 for level in range(256)])
    return width_bytes, image.height, black.convert("1", dither=Image.Dither.NONE).tobytes()


@lru_cache(maxsize=8)
def _font(scale: int, bold: bool) -> ImageFont.FreeTypeFont | None:
    files = font_files()
    if files is None:
        return None
    path, size = files[bold], CELL_HEIGHT * scale
    for index in range(64):
        try:
            font = ImageFont.truetype(path, size, index=index)
        except OSError:
            break
        if font.getname()[0] in _PREFERRED_FACES[:1]:
            return font
    return ImageFont.truetype(path, size, index=0)
