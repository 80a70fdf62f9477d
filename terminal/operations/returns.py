"""Returns, exchanges, voids, and stored value paid out, as forms."""

from __future__ import annotations

from typing import Final

from sync.domain import receipt_summary
from sync.domain.journal import Kind
from sync.domain.money import plain
from sync.domain.originals import GOODS, Sold, left_of
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.reversals import CASH, VOIDABLE, ReturnData
from sync.domain.selling import MONEY_TENDERS
from terminal.operations.spec import (
    Choice,
    Fact,
    FieldKind,
    FieldSpec,
    MemberUse,
    OperationSpec,
    Preview,
    TableRow,
    without_hidden,
)
from terminal.usecases import originals, pay_out, take_back
from terminal.usecases.commits import done_at
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.till import Till

_RECEIPT: Final = FieldSpec("receipt", FieldKind.SCAN)
_COLUMNS: Final = ("return.column.goods", "return.column.paid", "return.column.left")
_TENDER: Final = FieldSpec(
    "tender",
    FieldKind.CHOICE,
    choices=tuple(Choice(name, f"sale.tender.{name}") for name in MONEY_TENDERS),
    preset=CASH,
)
_GONE: Final = "return.none_left"


def _rules(till: Till, draft: OperationDraft) -> Programme | None:
    return till.programme_version(draft.programme)


def _returned(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    """The receipt; once it is found, its lines with what may still come back."""
    found = take_back.original(till, draft) if draft.fields.get("receipt") else None
    if not isinstance(found, originals.Found) or found.sold.kind not in GOODS:
        return (_RECEIPT,)
    rows = _rows(till, found.sold, left_of(found.sold, found.gone))
    return (_RECEIPT, FieldSpec("lines", FieldKind.TABLE, rows=rows, columns=_COLUMNS))


def _rows(till: Till, sold: Sold, left: dict[int, int]) -> tuple[TableRow, ...]:
    return tuple(
        TableRow(
            str(line.item),
            (_name(till, line.sku), plain(line.paid_minor), str(left[line.item])),
            left[line.item],
            "" if left[line.item] else _GONE,
        )
        for line in sold.lines
    )


def _name(till: Till, sku: str) -> str:
    product = till.database.replica.product(sku) if sku else None
    if product is None:
        return sku or "receipt.plain_goods"
    chinese = till.session is None or till.session.language.startswith("zh")
    names = (product.name_zh, product.name_en) if chinese else (product.name_en, product.name_zh)
    return names[0] or names[1]


def _exchanged(
    till: Till, draft: OperationDraft, member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    asked = _returned(till, draft, member)
    return asked if len(asked) == 1 else (*asked, FieldSpec("goods", FieldKind.SCAN), _TENDER)


def _voided(
    till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    """The last operation that can be undone stands there already."""
    return (FieldSpec("receipt", FieldKind.SCAN, preset=_last(till)),)


def _last(till: Till) -> str:
    head = till.database.journal.head().seq
    done = done_at(till, head) if head else None
    return done.number if done is not None and done.body.kind in VOIDABLE else ""


def _cancelled(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (_RECEIPT,)


def _nothing(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return ()


def _look_return(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> Preview | Refusal:
    rules = _rules(till, draft)
    if rules is None:
        return refuse(Code.PROGRAMME_MISSING)
    looked = take_back.look_return(till, draft, rules)
    if isinstance(looked, Refusal):
        return looked
    warning = "return.goes_negative" if looked.negative else ""
    return Preview(_facts(looked.back.data), looked.back.trace, (), warning)


def _facts(data: ReturnData) -> tuple[Fact, ...]:
    found = [Fact("return.money", "money_minor", data.money_minor, strong=True)]
    if data.tender:
        found.append(Fact("return.tender", "tender", f"sale.tender.{data.tender}"))
    stored = data.principal_minor + data.bonus_minor
    for code, name, value in (
        ("return.stored_value", "stored_minor", stored),
        ("return.points_restored", "restored_points", data.points_restored),
        ("return.points_taken", "taken_points", -data.points_taken),
    ):
        if value:
            found.append(Fact(code, name, value))
    return tuple(found)


def _look_exchange(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> Preview | Refusal:
    rules = _rules(till, draft)
    if rules is None:
        return refuse(Code.PROGRAMME_MISSING)
    looked = take_back.look_exchange(till, draft, rules)
    if isinstance(looked, Refusal):
        return looked
    data = looked.data
    facts = [
        Fact("return.given_back", "back_minor", data.back.given_back_minor),
        Fact("exchange.goods", "goods_minor", data.sale.due_minor),
    ]
    if data.due_minor:
        facts.append(Fact("exchange.due", "due_minor", data.due_minor, strong=True))
    else:
        facts.append(Fact("return.money", "refund_minor", data.refund_minor, strong=True))
    return Preview(tuple(facts), looked.trace)


def _look_void(till: Till, draft: OperationDraft, _member: MemberCard | None) -> Preview | Refusal:
    rules = _rules(till, draft)
    if rules is None:
        return refuse(Code.PROGRAMME_MISSING)
    looked = take_back.look_void(till, draft, rules)
    if isinstance(looked, Refusal):
        return looked
    data = looked.voided.data
    facts = [
        Fact("void.what", "kind", f"receipt.title.{data.of}"),
        Fact("void.worth", "worth_minor", looked.worth_minor),
        Fact("return.money", "money_minor", data.money_minor, strong=True),
    ]
    if data.tender:
        facts.append(Fact("return.tender", "tender", f"sale.tender.{data.tender}"))
    marks = (take_back.VOID_MARK,) if looked.approver else ()
    return Preview(tuple(facts), looked.voided.trace, marks)


def _look_cancel(
    till: Till, draft: OperationDraft, _member: MemberCard | None
) -> Preview | Refusal:
    rules = _rules(till, draft)
    if rules is None:
        return refuse(Code.PROGRAMME_MISSING)
    looked = pay_out.look_cancel(till, draft, rules)
    if isinstance(looked, Refusal):
        return looked
    return _paid(looked.paid.data.principal_minor, looked.paid.data.bonus_minor, looked)


def _look_cash_out(
    till: Till, draft: OperationDraft, member: MemberCard | None
) -> Preview | Refusal:
    rules = _rules(till, draft)
    if rules is None:
        return refuse(Code.PROGRAMME_MISSING)
    looked = pay_out.look_cash_out(till, rules, member)
    if isinstance(looked, Refusal):
        return looked
    return _paid(looked.paid.data.principal_minor, looked.paid.data.bonus_minor, looked)


def _paid(principal: int, bonus: int, looked: pay_out.CancelLook | pay_out.CashOutLook) -> Preview:
    facts = [Fact("pay_out.principal", "principal_minor", principal, strong=True)]
    if bonus:
        facts.append(Fact("pay_out.bonus", "bonus_minor", -bonus))
    warning = "pay_out.asks_headoffice" if looked.online_only else ""
    return Preview(tuple(facts), looked.paid.trace, (pay_out.PAY_OUT_MARK,), warning)


OPERATIONS: Final = (
    OperationSpec(
        Kind.RETURN.value,
        "returns",
        "undo-2",
        MemberUse.OPTIONAL,
        _returned,
        _look_return,
        without_hidden(take_back.return_goods),
        receipt_summary.is_code,
    ),
    OperationSpec(
        Kind.EXCHANGE.value,
        "returns",
        "refresh-cw",
        MemberUse.OPTIONAL,
        _exchanged,
        _look_exchange,
        without_hidden(take_back.exchange_goods),
    ),
    OperationSpec(
        Kind.VOID.value,
        "returns",
        "undo-dot",
        MemberUse.NONE,
        _voided,
        _look_void,
        without_hidden(take_back.void_entry),
    ),
    OperationSpec(
        Kind.TOP_UP_CANCEL.value,
        "member",
        "circle-minus",
        MemberUse.OPTIONAL,
        _cancelled,
        _look_cancel,
        without_hidden(pay_out.cancel_top_up),
    ),
    OperationSpec(
        Kind.CASH_OUT.value,
        "member",
        "banknote",
        MemberUse.NEEDED,
        _nothing,
        _look_cash_out,
        without_hidden(pay_out.cash_out),
    ),
)
