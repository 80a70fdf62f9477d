"""When head office stops waiting for a claim to be covered, and what expiry pays."""

from __future__ import annotations

import msgspec

from sync.domain.rulebook.basics import within


class Losses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after_days`: an uncovered claim older than that is assigned to who bears it (sync-ledger.md
    2.10)."""

    after_days: int = 30

    def __post_init__(self) -> None:
        within("losses.after_days", self.after_days, 0, 3_660)
