"""`guibin why`: an entry explains itself, at the till, from a file and at head office."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from terminal.commands import journal
from terminal.commands.why import app
from terminal.usecases import sell
from terminal.usecases.drafts import SaleDraft
from tests.terminal.usecases.made import PRODUCT, till


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = till(tmp_path / "till")
    draft = sell.open_sale(made)
    assert isinstance(draft, SaleDraft)
    sell.sell(made, draft.adding(PRODUCT), "cash", 300_000)
    made.database.close()
    return tmp_path / "till"


def test_a_sale_is_explained_in_both_languages(folder: Path) -> None:
    english = run("A1-1-000002", folder, "--language", "en")
    assert english.exit_code == 0
    assert english.stdout.startswith("Sale A1-1-000002 [")
    assert "How the numbers came about" in english.stdout
    assert "Head office has not confirmed it yet." in english.stdout
    chinese = run("2", folder)
    assert chinese.exit_code == 0
    assert chinese.stdout.startswith("销售 A1-1-000002 [")
    assert "数字怎么来的" in chinese.stdout


def test_an_exported_journal_explains_itself_without_the_till(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "journal.jsonl"
    assert CliRunner().invoke(journal.app, ["export", str(folder), str(out)]).exit_code == 0
    found = run(2, out, "--json")
    assert found.exit_code == 0
    told = json.loads(found.stdout)
    assert (told["seq"], told["kind"], told["told"]) == (2, "sale", None)
    assert told["steps"][0]["rule"] == "price.total"


@pytest.mark.parametrize(
    ("entry", "code", "said"),
    [
        ("99", 1, "There is no entry 99"),
        ("A1-1-abc", 2, "no receipt number"),
        ("1" * 40, 2, "no receipt number"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, entry: str, code: int, said: str) -> None:
    found = run(entry, folder)
    assert (found.exit_code, said in found.stderr) == (code, True)


def test_a_source_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    for source in (tmp_path / "hosts", tmp_path / "nothing"):
        found = run(2, source)
        assert found.exit_code == 3
        assert "Nothing was changed" in found.stderr


def test_another_language_is_refused(folder: Path) -> None:
    assert run(2, folder, "--language", "fr").exit_code == 2
