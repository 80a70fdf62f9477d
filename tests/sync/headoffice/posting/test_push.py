"""Pushes on real databases: once, in order, acknowledged, whatever else happens."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import pytest
import structlog

from sync.database.headoffice import reports
from sync.domain import posting
from sync.domain.journal import Attachment, Entry, Kind
from sync.domain.members import Balances, Profile
from sync.domain.posting import Issue, Outcome
from sync.headoffice.service import HeadOffice
from sync.headoffice.serving import Running
from sync.protocol import codec, wire
from sync.protocol.messages import Action, PushReply, PushResult, PushStatus
from tests.helpers.tills import TestTill, good, problem, rows_of
from tests.sync.domain.making import member_id

ANNA, BEN = member_id(1), member_id(2)


def state_of(served: Running) -> dict[str, Any]:
    """Everything pushes may change, to see that something did not."""

    async def read(hq: HeadOffice) -> dict[str, Any]:
        async with hq.database.reading() as session:
            return {
                "devices": await reports.devices(session),
                "members": await reports.members(session, [ANNA, BEN]),
                "exceptions": await reports.exceptions(session),
                "unbalanced": await reports.unbalanced(session),
                "numbers": [await hq.database.last_visible(n) for n in ("post_seq", "feed_n")],
            }

    return served.call(read)


def without_seen(state: dict[str, Any]) -> dict[str, Any]:
    """The state without when tills were last heard of."""
    return {**state, "devices": [replace(d, seen_ms=0) for d in state["devices"]]}


def outcomes(reply: PushReply) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(r.seq, r.outcome.value, r.codes) for r in reply.results]


def five(till: TestTill) -> list[Entry]:
    desk = till.desk
    return [
        desk.enrol(ANNA),
        desk.sale(ANNA, [123_456]),
        desk.top_up(ANNA, 30_000),
        desk.sale(ANNA, [9_999], stored_value_minor=9_999, available=Balances(0, 30_000, 3_000)),
        desk.gift(ANNA),
    ]


def test_a_push_is_posted_acknowledged_and_published(a1: TestTill) -> None:
    entries = five(a1)
    reply = a1.push(*entries)
    assert [r.status for r in reply.results] == [PushStatus.CREATED] * 5
    assert [r.outcome for r in reply.results] == [Outcome.POSTED] * 5
    assert (reply.ack.seq, reply.ack.head_hash) == (5, entries[-1].hash)
    assert rows_of(a1.feed(), "member")[str(ANNA)].marks == {f"{a1.device}:1": 5}
    assert state_of(a1.served)["unbalanced"] == []


def test_any_overlap_gives_the_recorded_outcomes_and_changes_nothing(a1: TestTill) -> None:
    entries = five(a1)
    first = a1.push(*entries)
    notes = {r.seq: r.allocations for r in first.results}
    before = state_of(a1.served)
    for start in range(5):
        for end in range(start + 1, 6):
            again = codec.decode(good(a1.send(entries[start:end])).content, PushReply, 1 << 24)
            assert [r.status for r in again.results] == [PushStatus.EXISTS] * (end - start)
            assert {r.seq: r.allocations for r in again.results}.items() <= notes.items()
            assert again.ack.seq == 5
    assert without_seen(state_of(a1.served)) == without_seen(before)


def test_a_batch_that_overlaps_and_goes_on_is_posted_from_where_it_is_new(a1: TestTill) -> None:
    entries = five(a1)
    a1.push(*entries[:3])
    reply = a1.push(*entries[1:])
    assert [r.status.value for r in reply.results] == ["exists"] * 2 + ["created"] * 2


@pytest.mark.parametrize("cuts", [(1, 2, 3, 4), (2,), (4,), ()])
def test_batch_boundaries_do_not_matter(a1: TestTill, cuts: tuple[int, ...]) -> None:
    entries = five(a1)
    results: list[PushResult] = []
    for start, end in zip((0, *cuts), (*cuts, 5), strict=True):
        results += a1.push(*entries[start:end]).results
    assert [r.post_seq for r in results] == [1, 2, 3, 4, 5]
    (anna,) = state_of(a1.served)["members"]
    assert (anna.balances.points, anna.balances.principal) == (324, 20_910)
    assert anna.balances.bonus == 2_091


def test_a_gap_says_what_is_expected(a1: TestTill) -> None:
    entries = five(a1)
    response = a1.send(entries[2:])
    assert problem(response) == (409, "gap")
    assert msgspec.json.decode(response.content)["params"] == {"expected": 1}


def test_the_longest_prefix_that_ends_in_a_signature_is_acknowledged(a1: TestTill) -> None:
    entries = five(a1)
    broken = [*entries[:3], *(replace(e, signature=bytes(64)) for e in entries[3:])]
    reply = codec.decode(good(a1.send(broken)).content, PushReply, 1 << 24)
    assert (reply.ack.seq, len(reply.results)) == (3, 3)
    assert problem(a1.send(broken[3:])) == (401, "signature")
    assert a1.push(*entries[3:]).ack.seq == 5


def test_a_changed_byte_is_no_fork(a1: TestTill) -> None:
    entries = five(a1)
    a1.push(*entries)
    before = state_of(a1.served)
    changed = replace(entries[2], body=entries[2].body.replace(b"30000", b"30001"))
    assert problem(a1.send([changed])) == (401, "signature")
    assert without_seen(state_of(a1.served)) == without_seen(before)


def test_two_signed_entries_under_one_identity_stop_the_device(a1: TestTill) -> None:
    entries = five(a1)
    a1.push(*entries)
    a1.desk.seq, a1.desk.prev = 4, entries[3].hash
    other = a1.desk.sale(ANNA, [1])
    assert problem(a1.send([other])) == (409, "fork")
    assert problem(a1.send(entries[4:])) == (409, "fork")
    state = state_of(a1.served)
    assert [d.state for d in state["devices"]] == ["forked"]
    assert [(e.code, e.seq) for e in state["exceptions"]] == [("fork", 5)]
    assert a1.hello().action is Action.FORK


def test_a_revoked_till_is_still_recorded(a1: TestTill) -> None:
    a1.push(a1.desk.enrol(ANNA))
    a1.served.call(lambda hq: hq.setup.revoke(a1.device, a1.epoch))
    reply = a1.push(a1.desk.sale(ANNA, [10_000]))
    assert outcomes(reply) == [(2, "posted_exception", (Issue.DEVICE_REVOKED.value,))]


def test_what_waits_for_a_member_is_posted_when_the_member_arrives(
    a1: TestTill, b1: TestTill
) -> None:
    early = [b1.desk.sale(ANNA, [40_000]), b1.desk.sale(ANNA, [50_000])]
    waiting = b1.push(*early)
    assert outcomes(waiting) == [(n, "quarantined", ("unknown_member",)) for n in (1, 2)]
    a1.push(a1.desk.enrol(ANNA), a1.desk.sale(ANNA, [10_000]))
    (anna,) = state_of(a1.served)["members"]
    assert anna.balances.points == 1_000
    again = codec.decode(good(b1.send(early)).content, PushReply)
    assert outcomes(again) == [(n, "posted", ()) for n in (1, 2)]
    assert state_of(a1.served)["exceptions"] == []
    assert rows_of(a1.feed(), "member")[str(ANNA)].marks == {
        f"{a1.device}:1": 2,
        f"{b1.device}:1": 2,
    }


def test_an_entry_id_is_posted_once(a1: TestTill, b1: TestTill) -> None:
    one = UUID("01980000-0000-7000-8000-000000000077")
    a1.push(a1.desk.enrol(ANNA), a1.desk.sale(ANNA, [10_000], entry_id=one))
    reply = b1.push(b1.desk.sale(ANNA, [10_000], entry_id=one), b1.desk.sale(ANNA, [10_000]))
    assert outcomes(reply) == [
        (1, "quarantined", ("duplicate_entry_id",)),
        (2, "posted", ()),
    ]


def test_what_nobody_can_read_stops_nothing(a1: TestTill) -> None:
    desk = a1.desk
    entries = [
        desk.enrol(ANNA),
        desk.write_bytes(b'{"v":1}'),
        desk.write_bytes(b"\xff\x00 not json"),
        desk.write(desk.body(Kind.FOLLOW_UP_OUTCOME, ANNA)),
        desk.sale(ANNA, [10_000]),
    ]
    reply = a1.push(*entries)
    assert outcomes(reply) == [
        (1, "posted", ()),
        (2, "quarantined", ("unreadable",)),
        (3, "quarantined", ("unreadable",)),
        (4, "quarantined", ("kind_not_posted_yet",)),
        (5, "posted", ()),
    ]
    assert [r.post_seq for r in reply.results] == [1, None, None, None, 2]


def test_a_profile_is_sealed_at_rest_and_travels_to_its_group_only(
    a1: TestTill, b1: TestTill
) -> None:
    profile = msgspec.json.encode(Profile(ANNA, "张文静", "+8613800001234", 5, 20))
    named = Attachment("profile", sha256(profile).hexdigest(), ANNA)
    a1.push(a1.desk.enrol(ANNA, attachments=(named,)), blobs=[profile])
    here = a1.feed()
    assert rows_of(here, "profile") == {str(ANNA): msgspec.json.decode(profile, type=Profile)}
    light = rows_of(here, "member")[str(ANNA)]
    assert (light.name, light.phone_tail) == ("张**", "1234")
    assert "profile" not in {item.kind for item in b1.feed()}

    async def stored(hq: HeadOffice) -> bytes:
        from sync.database.headoffice import ledger, published
        from sync.domain.lots import EntryRef

        async with hq.database.reading() as session:
            blobs = await ledger.sealed_of(session, EntryRef(a1.device, 1, 1))
            row = await published.row(session, "profile", str(ANNA))
        assert row is not None
        return blobs[0].sealed + row.data

    assert "文静".encode() not in a1.served.call(stored)


def test_a_bug_of_ours_quarantines_the_entry_and_nothing_else(
    a1: TestTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync.headoffice.posting import run

    real = posting.post

    def breaks(entry: Entry, *rest: Any) -> Any:
        if entry.seq == 3:
            raise ZeroDivisionError
        return real(entry, *rest)

    monkeypatch.setattr(run, "post", breaks)
    with structlog.testing.capture_logs() as logged:
        reply = a1.push(*five(a1))
    assert [entry["event"] for entry in logged] == ["posting broke on an entry"]
    assert outcomes(reply)[2] == (3, "quarantined", ("data_unreadable",))
    assert reply.ack.seq == 5
    assert state_of(a1.served)["unbalanced"] == []


def test_a_push_for_another_till_is_refused(a1: TestTill, b1: TestTill) -> None:
    entries = five(a1)
    pairs = [(e.signature, e.body) for e in entries]
    from sync.protocol import frames

    body = frames.encode_push(b1.device, 1, 1, pairs)
    assert problem(a1.call("POST", wire.PUSH, body, wire.MEDIA_PUSH)) == (401, "key_id")
