"""Price lists: what goods are priced at, by kind of store, for whom and from when."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from sync.domain.rulebook.basics import within

STORE_KINDS: Final = ("own_shop", "mall_counter")
OWN_SHOP, MALL_COUNTER = STORE_KINDS
MAX_RAISE_PER_MILLE: Final = 10_000


def check_span(starts: date | None, ends: date | None) -> None:
    """Raise ValueError when `ends` comes before `starts`."""
    if starts is not None and ends is not None and ends < starts:
        raise ValueError(f"ends {ends} before it starts {starts}")


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of one kind of store, or of members, within a span of business dates (both inclusive).

    `prices`: by sku; `per_mille`: share of the tag price for goods not named (0: they keep theirs;
    1300 at mall counters that raise prices). `members`: a list for members only (the VIP list), of
    `tiers` if any are named; else it is a base list and takes the place of the tag price. Empty
    `store_kinds`, `stores`, `dealers`: all (FL-33, FL-44).
    """

    list: str
    prices: dict[str, int] = {}
    per_mille: int = 0
    store_kinds: tuple[str, ...] = ()
    dealers: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    members: bool = False
    tiers: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None

    def __post_init__(self) -> None:
        check_span(self.starts, self.ends)
        within("per_mille", self.per_mille, 0, MAX_RAISE_PER_MILLE)
        for price in self.prices.values():
            within("price", price, 1)
        if self.tiers and not self.members:
            raise ValueError(f"{self.list}: tiers of a list that is not for members")
        if not set(self.store_kinds) <= set(STORE_KINDS):
            raise ValueError(f"{self.list}: store_kinds {self.store_kinds}")
