"""Returns, exchanges, voids and pay-outs at a till (design.md section 5: golden case 9, and the
table of what may be done offline)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from hardware.documents import QrCode
from sync.client.online import NoAnswer
from sync.database.till.replica_lookup import DevicePublic
from sync.database.till.replica_rows import Change
from sync.domain import receipt_summary
from sync.domain.members import Balances
from sync.domain.originals import LineParts, Ref, Sold
from sync.domain.paying_out import PayOutData
from sync.domain.refusals import Code, Refusal
from sync.domain.reversals import ExchangeData, ReturnData, VoidData
from sync.protocol.keys import Signer
from sync.protocol.messages import AuthAsk, Granted, OriginalReply
from terminal.operations.catalogue import named
from terminal.text import LANGUAGES, Language, Text
from terminal.usecases import drafts, identify, printing, sell, top_up
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, OperationDraft, SaleDraft, TopUpDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.operation import filled, open_operation
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from tests.terminal.usecases.made import (
    NOON_MS,
    PRODUCT,
    ZHANG,
    Clock,
    HeadOffice,
    light,
    read,
    till,
)

WANG = Approval("wang")
OTHER = UUID("01980000-0000-7000-8000-00000000b101")
OTHER_KEY = Signer(bytes([5]) * 32)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Till]:
    made = till(tmp_path, light(2_000, 50_000, 5_000))
    yield made
    made.database.close()


def zhang(counter: Till) -> MemberCard:
    found = identify.identify(counter, read())
    assert isinstance(found, MemberCard)
    return found


def sold(counter: Till, *amounts: int, member: bool = True, **paying: int) -> Done:
    draft = sell.open_sale(counter)
    assert isinstance(draft, SaleDraft)
    for amount in amounts:
        draft = draft.adding_amount(amount)
    if member:
        draft = draft.for_member(zhang(counter).bearer).paying(**paying)
    quoted = sell.quote(counter, draft)
    assert isinstance(quoted, sell.SaleQuote)
    done = sell.sell(counter, draft, "cash", quoted.quote.data.money_minor, WANG)
    assert isinstance(done, Done)
    return done


def do(
    counter: Till, name: str, bearer: Bearer | None = None, approval: Approval | None = WANG,
    **fields: str,
) -> Done | Refusal:  # fmt: skip
    draft = open_operation(counter, name, bearer)
    assert isinstance(draft, OperationDraft)
    for field, value in fields.items():
        draft = filled(draft, field, value)
    done = named(name).commit(counter, draft, approval, {})
    assert isinstance(done, Done | Refusal), done
    if isinstance(done, Done):
        again = named(name).commit(counter, draft, approval, {})
        assert isinstance(again, Done)
        assert not again.new
    return done


def refused(found: Done | Refusal) -> Code:
    assert isinstance(found, Refusal), found
    return found.code


def test_goods_come_back_by_receipt_number(counter: Till) -> None:
    """Rows: golden case 9; pitfalls 1, 2, 3."""
    sale = sold(counter, 10_000, 5_000, points=500)
    before = zhang(counter).standing.pending
    done = do(counter, "return", receipt=sale.number, lines="1:1")
    assert isinstance(done, Done)
    data = done.data_as(ReturnData)
    # at 9 折: 90.00 + 45.00 = 135.00, of which 50.00 by 500 points: the second line carries a third
    assert (data.points_restored, data.points_face_minor, data.money_minor) == (167, 1_667, 2_833)
    assert data.points_taken == 28
    after = zhang(counter).standing.pending
    assert after.points - before.points == 167 - 28
    assert (done.body.member, done.body.approver) == (ZHANG, "wang")
    assert refused(do(counter, "return", receipt=sale.number, lines="1:1")) is (
        Code.RETURN_ABOVE_ORIGINAL
    )
    rest = do(counter, "return", receipt=sale.number, lines="0:1")
    assert isinstance(rest, Done)
    assert zhang(counter).standing.pending == Balances()
    cash = {
        t.kind: t.amount_minor for t in counter.database.counter.totals(1) if t.tender == "cash"
    }
    assert cash == {"sale": 8_500, "return": -8_500}


def test_without_head_office_cash_goes_back_under_caps_and_with_an_approver(counter: Till) -> None:
    """Rows: pitfall 16. 200.00 per customer and day, 2,000.00 per till."""
    sale = sold(counter, 15_000, 10_000, member=False)
    assert refused(do(counter, "return", approval=None, receipt=sale.number, lines="0:1")) is (
        Code.APPROVER_NEEDED
    )
    assert isinstance(do(counter, "return", receipt=sale.number, lines="0:1"), Done)
    assert refused(do(counter, "return", receipt=sale.number, lines="1:1")) is (
        Code.OFFLINE_REFUND_CARD
    )


def test_head_office_tells_what_other_shops_took_back(tmp_path: Path) -> None:
    office = HeadOffice(lambda _: NoAnswer("timeout", unknown=False))
    counter = till(tmp_path, light(), online=office)
    sale = sold(counter, 50_000, 10_000, member=False)
    office.told = lambda _: OriginalReply(1, NOON_MS, posted=True, gone={"1": 1})
    assert refused(do(counter, "return", receipt=sale.number, lines="1:1")) is (
        Code.RETURN_ABOVE_ORIGINAL
    )
    done = do(counter, "return", approval=None, receipt=sale.number, lines="0:1")
    assert isinstance(done, Done)
    assert done.body.basis.mode == "online"
    counter.database.close()


def other_shops(sold_by: UUID, signer: Signer, **changes: object) -> str:
    ref = Ref(sold_by, 1, 17, "ab" * 32)
    line = LineParts(0, "SK-1", 2, money_minor=9_001, points_earned=90, qualifying_minor=9_001)
    what = Sold(ref, "sale", "B", "B1", "B1-1", date(2026, 11, 20), 3, ZHANG, "cash", (line,))
    data = receipt_summary.pack(msgspec.structs.replace(what, **changes))
    assert data is not None
    return receipt_summary.code_of(data, signer.sign_for(receipt_summary.PURPOSE, data))


def test_goods_of_another_shop_come_back_by_the_qr_of_its_receipt(counter: Till) -> None:
    code = other_shops(OTHER, OTHER_KEY)
    assert refused(do(counter, "return", receipt=code, lines="0:1")) is Code.RECEIPT_NOT_GENUINE
    key = DevicePublic(OTHER, 1, OTHER_KEY.public, "B1", "B1-1", revoked=False)
    counter.database.replica.apply(
        [Change(7, "device", f"{OTHER}:1", 1, key)], 1, 7, NOON_MS, complete=True
    )
    done = do(counter, "return", receipt=code.lower(), lines="0:1")
    assert isinstance(done, Done)
    data = done.data_as(ReturnData)
    assert (data.dealer, data.source, data.money_minor, data.points_taken) == (
        "B",
        "receipt",
        4_501,
        45,
    )
    forged = other_shops(OTHER, Signer(bytes([6]) * 32))
    assert refused(do(counter, "return", receipt=forged, lines="0:1")) is Code.RECEIPT_NOT_GENUINE
    assert refused(do(counter, "return", receipt="GBR1-XX", lines="0:1")) is Code.RECEIPT_UNKNOWN
    old = other_shops(OTHER, OTHER_KEY, business_date=date(2026, 10, 21))
    assert refused(do(counter, "return", receipt=old, lines="0:1")) is Code.RETURN_TOO_LATE
    revoked = replace(key, revoked=True)
    counter.database.replica.apply(
        [Change(8, "device", f"{OTHER}:1", 2, revoked)], 1, 8, NOON_MS, complete=True
    )
    assert refused(do(counter, "return", receipt=code, lines="0:1")) is Code.RECEIPT_NOT_GENUINE


def test_the_receipt_of_a_sale_carries_its_code_and_an_own_one_is_checked(counter: Till) -> None:
    sale = sold(counter, 10_000)
    document = printing.document_of(counter, sale, Text("en"), copy=False)
    [code] = [block.data for block in document.blocks if isinstance(block, QrCode)]
    assert len(code) < 400
    done = do(counter, "return", receipt=code, lines="0:1")
    assert isinstance(done, Done)
    assert done.data_as(ReturnData).source == "journal"
    wrong = other_shops(counter.database.journal.identity.device, OTHER_KEY)
    assert refused(do(counter, "return", receipt=wrong, lines="0:1")) is Code.RECEIPT_NOT_GENUINE


def test_an_exchange_pays_the_difference(counter: Till) -> None:
    """Rows: golden case 9. 100.00 back; a skirt at 2,412.00 for a member: 2,322.00 due."""
    sale = sold(counter, 10_000)
    done = do(
        counter, "exchange", zhang(counter).bearer,
        receipt=sale.number, lines="0:1", goods=PRODUCT.sku, tender="wechat",
    )  # fmt: skip
    assert isinstance(done, Done)
    data = done.data_as(ExchangeData)
    assert (data.back.money_minor, data.sale.money_minor) == (9_000, 241_200)
    assert (data.due_minor, data.refund_minor, data.due_tender) == (232_200, 0, "wechat")
    assert data.sale.money_tender == "wechat"
    totals = {(t.kind, t.tender): t.amount_minor for t in counter.database.counter.totals(1)}
    assert totals == {("sale", "cash"): 9_000, ("exchange", "wechat"): 232_200}
    again = do(counter, "return", receipt=done.number, lines="0:1")
    assert isinstance(again, Done)
    assert again.data_as(ReturnData).money_minor == 241_200


def test_the_last_operation_is_undone_within_its_day(counter: Till) -> None:
    """Rows: pitfall 16."""
    sale = sold(counter, 10_000, points=500)
    fields = named("void").fields(counter, opened(counter, "void"), None)
    assert fields[0].preset == sale.number
    done = do(counter, "void", receipt=sale.number)
    assert isinstance(done, Done)
    assert done.data_as(VoidData).money_minor == 4_000
    assert zhang(counter).standing.pending == Balances()
    assert refused(do(counter, "void", receipt=sale.number)) is Code.ALREADY_REVERSED
    assert refused(do(counter, "void", receipt=done.number)) is Code.NOT_VOIDABLE
    assert refused(do(counter, "return", receipt=sale.number, lines="0:1")) is (
        Code.RETURN_ABOVE_ORIGINAL
    )


def test_a_void_above_the_free_amount_needs_an_approver(tmp_path: Path) -> None:
    office = HeadOffice(
        lambda _: NoAnswer("timeout", unknown=False),
        told=lambda _: OriginalReply(1, NOON_MS, posted=False),
    )
    counter = till(tmp_path, light(), online=office)
    small, large = sold(counter, 20_000, member=False), sold(counter, 20_001, member=False)
    assert isinstance(do(counter, "void", approval=None, receipt=small.number), Done)
    assert refused(do(counter, "void", approval=None, receipt=large.number)) is (
        Code.APPROVER_NEEDED
    )
    counter.database.close()


def opened(counter: Till, name: str) -> OperationDraft:
    draft = open_operation(counter, name)
    assert isinstance(draft, OperationDraft)
    return draft


def loaded(counter: Till, amount_minor: int) -> Done:
    draft = top_up.open_top_up(counter, zhang(counter).bearer)
    assert isinstance(draft, TopUpDraft)
    done = top_up.top_up(counter, top_up.of_amount(draft, amount_minor), "cash", WANG)
    assert isinstance(done, Done)
    return done


def test_a_top_up_of_this_till_is_cancelled_offline_under_the_cash_caps(tmp_path: Path) -> None:
    """Rows: pitfall 19."""
    clock = Clock()
    counter = till(tmp_path, light(), clock=clock)
    first = loaded(counter, 15_000)
    assert refused(do(counter, "top_up_cancel", approval=None, receipt=first.number)) is (
        Code.APPROVER_NEEDED
    )
    done = do(counter, "top_up_cancel", receipt=first.number)
    assert isinstance(done, Done)
    assert done.data_as(PayOutData).principal_minor == 15_000
    assert zhang(counter).standing.available == Balances()
    assert refused(do(counter, "top_up_cancel", receipt=first.number)) is Code.NOTHING_TO_PAY_OUT
    more = loaded(counter, 10_000)
    assert refused(do(counter, "top_up_cancel", receipt=more.number)) is Code.OFFLINE_REFUND_CARD
    counter.database.close()


def test_what_was_paid_in_elsewhere_is_paid_out_only_with_head_office(tmp_path: Path) -> None:
    """Rows: pitfall 18."""
    answers: list[Granted | NoAnswer] = [NoAnswer("timeout", unknown=False)]

    def answer(_: AuthAsk) -> Granted | NoAnswer:
        return answers[0]

    counter = till(tmp_path, light(0, 8_000, 800), online=HeadOffice(answer), clock=Clock())
    bearer = zhang(counter).bearer
    assert refused(do(counter, "cash_out", bearer)) is Code.ONLINE_ONLY
    counter.reachable_again()
    answers[0] = Granted("a" * 32, 120, light(0, 8_000, 800))
    done = do(counter, "cash_out", bearer)
    assert isinstance(done, Done)
    assert done.data_as(PayOutData) == PayOutData(8_000, 800, "cash")
    assert done.body.basis.auth == "a" * 32
    counter.database.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_a_form_and_a_receipt(counter: Till, language: Language) -> None:
    words = Text(language)
    sale = sold(counter, 10_000, 4_000)
    spec = named("return")
    draft = filled(opened(counter, "return"), "receipt", sale.number)
    fields = spec.fields(counter, draft, None)
    assert [field.name for field in fields] == ["receipt", "lines"]
    assert [(row.key, row.most) for row in fields[1].rows] == [("0", 1), ("1", 1)]
    looked = spec.look(counter, filled(draft, "lines", "1:1"), None)
    assert not isinstance(looked, Refusal)
    for fact in looked.facts:
        assert words.has(fact.code)
    for made in (
        do(counter, "return", receipt=sale.number, lines="1:1"),
        do(counter, "exchange", receipt=sale.number, lines="0:1", goods=PRODUCT.sku, tender="cash"),
        do(counter, "void", receipt=sold(counter, 1_000).number),
        do(counter, "top_up_cancel", receipt=loaded(counter, 1_000).number),
    ):
        assert isinstance(made, Done), made
        document = printing.document_of(counter, made, words, copy=False)
        assert document.blocks
    drafts.abandon(counter, draft)
