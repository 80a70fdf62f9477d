"""The journal: one operation is one entry, hash-chained and signed, its body kept as the bytes
written once.

`hash = SHA-256("guibin-entry-1" | device 16 bytes | epoch u32be | seq u64be | prev 32 bytes |
body)` (design.md section 6; vectors in docs/journal-vectors.json). The body is canonical JSON of
`Body`; every other column a database keeps is derived from it. Personal data never stands in a
body: it travels as attachments named here by their hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final
from unicodedata import is_normalized
from uuid import UUID

import msgspec

from sync.domain import accounts, canonical
from sync.domain.trace import Step

HASH_DOMAIN: Final = b"guibin-entry-1"
BODY_VERSION: Final = 1
MAX_BODY_BYTES: Final = 64 * 1024
MAX_BLOB_BYTES: Final = 64 * 1024  # an attachment beyond it would never leave the till
MAX_BLOBS: Final = 4
MAX_AMOUNT: Final = 10**12  # of all effects of an entry together: columns of 64 bits never overflow
GENESIS_BYTES: Final = 32
_MAX_EPOCH: Final = (1 << 32) - 1
_MAX_SEQ: Final = (1 << 63) - 1  # also the largest a database column holds

# Ids and codes in a body, and its longer account names; what is longer is unreadable.
Short = Annotated[str, msgspec.Meta(max_length=64)]
AccountName = Annotated[str, msgspec.Meta(max_length=200)]


class Kind(StrEnum):
    """Closed list of what can happen at a till, and of what head office books by itself."""

    SALE = "sale"
    RETURN = "return"
    EXCHANGE = "exchange"
    VOID = "void"
    TOP_UP = "top_up"
    TOP_UP_CANCEL = "top_up_cancel"
    CASH_OUT = "cash_out"
    REDEEM_GIFT = "redeem_gift"
    GIFT_HOLD = "gift_hold"
    VIRTUAL_ORDER = "virtual_order"
    EVENT_DEDUCTION = "event_deduction"
    ENROL = "enrol"
    PROFILE = "profile"
    CONSENT = "consent"
    NOTE = "note"
    FEEDBACK = "feedback"
    PRODUCT_ALERT = "product_alert"
    CARD_ISSUE = "card_issue"
    CARD_BIND = "card_bind"
    CARD_BLOCK = "card_block"
    CARD_UNBLOCK = "card_unblock"
    CARD_REPLACE = "card_replace"
    SERVICE_OPEN = "service_open"
    SERVICE_STEP = "service_step"
    SERVICE_CLOSE = "service_close"
    FOLLOW_UP_OUTCOME = "follow_up_outcome"
    SHIFT_OPEN = "shift_open"
    SHIFT_CLOSE = "shift_close"
    DAY_CLOSE = "day_close"
    CASH_IN = "cash_in"
    CASH_OUT_DRAWER = "cash_out_drawer"
    PRICE_OVERRIDE = "price_override"
    LIMIT_OVERRIDE = "limit_override"
    OPENING_BALANCE = "opening_balance"
    CLOCK_NOTE = "clock_note"
    KEY_EVENT = "key_event"
    # Written by head office's own ledger device only.
    ADJUSTMENT = "adjustment"
    TRANSFER = "transfer"
    MERGE = "merge"
    UNMERGE = "unmerge"
    EXPIRY = "expiry"
    TIER_CHANGE = "tier_change"
    LOSS = "loss"
    VIRTUAL_OUTCOME = "virtual_outcome"


KINDS: Final = frozenset(kind.value for kind in Kind)


class Effect(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """One signed change of one account by an entry; the effects of an entry sum to zero per asset.

    `item`: the sale line it belongs to, so that a return can post its exact negative (golden case
    9).
    """

    account: AccountName
    asset: Short
    delta: int
    item: int | None = None


class Claim(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """What a debit of points or stored value pays for, at which value dealers settle it (golden
    cases 3, 4, 8).

    `kind`: gift | points_tender | stored_value. `account`: points | principal | bonus. `quantity`
    (> 0) units of that account settle at `settlement_minor`; the offer's programme version is the
    entry's.
    """

    kind: Short
    account: Short
    quantity: int
    settlement_minor: int
    offer: Short = ""
    face_minor: int = 0


class Presented(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How the member was identified: medium barcode|magstripe|ic|rfid|none, method
    read|typed|searched, strength token|uid|authenticated.
    """

    medium: Short
    reader: Short
    method: Short
    strength: Short
    pin: bool = False


class Basis(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """What the till knew when it decided.

    `mode`: online (head office authorised: `auth`) | offline.

    `age_ms`: age of the member's confirmed figures; `balances`: available points, principal and
    bonus it reckoned with; `auth_unknown`: head office was asked and did not answer in time;
    `leases`: units it took from each of its leases.
    """

    hq_epoch: int
    cursor: int
    mode: Short
    age_ms: int | None = None
    balances: dict[str, int] = {}
    auth: Short | None = None
    auth_unknown: bool = False
    leases: dict[Short, int] = {}


class Attachment(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Names a blob that travels beside the body. `sha256`: hex digest; `kind`: profile | ..."""

    kind: Short
    sha256: Short
    member: UUID | None


class Moment(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Evidence of time: wall clock (UTC ms), offset of the store (minutes), boot id, monotonic ms,
    and the hybrid logical clock (ms, counter) that never runs back.
    """

    utc_ms: int
    offset_min: int
    boot: Short
    mono_ms: int
    hlc_ms: int
    hlc_count: int


class Place(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Where: dealer, store, till (the lane's printed name, e.g. "A1-2").

    Head office is over all of them.
    """

    dealer: Short
    store: Short
    till: Short


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry says.

    `data` has the shape of its kind (selling.SaleData, stored_value.TopUpData, redeeming.GiftData,
    joining.EnrolData ...); `programme` is the version applied (0: none needed); `business_date` and
    `shift` come from the open shift, never from the clock.
    """

    v: int
    kind: Short
    entry_id: UUID
    at: Moment
    business_date: date
    shift: int
    place: Place
    operator: Short
    approver: Short | None
    member: UUID | None
    card: Short | None
    presented: Presented | None
    basis: Basis
    programme: int
    data: dict[str, object]
    effects: tuple[Effect, ...]
    claims: tuple[Claim, ...]
    attachments: tuple[Attachment, ...]
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as stored and sent.

    `hash` binds the body to its place; `signature` is Ed25519 over `hash`.
    """

    device: UUID
    epoch: int
    seq: int
    prev: bytes
    body: bytes
    hash: bytes
    signature: bytes


_decoder = msgspec.json.Decoder(Body)
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * 19


class UnreadableBody(ValueError):  # noqa: N818  # reads as what it says at every raise
    """The bytes are not a body this release can read: head office quarantines the entry, nothing
    else stops.
    """


class BodyTooLarge(ValueError):  # noqa: N818  # reads as what it says at every raise
    """More than an entry holds."""


class Unbalanced(ValueError):  # noqa: N818  # reads as what it says at every raise
    """Effects of an entry do not sum to zero per asset."""


def entry_hash(device: UUID, epoch: int, seq: int, prev: bytes, body: bytes) -> bytes:
    """The 32-byte hash of an entry.

    `prev`: hash of entry seq - 1, or of the enrolment record for seq 1.
    """
    if len(prev) != GENESIS_BYTES or not 1 <= seq <= _MAX_SEQ or not 1 <= epoch <= _MAX_EPOCH:
        raise ValueError(f"seq {seq}, epoch {epoch}, prev of {len(prev)} bytes")
    return sha256(
        b"".join(
            (
                HASH_DOMAIN,
                device.bytes,
                epoch.to_bytes(4, "big"),
                seq.to_bytes(8, "big"),
                prev,
                body,
            )
        )
    ).digest()


def body_bytes(body: Body) -> bytes:
    """Canonical bytes of a body, which `read_body` is sure to read again.

    Raises Unbalanced, BodyTooLarge, or ValueError when it names an unknown account or says
    something no reader would accept.
    """
    check_balanced(body.effects)
    made = _at_once(body)
    data = canonical.encode(body) if made is None else made
    if len(data) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"the body has {len(data)} bytes, an entry at most {MAX_BODY_BYTES}")
    if made is None:
        _typed(data)
    return data


def _at_once(body: Body) -> bytes | None:
    """Canonical bytes of a body that a till made by its rules, at half the cost of finding out what
    else it may be; None when that takes a closer look.
    """
    if not isinstance(body.data, msgspec.Struct):
        return None  # free objects may have keys that are no text
    try:
        data = canonical.write(body)
        return data if _plainly(data) is not None else None
    except (TypeError, ValueError, RecursionError):
        return None


def read_body(data: bytes) -> Body:
    """Body from its stored bytes; raises UnreadableBody (unknown version or kind, not canonical,
    wrong types).
    """
    body = _as_written(data)
    if body is not None:
        return body
    try:
        canonical.decode(data)
    except canonical.NotCanonical as error:
        raise UnreadableBody(str(error)) from None
    return _typed(data)


def _as_written(data: bytes) -> Body | None:
    """The body, if `data` is plainly what `body_bytes` writes of it, at a third of the cost of
    finding out what else it may be; None when that takes a closer look.

    Typed fields hold nothing but text, whole numbers and lists of them; so encoding the body again
    gives the same bytes only if keys are sorted, single and nothing is spelt another way. What is
    left to ask: the free part, numbers of more than 18 digits, and the normal form of text.
    """
    body = _plainly(data)
    return None if body is None or canonical.write(body) != data else body


def _plainly(data: bytes) -> Body | None:
    """The body, if it reads, all its text is in normal form and all its numbers are short."""
    try:
        body = _typed(data)
    except UnreadableBody:
        return None
    if _LONG_NUMBER in data.translate(_DIGITS) or not canonical.is_plain(body.data, 1):
        return None
    plain_text = data.isascii() or is_normalized("NFC", data.decode())
    return body if plain_text and b"\\u0000" not in data else None


def _typed(data: bytes) -> Body:
    try:
        body = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableBody(str(error)) from None
    if body.v != BODY_VERSION or body.kind not in KINDS:
        raise UnreadableBody(f"version {body.v}, kind {body.kind!r} are not known to this release")
    return body


def check_balanced(effects: Iterable[Effect], currency: str | None = None) -> None:
    """Raise Unbalanced unless the effects sum to zero per asset (invariant 9), each on an account
    of its asset (invariant 10), and move no more than MAX_AMOUNT altogether.

    `currency`: that of the members' stored value, if known. Plain ValueError: unknown account.
    """
    balanced_member_effects(effects, currency)


def balanced_member_effects(
    effects: Iterable[Effect], currency: str | None = None
) -> list[tuple[UUID, str, int]]:
    """`member_effects` of effects that pass `check_balanced`, read once for both."""
    sums: dict[str, int] = {}
    found: list[tuple[UUID, str, int]] = []
    moved = 0
    for effect in effects:
        asset, delta = effect.asset, effect.delta
        sums[asset] = sums.get(asset, 0) + delta
        moved += abs(delta)
        owner = accounts.of_member(effect.account)
        if owner is not None:
            money = asset if currency is None and asset not in accounts.NOT_MONEY else currency
            if asset != accounts.asset_of(owner[1], money or ""):
                raise Unbalanced(f"{asset} on {effect.account}")
            found.append((*owner, delta))
    if any(sums.values()) or moved > MAX_AMOUNT:
        raise Unbalanced(f"effects sum to {sums} and move {moved}")
    return found


def member_effects(effects: Iterable[Effect]) -> list[tuple[UUID, str, int]]:
    """(member, account name, delta) of the effects on members' accounts, in order."""
    return [
        (*owner, effect.delta)
        for effect in effects
        if (owner := accounts.of_member(effect.account)) is not None
    ]


def chain(
    device: UUID, epoch: int, prev: bytes, first_seq: int, bodies: Iterable[bytes]
) -> list[bytes]:
    """Hashes of consecutive bodies from `first_seq` on, each linked to the one before."""
    hashes = []
    for seq, body in enumerate(bodies, start=first_seq):
        prev = entry_hash(device, epoch, seq, prev, body)
        hashes.append(prev)
    return hashes
