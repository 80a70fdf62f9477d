"""What `guibin play` says about a story that cannot be played, and with which exit code."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.conftest import DEMO, ROOT, command


def play(path: Path) -> subprocess.CompletedProcess[str]:
    """Play a file for good."""
    return subprocess.run(command(path), cwd=ROOT, capture_output=True, check=False, text=True)


def test_an_expectation_that_does_not_hold_is_said_and_ends_with_1(tmp_path: Path) -> None:
    story = (DEMO / "scenarios" / "parts-sum.toml").read_text(encoding="utf-8")
    chain = f'chain = "{DEMO / "small.toml"}"'
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        story.replace('chain = "../small.toml"', chain).replace(
            'receives = "6.66"', 'receives = "6.67"'
        ),
        encoding="utf-8",
    )
    played = play(wrong)
    line = next(
        number
        for number, text in enumerate(wrong.read_text(encoding="utf-8").splitlines(), start=1)
        if 'receives = "6.67"' in text
    )
    assert played.returncode == 1
    assert "expected otherwise, found A receives 6.66" in played.stdout
    said = [text for text in played.stdout.splitlines() if "expected otherwise" in text]
    assert len(said) == 1
    assert abs(int(said[0].split()[1].rstrip(":")) - line) <= 6  # the line its step begins on


def test_a_wrong_file_ends_with_2_and_starts_nothing(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[scenario]\nname = "x"\nsed = 3\n', encoding="utf-8")
    played = play(wrong)
    assert played.returncode == 2
    assert "wrong.toml:3: unknown key 'sed': did you mean 'seed'?" in played.stderr
    assert played.stdout == ""
