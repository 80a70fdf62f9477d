"""Tokens of a theme, at a scale, and the one application style sheet made from them."""

import re
import tomllib
from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

import resources

SCALES = (1.0, 1.25, 1.5)
FAMILIES = ("Inter", "Noto Sans CJK SC")
THEMES = ("light", "dark", "high-contrast")

_TOKEN = re.compile(r"\$([a-z][a-z0-9-]*)")
_PIXELS = re.compile(r"px\((\d+)\)")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by token and the scale of this till's screen."""

    name: str
    scale: float
    tokens: dict[str, str]

    def colour(self, token: str) -> QColor:
        """The colour of a token."""
        return QColor(self.tokens[token])

    def px(self, pixels: int) -> int:
        """So many pixels at scale 1, at this scale."""
        return round(pixels * self.scale)

    def style_sheet(self) -> str:
        """The style sheet with every token and size filled in."""
        sheet = resources.style_sheet().read_text(encoding="utf-8")
        sheet = _TOKEN.sub(lambda match: self.tokens[match[1]], sheet)
        return _PIXELS.sub(lambda match: f"{self.px(int(match[1]))}px", sheet)


def load(name: str = "light", scale: float = 1.0) -> Theme:
    """Read a theme's token file."""
    with resources.theme(name).open("rb") as source:
        return Theme(name, scale, tomllib.load(source))


_in_use: list[Theme] = []


def current() -> Theme:
    """The theme in use; painted widgets take their colours and sizes from it."""
    if not _in_use:
        _in_use.append(load())
    return _in_use[0]


def apply(app: QApplication, theme: Theme) -> None:
    """Use a theme: font with tabular figures, palette for what Qt paints itself, style sheet."""
    prepare(app, theme)
    app.setStyleSheet(theme.style_sheet())


def prepare(app: QApplication, theme: Theme) -> None:
    """`apply` without the style sheet: given to parts that are already put together, it is worked
    out once for each of them, not again whenever one gets a parent."""
    _in_use[:] = [theme]
    font = QFont()
    font.setFamilies(list(FAMILIES))
    font.setPixelSize(theme.px(15))
    font.setFeature(QFont.Tag("tnum"), 1)
    app.setFont(font)
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Window, theme.colour("paper"))
    palette.setColor(QPalette.ColorRole.Base, theme.colour("surface"))
    palette.setColor(QPalette.ColorRole.Text, theme.colour("ink"))
    palette.setColor(QPalette.ColorRole.PlaceholderText, theme.colour("ink-3"))
    palette.setColor(QPalette.ColorRole.Highlight, theme.colour("accent"))
    app.setPalette(palette)
