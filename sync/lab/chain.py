"""The set-up part of a scenario: dealers, stores, tills, programme, products, staff, members.

The same tables make the demo chain (`resources/demo/chain.toml`). Every key is documented in
docs/scenarios.md.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sync.domain.programme import Programme, Words
from sync.lab.amounts import Fen

Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")]
Credential = Annotated[str, Meta(pattern=r"\A[0-9A-Za-z -]{4,64}\Z")]
Phone = Annotated[str, Meta(pattern=r"\A\+?[0-9 -]{5,20}\Z")]
Birthday = Annotated[
    str, Meta(pattern=r"\A((0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?\Z")
]  # month-day
Medium = Literal["barcode", "magstripe", "ic", "rfid"]
Role = Literal["cashier", "staff", "manager", "tech"]
Count = Annotated[int, Meta(ge=0, le=10**12)]
FirstCount = Annotated[int, Meta(ge=1, le=10**10)]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: a key it does not know is an error, never ignored."""


class Dealer(Strict, frozen=True, kw_only=True):
    """Keeps separate books. `id` stands on the statement."""

    id: Id
    name: Words


class Store(Strict, frozen=True, kw_only=True):
    """A shop. `zone`: IANA time zone; `kind`: boutique, counter, outlet...; `group`: the dealer's
    stores of a city."""

    id: Id
    dealer: Id
    name: Words
    zone: str = "Asia/Shanghai"
    kind: str = "boutique"
    group: str = ""


class Cards(Strict, frozen=True, kw_only=True):
    """A block of card serials a till may issue alone: `count` serials from `first` on."""

    first: FirstCount
    count: Annotated[int, Meta(ge=1, le=1_000_000)]


class Till(Strict, frozen=True, kw_only=True):
    """One terminal. `offline`: begins the story without network; `cards`: its block of new
    cards."""

    id: Id
    store: Id
    offline: bool = False
    cards: Cards | None = None
    language: Literal["zh_CN", "en"] = "zh_CN"


class Product(Strict, frozen=True, kw_only=True):
    """Goods with their tag price; `member`: a price for members only; `brand`, `category`,
    `section`: codes for offers and earning."""

    sku: Id
    barcode: Annotated[str, Meta(pattern=r"\A[0-9A-Za-z-]{4,32}\Z")]
    name: Words
    tag: Fen
    member: Fen | None = None
    variant: Words = Words(zh="", en="")
    brand: str = ""
    category: str = ""
    section: str = ""


class Staff(Strict, frozen=True, kw_only=True):
    """A person who works at `stores` (none named: at all). `roles`: cashier, staff, manager,
    tech."""

    id: Id
    name: str
    pin: Annotated[str, Meta(pattern=r"\A[0-9]{4,12}\Z")]
    stores: tuple[Id, ...] = ()
    roles: tuple[Role, ...] = ("cashier",)
    approver: bool = False
    language: Literal["zh", "en"] = "zh"


class Opening(Strict, frozen=True, kw_only=True):
    """Balances a member brings along, as if they had been earned or paid in at `store` on
    `date`."""

    store: Id
    date: dt.date
    points: Count = 0
    principal: Fen = Fen(0)
    bonus: Fen = Fen(0)


class Member(Strict, frozen=True, kw_only=True):
    """Someone head office knows before the story begins. `id` is a name for use in this file and
    in the result."""

    id: Id
    name: str
    phone: Phone
    card: Credential
    store: Id
    tier: str = ""
    medium: Medium = "barcode"
    birthday: Birthday = ""
    qualifying: Fen = Fen(0)
    opening: tuple[Opening, ...] = ()


class Crowd(Strict, frozen=True, kw_only=True):
    """Members made by the computer: `count` of them from the name lists in the file `names`, the
    same for a `seed`.

    Their cards have the chain serials from `first_card` on; most have points, some stored value.
    """

    count: Annotated[int, Meta(ge=0, le=200_000)]
    names: str
    first_card: FirstCount
    seed: int = 1


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is there before the first step. Programmes in order of version."""

    dealers: tuple[Dealer, ...]
    stores: tuple[Store, ...]
    tills: tuple[Till, ...]
    programmes: tuple[Programme, ...]
    products: tuple[Product, ...] = ()
    staff: tuple[Staff, ...] = ()
    members: tuple[Member, ...] = ()
    crowd: Crowd | None = None

    def dealer_of(self, store: str) -> str:
        """Dealer of a store; KeyError for a store that is not there."""
        return {s.id: s.dealer for s in self.stores}[store]

    def store_of(self, till: str) -> Store:
        """Store of a till; KeyError for a till that is not there."""
        store = {t.id: t.store for t in self.tills}[till]
        return {s.id: s for s in self.stores}[store]
