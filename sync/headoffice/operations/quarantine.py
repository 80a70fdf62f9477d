"""What head office's people do about entries in quarantine."""

from __future__ import annotations

from typing import Final

from sync.headoffice.jobs.redriving import redrive
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.service import HeadOffice


async def _redrive(head_office: HeadOffice, ask: Ask) -> Answer:
    """Try entries in quarantine again. Answers `posted`: how many are posted now."""
    return {"posted": await redrive(head_office.database, head_office.poster, ask.now_ms)}


OPERATIONS: Final = (OfficeOperation("redrive", {}, _redrive),)
