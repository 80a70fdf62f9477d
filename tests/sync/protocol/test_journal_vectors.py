"""docs/journal-vectors.json holds what a reader of the format would compute by itself."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from unicodedata import is_normalized
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.domain import canonical, journal
from sync.protocol import frames, keys
from sync.protocol.messages import Ack
from sync.protocol.records import Signed
from tests.sync.protocol import journal_vectors


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(journal_vectors.PATH.read_text(encoding="utf-8"))
    return found


def test_the_file_is_what_the_generator_writes(vectors: dict[str, Any]) -> None:
    made = json.loads(json.dumps(journal_vectors.document()))
    assert {**made, "push": ""} == {**vectors, "push": ""}  # zstd releases differ in bytes


def test_hashes_and_signatures_by_the_description_alone(vectors: dict[str, Any]) -> None:
    """Written out with hashlib and cryptography only, as another implementation would."""
    device, epoch = UUID(vectors["device"]), vectors["epoch"]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(vectors["till_public"]))
    prev = sha256(vectors["enrolment"]["data"].encode()).digest()
    assert prev.hex() == vectors["genesis"]
    for entry in vectors["entries"]:
        digest = sha256(
            b"guibin-entry-1"
            + device.bytes
            + epoch.to_bytes(4, "big")
            + entry["seq"].to_bytes(8, "big")
            + prev
            + entry["body"].encode()
        ).digest()
        assert entry["prev"] == prev.hex()
        assert entry["hash"] == digest.hex()
        public.verify(bytes.fromhex(entry["signature"]), digest)
        prev = digest
    hq = Ed25519PublicKey.from_public_bytes(bytes.fromhex(vectors["enrolment"]["public"]))
    hq.verify(
        bytes.fromhex(vectors["enrolment"]["signature"]),
        b"guibin-enrolment-1\0" + vectors["enrolment"]["data"].encode(),
    )


def test_bodies_are_canonical_and_name_their_attachments(vectors: dict[str, Any]) -> None:
    for entry in vectors["entries"]:
        data = entry["body"].encode()
        body = journal.read_body(data)
        assert canonical.encode(canonical.decode(data)) == data
        assert is_normalized("NFC", entry["body"])
        journal.check_balanced(body.effects)
        named = [attachment.sha256 for attachment in body.attachments]
        assert named == [blob["sha256"] for blob in entry["attachments"]]
        for blob in entry["attachments"]:
            assert sha256(blob["bytes"].encode()).hexdigest() == blob["sha256"]
    assert "张" in vectors["entries"][1]["body"]


def test_our_readers_agree(vectors: dict[str, Any]) -> None:
    enrolment = vectors["enrolment"]
    signed = Signed(
        enrolment["data"].encode(), enrolment["key"], bytes.fromhex(enrolment["signature"])
    )
    record = keys.open_enrolment(signed)
    assert keys.genesis(signed).hex() == vectors["genesis"]
    assert record == journal_vectors.record()
    batch = frames.decode_push(bytes.fromhex(vectors["push"]))
    entries = frames.entries_of(batch, keys.genesis(signed))
    assert [entry.hash.hex() for entry in entries] == [e["hash"] for e in vectors["entries"]]
    assert keys.verify_batch(entries, 1, keys.genesis(signed), record.sign_key) == len(entries)
    assert set(batch.attachments) == {
        bytes.fromhex(blob["sha256"]) for e in vectors["entries"] for blob in e["attachments"]
    }
    said = vectors["ack"]
    ack = Ack(
        UUID(vectors["device"]),
        vectors["epoch"],
        said["seq"],
        bytes.fromhex(said["head_hash"]),
        said["hq_epoch"],
        said["hq_time_ms"],
        said["key"],
        bytes.fromhex(said["signature"]),
    )
    keys.check_ack(ack, keys.ring(record.hq_keys, "ack"))
