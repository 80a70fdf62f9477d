"""What real X layouts make of the test barcode is shown in test_wedge_on_x.py."""

from __future__ import annotations

import pytest

from hardware.drivers.code128 import bars, split
from terminal.input.keyboard_check import LAYOUT_TEST, KeyboardCheck, check_keyboard


def test_the_test_barcode_can_be_printed() -> None:
    assert bars(split(LAYOUT_TEST))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (LAYOUT_TEST, KeyboardCheck("us", caps_lock=False)),
        (LAYOUT_TEST.swapcase(), KeyboardCheck("us", caps_lock=True)),
        ("GBLTßQWAYZMß0123456789ß-.ö", KeyboardCheck("de", caps_lock=False)),
        ("GBLTwhatever", KeyboardCheck("", caps_lock=False)),
        ("gbltwhatever", KeyboardCheck("", caps_lock=True)),
    ],
)
def test_verdicts(text: str, verdict: KeyboardCheck) -> None:
    assert check_keyboard(text) == verdict


def test_other_codes_are_none_of_its_business() -> None:
    assert check_keyboard("6901234500124") is None


def test_only_a_us_keyboard_without_caps_lock_is_sound() -> None:
    assert KeyboardCheck("us", caps_lock=False).sound
    assert not KeyboardCheck("us", caps_lock=True).sound
    assert not KeyboardCheck("de", caps_lock=False).sound
