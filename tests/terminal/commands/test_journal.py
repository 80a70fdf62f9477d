from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sync.database.engine import connect
from sync.database.till.keys import load_keys
from sync.protocol.keys import countersign
from terminal.commands.journal import app
from terminal.usecases import sell
from terminal.usecases.drafts import SaleDraft
from tests.terminal.usecases.made import DEVICE, HQ, NOON_MS, PRODUCT, till

PIN = f"{HQ.key}={HQ.public.hex()}"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = till(tmp_path / "till")
    for _ in range(4):
        draft = sell.open_sale(made)
        assert isinstance(draft, SaleDraft)
        sell.sell(made, draft.adding(PRODUCT), "cash", 300_000)
    entry = made.database.journal.entry(3)
    assert entry is not None
    ack = countersign(HQ, DEVICE, 1, 3, entry.hash, 1, NOON_MS)
    made.database.outbox.store_ack(ack, (), NOON_MS)
    made.database.close()
    return tmp_path / "till"


@pytest.fixture
def exported(folder: Path, tmp_path: Path) -> Path:
    out = tmp_path / "journal.jsonl"
    assert run("export", folder, out).exit_code == 0
    return out


def test_a_good_folder_and_its_export_hold(folder: Path, exported: Path) -> None:
    for source in (folder, exported):
        found = run("verify", source, "--json", "--headoffice-key", PIN)
        assert found.exit_code == 0
        told = json.loads(found.stdout)
        assert (told["holds"], told["entries"], told["acked"]) == (True, 5, 3)
        assert (told["till"], told["headoffice_pinned"]) == ("A1-1", True)
        assert "holds: 5 entries" in run("verify", source).stdout


def test_a_running_till_can_be_verified(tmp_path: Path) -> None:
    made = till(tmp_path)
    assert run("verify", tmp_path).exit_code == 0
    assert made.database.journal.head().seq == 1
    made.database.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('\\"quantity\\":1', '\\"quantity\\":2', "entry 2 breaks the rule 'hash'"),
        ('"seq":4', '"seq":5', "entry 4 breaks the rule 'gap'"),
        ('"type":"end","entries":5', '"type":"end","entries":4', "the end of the file"),
        ('"device":"0198', '"device":"0298', "the enrolment record"),
    ],
)
def test_a_changed_export_is_named(exported: Path, old: str, new: str, said: str) -> None:
    text = exported.read_text()
    assert old in text
    exported.write_text(text.replace(old, new, 1))
    found = run("verify", exported)
    assert found.exit_code == 1
    assert said in found.stdout


def test_a_signature_of_another_entry_does_not_hold(exported: Path) -> None:
    lines = exported.read_text().splitlines(keepends=True)
    entries = [index for index, line in enumerate(lines) if '"type":"entry"' in line]
    last, before = json.loads(lines[entries[-1]]), json.loads(lines[entries[-2]])
    last["sig"] = before["sig"]
    lines[entries[-1]] = json.dumps(last, ensure_ascii=False, separators=(",", ":")) + "\n"
    exported.write_text("".join(lines))
    found = run("verify", exported)
    assert found.exit_code == 1
    assert "entry 5 breaks the rule 'signature'" in found.stdout


def test_every_line_counts(exported: Path) -> None:
    lines = exported.read_text().splitlines(keepends=True)
    for left_out in range(1, len(lines)):
        exported.write_text("".join(lines[:left_out] + lines[left_out + 1 :]))
        assert run("verify", exported).exit_code == 1, left_out
    exported.write_text("".join([*lines, lines[-1]]))
    assert run("verify", exported).exit_code == 1


def test_a_head_office_that_is_not_ours_is_refused(exported: Path, folder: Path) -> None:
    other = f"{HQ.key}={'00' * 32}"
    for source in (exported, folder):
        found = run("verify", source, "--headoffice-key", other)
        assert found.exit_code == 1
        assert "enrolment record" in found.stdout


def test_a_tampered_folder_names_its_first_bad_entry(folder: Path) -> None:
    loaded = load_keys(folder)
    assert loaded is not None
    connection = connect(folder / "journal.db", loaded.keys.database)
    connection.execute("DROP TRIGGER entry_no_update")
    connection.execute("UPDATE entry SET signature = zeroblob(64) WHERE seq = 4")
    connection.close()
    found = run("verify", folder, "--json")
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert (told["broken_at"], told["rule"], told["entries"]) == (4, "signature", 3)


def test_show_lists_and_opens_entries(folder: Path, exported: Path) -> None:
    for source in (folder, exported):
        listed = run("show", source, "--last", 2).stdout.splitlines()
        assert [line.split()[0] for line in listed] == ["4", "5"]
        one = json.loads(run("show", source, "--seq", 3, "--json").stdout)
        assert (one["seq"], one["body"]["kind"]) == (3, "sale")
        assert run("show", source, "--seq", 99).exit_code == 2


def test_what_cannot_be_read_says_so(tmp_path: Path, folder: Path, exported: Path) -> None:
    stray = tmp_path / "stray"
    stray.write_bytes(b"\x00\xff" * 50)
    empty = tmp_path / "empty"
    empty.mkdir()
    for source in (stray, empty, tmp_path / "nowhere"):
        assert run("verify", source).exit_code == 3
        assert run("show", source).exit_code == 3
    assert run("export", folder, exported).exit_code == 2
    assert run("verify", folder, "--headoffice-key", "x=1").exit_code == 2
