"""Brings head office's database to the schema of this release, forward only, in one transaction.

SQLite is migrated over SQLAlchemy; for PostgreSQL Alembic writes the SQL and asyncpg runs it, so
that no second driver is needed. Revisions therefore read no data.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Final

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from sync.database import engine
from sync.database.headoffice.sessions import StoreError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
MIGRATION_LOCK: Final = 0x6775_6962_6D
_VERSION_TABLE: Final = "SELECT to_regclass('alembic_version') IS NOT NULL"


class SchemaError(StoreError):
    """The database is of a newer release, or was never set up."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """The revision this release works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise AssertionError("there are no migrations")
    return head


def _known(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaError(
            f"the database is at revision {revision}, which this release is too old for"
        )


def migrate_sqlite(path: Path, key: bytes | None) -> None:
    """Create or upgrade the SQLite file at `path`; raises SchemaError, engine.CannotOpenError."""
    made = engine.engine_for(path, key)
    try:
        with made.connect() as connection:
            _known(MigrationContext.configure(connection).get_current_revision())
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        made.dispose()


def sqlite_revision(path: Path, key: bytes | None) -> str | None:
    """Revision of the file; None when it was never set up."""
    made = engine.engine_for(path, key)
    try:
        with made.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except sa.exc.SQLAlchemyError as error:
        raise SchemaError(str(error)) from error
    finally:
        made.dispose()


async def migrate_postgres(url: str) -> None:
    """Create or upgrade the PostgreSQL database at `url`; one process at a time."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            there = await connection.fetchval(_VERSION_TABLE)
            current: str | None = None
            if there:
                current = await connection.fetchval("SELECT version_num FROM alembic_version")
            _known(current)
            if current != newest():
                await connection.execute(_sql_from(current))
    finally:
        await connection.close()


async def postgres_revision(url: str) -> str | None:
    """Revision of the database; None when it was never set up."""
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetchval(_VERSION_TABLE):
            return None
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return found
    finally:
        await connection.close()


def _sql_from(current: str | None) -> str:
    buffer = io.StringIO()
    config = _config()
    config.attributes["buffer"] = buffer
    command.upgrade(config, f"{current or 'base'}:head", sql=True)
    return re.sub(r"^(BEGIN|COMMIT);$", "", buffer.getvalue(), flags=re.MULTILINE)
