"""Bodies of posted entries in posting order, page by page: what reports read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Final

import sqlalchemy as sa

from sync.database.headoffice import tables as t
from sync.database.headoffice.sessions import Session
from sync.database.headoffice.statements import query
from sync.domain.journal import Body, UnreadableBody, read_body

PAGE: Final = 1000

BODIES: Final = query(
    sa.select(t.entry.c.post_seq, t.entry.c.body)
    .where(t.entry.c.post_seq.is_not(None), t.entry.c.post_seq > sa.bindparam("after"))
    .order_by(t.entry.c.post_seq)
    .limit(sa.bindparam("limit"))
)


async def posted(session: Session, first: date, last: date) -> AsyncIterator[Body]:
    """Posted entries of the business dates first..last."""
    after, page = 0, PAGE
    while page == PAGE:
        rows = await session.fetch(BODIES, after=after, limit=PAGE)
        page = len(rows)
        for row in rows:
            after = row[0]
            try:
                body = read_body(row[1])
            except UnreadableBody:
                continue
            if first <= body.business_date <= last:
                yield body
