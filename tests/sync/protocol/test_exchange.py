"""The conversation without I/O: every reply, lost, cut, wrong or late, leaves the till able to go
on."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol import codec, exchange, frames, keys, wire
from sync.protocol.errors import (
    GoneError,
    MalformedError,
    NotHeadOfficeError,
    ProblemError,
    ProtocolError,
    UntrustedError,
)
from sync.protocol.exchange import Answer, Call, Cursor, greet, pull, push_all
from sync.protocol.messages import Action, FeedKind, FeedPage, HelloReply, PushReply, PushStatus
from sync.protocol.records import PURPOSE_HELLO, Signed
from tests.sync.protocol import samples
from tests.sync.protocol.conversation import MemoryTill, drive
from tests.sync.protocol.head_office import FakeHeadOffice, problem
from tests.sync.protocol.samples import NONCE, till


def pushed(memory: MemoryTill, send: Callable[[Call], Answer], from_seq: int = 1) -> int:
    return drive(push_all(till(), from_seq, 1), memory, send)


def test_hello_then_push_then_in_sync() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill(samples.chain(1_203))
    greeting = drive(greet(till(), NONCE, 5), memory, hq.answer)
    assert (greeting.action, greeting.push_from) == (Action.PUSH, 1)
    assert pushed(memory, hq.answer) == 1_203
    assert hq.entries == memory.entries
    assert memory.marks == ["push.sent", "push.replied", "ack.stored"] * 3
    assert [memory.results[seq].status for seq in (1, 1_203)] == [PushStatus.CREATED] * 2
    again = drive(greet(till(), NONCE, 5), memory, hq.answer)
    assert (again.action, again.push_from) == (Action.IN_SYNC, 1_204)
    assert pushed(memory, hq.answer, again.push_from) == 1_203


def test_a_lost_reply_is_asked_for_again_and_posts_nothing_twice() -> None:
    """Fault 3, 4 and 15: after the reply is lost, the push comes back as `exists`."""
    hq, memory = FakeHeadOffice(), MemoryTill(samples.chain(3))
    hq.answer(Call("POST", wire.PUSH, push_body(memory)))
    greeting = drive(greet(till(), NONCE, 5), memory, hq.answer)
    assert (greeting.action, greeting.push_from) == (Action.IN_SYNC, 1)
    assert pushed(memory, hq.answer) == 3
    assert {result.status for result in memory.results.values()} == {PushStatus.EXISTS}
    assert hq.created == 3


def push_body(memory: MemoryTill) -> bytes:
    return frames.encode_push(
        samples.DEVICE, samples.EPOCH, 1, samples.out_batch(memory.entries).entries
    )


@given(st.integers(1, 12), st.lists(st.sampled_from("ldcstm"), max_size=8), st.integers(1, 5))
def test_any_faults_then_convergence(count: int, faults: list[str], most: int) -> None:
    """Invariants 2 and 7, planted: taking from_seq from the hello reply loses the results of a
    batch whose reply was lost; marking entries sent before the reply is stored loses the batch."""
    hq, memory = FakeHeadOffice(), MemoryTill(samples.chain(count))
    hq.most_entries = most
    script = iter(faults)

    def send(call: Call) -> Answer:
        fault = next(script, "")
        if fault == "l":  # the request is lost
            raise NotHeadOfficeError("lost")
        answer = hq.answer(call)
        if fault == "d":  # the reply is lost
            raise NotHeadOfficeError("lost")
        if fault == "c":
            return Answer(200, answer.media, answer.body[: len(answer.body) // 2])
        if fault == "t":
            return Answer(200, "text/html", b"<html>Welcome to the hotel</html>")
        if fault == "s":
            return problem(503, "busy")
        return hq.answer(call) if fault == "m" else answer  # "m": delivered twice

    for _ in range(len(faults) + 2):
        try:
            greeting = drive(greet(till(), NONCE, 5), memory, send)
            drive(push_all(till(), greeting.push_from, 1), memory, send)
        except ProtocolError:
            continue
    assert hq.entries == memory.entries
    assert hq.created == count
    assert memory.last_ack is not None
    assert (memory.last_ack.seq, sorted(memory.results)) == (count, list(range(1, count + 1)))


def test_413_halves_down_to_one_entry() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill(samples.chain(7))
    hq.most_entries = 1
    assert pushed(memory, hq.answer) == 7
    hq.most_entries = 0
    with pytest.raises(ProblemError, match="push_too_large"):
        drive(push_all(till(), 1, 1), memory, hq.answer)


def test_a_gap_goes_back_once() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill(samples.chain(6))
    assert pushed(memory, hq.answer, from_seq=4) == 6
    assert hq.entries == memory.entries


@pytest.mark.parametrize(
    "answer",
    [
        problem(409, "gap", expected=3),
        problem(409, "gap", expected=9),
        problem(409, "gap", expected=0),
        problem(409, "gap"),
        problem(409, "busy", expected=3),
        problem(503, "gap", expected=3),
    ],
)
def test_a_gap_that_does_not_end_is_raised(answer: Answer) -> None:
    with pytest.raises(ProblemError):
        pushed(MemoryTill(samples.chain(6)), lambda call: answer, from_seq=4)


def test_a_prefix_may_be_acknowledged() -> None:
    entries = samples.chain(4)
    memory = MemoryTill(entries)
    replies = iter([samples.reply_to(entries, 3), samples.reply_to(entries[3:])])

    def send(call: Call) -> Answer:
        return Answer(200, wire.MEDIA_JSON, codec.encode(next(replies)))

    assert pushed(memory, send) == 4
    assert sorted(memory.results) == [1, 2, 3, 4]


def test_head_office_may_hold_more_than_the_batch() -> None:
    """Two batches went and both replies were lost; now they come in other sizes. Results and
    acknowledgement are stored together only when the results reach it."""
    entries = samples.chain(10)
    hq, memory = FakeHeadOffice(), MemoryTill(entries)
    pushed(MemoryTill(entries[:8]), hq.answer)
    stored: list[int] = []

    def send(call: Call) -> Answer:
        stored.append(len(memory.results))
        answer = hq.answer(call)
        reply = codec.decode(answer.body, PushReply) if answer.status == 200 else None
        if reply is None or reply.ack.seq >= 8:
            return answer
        ahead = keys.countersign(hq.signer, samples.DEVICE, samples.EPOCH, 8, entries[7].hash, 1, 5)
        return Answer(200, wire.MEDIA_JSON, codec.encode(msgspec.structs.replace(reply, ack=ahead)))

    hq.most_entries = 3
    assert pushed(memory, send) == 10
    assert (sorted(memory.results), len(hq.entries)) == (list(range(1, 11)), 10)
    assert set(stored) == {0, 9}, "nothing is stored before seq 8 is reached"


def bad_replies() -> list[tuple[str, PushReply]]:
    entries = samples.chain(3)
    good = samples.reply_to(entries)
    change = msgspec.structs.replace
    other = keys.countersign(
        samples.hq_signer(), samples.OTHER, samples.EPOCH, 3, entries[2].hash, 1, 5
    )
    return [
        ("signature", change(good, ack=change(good.ack, seq=2))),
        ("key_unknown", change(good, ack=samples.ack_at(3, entries[2].hash, signer="thief"))),
        ("not_our_ack", change(good, ack=other)),
        ("hq_epoch_changed", samples.reply_to(entries, hq_epoch=2)),
        ("not_acked", PushReply((), samples.ack_at(0, samples.GENESIS))),
        ("fork", change(good, ack=samples.ack_at(4, b"h" * 32))),
        ("fork", change(good, ack=samples.ack_at(3, b"h" * 32))),
        ("results_do_not_match", change(good, results=good.results[:2])),
        ("results_do_not_match", change(good, results=good.results[::-1])),
    ]


@pytest.mark.parametrize(("code", "reply"), bad_replies())
def test_a_reply_that_does_not_hold_stores_nothing(code: str, reply: PushReply) -> None:
    memory = MemoryTill(samples.chain(3))
    with pytest.raises(ProtocolError, match=code):
        pushed(memory, lambda call: Answer(200, wire.MEDIA_JSON, codec.encode(reply)))
    assert (memory.last_ack, memory.results) == (None, {})
    assert "ack.stored" not in memory.marks


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, "text/html", b"<html>"), NotHeadOfficeError),
        (Answer(302, "text/html", b""), NotHeadOfficeError),
        (Answer(502, "text/html", b"Bad Gateway"), NotHeadOfficeError),
        (Answer(200, wire.MEDIA_PROBLEM, codec.encode({"code": "x"})), NotHeadOfficeError),
        (problem(401, "nonce"), ProblemError),
        (problem(503, "busy", 9), ProblemError),
        (Answer(500, wire.MEDIA_PROBLEM, b"{"), MalformedError),
    ],
)
def test_only_head_office_is_listened_to(answer: Answer, error: type[ProtocolError]) -> None:
    with pytest.raises(error) as caught:
        exchange.content(answer, wire.MEDIA_JSON)
    if isinstance(caught.value, ProblemError):
        assert (caught.value.told, caught.value.retry_after_s) == (
            answer.status,
            answer.retry_after_s,
        )
    assert exchange.content(Answer(206, "a/b", b"x"), "a/b") == b"x"


def test_a_hello_reply_answers_our_hello_and_is_signed() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill([])
    with pytest.raises(UntrustedError, match="not_our_hello"):
        drive(
            greet(till(), NONCE, 5), memory, lambda call: FakeHeadOffice.hello(hq, renonced(call))
        )

    def unsigned(call: Call) -> Answer:
        signed = codec.decode(hq.answer(call).body, Signed)
        reply = codec.decode(signed.data, HelloReply)
        frozen = msgspec.structs.replace(reply, action=Action.ROLLBACK)
        forged = msgspec.structs.replace(signed, data=codec.encode(frozen))
        return Answer(200, wire.MEDIA_JSON, codec.encode(forged))

    with pytest.raises(UntrustedError, match="signature"):
        drive(greet(till(), NONCE, 5), memory, unsigned)
    stranger = keys.sign_document(keys.Signer(samples.seed("thief")), PURPOSE_HELLO, b"{}")
    with pytest.raises(UntrustedError, match="key_unknown"):
        drive(
            greet(till(), NONCE, 5),
            memory,
            lambda call: Answer(200, wire.MEDIA_JSON, codec.encode(stranger)),
        )


def renonced(call: Call) -> bytes:
    return call.body.replace(NONCE.encode(), b"another-nonce-than-ours")


def test_hello_sends_cursor_and_acknowledgement() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill(samples.chain(2))
    pushed(memory, hq.answer)
    memory.cursor = None
    assert drive(greet(till(), NONCE, 5), memory, hq.answer).head.cursor is None
    memory.cursor = Cursor(1, 7)
    assert drive(greet(till(), NONCE, 5), memory, hq.answer).head.last_ack == memory.last_ack


def test_a_restored_head_office_gets_everything_again() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill(samples.chain(9))
    pushed(memory, hq.answer)
    del hq.entries[4:]
    hq.hq_epoch = 2
    greeting = drive(greet(till(), NONCE, 5), memory, hq.answer)
    assert (greeting.action, greeting.push_from) == (Action.RESTORED, 5)
    assert drive(push_all(till(), greeting.push_from, 2), memory, hq.answer) == 9
    assert hq.entries == memory.entries


def test_the_feed_is_pulled_to_its_end() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill([])
    hq.feed = [codec.tomb(n, FeedKind.CARD, f"t{n}", n) for n in range(1, 24)]
    hq.page_items = 10
    waits: list[int] = []

    def send(call: Call) -> Answer:
        waits.append(call.wait_s)
        return hq.answer(call)

    assert drive(pull(Cursor(1, 0), 25), memory, send) == hq.newest
    assert [item.n for item in memory.items] == list(range(1, 24))
    assert waits == [25, 0, 0]
    assert memory.marks == ["feed.applied"] * 3
    assert drive(pull(Cursor(1, 23)), memory, hq.answer) == Cursor(1, 23)


def test_when_the_feed_leads_nowhere() -> None:
    hq, memory = FakeHeadOffice(), MemoryTill([])
    with pytest.raises(GoneError, match="must_refetch"):
        drive(pull(Cursor(2, 0)), memory, hq.answer)
    with pytest.raises(ProblemError, match="busy"):
        drive(pull(Cursor(1, 0)), memory, lambda call: problem(503, "busy"))
    memory.agrees = False
    with pytest.raises(GoneError, match="bucket_differs"):
        drive(pull(Cursor(1, 0)), memory, hq.answer)


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (FeedPage(2, (), 5, complete=True), "hq_epoch"),
        (FeedPage(1, (), 4, complete=True), "feed_out_of_order"),
        (FeedPage(1, (codec.tomb(5, FeedKind.CARD, "t", 1),), 9, True), "feed_out_of_order"),
        (FeedPage(1, (), 5, complete=False), "feed_stands_still"),
    ],
)
def test_a_page_that_does_not_follow_the_cursor(page: FeedPage, error: str) -> None:
    memory = MemoryTill([])
    with pytest.raises(ProtocolError, match=error):
        drive(
            pull(Cursor(1, 5)),
            memory,
            lambda call: Answer(200, wire.MEDIA_FEED, codec.encode_page(page)),
        )
    assert memory.cursor == Cursor(1, 0), "nothing was applied"


def test_cursors() -> None:
    assert exchange.parse_cursor("3.120") == Cursor(3, 120)
    assert str(Cursor(3, 120)) == "3.120"
    for wrong in (
        "", "3", "3.", ".3", "a.1", "1.a", "1.-2", "0.5", f"{1 << 32}.1", f"1.{1 << 63}",
        "1.²", "².1", "1." + "9" * 5_000,
    ):  # fmt: skip
        with pytest.raises(MalformedError, match="cursor"):
            exchange.parse_cursor(wrong)
