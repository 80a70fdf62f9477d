"""Returns, exchanges, voids and pay-outs: what head office makes of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import (
    originals,
    posting_reversals,
    reversals,
    selling,
)
from sync.domain.admission import Admitted
from sync.domain.books import Books, MemberBook
from sync.domain.expiring import EXPIRY
from sync.domain.journal import Basis, Effect, Entry, Kind, read_body
from sync.domain.leases import Lease
from sync.domain.lots import LEASED_PART, Allocation, EntryRef
from sync.domain.members import Balances
from sync.domain.originals import Original, TakenBack
from sync.domain.posting import Issue, Outcome
from sync.domain.posting_run import Run
from tests.sync.domain.making import (
    DAY,
    NOTHING,
    Counter,
    HeadOffice,
    effects_of,
    granted,
    plain,
)
from tests.sync.domain.reversal_scenes import ANNA, BEN, office
from tests.sync.domain.reversing import cancel, exchange, give_back, pay_out, ref_to, void
from tests.sync.domain.test_reversals_golden import PAYING, pieces


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


def test_what_a_lease_covered_and_nobody_had_is_forgiven_too() -> None:
    """Golden case 9, invariants 27 and 30: 5.00 spent within a lease, of which head office has 2.00
    by then. The goods come back: nothing is owed, and the 2.00 are there again."""
    hq, a = office(ANNA), Counter("A", rules=PAYING)
    hq.receive(a, a.top_up(ANNA, 200))
    hq.members[ANNA].leases = [
        Lease("s-1", ANNA, "A-store", "A1", f"{a.device}:1", "stored_value", 500, 0, 500, 10**15)
    ]
    held = Balances(0, 500)
    quoted = granted(a.quote([500], available=held, stored_value_minor=500))
    data = granted(selling.pay(quoted, "cash", 0))
    effects = selling.effects(data, ANNA, "A", "A1", "CNY")
    sale = a.write(
        a.body(
            Kind.SALE, ANNA, data=plain(data), effects=effects, claims=quoted.claims,
            basis=Basis(1, 0, "offline", leases={"s-1": 500}),
        )
    )  # fmt: skip
    [posted] = hq.receive(a, sale)
    assert posted.codes == (Issue.OVERDRAFT,)
    [debt] = hq.members[ANNA].uncovered
    assert (debt.claim, debt.open) == (LEASED_PART, 300)
    [result] = hq.receive(a, give_back(a, sale))
    assert result.codes == ()
    assert hq.balances(ANNA).principal == 200
    assert not hq.members[ANNA].uncovered
