"""Which price list gives a price: base lists stand for the tag, member lists go below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sync.domain.occasions import Occasion, named, within_days
from sync.domain.rulebook.basics import PER_MILLE
from sync.domain.rulebook.prices import PriceList


def base_price(
    lists: Sequence[PriceList], occasion: Occasion, sku: str, tag_minor: int
) -> tuple[int, str]:
    """Price for everybody of one unit, and the list it stands in ("": the tag price).

    Of several lists one that names the product goes first, then one for the store, the dealer, the
    kind of store, then the youngest, then the lowest id (FL-33, BEST-16).
    """
    here = [found for found in _here(lists, occasion) if not found.members]
    best = min(
        (found for found in here if sku in found.prices or (sku and found.per_mille)),
        key=lambda found: (
            sku not in found.prices,
            not found.stores,
            not found.dealers,
            not found.store_kinds,
            -(found.starts.toordinal() if found.starts else 0),
            found.list,
        ),
        default=None,
    )
    return (tag_minor, "") if best is None else (_price(best, sku, tag_minor), best.list)


def member_price(
    lists: Sequence[PriceList], occasion: Occasion, sku: str, base_minor: int, tier: str
) -> tuple[int, str] | None:
    """The lowest price of the lists for members of `tier`, and its list; None: in none (FL-44)."""
    found = [
        (_price(one, sku, base_minor), one.list)
        for one in _here(lists, occasion)
        if one.members and named(one.tiers, tier) and (sku in one.prices or (sku and one.per_mille))
    ]
    return min(found, default=None)


def _here(lists: Iterable[PriceList], occasion: Occasion) -> Iterator[PriceList]:
    for found in lists:
        if (
            within_days(found.starts, found.ends, occasion.day)
            and named(found.store_kinds, occasion.store_kind)
            and named(found.dealers, occasion.dealer)
            and named(found.stores, occasion.store)
        ):
            yield found


def _price(found: PriceList, sku: str, before_minor: int) -> int:
    """Price of a list; a share of the price before is rounded down to the fen, at least 1."""
    named_price = found.prices.get(sku)
    if named_price is not None:
        return named_price
    return max(before_minor * found.per_mille // PER_MILLE, 1)
