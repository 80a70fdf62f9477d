"""Views are frozen, hold words and flags only, and know no Qt."""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import terminal.presenters as package
from terminal.text import Text
from tests.helpers.sample_views import SCREENS

FOLDER = Path(package.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*_view.py"))
COUNTS = {"digits", "length", "step"}


def views() -> list[type[Any]]:
    """Every dataclass of every view module."""
    found = []
    for name in MODULES:
        module = importlib.import_module(f"terminal.presenters.{name}")
        found += [
            thing
            for thing in vars(module).values()
            if isinstance(thing, type) and thing.__module__ == module.__name__
        ]
    return found


@pytest.mark.parametrize("view", views(), ids=lambda view: view.__name__)
def test_views_are_frozen_with_slots(view: type[Any]) -> None:
    assert dataclasses.is_dataclass(view)
    assert view.__dataclass_params__.frozen  # type: ignore[attr-defined]  # set by dataclass()
    assert hasattr(view, "__slots__")


def only_words(value: object, name: str) -> None:
    """Strings, flags, tuples and further views; numbers only for counts that carry no value."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            only_words(getattr(value, field.name), field.name)
    elif isinstance(value, tuple):
        for part in value:
            only_words(part, name)
    elif isinstance(value, int) and not isinstance(value, bool):
        assert name in COUNTS, name
    else:
        assert value is None or isinstance(value, str | bool), name


def test_views_hold_formatted_words() -> None:
    for states in SCREENS.values():
        for make in states.values():
            only_words(make(Text()), "")


def test_views_import_no_qt() -> None:
    names = ", ".join(f"terminal.presenters.{name}" for name in MODULES)
    code = f"import sys, {names}; sys.exit('PySide6' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parents[1], check=False)
    assert ran.returncode == 0
