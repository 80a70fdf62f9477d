"""Two seconds with the cashier waiting; no answer is an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

import pytest

from sync.client.channel import Channel
from sync.client.online import NoAnswer, OnlineClient
from sync.client.transport import Timeouts, Transport
from sync.domain.members import Balances, LightRow
from sync.protocol import codec, wire
from sync.protocol.exchange import Answer, Call
from sync.protocol.messages import (
    AuthAsk,
    Debits,
    FeedKind,
    Granted,
    MemberAsk,
    MemberReply,
    NonceReply,
    Refused,
)
from tests.sync.client.server import (
    LoopbackServer,
    RealClock,
    Seen,
    as_it_is,
    no_reply,
    portal,
    serving,
    told,
    truncated,
)
from tests.sync.client.till import randomness
from tests.sync.protocol import samples

ASK = AuthAsk(UUID(int=1), samples.MEMBER, Debits(points=500, points_settlement_minor=5_000))
ROW = LightRow(samples.MEMBER, "gold", Balances(550), 9)
GRANTED = Granted("a-1", 120, ROW)


class Desk:
    """Answers authorisations and fetches."""

    def __init__(self) -> None:
        self.reply: object = GRANTED
        self.nonces = 0

    def respond(self, call: Call, seen: Seen) -> Answer:
        if call.target == wire.NONCE:
            self.nonces += 1
            reply = NonceReply(f"session-nonce-number-{self.nonces}", 5)
            return Answer(200, wire.MEDIA_JSON, codec.encode(reply))
        return Answer(200, wire.MEDIA_JSON, codec.encode(self.reply))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def server(desk: Desk) -> Iterator[LoopbackServer]:
    with serving(desk.respond) as running:
        yield running


@pytest.fixture
def channel(server: LoopbackServer) -> Iterator[Channel]:
    transport = Transport(server.base, [], RealClock(), Timeouts(), allow_plain_loopback=True)
    yield Channel(transport, samples.till_signer(), RealClock(), randomness().randbytes)
    transport.close()


@pytest.fixture
def online(channel: Channel) -> OnlineClient:
    return OnlineClient(channel, RealClock(), deadline_ms=400)


def test_granted_and_refused(online: OnlineClient, desk: Desk, server: LoopbackServer) -> None:
    assert online.authorise(ASK) == GRANTED
    desk.reply = Refused("points_short", {"has": 550, "needs": 600}, ROW)
    assert online.authorise(ASK) == desk.reply
    assert desk.nonces == 1, "one session for many questions"
    counters = [seen.by.counter for seen in server.seen if seen.by]
    assert counters == [1, 1, 2], "each question is taken once: its counter rises"


def test_a_stale_nonce_is_renewed_within_the_time(
    online: OnlineClient, desk: Desk, server: LoopbackServer
) -> None:
    assert online.authorise(ASK) == GRANTED
    server.faults = [told(401, "nonce")]
    assert online.authorise(ASK) == GRANTED
    assert desk.nonces == 2
    server.faults = [told(401, "nonce"), as_it_is, told(401, "nonce")]
    assert online.authorise(ASK) == NoAnswer("nonce", unknown=False)


def test_when_there_is_no_answer(
    online: OnlineClient, channel: Channel, server: LoopbackServer
) -> None:
    server.faults = [no_reply]
    assert online.authorise(ASK) == NoAnswer("broken", unknown=False), "it was not asked yet"
    server.faults = [portal]
    assert online.authorise(ASK) == NoAnswer("not_head_office", unknown=False)
    for fault, code, unknown in (
        (no_reply, "broken", True),
        (truncated, "broken", True),
        (portal, "not_head_office", True),
        (told(403, "revoked"), "revoked", False),
        (told(503, "busy"), "busy", True),
    ):
        server.faults = [as_it_is, fault]
        channel.end()
        assert online.authorise(ASK) == NoAnswer(code, unknown=unknown)
    channel.transport.offline = True
    assert online.authorise(ASK) == NoAnswer("offline_switch", unknown=False)


def test_the_deadline_covers_everything(online: OnlineClient, server: LoopbackServer) -> None:
    for faults, unknown in (([], True), ([as_it_is], False)):
        server.faults = [*faults, lambda handler, answer: (server.hold.wait(3), None)[1]]
        if unknown:
            assert online.authorise(ASK) == NoAnswer("timeout", unknown=False)
            online._channel.end()
            continue
        began = time.monotonic()
        assert online.authorise(ASK) == NoAnswer("timeout", unknown=True)
        assert time.monotonic() - began < 1
    server.hold.set()
    assert OnlineClient(online._channel, RealClock(), deadline_ms=10).authorise(ASK) == NoAnswer(
        "timeout", unknown=False
    )


def test_replies_that_cannot_be_read(online: OnlineClient, desk: Desk) -> None:
    desk.reply = {"answer": "maybe"}
    assert online.authorise(ASK) == NoAnswer("json_unreadable", unknown=True)
    assert online.member(MemberAsk("token", "t")) == NoAnswer("json_unreadable", unknown=False)


def test_member_fetch(online: OnlineClient, desk: Desk, channel: Channel) -> None:
    desk.reply = MemberReply(1, 5, (codec.put(0, FeedKind.MEMBER, "m", 9, ROW),))
    found = online.member(MemberAsk("phone_key", "ab" * 16))
    assert isinstance(found, MemberReply)
    assert codec.row(found.items[0]) == ROW
    channel.transport.offline = True
    assert online.member(MemberAsk("member", "x")) == NoAnswer("offline_switch", unknown=False)
