"""Services and extras at head office, on real databases: records, documents, operations."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sync.domain import extras
from sync.domain.extras import Alert, VirtualTold
from sync.domain.gift_stock import GiftStock
from sync.domain.journal import Attachment, Entry, Kind, entry_hash
from sync.domain.members import LightRow
from sync.domain.service_orders import ServiceOrder
from sync.headoffice.errors import InvalidError
from sync.headoffice.operations import asking
from sync.headoffice.serving import Running
from sync.protocol import codec, wire
from sync.protocol.messages import MemberAsk, MemberReply
from tests.helpers.tills import TestTill, good, rows_of
from tests.sync.domain.making import member_id, plain
from tests.sync.domain.service_rules import Desk, rules

ANNA, BEN = member_id(1), member_id(2)
BOOK = rules(version=2)


class SignedDesk(Desk):
    """A desk whose entries are signed under a till's enrolment."""

    def __init__(self, till: TestTill) -> None:
        super().__init__(till.record.dealer, int(till.name[1:]), BOOK)
        self.till, self.prev = till, till.genesis

    @property
    def device(self) -> UUID:
        return self.till.device

    def write_bytes(self, data: bytes) -> Entry:
        self.seq += 1
        prev = self.prev
        self.prev = entry_hash(self.device, self.till.epoch, self.seq, prev, data)
        signed = self.till.signer.sign(self.prev)
        return Entry(self.device, self.till.epoch, self.seq, prev, data, self.prev, signed)


def desk_of(chain: Running, till: TestTill, *, publish: bool = True) -> SignedDesk:
    if publish:
        chain.call(lambda hq: hq.setup.programme(BOOK))
    return SignedDesk(till)


def do(chain: Running, name: str, /, **fields: str) -> Any:
    """Ask head office, as its people do."""
    return chain.call(lambda hq: asking.perform(hq, name, fields, "chen", hq.clock.now_ms()))


def refused(chain: Running, name: str, /, **fields: str) -> str:
    with pytest.raises(InvalidError) as caught:
        do(chain, name, **fields)
    return caught.value.code


def codes(till: TestTill, *entries: Entry, blobs: tuple[bytes, ...] = ()) -> list[tuple[str, ...]]:
    return [result.codes for result in till.push(*entries, blobs=blobs).results]


def told(till: TestTill, key: str, kind: Any) -> Any:
    """The newest local document of a key, as the till's feed brings it."""
    rows = {**rows_of(till.feed(), "local"), **rows_of(till.feed(), "document")}
    row = rows.get(key)
    return None if row is None else msgspec.json.decode(bytes(row.data), type=kind)


def flags(till: TestTill, member: UUID) -> tuple[str, ...]:
    row = rows_of(till.feed(), "member")[str(member)]
    assert isinstance(row, LightRow)
    return row.flags


def test_golden_case_12_through_head_office(chain: Running, a1: TestTill, b1: TestTill) -> None:
    """Rows: FL-07, FL-16, BEST-18; golden case 12. Anna of A has a coat cleaned at B: the order is
    published to B's store, both steps count, A pays B 30.00, and a run says so line by line."""
    a, b = desk_of(chain, a1), desk_of(chain, b1, publish=False)
    codes(a1, a.enrol(ANNA, "ab" * 16, tier="diamond"))
    code, opened = b.open(ANNA, free="clean-life")
    assert codes(b1, opened) == [()]
    order = told(b1, f"order/{code}", ServiceOrder)
    assert (order.store, order.payer, order.inside) == ("B-store", "A", 1)
    assert told(a1, f"order/{code}", ServiceOrder) is None  # not its store
    for by, value in (("order", code), ("orders", str(ANNA))):
        reply = codec.decode(good(a1.ask(wire.MEMBER, MemberAsk(by, value))).content, MemberReply)
        assert [item.key for item in reply.items] == [f"order/{code}"]
    reply = codec.decode(good(a1.ask(wire.MEMBER, MemberAsk("orders", "x"))).content, MemberReply)
    assert reply.items == ()
    assert codes(b1, b.step(code, "at_cleaner", ANNA), b.step(code, "back", ANNA)) == [(), ()]
    assert set(flags(a1, ANNA)) == {"service_ready=1", "free/clean-life/2026=1"}
    listed = do(chain, "service_list", store="B-store")
    assert (listed["open"], listed["orders"][0]["steps"]) == (1, ["back"])
    (result,) = b1.push(b.close(code, ANNA)).results
    (line,) = result.allocations
    assert (line.debtor, line.creditor, line.amount_minor) == ("A", "B", 30_00)
    assert told(b1, f"order/{code}", ServiceOrder).state == "closed"
    assert flags(a1, ANNA) == ("free/clean-life/2026=1",)
    made = chain.call(lambda hq: hq.clearing.draft("2026-11", "lin", hq.clock.now_ms()))
    nets = {p.dealer: p.net_minor for p in made.run.positions}
    assert (nets["A"], nets["B"], sum(nets.values())) == (30_00, -30_00, 0)
    explained = chain.call(lambda hq: hq.explainer.explain("2026-11", 1))
    assert explained.words.splitlines()[:2] == [
        "Line 1 of 2026-11: A pays 30.00, B receives it",
        "  for service clean-life",
    ]
    assert (explained.redeemed.kind, explained.earned.kind) == ("service_close", "service_open")
    report = do(chain, "report_services")["services"]["dry_cleaning"]
    assert (report["orders"], report["free"], report["faults"]) == (1, 1, 1)
    assert codes(b1, b.close(code, ANNA)) == [("service_step",)]


def test_gift_counts_are_published_and_go_down(chain: Running, a1: TestTill) -> None:
    """Rows: FL-10, FL-19, FL-26."""
    a = desk_of(chain, a1)
    codes(a1, a.enrol(ANNA, "ab" * 16), a.sale(ANNA, [500_000]))
    stock = {"store": "A-store", "offer": "umbrella"}
    assert refused(chain, "gift_stock", **stock, change="2") == "gift_not_counted"
    assert refused(chain, "gift_stock", **stock) == "field_invalid"
    assert refused(chain, "gift_stock", **stock, count="x") == "field_invalid"
    assert refused(chain, "gift_stock", store="Z", offer="umbrella", count="1") == "store_unknown"
    assert do(chain, "gift_stock", **stock, count="2") == {"count": 2}
    shelf = told(a1, "gift_stock/A-store/umbrella", GiftStock)
    assert (shelf.count, shelf.marks) == (2, {f"{a1.device}:1": 2})
    assert codes(a1, a.gift(ANNA), a.hold(ANNA, "umbrella", 1, a.day)) == [(), ()]
    shelf = told(a1, "gift_stock/A-store/umbrella", GiftStock)
    assert (shelf.count, shelf.kept[0].quantity, shelf.marks) == (1, 1, {f"{a1.device}:1": 4})
    assert do(chain, "gift_stock", **stock, change="+3") == {"count": 4}
    assert do(chain, "gift_stock", **stock, change="-4") == {"count": 0}
    assert codes(a1, a.gift(ANNA)) == [("gift_stock",)]


def test_virtual_orders_are_issued_and_given_up(chain: Running, a1: TestTill) -> None:
    """Rows: FL-55, FL-56. 2,000 points: one order is issued, one fails, one request is taken up."""
    a = desk_of(chain, a1)
    codes(a1, a.enrol(ANNA, "ab" * 16), a.sale(ANNA, [200_000]))
    first, entry = a.order_virtual(ANNA)
    second, other = a.order_virtual(ANNA)
    third, request = a.order_virtual(ANNA, request=True)
    assert codes(a1, entry, other, request) == [(), (), ()]
    assert do(chain, "virtual_list")["count"] == 2
    assert told(a1, f"virtual/{first}", VirtualTold).state == "queued"
    assert do(chain, "virtual_issue", order=first, code="QQ-1")["state"] == "issued"
    assert told(a1, f"virtual/{first}", VirtualTold).given == "QQ-1"
    assert do(chain, "virtual_issue", order=first, code="QQ-1")["state"] == "issued"
    assert refused(chain, "virtual_issue", order=third, code="QQ-3") == "points_short"
    assert do(chain, "virtual_fail", order=second) == {"state": "failed", "points": 1_000}
    assert refused(chain, "virtual_fail", order=second) == "order_state"
    assert refused(chain, "virtual_issue", order=second, code="x") == "order_state"
    assert told(a1, f"virtual/{second}", VirtualTold).state == "failed"
    assert _points(a1) == 1_000
    assert do(chain, "virtual_issue", order=third, code="QQ-3")["points"] == 1_000
    assert _points(a1) == 0
    assert refused(chain, "virtual_fail", order="none") == "order_unknown"
    assert refused(chain, "virtual_issue", order=first, code="x" * 201) == "field_invalid"
    made = chain.call(lambda hq: hq.clearing.draft("2026-11", "lin", hq.clock.now_ms()))
    nets = {p.dealer: p.net_minor for p in made.run.positions}
    assert (nets["A"], nets["HQ"], sum(nets.values())) == (18_00, -18_00, 0)
    fourth, asked = a.order_virtual(ANNA, request=True)
    codes(a1, asked)
    assert do(chain, "virtual_fail", order=fourth) == {"state": "failed", "points": 0}
    assert do(chain, "virtual_list", state="failed")["count"] == 2


def _points(till: TestTill) -> int:
    row = rows_of(till.feed(), "member")[str(ANNA)]
    assert isinstance(row, LightRow)
    return row.balances.points


def test_an_event_is_taken_from_a_list_once(chain: Running, a1: TestTill) -> None:
    """Rows: FL-12, FL-13."""
    a = desk_of(chain, a1)
    codes(a1, a.enrol(ANNA, "ab" * 16), a.enrol(BEN, "cd" * 16), a.sale(ANNA, [100_000]))
    cards = f"{ANNA} {BEN} {ANNA} 8888"
    answer = do(chain, "deduct_event", event="party", cards=cards, reason="came")
    assert answer["taken"] == 1
    assert answer["left_out"]["8888"] == "card_unknown"
    assert _points(a1) == 700
    again = do(chain, "deduct_event", event="party", cards=str(ANNA))
    assert again == {"taken": 0, "left_out": {str(ANNA)[-4:]: "event_twice"}}
    assert codes(a1, a.attend(ANNA)) == [("event_twice",)]
    assert _points(a1) == 700
    nobody = do(chain, "deduct_event", event="picnic", cards=str(ANNA))
    assert nobody["left_out"] == {str(ANNA)[-4:]: "event_unknown"}


def test_feedback_says_how_much_is_missing(chain: Running, a1: TestTill) -> None:
    """Rows: BEST-20, WAT-20, WAT-21. Four sales, one rated: 750 of 1000 say nothing."""
    a = desk_of(chain, a1)
    codes(a1, a.enrol(ANNA, "ab" * 16), *(a.sale(ANNA, [100]) for _ in range(4)))
    for receipt in ("A1-000002", "A1-000002"):
        data = plain(extras.FeedbackData(receipt, 4))
        codes(a1, a.write(a.body(Kind.FEEDBACK, None, data=data)))
    period = {"from": "2026-11-01", "to": "2026-11-30"}
    assert do(chain, "report_feedback", **period, store="A-store") == {
        "stars": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0},
        "count": 1,
        "sales": 4,
        "missing_per_mille": 750,
        "average_hundredths": 400,
    }
    assert do(chain, "report_feedback", **period, store="B-store")["count"] == 0
    before = {"from": "2026-10-01", "to": "2026-10-31"}
    assert do(chain, "report_feedback", **before)["sales"] == 0
    assert refused(chain, "report_feedback", **{**period, "to": "soon"}) == "field_invalid"


def test_one_report_flags_a_product_at_every_till_until_head_office_clears_it(
    chain: Running, a1: TestTill, b1: TestTill
) -> None:
    """Rows: WAT-33."""
    a = desk_of(chain, a1)
    data = plain(extras.AlertData("P1", "allergy"))
    blob = b'{"text":"a rash"}'
    named = (Attachment("alert_details", sha256(blob).hexdigest(), None),)
    entry = a.write(a.body(Kind.PRODUCT_ALERT, None, data=data, attachments=named))
    assert codes(a1, entry, blobs=(blob,)) == [()]
    assert told(b1, "alert/P1", Alert).what == "allergy"
    assert do(chain, "alert_list")["alerts"][0]["reports"] == 1
    assert do(chain, "clear_alert", product="P1") == {"reports": 1}
    assert rows_of(b1.feed(), "document").get("alert/P1") is None
    assert refused(chain, "clear_alert", product="P1") == "alert_unknown"
