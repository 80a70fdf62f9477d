"""Tokens: the ones of the pictures, complete in every theme, readable in every theme."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

import resources
import terminal.widgets
from terminal.widgets import theme
from terminal.widgets.theme import THEMES, Theme, load

PICTURED = {
    "paper": "#F5F3EF", "surface": "#FFFFFF", "ink": "#1D1B19", "ink-2": "#5C5751",
    "ink-3": "#6E6862", "line": "#E3DED6", "line-2": "#CFC8BD", "edge": "#8E877D",
    "accent": "#0F5A55", "accent-dark": "#0B4743", "accent-soft": "#E4EFED",
    "warn": "#8F4E00", "warn-soft": "#FBF0DF", "bad": "#9E2121", "bad-soft": "#FAE7E5",
    "ok": "#1E6A3C", "ok-soft": "#E5F2E9", "diamond": "#2F4F8F", "diamond-soft": "#E7ECF6",
    "gold": "#86640F", "gold-soft": "#F7EFD9", "silver": "#59616C", "silver-soft": "#ECEEF1",
}  # fmt: skip
TEXTS = [
    *[(ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("surface", "paper")],
    *[(tone, f"{tone}-soft") for tone in ("warn", "bad", "ok", "diamond", "gold", "silver")],
    *[(tone, "surface") for tone in ("warn", "bad", "ok", "accent-dark")],
    ("accent-dark", "accent-soft"), ("on-accent", "accent"), ("on-accent-2", "accent"),
    ("ink-2", "sunken"), ("ink-3", "sunken"), ("ink", "accent-soft"), ("disabled-ink", "disabled"),
    ("ink-2", "accent-soft"), ("ink-3", "accent-soft"), ("ink-2", "warn-soft"),
]  # fmt: skip


def luminance(colour: QColor) -> float:
    """Relative luminance as WCAG defines it."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_light_tokens_are_those_of_the_pictures() -> None:
    assert PICTURED.items() <= load("light").tokens.items()


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read(name: str) -> None:
    shown = load(name)
    floor = 7.0 if name == "high-contrast" else 4.5
    weak = {
        f"{ink} on {ground}": round(contrast(shown.colour(ink), shown.colour(ground)), 2)
        for ink, ground in TEXTS
        if contrast(shown.colour(ink), shown.colour(ground)) < floor
    }
    assert not weak


@pytest.mark.parametrize("name", THEMES)
def test_edges_amounts_and_focus_stand_out(name: str) -> None:
    shown = load(name)
    assert contrast(shown.colour("ink"), shown.colour("surface")) >= 7
    for token in ("edge", "focus", "accent"):
        assert contrast(shown.colour(token), shown.colour("surface")) >= 3, token


def test_themes_have_the_same_tokens() -> None:
    first, *rest = [load(name).tokens.keys() for name in THEMES]
    assert all(tokens == first for tokens in rest)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("scale", theme.SCALES)
def test_style_sheet_is_filled_in(name: str, scale: float) -> None:
    sheet = load(name, scale).style_sheet()
    assert "$" not in sheet.split("*/", 1)[1]
    assert "px(" not in sheet.split("*/", 1)[1]
    assert f"font-size: {round(15 * scale)}px" in sheet


def test_no_inline_styles_and_no_colours_in_code() -> None:
    folder = Path(terminal.widgets.__file__).parents[1]
    for source in (*folder.glob("widgets/*.py"), *folder.glob("screens/*.py")):
        words = source.read_text(encoding="utf-8")
        assert source.name == "theme.py" or "setStyleSheet" not in words, source.name
        if source.name != "vip_card.py":  # a picture of a card, the same in every theme
            assert not re.search(r'"#[0-9A-Fa-f]{3,8}"', words), source.name


def test_figures_keep_their_width(qtbot: QtBot) -> None:
    figure = QLabel()
    qtbot.addWidget(figure)
    figure.ensurePolished()
    metrics = QFontMetrics(figure.font())
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


def test_scale_and_theme_are_taken_up(qapp: QApplication) -> None:
    theme.apply(qapp, load("dark", 1.5))
    assert theme.current() == Theme("dark", 1.5, load("dark").tokens)
    assert theme.current().px(48) == 72
    assert qapp.styleSheet() == theme.current().style_sheet()


def test_every_named_icon_is_there() -> None:
    names: set[str] = set()
    folder = Path(terminal.widgets.__file__).parents[1]
    for source in (*folder.glob("widgets/*.py"), *folder.glob("screens/*.py")):
        words = source.read_text(encoding="utf-8")
        names |= set(re.findall(r'(?:icon=|Icon\(|paint_icon\(painter, )"([a-z0-9-]+)"', words))
        names |= set(re.findall(r'EmptyState\("([a-z0-9-]+)"', words))
    assert len(names) > 10
    missing = sorted(name for name in names if not resources.icon(name).is_file())
    assert not missing
    licence = resources.path("icons", "LICENSE").read_text(encoding="utf-8")
    assert "ISC License" in licence
