"""Keys: signatures, countersigned acknowledgements, signed documents, sealed boxes. Pure: seeds and
ephemeral randomness are passed in (design.md section 6, keys).

Every signature is Ed25519 (RFC 8032) over `purpose | 0x00 | data`, except an entry's, which is over
its hash alone. A sealed box is X25519 (RFC 7748) with a fresh key, HKDF-SHA-256 (RFC 5869),
ChaCha20-Poly1305 (RFC 8439).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.domain import programme as programmes
from sync.domain.journal import Entry, entry_hash
from sync.protocol import codec, wire
from sync.protocol.errors import MalformedError, UntrustedError
from sync.protocol.messages import Ack
from sync.protocol.records import (
    PURPOSE_ACK,
    PURPOSE_ENROLMENT,
    PURPOSE_POSSESSION,
    PURPOSE_PROGRAMME,
    EnrolmentRecord,
    HqKey,
    Signed,
)

SEED_BYTES: Final = 32
_BOX_VERSION: Final = b"\x01"
_BOX_NONCE_BYTES: Final = 12


class Signer:
    """An Ed25519 private key from its 32-byte `seed`, under the id others know it by."""

    def __init__(self, seed: bytes, key: str = "") -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()
        self.key = key or head_office_key_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """64-byte signature of `message` as it is: for entry hashes; all else has a purpose."""
        return self._private.sign(message)

    def sign_for(self, purpose: bytes, data: bytes) -> bytes:
        """64-byte signature of `data` for one purpose."""
        return self._private.sign(_message(purpose, data))

    @property
    def private(self) -> Ed25519PrivateKey:
        """The key object, for libraries that want it."""
        return self._private


def head_office_key_id(public: bytes) -> str:
    """Id of a head-office key: "hq-" and 16 hex digits of its SHA-256."""
    return f"hq-{sha256(public).hexdigest()[:16]}"


def device_key_id(device: UUID, epoch: int) -> str:
    """Id of a till's signing key in request signatures: till/<device>/<epoch>."""
    return f"till/{device}/{epoch}"


def read_device_key_id(key: str) -> tuple[UUID, int]:
    """(device, epoch) of a till's key id; UntrustedError("key_id") for anything else."""
    try:
        kind, device, epoch = key.split("/")
        found = UUID(device), int(epoch)
    except ValueError:
        raise UntrustedError("key_id") from None
    if kind != "till" or device_key_id(*found) != key or not 1 <= found[1] < 1 << 32:
        raise UntrustedError("key_id")
    return found


def holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `message` by the key `public` (32 bytes)."""
    try:
        _public(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def holds_for(public: bytes, purpose: bytes, data: bytes, signature: bytes) -> bool:
    """Whether `signature` is that of `data` for `purpose`."""
    return holds(public, _message(purpose, data), signature)


def ring(hq_keys: Iterable[HqKey], use: str) -> dict[str, bytes]:
    """Public keys of head office by id that may be used for `use` (programme | ack | roster |
    root)."""
    return {key.key: key.public for key in hq_keys if use in key.uses}


# -- signed documents --------------------------------------------------------------------------


def sign_document(signer: Signer, purpose: bytes, data: bytes) -> Signed:
    """Sign `data` (canonical bytes) for `purpose`."""
    return Signed(data, signer.key, signer.sign_for(purpose, data))


def open_signed(signed: Signed, purpose: bytes, trusted: Mapping[str, bytes]) -> bytes:
    """The data of a signed document; UntrustedError("key_unknown" | "signature") unless a trusted
    key made it."""
    public = trusted.get(signed.key)
    if public is None:
        raise UntrustedError("key_unknown", key=signed.key)
    if not holds_for(public, purpose, signed.data, signed.signature):
        raise UntrustedError("signature", key=signed.key)
    return signed.data


def sign_programme(signer: Signer, programme: programmes.Programme) -> Signed:
    """The programme as a signed pack."""
    return sign_document(signer, PURPOSE_PROGRAMME, programmes.to_bytes(programme))


def open_programme(signed: Signed, trusted: Mapping[str, bytes]) -> programmes.Programme:
    """Programme of a signed pack; UntrustedError, or MalformedError("programme_unknown") when this
    release cannot apply all of it (the till then keeps the last one it understood)."""
    data = open_signed(signed, PURPOSE_PROGRAMME, trusted)
    try:
        return programmes.from_bytes(data)
    except ValueError:
        raise MalformedError("programme_unknown") from None


def sign_enrolment(signer: Signer, record: EnrolmentRecord) -> Signed:
    """The enrolment record, signed; `genesis` of it starts the chain."""
    return sign_document(signer, PURPOSE_ENROLMENT, codec.canonical_bytes(record))


def open_enrolment(signed: Signed, trusted: Mapping[str, bytes] | None = None) -> EnrolmentRecord:
    """The record of an enrolment. `trusted` None: by the head-office keys the record itself names
    (first contact over a pinned connection; later checks pass the keys pinned then)."""
    record = codec.decode(signed.data, EnrolmentRecord, wire.MAX_SMALL_BYTES)
    open_signed(
        signed, PURPOSE_ENROLMENT, ring(record.hq_keys, "root") if trusted is None else trusted
    )
    return record


def genesis(record: Signed) -> bytes:
    """`prev` of entry 1: SHA-256 of the signed enrolment record's bytes."""
    return sha256(record.data).digest()


def possession_message(code: str, nonce: str, sign_public: bytes, agree_public: bytes) -> bytes:
    """What a joining till signs with its new key to show it has it: code | 0 | nonce | 0 | both
    public keys."""
    return b"\0".join((code.encode(), nonce.encode(), sign_public + agree_public))


def prove_possession(signer: Signer, code: str, nonce: str, agree_public: bytes) -> bytes:
    """Proof of possession for EnrolAsk."""
    return signer.sign_for(
        PURPOSE_POSSESSION, possession_message(code, nonce, signer.public, agree_public)
    )


def check_possession(
    code: str, nonce: str, sign_public: bytes, agree_public: bytes, proof: bytes
) -> None:
    """UntrustedError("possession") unless the owner of `sign_public` made `proof`."""
    message = possession_message(code, nonce, sign_public, agree_public)
    if not holds_for(sign_public, PURPOSE_POSSESSION, message, proof):
        raise UntrustedError("possession")


# -- acknowledgements and entries --------------------------------------------------------------


def countersign(
    signer: Signer,
    device: UUID,
    epoch: int,
    seq: int,
    head_hash: bytes,
    hq_epoch: int,
    hq_time_ms: int,
) -> Ack:
    """Head office's acknowledgement of everything up to `seq`, whose entry hash is `head_hash`
    (genesis for 0)."""
    message = _ack_message(device, epoch, seq, head_hash, hq_epoch, hq_time_ms)
    signature = signer.sign_for(PURPOSE_ACK, message)
    return Ack(device, epoch, seq, head_hash, hq_epoch, hq_time_ms, signer.key, signature)


def check_ack(ack: Ack, trusted: Mapping[str, bytes]) -> None:
    """UntrustedError("key_unknown" | "signature") unless a trusted head-office key made the
    acknowledgement."""
    public = trusted.get(ack.key)
    if public is None:
        raise UntrustedError("key_unknown", key=ack.key)
    message = _ack_message(
        ack.device, ack.epoch, ack.seq, ack.head_hash, ack.hq_epoch, ack.hq_time_ms
    )
    if not holds_for(public, PURPOSE_ACK, message, ack.sig):
        raise UntrustedError("signature", key=ack.key)


def _ack_message(
    device: UUID, epoch: int, seq: int, head_hash: bytes, hq_epoch: int, hq_time_ms: int
) -> bytes:
    return b"".join(
        (
            device.bytes,
            epoch.to_bytes(4, "big"),
            seq.to_bytes(8, "big"),
            head_hash,
            hq_epoch.to_bytes(4, "big"),
            hq_time_ms.to_bytes(8, "big"),
        )
    )


def chained_prefix(entries: Sequence[Entry], first_seq: int, prev: bytes) -> int:
    """How many entries from the start are numbered from `first_seq` on and chained to `prev` by
    their bytes."""
    for count, entry in enumerate(entries):
        digest = entry_hash(entry.device, entry.epoch, first_seq + count, prev, entry.body)
        if (entry.seq, entry.prev, entry.hash) != (first_seq + count, prev, digest):
            return count
        prev = digest
    return len(entries)


def signed_prefix(entries: Sequence[Entry], public: bytes) -> int:
    """Length of the longest prefix that ends in a valid signature; the chain makes that one vouch
    for all before it.

    One signature check when all is well; backwards from the end otherwise (the others are checked
    later, one by one).
    """
    for count in range(len(entries), 0, -1):
        entry = entries[count - 1]
        if holds(public, entry.hash, entry.signature):
            return count
    return 0


def verify_batch(entries: Sequence[Entry], first_seq: int, prev: bytes, public: bytes) -> int:
    """How many entries from the start may be acknowledged: chained to `prev`, ending in a valid
    signature."""
    return signed_prefix(entries[: chained_prefix(entries, first_seq, prev)], public)


def unsigned(entries: Iterable[Entry], public: bytes) -> list[int]:
    """Seqs whose own signature does not hold: the background check before a clearing run includes
    them."""
    return [entry.seq for entry in entries if not holds(public, entry.hash, entry.signature)]


# -- sealed boxes ------------------------------------------------------------------------------


def agreement_public(seed: bytes) -> bytes:
    """X25519 public key (32 bytes) of a private one."""
    return X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def seal(to_public: bytes, purpose: bytes, plain: bytes, ephemeral_seed: bytes) -> bytes:
    """Box only the owner of `to_public` opens: version | ephemeral public key | ciphertext with
    tag.

    `ephemeral_seed`: 32 fresh random bytes, never used twice. Raises
    MalformedError("agreement_key") for a bad key.
    """
    ephemeral = X25519PrivateKey.from_private_bytes(ephemeral_seed)
    sender = ephemeral.public_key().public_bytes_raw()
    key, nonce = _box_key(ephemeral, to_public, sender, to_public, purpose)
    return _BOX_VERSION + sender + ChaCha20Poly1305(key).encrypt(nonce, plain, purpose)


def open_sealed(agree_seed: bytes, purpose: bytes, box: bytes) -> bytes:
    """Content of a box sealed to the X25519 key of `agree_seed`; UntrustedError("sealed") when it
    does not open."""
    start = len(_BOX_VERSION) + wire.KEY_BYTES
    if len(box) <= start or not box.startswith(_BOX_VERSION):
        raise UntrustedError("sealed")
    private = X25519PrivateKey.from_private_bytes(agree_seed)
    own, sender = private.public_key().public_bytes_raw(), box[len(_BOX_VERSION) : start]
    try:
        key, nonce = _box_key(private, sender, sender, own, purpose)
        return ChaCha20Poly1305(key).decrypt(nonce, box[start:], purpose)
    except (InvalidTag, MalformedError):
        raise UntrustedError("sealed") from None


def _box_key(
    private: X25519PrivateKey, peer: bytes, sender: bytes, recipient: bytes, purpose: bytes
) -> tuple[bytes, bytes]:
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(peer))
    except ValueError:  # wrong length, or a point of small order
        raise MalformedError("agreement_key") from None
    size = SEED_BYTES + _BOX_NONCE_BYTES
    made = HKDF(SHA256(), size, salt=sender + recipient, info=purpose).derive(shared)
    return made[:SEED_BYTES], made[SEED_BYTES:]


@lru_cache(maxsize=4096)
def _public(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def purposed(purpose: bytes, data: bytes) -> bytes:
    """What is signed of `data` for a purpose, for those who hold no Signer."""
    return _message(purpose, data)


def _message(purpose: bytes, data: bytes) -> bytes:
    return purpose + b"\0" + data
