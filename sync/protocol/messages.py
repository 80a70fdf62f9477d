"""Requests and replies. JSON (msgspec), bytes as base64, UUIDs as text; a push body is framed
(`frames`).

A request to head office forbids fields it does not know where ignoring one could change the answer
(push header, enrolment, authorisation); hello and all replies let new fields pass, so that either
end may be newer. Amounts are minor units, times UTC milliseconds, points whole.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec

from sync.domain.members import LightRow
from sync.domain.posting import Outcome
from sync.protocol import wire
from sync.protocol.records import Signed

PUSH_VERSION: Final = 1


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body of every 4xx and 5xx (media type application/problem+json). `code`: stable; `params`:
    numbers, short ids."""

    code: wire.Code
    params: dict[str, int | wire.Short] = {}


# -- enrolment ---------------------------------------------------------------------------------


class EnrolChallenge(msgspec.Struct, frozen=True, gc=False):
    """Reply to ENROL_BEGIN (empty POST): the nonce the proof of possession is made over, valid 10
    minutes."""

    nonce: wire.Nonce
    hq_time_ms: wire.Millis


class EnrolAsk(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A till asks to join. `proof`: Ed25519 of the new signing key over
    keys.possession_message(...).

    A repeat with the same code and keys gets the same record again (the reply may have been lost).
    """

    code: wire.EnrolCode
    nonce: wire.Nonce
    sign_key: wire.PublicKey
    agree_key: wire.PublicKey
    proof: wire.Signature
    app: wire.Short
    machine: wire.Short
    wall_ms: wire.Millis


class EnrolReply(msgspec.Struct, frozen=True, gc=False):
    """`record`: signed EnrolmentRecord; `sealed`: ChainSecrets sealed to `agree_key`
    (keys.open_sealed)."""

    record: Signed
    sealed: Annotated[bytes, msgspec.Meta(max_length=4096)]


# -- hello -------------------------------------------------------------------------------------


class Ack(msgspec.Struct, frozen=True, gc=False):
    """Head office's countersigned receipt for all entries up to `seq`. `key`: id of the head-office
    key."""

    device: UUID
    epoch: wire.Epoch
    seq: wire.Seq
    head_hash: wire.Digest
    hq_epoch: wire.Epoch
    hq_time_ms: wire.Millis
    key: wire.KeyId
    sig: wire.Signature


class HelloAsk(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Where a till stands. `protocols`: dated versions it speaks; `head_seq`, `head_hash`: end of
    its journal (0 and the genesis hash when empty); `cursor`: "hq_epoch.n" or "" ; `boot`: id of
    this process start; `nonce`: fresh, chosen by the till, repeated in the signed reply."""

    protocols: Annotated[tuple[wire.Dated, ...], msgspec.Meta(min_length=1, max_length=32)]
    app: wire.Short
    db_schema: wire.Short
    device: UUID
    epoch: wire.Epoch
    head_seq: wire.Seq
    head_hash: wire.Digest
    boot: wire.Id
    wall_ms: wire.Millis
    nonce: wire.Nonce
    last_ack: Ack | None = None
    cursor: wire.CursorText | None = None


class Action(StrEnum):
    """What hello decides (sync-ledger.md 2.4). fork and rollback stop the till's sales until it is
    enrolled again."""

    PUSH = "push"
    IN_SYNC = "in_sync"
    FORK = "fork"
    ROLLBACK = "rollback"
    RESTORED = "restored"
    LOST_DATA = "lost_data"


class HelloReply(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Data of the signed hello reply (the body is a `Signed` with purpose guibin-hello-1).

    `nonce_back`: the till's nonce; `nonce`: session nonce for the requests that follow;
    `acked_seq`, `acked_hash`: where head office stands (0 and genesis when it has nothing), which
    the till compares with its own journal.
    """

    protocol: wire.Dated
    device: UUID
    epoch: wire.Epoch
    hq_epoch: wire.Epoch
    acked_seq: wire.Seq
    acked_hash: wire.Digest
    hq_time_ms: wire.Millis
    nonce_back: wire.Nonce
    nonce: wire.Nonce
    action: Action
    limits_version: wire.Seq = 0
    min_app: wire.Short = ""
    ack: Ack | None = None


class NonceAsk(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Signed ask for a session nonce without a hello (the online client has its own session)."""

    nonce: wire.Nonce


class NonceReply(msgspec.Struct, frozen=True, gc=False):
    """A session nonce; request nonces are "<nonce>.<counter>", counters rising from 1
    (requests.Session)."""

    nonce: wire.Nonce
    hq_time_ms: wire.Millis


# -- push --------------------------------------------------------------------------------------


class PushHeader(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """First frame of a push. Entries are from_seq, from_seq + 1, ...; prev and hash are recomputed
    by the receiver."""

    v: Annotated[int, msgspec.Meta(ge=1, le=1)]
    device: UUID
    epoch: wire.Epoch
    from_seq: wire.EntrySeq
    entries: Annotated[int, msgspec.Meta(ge=1, le=wire.MAX_ENTRIES)]
    attachments: Annotated[int, msgspec.Meta(ge=0, le=wire.MAX_ATTACHMENTS)]


class PushStatus(StrEnum):
    """Whether head office had the entry before."""

    CREATED = "created"
    EXISTS = "exists"


class AllocationNote(msgspec.Struct, frozen=True, gc=False):
    """One allocation made while posting an entry: `quantity` units of a lot settle `amount_minor`
    of a claim; `debtor` pays `creditor` through head office, both below 0 when a claim is taken
    back. `lot_*`: the lot's key and origin."""

    claim_post_seq: wire.Seq
    claim: wire.Count
    account: wire.Id
    lot_post_seq: wire.Seq
    lot_part: wire.Count
    lot_dealer: wire.Id
    quantity: wire.Signed
    amount_minor: wire.Signed
    debtor: wire.Short
    creditor: wire.Short


class PushResult(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Final outcome of one entry; a repeat returns the stored one. `entry_id`, `post_seq`: None in
    quarantine when the body cannot be read. `codes`: issues of sync.domain.posting. `allocations`:
    the first 100."""

    seq: wire.EntrySeq
    status: PushStatus
    outcome: Outcome
    entry_id: UUID | None = None
    codes: Annotated[tuple[wire.Code, ...], msgspec.Meta(max_length=32)] = ()
    post_seq: wire.Seq | None = None
    allocations: Annotated[tuple[AllocationNote, ...], msgspec.Meta(max_length=100)] = ()


class PushReply(msgspec.Struct, frozen=True, gc=False):
    """Results in seq order and the acknowledgement; the till stores both in one transaction."""

    results: Annotated[tuple[PushResult, ...], msgspec.Meta(max_length=wire.MAX_ENTRIES)]
    ack: Ack


# -- feed --------------------------------------------------------------------------------------


class FeedKind(StrEnum):
    """Kinds of feed items known to this release and the type of their `data`; others are skipped,
    never an error."""

    BLOCK = "block"  # BlockRow: a card that may not be used; sent before everything else
    PROGRAMME = "programme"  # records.Signed over programme bytes; key: version
    ROSTER = "roster"  # records.Signed over records.Roster; key: store
    DEVICE = "device"  # records.DeviceKey; key: device:epoch
    PRODUCT = "product"  # sync.domain.pricing.Product; key: sku
    MEMBER = "member"  # sync.domain.members.LightRow; key: member
    CARD = "card"  # sync.domain.cards.Card; key: token
    PROFILE = "profile"  # sync.domain.members.Profile; key: member
    ALIAS = "alias"  # AliasRow; key: the member that was merged away
    DOCUMENT = "document"  # Document for all tills; key: "<type>/<id>"
    LOCAL = "local"  # Document for the tills of a store or a group; key: "<type>/<id>"


class Op(StrEnum):
    """put: the row as it now is; tomb: the key is gone."""

    PUT = "put"
    TOMB = "tomb"


class BlockRow(msgspec.Struct, frozen=True, gc=False):
    """Block list row. `since_ms`: when it was reported."""

    token: wire.Id
    since_ms: wire.Millis
    reason: wire.Code


class AliasRow(msgspec.Struct, frozen=True, gc=False):
    """A duplicate member is an alias of the earlier-posted one (golden case 19)."""

    alias: UUID
    member: UUID


class Document(msgspec.Struct, frozen=True, gc=False):
    """A small document of head office (a lease, a coupon, a parse profile ...), whose type its key
    begins with. `data`: JSON of that type's struct, read by whoever knows it."""

    data: msgspec.Raw


class FeedItem(msgspec.Struct, frozen=True, gc=False):
    """One change. `n`: place in the feed, strictly rising; `ver`: version of the row, an older
    never replaces a newer; `data`: JSON of the row as head office stored it (null for a tomb), read
    by codec.row."""

    n: wire.Seq
    kind: wire.Code
    key: wire.Id
    ver: wire.Seq
    op: Op
    data: msgspec.Raw = msgspec.Raw(b"null")


class BucketSum(msgspec.Struct, frozen=True, gc=False):
    """Checksum of a bucket of rows: `count` of live ones and, byte by byte, the `xor` of
    SHA-256(kind 0 key 0 ver u64be) of each."""

    bucket: wire.Id
    count: wire.Seq
    xor: wire.Digest


class FeedPage(msgspec.Struct, frozen=True, gc=False):
    """Changes after the asked cursor. `next`: n to ask from; `complete`: nothing newer is visible;
    `behind`: how far the newest visible change is ahead. A page carries no mark of own entries: an
    upserted row can move past the page, so each member row carries its own (LightRow.marks)."""

    hq_epoch: wire.Epoch
    items: Annotated[tuple[FeedItem, ...], msgspec.Meta(max_length=wire.MAX_PAGE_ITEMS)]
    next: wire.Seq
    complete: bool
    buckets: Annotated[tuple[BucketSum, ...], msgspec.Meta(max_length=64)] = ()
    behind: wire.Seq = 0
    hq_time_ms: wire.Millis = 0


class SnapshotReply(msgspec.Struct, frozen=True, gc=False):
    """`manifest`: signed records.Manifest; `sealed_key`: its snapshot key sealed to this till
    (empty for form rows)."""

    manifest: Signed
    sealed_key: Annotated[bytes, msgspec.Meta(max_length=4096)] = b""


# -- online ------------------------------------------------------------------------------------


class Debits(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Value leaving a member's accounts, all >= 0: points with their settlement value, principal,
    bonus."""

    points: wire.Amount = 0
    points_settlement_minor: wire.Amount = 0
    principal_minor: wire.Amount = 0
    bonus_minor: wire.Amount = 0


class AuthAsk(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True
):
    """May this entry debit this member? `pending`: own debits of the member head office has not
    acknowledged.

    Asking again with the same entry id and debit gets the same answer; a refused entry id stays
    refused.
    """

    entry_id: UUID
    member: UUID
    debit: Debits
    pending: Debits = Debits()


class Granted(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="answer", tag="granted"
):
    """Head office holds the debit for `ttl_s` seconds under `auth`, which the entry then cites.
    `row`: fresh figures; `leases`: units the entry takes from the till's own leases, as it must
    say."""

    auth: wire.Id
    ttl_s: wire.Count
    row: LightRow
    leases: dict[wire.Id, wire.Amount] = {}


class Refused(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="answer", tag="refused"
):
    """A decline, which ends that entry id for good. `code`: sync.domain.refusals.Code; `row`: fresh
    figures if known."""

    code: wire.Code
    params: dict[str, int | wire.Short] = {}
    row: LightRow | None = None


AuthReply = Granted | Refused


class MemberAsk(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Fetch one member: `by` member | token | phone_key (keyed hash, never the number itself); POST
    keeps it out of logs. By order (its number) or orders (a member's id): service orders of any
    store."""

    by: Annotated[str, msgspec.Meta(pattern=r"\A(member|token|phone_key|order|orders)\Z")]
    value: wire.Id


class OriginalAsk(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What came back of an entry that a till is about to take back."""

    device: UUID
    epoch: wire.Epoch
    seq: wire.EntrySeq


class OriginalReply(msgspec.Struct, frozen=True, gc=False):
    """`posted`: head office has the entry; `gone`: pieces per line (its number as text) that came
    back with entries it has posted."""

    hq_epoch: wire.Epoch
    hq_time_ms: wire.Millis
    posted: bool
    gone: dict[wire.Id, wire.Signed] = {}


class MemberReply(msgspec.Struct, frozen=True, gc=False):
    """The member's light row, cards and, if in scope, profile as feed items of kinds member, card,
    profile; their `n` is 0. Empty when there is no such member."""

    hq_epoch: wire.Epoch
    hq_time_ms: wire.Millis
    items: Annotated[tuple[FeedItem, ...], msgspec.Meta(max_length=50)]
