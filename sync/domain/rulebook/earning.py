"""What points are earned, and how long they live."""

from __future__ import annotations

import msgspec

from sync.domain.rulebook.basics import MAX_MONTHS, Ratio, within


class Earning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points per yuan (golden case 1) and life of a lot.

    `points_per_yuan_by_dealer` overrides the ratio.
    """

    points_per_yuan: Ratio
    points_per_yuan_by_dealer: dict[str, Ratio] = {}
    expiry_months: int | None = None

    def __post_init__(self) -> None:
        if self.expiry_months is not None:
            within("expiry_months", self.expiry_months, 1, MAX_MONTHS)
