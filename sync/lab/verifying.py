"""A till's file looked at by itself, when its process is gone."""

from __future__ import annotations

from pathlib import Path

from sync.database.till.checking import JournalCheck
from sync.database.till.database import TillDatabase
from sync.database.till.faults import StoreFault
from sync.lab.records import Verified


def verify_folder(folder: Path) -> Verified:
    """Check the whole journal of a till: sequence, chain, signatures, sums, derived rows."""
    try:
        database = TillDatabase(folder)
    except StoreFault as fault:
        return Verified(0, 0, "", whole=False, reason=str(fault))
    try:
        found = JournalCheck(database.journal, database.keys.public).whole()
        head = database.journal.head()
    finally:
        database.close()
    reason = f"entry {found.broken.seq}: {found.broken.rule}" if found.broken else ""
    return Verified(found.last, head.seq, head.hash.hex(), whole=not reason, reason=reason)
