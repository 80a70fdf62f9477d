"""The sync thread against a head office on a socket that loses, cuts, lies and refuses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from sync.client.transport import Unreachable
from sync.protocol import codec, wire
from sync.protocol.exchange import Answer, Call, Cursor
from sync.protocol.messages import Action, PushStatus
from tests.sync.client.server import (
    LoopbackServer,
    Seen,
    as_it_is,
    no_reply,
    portal,
    serving,
    told,
    truncated,
    unavailable,
    write,
)
from tests.sync.client.till import Equipment, Office, feed
from tests.sync.protocol import samples


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def server(office: Office) -> Iterator[LoopbackServer]:
    with serving(office.respond) as running:
        yield running


@pytest.fixture
def till(server: LoopbackServer) -> Iterator[Equipment]:
    made = Equipment(server)
    yield made
    made.transport.close()


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


def test_a_round_pushes_loads_the_snapshot_then_follows_the_feed(
    till: Equipment, office: Office
) -> None:
    office.hq.feed = feed(3)
    till.pump.round()
    assert office.hq.entries == till.journal.till.entries
    assert till.replica.log == ["begin", "part 0", "global", "part 1", "part 2", "finish"]
    till.pump.round()
    assert till.replica.cursor() == Cursor(1, 10)
    assert [item.n for item in till.replica.items] == [8, 9, 10]
    assert till.steps == ["push.sent", "push.replied", "ack.stored", "feed.applied"]
    status = till.pump.status
    assert (status.state, status.unsent, status.oldest_unsent_ms) == ("online", 0, None)
    assert (status.hq_epoch, status.code, status.action) == (1, "", Action.PUSH)
    assert till.statuses[0].unsent == 3


def test_the_thread_lives_through_every_fault_and_everything_arrives_once(
    till: Equipment, office: Office, server: LoopbackServer
) -> None:
    """Faults 3, 13, 15, 16, 17 and refusals: nothing local is marked by any of them."""
    till.replica.at = Cursor(1, 7)
    server.faults = [
        portal, no_reply, truncated, unavailable, told(401, "nonce"), told(403, "revoked"),
        told(426, "protocol"), told(500, "bug"),
    ]  # fmt: skip
    till.pump.start()
    for _ in range(400):
        till.pump.retry_now()
        if till.journal.till.last_ack is not None:
            break
        time.sleep(0.02)
    wait_until(lambda: till.pump.status.unsent == 0)
    assert till.pump.stop(3)
    assert office.hq.created == 3
    assert sorted(till.journal.till.results) == [1, 2, 3]
    codes = {status.code for status in till.statuses}
    assert {"not_head_office", "broken", "busy", "revoked", "protocol", "bug"} <= codes


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (401, "key_unknown", "attention"),
        (403, "revoked", "attention"),
        (426, "protocol", "attention"),
        (503, "busy", "offline"),
        (500, "bug", "offline"),
    ],
)
def test_a_refusal_of_the_push_marks_nothing(
    till: Equipment, server: LoopbackServer, status: int, code: str, state: str
) -> None:
    till.replica.at = Cursor(1, 7)
    server.faults = [as_it_is, told(status, code)]
    till.pump.start()
    wait_until(lambda: till.pump.status.code == code)
    assert till.pump.status.state == state
    assert (till.pump.status.unsent, till.journal.till.last_ack) == (3, None)
    assert till.pump.stop(3)


def test_a_lost_push_reply_comes_back_as_exists(
    till: Equipment, office: Office, server: LoopbackServer
) -> None:
    server.faults = [as_it_is, no_reply]
    with pytest.raises(Unreachable, match="broken"):
        till.pump.round()
    assert (office.hq.created, till.journal.till.last_ack) == (3, None)
    assert till.steps == ["push.sent"], "what a test would kill the process at"
    till.pump._greeting = None
    till.pump.round()
    assert {r.status for r in till.journal.till.results.values()} == {PushStatus.EXISTS}
    assert office.hq.created == 3


def test_413_halves(till: Equipment, office: Office) -> None:
    office.hq.most_entries = 1
    till.pump.round()
    assert office.hq.created == 3


def test_a_nudge_ends_the_long_poll(
    till: Equipment, office: Office, server: LoopbackServer
) -> None:
    till.replica.at = Cursor(1, 7)
    polls: list[bool] = []

    def respond(call: Call, seen: Seen) -> Answer:
        answer = office.respond(call, seen)
        if "wait=1" in call.target:
            polls.append(server.hold.wait(1.4))
        return answer

    server.respond = respond
    till.pump.start()
    wait_until(lambda: till.pump.status.unsent == 0 and "/v1/feed" in office.paths)
    time.sleep(0.05)
    began = time.monotonic()
    till.write_more(2)
    wait_until(lambda: len(office.hq.entries) == 5)
    assert time.monotonic() - began < 1.2
    assert till.pump.stop(3)
    assert till.pump.status.state == "online"


def test_an_idle_head_office_that_does_not_hold_polls_is_not_hammered(
    till: Equipment, office: Office
) -> None:
    till.replica.at = Cursor(1, 7)
    till.pump.start()
    time.sleep(0.5)
    assert till.pump.stop(3)
    assert office.paths.count(wire.FEED) <= 2


def test_while_offline_a_nudge_refreshes_the_counts(till: Equipment, office: Office) -> None:
    till.transport.offline = True
    till.pump.start()
    wait_until(lambda: till.pump.status.code == "offline_switch")
    assert (till.pump.status.state, till.pump.status.unsent) == ("offline", 3)
    till.write_more(4)
    wait_until(lambda: till.pump.status.unsent == 7)
    assert till.pump.status.oldest_unsent_ms == 1
    till.transport.offline = False
    till.pump.retry_now()
    wait_until(lambda: till.pump.status.unsent == 0)
    assert till.pump.stop(3)
    assert len(office.hq.entries) == 7


@pytest.mark.parametrize("kind", [Action.FORK, Action.ROLLBACK])
def test_fork_and_rollback_freeze_and_delete_nothing(
    till: Equipment, office: Office, kind: Action
) -> None:
    office.hq.entries = samples.chain(5)
    if kind is Action.FORK:
        office.hq.entries = samples.chain(3, prev=b"x" * 32)
    till.pump.start()
    wait_until(lambda: till.pump.status.state == "frozen")
    time.sleep(0.05)
    asked = len(office.paths)
    till.pump.nudge()
    time.sleep(0.05)
    assert len(office.paths) == asked, "a frozen till does not go on asking"
    assert till.pump.stop(3)
    assert (till.journal.frozen, till.pump.status.code) == (kind.value, kind.value)
    assert len(till.journal.till.entries) == 3


def test_an_acknowledgement_of_another_history_freezes(
    till: Equipment, office: Office, server: LoopbackServer
) -> None:
    other = samples.reply_to(samples.chain(3, prev=b"x" * 32))

    def lie(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        write(handler, Answer(200, wire.MEDIA_JSON, codec.encode(other)))

    server.faults = [as_it_is, lie]
    till.pump.start()
    wait_until(lambda: till.pump.status.state == "frozen")
    assert till.pump.stop(3)
    assert (till.journal.frozen, till.journal.till.last_ack) == ("fork", None)


def test_a_restored_head_office_voids_the_cursor_and_gets_everything(
    till: Equipment, office: Office
) -> None:
    till.pump.round()
    till.pump.round()
    office.hq.entries, office.hq.hq_epoch, office.name = office.hq.entries[:1], 2, "s2"
    till.pump.round()
    assert till.replica.cursor() == Cursor(1, 7), "what is there stays in use until it is replaced"
    till.pump._greeting = None
    till.pump.round()
    assert office.hq.entries == till.journal.till.entries
    assert till.pump.status.action is Action.RESTORED
    assert till.replica.cursor() == Cursor(2, 7)


def test_differing_checksums_lead_to_a_new_snapshot(till: Equipment, office: Office) -> None:
    till.replica.at, till.replica.agrees = Cursor(1, 7), False
    till.pump.round()
    assert till.replica.log == []
    till.pump.round()
    assert till.replica.log[-1] == "finish"
    till.pump.round()
    assert till.pump.status.loading_per_mille is None


def test_checksums_that_never_agree_are_not_hammered(till: Equipment, office: Office) -> None:
    """Planted: without the pause the snapshot is fetched over and over without a break."""
    till.replica.agrees_after_snapshot = False
    till.pump.start()
    wait_until(lambda: till.pump.status.code == "bucket_differs")
    time.sleep(0.5)
    assert till.pump.stop(3)
    assert office.paths.count(wire.SNAPSHOT) <= 4
    assert till.pump.status.unsent == 0, "pushing is not held up by it"


def test_sales_go_out_while_a_snapshot_loads(till: Equipment, office: Office) -> None:
    till.replica.after_part = lambda: till.write_more(1)
    till.pump.round()
    assert len(office.hq.entries) == 6
    assert till.replica.log[-1] == "finish"
    loading = [status.loading_per_mille for status in till.statuses]
    assert 1_000 in loading


def test_stopping_ends_a_snapshot_between_parts(till: Equipment) -> None:
    def stop_soon() -> None:
        threading.Thread(target=till.pump.stop, args=(3,)).start()
        time.sleep(0.05)

    till.replica.after_part = stop_soon
    till.pump.start()
    wait_until(lambda: not till.pump._thread.is_alive())
    assert "finish" not in till.replica.log


def test_a_fault_of_storage_is_told_and_retried(till: Equipment, office: Office) -> None:
    till.journal.broken = OSError("disk full")
    till.pump.start()
    wait_until(lambda: till.pump.status.code == "fault_OSError")
    assert till.pump.status.state == "attention"
    till.journal.broken = None
    till.pump.retry_now()
    wait_until(lambda: office.hq.created == 3)
    assert till.pump.stop(3)


def test_stop_is_prompt_in_a_long_poll_and_never_waits_for_ever(
    till: Equipment, office: Office, server: LoopbackServer
) -> None:
    till.replica.at = Cursor(1, 7)
    server.faults = [
        as_it_is,
        as_it_is,
        lambda handler, answer: (server.hold.wait(5), None)[1],
    ]
    till.pump.start()
    wait_until(lambda: not server.faults)
    began = time.monotonic()
    assert till.pump.stop(3)
    assert time.monotonic() - began < 1
    server.hold.set()


def test_stop_says_when_the_thread_still_runs(till: Equipment, office: Office) -> None:
    let_go = threading.Event()
    till.pump._step = lambda name: (let_go.wait(5), None)[1]
    till.pump.start()
    wait_until(lambda: "/v1/push" in office.paths)
    assert not till.pump.stop(0.05)
    let_go.set()
    assert till.pump.stop(3)
