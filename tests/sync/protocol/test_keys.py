"""Signatures, countersigned acknowledgements, sealed boxes and the verification of a batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.domain.programme import Earning, Joining, Programme, Ratio, Tier, Words
from sync.protocol import keys
from sync.protocol.errors import MalformedError, UntrustedError
from sync.protocol.records import PURPOSE_ACK, PURPOSE_PROGRAMME, HqKey, Signed
from tests.sync.protocol import journal_vectors, samples
from tests.sync.protocol.samples import DEVICE, EPOCH, GENESIS, NONCE

PUBLIC = samples.till_signer().public


def test_a_signature_holds_for_its_purpose_only() -> None:
    """Planted: signing data without the purpose makes an acknowledgement pass as a programme."""
    hq = samples.hq_signer()
    signature = hq.sign_for(PURPOSE_ACK, b"data")
    assert keys.holds_for(hq.public, PURPOSE_ACK, b"data", signature)
    assert not keys.holds_for(hq.public, PURPOSE_PROGRAMME, b"data", signature)
    assert not keys.holds_for(hq.public, PURPOSE_ACK, b"dat4", signature)
    assert not keys.holds_for(PUBLIC, PURPOSE_ACK, b"data", signature)
    assert not keys.holds(b"short", b"data", signature)
    assert not keys.holds(hq.public, b"data", b"short")


def test_key_ids() -> None:
    assert samples.hq_signer().key.startswith("hq-")
    name = keys.device_key_id(DEVICE, EPOCH)
    assert keys.read_device_key_id(name) == (DEVICE, EPOCH)
    for wrong in (
        "", "till", f"till/{DEVICE}", f"till/{DEVICE}/x", f"hq/{DEVICE}/1", f"till/{DEVICE}/0",
        f"till/{DEVICE}/01", f"till/{DEVICE.hex}/1", f"till/{DEVICE}/{1 << 32}", "till/x/1",
        f"till/{DEVICE}/1/2",
    ):  # fmt: skip
        with pytest.raises(UntrustedError, match="key_id"):
            keys.read_device_key_id(wrong)


def test_a_ring_holds_what_may_be_used() -> None:
    hq_keys = (HqKey("a", b"a" * 32, ("ack",)), HqKey("b", b"b" * 32, ("ack", "programme")))
    assert keys.ring(hq_keys, "ack") == {"a": b"a" * 32, "b": b"b" * 32}
    assert keys.ring(hq_keys, "programme") == {"b": b"b" * 32}


def test_a_programme_is_believed_by_its_signature() -> None:
    words = Words("贵宾", "Member")
    programme = Programme(
        3, date(2026, 11, 1), words, (Tier("vip", words, 0),), Joining(300_000, 500_000),
        Earning(Ratio(1, 1)),
    )  # fmt: skip
    signed = keys.sign_programme(samples.hq_signer(), programme)
    trusted = samples.ack_keys()
    assert keys.open_programme(signed, trusted) == programme
    with pytest.raises(UntrustedError, match="key_unknown"):
        keys.open_programme(signed, {})
    bad = msgspec.structs.replace(signed, data=signed.data.replace(b"300000", b"100000"))
    with pytest.raises(UntrustedError, match="signature"):
        keys.open_programme(bad, trusted)
    newer = keys.sign_document(samples.hq_signer(), PURPOSE_PROGRAMME, b'{"version":9}')
    with pytest.raises(MalformedError, match="programme_unknown"):
        keys.open_programme(newer, trusted)


def test_an_enrolment_record_starts_the_chain() -> None:
    record = journal_vectors.record()
    signed = keys.sign_enrolment(journal_vectors.head_office(), record)
    assert keys.open_enrolment(signed) == record
    assert keys.open_enrolment(signed, keys.ring(record.hq_keys, "root")) == record
    assert len(keys.genesis(signed)) == 32
    with pytest.raises(UntrustedError, match="key_unknown"):
        keys.open_enrolment(signed, samples.ack_keys())
    with pytest.raises(MalformedError):
        keys.open_enrolment(Signed(b"{}", signed.key, signed.signature))


def test_possession() -> None:
    till = samples.till_signer()
    agree = keys.agreement_public(samples.seed("agree"))
    proof = keys.prove_possession(till, "ABC", NONCE, agree)
    keys.check_possession("ABC", NONCE, till.public, agree, proof)
    for code, nonce, key in (("ABD", NONCE, agree), ("ABC", "x", agree), ("ABC", NONCE, b"a" * 32)):
        with pytest.raises(UntrustedError, match="possession"):
            keys.check_possession(code, nonce, till.public, key, proof)


def test_an_acknowledgement_is_countersigned() -> None:
    ack = samples.ack_at(5, b"h" * 32)
    keys.check_ack(ack, samples.ack_keys())
    for change in (
        {"seq": 6}, {"head_hash": b"i" * 32}, {"hq_epoch": 2}, {"epoch": 3}, {"hq_time_ms": 1},
        {"device": samples.OTHER},
    ):  # fmt: skip
        with pytest.raises(UntrustedError, match="signature"):
            keys.check_ack(msgspec.structs.replace(ack, **change), samples.ack_keys())
    with pytest.raises(UntrustedError, match="key_unknown"):
        keys.check_ack(samples.ack_at(5, b"h" * 32, signer="thief"), samples.ack_keys())


def test_a_good_batch_costs_one_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = samples.chain(50)
    asked: list[bytes] = []
    real = keys.holds

    def counted(public: bytes, message: bytes, signature: bytes) -> bool:
        asked.append(message)
        return real(public, message, signature)

    monkeypatch.setattr(keys, "holds", counted)
    assert keys.verify_batch(entries, 1, GENESIS, PUBLIC) == 50
    assert asked == [entries[-1].hash]


@given(st.integers(1, 8), st.data())
def test_the_longest_prefix_that_ends_in_a_valid_signature(count: int, data: st.DataObject) -> None:
    """Invariant 5, planted: stopping at the first bad signature instead of the last good one."""
    entries = samples.chain(count)
    forged = data.draw(st.sets(st.integers(0, count - 1)))
    for index in forged:
        entries[index] = replace(entries[index], signature=b"x" * 64)
    good = [index + 1 for index in range(count) if index not in forged]
    assert keys.verify_batch(entries, 1, GENESIS, PUBLIC) == max(good, default=0)
    assert keys.unsigned(entries, PUBLIC) == [index + 1 for index in sorted(forged)]


@given(st.integers(1, 8), st.data())
def test_the_chain_ends_where_a_byte_was_changed(count: int, data: st.DataObject) -> None:
    """Invariant 5, planted: comparing only `hash` lets a wrong `prev` or seq through."""
    entries = samples.chain(count)
    at = data.draw(st.integers(0, count - 1))
    changed = (
        replace(entries[at], body=b"{}"),
        replace(entries[at], prev=b"p" * 32),
        replace(entries[at], hash=b"h" * 32),
        replace(entries[at], seq=99),
    )
    entries[at] = data.draw(st.sampled_from(changed))
    assert keys.chained_prefix(entries, 1, GENESIS) == at
    assert keys.verify_batch(entries, 1, GENESIS, PUBLIC) == at
    assert keys.verify_batch(samples.chain(count), 2, GENESIS, PUBLIC) == 0


def test_the_key_of_another_till_vouches_for_nothing() -> None:
    assert keys.verify_batch(samples.chain(3), 1, GENESIS, samples.hq_signer().public) == 0


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32))
def test_a_box_opens_for_its_owner_only(plain: bytes, ephemeral: bytes) -> None:
    own, purpose = samples.seed("agree"), b"purpose"
    box = keys.seal(keys.agreement_public(own), purpose, plain, ephemeral)
    assert keys.open_sealed(own, purpose, box) == plain
    for seed, why, sealed in (
        (samples.seed("other"), purpose, box),
        (own, b"another", box),
        (own, purpose, box[:-1]),
        (own, purpose, box[:-1] + bytes([box[-1] ^ 1])),
        (own, purpose, b"\x02" + box[1:]),
        (own, purpose, box[:20]),
        (own, purpose, b"\x01" + bytes(32) + box[33:]),  # a point of small order
    ):
        with pytest.raises(UntrustedError, match="sealed"):
            keys.open_sealed(seed, why, sealed)


def test_sealing_to_no_key() -> None:
    for wrong in (bytes(32), b"short"):
        with pytest.raises(MalformedError, match="agreement_key"):
            keys.seal(wrong, b"p", b"secret", samples.seed("e"))


def test_fixed_seeds_give_fixed_bytes() -> None:
    first = keys.seal(keys.agreement_public(samples.seed("a")), b"p", b"x", samples.seed("e"))
    assert first == keys.seal(
        keys.agreement_public(samples.seed("a")), b"p", b"x", samples.seed("e")
    )
    assert keys.device_key_id(UUID(int=1), 1) == "till/00000000-0000-0000-0000-000000000001/1"
