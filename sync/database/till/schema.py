"""Brings `journal.db` to the schema of this release, forward only and in one transaction.

A file of a newer release is refused. Alembic is imported only when there is something to migrate:
an up-to-date file opens without it.
"""

from __future__ import annotations

from pathlib import Path

from sync.database.engine import Connection, engine_for
from sync.database.till.faults import TooNewError
from sync.database.till.journal_tables import METADATA, SCHEMA

MIGRATIONS = Path(__file__).parent / "migrations"


def version_of(connection: Connection) -> int:
    """`user_version` of a file: 0 when nothing was made yet."""
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0]) if row else 0


def refuse_newer(connection: Connection, file: str, ours: int) -> int:
    """Schema of the file; raises TooNewError when this release does not know it yet."""
    found = version_of(connection)
    if found > ours:
        raise TooNewError(file=file, found=found, ours=ours)
    return found


def migrate(path: Path, key: bytes, target: int = SCHEMA) -> None:
    """Run the migrations `path` lacks up to `target`; a kill leaves the old schema or the new."""
    from alembic.config import Config  # noqa: PLC0415  # 0.2 s of imports, needed once per release
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415  # the same imports
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # the same imports

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    steps = script._upgrade_revs  # noqa: SLF001  # what alembic.command.upgrade calls
    engine = engine_for(path, key)
    try:
        with engine.connect() as connection:
            config.attributes.update(connection=connection, metadata=METADATA)
            revision = f"{target:04d}"
            with EnvironmentContext(
                config,
                script,
                fn=lambda rev, _: steps(revision, rev),
            ):
                script.run_env()
            connection.exec_driver_sql(f"PRAGMA user_version = {target}")
            connection.commit()
    finally:
        engine.dispose()
