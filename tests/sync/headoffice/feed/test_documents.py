"""Small documents reach all tills, or only those they are for."""

from __future__ import annotations

import msgspec

from sync.database.headoffice import ledger
from sync.database.headoffice.sessions import Session
from sync.headoffice.feed.rows import document_gone, document_row, store_bucket
from sync.headoffice.service import HeadOffice
from tests.helpers.tills import TestTill, rows_of


class Stock(msgspec.Struct, frozen=True):
    """A small document for this test."""

    pieces: int


def test_a_document_of_a_store_is_not_seen_by_another(a1: TestTill, b1: TestTill) -> None:
    async def tell(hq: HeadOffice) -> None:
        async def work(session: Session) -> None:
            rows = [
                document_row("stock", "scarf", Stock(7), store_bucket("A-store")),
                document_row("tariff", "wash", Stock(3)),
            ]
            await ledger.put_feed(session, rows)

        await hq.database.writing(work)

    a1.served.call(tell)
    local = rows_of(a1.feed(), "local")
    assert {key: bytes(row.data) for key, row in local.items()} == {"stock/scarf": b'{"pieces":7}'}
    assert rows_of(b1.feed(), "local") == {}
    for till in (a1, b1):
        assert set(rows_of(till.feed(), "document")) == {"tariff/wash"}


def test_a_document_that_is_gone_says_so_where_it_was(a1: TestTill, b1: TestTill) -> None:
    async def tell(hq: HeadOffice) -> None:
        async def work(session: Session) -> None:
            bucket = store_bucket("A-store")
            await ledger.put_feed(session, [document_row("stock", "scarf", Stock(7), bucket)])
            await ledger.put_feed(session, [document_gone("stock", "scarf", bucket)])

        await hq.database.writing(work)

    a1.served.call(tell)
    ops = [(item.key, item.op.value) for item in a1.feed() if item.kind == "local"]
    assert ops == [("stock/scarf", "tomb")]
    assert [item for item in b1.feed() if item.kind == "local"] == []
