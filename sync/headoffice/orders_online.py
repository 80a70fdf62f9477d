"""Service orders of any store, for a till that scanned a tag or serves their member."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from sync.database.headoffice import published, records
from sync.database.headoffice.sessions import Session
from sync.domain.records import ORDER, RecordKey
from sync.domain.service_orders import OPEN
from sync.protocol.messages import FeedItem, FeedKind, MemberAsk, Op

ORDERS_BY: Final = ("order", "orders")
_MOST: Final = 20


async def orders_asked_for(session: Session, ask: MemberAsk) -> tuple[FeedItem, ...]:
    """The order of a number, or the open ones of a member, as the feed of their store has them."""
    if ask.by == "order":
        found = await records.load(session, [RecordKey(ORDER, ask.value)], lock=False)
        codes = [key.key for key, record in found.items() if record is not None]
    else:
        try:
            member = UUID(ask.value)
        except ValueError:
            return ()
        codes = [code for code, _ in await records.of_member(session, member, ORDER, OPEN)]
    items = []
    for code in codes[:_MOST]:
        row = await published.row(session, FeedKind.LOCAL, f"{ORDER}/{code}")
        if row is not None:
            data = msgspec.Raw(row.data)
            items.append(FeedItem(0, row.kind, row.key, row.ver, Op.PUT, data))
    return tuple(items)
