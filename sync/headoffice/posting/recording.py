"""Records of entries: which ones a batch needs, and what tills are told of those that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from sync.database.headoffice.rows import Device, FeedRow, Person
from sync.domain import extras
from sync.domain.coupons import Coupon
from sync.domain.extras import Alert, VirtualOrder
from sync.domain.gift_stock import GiftStock
from sync.domain.lots import HEAD_OFFICE
from sync.domain.records import FreeUsed, Ready, Record, RecordKey, keys_of
from sync.domain.service_orders import ServiceOrder, flagged
from sync.domain.store_kinds import StoreFacts
from sync.headoffice.feed.rows import document_gone, document_row, store_bucket
from sync.headoffice.posting.reading import Reading


def keys_needed(pairs: Iterable[tuple[Reading, Device]]) -> set[RecordKey]:
    """Records that these entries touch, each with the device that wrote it."""
    found: set[RecordKey] = set()
    for reading, device in pairs:
        if reading.body is not None:
            office = device.dealer == HEAD_OFFICE
            store = reading.body.place.store if office else device.store
            found.update(keys_of(reading.body, store))
    return found


def feed_of(changed: Mapping[RecordKey, Record]) -> Iterator[FeedRow]:
    """What tills are told: orders and gift counts to their store, alerts to all."""
    for key, record in changed.items():
        yield from row_of(key, record)


def row_of(key: RecordKey, record: Record) -> Iterator[FeedRow]:
    """The feed row of one record, if tills are told of its kind."""
    if isinstance(record, Coupon):
        yield document_row(key.kind, key.key, record)
    elif isinstance(record, StoreFacts):
        yield document_row(key.kind, key.key, record, store_bucket(key.key))
    elif isinstance(record, ServiceOrder | GiftStock):
        yield document_row(key.kind, key.key, record, store_bucket(record.store))
    elif isinstance(record, VirtualOrder):
        if record.state != extras.ISSUED:  # then it is told with its code, by who issues it
            told = extras.told(record)
            yield document_row(key.kind, key.key, told, store_bucket(record.store))
    elif isinstance(record, Alert):
        if record.state == "open":
            yield document_row(key.kind, key.key, record)
        else:
            yield document_gone(key.kind, key.key)


def flag_people(changed: Mapping[RecordKey, Record], people: Mapping[UUID, Person]) -> set[UUID]:
    """Put what members' light rows say of services into their flags; whose changed."""
    found = set()
    for record in changed.values():
        if not isinstance(record, Ready | FreeUsed) or record.member is None:
            continue
        person = people.get(record.member)
        if person is None:
            continue
        if isinstance(record, Ready):
            flags = flagged(person.flags, "service_ready", len(record.codes))
        else:
            name = f"free/{record.entitlement}/{record.year}"
            flags = flagged(person.flags, name, record.used)
        if flags != person.flags:
            person.flags = flags
            found.add(record.member)
    return found
