"""The feed as tills read it, and first contact in parts."""

from __future__ import annotations

import threading
import time
from hashlib import sha256

from sync.headoffice.setup import StaffRow
from sync.protocol import codec, keys, wire
from sync.protocol.messages import FeedPage, SnapshotReply
from sync.protocol.records import PURPOSE_MANIFEST, PURPOSE_ROSTER, Form, Manifest, Roster, Scope
from tests.helpers.tills import TestTill, good, problem, rows_of
from tests.sync.domain.making import member_id
from tests.sync.headoffice.posting.test_push import five

ANNA = member_id(1)


def test_pages_of_any_size_tell_the_same(a1: TestTill) -> None:
    a1.push(*five(a1))
    whole = a1.feed()
    assert [item.n for item in whole] == sorted({item.n for item in whole})
    for limit in (1, 2, 3, 500):
        assert a1.feed(limit=limit) == whole
    page = a1.page("1.0", limit=1)
    assert (page.complete, len(page.items)) == (False, 1)
    assert page.behind > 0


def test_a_till_that_waits_is_told_at_once(a1: TestTill, b1: TestTill) -> None:
    n = b1.page("1.0").next
    found: list[tuple[float, FeedPage]] = []

    def wait() -> None:
        began = time.monotonic()
        page = b1.page(f"1.{n}", wait=10)
        found.append((time.monotonic() - began, page))

    waiting = threading.Thread(target=wait, name="long-poll")
    waiting.start()
    time.sleep(0.3)
    a1.push(*five(a1))
    waiting.join()
    ((seconds, page),) = found
    assert seconds < 5
    assert {item.kind for item in page.items} == {"member", "card"}


def test_rosters_reach_their_store_only(a1: TestTill, b1: TestTill) -> None:
    people = [StaffRow("e1", "陈晓", "2580", ("A-store",), ("manager",), approver=True)]
    a1.served.call(lambda hq: hq.setup.staff(people))
    signed = rows_of(a1.feed(), "roster")["A-store"]
    trusted = keys.ring(a1.record.hq_keys, "roster")
    roster = codec.decode(keys.open_signed(signed, PURPOSE_ROSTER, trusted), Roster)
    assert [(p.staff, p.approver) for p in roster.staff] == [("e1", True)]
    assert roster.staff[0].pin.startswith("$argon2id$")
    assert rows_of(b1.feed(), "roster") == {}


def test_a_block_goes_before_everything_else(a1: TestTill) -> None:
    from sync.domain.journal import Kind

    desk = a1.desk
    a1.push(desk.enrol(ANNA, token="t" * 32))
    n = a1.page("1.0").next
    a1.push(desk.write(desk.body(Kind.CARD_BLOCK, ANNA, card="t" * 32)))
    items = a1.feed(n)
    assert [item.kind for item in items] == ["block", "member", "card"]
    assert rows_of(items, "card")["t" * 32].status == "blocked"


def test_first_contact_in_parts_that_can_be_fetched_again(a1: TestTill, b1: TestTill) -> None:
    a1.served.call(lambda hq: hq.setup.staff([StaffRow("e1", "陈晓", "2580", ("A-store",))]))
    a1.push(*five(a1))
    reply = codec.decode(good(a1.call("GET", wire.SNAPSHOT)).content, SnapshotReply)
    trusted = keys.ring(a1.record.hq_keys, "snapshot")
    manifest = codec.decode(keys.open_signed(reply.manifest, PURPOSE_MANIFEST, trusted), Manifest)
    assert (manifest.form, manifest.hq_epoch) == (Form.ROWS, 1)
    assert manifest.parts[0].scope is Scope.GLOBAL
    kinds: list[set[str]] = []
    for part in manifest.parts:
        target = wire.PART.format(snapshot=manifest.snapshot, index=part.index)
        data = good(a1.call("GET", target)).content
        assert (len(data), sha256(data).digest()) == (part.size, part.sha256)
        rest = good(a1.call("GET", target, Range="bytes=10-"))
        assert (rest.status_code, rest.content) == (206, data[10:])
        page = codec.decode_page(data, wire.MAX_PART_RAW_BYTES)
        assert len(page.items) == part.rows
        kinds.append({item.kind for item in page.items})
    assert kinds == [{"programme", "device", "roster"}, {"member", "card"}]
    assert a1.page(f"1.{manifest.n}").items == ()
    again = codec.decode(good(a1.call("GET", wire.SNAPSHOT)).content, SnapshotReply)
    assert again.manifest.data == reply.manifest.data
    target = wire.PART.format(snapshot=manifest.snapshot, index=0)
    assert problem(b1.call("GET", target)) == (404, "snapshot")
    target = wire.PART.format(snapshot=manifest.snapshot, index=99)
    assert problem(a1.call("GET", target)) == (404, "snapshot")
