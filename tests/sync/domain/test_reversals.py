"""Returns, exchanges, voids and pay-outs: what they refuse, and what head office makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import (
    originals,
    paying_out,
    posting_reversals,
    receipt_summary,
    refund_limits,
    reversals,
    selling,
)
from sync.domain.admission import Admitted
from sync.domain.books import Books, MemberBook
from sync.domain.expiring import EXPIRY
from sync.domain.journal import Body, Effect, Entry, Kind, read_body
from sync.domain.limits import Allowed
from sync.domain.lots import Allocation, EntryRef
from sync.domain.members import Balances
from sync.domain.originals import LineParts, Original, Ref, Sold, TakenBack
from sync.domain.posting import Issue, Outcome
from sync.domain.posting_run import Run
from sync.domain.programme import OfflineLimits, Programme, Returns
from sync.domain.refund_limits import Refunded
from sync.domain.refusals import Code, Refusal
from sync.domain.reversals import Where
from tests.sync.domain.making import (
    DAY,
    NOTHING,
    Counter,
    HeadOffice,
    effects_of,
    granted,
    member_id,
    plain,
    programme,
)
from tests.sync.domain.reversing import cancel, exchange, give_back, pay_out, ref_to, sold, void
from tests.sync.domain.test_reversals_golden import BONUS, PAYING, pieces

ANNA, BEN = member_id(1), member_id(2)
REF = Ref(UUID(int=7), 1, 17, "ab" * 32)
LINE = LineParts(0, "SK-1", 3, money_minor=10_000, points_earned=100, qualifying_minor=10_000)
GOODS = Sold(REF, "sale", "A", "A-store", "A1", DAY, 1, ANNA, "cash", (LINE,))
LOADED = Sold(
    REF, "top_up", "A", "A-store", "A1", DAY, 1, ANNA, "wechat",
    (LineParts(0, "", 30_000, principal_minor=30_000, bonus_minor=3_000),),
)  # fmt: skip
HERE = Where("A", "A1", DAY)


def code(found: object) -> Code:
    assert isinstance(found, Refusal), found
    return found.code


def rules(**settings: Any) -> Programme:
    return programme(returns=Returns(**settings))


def office(*members: UUID) -> HeadOffice:
    return HeadOffice((PAYING,)).join(*(members or (ANNA,)))


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


# ------------------------------------------------------------------------------- at head office
def test_a_return_waits_for_its_original() -> None:
    """Rows: invariants 33, 34."""
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    [early] = hq.receive(b, give_back(b, sale))
    assert (early.outcome, early.codes) == (Outcome.QUARANTINED, (Issue.ORIGINAL_UNKNOWN,))
    # in one batch, and in two: the same
    results = hq.receive(a, sale, give_back(a, sale))
    assert [r.codes for r in results] == [(), ()]
    assert hq.balances(ANNA) == NOTHING


@pytest.mark.parametrize("what", ["hash", "kind", "member", "lines", "forward"])
def test_a_return_that_does_not_fit_its_original_changes_nothing(what: str) -> None:
    hq, a = office(ANNA, BEN), Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    good = read_body(give_back(a, sale).body)
    changed: dict[str, Any] = {"data": dict(good.data), "effects": good.effects}
    member = ANNA
    if what == "hash":
        changed["data"]["ref"] = plain(msgspec.structs.replace(ref_to(sale), hash="00"))
    elif what == "kind":
        sale = a.top_up(ANNA, 1_000)
        changed["data"]["ref"] = plain(ref_to(sale))
    elif what == "member":
        member = BEN
        changed["effects"] = ()
    elif what == "lines":
        lines = dict(read_body(sale.body).data)
        lines["lines"] = []
        sale = a.write(a.body(Kind.SALE, ANNA, data={**lines, "lines": 5}))
        changed["data"]["ref"] = plain(ref_to(sale))
    else:
        changed["effects"] = effects_of(ANNA, [("points", 500)])
    hq.receive(a, sale)
    before = hq.balances(ANNA)
    [result] = hq.receive(a, a.write(a.body(Kind.RETURN, member, **changed)))
    assert (result.outcome, result.codes) == (Outcome.QUARANTINED, (Issue.DATA_UNREADABLE,))
    assert hq.balances(ANNA) == before


def test_lines_of_a_sale_must_be_numbered_and_have_pieces() -> None:
    a = Counter("A", rules=PAYING)
    data = dict(read_body(a.sale(ANNA, [10_000, 5_000]).body).data)
    lines: Any = data["lines"]
    for wrong in (
        [lines[0], lines[0]],
        [{**lines[0], "quantity": 0}],
        [{**lines[0], "quantity": 10**12 + 2}],
        [{**lines[0], "money_minor": -1}],
        [{**lines[0], "item": -3}],
    ):
        with pytest.raises(ValueError, match="lines of a sale"):
            originals.pieces_of(a.body(Kind.SALE, ANNA, data={**data, "lines": wrong}))
    assert originals.pieces_of(a.body(Kind.NOTE, ANNA)) == {0: 1}


def test_head_office_books_the_exact_negatives_whatever_a_till_wrote() -> None:
    """Rows: pitfall 1; invariant 30."""
    hq, a = office(), Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    hq.receive(a, sale)
    [result] = hq.receive(a, give_back(a, sale, effects=()))
    assert result.codes == (Issue.RULE_MISMATCH,)
    assert hq.balances(ANNA) == NOTHING


def test_the_sale_in_an_exchange_is_looked_at_like_any_other() -> None:
    """Rows: pitfall 1. 130 points follow from 130.00; the till wrote 630."""
    hq, a = office(), Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    hq.receive(a, sale)
    body = read_body(exchange(a, sale, {0: 1}, [13_000], "cash").body)
    more = (Effect(f"member/{ANNA}/points", "PTS", 500, 0), Effect("dealer/A/x", "PTS", -500))
    wrong = msgspec.structs.replace(body, effects=(*body.effects, *more))
    a.seq, a.prev = sale.seq, sale.hash
    [result] = hq.receive(a, a.write(wrong))
    assert result.codes == (Issue.RULE_MISMATCH,)
    assert hq.balances(ANNA).points == 630


def test_a_void_of_another_day_is_flagged() -> None:
    hq, a = office(), Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    hq.receive(a, sale)
    [result] = hq.receive(a, void(a, sale, business_date=date(2026, 11, 22)))
    assert result.codes == (Issue.RULE_MISMATCH,)
    assert hq.balances(ANNA) == NOTHING


def test_a_voided_gift_gives_the_points_back() -> None:
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    hq.receive(a, a.sale(ANNA, [100_000]))
    gift = b.gift(ANNA)
    hq.receive(b, gift)
    [result] = hq.receive(b, void(b, gift))
    assert result.codes == ()
    assert hq.balances(ANNA).points == 1_000
    assert hq.nets() == {"A": (0, 0), "B": (0, 0)}


def test_what_nothing_had_covered_yet_is_forgiven_first() -> None:
    """Rows: golden case 9. 500 points were there for a payment of 1,000: 500 short. Half of the
    goods come back: nothing is short any more; the other half: the lot is whole again."""
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    hq.receive(a, a.sale(ANNA, [50_000]))
    sale = b.sale(ANNA, [10_000, 10_000], points=1_000)
    [short] = hq.receive(b, sale)
    assert short.codes == (Issue.OVERDRAFT,)
    earned = 100  # of 100.00 paid in cash, which cover 100 of the hole
    assert hq.balances(ANNA).points == 500 - 1_000 + earned
    hq.receive(b, give_back(b, sale, {0: 1}))
    hq.receive(b, give_back(b, sale, {1: 1}))
    assert hq.balances(ANNA).points == 500
    assert not hq.members[ANNA].uncovered
    assert [(lot.dealer, lot.open) for lot in hq.lots.values()] == [("A", 500), ("B", 0)]


def test_principal_drawn_from_bonus_goes_back_to_bonus() -> None:
    """Rows: golden case 8. The till believed in 100.00 of principal; only bonus was there."""
    hq, a = office(), Counter("A", rules=PAYING)
    hq.receive(a, a.moves(Kind.OPENING_BALANCE, ANNA, [("bonus", 10_000)]))
    sale = a.sale(ANNA, [5_000], available=Balances(0, 10_000), stored_value_minor=5_000)
    [drawn] = hq.receive(a, sale)
    assert drawn.codes == (Issue.SPLIT_MISMATCH,)
    [result] = hq.receive(a, give_back(a, sale))
    assert result.codes == (Issue.SPLIT_MISMATCH,)
    assert hq.balances(ANNA) == Balances(0, 0, 10_000)


def test_more_is_cancelled_than_was_loaded() -> None:
    """Rows: pitfall 19; invariant 30. Two shops cancel the same top-up: the second pays for
    nothing."""
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    loaded = a.top_up(ANNA, 30_000)
    hq.receive(a, loaded)
    hq.receive(a, a.top_up(ANNA, 20_000))
    [first] = hq.receive(b, cancel(b, loaded, Balances(0, 30_000, 3_000)))
    assert first.codes == ()
    [second] = hq.receive(b, cancel(b, loaded, Balances(0, 30_000, 3_000)))
    assert second.codes == (Issue.ALREADY_REVERSED, Issue.RULE_MISMATCH)
    assert hq.balances(ANNA) == Balances(0, 20_000)
    assert hq.nets() == {"A": (30_000, 0), "B": (0, 30_000)}


def test_a_pay_out_of_what_is_not_there_is_owed() -> None:
    """Rows: golden case 13, pitfall 18. Principal pays principal: bonus is not touched for it."""
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    hq.receive(a, a.top_up(ANNA, 30_000))
    [result] = hq.receive(b, pay_out(b, ANNA, Balances(0, 40_000, 1_000)))
    assert result.codes == (Issue.OVERDRAFT,)
    assert hq.balances(ANNA) == Balances(0, -10_000, 2_000)
    hq.receive(a, a.top_up(ANNA, 10_000))
    assert hq.balances(ANNA).principal == 0
    assert hq.nets() == {"A": (40_000, 0), "B": (0, 40_000)}


def kept(hq: HeadOffice, changes: dict[str, Any]) -> None:
    """What head office holds of lots, changed behind its back."""
    for lot in (*hq.lots.values(), *hq.members[ANNA].lots):
        for name, value in changes.items():
            setattr(lot, name, value)


def test_points_that_have_ended_are_not_taken_twice() -> None:
    """Rows: golden case 9. 1,000 points ended; the goods come back: nothing more is taken."""
    hq, a = office(), Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [100_000])
    [posted] = hq.receive(a, sale)
    assert posted.post_seq is not None
    [lot] = hq.lots.values()
    ended = Allocation(
        99, 0, 99, 0, EXPIRY, "", ANNA, "points", EntryRef(a.device, 1, 9), "HQ", lot.key,
        lot.entry, "A", "A-store", 1_000, 0, "A", "A",
    )  # fmt: skip
    hq.allocations.append(ended)
    kept(hq, {"open": 0})
    hq.members[ANNA].balances = Balances(0, 0, 0, 100_000)
    [result] = hq.receive(a, give_back(a, sale))
    assert result.codes == ()
    assert hq.balances(ANNA) == NOTHING
    assert not hq.members[ANNA].uncovered


def test_units_of_a_lot_that_is_somebody_elses_by_now_come_back_on_their_own() -> None:
    """A lot that was transferred: the member gets a new one of the same origin, and what it would
    have paid for stays undone."""
    hq, a, b = office(ANNA, BEN), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    earned = a.sale(ANNA, [100_000])
    hq.receive(a, earned)
    sale = b.sale(ANNA, [20_000], points=1_000)
    hq.receive(b, sale)
    for lot in hq.lots.values():
        if lot.dealer == "A":
            lot.member = BEN
    [result] = hq.receive(b, give_back(b, sale))
    assert result.codes == ()
    [grace] = [lot for lot in hq.lots.values() if lot.member == ANNA and lot.open]
    assert (grace.dealer, grace.open, grace.funded_by) == ("A", 1_000, "issuing")
    # and what its own sale gave is nowhere: a hole that nobody is paid for
    hq.members[ANNA].lots.clear()
    for lot in hq.lots.values():
        lot.member = BEN
    hq.allocations.clear()
    [result] = hq.receive(a, give_back(a, earned))
    [hole] = hq.members[ANNA].uncovered
    assert (hole.open, hole.amount_minor, hole.creditor) == (1_000, 0, "A")


def test_partial_returns_of_what_was_spent_find_the_rest_of_the_hole() -> None:
    """Rows: golden case 15. Three pieces earn 300 points, all spent at B for 15.00: each return
    leaves 100 points owed to A at 5.00."""
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    sale = pieces(a, 3, 10_000)
    hq.receive(a, sale)
    hq.receive(b, b.sale(ANNA, [9_000], points=300))
    for gone in range(3):
        hq.receive(a, give_back(a, sale, {0: 1}, {0: gone}))
    holes = [(d.open, d.amount_minor) for d in hq.uncovered.values()]
    covered = [x.amount_minor for x in hq.allocations if x.kind == "clawback" and x.amount_minor]
    assert sum(amount for _, amount in holes) + sum(covered) == 1_500
    assert hq.balances(ANNA).points == 60 - 300


def test_money_of_a_sale_to_nobody_is_owed_to_the_dealer_that_gave_it_back() -> None:
    hq, a, b = office(), Counter("A", rules=PAYING), Counter("B", rules=PAYING)
    quoted = granted(a.quote([10_000]))
    data = granted(selling.pay(quoted, "cash", 10_000))
    bare = msgspec.structs.replace(
        data,
        points_earned=0,
        lines=tuple(msgspec.structs.replace(line, points_earned=0) for line in data.lines),
    )
    effects = selling.effects(bare, None, "A", "A1", "CNY")
    sale = a.write(a.body(Kind.SALE, None, data=plain(bare), effects=effects))
    hq.receive(a, sale)
    [result] = hq.receive(b, give_back(b, sale))
    assert result.codes == ()
    assert hq.nets() == {"A": (10_000, 0), "B": (0, 10_000)}
    free = pieces(a, 1, 100)
    assert isinstance(free, Entry)


def test_a_return_under_an_unknown_programme_has_the_usual_grace() -> None:
    hq, a = office(), Counter("A", rules=PAYING)
    hq.receive(a, a.sale(ANNA, [100_000]))
    sale = a.sale(ANNA, [20_000], points=500)
    hq.receive(a, sale)
    kept(hq, {"expires_on": date(2026, 11, 1)})
    [result] = hq.receive(a, give_back(a, sale, programme=99))
    assert Issue.RULE_MISMATCH in result.codes
    grace = max(hq.lots.values(), key=lambda lot: lot.key)
    assert (grace.open, grace.expires_on) == (500, DAY + timedelta(days=30))


def test_pieces_below_nothing_are_none() -> None:
    hq, a = office(), Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    hq.receive(a, sale)
    data = dict(read_body(give_back(a, sale).body).data)
    line: Any = data["lines"]
    data["lines"] = [{**line[0], "quantity": -5}, {**line[0], "item": 9}]
    [result] = hq.receive(a, a.write(a.body(Kind.RETURN, ANNA, data=data)))
    assert result.codes == (Issue.ALREADY_REVERSED,)
    assert hq.balances(ANNA) == Balances(100, 0, 0, 10_000)
    assert hq.taken_back == []


def _posted(run: Run, book: MemberBook) -> None:
    if run.body.kind == Kind.TOP_UP_CANCEL:
        posting_reversals.cancel(run, book)
    else:
        posting_reversals.reverse(run)


@pytest.mark.parametrize("kind", [Kind.RETURN, Kind.TOP_UP_CANCEL, Kind.VOID])
def test_nothing_is_posted_that_was_admitted_without_its_data(kind: Kind) -> None:
    a = Counter("A", rules=PAYING)
    sale = a.sale(ANNA, [10_000])
    body, ref = a.body(kind, ANNA), ref_to(sale).entry
    books = Books((PAYING,), {ANNA: MemberBook(ANNA, "plain", "A", "A-store")}, {}, ("A", "s", "t"))
    known = Original(ref, sale.hash, read_body(sale.body), ("A", "s", "t"), 1)
    for original in (None, known):
        admitted = Admitted(PAYING, (), (), as_claimed=True, original=original)
        run = Run(body, admitted, ref, books, 2)
        with pytest.raises(TypeError, match="admitted without"):
            _posted(run, books.members[ANNA])


def test_effects_name_the_line_they_take_back() -> None:
    assert [originals.back_item(item) for item in (0, 1, -1, -2)] == [-1, -2, 0, 1]
    taken = TakenBack(EntryRef(UUID(int=1), 1, 1), 5, 0, 1)
    assert taken.quantity == 1
    effect = Effect("dealer/A/sales", "CNY", 5, 2)
    assert reversals._negative(effect) == Effect("dealer/A/sales", "CNY", -5, None)
