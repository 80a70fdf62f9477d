from __future__ import annotations

from PIL import Image

from hardware.documents import Align
from hardware.drivers.glyphs import CELL_WIDTH, draw_run, font_files, line_raster, packed
from hardware.drivers.receipt_layout import Line, Run


def test_a_chinese_font_is_installed_for_the_tests() -> None:
    assert font_files() is not None


def test_cells_are_kept() -> None:
    image = Image.new("L", (576, 48), 255)
    assert draw_run(image, 0, 48, Run("会员ab", 2)) == 6 * CELL_WIDTH * 2


def test_alignment() -> None:
    def ink(align: Align) -> tuple[int, int]:
        image = line_raster(Line((Run("会"),), align), 384, 34)
        box = image.point([255 - level for level in range(256)]).getbbox()
        assert box is not None
        return box[0], box[2]

    assert ink(Align.LEFT)[1] <= 24
    assert ink(Align.RIGHT)[0] >= 360
    assert ink(Align.CENTER)[0] >= 180


def test_packing_pads_rows_to_bytes() -> None:
    image = Image.new("L", (9, 2), 255)
    image.putpixel((0, 0), 0)
    image.putpixel((8, 1), 0)
    assert packed(image) == (2, 2, b"\x80\x00\x00\x80")
