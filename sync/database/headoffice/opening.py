"""Opens or migrates a head-office database, whichever kind it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sync.database.headoffice import schema
from sync.database.headoffice.postgres import PostgresDatabase
from sync.database.headoffice.schema import SchemaError
from sync.database.headoffice.sessions import Database
from sync.database.headoffice.sqlite import SqliteDatabase


async def migrate(target: Path | str, key: bytes | None) -> None:
    """Create or upgrade the database: a file under `key`, or an address of PostgreSQL."""
    if isinstance(target, Path):
        await asyncio.to_thread(schema.migrate_sqlite, target, key)
    else:
        await schema.migrate_postgres(target)


async def open_database(target: Path | str, key: bytes | None) -> Database:
    """The database, if it is at the schema of this release; else SchemaError."""
    if isinstance(target, Path):
        found = await asyncio.to_thread(schema.sqlite_revision, target, key)
    else:
        found = await schema.postgres_revision(target)
    if found != schema.newest():
        raise SchemaError(
            f"the database is at revision {found}, this release works with {schema.newest()}: "
            "run `guibin headoffice init` to bring it up to date"
        )
    if isinstance(target, Path):
        return SqliteDatabase(target, key)
    return await PostgresDatabase.open(target)
