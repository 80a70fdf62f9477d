"""Tills join with one-time codes, say hello, and are told where they stand."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import httpx
import msgspec
import pytest

from sync.headoffice.enrolment import CODE_TTL_MS, MAX_TRIES, code_for_eyes
from sync.headoffice.errors import NotFoundError, TooManyError
from sync.headoffice.guesses import MOST_ASKERS, PER_MINUTE, Guesses
from sync.headoffice.serving import Running
from sync.headoffice.setup import StaffRow
from sync.protocol import codec, keys, wire
from sync.protocol.messages import Action, EnrolChallenge, EnrolReply
from tests.helpers.tills import TestTill, good, problem, rows_of
from tests.sync.domain.making import member_id
from tests.sync.headoffice.posting.test_push import five, state_of

ANNA = member_id(1)


def asks(till: TestTill, code: str) -> httpx.Response:
    challenge = codec.decode(till.post_plain(wire.ENROL_BEGIN).content, EnrolChallenge)
    return till.post_plain(wire.ENROL, codec.encode(till.enrol_ask(code, challenge.nonce)))


def code_for(served: Running, till: str) -> str:
    return served.call(lambda hq: hq.enrolment.make_code(till, hq.clock.now_ms()))


def test_a_record_names_the_place_the_blocks_and_the_chain(a1: TestTill) -> None:
    record = a1.record
    assert (record.dealer, record.store, record.till, record.epoch) == ("A", "A-store", "A1", 1)
    assert (record.zone, record.offset_min, record.sandbox) == ("Asia/Shanghai", 480, True)
    assert [(block.first, block.last) for block in record.blocks] == [(100, 199)]
    assert record.prev_epoch_seq == 0
    assert {use for key in record.hq_keys for use in key.uses} == {
        "root", "programme", "ack", "roster", "snapshot"
    }  # fmt: skip
    hq = a1.served.head_office.keys
    assert (a1.secrets.token_key, a1.secrets.phone_key) == (hq.token_key, hq.phone_key)


def test_the_same_ask_again_gets_the_same_record(a1: TestTill) -> None:
    code = code_for(a1.served, "A1")
    challenge = codec.decode(a1.post_plain(wire.ENROL_BEGIN).content, EnrolChallenge)
    ask = codec.encode(a1.enrol_ask(code, challenge.nonce))
    first = codec.decode(good(a1.post_plain(wire.ENROL, ask)).content, EnrolReply)
    again = codec.decode(good(asks(a1, code)).content, EnrolReply)
    assert again == first
    a1.sign_seed = sha256(b"another machine").digest()
    assert problem(asks(a1, code)) == (401, "code_used")


def test_codes_are_for_one_till_for_ten_minutes(a1: TestTill) -> None:
    served = a1.served
    with pytest.raises(NotFoundError):
        code_for(served, "Z1")
    assert problem(asks(a1, "0" * 13)) == (401, "code_wrong")
    served.head_office.clock.set(served.head_office.clock.now_ms())
    code = code_for(served, "A2")
    served.head_office.clock.set(served.head_office.clock.now_ms() + CODE_TTL_MS + 1)
    assert problem(asks(a1, code)) == (401, "code_expired")
    assert code_for_eyes("ABCDEFGHJKMNP") == "ABCD-EFGHJ-KMNP"


def test_a_code_has_five_tries(a1: TestTill) -> None:
    code = code_for(a1.served, "A2")
    challenge = codec.decode(a1.post_plain(wire.ENROL_BEGIN).content, EnrolChallenge)
    wrong = msgspec.structs.replace(a1.enrol_ask(code, challenge.nonce), proof=bytes(64))
    for _ in range(MAX_TRIES):
        response = a1.post_plain(wire.ENROL, codec.encode(wrong))
        assert problem(response) == (401, "possession")
    assert problem(asks(a1, code)) == (401, "code_used")


def test_a_nonce_of_nobody_and_a_key_that_is_none(a1: TestTill) -> None:
    code = code_for(a1.served, "A2")
    ask = codec.encode(a1.enrol_ask(code, "x" * 40))
    assert problem(a1.post_plain(wire.ENROL, ask)) == (401, "nonce")
    challenge = codec.decode(a1.post_plain(wire.ENROL_BEGIN).content, EnrolChallenge)
    good_ask = a1.enrol_ask(code, challenge.nonce)
    signer = keys.Signer(a1.sign_seed, "new")
    proof = keys.prove_possession(signer, code, challenge.nonce, bytes(32))
    bad = msgspec.structs.replace(good_ask, agree_key=bytes(32), proof=proof)
    response = a1.post_plain(wire.ENROL, codec.encode(bad))
    assert problem(response) == (400, "agreement_key")


def test_enrolling_again_begins_an_epoch_that_names_the_last_head(a1: TestTill) -> None:
    entries = five(a1)
    a1.push(*entries)
    old_signer, old_epoch = a1.signer, a1.epoch
    a1.join()
    assert (a1.epoch, a1.record.prev_epoch_seq) == (2, 5)
    assert a1.record.prev_epoch_head == entries[-1].hash
    devices = rows_of(a1.feed(), "device")
    assert devices[f"{a1.device}:1"].revoked
    assert not devices[f"{a1.device}:2"].revoked
    assert [d.state for d in state_of(a1.served)["devices"]] == ["closed", "active"]
    a1.push(a1.desk.sale(ANNA, [100]))
    a1.signer, a1.epoch = old_signer, old_epoch
    assert problem(a1.call("GET", wire.FEED + "?cursor=1.0"))[0] in (401, 403)


def test_hello_by_the_table(a1: TestTill) -> None:
    assert a1.hello().action is Action.IN_SYNC
    entries = five(a1)
    a1.push(*entries[:3])
    a1.entries = list(entries)
    reply = a1.hello()
    assert (reply.action, reply.acked_seq) == (Action.PUSH, 3)
    assert reply.acked_hash == entries[2].hash
    assert reply.ack is not None
    keys.check_ack(reply.ack, a1.ack_keys)
    a1.push(*entries[3:])
    assert a1.hello().action is Action.IN_SYNC
    a1.entries = entries[:2]
    assert a1.hello(last_ack=None).action is Action.ROLLBACK
    assert [e.code for e in state_of(a1.served)["exceptions"]] == ["rollback"]


def test_hello_notices_another_history(a1: TestTill) -> None:
    entries = five(a1)
    a1.push(*entries)
    a1.entries = [*entries[:4], replace(entries[4], hash=bytes(32))]
    assert a1.hello(last_ack=None).action is Action.FORK
    assert [d.state for d in state_of(a1.served)["devices"]] == ["forked"]


def test_hello_notices_what_head_office_lost(a1: TestTill) -> None:
    entries = five(a1)
    a1.push(*entries[:2])
    hq = a1.served.head_office
    ahead = keys.countersign(hq.keys.signer("ack"), a1.device, 1, 5, entries[4].hash, 1, 1)
    a1.entries = list(entries)
    assert a1.hello(last_ack=ahead).action is Action.LOST_DATA
    forged = msgspec.structs.replace(ahead, sig=bytes(64))
    assert a1.hello(last_ack=forged).action is Action.PUSH
    assert [e.code for e in state_of(a1.served)["exceptions"]] == ["lost_data"]


def test_a_revoked_till_is_told_nothing_but_may_push(a1: TestTill) -> None:
    a1.served.call(lambda hq: hq.setup.revoke(a1.device, 1))
    a1.hello()
    assert problem(a1.call("GET", wire.FEED + "?cursor=1.0")) == (403, "device_revoked")
    assert problem(a1.call("GET", wire.SNAPSHOT)) == (403, "device_revoked")
    a1.push(a1.desk.enrol(ANNA))


def test_no_version_in_common(a1: TestTill) -> None:
    response = a1.ask(wire.HELLO, a1.hello_ask(protocols=("1999-01-01",)))
    assert problem(response) == (426, "protocol")


def test_wrong_codes_are_counted_by_the_minute(a1: TestTill) -> None:
    """Ten a minute; then nothing is looked up, not even a good code, until the minute is over
    (ASVS 6.6.3)."""
    clock = a1.served.head_office.clock
    now_ms = clock.now_ms()
    clock.set(now_ms)
    for _ in range(10):
        assert problem(asks(a1, "0" * 13)) == (401, "code_wrong")
    answer = asks(a1, "0" * 13)
    assert problem(answer) == (429, "too_many_tries")
    assert answer.headers["retry-after"] == "60"
    code = a1.served.call(lambda hq: hq.enrolment.make_code("A2", now_ms))
    assert problem(asks(a1, code)) == (429, "too_many_tries")
    clock.set(now_ms + 60_000)
    assert asks(a1, code).status_code == 200


def test_askers_are_counted_apart_and_forgotten() -> None:
    guesses = Guesses()
    for number in range(MOST_ASKERS + 1):
        for _ in range(PER_MINUTE):
            guesses.wrong(str(number), 0)
    guesses.check("0", 1)
    guesses.check("nobody", 1)
    with pytest.raises(TooManyError):
        guesses.check("1", 1)
    guesses.check("1", 60_000)


def test_staff_are_published_for_stores_that_there_are(a1: TestTill) -> None:
    person = StaffRow("9", "Wu", "2468", ("A-store", "nowhere"))
    with pytest.raises(NotFoundError, match="store"):
        a1.served.call(lambda hq: hq.setup.staff([person]))
    assert rows_of(a1.feed(), "roster") == {}
