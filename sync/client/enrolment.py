"""A till joins: one-time code and two new public keys against a signed record and the chain's
secrets.

The seeds are made and stored (wrapped) by the caller before this runs: when the reply is lost, the
same call with the same code and seeds gets the same record again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.client.ports import Clock
from sync.client.transport import Transport
from sync.protocol import codec, keys, wire
from sync.protocol.errors import UntrustedError
from sync.protocol.exchange import Call, content
from sync.protocol.messages import EnrolAsk, EnrolChallenge, EnrolReply
from sync.protocol.records import SEAL_SECRETS, ChainSecrets, EnrolmentRecord, Signed


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a till starts an epoch with. `genesis`: `prev` of entry 1; `signed`: the record as
    signed, kept with the journal so that an export verifies without head office."""

    signed: Signed
    record: EnrolmentRecord
    secrets: ChainSecrets
    genesis: bytes


def enrol(
    transport: Transport,
    code: str,
    sign_seed: bytes,
    agree_seed: bytes,
    app: str,
    machine: str,
    clock: Clock,
) -> Enrolled:
    """Join with the one-time `code` as typed. `sign_seed`, `agree_seed`: 32 random bytes each.

    Raises Unreachable; ProblemError when head office says no ("code_wrong", "code_used", ...);
    MalformedError for a code that cannot be one; UntrustedError when the record is not about these
    keys or its signature or box does not hold.
    """
    signer = keys.Signer(sign_seed, "new")
    agree_key = keys.agreement_public(agree_seed)
    typed = wire.tidy_code(code)
    begun = _post(transport, wire.ENROL_BEGIN, b"")
    nonce = codec.decode(begun, EnrolChallenge, wire.MAX_SMALL_BYTES).nonce
    proof = keys.prove_possession(signer, typed, nonce, agree_key)
    ask = codec.encode(
        EnrolAsk(typed, nonce, signer.public, agree_key, proof, app, machine, clock.utc_ms())
    )
    codec.decode(ask, EnrolAsk)  # a mistyped code stops here, not at head office
    reply = codec.decode(_post(transport, wire.ENROL, ask), EnrolReply)
    record = keys.open_enrolment(reply.record)
    if (record.sign_key, record.agree_key) != (signer.public, agree_key):
        raise UntrustedError("not_our_keys")
    plain = keys.open_sealed(agree_seed, SEAL_SECRETS, reply.sealed)
    secrets = codec.decode(plain, ChainSecrets, wire.MAX_SMALL_BYTES)
    return Enrolled(reply.record, record, secrets, keys.genesis(reply.record))


def _post(transport: Transport, target: str, body: bytes) -> bytes:
    answer = transport.send(
        Call("POST", target, body), {"content-type": wire.MEDIA_JSON} if body else {}
    )
    return content(answer, wire.MEDIA_JSON)
