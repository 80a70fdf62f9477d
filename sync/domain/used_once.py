"""What a sale uses up once: single-use coupons and the slips of a mall's till, read from a body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from sync.domain.journal import Body, Kind

SHARED_CODE: Final = "GC"  # ids of multi-use coupons are their codes, which begin so


class SlipUsed(msgspec.Struct, frozen=True):
    """A slip of a mall's till that stands for a sale. `entry`: that sale, as device:epoch:seq;
    empty once it was voided."""

    store: str
    entry: str


def coupons_of(body: Body) -> tuple[str, ...]:
    """Ids of the single-use coupons an entry uses up, or gives back when it is a void."""
    if body.kind == Kind.VOID:
        named = _list(body.data.get("coupons"))
    else:
        offers = [one for one in _list(_sale(body).get("offers")) if isinstance(one, dict)]
        named = [one.get("coupon") for one in offers]
    found = [one for one in named if isinstance(one, str) and one]
    return tuple(dict.fromkeys(one for one in found if not one.startswith(SHARED_CODE)))


def slip_of(body: Body) -> str:
    """Number of the mall's slip of a sale, or that a void frees; empty: none."""
    if body.kind == Kind.VOID:
        slip = body.data.get("slip")
    else:
        mall = _sale(body).get("mall")
        slip = mall.get("slip") if isinstance(mall, dict) else None
    return slip if isinstance(slip, str) else ""


def slip_key(store: str, day: date, slip: str) -> tuple[str, str, str]:
    """Parts of a slip's id: numbers are unique per store and day, as far as known."""
    return store, day.isoformat(), slip


def _sale(body: Body) -> Mapping[str, object]:
    """The data of the goods an entry sold; empty for one that sold none."""
    if body.kind == Kind.SALE:
        return body.data
    part = body.data.get("sale") if body.kind == Kind.EXCHANGE else None
    return part if isinstance(part, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
