from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def guibin(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "terminal", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_the_commands_and_imports_none() -> None:
    ran = guibin("--help")
    assert ran.returncode == 0
    assert "journal" in ran.stdout
    for heavy in ("PySide6", "sqlalchemy", "cryptography", "httpx", "terminal.commands.journal"):
        assert heavy not in ran.stderr


@pytest.mark.parametrize("command", ["verify", "show", "export"])
def test_every_command_explains_itself(command: str) -> None:
    ran = guibin("journal", command, "--help")
    assert ran.returncode == 0
    assert "Usage" in ran.stdout
    assert "PySide6" not in ran.stderr


def test_an_unknown_command_is_wrong_usage() -> None:
    assert guibin("no-such-command").returncode == 2
