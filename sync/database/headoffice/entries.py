"""Single entries of the journal copy, found by what people know of them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import sqlalchemy as sa

from sync.database.headoffice import rows, tables
from sync.database.headoffice.ledger import ENTRY_COLUMNS
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import query
from sync.domain.journal import Entry

_ENTRY = tables.entry.c
BY_ID: Final = query(
    sa.select(*ENTRY_COLUMNS).where(
        _ENTRY.entry_id == sa.bindparam("entry_id"), _ENTRY.post_seq.is_not(None)
    )
)


async def by_id(session: Session, entry_id: UUID) -> Entry | None:
    """The posted entry of that id."""
    found = await session.fetch(BY_ID, entry_id=entry_id.bytes)
    return rows.entry_of(found[0]) if found else None
