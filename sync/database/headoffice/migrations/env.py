"""Alembic's entry: on a connection (SQLite), or as SQL text for PostgreSQL (`schema.py`)."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
if "connection" in attributes:
    context.configure(connection=attributes["connection"], transactional_ddl=True)
else:
    context.configure(dialect_name="postgresql", output_buffer=attributes["buffer"], as_sql=True)
with context.begin_transaction():
    context.run_migrations()
