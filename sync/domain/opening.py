"""Opening balances: what a member brings along from before the ledger began."""

from __future__ import annotations

from datetime import date

import msgspec

from sync.domain.journal import Short


class OpeningData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of an opening_balance entry.

    `expires_on`: last day of the points, where the programme's span does not say it; `batch` and
    `line`: the imported list and the row it comes from.
    """

    expires_on: date | None = None
    batch: Short = ""
    line: int = 0
