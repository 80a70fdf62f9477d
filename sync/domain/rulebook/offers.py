"""Offers: what is taken off a sale, for whom, where and when, and what may stand beside it."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

import msgspec

from sync.domain.rulebook.basics import PER_MILLE, Words, within
from sync.domain.rulebook.prices import STORE_KINDS, check_span

MINUTES_A_DAY: Final = 24 * 60
MAX_UNITS: Final = 1000

OfferKind = Literal["fixed", "percent", "bundle", "add_on", "threshold"]
Stacking = Literal["sum", "best", "alone"]
Birthday = Literal["", "day", "month"]


class Goods(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Goods an offer is about: those that match every code list that is not empty; all empty: any
    goods, plain amounts too.
    """

    skus: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


class OfferStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `from_minor` spent on (inclusive): `off_minor` less, or `off_per_mille` of the spend."""

    from_minor: int
    off_minor: int = 0
    off_per_mille: int = 0

    def __post_init__(self) -> None:
        within("from_minor", self.from_minor, 1)
        within("off_minor", self.off_minor, 0)
        within("off_per_mille", self.off_per_mille, 0, PER_MILLE)
        if bool(self.off_minor) == bool(self.off_per_mille):
            raise ValueError("a step takes off an amount or a share")


class Audience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who an offer is for. `members`: members only; `tiers`, `flags` (segments): members with one
    of them; `birthday`: members on their birthday, or in the month of it (FL-42, WAT-28, WAT-31).
    """

    members: bool = False
    tiers: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    birthday: Birthday = ""


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Business dates `starts` to `ends` (inclusive, None: open), weekdays (1 Monday to 7 Sunday,
    empty: all), and minutes of the store's day `from_minute` <= t < `to_minute` (WAT-35, WAT-36).
    """

    starts: date | None = None
    ends: date | None = None
    weekdays: tuple[int, ...] = ()
    from_minute: int = 0
    to_minute: int = MINUTES_A_DAY

    def __post_init__(self) -> None:
        check_span(self.starts, self.ends)
        for weekday in self.weekdays:
            within("weekday", weekday, 1, 7)
        within("from_minute", self.from_minute, 0, MINUTES_A_DAY)
        within("to_minute", self.to_minute, self.from_minute, MINUTES_A_DAY)


class Where(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Dealers, stores and kinds of store an offer holds at; empty: all."""

    dealers: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    store_kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not set(self.store_kinds) <= set(STORE_KINDS):
            raise ValueError(f"store_kinds: {self.store_kinds}")


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One offer. Amounts in minor units; all of `goods` at what earlier stages left of them.

    - fixed: each unit of `goods` at `price_minor`
    - percent: `goods` at `per_mille` of their price (900 = 9 折)
    - bundle: for `buy` units of `goods`, `get` units of `reward` at `per_mille` of their price (0:
      free), the cheapest; an empty `reward` means more of the same goods
    - add_on (加价换购): each unit of `reward` at `price_minor`
    - threshold: of the `steps` that the spend reaches the one that takes off most; `repeat`: its
      amount once per full `from_minor`

    Each needs `from_minor` spent on `goods` (0: nothing). `most_units`: of the goods made cheaper,
    per sale, the dearest first (of a bundle always the cheapest); `most_minor`: most it takes off;
    0: no bound.

    `stacking`: "sum" goes with others, "best": at most one of its `group`, "alone": with no other
    offer (pitfall 33). `with_member_price` False: its goods go at the price for everybody. `coupon`
    True: only with a coupon for it. `funded_by`: supplier or brand that bears it, for reports.
    """

    offer: str
    name: Words
    kind: OfferKind
    goods: Goods = Goods()
    reward: Goods | None = None
    from_minor: int = 0
    price_minor: int = 0
    per_mille: int = PER_MILLE
    buy: int = 1
    get: int = 1
    steps: tuple[OfferStep, ...] = ()
    repeat: bool = False
    most_units: int = 0
    most_minor: int = 0
    audience: Audience = Audience()
    where: Where = Where()
    when: When = When()
    stacking: Stacking = "best"
    group: str = ""
    with_member_price: bool = True
    coupon: bool = False
    funded_by: str = ""

    def __post_init__(self) -> None:
        within("from_minor", self.from_minor, 0)
        within("price_minor", self.price_minor, 0)
        within("per_mille", self.per_mille, 0, PER_MILLE)
        within("buy", self.buy, 1, MAX_UNITS)
        within("get", self.get, 1, MAX_UNITS)
        within("most_units", self.most_units, 0)
        within("most_minor", self.most_minor, 0)
        if (self.kind == "threshold") != bool(self.steps):
            raise ValueError(f"{self.offer}: steps belong to a threshold offer, which needs them")
        if self.kind == "add_on" and self.reward is None:
            raise ValueError(f"{self.offer}: an add-on offer needs its reward goods")
        if self.repeat and any(step.off_per_mille for step in self.steps):
            raise ValueError(f"{self.offer}: a share of the spend is not given per full step")


class CouponCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code that anybody may use again and again for `offer` (FL-41): "GC" and letters or digits,
    the name space of coupons (pitfall 28).
    """

    code: str
    offer: str
    starts: date | None = None
    ends: date | None = None

    def __post_init__(self) -> None:
        check_span(self.starts, self.ends)
        if not (self.code.isascii() and self.code.isalnum() and self.code.startswith("GC")):
            raise ValueError(f"coupon code {self.code!r}")
        if self.code != self.code.upper() or not 4 <= len(self.code) <= 16:
            raise ValueError(f"coupon code {self.code!r}")


class Promotions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All offers, codes of multi-use coupons, and what single-use coupons may come to at one till
    while head office has not acknowledged them: above `coupon_soft_minor` an approver, above
    `coupon_hard_minor` none more."""

    offers: tuple[Offer, ...] = ()
    codes: tuple[CouponCode, ...] = ()
    coupon_soft_minor: int = 50_000
    coupon_hard_minor: int = 200_000

    def __post_init__(self) -> None:
        within("coupon_soft_minor", self.coupon_soft_minor, 0)
        within("coupon_hard_minor", self.coupon_hard_minor, 0)
        ids = {offer.offer: offer.coupon for offer in self.offers}
        codes = {code.code for code in self.codes}
        if len(ids) != len(self.offers) or len(codes) != len(self.codes):
            raise ValueError("offer ids and coupon codes must be unique")
        for code in self.codes:
            if not ids.get(code.offer):
                raise ValueError(f"{code.code}: {code.offer!r} is no offer by coupon")
