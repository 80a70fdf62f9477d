"""The tree against the house rules (CONTRIBUTING.md says each in a sentence)."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.tidy.rules import PYTHON_RULES, TEXT_RULES, Source, strays

ROOT = Path(__file__).resolve().parents[2]
CODE = ("terminal", "sync", "hardware", "resources", "installer")
Rule = Callable[[Source], Iterator[str]]


@cache
def tracked() -> tuple[str, ...]:
    """The files of the repository: known to git, or new and not ignored, and still there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = {name for name in listed.stdout.decode().split("\0") if name}
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


@cache
def sources(suffix: str) -> tuple[Source, ...]:
    """The tracked text files whose name ends so; files that are not text are left out."""
    found = []
    for name in tracked():
        if name.endswith(suffix):
            try:
                found.append(Source(name, (ROOT / name).read_text(encoding="utf-8")))
            except UnicodeDecodeError:
                continue
    return tuple(found)


def test_there_is_something_to_judge() -> None:
    assert len(sources(".py")) > 20


@pytest.mark.parametrize("rule", PYTHON_RULES, ids=lambda rule: rule.__name__)
def test_python_files(rule: Rule) -> None:
    complaints = [f"{s.path}:{c}" for s in sources(".py") for c in rule(s)]
    assert not complaints, f"{rule.__doc__}\n" + "\n".join(complaints)


@pytest.mark.parametrize("rule", TEXT_RULES, ids=lambda rule: rule.__name__)
def test_all_text_files(rule: Rule) -> None:
    complaints = [f"{s.path}:{c}" for s in sources("") for c in rule(s)]
    assert not complaints, f"{rule.__doc__}\n" + "\n".join(complaints)


def test_test_folders_mirror_the_code() -> None:
    tests = [n for n in tracked() if n.startswith("tests/") and "/test_" in n and n.endswith(".py")]
    code = {
        str(parent)
        for name in tracked()
        if name.startswith(CODE)
        for parent in Path(name).parents
        if str(parent) != "."
    }
    assert not strays(tests, code), "a test stands where the code it tests stands"


def test_types_are_strict_without_exemptions() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert settings["strict"] is True
    for override in settings["overrides"]:
        assert set(override) == {"module", "ignore_missing_imports"}
        ours = [name for name in override["module"] if name.startswith((*CODE, "tests"))]
        assert not ours, "our own code has no exemption from types"


def test_the_gate_of_the_core_leaves_nothing_out() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert "omit" not in settings["coverage"]["run"]
    assert "omit" not in settings["coverage"]["report"]
    assert not any("pragma" in line for line in settings["coverage"]["report"]["exclude_lines"])
