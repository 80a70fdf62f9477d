"""Everything a head-office database holds, to see that something changed nothing at all."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from sync.database.headoffice import tables
from sync.database.headoffice.statements import Query, query
from sync.headoffice.service import HeadOffice
from sync.headoffice.serving import Running

# A till was heard, a question was asked: that is noted whatever comes of it.
HEARD: Final = {"device_epoch": {"seen_ms"}}


def _all_of(table: sa.Table) -> Query:
    heard = HEARD.get(table.name, set())
    return query(sa.select(*(column for column in table.columns if column.name not in heard)))


QUERIES: Final = {
    table.name: _all_of(table)
    for table in tables.metadata.sorted_tables
    if table.name != "session_nonce"
}
Dump = dict[str, list[tuple[Any, ...]]]


async def dump(hq: HeadOffice) -> Dump:
    """Every row of every table, in an order of its own."""
    found: Dump = {}
    async with hq.database.reading() as session:
        for name, all_rows in QUERIES.items():
            rows = [tuple(row) for row in await session.fetch(all_rows)]
            found[name] = sorted(rows, key=repr)
    return found


def dump_of(served: Running) -> Dump:
    """Every row of every table of a served head office."""
    return served.call(dump)


def changed(before: Dump, after: Dump) -> set[str]:
    """Names of the tables that differ."""
    return {name for name in before if before[name] != after[name]}
