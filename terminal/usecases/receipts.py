"""What goes on paper: a document from an entry and what the till knows around it. Pure.

The journal number and the first digits of the entry's hash stand on every receipt, so that paper is
a witness of the journal. Words come from the caller, in the language the receipt is to have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import msgspec

from hardware.documents import (
    Align,
    Barcode,
    Block,
    CopyMark,
    Heading,
    QrCode,
    ReceiptDocument,
    Row,
    Rule,
    Text,
    Total,
)
from sync.domain.joining import EnrolData
from sync.domain.journal import Body, Entry, Kind
from sync.domain.members import Balances
from sync.domain.redeeming import GiftData
from sync.domain.selling import SaleData, SoldLine
from sync.domain.stored_value import TopUpData
from terminal.usecases import receipts_reversals, receipts_services
from terminal.usecases.commits import HASH_PREFIX, receipt_number
from terminal.usecases.shift import ShiftCloseData

RECEIPT_KINDS: Final = frozenset(
    {Kind.SALE, Kind.TOP_UP, Kind.REDEEM_GIFT, Kind.ENROL, Kind.SHIFT_CLOSE}
    | receipts_reversals.KINDS
    | receipts_services.KINDS
)
_TAGS: Final = {"zh_CN": "zh-CN"}


class Words(Protocol):
    """Sentences and amounts in one language (`terminal.text.Text`)."""

    @property
    def language(self) -> str:
        """Return "zh_CN" or "en"."""
        ...

    def __call__(self, code: str, /, **params: object) -> str:
        """Return the sentence of a code."""
        ...

    def money(self, amount_fen: int, *, sign: bool = False, symbol: bool = True) -> str:
        """Return an amount."""
        ...

    def points(self, value: int, *, sign: bool = False) -> str:
        """Return points with their unit."""
        ...

    def age(self, age_s: int) -> str:
        """Return how long ago."""
        ...


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """A member on paper: masked name, and balances with their age at the moment of printing.

    `age_s` None: head office has confirmed nothing yet.
    """

    name: str
    tier_zh: str
    tier_en: str
    tail: str
    confirmed: Balances
    pending: Balances
    age_s: int | None


@dataclass(frozen=True, slots=True)
class ReceiptContext:
    """What a receipt says beside its entry. `names`: product number or gift offer -> (zh, en)."""

    store_zh: str
    store_en: str
    local_time: datetime
    operator: str
    member: MemberFigures | None = None
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    sandbox: bool = False
    copy: bool = False
    code: str = ""


def build(entry: Entry, body: Body, context: ReceiptContext, words: Words) -> ReceiptDocument:
    """The receipt of an entry. Raises ValueError for a kind that has none."""
    builder = _BUILDERS.get(body.kind)
    if builder is None:
        raise ValueError(f"a {body.kind} entry has no receipt")
    number = receipt_number(body.place.till, entry.seq)
    blocks: list[Block] = [
        *_head(body, number, context, words),
        *builder(body, context, words),
        *_figures(body, context, words),
        Rule(),
        Barcode(number),
        *([QrCode(context.code, words("receipt.code"))] if context.code else []),
        Row(words("receipt.proof"), _grouped(entry.hash.hex()[:HASH_PREFIX])),
    ]
    mark = words("receipt.copy")
    if context.copy:
        blocks.insert(0, CopyMark(mark))
    return ReceiptDocument(_TAGS.get(words.language, words.language), tuple(blocks), mark)


def _head(body: Body, number: str, context: ReceiptContext, words: Words) -> list[Block]:
    made: list[Block] = [
        Heading(words("receipt.brand")),
        Heading(_named(words, context.store_zh, context.store_en), big=False),
        Text(words(f"receipt.title.{body.kind}"), Align.CENTER),
    ]
    if context.sandbox:
        made.append(Text(words("receipt.sandbox"), Align.CENTER, bold=True))
    return [
        *made,
        Rule(),
        Row(words("receipt.number"), number),
        Row(words("receipt.time"), context.local_time.strftime("%Y-%m-%d %H:%M")),
        Row(words("receipt.business_date"), body.business_date.isoformat()),
        Row(words("receipt.cashier"), context.operator),
        Rule(),
    ]


def _sale(body: Body, context: ReceiptContext, words: Words) -> list[Block]:
    sale = msgspec.convert(body.data, SaleData)
    made: list[Block] = []
    for line in sale.lines:
        made += _sold(line, context, words)
    made += _saved(sale, context, words)
    made += [Rule(double=True), Total(words("receipt.due"), words.money(sale.due_minor))]
    made += _paid_by(sale, words)
    if body.member is not None:
        made.append(Rule())
        if sale.points_used:
            made.append(Row(words("receipt.used"), words.points(-sale.points_used, sign=True)))
        made.append(
            Row(words("receipt.earned"), words.points(sale.points_earned, sign=True), bold=True)
        )
    return made


def _saved(sale: SaleData, context: ReceiptContext, words: Words) -> list[Block]:
    """From the list total to the amount due; each offer by its name (pitfall 33)."""
    made: list[Block] = [
        Rule(),
        Row(words("receipt.list_total"), words.money(sale.tag_minor)),
    ]
    if sale.member_discount_minor:
        made.append(Row(words("receipt.member_saving"), words.money(-sale.member_discount_minor)))
    for used in sale.offers:
        name = _name_of(f"offer/{used.offer}", context, words) or used.offer
        made.append(Row(name, words.money(-used.off_minor)))
    if sale.stored_value_discount_minor:
        left = words("receipt.stored_value_saving")
        made.append(Row(left, words.money(-sale.stored_value_discount_minor)))
    return made


def _paid_by(sale: SaleData, words: Words) -> list[Block]:
    """The tenders."""
    made: list[Block] = []
    if sale.points_used:
        left = words("receipt.points_paid", used=words.points(sale.points_used))
        made.append(Row(left, words.money(sale.points_face_minor)))
    stored = sale.principal_minor + sale.bonus_minor
    if stored:
        made.append(Row(words("receipt.stored_value_paid"), words.money(stored)))
    if sale.money_minor:
        made.append(Row(words(f"sale.tender.{sale.money_tender}"), words.money(sale.money_minor)))
    if sale.mall is not None and sale.mall.slip:
        made.append(Row(words("receipt.mall_slip"), sale.mall.slip))
    if sale.change_minor:
        made.append(Row(words("receipt.tendered"), words.money(sale.tendered_minor)))
        made.append(Row(words("receipt.change"), words.money(sale.change_minor), bold=True))
    return made


def _sold(line: SoldLine, context: ReceiptContext, words: Words) -> list[Block]:
    tag = line.unit_minor * line.quantity
    name = _name_of(line.sku, context, words) or words("receipt.plain_goods")
    made: list[Block] = [Row(name, words.money(tag, symbol=False), bold=True)]
    detail = words("receipt.line", code=line.sku or name, count_text=str(line.quantity))
    if line.member_discount_minor:
        rule = words(f"receipt.{line.rule.replace('.', '_')}")
        off = words.money(-line.member_discount_minor, symbol=False)
        made.append(Row(f"{detail} {rule}", off, indent=2))
    elif line.rule == "price.override":
        made.append(Row(f"{detail} {words('receipt.price_override')}", "", indent=2))
    elif line.sku or line.quantity > 1:
        made.append(Row(detail, "", indent=2))
    return made


def _top_up(body: Body, _context: ReceiptContext, words: Words) -> list[Block]:
    data = msgspec.convert(body.data, TopUpData)
    made: list[Block] = [Row(words("receipt.principal"), words.money(data.principal_minor))]
    if data.bonus_minor:
        made.append(Row(words("receipt.bonus"), words.money(data.bonus_minor, sign=True)))
    return [
        *made,
        Rule(double=True),
        Total(words("receipt.paid"), words.money(data.principal_minor)),
        Row(words(f"sale.tender.{data.tender}"), words.money(data.principal_minor)),
    ]


def _gift(body: Body, context: ReceiptContext, words: Words) -> list[Block]:
    data = msgspec.convert(body.data, GiftData)
    name = _name_of(data.offer, context, words) or data.offer
    return [
        Row(name, f"× {data.quantity}", bold=True),
        Row(words("receipt.worth"), words.money(data.face_minor)),
        Rule(double=True),
        Total(words("receipt.used"), words.points(-data.points, sign=True)),
    ]


def _enrol(body: Body, _context: ReceiptContext, words: Words) -> list[Block]:
    data = msgspec.convert(body.data, EnrolData)
    return [
        Text(words("receipt.welcome"), Align.CENTER, bold=True),
        Row(words("receipt.card"), f"·· {data.tail}"),
        Row(words("receipt.qualifies"), words(f"receipt.{data.qualifies_by.replace('.', '_')}")),
        Row(words("receipt.consent"), data.consent_version),
    ]


def _shift_close(body: Body, _context: ReceiptContext, words: Words) -> list[Block]:
    data = msgspec.convert(body.data, ShiftCloseData)
    made: list[Block] = [Row(words("receipt.shift"), str(body.shift))]
    sums: dict[str, int] = {}
    for total in data.totals:
        sums[total.tender] = sums.get(total.tender, 0) + total.amount_minor
    made += [
        Row(words(f"receipt.tender.{name}"), words.money(amount))
        for name, amount in sorted(sums.items())
    ]
    return [
        *made,
        Rule(),
        Row(words("receipt.opening"), words.money(data.opening_minor)),
        Row(words("receipt.expected"), words.money(data.expected_minor)),
        Row(words("receipt.counted"), words.money(data.counted_minor)),
        Row(words("receipt.difference"), words.money(data.difference_minor, sign=True), bold=True),
    ]


def _figures(body: Body, context: ReceiptContext, words: Words) -> list[Block]:
    """Balances, how old head office's figures are, and what it has not seen yet."""
    member = context.member
    if member is None or body.member is None:
        return []
    tier = _named(words, member.tier_zh, member.tier_en)
    tail = f" ··{member.tail}" if member.tail else ""
    made: list[Block] = [Rule(), Row(words("receipt.member"), f"{member.name} {tier}{tail}")]
    total = member.confirmed + member.pending
    confirmed, pending = member.confirmed, member.pending
    points = words.points(confirmed.points)
    made += [
        Row(words("receipt.points_balance"), words.points(total.points), bold=True),
        Text(_note(member, points, words.points(pending.points, sign=True), words)),
    ]
    if total.stored_value or pending.stored_value:
        parts = words(
            "receipt.value_parts",
            principal=words.money(total.principal),
            bonus=words.money(total.bonus),
        )
        value = words.money(confirmed.stored_value)
        note = _note(member, value, words.money(pending.stored_value, sign=True), words)
        made += [
            Row(words("receipt.value_balance"), words.money(total.stored_value), bold=True),
            Text(f"{parts}{note}" if words.language == "zh_CN" else f"{parts} {note}"),
        ]
    return made


def _note(member: MemberFigures, confirmed: str, pending: str, words: Words) -> str:
    if member.age_s is None:
        return words("receipt.unconfirmed", pending=pending)
    return words(
        "receipt.confirmed", confirmed=confirmed, age=words.age(member.age_s), pending=pending
    )


def _name_of(code: str, context: ReceiptContext, words: Words) -> str:
    found = context.names.get(code)
    return _named(words, *found) if found else ""


def _named(words: Words, chinese: str, english: str) -> str:
    return (chinese or english) if words.language == "zh_CN" else (english or chinese)


def _grouped(text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


_Builder = Callable[[Body, ReceiptContext, Words], list[Block]]
_BUILDERS: Final[dict[str, _Builder]] = {
    Kind.SALE: _sale,
    Kind.TOP_UP: _top_up,
    Kind.REDEEM_GIFT: _gift,
    Kind.ENROL: _enrol,
    Kind.SHIFT_CLOSE: _shift_close,
    Kind.RETURN: receipts_reversals.returned,
    Kind.EXCHANGE: receipts_reversals.exchanged,
    Kind.VOID: receipts_reversals.voided,
    Kind.TOP_UP_CANCEL: receipts_reversals.paid_out,
    Kind.CASH_OUT: receipts_reversals.paid_out,
    Kind.SERVICE_OPEN: receipts_services.taken_in,
    Kind.SERVICE_CLOSE: receipts_services.handed_out,
    Kind.VIRTUAL_ORDER: receipts_services.ordered,
}
