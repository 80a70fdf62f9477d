"""Alembic migrations of `journal.db`; the replica has none: another schema is fetched again."""
