"""Reversals on real databases: originals are loaded whole, what waits follows, nothing twice."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.database.headoffice import reports
from sync.domain.journal import Kind, read_body
from sync.domain.members import Balances
from sync.domain.selling import SaleData
from sync.headoffice.jobs.redriving import redrive
from sync.headoffice.service import HeadOffice
from sync.protocol import codec, wire
from sync.protocol.messages import OriginalAsk, OriginalReply, PushReply
from tests.helpers.tills import TestTill, good, rows_of
from tests.sync.domain.making import member_id, plain
from tests.sync.domain.reversing import cancel, give_back, pay_out, ref_to, void

ANNA = member_id(1)


def outcomes(reply: PushReply) -> list[tuple[str, tuple[str, ...]]]:
    return [(r.outcome.value, r.codes) for r in reply.results]


def balances(till: TestTill) -> Balances:
    found: Balances = rows_of(till.feed(), "member")[str(ANNA)].balances
    return found


def books(till: TestTill) -> list[Any]:
    """What does not balance at head office."""

    async def read(hq: HeadOffice) -> list[Any]:
        async with hq.database.reading() as session:
            return list(await reports.unbalanced(session))

    return till.served.call(read)


def gone(till: TestTill, entry: Any) -> OriginalReply:
    ref = ref_to(entry)
    reply = good(till.ask(wire.ORIGINAL, OriginalAsk(ref.device, ref.epoch, ref.seq)))
    return codec.decode(reply.content, OriginalReply)


def test_a_return_restores_closed_lots_and_reverses_their_lines(a1: TestTill, b1: TestTill) -> None:
    """Rows: golden case 9."""
    a1.push(a1.desk.enrol(ANNA), a1.desk.sale(ANNA, [100_000]))
    gift = b1.desk.gift(ANNA)
    b1.push(gift)
    assert balances(a1).points == 0
    assert not gone(a1, gift).gone
    reply = b1.push(void(b1.desk, gift))
    assert outcomes(reply) == [("posted", ())]
    [note] = reply.results[0].allocations
    assert (note.quantity, note.amount_minor, note.debtor, note.creditor) == (
        -1_000, -5_000, "A", "B",
    )  # fmt: skip
    assert balances(a1).points == 1_000
    told = gone(a1, gift)
    assert (told.posted, told.gone) == (True, {"0": 1})
    assert books(a1) == []


def test_a_return_that_comes_before_its_original_follows_it_at_once(
    a1: TestTill, b1: TestTill
) -> None:
    """Rows: invariants 33, 34. In the batch, the entry after the original sees the goods gone."""
    a1.push(a1.desk.enrol(ANNA))
    sale = a1.desk.sale(ANNA, [10_000])
    early = b1.push(give_back(b1.desk, sale))
    assert outcomes(early) == [("quarantined", ("original_unknown",))]
    assert not gone(b1, sale).posted
    after = give_back(a1.desk, sale)
    assert outcomes(a1.push(sale, after)) == [
        ("posted", ()),
        ("posted_exception", ("already_reversed",)),
    ]
    assert balances(a1) == Balances()
    assert books(a1) == []


def test_points_spent_before_the_goods_came_back_are_owed(a1: TestTill, b1: TestTill) -> None:
    """Rows: golden case 15."""
    sale = a1.desk.enrol(ANNA), a1.desk.sale(ANNA, [100_000])
    a1.push(*sale)
    b1.push(b1.desk.gift(ANNA))
    assert outcomes(a1.push(give_back(a1.desk, sale[1]))) == [("posted", ())]
    assert balances(a1).points == -1_000
    [covering] = b1.push(b1.desk.sale(ANNA, [100_000])).results
    [note] = covering.allocations
    assert (note.quantity, note.amount_minor, note.debtor, note.creditor) == (
        1_000, 5_000, "B", "A",
    )  # fmt: skip
    assert books(a1) == []


def test_goods_of_nobody_come_back_once(a1: TestTill, b1: TestTill) -> None:
    """Rows: pitfall 16; invariant 30. Nobody's books are locked: the original's row is."""
    enrolled, bought = a1.desk.enrol(ANNA), a1.desk.sale(ANNA, [10_000])
    data = msgspec.convert(read_body(bought.body).data, SaleData)
    lines = tuple(msgspec.structs.replace(line, points_earned=0) for line in data.lines)
    bare = plain(msgspec.structs.replace(data, lines=lines, points_earned=0))
    sale = a1.desk.write(a1.desk.body(Kind.SALE, None, data=bare))
    a1.push(enrolled, bought, sale)
    reply = b1.push(give_back(b1.desk, sale))
    assert outcomes(reply) == [("posted", ())]
    [note] = reply.results[0].allocations
    assert (note.amount_minor, note.debtor, note.creditor) == (10_000, "A", "B")
    [surplus] = b1.push(give_back(b1.desk, sale)).results
    assert (surplus.codes, surplus.allocations) == (("already_reversed",), ())


def test_stored_value_is_paid_out_elsewhere(a1: TestTill, b1: TestTill) -> None:
    """Rows: pitfalls 18, 19."""
    enrolled, loaded = a1.desk.enrol(ANNA), a1.desk.top_up(ANNA, 30_000)
    a1.push(enrolled, loaded)
    assert outcomes(b1.push(cancel(b1.desk, loaded, Balances(0, 10_000, 0)))) == [("posted", ())]
    assert gone(b1, loaded).gone == {"0": 10_000}
    assert outcomes(b1.push(pay_out(b1.desk, ANNA, Balances(0, 20_000, 3_000)))) == [("posted", ())]
    assert balances(a1) == Balances()
    assert books(a1) == []


def test_what_could_never_be_an_original_stops_nothing(a1: TestTill) -> None:
    """Rows: invariant 40."""
    enrolled, sale = a1.desk.enrol(ANNA), a1.desk.sale(ANNA, [10_000])
    data = dict(read_body(give_back(a1.desk, sale).body).data)
    a1.desk.seq, a1.desk.prev = sale.seq, sale.hash  # that one is never sent
    ref = data["ref"]
    assert isinstance(ref, dict)
    wrong = [{**ref, "seq": 1 << 62}, {**ref, "seq": 0}, {**ref, "epoch": -1}, "none", None]
    returns = [
        a1.desk.write(a1.desk.body(Kind.RETURN, ANNA, data={**data, "ref": one})) for one in wrong
    ]
    reply = a1.push(enrolled, sale, *returns)
    assert {r.codes for r in reply.results[2:]} == {("original_unknown",), ("data_unreadable",)}
    assert balances(a1).points == 100


def test_both_wait_for_their_member_and_follow_in_order(a1: TestTill, b1: TestTill) -> None:
    """Rows: invariant 33."""
    sale = a1.desk.sale(ANNA, [10_000])
    a1.push(sale)
    assert outcomes(b1.push(give_back(b1.desk, sale)))[0][0] == "quarantined"
    b1.push(b1.desk.enrol(ANNA))
    assert balances(a1) == Balances()
    assert gone(a1, sale).gone == {"0": 1}
    assert a1.served.call(lambda hq: redrive(hq.database, hq.poster, hq.clock.now_ms())) == 0
    assert books(a1) == []
