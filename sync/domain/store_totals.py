"""What stores of each kind took, by tender (FL-33, WAT-36): a report over posted entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from sync.domain.journal import Body, Kind
from sync.domain.redeeming import POINTS_TENDER, STORED_VALUE
from sync.domain.selling import SaleData
from sync.domain.store_kinds import StoreFacts

GOODS: Final = frozenset({Kind.SALE, Kind.RETURN, Kind.EXCHANGE, Kind.VOID})
_TENDER: Final = "tender_"


@dataclass(slots=True)
class KindTotals:
    """One kind of store. `sales`: entries that sold something; `goods_minor`: what was due for
    them, `pieces`: how many; `tenders`: minor units by tender, less what went back;
    `commission_minor`: the malls' share of what their tills took; `offers`: taken off, by offer.
    """

    sales: int = 0
    pieces: int = 0
    goods_minor: int = 0
    commission_minor: int = 0
    tenders: dict[str, int] = field(default_factory=dict)
    offers: dict[str, int] = field(default_factory=dict)

    @property
    def basket_minor(self) -> int:
        """Average amount due of a sale, rounded down; 0 without sales."""
        return self.goods_minor // self.sales if self.sales else 0


def totals(bodies: Iterable[Body], facts: Mapping[str, StoreFacts]) -> dict[str, KindTotals]:
    """Totals by kind of store. `facts`: of every store, by id; a store without is an own shop."""
    found: dict[str, KindTotals] = {}
    for body in bodies:
        if body.kind not in GOODS:
            continue
        kind = facts.get(body.place.store, StoreFacts()).kind
        total = found.setdefault(kind, KindTotals())
        for tender, minor in _tenders(body):
            total.tenders[tender] = total.tenders.get(tender, 0) + minor
        if body.kind == Kind.SALE:
            _sold(body, total)
    return found


def _sold(body: Body, total: KindTotals) -> None:
    try:
        data = msgspec.convert(body.data, SaleData)
    except msgspec.ValidationError:
        return  # nothing that a till of ours wrote
    total.sales += 1
    total.pieces += sum(line.quantity for line in data.lines)
    total.goods_minor += data.due_minor
    total.commission_minor += data.mall.commission_minor if data.mall else 0
    for used in data.offers:
        total.offers[used.offer] = total.offers.get(used.offer, 0) + used.off_minor


def _tenders(body: Body) -> Iterable[tuple[str, int]]:
    """(tender, minor units taken) of an entry; less than nothing for money given back."""
    for effect in body.effects:
        owner, _, rest = effect.account.partition("/")
        name = rest.rpartition("/")[2]
        if owner == "till" and name == "cash":
            yield "cash", -effect.delta
        elif owner == "dealer" and name.startswith(_TENDER):
            yield name.removeprefix(_TENDER), -effect.delta
        elif owner == "dealer" and name == POINTS_TENDER:
            yield "points", -effect.delta
        elif owner == "member" and name in ("principal", "bonus"):
            yield STORED_VALUE, -effect.delta
