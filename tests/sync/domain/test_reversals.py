"""Returns, exchanges, voids and pay-outs: what they refuse, cash and codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from sync.domain import (
    originals,
    paying_out,
    receipt_summary,
    refund_limits,
    reversals,
)
from sync.domain.journal import Body, Kind, read_body
from sync.domain.limits import Allowed
from sync.domain.members import Balances
from sync.domain.originals import Sold
from sync.domain.programme import OfflineLimits, Programme, Returns
from sync.domain.refund_limits import Refunded
from sync.domain.refusals import Code
from sync.domain.reversals import Where
from tests.sync.domain.making import (
    DAY,
    NOTHING,
    Counter,
    granted,
    plain,
)
from tests.sync.domain.reversal_scenes import ANNA, BEN, GOODS, HERE, LINE, LOADED, REF, code, rules
from tests.sync.domain.reversing import exchange, give_back, sold
from tests.sync.domain.test_reversals_golden import BONUS, PAYING


# ------------------------------------------------------------------------------------- refusals
def test_what_a_return_refuses() -> None:
    """Rows: pitfalls 16, 19."""

    def back(
        what: Sold = GOODS,
        wanted: dict[int, int] | None = None,
        gone: dict[int, int] | None = None,
        where: Where = HERE,
        settings: Programme = PAYING,
    ) -> Code:  # fmt: skip
        return code(reversals.take_back(settings, what, wanted or {}, gone or {}, where, "journal"))

    assert back(LOADED, {0: 1}) is Code.NOT_RETURNABLE
    assert back() is Code.NOTHING_TO_RETURN
    assert back(wanted={0: 0}) is Code.NOTHING_TO_RETURN
    assert back(wanted={0: 4}) is Code.RETURN_ABOVE_ORIGINAL
    assert back(wanted={0: 2}, gone={0: 2}) is Code.RETURN_ABOVE_ORIGINAL
    assert back(wanted={1: 1}) is Code.RETURN_ABOVE_ORIGINAL
    assert back(wanted={0: -1}) is Code.RETURN_ABOVE_ORIGINAL
    away = Where("B", "B1", DAY)
    assert back(wanted={0: 1}, where=away, settings=rules(other_dealers=False)) is (
        Code.RETURN_OTHER_DEALER
    )
    late = replace(HERE, day=DAY + timedelta(days=31))
    assert back(wanted={0: 1}, where=late) is Code.RETURN_TOO_LATE
    last = replace(HERE, day=DAY + timedelta(days=30))
    granted(reversals.take_back(PAYING, GOODS, {0: 1}, {}, last, "journal"))
    granted(reversals.take_back(rules(days=None), GOODS, {0: 1}, {}, late, "journal"))
    granted(reversals.take_back(rules(other_dealers=False), GOODS, {0: 1}, {}, HERE, "journal"))


def test_goods_of_nobody_move_no_member() -> None:
    what = msgspec.structs.replace(GOODS, member=None)
    back = granted(reversals.take_back(PAYING, what, {0: 1}, {}, HERE, "journal"))
    assert not [e for e in back.effects if e.account.startswith("member/")]


def test_what_a_void_refuses() -> None:
    a = Counter("A", rules=PAYING)
    body = read_body(a.sale(ANNA, [10_000]).body)

    def voided(found: Body = body, where: Where = HERE, gone: dict[int, int] | None = None) -> Code:
        return code(reversals.void(REF, found, where, gone or {}))

    assert voided(read_body(a.enrol(BEN).body)) is Code.NOT_VOIDABLE
    assert voided(where=Where("A", "A2", DAY)) is Code.VOID_OTHER_TILL
    assert voided(where=replace(HERE, day=date(2026, 11, 22))) is Code.VOID_OTHER_DAY
    assert voided(gone={0: 1}) is Code.ALREADY_REVERSED
    top_up = granted(reversals.void(REF, read_body(a.top_up(ANNA, 1_000).body), HERE, {}))
    assert (top_up.data.money_minor, top_up.data.tender) == (1_000, "cash")
    gift = granted(reversals.void(REF, read_body(a.gift(ANNA).body), HERE, {}))
    assert (gift.data.money_minor, gift.data.tender) == (0, "")


def test_what_a_cancelled_top_up_refuses() -> None:
    """Rows: pitfall 19. Seven days, the last one included."""
    held = Balances(0, 30_000, 3_000)

    def cancelled(what: Sold = LOADED, gone: int = 0, day: date = DAY) -> Any:
        return paying_out.cancel(PAYING, what, gone, held, replace(HERE, day=day))

    assert code(cancelled(GOODS)) is Code.NOT_A_TOP_UP
    assert code(cancelled(msgspec.structs.replace(LOADED, member=None))) is Code.NOT_A_TOP_UP
    assert code(cancelled(day=DAY + timedelta(days=8))) is Code.CANCEL_TOO_LATE
    assert code(cancelled(gone=30_000)) is Code.NOTHING_TO_PAY_OUT
    last = granted(cancelled(day=DAY + timedelta(days=7)))
    assert (last.data.principal_minor, last.data.bonus_minor, last.data.tender) == (
        30_000, 3_000, "wechat",
    )  # fmt: skip


def test_the_bonus_of_a_cancelled_top_up_goes_by_the_setting() -> None:
    """Rows: pitfalls 18, 19. 200.00 of 300.00 are still there: the rest of 30.00, or 20.00."""
    held = Balances(0, 20_000, 2_500)
    rest = granted(paying_out.cancel(PAYING, LOADED, 0, held, HERE))
    pro_rata = granted(paying_out.cancel(rules(cancel_bonus="pro_rata"), LOADED, 0, held, HERE))
    assert (rest.data.bonus_minor, pro_rata.data.bonus_minor) == (2_500, 2_000)
    none = granted(paying_out.cancel(PAYING, LOADED, 0, Balances(0, 20_000, -5), HERE))
    assert none.data.bonus_minor == 0


def test_what_a_pay_out_refuses() -> None:
    def paid(settings: Programme, held: Balances) -> Code:
        return code(paying_out.cash_out(settings, str(ANNA), held, HERE))

    assert paid(rules(cash_out=False), BONUS) is Code.CASH_OUT_NOT_HERE
    assert paid(PAYING, NOTHING) is Code.NOTHING_TO_PAY_OUT
    assert paid(rules(cash_out_forfeits_bonus=False), BONUS) is Code.CASH_OUT_BONUS_LEFT
    kept = rules(cash_out_forfeits_bonus=False)
    granted(paying_out.cash_out(kept, str(ANNA), Balances(0, 5_000), HERE))


@pytest.mark.parametrize(
    "wrong",
    [{"days": -1}, {"grace_days": -1}, {"void_free_minor": -1}, {"cancel_bonus": "some"}],
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Returns(**wrong)


# -------------------------------------------------------------------------------- cash offline
def test_cash_goes_back_without_head_office_under_caps() -> None:
    """Rows: pitfall 16; design.md section 5, table: return, exchange, void. Inclusive."""
    limits = OfflineLimits()
    asked = refund_limits.refund_offline
    assert asked(limits, 20_000, Refunded()) == Allowed(("refund",))
    assert code(asked(limits, 20_001, Refunded())) is Code.OFFLINE_REFUND_CARD
    assert code(asked(limits, 1, Refunded(20_000, 20_000))) is Code.OFFLINE_REFUND_CARD
    assert asked(limits, 10_000, Refunded(0, 190_000)) == Allowed(("refund",))
    assert code(asked(limits, 10_001, Refunded(0, 190_000))) is Code.OFFLINE_REFUND_TILL
    assert asked(limits, 0, Refunded(30_000, 300_000)) == Allowed(("refund",))


def test_cash_that_left_is_counted_by_customer_and_day_and_by_till() -> None:
    a = Counter("A", rules=PAYING)
    first, second = a.sale(ANNA, [10_000]), a.sale(BEN, [5_000])
    waiting = [read_body(give_back(a, entry).body) for entry in (first, second)]
    waiting.append(read_body(first.body))  # cash came in
    a.day = date(2026, 11, 22)
    waiting.append(read_body(give_back(a, first, {0: 1}).body))
    assert refund_limits.refunded(waiting, ANNA, DAY) == Refunded(10_000, 25_000)


# ------------------------------------------------------------------------------------ receipts
def test_a_receipts_code_says_the_original_and_nothing_else() -> None:
    """Rows: return by QR."""
    for what in (GOODS, LOADED, msgspec.structs.replace(GOODS, member=None)):
        data = receipt_summary.pack(what)
        assert data is not None
        text = receipt_summary.code_of(data, bytes(64))
        assert receipt_summary.is_code(text)
        assert len(text) < 400
        assert receipt_summary.read_code(text.lower().replace("-", "")) == (data, bytes(64))
        assert receipt_summary.unpack(data) == what


def test_a_code_that_is_none_is_not_read() -> None:
    assert not receipt_summary.is_code("A1-1-000017")
    with pytest.raises(receipt_summary.UnreadableSummary):
        receipt_summary.read_code("GBR1-1")
    data = receipt_summary.pack(GOODS)
    assert data is not None
    less = msgspec.msgpack.decode(data)
    for wrong in ([0, "x", 1, [1]], [0, "x", 1, [-1] * 8], [0, "x", 0, [1] * 8]):
        with pytest.raises(receipt_summary.UnreadableSummary):
            receipt_summary.unpack(msgspec.msgpack.encode([*less[:-1], [wrong]]))
    for bad in (b"", data[:-1], msgspec.msgpack.encode([b"short", *less[1:]])):
        with pytest.raises(receipt_summary.UnreadableSummary):
            receipt_summary.unpack(bad)


def test_a_receipt_of_very_many_lines_has_no_code() -> None:
    many = tuple(
        msgspec.structs.replace(LINE, item=item, sku=f"SK-{item:08}") for item in range(100)
    )
    assert receipt_summary.pack(msgspec.structs.replace(GOODS, lines=many)) is None


# ----------------------------------------------------------------------------------- originals
def test_only_goods_and_top_ups_are_taken_back_by_line() -> None:
    a = Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    assert originals.sold_of(REF, read_body(a.gift(ANNA).body)) is None
    broken = a.body(Kind.SALE, ANNA, data={"lines": 1})
    assert originals.sold_of(REF, broken) is None
    swapped = a.body(Kind.EXCHANGE, ANNA)
    assert originals.sold_of(REF, swapped) is None
    again = exchange(a, sale, {0: 1}, [13_000], "cash")
    assert [line.money_minor for line in sold(again).lines] == [13_000]
    nobody = a.body(Kind.SALE, None, data=plain(msgspec.convert(read_body(sale.body).data, dict)))
    found = originals.sold_of(REF, nobody)
    assert found is not None
    assert found.lines[0].qualifying_minor == 0


def test_an_exchange_may_pay_back_or_come_out_even() -> None:
    """Rows: golden case 9. Cash only if all of the new goods was paid in cash."""
    a = Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    for amount, tender, due, refund, by in (
        (13_000, "wechat", 3_000, 0, "wechat"),
        (13_000, "cash", 3_000, 0, "cash"),
        (8_000, "wechat", 0, 2_000, "cash"),
        (10_000, "wechat", 0, 0, "cash"),
    ):
        data = read_body(exchange(a, sale, {0: 1}, [amount], tender).body).data
        made = msgspec.convert(data, reversals.ExchangeData)
        assert (made.due_minor, made.refund_minor, made.sale.money_tender) == (due, refund, by)
