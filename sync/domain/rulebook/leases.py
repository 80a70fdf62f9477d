"""How much of a balance a store may spend alone."""

from __future__ import annotations

import msgspec

from sync.domain.rulebook.basics import within

_HOUR_MS = 3_600_000
_MAX_AGE_MS = 366 * 24 * _HOUR_MS


class Leases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Leases of the home store (sync-ledger.md 2.10).

    `value_minor`: the most a lease of one asset is worth, points counted at settlement value;
    `value_minor_by_tier` overrides it (0: no lease). A lease ends `age_ms` after head office last
    gave or renewed it; what it held is given to others `grace_ms` later, or once the store has
    proved that it saw the end. It is renewed when less than `renew_ms` is left, and
    given again `pause_ms` after one was taken back.
    """

    value_minor: int = 20_000
    value_minor_by_tier: dict[str, int] = {}
    age_ms: int = 7 * 24 * _HOUR_MS
    renew_ms: int = 5 * 24 * _HOUR_MS
    grace_ms: int = 72 * _HOUR_MS
    pause_ms: int = _HOUR_MS

    def __post_init__(self) -> None:
        for value in (self.value_minor, *self.value_minor_by_tier.values()):
            within("leases.value_minor", value, 0)
        within("leases.age_ms", self.age_ms, 1, _MAX_AGE_MS)
        within("leases.renew_ms", self.renew_ms, 0, self.age_ms)
        within("leases.grace_ms", self.grace_ms, 0, _MAX_AGE_MS)
        within("leases.pause_ms", self.pause_ms, 0, _MAX_AGE_MS)

    def most_minor(self, tier: str) -> int:
        """The most a lease of a member of `tier` is worth, minor units."""
        return self.value_minor_by_tier.get(tier, self.value_minor)
