"""Makes docs/journal-vectors.json from fixed seeds: `python -m
tests.sync.protocol.journal_vectors`.

The file is part of the format: a reader in any language checks itself against it, and a change of
it is a change of what journals in shops look like. The tests read the file, they never make it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sync.domain import accounts, canonical, ids, journal
from sync.domain.cards import Block
from sync.domain.members import Profile
from sync.domain.trace import Step
from sync.protocol import frames, keys
from sync.protocol.records import EnrolmentRecord, HqKey

PATH = Path(__file__).parents[3] / "docs" / "journal-vectors.json"
ZERO_HASH = bytes(32)
DEVICE = UUID("01980000-0000-7000-8000-000000000a11")
EPOCH = 1
TILL_SEED = sha256(b"guibin vectors: till signing key").digest()
AGREE_SEED = sha256(b"guibin vectors: till agreement key").digest()
HQ_SEED = sha256(b"guibin vectors: head office key").digest()
START_MS = 1_795_222_800_000  # 2026-11-21 09:00 in Shanghai
MEMBER = ids.uuid7(START_MS + 60_000, sha256(b"member").digest()[:10])
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def till() -> keys.Signer:
    """The till that signs the entries."""
    return keys.Signer(TILL_SEED, keys.device_key_id(DEVICE, EPOCH))


def head_office() -> keys.Signer:
    """Head office, which signs the enrolment record and the acknowledgement."""
    return keys.Signer(HQ_SEED)


def record() -> EnrolmentRecord:
    """The enrolment the chain starts from."""
    hq = head_office()
    return EnrolmentRecord(
        v=1,
        device=DEVICE,
        epoch=EPOCH,
        sign_key=till().public,
        agree_key=keys.agreement_public(AGREE_SEED),
        dealer="A",
        store="A1",
        store_group="shanghai",
        till="A1-1",
        store_name_zh="南京西路店",
        store_name_en="Nanjing Road West",
        zone="Asia/Shanghai",
        offset_min=480,
        currency="CNY",
        prev_epoch_seq=0,
        prev_epoch_head=ZERO_HASH,
        blocks=(Block(1_000, 1_999),),
        hq_epoch=1,
        hq_keys=(HqKey(hq.key, hq.public, ("root", "programme", "ack", "roster", "snapshot")),),
        hq_time_ms=START_MS - 60_000,
    )


def profile() -> bytes:
    """The personal data that travels beside entry 2."""
    return canonical.encode(Profile(MEMBER, "张文静", "+8613800138000", 6, 18))


def _body(seq: int, kind: journal.Kind, **said: Any) -> bytes:
    at_ms = START_MS + 60_000 * seq
    common: dict[str, Any] = {
        "v": journal.BODY_VERSION,
        "kind": kind.value,
        "entry_id": ids.uuid7(at_ms, sha256(f"entry {seq}".encode()).digest()[:10]),
        "at": journal.Moment(at_ms, 480, "boot-1", 60_000 * seq, at_ms, 0),
        "business_date": date(2026, 11, 21),
        "shift": 1,
        "place": journal.Place("A", "A1", "A1-1"),
        "operator": "wang.li",
        "approver": None,
        "member": None,
        "card": None,
        "presented": None,
        "basis": journal.Basis(1, 120, "offline"),
        "programme": 3,
        "data": {},
        "effects": (),
        "claims": (),
        "attachments": (),
        "trace": (),
    }
    return journal.body_bytes(journal.Body(**(common | said)))


def bodies() -> list[tuple[str, bytes, tuple[bytes, ...]]]:
    """(what it shows, body, attachments) of each entry in order."""
    blob = profile()
    named = journal.Attachment("profile", sha256(blob).hexdigest(), MEMBER)
    points = accounts.member(MEMBER, accounts.POINTS)
    principal = accounts.member(MEMBER, accounts.PRINCIPAL)
    shown = journal.Presented("barcode", "wedge-1", "read", "token")
    seen = journal.Basis(1, 120, "offline", 5_000, {"points": 0, "principal": 0, "bonus": 0})
    return [
        (
            "an entry without a member",
            _body(1, journal.Kind.SHIFT_OPEN, data={"float": 50_000}),
            (),
        ),
        (
            "Chinese text, a member and an attachment",
            _body(
                2,
                journal.Kind.ENROL,
                member=MEMBER,
                card=TOKEN,
                presented=shown,
                data={"name": "张**", "note": "喜欢“海军蓝”，M 码"},
                attachments=(named,),
            ),
            (blob,),
        ),
        (
            "effects, negative integers and a rule trace",
            _body(
                3,
                journal.Kind.SALE,
                member=MEMBER,
                card=TOKEN,
                presented=shown,
                basis=seen,
                data={"lines": [{"sku": "G-2207", "price_minor": 415_100}], "gift": None},
                effects=(
                    journal.Effect(accounts.dealer("A", "points_issued"), "PTS", -4_151, 0),
                    journal.Effect(points, "PTS", 4_151, 0),
                ),
                trace=(Step("earn.ratio", 3, {"base_minor": 415_100, "num": 1, "den": 1}, 4_151),),
            ),
            (),
        ),
        (
            "text that NFC changes: written decomposed, stored composed",
            _body(
                4,
                journal.Kind.TOP_UP,
                member=MEMBER,
                card=TOKEN,
                presented=shown,
                basis=seen,
                data={"principal_minor": 30_000, "tender": "cash", "note": "Cafe\u0301"},
                effects=(
                    journal.Effect(accounts.drawer("A1-1"), "CNY", -30_000),
                    journal.Effect(principal, "CNY", 30_000),
                ),
            ),
            (),
        ),
    ]


def document() -> Mapping[str, Any]:
    """Everything in the file."""
    signed = keys.sign_enrolment(head_office(), record())
    prev = genesis = keys.genesis(signed)
    entries: list[dict[str, Any]] = []
    for seq, (shows, body, blobs) in enumerate(bodies(), start=1):
        digest = journal.entry_hash(DEVICE, EPOCH, seq, prev, body)
        entries.append(
            {
                "shows": shows,
                "seq": seq,
                "prev": prev.hex(),
                "body": body.decode(),
                "hash": digest.hex(),
                "signature": till().sign(digest).hex(),
                "attachments": [
                    {"sha256": sha256(blob).hexdigest(), "bytes": blob.decode()} for blob in blobs
                ],
            }
        )
        prev = digest
    ack = keys.countersign(head_office(), DEVICE, EPOCH, len(entries), prev, 1, START_MS + 900_000)
    sent = [(bytes.fromhex(entry["signature"]), entry["body"].encode()) for entry in entries]
    return {
        "format": "guibin-entry-1",
        "device": str(DEVICE),
        "epoch": EPOCH,
        "till_public": till().public.hex(),
        "till_seed": TILL_SEED.hex(),
        "enrolment": {
            "data": signed.data.decode(),
            "key": signed.key,
            "public": head_office().public.hex(),
            "signature": signed.signature.hex(),
        },
        "genesis": genesis.hex(),
        "entries": entries,
        "ack": {
            "seq": ack.seq,
            "head_hash": ack.head_hash.hex(),
            "hq_epoch": ack.hq_epoch,
            "hq_time_ms": ack.hq_time_ms,
            "key": ack.key,
            "signature": ack.sig.hex(),
        },
        "push": frames.encode_push(DEVICE, EPOCH, 1, sent, [profile()]).hex(),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(document(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
