"""What the programs show and ship but never decide: looks, words, pictures, demo data."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent


def path(*parts: str) -> Path:
    """The file or folder below `resources/`, whether it exists or not."""
    return ROOT.joinpath(*parts)


def icon(name: str) -> Path:
    """The SVG file of a Lucide icon, for example `shopping-bag`."""
    return path("icons", f"{name}.svg")


def theme(name: str) -> Path:
    """The token file of a theme: `light`, `dark` or `high-contrast`."""
    return path("themes", f"{name}.toml")


def style_sheet() -> Path:
    """The one style sheet of the till, with tokens still to be filled in."""
    return path("themes", "guibin.qss")


def translation(language: str) -> Path:
    """The catalogue of a language: `zh_CN` or `en`."""
    return path("translations", f"{language}.po")
