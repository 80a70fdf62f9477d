"""The checksum of the rows that every till holds, at a feed number at which nothing is newer.

Posting stores the difference each publication makes; here they are added up, those since the last
time only. Where something newer has been committed meanwhile there is none: the next page has it.
"""

from __future__ import annotations

from typing import Final

from sync.database.headoffice import published
from sync.database.headoffice.published import FeedSum
from sync.database.headoffice.sessions import Database, Session
from sync.domain.checksums import ALL_TILLS, Checksum
from sync.protocol.messages import BucketSum

FOLD_AT: Final = 1_000


class FeedSums:
    """Adds up. One for each process."""

    def __init__(self) -> None:
        self._n, self._sum = -1, Checksum()

    async def at(self, session: Session, n: int) -> tuple[BucketSum, ...]:
        """The checksum of all rows up to `n`; none when there are newer ones in this session."""
        last, total = self._n, Checksum(self._sum.count, self._sum.mixed)
        if last > n:
            return ()
        for found in await published.sums_after(session, last):
            if found.whole:
                total = Checksum()
            elif last < 0:
                return ()  # the differences before it are not known
            total.add(found.count, found.xor)
            last = found.n
        if not 0 <= last <= n:
            return ()
        if last > self._n:
            self._n, self._sum = last, total
        return (BucketSum(ALL_TILLS, total.count, total.xor),)

    async def fold(self, database: Database) -> int:
        """Put what has been committed into one row; how many rows there were."""
        visible = await database.last_visible("feed_n")

        async def work(session: Session) -> int:
            found = [row for row in await published.sums_after(session, -1) if row.n <= visible]
            if len(found) < FOLD_AT or not found[0].whole:
                return 0
            total = Checksum()
            for row in found:
                total.add(row.count, row.xor)
            await published.put_whole(session, FeedSum(found[-1].n, 1, total.count, total.xor))
            return len(found)

        return await database.writing(work)
