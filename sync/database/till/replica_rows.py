"""Rows of the replica to and from the domain's structs, and the statements that write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import Table

from sync.database.engine import Row, insert_sql
from sync.database.till import replica_tables as t
from sync.database.till.names import spelled
from sync.domain.cards import Card, CardLimits, CardUse, Status
from sync.domain.members import NO_EXTRAS, Balances, Extras, LightRow, LotSummary, Profile
from sync.domain.pricing import Product

LIGHT_COLUMNS: Final = [column for column in t.LIGHT.columns if column.name != "ver"]
CARD_COLUMNS: Final = [column for column in t.CARD.columns if column.name != "ver"]

_lots = msgspec.msgpack.Decoder(tuple[LotSummary, ...])
_marks = msgspec.msgpack.Decoder(dict[str, int])
_extras = msgspec.msgpack.Decoder(Extras)
_terms = msgspec.msgpack.Decoder(tuple[CardLimits, CardUse])
_pack = msgspec.msgpack.encode


class BlockLike(Protocol):
    """A block list row; `token` in hex."""

    @property
    def token(self) -> str: ...
    @property
    def since_ms(self) -> int: ...
    @property
    def reason(self) -> str: ...


class DeviceLike(Protocol):
    """A till's public key."""

    @property
    def device(self) -> UUID: ...
    @property
    def epoch(self) -> int: ...
    @property
    def public(self) -> bytes: ...
    @property
    def store(self) -> str: ...
    @property
    def till(self) -> str: ...
    @property
    def revoked(self) -> bool: ...


class AliasLike(Protocol):
    """A member merged into another."""

    @property
    def alias(self) -> UUID: ...
    @property
    def member(self) -> UUID: ...


class DocumentLike(Protocol):
    """A small document; `data`: JSON of its type's struct."""

    @property
    def data(self) -> msgspec.Raw: ...


class StaffLike(Protocol):
    """A person of the roster; `pin`: argon2id verifier made at head office."""

    @property
    def staff(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> Sequence[str]: ...
    @property
    def pin(self) -> str: ...
    @property
    def approver(self) -> bool: ...
    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ProgrammePack:
    """A programme as head office signed it; the caller has verified the signature."""

    version: int
    effective_from: date
    data: bytes
    key: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class RosterPack:
    """The staff of this store, signature verified by the caller. Replaces the roster before it."""

    version: int
    store: str
    staff: Sequence[StaffLike]


RowValue: TypeAlias = (
    LightRow
    | Card
    | Product
    | Profile
    | ProgrammePack
    | RosterPack
    | BlockLike
    | DeviceLike
    | AliasLike
    | DocumentLike
)
"""What a change puts; its kind says which (`PUT` and "roster")."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `n`: its place in the feed (0: fetched on demand); `row` None: it is gone."""

    n: int
    kind: str
    key: str
    ver: int
    row: RowValue | None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A person who may sign in here. `verifier`: the argon2id verifier, opened from its seal."""

    staff: str
    name: str
    roles: tuple[str, ...]
    approver: bool
    language: str
    verifier: str


def _upsert(table: Table, *keys: str) -> str:
    """INSERT that replaces a row of the same key unless the one held is newer."""
    names = [column.name for column in table.columns if column.name not in keys]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names)
    return insert_sql(
        table,
        suffix=(
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets} "
            f"WHERE excluded.ver >= {table.name}.ver"
        ),
    ).text


PUT: Final[Mapping[str, str]] = {
    "member": _upsert(t.LIGHT, "member"),
    "card": _upsert(t.CARD, "token"),
    "block": _upsert(t.BLOCK, "token"),
    "programme": _upsert(t.PROGRAMME, "version"),
    "device": _upsert(t.DEVICE, "device", "epoch"),
    "product": _upsert(t.PRODUCT, "sku"),
    "profile": _upsert(t.PROFILE, "member"),
    "alias": _upsert(t.ALIAS, "alias"),
}
STAFF_PUT: Final = insert_sql(t.STAFF).text


def light_values(row: LightRow, ver: int, fetched_ms: int | None) -> tuple[object, ...]:
    """Columns of `light` in the order of its table."""
    held = row.balances
    return (
        row.member.bytes, ver, row.version, fetched_ms, row.tier, held.points, held.principal,
        held.bonus, held.qualifying, row.name, row.phone_tail,
        bytes.fromhex(row.phone_key) if row.phone_key else None, row.home_store, row.home_dealer,
        row.uncovered, ",".join(row.flags) or None, _pack(row.lots) if row.lots else None,
        _pack(row.marks) if row.marks else None,
        _pack(row.extras) if row.extras != NO_EXTRAS else None,
    )  # fmt: skip


def light_row(row: Row) -> tuple[LightRow, int | None]:
    """(light row, when it was fetched by itself) of LIGHT_COLUMNS."""
    (
        member, version, fetched_ms, tier, points, principal, bonus, qualifying, name, phone_tail,
        phone_key, home_store, home_dealer, uncovered, flags, lots, marks, extras,
    ) = row  # fmt: skip
    made = LightRow(
        UUID(bytes=member),
        tier,
        Balances(points, principal, bonus, qualifying),
        version,
        name,
        phone_tail,
        phone_key.hex() if phone_key else "",
        home_store,
        home_dealer,
        uncovered,
        tuple(flags.split(",")) if flags else (),
        _lots.decode(lots) if lots else (),
        _marks.decode(marks) if marks else {},
        _extras.decode(extras) if extras else NO_EXTRAS,
    )
    return made, fetched_ms


def card_values(card: Card, ver: int) -> tuple[object, ...]:
    """Columns of `card` in the order of its table."""
    token = bytes.fromhex(card.token)
    return (
        token, ver, card.member.bytes, card.status.value, card.tail, card.medium,
        bytes.fromhex(card.card) if card.card else None,
        None if card.limits is None else _pack((card.limits, card.use)),
    )  # fmt: skip


def card_row(row: Row) -> Card:
    """Card of CARD_COLUMNS."""
    token, member, status, tail, medium, whole, terms = row
    limits, use = _terms.decode(terms) if terms else (None, CardUse())
    of = whole.hex() if whole else ""
    return Card(token.hex(), UUID(bytes=member), Status(status), tail, medium, of, limits, use)


def profile_values(profile: Profile, ver: int, expires_ms: int | None) -> tuple[object, ...]:
    """Columns of `profile` in the order of its table."""
    pinyin, initials = spelled(profile.name)
    return (
        profile.member.bytes, ver, profile.name, pinyin, initials, _pack(profile), expires_ms,
    )  # fmt: skip


def product_values(product: Product, ver: int) -> tuple[object, ...]:
    """Columns of `product` in the order of its table."""
    return product.sku, ver, product.barcode, _pack(product)


def block_values(block: BlockLike, ver: int) -> tuple[object, ...]:
    """Columns of `block` in the order of its table."""
    return bytes.fromhex(block.token), ver, block.since_ms, block.reason


def programme_values(pack: ProgrammePack, ver: int) -> tuple[object, ...]:
    """Columns of `programme` in the order of its table."""
    day = pack.effective_from.isoformat()
    return pack.version, ver, day, pack.data, pack.key, pack.signature


def device_values(device: DeviceLike, ver: int) -> tuple[object, ...]:
    """Columns of `device` in the order of its table."""
    return (
        device.device.bytes, device.epoch, ver, device.public, device.store, device.till,
        int(device.revoked),
    )  # fmt: skip


def document_bytes(row: RowValue) -> bytes | None:
    """JSON of a document; None of a row of another kind."""
    data = getattr(row, "data", None)
    return bytes(data) if isinstance(data, msgspec.Raw) else None


def alias_values(alias: AliasLike, ver: int) -> tuple[object, ...]:
    """Columns of `alias` in the order of its table."""
    return alias.alias.bytes, ver, alias.member.bytes
