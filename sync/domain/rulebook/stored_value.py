"""Top-up table and limits of stored value."""

from __future__ import annotations

import msgspec

from sync.domain.rulebook.basics import within


class TopUpStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A top-up of at least `from_minor` brings `bonus_minor`."""

    from_minor: int
    bonus_minor: int

    def __post_init__(self) -> None:
        within("from_minor", self.from_minor, 1)
        within("bonus_minor", self.bonus_minor, 0)


class StoredValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Top-up table and limits.

    `bonus_funded_by`: who bears bonus spent at another dealer (golden case 8): "redeeming"
    (default), "issuing" or "headoffice". Caps: confirm with counsel (mission.md pitfall 20).
    """

    steps: tuple[TopUpStep, ...] = ()
    bonus_funded_by: str = "redeeming"
    balance_cap_minor: int = 500_000

    def __post_init__(self) -> None:
        if self.bonus_funded_by not in ("redeeming", "issuing", "headoffice"):
            raise ValueError(f"bonus_funded_by: {self.bonus_funded_by!r}")
        within("balance_cap_minor", self.balance_cap_minor, 0)
