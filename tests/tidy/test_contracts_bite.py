"""The import contracts of pyproject.toml, each against a planted import, on an empty tree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "terminal": "commands usecases presenters runtime input screens widgets",
    "sync": "domain protocol database client headoffice lab",
    "hardware": "drivers emulators manager",
    "resources": "",
}
MODULES = (
    *("terminal/__main__.py", "terminal/app.py", "terminal/config.py", "terminal/text.py"),
    *("hardware/events.py", "hardware/documents.py", "hardware/errors.py", "hardware/ports.py"),
)
ALLOWED = {
    "terminal/app.py": "import hardware.drivers",
    "terminal/screens/__init__.py": "import PySide6.QtWidgets",
    "sync/database/__init__.py": "import sqlalchemy.orm",
    "hardware/drivers/__init__.py": "import escpos.printer",
    "sync/domain/__init__.py": "import hashlib",
}
PLANTED = [
    ("hardware/ports.py", "import sync.domain", "Folders point one way"),
    ("terminal/presenters/__init__.py", "import terminal.screens", "Inside terminal"),
    ("terminal/helpers.py", "x = 1", "Inside terminal"),
    ("sync/client/__init__.py", "import sync.headoffice", "Inside sync"),
    ("hardware/events.py", "import hardware.ports", "Inside hardware"),
    ("sync/domain/__init__.py", "import time", "The core does no I/O"),
    ("sync/protocol/__init__.py", "from random import choice", "The core does no I/O"),
    ("terminal/usecases/__init__.py", "import PySide6.QtCore", "Qt only at the glass"),
    ("sync/headoffice/__init__.py", "import duckdb", "Databases only in sync.database"),
    ("hardware/manager/__init__.py", "import serial", "Vendor libraries only in drivers"),
    ("terminal/screens/__init__.py", "import hardware.drivers", "Only the composition root"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty tree of the same shape, with the imports that are allowed."""
    for top, inner in PACKAGES.items():
        for package in (top, *(f"{top}/{name}" for name in inner.split())):
            (tmp_path / package).mkdir()
            (tmp_path / package / "__init__.py").touch()
    for module in MODULES:
        (tmp_path / module).touch()
    for file, line in ALLOWED.items():
        (tmp_path / file).write_text(line + "\n", encoding="utf-8")
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    return tmp_path


def lint(tree: Path) -> tuple[int, str]:
    """Exit code and output of the linter on a tree."""
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-cache", "--no-logo"]
    ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_allowed_imports_pass(tree: Path) -> None:
    code, said = lint(tree)
    assert code == 0, said


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_a_planted_import_is_caught(tree: Path, file: str, line: str, contract: str) -> None:
    (tree / file).write_text(line + "\n", encoding="utf-8")
    code, said = lint(tree)
    assert code == 1, said
    broken = [row for row in said.splitlines() if row.startswith(contract) and "BROKEN" in row]
    assert broken, said
