"""Head office's database: tables, migrations and one store for SQLite and for PostgreSQL."""
