"""What head office's people do about cards: legacy schemes, aliases, printed stock, blocks (FL-22,
FL-37)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

from sync.database.headoffice import ledger, people
from sync.database.headoffice.rows import FeedRow
from sync.database.headoffice.sessions import Session
from sync.domain.card_changes import BlockData, NewCard
from sync.domain.card_documents import PROFILE, STOCK
from sync.domain.card_formats import NO_CHECK, CardProfile
from sync.domain.cards import Block, Status, normalise, serial_of, token_of
from sync.domain.journal import Body, Kind
from sync.headoffice.errors import InvalidError
from sync.headoffice.feed.rows import ALL, document_row, store_bucket
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.operations.writing import body_of, card_named, write
from sync.headoffice.service import HeadOffice

LEGACY: Final = "legacy"
MAX_ROWS: Final = 10_000
_CARD: Final = "The number or code of the card"


def _number(ask: Ask, name: str, default: int = 0) -> int:
    text = ask.fields.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidError("field_invalid", field=name)
    return int(text)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


async def _publish(head_office: HeadOffice, rows: list[FeedRow]) -> None:
    async def work(session: Session) -> None:
        await ledger.put_feed(session, rows)

    await head_office.database.writing(work)


async def _profile(head_office: HeadOffice, ask: Ask) -> Answer:
    told = ask.fields
    try:
        made = CardProfile(
            scheme=told["scheme"].strip().upper(),
            dealer=told["dealer"].strip(),
            media=_parts(told["media"]),
            length=_number(ask, "length"),
            prefix=normalise(told.get("prefix", "")),
            first=_number(ask, "first"),
            digits=_number(ask, "digits"),
            check=told.get("check", "").strip() or NO_CHECK,
            weights=tuple(int(part) for part in _parts(told.get("weights", ""))),
            track=_number(ask, "track"),
            field=_number(ask, "field"),
            uid_order=told.get("uid_order", "").strip(),
        )
    except ValueError as error:
        raise InvalidError("card_profile_invalid", why=str(error)) from None
    await _publish(head_office, [document_row(PROFILE, made.scheme, made)])
    return {"scheme": made.scheme}


async def _aliases(head_office: HeadOffice, ask: Ask) -> Answer:
    """Each row becomes a further credential of the card, by an entry of head office."""
    pairs = list(_rows(ask.fields["rows"]))
    bodies: list[Body] = []
    for legacy, number in pairs:
        card = await card_named(head_office, number)
        if card.status is not Status.ACTIVE:
            raise InvalidError("card_not_active", tail=card.tail)
        token = token_of(head_office.keys.token_key, legacy)
        data = NewCard(token, normalise(legacy)[-4:], LEGACY)
        bodies.append(body_of(head_office, ask, Kind.CARD_BIND, data, card.member, card.token))
    await write(head_office, ask, bodies)
    return {"cards": len(bodies)}


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """(legacy credential, card) of each line. Raises InvalidError("rows_invalid")."""
    found = [row for row in csv.reader(StringIO(text.replace(";", "\n"))) if row]
    if len(found) > MAX_ROWS:
        raise InvalidError("rows_invalid", line=MAX_ROWS)
    for line, row in enumerate(found, 1):
        if len(row) != 2 or not all(part.strip() for part in row):
            raise InvalidError("rows_invalid", line=line)
        yield row[0].strip(), row[1].strip()


async def _stock(head_office: HeadOffice, ask: Ask) -> Answer:
    first, last = (serial_of(normalise(ask.fields[name])) for name in ("first", "last"))
    if first is None or last is None or last < first:
        raise InvalidError("card_number_invalid")
    stores, label = _parts(ask.fields.get("stores", "")), ask.fields["label"].strip()
    async with head_office.database.reading() as session:
        tills = await people.tills_of_serials(session, first, last)
        known = await ledger.load_groups(session)
    if tills:
        raise InvalidError("stock_overlaps", till=tills[0])
    for store in stores:
        if store not in known:
            raise InvalidError("place_unknown", store=store)
    block = Block(first, last)
    rows = [document_row(STOCK, f"{label}-{s}", block, store_bucket(s)) for s in stores]
    await _publish(head_office, rows or [document_row(STOCK, label, block, ALL)])
    return {"cards": last - first + 1}


async def _block(head_office: HeadOffice, ask: Ask, kind: Kind) -> Answer:
    card = await card_named(head_office, ask.fields["card"])
    wanted = Status.ACTIVE if kind is Kind.CARD_BLOCK else Status.BLOCKED
    if card.status is not wanted:
        raise InvalidError("card_not_blocked" if kind is Kind.CARD_UNBLOCK else "card_blocked")
    data = BlockData(ask.fields.get("reason", "").strip()[:64] or "office")
    await write(head_office, ask, [body_of(head_office, ask, kind, data, card.member, card.token)])
    return {"card": card.tail}


async def _block_card(head_office: HeadOffice, ask: Ask) -> Answer:
    return await _block(head_office, ask, Kind.CARD_BLOCK)


async def _unblock_card(head_office: HeadOffice, ask: Ask) -> Answer:
    return await _block(head_office, ask, Kind.CARD_UNBLOCK)


OPERATIONS: Final = (
    OfficeOperation(
        "publish_card_profile",
        {
            "scheme": "Name of the scheme, capitals and digits",
            "dealer": "Whose cards they were",
            "media": "barcode, magstripe, ic, rfid; with commas between",
            "length": "How many characters are read",
            "prefix": "What they begin with",
            "first": "Where the number begins, counted from 0",
            "digits": "How many characters the number has; 0: to the end",
            "check": "none, luhn, mod10-weighted or mod11",
            "weights": "Weights of the check, from the left, with commas between",
            "track": "Track of the stripe, 1 to 3; 0: the reader gives the number alone",
            "field": "Which field of the track, counted from 0",
            "uid_order": "Of a chip's serial: as_read or reversed",
        },
        _profile,
        frozenset({"prefix", "first", "digits", "check", "weights", "track", "field", "uid_order"}),
    ),
    OfficeOperation(
        "alias_cards",
        {"rows": "Lines of SCHEME:number,card: the old credential and the card it belongs to"},
        _aliases,
    ),
    OfficeOperation(
        "stock_cards",
        {
            "label": "Name of the box of printed cards",
            "first": "Number of the first card",
            "last": "Number of the last card",
            "stores": "Stores that may issue them; empty: all",
        },
        _stock,
        frozenset({"stores"}),
    ),
    OfficeOperation(
        "block_card", {"card": _CARD, "reason": "Why"}, _block_card, frozenset({"reason"})
    ),
    OfficeOperation(
        "unblock_card", {"card": _CARD, "reason": "Why"}, _unblock_card, frozenset({"reason"})
    ),
)
