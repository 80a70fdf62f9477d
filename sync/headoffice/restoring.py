"""Head office put back from a backup: it says so to its tills by a new head-office epoch.

A till whose last acknowledgement is above what head office now holds is answered `restored` instead
of `lost_data`: it sends again what is missing, under the same entry ids, and fetches its replica
again, because numbers of the feed may come a second time with other rows. What the backup holds
already is answered `exists`. (sync-ledger.md 2.4, invariant 39.)
"""

from __future__ import annotations

from sync.database.headoffice import directory
from sync.database.headoffice.sessions import Database, Session
from sync.headoffice.service import HQ_EPOCH


async def restored(database: Database) -> tuple[int, int]:
    """Begin the next head-office epoch; the old and the new one. To be called once per backup put
    back, before head office answers anybody: it reads its epoch when it starts.
    """

    async def work(session: Session) -> tuple[int, int]:
        before = int(await directory.meta(session, HQ_EPOCH) or b"1")
        await directory.put_meta(session, HQ_EPOCH, b"%d" % (before + 1))
        return before, before + 1

    return await database.writing(work)
