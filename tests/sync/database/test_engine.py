"""SQLCipher connections: safe settings, the right key, an engine without the WAL-reset bug."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlcipher3 import dbapi2

from sync.database import engine

KEY = bytes(range(32))


def pragma(connection: engine.Connection, name: str) -> object:
    row = connection.execute(f"PRAGMA {name}").fetchone()
    assert row is not None
    return row[0]


def test_a_connection_is_set_up_for_money(tmp_path: Path) -> None:
    connection = engine.connect(tmp_path / "a.db", KEY)
    assert pragma(connection, "journal_mode") == "wal"
    assert pragma(connection, "synchronous") == 2
    assert pragma(connection, "foreign_keys") == 1
    assert pragma(connection, "mmap_size") == 0
    assert not connection.in_transaction
    connection.close()
    quick = engine.connect(tmp_path / "b.db", KEY, full_sync=False)
    assert pragma(quick, "synchronous") == 1
    quick.close()


def test_another_key_or_none_does_not_open_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    connection = engine.connect(path, KEY)
    connection.execute("CREATE TABLE secret (name TEXT)")
    connection.close()
    assert b"secret" not in path.read_bytes()
    for key in (bytes(32), None):
        with pytest.raises(engine.CannotOpenError):
            engine.connect(path, key)
        with pytest.raises(engine.CannotOpenError):
            engine.connect(path, key, read_only=True)
    with pytest.raises(ValueError, match="32 bytes"):
        engine.connect(path, b"short")
    with pytest.raises(engine.CannotOpenError):
        engine.connect(tmp_path / "missing.db", KEY, read_only=True)


def test_only_the_owner_may_read_a_new_file(tmp_path: Path) -> None:
    engine.connect(tmp_path / "a.db", None).close()
    if os.name == "posix":
        assert (tmp_path / "a.db").stat().st_mode & 0o077 == 0


def test_an_old_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbapi2, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(engine.EngineTooOldError, match=r"3\.51\.3"):
        engine.check_engine()


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    connection = engine.connect(tmp_path / "a.db", KEY)
    connection.execute("CREATE TABLE t (n INTEGER)")
    with engine.transaction(connection):
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(engine.DatabaseError), engine.transaction(connection):
        connection.executemany("INSERT INTO t VALUES (?)", [(2,), (3, 4)])
    with engine.snapshot(connection):
        assert connection.execute("SELECT n FROM t").fetchall() == [(1,)]
    reader = engine.connect(tmp_path / "a.db", KEY, read_only=True)
    with pytest.raises(engine.OperationalError):
        reader.execute("DELETE FROM t")
    reader.close()
    connection.close()


def test_statements_of_the_tables_run_on_the_drivers_cursor(tmp_path: Path) -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("b", sa.Text),
    )
    made = engine.engine_for(tmp_path / "a.db", KEY)
    with made.begin() as begun:
        table.metadata.create_all(begun)
    made.dispose()
    connection = engine.connect(tmp_path / "a.db", KEY)
    add = engine.insert_sql(table, "b", "id", suffix="ON CONFLICT DO NOTHING")
    for _ in range(2):
        connection.execute(add.text, add.row(id=7, b="x"))
    select = engine.compiled(sa.select(table.c.b).where(table.c.id == sa.bindparam("id")))
    assert connection.execute(select.text, select.row(id=7)).fetchall() == [("x",)]
    with pytest.raises(KeyError):
        engine.insert_sql(table, "nothing")
    connection.close()
