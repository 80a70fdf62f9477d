"""How many sales were posted: read from the journal copy, for reports that nobody waits for."""

from __future__ import annotations

from datetime import date
from typing import Final

from sync.database.headoffice import records
from sync.database.headoffice.sessions import Session
from sync.domain.journal import Kind, UnreadableBody, read_body

_PAGE: Final = 1_000


async def sales_posted(session: Session, first: date, last: date, store: str) -> int:
    """Sales of business days `first` to `last`, of `store` ("": of all)."""
    after, sales = 0, 0
    while found := await records.bodies(session, after, _PAGE):
        after = found[-1][0]
        for _, data in found:
            try:
                body = read_body(data)
            except UnreadableBody:
                continue
            here = store in ("", body.place.store)
            sales += body.kind == Kind.SALE and here and first <= body.business_date <= last
    return sales
