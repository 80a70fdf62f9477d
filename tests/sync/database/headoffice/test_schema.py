"""The migrations make the tables the code works with, on both databases, once."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from sync.database import engine
from sync.database.headoffice import opening, schema, tables
from sync.database.headoffice.schema import SchemaError
from tests.helpers.servers import new_database, postgres_server

__all__ = ["new_database", "postgres_server"]
KEY = bytes(range(32))


def test_sqlite_has_the_tables_of_this_release(tmp_path: Path) -> None:
    path = tmp_path / "hq.db"
    schema.migrate_sqlite(path, KEY)
    schema.migrate_sqlite(path, KEY)
    assert schema.sqlite_revision(path, KEY) == schema.newest()
    made = engine.engine_for(path, KEY)
    with made.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    made.dispose()
    assert b"dealer" not in path.read_bytes()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_postgresql_has_the_same_tables_columns_and_indexes(new_database: Any) -> None:
    url = new_database("postgresql")

    async def found() -> tuple[dict[str, set[tuple[str, bool]]], set[str]]:
        await schema.migrate_postgres(url)
        await schema.migrate_postgres(url)
        assert await schema.postgres_revision(url) == schema.newest()
        connection = await asyncpg.connect(url)
        try:
            rows = await connection.fetch(
                "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
            )
            indexes = await connection.fetch(
                "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
            )
        finally:
            await connection.close()
        columns: dict[str, set[tuple[str, bool]]] = {}
        for table, column, nullable in rows:
            columns.setdefault(table, set()).add((column, nullable == "YES"))
        return columns, {row[0] for row in indexes}

    columns, indexes = asyncio.run(found())
    assert columns == {
        table.name: {(column.name, bool(column.nullable)) for column in table.columns}
        for table in tables.metadata.tables.values()
        if not re.match(r"post_seq|feed_n|arrival", table.name)
    }
    wanted = {
        str(index.name) for table in tables.metadata.tables.values() for index in table.indexes
    }
    assert wanted <= indexes


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path, new_database: Any) -> None:
    path, url = tmp_path / "hq.db", new_database("postgresql")
    schema.migrate_sqlite(path, KEY)
    connection = engine.connect(path, KEY)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(SchemaError, match="too old"):
        schema.migrate_sqlite(path, KEY)
    with pytest.raises(SchemaError, match="9999"):
        asyncio.run(opening.open_database(path, KEY))

    async def newer() -> None:
        await schema.migrate_postgres(url)
        connection = await asyncpg.connect(url)
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")
        await connection.close()
        await schema.migrate_postgres(url)

    with pytest.raises(SchemaError, match="too old"):
        asyncio.run(newer())


def test_a_database_that_was_never_set_up_says_what_to_do(
    tmp_path: Path, new_database: Any
) -> None:
    for target in (tmp_path / "hq.db", new_database("postgresql")):
        with pytest.raises(SchemaError, match="headoffice init"):
            asyncio.run(opening.open_database(target, KEY))
