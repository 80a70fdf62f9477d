"""Receipts of what was taken back or paid out. Pure, as `receipts`, which lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from hardware.documents import Block, Row, Rule, Total
from sync.domain.journal import Body, Kind
from sync.domain.originals import LineParts, Ref
from sync.domain.paying_out import PayOutData
from sync.domain.reversals import ExchangeData, ReturnData, VoidData

if TYPE_CHECKING:
    from terminal.usecases.receipts import ReceiptContext, Words

_PROOF: Final = 8
KINDS: Final = frozenset({Kind.RETURN, Kind.EXCHANGE, Kind.VOID, Kind.TOP_UP_CANCEL, Kind.CASH_OUT})


def goods_of(body: Body) -> set[str]:
    """Product numbers on the receipt of a return or an exchange."""
    if body.kind == Kind.EXCHANGE:
        data = msgspec.convert(body.data, ExchangeData)
        found = {line.sku for line in data.back.lines} | {line.sku for line in data.sale.lines}
    else:
        found = {line.sku for line in msgspec.convert(body.data, ReturnData).lines}
    return found - {""}


def returned(body: Body, context: ReceiptContext, words: Words) -> list[Block]:
    """A return: the lines that came back, then what the customer gets."""
    data = msgspec.convert(body.data, ReturnData)
    return [
        *_back(data, context, words),
        Rule(double=True),
        Total(words("receipt.given_back"), words.money(data.given_back_minor)),
        *_sums(data, words),
        *_points(body, data.points_restored, data.points_taken, words),
    ]


def exchanged(body: Body, context: ReceiptContext, words: Words) -> list[Block]:
    """An exchange: what came back, what was taken, and the difference."""
    data = msgspec.convert(body.data, ExchangeData)
    back, sale = data.back, data.sale
    made = [*_back(back, context, words), Rule()]
    for line in sale.lines:
        name = _name(line.sku, context, words)
        made.append(Row(f"{name} × {line.quantity}", words.money(line.price_minor), bold=True))
    made += [
        Row(words("receipt.due"), words.money(sale.due_minor)),
        Row(words("receipt.given_back"), words.money(-back.given_back_minor)),
        *_not_money(back, words),
        Rule(double=True),
    ]
    if data.due_minor:
        made.append(Total(words("receipt.difference_due"), words.money(data.due_minor)))
        made.append(Row(words(f"sale.tender.{data.due_tender}"), words.money(data.due_minor)))
    else:
        made.append(Total(words("receipt.difference_back"), words.money(data.refund_minor)))
        if data.refund_minor:
            tender = words(f"sale.tender.{back.tender}")
            made.append(Row(tender, words.money(data.refund_minor)))
    earned = sale.points_earned - back.points_taken
    return [*made, *_points(body, back.points_restored, -earned, words)]


def voided(body: Body, _context: ReceiptContext, words: Words) -> list[Block]:
    """A void: which operation never happened."""
    data = msgspec.convert(body.data, VoidData)
    made = [
        *_original(data.ref, body.place.till, words),
        Row(words("receipt.void_of"), words(f"receipt.title.{data.of}"), bold=True),
        Rule(double=True),
        Total(words("receipt.given_back"), words.money(data.money_minor)),
    ]
    if data.tender:
        made.append(Row(words(f"sale.tender.{data.tender}"), words.money(data.money_minor)))
    return made


def paid_out(body: Body, _context: ReceiptContext, words: Words) -> list[Block]:
    """A cancelled top-up, or what was left paid out."""
    data = msgspec.convert(body.data, PayOutData)
    made: list[Block] = [] if data.ref is None else _original(data.ref, "", words)
    made.append(Row(words("receipt.principal"), words.money(-data.principal_minor)))
    if data.bonus_minor:
        made.append(Row(words("receipt.bonus"), words.money(-data.bonus_minor)))
    return [
        *made,
        Rule(double=True),
        Total(words("receipt.given_back"), words.money(data.principal_minor)),
        Row(words(f"sale.tender.{data.tender}"), words.money(data.principal_minor)),
    ]


def _back(data: ReturnData, context: ReceiptContext, words: Words) -> list[Block]:
    made = _original(data.ref, "", words)
    for line in data.lines:
        name = _name(line.sku, context, words)
        made.append(Row(f"{name} × {line.quantity}", _minus(line, words), bold=True))
    return made


def _minus(line: LineParts, words: Words) -> str:
    return words.money(-line.paid_minor)


def _original(ref: Ref, till: str, words: Words) -> list[Block]:
    """The original by its journal number and the first digits of its hash."""
    number = f"{till}-{ref.seq:06d}" if till else f"{ref.seq:06d}"
    return [Row(words("receipt.original"), f"{number} [{ref.hash[:_PROOF]}]")]


def _sums(data: ReturnData, words: Words) -> list[Block]:
    made: list[Block] = []
    if data.money_minor:
        made.append(Row(words(f"sale.tender.{data.tender}"), words.money(data.money_minor)))
    return [*made, *_not_money(data, words)]


def _not_money(data: ReturnData, words: Words) -> list[Block]:
    """What of it goes back to the member's accounts."""
    made: list[Block] = []
    stored = data.principal_minor + data.bonus_minor
    if stored:
        made.append(Row(words("receipt.stored_value_back"), words.money(stored)))
    if data.points_face_minor:
        left = words("receipt.points_paid", used=words.points(data.points_restored))
        made.append(Row(left, words.money(data.points_face_minor)))
    return made


def _points(body: Body, restored: int, taken: int, words: Words) -> list[Block]:
    if body.member is None:
        return []
    made: list[Block] = [Rule()]
    if restored:
        made.append(Row(words("receipt.points_restored"), words.points(restored, sign=True)))
    made.append(Row(words("receipt.points_taken"), words.points(-taken, sign=True), bold=True))
    return made


def _name(sku: str, context: ReceiptContext, words: Words) -> str:
    chinese, english = context.names.get(sku, ("", ""))
    first, second = (chinese, english) if words.language == "zh_CN" else (english, chinese)
    return first or second or sku or words("receipt.plain_goods")
