"""Words in both languages, and amounts, days and ages as people write them."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from string import Formatter

import polib
import pytest

import resources
from hardware import errors as device_errors
from sync.domain.refusals import REFUSAL_CODES
from terminal.text import LANGUAGES, Text

TERMINAL = Path(resources.__file__).parents[1] / "terminal"
_CODE = re.compile(r'"((?:[a-z_]+\.)+[a-z_]+)"')
_NOT_CODES = {"enrol.field", "enrol.example"}


def entries(language: str) -> dict[str, polib.POEntry]:
    """A catalogue by code."""
    return {entry.msgid: entry for entry in polib.pofile(str(resources.translation(language)))}


def forms(entry: polib.POEntry) -> list[str]:
    """All plural forms, or the one sentence."""
    return list(entry.msgstr_plural.values()) or [entry.msgstr]


def names(pattern: str) -> set[str]:
    """The parameters a sentence takes."""
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


def test_both_languages_have_the_same_codes_and_parameters() -> None:
    chinese, english = entries("zh_CN"), entries("en")
    assert chinese.keys() == english.keys()
    free_to_say = {"rate", "percent"}  # 9 折 is 10% off
    for code, entry in chinese.items():
        wanted = set().union(*map(names, forms(entry)))
        given = set().union(*map(names, forms(english[code])))
        assert wanted - free_to_say - {"count"} == given - free_to_say - {"count"}, code
        assert all(forms(entry)), code
        assert all(forms(english[code])), code


def test_every_word_a_screen_asks_for_exists() -> None:
    asked: set[str] = set()
    for folder in ("screens", "widgets"):
        for source in (TERMINAL / folder).glob("*.py"):
            asked |= set(_CODE.findall(source.read_text(encoding="utf-8")))
    for field in ("phone", "name", "birthday", "sizes", "colours"):
        asked |= {f"enrol.field.{field}", f"enrol.example.{field}"}
    assert len(asked) > 40
    for language in LANGUAGES:
        missing = sorted(asked - entries(language).keys())
        assert not missing, language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_and_fault_has_a_sentence(language: str) -> None:
    known = entries(language)
    faults = {
        str(vars(thing)["code"])
        for thing in vars(device_errors).values()
        if isinstance(thing, type) and isinstance(vars(thing).get("code"), str)
    }
    missing = {f"refusal.{code}" for code in REFUSAL_CODES} - known.keys()
    missing |= {f"fault.{code}" for code in faults if code} - known.keys()
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_blame_nobody_and_do_not_shout(language: str) -> None:
    for code, entry in entries(language).items():
        for words in forms(entry):
            assert not re.search(r"[!！]|\berror\b|\bplease\b|\bOK\b|\binvalid\b", words), code


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (0, "¥0.00"),
        (1, "¥0.01"),
        (387222, "¥3,872.22"),
        (-5000, "−¥50.00"),
        (2**53 + 1, "¥90,071,992,547,409.93"),
    ],
)
def test_money(fen: int, shown: str) -> None:
    for language in LANGUAGES:
        assert Text(language).money(fen) == shown


def test_money_in_its_other_forms() -> None:
    text = Text()
    assert text.money(6000, sign=True) == "+¥60.00"
    assert text.money(0, sign=True) == "¥0.00"
    assert text.money(268000, symbol=False) == "2,680.00"
    assert text.money(1234, currency="JPY") == "JPY 1,234"
    assert text.money(1234, currency="HKD") == "HK$12.34"
    assert (text.money_short(300000), text.money_short(9550)) == ("¥3,000", "¥95.50")


def test_points_days_and_times() -> None:
    day, moment = dt.date(2026, 11, 21), dt.datetime(2026, 11, 21, 9, 2, tzinfo=dt.UTC)
    chinese, english = Text(), Text("en")
    assert (chinese.points(1240), english.points(-36)) == ("1,240\u00a0分", "−36\u00a0pts")
    assert (chinese.date(day), english.date(day)) == ("11月21日", "21 Nov")
    assert chinese.date(day, year=True) == "2026年11月21日"
    assert (chinese.month(day), english.month(day)) == ("2026年11月", "Nov 2026")
    assert chinese.time(moment) == english.time(dt.time(9, 2)) == "09:02"


@pytest.mark.parametrize(
    ("age_s", "chinese", "english"),
    [
        (59, "刚刚", "just now"),
        (60, "1 分钟前", "1 minute ago"),
        (3599, "59 分钟前", "59 minutes ago"),
        (3600, "1 小时前", "1 hour ago"),
        (86400 * 3, "3 天前", "3 days ago"),
    ],
)
def test_ages(age_s: int, chinese: str, english: str) -> None:
    assert Text().age(age_s) == chinese
    assert Text("en").age(age_s) == english


def test_parameters_are_written_as_their_names_ask() -> None:
    text = Text("en")
    assert text("status.unsent", count=1, oldest_s=480) == "1 entry to send · oldest 8 minutes ago"
    assert text("status.unsent", count=1204, oldest_s=1).startswith("1,204 entries")
    assert text("sale.take_payment", amount_minor=387222) == "Take ¥3,872.22"
    assert text("gifts.redeem", price_points=1000) == "Redeem 1,000\u00a0pts"
    assert "21 Nov" in text("app.day", business_date=dt.date(2026, 11, 21), shift="2")
    assert "09:12" in text("member.confirmed", as_of_time=dt.time(9, 12))
    assert text("refusal.points_short", has=320, needs=1500).startswith("Not enough points: 320")


def test_language_switches_at_run_time() -> None:
    text = Text()
    assert (text.language, text("rail.sale")) == ("zh_CN", "收银")
    text.switch("en")
    assert (text.language, text("rail.sale")) == ("en", "Sale")


@pytest.mark.allows_log("text missing code=refusal.new")
def test_an_unknown_code_is_shown_not_hidden() -> None:
    text = Text()
    assert text("refusal.new", cap_minor=5, at="x") == "refusal.new at=x cap_minor=5"
    assert not text.has("refusal.new")
    assert text.has("refusal.declined")


@pytest.mark.allows_log("text parameter missing")
def test_a_missing_parameter_does_not_stop_the_till() -> None:
    assert Text("en")("sale.take_payment") == "Take {amount_minor}"
