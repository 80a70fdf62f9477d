"""What head office sets up and publishes: places, programmes, products, staff; devices revoked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from argon2 import PasswordHasher

from sync.database.headoffice import directory, ledger
from sync.database.headoffice.rows import FeedRow
from sync.database.headoffice.sessions import ConflictError, Database, Session
from sync.domain.coupons import is_coupon
from sync.domain.overrides import is_override
from sync.domain.pricing import Product
from sync.domain.programme import Programme
from sync.headoffice.enrolment import device_row
from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.feed.rows import put_row, store_bucket
from sync.headoffice.keys import HeadOfficeKeys
from sync.protocol import codec
from sync.protocol.keys import sign_document, sign_programme
from sync.protocol.messages import FeedKind
from sync.protocol.records import PURPOSE_ROSTER, Roster, Staff

PIN_MEMORY_KIB: Final = 47_104
PIN_PASSES: Final = 1


@dataclass(frozen=True, slots=True)
class DealerRow:
    """A dealer to set up."""

    dealer: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store to set up. `zone`: IANA time zone; `group`: the dealer's stores of a city."""

    store: str
    dealer: str
    name_zh: str
    name_en: str
    zone: str = "Asia/Shanghai"
    group: str = ""


@dataclass(frozen=True, slots=True)
class TillRow:
    """A till to set up, with the card serials it may issue (0, 0: none)."""

    till: str
    store: str
    first_serial: int = 0
    last_serial: int = 0


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A person who works at `stores`. `pin`: 4 to 12 digits, kept as an argon2id verifier only."""

    staff: str
    name: str
    pin: str
    stores: tuple[str, ...]
    roles: tuple[str, ...] = ("cashier",)
    approver: bool = False
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Places:
    """Dealers, stores and tills set up together."""

    dealers: Sequence[DealerRow] = ()
    stores: Sequence[StoreRow] = ()
    tills: Sequence[TillRow] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """Changes what tills work with; each change is published at once."""

    database: Database
    keys: HeadOfficeKeys
    hasher: PasswordHasher = field(
        default_factory=lambda: PasswordHasher(
            time_cost=PIN_PASSES, memory_cost=PIN_MEMORY_KIB, parallelism=1
        )
    )

    async def places(self, places: Places) -> None:
        """Set up places.

        Raises InvalidError("place_unknown" | "zone_unknown") for a store, dealer or time zone that
        is not there.
        """
        for store in places.stores:
            try:
                ZoneInfo(store.zone)
            except (KeyError, ValueError, OSError):
                raise InvalidError("zone_unknown", zone=store.zone) from None

        async def work(session: Session) -> None:
            await directory.put_places(
                session,
                [(d.dealer, d.name_zh, d.name_en) for d in places.dealers],
                [
                    (s.store, s.dealer, s.group or s.dealer, s.name_zh, s.name_en, s.zone)
                    for s in places.stores
                ],
                [(t.till, t.store, t.first_serial, t.last_serial) for t in places.tills],
            )

        try:
            await self.database.writing(work)
        except ConflictError:
            raise InvalidError("place_unknown") from None

    async def programme(self, programme: Programme) -> None:
        """Sign and publish a programme; raises InvalidError("programme_exists")."""
        signed = sign_programme(self.keys.signer("programme"), programme)

        async def work(session: Session) -> None:
            await directory.add_programme(
                session, programme.version, programme.effective_from.isoformat(), signed.data,
                signed.key, signed.signature,
            )  # fmt: skip
            row = put_row(FeedKind.PROGRAMME, str(programme.version), signed)
            await ledger.put_feed(session, [row])

        try:
            await self.database.writing(work)
        except ConflictError:
            raise InvalidError("programme_exists", version=programme.version) from None

    async def products(self, products: Sequence[Product]) -> None:
        """Publish products; the same sku again changes it.

        Raises InvalidError("barcode_reserved") for a barcode in the name space of coupons or price
        codes (pitfall 28).
        """
        for product in products:
            if is_coupon(product.barcode) or is_override(product.barcode):
                raise InvalidError("barcode_reserved", sku=product.sku)

        async def work(session: Session) -> None:
            kept = [(p.sku, p.barcode, msgspec.json.encode(p)) for p in products]
            await directory.put_products(session, kept)
            rows = [put_row(FeedKind.PRODUCT, product.sku, product) for product in products]
            await ledger.put_feed(session, rows)

        await self.database.writing(work)

    async def staff(self, people: Sequence[StaffRow]) -> None:
        """Publish staff: the roster of each of their stores is signed anew. Raises
        NotFoundError("store") for a store that there is not, with nothing changed."""
        verifiers = {person.staff: self.hasher.hash(person.pin) for person in people}

        async def work(session: Session) -> None:
            known = {row[0] for row in await directory.all_rows(session, "store")}
            for store in sorted({store for person in people for store in person.stores} - known):
                raise NotFoundError("store", store=store)
            await directory.put_staff(session, list(_staff_rows(people, verifiers)))
            await directory.touch_setup(session)
            version = int(await directory.setup_mark(session) or b"1")
            stores = sorted({store for person in people for store in person.stores})
            await ledger.put_feed(
                session, [await self._roster(session, store, version) for store in stores]
            )

        await self.database.writing(work)

    async def _roster(self, session: Session, store: str, version: int) -> FeedRow:
        kept = await directory.staff_of(session, store)
        people = tuple(msgspec.json.decode(data, type=Staff) for data in kept)
        data = codec.canonical_bytes(Roster(version, store, people))
        signed = sign_document(self.keys.signer("roster"), PURPOSE_ROSTER, data)
        return put_row(FeedKind.ROSTER, store, signed, store_bucket(store))

    async def revoke(self, which: UUID, epoch: int) -> None:
        """Revoke a till's key: its entries are still recorded, each as an exception item."""

        async def work(session: Session) -> None:
            device = await ledger.device(session, which, epoch, lock=True)
            if device is None:
                raise NotFoundError("device")
            await ledger.set_state(session, which, epoch, "revoked")
            await ledger.put_feed(session, [device_row(device, revoked=True)])

        await self.database.writing(work)


def _staff_rows(
    people: Iterable[StaffRow], verifiers: Mapping[str, str]
) -> Iterable[tuple[str, str, bytes]]:
    for person in people:
        record = Staff(
            person.staff,
            person.name,
            person.roles,
            verifiers[person.staff],
            approver=person.approver,
            language=person.language,
        )
        for store in person.stores:
            yield person.staff, store, msgspec.json.encode(record)
