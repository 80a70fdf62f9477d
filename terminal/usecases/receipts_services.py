"""Receipts of service orders and virtual goods: garment tags to tear off, what is due, what for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from hardware.documents import Barcode, Block, Row, Rule, Text, Total
from sync.domain.extras import VirtualData
from sync.domain.journal import Body, Kind
from sync.domain.programme import Programme
from sync.domain.service_orders import CloseData, OpenData

if TYPE_CHECKING:
    from terminal.usecases.receipts import ReceiptContext, Words

KINDS: Final = frozenset({Kind.SERVICE_OPEN, Kind.SERVICE_CLOSE, Kind.VIRTUAL_ORDER})


def names_of(programme: Programme) -> Iterator[tuple[str, tuple[str, str]]]:
    """Names of services, garments, colours, faults and virtual goods, by code."""
    rules = programme.services
    named = [(kind.code, kind.name) for kind in rules.types]
    named += [(one.code, one.name) for one in (*rules.items, *rules.colours, *rules.faults)]
    for code, name in named:
        yield code, (name.zh, name.en)
    for good in programme.extras.virtual:
        yield good.offer, (good.name.zh, good.name.en)


def taken_in(body: Body, context: ReceiptContext, words: Words) -> list[Block]:
    """An order taken in: the customer's part, then a tag with its barcode for each garment."""
    data = msgspec.convert(body.data, OpenData)
    made: list[Block] = [
        Row(_name(data.service, context, words), f"× {len(data.garments)}", bold=True),
        Row(words("receipt.service_order"), data.code),
        Row(words("receipt.service_promised"), data.promised_on.isoformat(), bold=True),
        Rule(double=True),
    ]
    if data.entitlement:
        made.append(Row(words("receipt.service_free"), words.money(0), bold=True))
    else:
        made.append(Total(words("receipt.service_price"), words.money(data.price_minor)))
    for garment in data.garments:
        codes = (garment.item, garment.colour, *garment.faults)
        what = " ".join(_name(code, context, words) for code in codes if code)
        made += [Rule(), Row(words("receipt.service_garment"), what), Barcode(garment.tag)]
    return made


def handed_out(body: Body, _context: ReceiptContext, words: Words) -> list[Block]:
    """An order handed out, and what was paid for it."""
    data = msgspec.convert(body.data, CloseData)
    made: list[Block] = [
        Row(words("receipt.service_order"), data.code),
        Text(words(f"service.outcome.{data.outcome}"), bold=True),
    ]
    if data.price_minor:
        made += [
            Rule(double=True),
            Total(words("receipt.service_paid"), words.money(data.price_minor)),
            Row(words(f"sale.tender.{data.tender}"), words.money(data.price_minor)),
        ]
    return made


def ordered(body: Body, context: ReceiptContext, words: Words) -> list[Block]:
    """A virtual good ordered, or asked for."""
    data = msgspec.convert(body.data, VirtualData)
    made: list[Block] = [
        Row(_name(data.offer, context, words), f"× {data.quantity}", bold=True),
        Row(words("receipt.worth"), words.money(data.face_minor)),
        Rule(double=True),
    ]
    if data.request:
        return [*made, Text(words("receipt.virtual_request"), bold=True)]
    return [*made, Total(words("receipt.used"), words.points(-data.points, sign=True))]


def _name(code: str, context: ReceiptContext, words: Words) -> str:
    chinese, english = context.names.get(code, (code, code))
    return (chinese or english) if words.language == "zh_CN" else (english or chinese)
