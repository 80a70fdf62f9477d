"""A till's settings: written whole, read strictly."""

from pathlib import Path

import pytest

from terminal import config
from terminal.config import ConfigError, Printer, Settings


def test_settings_are_read_as_they_were_written(tmp_path: Path) -> None:
    kept = Settings(
        headoffice="https://hq.example:8443",
        pins=("ab" * 32,),
        language="en",
        printer=Printer(driver="none"),
    )
    config.save(tmp_path, kept)
    assert config.load(tmp_path) == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('headoffice = "https://x"\nheadofice = 1\n', "unknown field `headofice`"),
        ("language = 'en'\n", "missing required field `headoffice`"),
        ('headoffice = "https://x"\npins = ["12"]\n', "matching regex"),
        ("headoffice = \n", "Invalid value"),
    ],
)
def test_settings_nobody_can_use_stop_the_start(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / config.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        config.load(tmp_path)


def test_a_folder_without_settings_is_no_till(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        config.load(tmp_path)
