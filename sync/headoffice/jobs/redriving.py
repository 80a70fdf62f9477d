"""Drives quarantined entries again: after an upgrade, or when what they lacked has arrived."""

from __future__ import annotations

import structlog

from sync.database.headoffice import ledger, originals, records
from sync.database.headoffice.sessions import Database, Session
from sync.headoffice.posting.again import gather, owners
from sync.headoffice.posting.push import Poster
from sync.headoffice.posting.recording import keys_needed
from sync.headoffice.posting.run import PoisonedError, Run

log = structlog.get_logger("headoffice.jobs")
MOST = 500


async def redrive(database: Database, poster: Poster, now_ms: int, most: int = MOST) -> int:
    """Try the oldest `most` quarantined entries in order of arrival; how many posted now."""
    poisoned: frozenset[bytes] = frozenset()

    async def work(session: Session) -> int:
        found = await gather(session, await ledger.waiting(session, limit=most), poisoned)
        if not found.readings:
            return 0
        needs = found.needs
        needs.members |= await originals.members_of(session, needs.refs)
        loaded = await ledger.load(
            session,
            sorted(needs.members),
            sorted(needs.tokens),
            sorted(needs.entry_ids),
            whole=sorted(needs.whole),
        )
        await originals.load(session, needs.refs, loaded)
        pairs = zip(found.readings, found.devices, strict=True)
        loaded.records = await records.load(session, keys_needed(pairs))
        loaded.prospects = await ledger.load_prospects(session, sorted(needs.prospects))
        loaded.keys = await ledger.load_keys(session, owners(found.readings))
        numbers = await session.draw("post_seq", len(found.readings))
        run = Run(loaded, await poster.basis(session, now_ms), iter(numbers))
        posted = found.drive(run)
        await session.give_back("post_seq", len(numbers) - run.used)
        await ledger.save(session, run.finish(), now_ms)
        return posted

    while True:
        try:
            return await database.writing(work)
        except PoisonedError as error:
            log.exception("posting broke on an entry", entry_hash=error.entry_hash.hex())
            poisoned |= {error.entry_hash}
