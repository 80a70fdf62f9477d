"""The licence of the project, and those of what it stands on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from installer.licences import pins, table

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8")
TEST = (ROOT / "requirements/test.txt").read_text(encoding="utf-8")


def test_the_project_has_its_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_list_matches_the_pinned_packages() -> None:
    listed = (ROOT / "THIRD-PARTY-LICENCES.md").read_text(encoding="utf-8")
    assert listed == table(RUNTIME), "run: .venv/bin/python installer/licences.py"


def test_a_changed_pin_is_noticed() -> None:
    name, version = pins(RUNTIME)[0]
    changed = RUNTIME.replace(f"{name}=={version}", f"{name}==0.0.1")
    with pytest.raises(LookupError, match=f"{name} .* is installed, 0.0.1 is pinned"):
        table(changed)


@pytest.mark.parametrize("text", [RUNTIME, TEST], ids=["runtime", "test"])
def test_every_package_is_pinned_with_a_hash_and_no_index(text: str) -> None:
    blocks = re.split(r"^(?=\S+==)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(text)) > 50
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_the_test_pins_contain_the_runtime_pins() -> None:
    assert set(pins(RUNTIME)) <= set(pins(TEST))
