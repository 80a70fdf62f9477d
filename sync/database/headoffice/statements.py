"""Statements written once as SQLAlchemy Core and compiled once for both databases.

`Query` is any statement with named parameters; a list parameter goes through `among`, one array on
PostgreSQL and one JSON array on SQLite. `Insert` and `Update` write a set of rows: arrays through
unnest on PostgreSQL, executemany on SQLite.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

Row = Sequence[Any]

_POSTGRES: Final = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own class
_SQLITE: Final = sqlite.dialect(paramstyle="qmark")
_PG_TYPES: Final = {
    sa.LargeBinary: "bytea",
    sa.BigInteger: "bigint",
    sa.Integer: "integer",
    sa.Text: "text",
    sa.String: "text",
}


class _Among(sa.ColumnElement[bool]):
    inherit_cache = False

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        self.column, self.name = column, name
        self.type = sa.Boolean()


@compiles(_Among, "postgresql")
def _among_postgres(element: _Among, compiler: SQLCompiler, **_: object) -> str:
    array = sa.bindparam(element.name, type_=postgresql.ARRAY(element.column.type))
    return f"{compiler.process(element.column)} = ANY ({compiler.process(array)})"


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **_: object) -> str:
    value = "unhex(value)" if isinstance(element.column.type, sa.LargeBinary) else "value"
    bound = compiler.process(sa.bindparam(element.name, type_=sa.Text()))
    listed = f"SELECT {value} FROM json_each({bound})"  # noqa: S608  # bound is a question mark
    return f"{compiler.process(element.column)} IN ({listed})"


def among(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """`column` is one of the list parameter `name` (list of bytes, text or integers)."""
    return _Among(column, name)


@dataclass(frozen=True, slots=True)
class Query:
    """A statement for both databases. `names`: parameters in order of each text's marks."""

    sqlite_text: str
    sqlite_names: tuple[str, ...]
    postgres_text: str
    postgres_names: tuple[str, ...]
    constants: dict[str, Any]

    def sqlite_values(self, params: dict[str, object]) -> tuple[object, ...]:
        """Parameter values in SQLite's order; lists as JSON text."""
        return tuple(_json_list(self._value(name, params)) for name in self.sqlite_names)

    def postgres_values(self, params: dict[str, object]) -> tuple[object, ...]:
        """Parameter values in PostgreSQL's order."""
        return tuple(self._value(name, params) for name in self.postgres_names)

    def _value(self, name: str, params: dict[str, object]) -> object:
        return params[name] if name in params else self.constants[name]


def query(statement: sa.sql.expression.Executable) -> Query:
    """Compile `statement`; what differs from call to call must be a named bind parameter."""
    lite = statement.compile(dialect=_SQLITE)  # type: ignore[attr-defined]  # every one compiles
    post = statement.compile(dialect=_POSTGRES)  # type: ignore[attr-defined]  # every one compiles
    values = {**lite.params, **post.params}
    return Query(
        str(lite),
        tuple(lite.positiontup or ()),
        str(post),
        tuple(post.positiontup or ()),
        {name: value for name, value in values.items() if value is not None},
    )


def _json_list(value: object) -> object:
    if not isinstance(value, list):
        return value
    return json.dumps([item.hex() if isinstance(item, bytes) else item for item in value])


@dataclass(frozen=True, slots=True)
class Write:
    """Writes a set of rows, each a tuple in the order of `columns`.

    `plain_into`: the table, where nothing but an INSERT is meant: PostgreSQL can COPY then.
    """

    columns: tuple[str, ...]
    sqlite_text: str
    postgres_text: str
    plain_into: str = ""

    def arrays(self, rows: Sequence[Row]) -> list[tuple[object, ...]]:
        """The rows turned into one array per column."""
        return list(zip(*rows, strict=True))


def insert(table: sa.Table, *columns: str, conflict: str = "") -> Write:
    """INSERT of `columns` (default: all) of many rows; `conflict`: an ON CONFLICT clause."""
    names = columns or tuple(column.name for column in table.columns)
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    marks = ", ".join("?" * len(names))
    source = f"SELECT * FROM unnest({_arrays(table, names)})"  # noqa: S608  # of our own tables
    return Write(
        names,
        f"{into} VALUES ({marks}) {conflict}".rstrip(),
        f"{into} {source} {conflict}".rstrip(),
        "" if conflict else table.name,
    )


def upsert(table: sa.Table, *columns: str) -> Write:
    """INSERT, or replace the other columns of the row that has the same primary key."""
    names = columns or tuple(column.name for column in table.columns)
    keys = [column.name for column in table.primary_key.columns]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return insert(
        table, *names, conflict=f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )


def update(table: sa.Table, *columns: str) -> Write:
    """UPDATE of `columns` by primary key; a row is (columns..., key columns...)."""
    keys = tuple(column.name for column in table.primary_key.columns)
    names = columns + keys
    lite_set = ", ".join(f"{name} = ?" for name in columns)
    lite_where = " AND ".join(f"{name} = ?" for name in keys)
    post_set = ", ".join(f"{name} = u.{name}" for name in columns)
    post_where = " AND ".join(f"t.{name} = u.{name}" for name in keys)
    source = f"unnest({_arrays(table, names)}) AS u ({', '.join(names)})"
    lite = f"{table.name} SET {lite_set} WHERE {lite_where}"
    post = f"{table.name} AS t SET {post_set} FROM {source} WHERE {post_where}"
    return Write(names, f"UPDATE {lite}", f"UPDATE {post}")


def _arrays(table: sa.Table, names: Iterable[str]) -> str:
    return ", ".join(
        f"${number}::{_pg_type(table.columns[name])}[]" for number, name in enumerate(names, 1)
    )


def _pg_type(column: sa.Column[Any]) -> str:
    return next(_PG_TYPES[kind] for kind in type(column.type).__mro__ if kind in _PG_TYPES)
