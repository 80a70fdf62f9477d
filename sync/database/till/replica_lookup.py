"""Looking things up in the replica: every question a counter asks without head office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa

from sync.database.engine import Row, compiled
from sync.database.till import replica_tables as t
from sync.database.till.journal_file import Readers
from sync.database.till.names import folded
from sync.database.till.replica_rows import (
    CARD_COLUMNS,
    LIGHT_COLUMNS,
    ProgrammePack,
    StaffRow,
    card_row,
    light_row,
)
from sync.database.till.seals import Seal
from sync.domain.cards import Card, Status
from sync.domain.members import LightRow, Profile
from sync.domain.pricing import Product

SEARCH_LIMIT: Final = 20
SEALED: Final = ("pin/",)  # documents kept under the device's own secret; read one by one
ALIASES_DEEP: Final = 8  # a member merged into one that was merged itself, and so on
_LAST: Final = "\U0010ffff"

_LIGHT_ROW: Final = sa.select(*LIGHT_COLUMNS)
_LIGHT: Final = compiled(_LIGHT_ROW.where(t.LIGHT.c.member == sa.bindparam("key"))).text
_LIGHT_BY_PHONE: Final = (
    compiled(_LIGHT_ROW.where(t.LIGHT.c.phone_key == sa.bindparam("key"))).text + " LIMIT ?"
)
_LIGHT_BY_TAIL: Final = (
    compiled(_LIGHT_ROW.where(t.LIGHT.c.phone_tail == sa.bindparam("key"))).text + " LIMIT ?"
)
_CARD: Final = compiled(
    sa.select(
        *CARD_COLUMNS,
        sa.exists(sa.select(t.BLOCK.c.token).where(t.BLOCK.c.token == t.CARD.c.token)),
    ).where(t.CARD.c.token == sa.bindparam("key"))
).text
_CARDS_OF: Final = compiled(
    sa.select(*CARD_COLUMNS).where(t.CARD.c.member == sa.bindparam("key")).order_by(t.CARD.c.token)
).text
_STAFF_ROW: Final = sa.select(
    t.STAFF.c.staff,
    t.STAFF.c.name,
    t.STAFF.c.roles,
    t.STAFF.c.approver,
    t.STAFF.c.language,
    t.STAFF.c.verifier,
)
_STAFF: Final = compiled(_STAFF_ROW.where(t.STAFF.c.staff == sa.bindparam("key"))).text
_ROSTER: Final = compiled(_STAFF_ROW.order_by(t.STAFF.c.name, t.STAFF.c.staff)).text
_PARTS: Final = ("hq_epoch", "cursor")
_CURSOR: Final = f"SELECT name, value FROM meta WHERE name IN {_PARTS}"  # noqa: S608  # a constant
_BLOCKED: Final = "SELECT 1 FROM block WHERE token = ?"
_ALIAS: Final = "SELECT member FROM alias WHERE alias = ?"
_MERGED: Final = "SELECT alias FROM alias WHERE member IN ({})"
_PROFILE: Final = "SELECT data FROM profile WHERE member = ?"
_PROFILES: Final = (
    "SELECT data FROM profile WHERE name >= ?1 AND name < ?2 "
    "UNION SELECT data FROM profile WHERE pinyin >= ?3 AND pinyin < ?4 "
    "UNION SELECT data FROM profile WHERE initials >= ?3 AND initials < ?4 LIMIT ?5"
)

# "/" + 1 is "0": the keys of a type are one range.
_DOCUMENT: Final = "SELECT data FROM other WHERE kind IN ('document', 'local') AND key = ?"
_DOCUMENTS: Final = (
    "SELECT key, data FROM other WHERE kind IN ('document', 'local') AND key > ? AND key < ? "
    "ORDER BY key"
)

T = TypeVar("T", bound=msgspec.Struct)

_profiles = msgspec.msgpack.Decoder(Profile)
_products = msgspec.msgpack.Decoder(Product)


@dataclass(frozen=True, slots=True)
class Held:
    """A light row and the age of its figures. `as_of_ms`: when they were known to hold, UTC ms."""

    row: LightRow
    as_of_ms: int | None


@dataclass(frozen=True, slots=True)
class DevicePublic:
    """Another till's public key."""

    device: UUID
    epoch: int
    public: bytes
    store: str
    till: str
    revoked: bool


class ReplicaLookup:
    """Read side of the replica. Threads may share it. Methods raise StoreFault."""

    def __init__(self, readers: Readers, seal: Seal) -> None:
        """See `Replica`."""
        self._readers, self._seal = readers, seal

    def light(self, member: UUID) -> Held | None:
        """The row of a member, aliases followed."""
        with self._readers.read() as connection:
            key = member.bytes
            row = connection.execute(_LIGHT, (key,)).fetchone()
            for _ in range(ALIASES_DEEP):
                alias = None if row else connection.execute(_ALIAS, (key,)).fetchone()
                if alias is None:
                    break
                key = alias[0]
                row = connection.execute(_LIGHT, (key,)).fetchone()
        return self._held(row) if row else None

    def document(self, kind: str, name: str, of: type[T]) -> T | None:
        """The document of a type and id, read as the struct of its type."""
        with self._readers.read() as connection:
            row = connection.execute(_DOCUMENT, (f"{kind}/{name}",)).fetchone()
        if row is None:
            return None
        data = self._seal.open(row[0]) if f"{kind}/" in SEALED else row[0]
        return msgspec.json.decode(data, type=of)

    def documents(self, kind: str, of: type[T]) -> list[tuple[str, T]]:
        """All documents of a type with their ids, sorted by id."""
        with self._readers.read() as connection:
            found = connection.execute(_DOCUMENTS, (f"{kind}/", f"{kind}0")).fetchall()
        return [(key[len(kind) + 1 :], msgspec.json.decode(data, type=of)) for key, data in found]

    def card(self, token: str) -> Card | None:
        """The card of a token; one on the block list is blocked whatever its row says."""
        raw = bytes.fromhex(token)
        with self._readers.read() as connection:
            row = connection.execute(_CARD, (raw,)).fetchone()
        if row is None:
            return None
        card = card_row(row[:-1])
        barred = row[-1] and card.status is Status.ACTIVE
        return msgspec.structs.replace(card, status=Status.BLOCKED) if barred else card

    def blocked(self, token: str) -> bool:
        """Whether a token stands on the block list, known or not otherwise."""
        with self._readers.read() as connection:
            return connection.execute(_BLOCKED, (bytes.fromhex(token),)).fetchone() is not None

    def cards_of(self, member: UUID) -> list[Card]:
        """All cards of a member."""
        with self._readers.read() as connection:
            rows = connection.execute(_CARDS_OF, (member.bytes,)).fetchall()
        return [card_row(row) for row in rows]

    def merged_into(self, member: UUID) -> list[UUID]:
        """Members that were merged into this one, those merged into them included."""
        found: list[UUID] = []
        with self._readers.read() as connection:
            for _ in range(ALIASES_DEEP):
                wanted = [member.bytes, *(other.bytes for other in found)]
                marks = ",".join("?" * len(wanted))
                rows = connection.execute(_MERGED.format(marks), wanted).fetchall()
                new = [UUID(bytes=row[0]) for row in rows if UUID(bytes=row[0]) not in found]
                if not new:
                    break
                found += new
        return found

    def by_phone(self, phone_key: str, limit: int = SEARCH_LIMIT) -> list[Held]:
        """Members whose phone has this keyed hash, over all cards of the chain."""
        with self._readers.read() as connection:
            rows = connection.execute(_LIGHT_BY_PHONE, (bytes.fromhex(phone_key), limit)).fetchall()
        return [self._held(row) for row in rows]

    def by_phone_tail(self, tail: str, limit: int = SEARCH_LIMIT) -> list[Held]:
        """Members whose phone ends in these four digits, over all cards of the chain."""
        with self._readers.read() as connection:
            rows = connection.execute(_LIGHT_BY_TAIL, (tail, limit)).fetchall()
        return [self._held(row) for row in rows]

    def by_name(self, text: str, limit: int = SEARCH_LIMIT) -> list[Profile]:
        """Full profiles whose name, pinyin or initials begin with `text`."""
        name, sound = text.strip(), folded(text)
        if not sound:
            return []
        with self._readers.read() as connection:
            rows = connection.execute(
                _PROFILES, (name, name + _LAST, sound, sound + _LAST, limit)
            ).fetchall()
        return [_profiles.decode(row[0]) for row in rows]

    def profile(self, member: UUID) -> Profile | None:
        """The full profile, where this till holds it."""
        with self._readers.read() as connection:
            row = connection.execute(_PROFILE, (member.bytes,)).fetchone()
        return _profiles.decode(row[0]) if row else None

    def product(self, sku: str) -> Product | None:
        """The product of a number."""
        with self._readers.read() as connection:
            row = connection.execute("SELECT data FROM product WHERE sku = ?", (sku,)).fetchone()
        return _products.decode(row[0]) if row else None

    def product_by_barcode(self, barcode: str) -> Product | None:
        """The product of a barcode; 12-digit codes are also looked for as 13 digits."""
        codes = (barcode, f"0{barcode}") if len(barcode) == 12 else (barcode,)
        with self._readers.read() as connection:
            for code in codes:
                row = connection.execute(
                    "SELECT data FROM product WHERE barcode = ?", (code,)
                ).fetchone()
                if row:
                    return _products.decode(row[0])
        return None

    def products(self, limit: int = 1000) -> list[Product]:
        """Products by number."""
        with self._readers.read() as connection:
            rows = connection.execute(
                "SELECT data FROM product ORDER BY sku LIMIT ?", (limit,)
            ).fetchall()
        return [_products.decode(row[0]) for row in rows]

    def programme_packs(self) -> list[ProgrammePack]:
        """Every programme held, as signed, lowest version first."""
        with self._readers.read() as connection:
            rows = connection.execute(
                "SELECT version, effective_from, data, key_id, signature FROM programme "
                "ORDER BY version"
            ).fetchall()
        return [ProgrammePack(row[0], date.fromisoformat(row[1]), *row[2:]) for row in rows]

    def staff(self, staff: str) -> StaffRow | None:
        """A person of the roster."""
        return next((row for row in self._staff(_STAFF, (staff,))), None)

    def roster(self) -> list[StaffRow]:
        """Everybody who may sign in here, by name."""
        return self._staff(_ROSTER, ())

    def device_key(self, device: UUID, epoch: int) -> DevicePublic | None:
        """Public key of another till."""
        with self._readers.read() as connection:
            row = connection.execute(
                "SELECT device, epoch, public, store, till, revoked FROM device "
                "WHERE device = ? AND epoch = ?",
                (device.bytes, epoch),
            ).fetchone()
        if row is None:
            return None
        return DevicePublic(
            UUID(bytes=row[0]), row[1], row[2], row[3], row[4], revoked=bool(row[5])
        )

    def members_held(self) -> int:
        """How many light rows are here."""
        with self._readers.read() as connection:
            row = connection.execute("SELECT count(*) FROM light").fetchone()
        return int(row[0]) if row else 0

    def as_of_ms(self) -> int | None:
        """When the figures were last known to be head office's newest, UTC ms of this till."""
        return self._number("as_of_ms")

    def cursor(self) -> tuple[int, int] | None:
        """(head-office epoch, feed number) applied; None before the first snapshot is complete."""
        with self._readers.read() as connection:
            kept: dict[str, bytes] = dict(connection.execute(_CURSOR).fetchall())
        return (int(kept["hq_epoch"]), int(kept["cursor"])) if len(kept) == len(_PARTS) else None

    def value(self, name: str) -> bytes | None:
        """A kept value."""
        with self._readers.read() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def _number(self, name: str) -> int | None:
        value = self.value(name)
        return None if value is None else int(value)

    def _held(self, row: Row) -> Held:
        made, fetched_ms = light_row(row)
        known = [ms for ms in (self.as_of_ms(), fetched_ms) if ms is not None]
        return Held(made, max(known, default=None))

    def _staff(self, sql: str, parameters: Sequence[object]) -> list[StaffRow]:
        with self._readers.read() as connection:
            rows = connection.execute(sql, parameters).fetchall()
        return [
            StaffRow(
                row[0],
                row[1],
                tuple(row[2].split(",")) if row[2] else (),
                bool(row[3]),
                row[4],
                self._seal.open(row[5]).decode() if row[5] else "",
            )
            for row in rows
        ]
