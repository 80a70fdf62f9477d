"""Documents head office signs or seals: enrolment record, programme pack, staff roster, snapshot
manifest.

A signed document is kept and passed on as the bytes that were signed (`Signed.data`, canonical
JSON); it is never re-encoded. `sync.protocol.keys` signs and verifies, `sync.protocol.codec` reads
what is inside.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from sync.domain.cards import Block
from sync.protocol import wire

# Domain separation: a signature made for one purpose never holds for another.
PURPOSE_ENROLMENT: Final = b"guibin-enrolment-1"
PURPOSE_PROGRAMME: Final = b"guibin-programme-1"
PURPOSE_ROSTER: Final = b"guibin-roster-1"
PURPOSE_MANIFEST: Final = b"guibin-manifest-1"
PURPOSE_HELLO: Final = b"guibin-hello-1"
PURPOSE_CLEARING: Final = b"guibin-clearing-1"
PURPOSE_ACK: Final = b"guibin-ack-1"
PURPOSE_POSSESSION: Final = b"guibin-possession-1"
SEAL_SECRETS: Final = b"guibin-seal-secrets-1"
SEAL_SNAPSHOT: Final = b"guibin-seal-snapshot-1"


class Signed(msgspec.Struct, frozen=True, gc=False):
    """A signed document. `signature`: Ed25519 of key `key` over purpose | 0x00 | data."""

    data: wire.Blob
    key: wire.KeyId
    signature: wire.Signature


class HqKey(msgspec.Struct, frozen=True, gc=False):
    """A head-office key a till pins. `uses`: root | programme | ack | roster | snapshot."""

    key: wire.KeyId
    public: wire.PublicKey
    uses: Annotated[tuple[wire.Code, ...], msgspec.Meta(max_length=8)]


class EnrolmentRecord(msgspec.Struct, frozen=True):
    """What head office signs when a till joins. SHA-256 of its canonical bytes is the genesis
    `prev` of the epoch.

    `device`, `epoch`: identity; `sign_key`, `agree_key`: the till's public keys (Ed25519, X25519);
    `till`: printed lane name, e.g. "A1-2"; `zone`: IANA time zone of the store, `offset_min` its
    offset at enrolment; `prev_epoch_seq`, `prev_epoch_head`: where the till's last epoch ended at
    head office (0 and 32 zero bytes for the first); `blocks`: card serials it may issue; `hq_keys`:
    current and next keys of head office; `currency`: ISO 4217.
    """

    v: int
    device: UUID
    epoch: wire.Epoch
    sign_key: wire.PublicKey
    agree_key: wire.PublicKey
    dealer: wire.Id
    store: wire.Id
    store_group: wire.Short
    till: wire.Id
    store_name_zh: wire.Short
    store_name_en: wire.Short
    zone: wire.Id
    offset_min: wire.Minutes
    currency: wire.Id
    prev_epoch_seq: wire.Seq
    prev_epoch_head: wire.Digest
    blocks: Annotated[tuple[Block, ...], msgspec.Meta(max_length=64)]
    hq_epoch: wire.Epoch
    hq_keys: Annotated[tuple[HqKey, ...], msgspec.Meta(min_length=1, max_length=16)]
    hq_time_ms: wire.Millis
    sandbox: bool = False


class ChainSecrets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keys of the chain's keyed hashes, sealed to the till's X25519 key: HMAC keys of card tokens
    and of phones."""

    token_key: wire.PublicKey
    phone_key: wire.PublicKey


class Staff(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person of the roster. `roles`: cashier | staff | manager | tech; `pin`: argon2id verifier
    made at head office; `approver`: may stand behind a soft mark or an override."""

    staff: wire.Id
    name: wire.Short
    roles: Annotated[tuple[wire.Code, ...], msgspec.Meta(max_length=16)]
    pin: wire.Short = ""
    approver: bool = False
    language: wire.Short = "zh"


class Roster(msgspec.Struct, frozen=True):
    """Staff of a store, the signed data of a roster item. `version` only rises; a lower one is
    ignored."""

    version: wire.Seq
    store: wire.Id
    staff: Annotated[tuple[Staff, ...], msgspec.Meta(max_length=500)]


class DeviceKey(msgspec.Struct, frozen=True, gc=False):
    """Public key of a till, so that any till can check what another one signed (global bucket)."""

    device: UUID
    epoch: wire.Epoch
    public: wire.PublicKey
    store: wire.Id
    till: wire.Id
    revoked: bool = False


class Scope(StrEnum):
    """What a part of a snapshot holds: the global part allows the first sale, the members part
    completes the till; profiles come last in form sqlcipher, as feed pages (in form rows they are
    among the members)."""

    GLOBAL = "global"
    MEMBERS = "members"
    PROFILES = "profiles"


class Form(StrEnum):
    """How the members part travels. rows: each part is a feed page (zstd), loaded in memory, never
    on disk in clear. sqlcipher: the parts joined are an indexed SQLCipher file under the snapshot
    key."""

    ROWS = "rows"
    SQLCIPHER = "sqlcipher"


class Part(msgspec.Struct, frozen=True, gc=False):
    """One part of a snapshot: bytes as they travel and their SHA-256. Global parts are always feed
    pages."""

    index: wire.Count
    scope: Scope
    size: Annotated[int, msgspec.Meta(ge=1, le=wire.MAX_PART_BYTES)]
    sha256: wire.Digest
    rows: wire.Count


class Manifest(msgspec.Struct, frozen=True):
    """A snapshot: everything up to feed number `n` of `hq_epoch`, the same bytes for every till
    (signed).

    `parts` are numbered 0, 1, 2..., global ones first; `schema`: replica schema of form sqlcipher
    (0 for rows).
    """

    v: int
    snapshot: wire.Id
    hq_epoch: wire.Epoch
    n: wire.Seq
    form: Form
    schema: wire.Count
    made_ms: wire.Millis
    parts: Annotated[tuple[Part, ...], msgspec.Meta(min_length=1, max_length=wire.MAX_PARTS)]
