"""The same story with head office on PostgreSQL: the same result, byte for byte."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import DEMO, ROOT, Shows, command
from tests.helpers.servers import new_database, postgres_server

__all__ = ["new_database", "postgres_server"]  # fixtures


def test_a_story_ends_the_same_on_postgresql(
    shows: Shows, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    _, _, on_sqlite = shows.result("facts-stay")
    out = tmp_path / "out.json"
    database = ["--database", new_database("postgresql"), "--json", str(out)]
    story = DEMO / "scenarios" / "facts-stay.toml"
    played = subprocess.run(
        [*command(story), *database], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert json.loads(out.read_text(encoding="utf-8")) == on_sqlite
