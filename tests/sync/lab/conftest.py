"""A small scenario that can be played, for tests that break it in one place."""

from collections.abc import Callable
from pathlib import Path

import pytest

BASE = """\
[scenario]
name = "base"

[[dealer]]
id = "A"
name = "A"

[[store]]
id = "A1"
dealer = "A"
name = "A1"

[[till]]
id = "A1-1"
store = "A1"
cards = { first = 5000, count = 10 }

[[programme]]
version = 1
effective_from = 2026-01-01
name = "P"
tiers = [{ code = "vip", name = "VIP", threshold = "0.00" }]
joining = { single = "3000.00", window = "5000.00" }
earning = { points_per_yuan = "1/1" }

[[programme.gifts]]
offer = "scarf"
name = "Scarf"
points = 1000
settlement = "50.00"
face = "198.00"

[[product]]
sku = "coat"
barcode = "6901234567892"
name = "Coat"
tag = "1280.00"

[[staff]]
id = "1001"
name = "Chen"
pin = "2580"

[[member]]
id = "lin"
name = "Lin"
phone = "13800000001"
card = "6688000000001004"
store = "A1"
"""
STEP = """
[[step]]
id = "first"
do = "sell"
at = 2026-11-02 10:00:00
till = "A1-1"
member = "lin"
lines = [{ product = "coat" }]
"""


@pytest.fixture
def base() -> str:
    """Text of a scenario that holds together; its one step begins on the line `step_line`."""
    return BASE + STEP


@pytest.fixture
def scenario_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a text as a scenario file."""

    def write(text: str, name: str = "story.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
