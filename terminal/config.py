"""What this one till is set to: where head office is, its devices, its language.

Rules, limits, prices and people are never settings: they come signed from head office. A key this
release does not know stops the start, so that a typing error is not a silent default.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import tomlkit
from msgspec import Meta

FILE: Final = "till.toml"
Pin = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class ConfigError(ValueError):
    """The settings cannot be used; the text says why."""


class Printer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The receipt printer. `driver`: "file" writes every receipt into a folder, "none" prints
    nothing; `folder`: of driver file, below the till's own folder; `preview`: draw it as well."""

    driver: Literal["file", "none"] = "file"
    folder: str = "receipts"
    preview: bool = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of a till. `headoffice`: its address; `pins`: SHA-256 of its certificates, hex;
    `plain_loopback`: plain HTTP on this machine only (the demo); `tape`: folder of the second copy
    of the journal, on another volume (empty: none); `wedge`: a keyboard scanner is connected;
    `sandbox`: a demo, whose window has a switch that takes the network away."""

    headoffice: str
    pins: tuple[Pin, ...] = ()
    plain_loopback: bool = False
    language: Literal["zh_CN", "en"] = "zh_CN"
    theme: str = "light"
    tape: str = ""
    wedge: bool = True
    sandbox: bool = False
    printer: Printer = Printer()


def load(folder: Path) -> Settings:
    """Settings of a till's folder. Raises FileNotFoundError, ConfigError."""
    path = folder / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from None


def save(folder: Path, settings: Settings) -> None:
    """Write the settings of a till, all of them, so that a person sees what there is to set."""
    folder.mkdir(parents=True, exist_ok=True)
    text = tomlkit.dumps(msgspec.to_builtins(settings))
    (folder / FILE).write_text(text, encoding="utf-8")
