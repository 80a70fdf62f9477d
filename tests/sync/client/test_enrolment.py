"""A till joins over a socket: proof of possession, a signed record, sealed secrets."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from sync.client.enrolment import Enrolled, enrol
from sync.client.transport import Transport, Unreachable
from sync.protocol import codec, keys, wire
from sync.protocol.errors import MalformedError, ProblemError, UntrustedError
from sync.protocol.exchange import Answer, Call
from sync.protocol.messages import EnrolAsk, EnrolChallenge, EnrolReply
from sync.protocol.records import SEAL_SECRETS, ChainSecrets
from tests.sync.client.server import (
    LoopbackServer,
    RealClock,
    Seen,
    as_it_is,
    no_reply,
    serving,
    told,
)
from tests.sync.protocol import journal_vectors, samples

CODE = "ABCDE-FGHJK-MN1"
SECRETS = ChainSecrets(b"t" * 32, b"p" * 32)


class Registry:
    """Gives out one record for one code."""

    def __init__(self) -> None:
        self.given: dict[bytes, EnrolReply] = {}
        self.other_keys = False

    def respond(self, call: Call, seen: Seen) -> Answer:
        if call.target == wire.ENROL_BEGIN:
            body = codec.encode(EnrolChallenge(samples.NONCE, 5))
            return Answer(200, wire.MEDIA_JSON, body)
        ask = codec.decode(call.body, EnrolAsk)
        keys.check_possession(ask.code, samples.NONCE, ask.sign_key, ask.agree_key, ask.proof)
        assert ask.code == "ABCDEFGHJKMN1"
        record = journal_vectors.record()
        if not self.other_keys:
            record = msgspec.structs.replace(record, sign_key=ask.sign_key, agree_key=ask.agree_key)
        sealed = keys.seal(
            ask.agree_key, SEAL_SECRETS, codec.encode(SECRETS), samples.seed("ephemeral")
        )
        signed = keys.sign_enrolment(journal_vectors.head_office(), record)
        reply = self.given.setdefault(ask.sign_key, EnrolReply(signed, sealed))
        return Answer(200, wire.MEDIA_JSON, codec.encode(reply))


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def server(registry: Registry) -> Iterator[LoopbackServer]:
    with serving(registry.respond) as running:
        yield running


@pytest.fixture
def transport(server: LoopbackServer) -> Iterator[Transport]:
    made = Transport(server.base, [], RealClock(), allow_plain_loopback=True)
    yield made
    made.close()


def join(transport: Transport, code: str = CODE) -> Enrolled:
    return enrol(
        transport, code, samples.seed("till"), samples.seed("agree"), "guibin", "pc", RealClock()
    )


def test_joining(transport: Transport) -> None:
    joined = join(transport, code="abcde fghjk mni")
    assert joined.record.sign_key == samples.till_signer().public
    assert joined.secrets == SECRETS
    assert joined.genesis == keys.genesis(joined.signed)


def test_a_lost_reply_is_asked_for_again(transport: Transport, server: LoopbackServer) -> None:
    server.faults = [as_it_is, no_reply]
    with pytest.raises(Unreachable):
        join(transport)
    assert join(transport) == join(transport)


def test_no(transport: Transport, server: LoopbackServer, registry: Registry) -> None:
    server.faults = [told(403, "code_wrong")]
    with pytest.raises(ProblemError, match="code_wrong"):
        join(transport)
    for wrong in ("", "ABC", "ABCDE-FGHJK-MNU", "ABCDE-FGHJK-MN12"):
        with pytest.raises(MalformedError, match="json_unreadable"):
            join(transport, wrong)
    registry.other_keys = True
    with pytest.raises(UntrustedError, match="not_our_keys"):
        join(transport)
