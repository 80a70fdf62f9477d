from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine

from sync.database.engine import connect
from sync.database.till import schema
from sync.database.till.database import TillDatabase, create, put_aside
from sync.database.till.faults import (
    InUseError,
    KeyWrongError,
    NotEnrolledError,
    TamperedError,
    TooNewError,
)
from sync.database.till.journal import Newcomer, NewEntry
from sync.database.till.journal_tables import INSERT_ONLY, METADATA, SCHEMA, trigger_sql
from sync.database.till.keys import FileWrap, load_keys, make_keys, save_keys
from sync.domain.cards import Card, Status
from sync.domain.journal import Kind
from sync.domain.members import Balances, LightRow
from tests.sync.database.till.made import DEVICE, MEMBER, Bodies, identity, opened

ROOT = Path(__file__).parents[4]


def test_a_second_process_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    database = opened(tmp_path)
    code = (
        "import sys; from pathlib import Path\n"
        "from sync.database.till.database import TillDatabase\n"
        "from sync.database.till.faults import InUseError\n"
        "try:\n    TillDatabase(Path(sys.argv[1]))\n"
        "except InUseError as fault:\n    print(fault.code)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "store_in_use", ran.stderr
    with pytest.raises(InUseError):
        TillDatabase(tmp_path)
    database.close()
    opened(tmp_path).close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    database = opened(tmp_path)
    key = database.keys.database
    database.close()
    connection = connect(tmp_path / "journal.db", key)
    connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    with pytest.raises(TooNewError):
        TillDatabase(tmp_path)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    opened(tmp_path).close()
    other = save_keys(tmp_path / "other", make_keys(), FileWrap(tmp_path / "other"))
    with pytest.raises(KeyWrongError):
        TillDatabase(tmp_path, other)
    with pytest.raises(NotEnrolledError):
        TillDatabase(tmp_path / "empty")


def test_the_file_says_nothing_without_its_key(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.journal.append(Bodies().earning(77))
    database.close()
    raw = (tmp_path / "journal.db").read_bytes()
    assert not raw.startswith(b"SQLite format 3")
    assert b"business_date" not in raw


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    path, key = tmp_path / "journal.db", bytes(32)
    connect(path, key).close()
    schema.migrate(path, key)
    connection = connect(path, key)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    ).fetchall()
    migrated = {name: " ".join(sql.split()) for name, sql in rows}
    assert schema.version_of(connection) == SCHEMA
    connection.close()
    engine = create_engine("sqlite://")
    with engine.connect() as plain:
        METADATA.create_all(plain)
        for table in INSERT_ONLY:
            for action in ("UPDATE", "DELETE"):
                plain.exec_driver_sql(trigger_sql(table, action))
        rows2 = plain.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    engine.dispose()
    assert migrated == {name: " ".join(sql.split()) for name, sql in rows2}


def test_a_journal_is_made_once(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.journal.append(Bodies().earning(1))
    database.close()
    keys = load_keys(tmp_path)
    assert keys is not None
    create(tmp_path, keys, identity())
    with pytest.raises(InUseError):
        create(tmp_path, keys, identity(epoch=2))
    assert put_aside(tmp_path, keys) == tmp_path / "journal-1.db"
    create(tmp_path, keys, identity(epoch=2))
    again = opened(tmp_path)
    assert (again.journal.identity.epoch, again.journal.head().seq) == (2, 0)
    again.close()


def test_a_frozen_epoch_sells_no_more(tmp_path: Path) -> None:
    database = opened(tmp_path)
    database.require_fit()
    database.freeze("fork")
    with pytest.raises(TamperedError):
        database.require_fit()
    database.close()
    again = opened(tmp_path)
    assert again.frozen == "fork"
    again.close()


def test_the_start_up_check_runs_beside_and_is_waited_for(tmp_path: Path) -> None:
    database = opened(tmp_path)
    bodies = Bodies()
    for _ in range(20):
        database.journal.append(bodies.earning(1))
    database.start_check()
    database.require_fit()
    assert database.checked is not None
    assert database.checked.last == 20
    database.close()


def test_who_was_enrolled_here_is_found_before_head_office_knows(tmp_path: Path) -> None:
    database = opened(tmp_path)
    token, phone = "ab" * 16, "cd" * 16
    row = LightRow(MEMBER, "gold", Balances(), 0, "李*", "5678", phone, "A1", "A")
    card = Card(token, MEMBER, Status.ACTIVE, "0035", "barcode")
    body = Bodies().body(Kind.ENROL, member=MEMBER)
    database.journal.append(NewEntry(body, newcomer=Newcomer(row, card)))
    assert database.card(token) == card
    assert database.standing(MEMBER) is not None
    assert [held.row for held in database.by_phone(phone)] == [row]
    assert [held.row for held in database.by_phone_tail("5678")] == [row]
    assert database.standing(UUID(int=4)) is None
    database.close()


def test_the_device_is_named_by_its_marks(tmp_path: Path) -> None:
    database = opened(tmp_path)
    assert database.journal.mark_key == f"{DEVICE}:1"
    database.close()
