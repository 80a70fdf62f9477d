"""`guibin headoffice` as its people use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sync.headoffice.service import read_settings
from sync.headoffice.serving import running
from terminal.commands.headoffice import app
from tests.helpers.tills import TestTill, furnish
from tests.sync.domain.making import member_id

ANNA = member_id(1)


def guibin(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--folder", str(folder)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A head office where Anna took B's gift for points she earned at A."""
    made = tmp_path / "hq"
    assert guibin(made, "init").exit_code == 0
    with running(read_settings(made, scenario=True), tls=False) as served:
        furnish(served)
        with TestTill(served, "A1") as a, TestTill(served, "B1") as b:
            a.push(a.desk.enrol(ANNA, token="t" * 32), a.desk.sale(ANNA, [100_000]))
            b.push(b.desk.gift(ANNA))
    return made


def test_from_set_up_to_the_explained_fifty_yuan(folder: Path, tmp_path: Path) -> None:
    again = guibin(folder, "init", "--json")
    assert len(json.loads(again.stdout)["certificate_sha256"]) == 64
    drafted = guibin(folder, "clearing", "run", "2026-11", "--by", "ann")
    assert "A                    50.00          0.00         50.00" in drafted.stdout
    refused = guibin(folder, "clearing", "approve", "2026-11", "--by", "ann")
    assert (refused.exit_code, "same_person" in refused.output) == (1, True)
    approved = guibin(folder, "clearing", "approve", "2026-11", "--by", "bob", "--json")
    statement = json.loads(approved.stdout)
    assert [p["net"] for p in statement["positions"]] == [5_000, -5_000, 0, 0]
    assert "approved" in guibin(folder, "clearing", "list").stdout
    explained = guibin(folder, "explain", "2026-11", "1")
    assert "till B1 (store B-store, dealer B), journal no. 1" in explained.stdout
    assert "till A1 (store A-store, dealer A), journal no. 2" in explained.stdout
    parts = json.loads(guibin(folder, "explain", "2026-11", "1", "--json").stdout)
    assert (parts["card_tail"], parts["amount_minor"]) == ("4417", 5_000)
    files = {name: tmp_path / name for name in ("lines.csv", "sums.csv", "statement.html")}
    written = guibin(
        folder, "statement", "2026-11", "--csv", str(files["lines.csv"]),
        "--totals", str(files["sums.csv"]), "--html", str(files["statement.html"]),
    )  # fmt: skip
    assert written.exit_code == 0
    assert files["sums.csv"].read_text().splitlines()[1] == "A,50.00,0.00,50.00,0.00"
    assert "清算单" in files["statement.html"].read_text(encoding="utf-8")
    assert guibin(folder, "redrive").stdout == "0 entries posted.\n"
    assert "ten minutes" in guibin(folder, "enrol-code", "A2").stdout


def test_operations_are_done_by_name_and_what_cannot_be_is_said(
    folder: Path, tmp_path: Path
) -> None:
    assert guibin(folder, "do", "redrive").stdout == "posted: 0\n"
    by_ann = guibin(folder, "do", "redrive", "--by", "ann", "--json")
    assert json.loads(by_ann.stdout) == {"posted": 0}
    unknown = guibin(folder, "do", "redrave")
    assert unknown.exit_code == 1
    assert "operation_unknown operation=redrave\nNothing was changed." in unknown.output
    field = guibin(folder, "do", "redrive", "x=1")
    assert (field.exit_code, "field_unknown field=x" in field.output) == (1, True)
    assert guibin(folder, "do", "redrive", "nonsense").exit_code == 2
    assert guibin(folder, "do", "redrive", f"x=@{tmp_path / 'none'}").exit_code == 2
    listed = CliRunner().invoke(app, ["operations"]).stdout.splitlines()
    assert "redrive" in listed
    told = json.loads(CliRunner().invoke(app, ["operations", "--json"]).stdout)
    assert {"name": "redrive", "fields": {}, "optional": []} in told


def test_what_is_not_there_is_said(folder: Path, tmp_path: Path) -> None:
    nowhere = guibin(tmp_path / "nowhere", "clearing", "list")
    assert (nowhere.exit_code, "headoffice init" in nowhere.output) == (3, True)
    missing = guibin(folder, "statement", "never")
    assert (missing.exit_code, "run" in missing.output) == (1, True)
    assert guibin(folder, "serve", "--plain", "--host", "0.0.0.0").exit_code == 2
    assert guibin(folder, "serve", "--seed", "x").exit_code == 2
    assert guibin(tmp_path / "nowhere", "serve").exit_code == 3
