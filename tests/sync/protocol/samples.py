"""Keys, chains and messages for the tests of the wire."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from sync.domain.journal import Entry, entry_hash
from sync.domain.posting import Outcome
from sync.protocol import keys
from sync.protocol.exchange import OutBatch, Till
from sync.protocol.messages import Ack, PushReply, PushResult, PushStatus

DEVICE = UUID("01980000-0000-7000-8000-0000000000d1")
OTHER = UUID("01980000-0000-7000-8000-0000000000d2")
MEMBER = UUID("01980000-0000-7000-8000-0000000000a1")
EPOCH = 2
GENESIS = sha256(b"enrolment record").digest()
NONCE = "n" * 22


def seed(name: str) -> bytes:
    """A fixed 32-byte seed."""
    return sha256(name.encode()).digest()


def till_signer() -> keys.Signer:
    """The till's signing key."""
    return keys.Signer(seed("till"), keys.device_key_id(DEVICE, EPOCH))


def hq_signer() -> keys.Signer:
    """Head office's key for everything."""
    return keys.Signer(seed("hq"))


def ack_keys() -> dict[str, bytes]:
    """What a till trusts."""
    hq = hq_signer()
    return {hq.key: hq.public}


def till() -> Till:
    """The till that speaks."""
    return Till(DEVICE, EPOCH, "guibin 0.1", "1", "boot-1", ack_keys())


def chain(count: int, signer: keys.Signer | None = None, prev: bytes = GENESIS) -> list[Entry]:
    """`count` signed entries from seq 1 on."""
    signer, made = signer or till_signer(), []
    for seq in range(1, count + 1):
        body = b'{"n":%d}' % seq
        digest = entry_hash(DEVICE, EPOCH, seq, prev, body)
        made.append(Entry(DEVICE, EPOCH, seq, prev, body, digest, signer.sign(digest)))
        prev = digest
    return made


def out_batch(entries: list[Entry]) -> OutBatch:
    """Entries as the journal hands them out."""
    return OutBatch(
        tuple((entry.signature, entry.body) for entry in entries),
        tuple(entry.hash for entry in entries),
    )


def ack_at(entry_seq: int, head_hash: bytes, hq_epoch: int = 1, signer: str = "hq") -> Ack:
    """Head office's acknowledgement up to `entry_seq`."""
    return keys.countersign(
        keys.Signer(seed(signer)), DEVICE, EPOCH, entry_seq, head_hash, hq_epoch, 1_000
    )


def reply_to(entries: list[Entry], taken: int | None = None, hq_epoch: int = 1) -> PushReply:
    """A good reply that takes the first `taken` entries (None: all)."""
    done = entries[:taken]
    results = tuple(
        PushResult(entry.seq, PushStatus.CREATED, Outcome.POSTED, post_seq=entry.seq)
        for entry in done
    )
    return PushReply(results, ack_at(done[-1].seq, done[-1].hash, hq_epoch))
