"""What head office holds of members while it posts a batch, and what posting an entry came to.

The caller loads `Books`, `sync.domain.posting` changes them, the caller stores the changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from sync.domain.cards import Card
from sync.domain.joining import Prospect
from sync.domain.leases import Lease
from sync.domain.lots import Allocation, EntryRef, Lot, LotKey, Uncovered
from sync.domain.members import Balances
from sync.domain.originals import Original, TakenBack
from sync.domain.programme import Programme
from sync.domain.records import Record, RecordKey
from sync.domain.tiers import NO_LEVEL, LevelState


class Outcome(StrEnum):
    """What became of an entry at head office."""

    POSTED = "posted"
    POSTED_EXCEPTION = "posted_exception"
    QUARANTINED = "quarantined"


class Issue(StrEnum):
    """Why an entry is an exception item or in quarantine."""

    UNREADABLE = "unreadable"
    UNBALANCED = "unbalanced"
    KIND_NOT_POSTED_YET = "kind_not_posted_yet"
    NOT_ALLOWED_HERE = "not_allowed_here"
    DATA_UNREADABLE = "data_unreadable"
    UNKNOWN_MEMBER = "unknown_member"
    UNKNOWN_PROGRAMME = "unknown_programme"
    CLAIMS_MISMATCH = "claims_mismatch"
    DUPLICATE_ENTRY_ID = "duplicate_entry_id"
    OVERDRAFT = "overdraft"
    SPLIT_MISMATCH = "split_mismatch"
    LOT_EXPIRED = "lot_expired"
    CARD_BLOCKED = "card_blocked"
    CARD_UNKNOWN = "card_unknown"
    CARD_IN_USE = "card_in_use"
    CARD_REPLACED = "card_replaced"
    CARD_LIMIT = "card_limit"
    MEMBER_MERGED = "member_merged"
    RULE_MISMATCH = "rule_mismatch"
    DECLINED_UNSEEN = "declined_unseen"
    DEVICE_REVOKED = "device_revoked"
    PLACE_MISMATCH = "place_mismatch"
    ORIGINAL_UNKNOWN = "original_unknown"
    ALREADY_REVERSED = "already_reversed"
    SERVICE_ORDER = "service_order"
    SERVICE_STEP = "service_step"
    ENTITLEMENT_REFUSED = "entitlement_refused"
    GIFT_STOCK = "gift_stock"
    VIRTUAL_ORDER = "virtual_order"
    EVENT_TWICE = "event_twice"
    FEEDBACK_TWICE = "feedback_twice"
    LEASE_BEYOND = "lease_beyond"
    TIER_MISMATCH = "tier_mismatch"
    LOT_UNVESTED = "lot_unvested"
    COUPON_UNKNOWN = "coupon_unknown"
    COUPON_USED_TWICE = "coupon_used_twice"
    MALL_SLIP_TWICE = "mall_slip_twice"


# Said of an entry, and nothing to look at: it posted as it should.
INFORMATION: Final = frozenset({Issue.MEMBER_MERGED})


@dataclass(slots=True)
class MemberBook:
    """A member's books at head office while a batch is posted.

    `lots`: open ones of all accounts, `uncovered`: open claims; `marks`: last posted seq per
    "device:epoch"; `level`: what is kept of the level beside its code;
    `alias_of`: merged into that member, whose books hold everything;
    `leases`: those not closed.
    """

    member: UUID
    tier: str
    home_dealer: str
    home_store: str
    balances: Balances = field(default_factory=Balances)
    lots: list[Lot] = field(default_factory=list)
    uncovered: list[Uncovered] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    version: int = 0
    level: LevelState = NO_LEVEL
    alias_of: UUID | None = None
    leases: list[Lease] = field(default_factory=list)


class LevelPosted(msgspec.Struct, frozen=True, gc=False):
    """A change of a member's level, as the history keeps it."""

    member: UUID
    post_seq: int
    before: str
    after: str
    since: date
    to: date | None
    reason: str
    spent_minor: int
    from_minor: int


class Posting(msgspec.Struct, frozen=True, gc=False):
    """One posted line on a member's account.

    `reason`: effect | split (principal and bonus exchanged, case 8).
    """

    post_seq: int
    part: int
    member: UUID
    account: str
    delta: int
    reason: str


class Result(msgspec.Struct, frozen=True, gc=False):
    """Outcome of one entry.

    `post_seq` is None in quarantine. `allocations`: those made while posting it.
    """

    ref: EntryRef
    entry_id: UUID | None
    outcome: Outcome
    codes: tuple[Issue, ...]
    post_seq: int | None
    allocations: tuple[Allocation, ...] = ()


@dataclass(slots=True)
class Books:
    """What a batch needs, loaded by the caller, and what it changed.

    `declined`: entry ids head office refused online; `taken`: entry ids already posted under
    another seq (those posted now are added); `place`: (dealer, store, till) of the device, the ones
    that settle whatever the entry says; `revoked`: the device's key was revoked; `office`: the
    device is head office's own; `arrived_on`: business date on which head office got the entries
    (None: not looked at); `prospects`: what people spent who are no members yet.

    `originals`: posted entries that those of the batch name, with every lot they made or drew
    among the members' lots; `awaited`: those named that were not posted yet.

    Changes: `taken_back`, `touched` and `new_members`, `new_lots`, `changed_lots`, `new_uncovered`,
    `changed_uncovered`, `changed_cards`, `postings`, `levels`. Lots and uncovered claims made
    earlier in the batch may stand in both their lists; each is one object, as it is at the end.
    `merged`: members whose `alias_of` changed; `moved_lots`, `moved_uncovered`: who held them when
    they were loaded; `split_lots`: those whose quantity became smaller.
    """

    programmes: Sequence[Programme]
    members: dict[UUID, MemberBook]
    cards: dict[str, Card]
    place: tuple[str, str, str]
    declined: set[UUID] = field(default_factory=set)
    taken: set[UUID] = field(default_factory=set)
    revoked: bool = False
    office: bool = False
    touched: dict[UUID, MemberBook] = field(default_factory=dict)
    new_members: list[UUID] = field(default_factory=list)
    new_lots: list[Lot] = field(default_factory=list)
    changed_lots: dict[LotKey, Lot] = field(default_factory=dict)
    new_uncovered: list[Uncovered] = field(default_factory=list)
    changed_uncovered: dict[tuple[int, int], Uncovered] = field(default_factory=dict)
    changed_cards: dict[str, Card] = field(default_factory=dict)
    merged: set[UUID] = field(default_factory=set)
    moved_lots: dict[LotKey, UUID] = field(default_factory=dict)
    moved_uncovered: dict[tuple[int, int], UUID] = field(default_factory=dict)
    split_lots: dict[LotKey, Lot] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    records: dict[RecordKey, Record | None] = field(default_factory=dict)
    changed_records: dict[RecordKey, Record] = field(default_factory=dict)
    changed_leases: dict[str, Lease] = field(default_factory=dict)
    arrived_on: date | None = None
    originals: dict[EntryRef, Original] = field(default_factory=dict)
    awaited: set[EntryRef] = field(default_factory=set)
    taken_back: list[TakenBack] = field(default_factory=list)
    levels: list[LevelPosted] = field(default_factory=list)
    prospects: dict[str, Prospect] = field(default_factory=dict)
    changed_prospects: set[str] = field(default_factory=set)

    def real(self, member: UUID) -> UUID:
        """The member that stands for `member` after merges."""
        book = self.members.get(member)
        while book is not None and book.alias_of is not None:
            member = book.alias_of
            book = self.members.get(member)
        return member

    def same(self, one: UUID, other: UUID) -> bool:
        """Whether two ids stand for one member."""
        return one == other or self.real(one) == self.real(other)

    def record(self, key: RecordKey) -> Record | None:
        """A record as it now is; None when there is none, or the caller loaded none of that id."""
        return self.records.get(key)

    def put_record(self, key: RecordKey, record: Record) -> None:
        """The record as it now is."""
        self.records[key] = record
        self.changed_records[key] = record

    def put_prospect(self, key: str, prospect: Prospect) -> None:
        """What is now known of somebody who is, or was, no member."""
        self.prospects[key] = prospect
        self.changed_prospects.add(key)

    def programme(self, version: int) -> Programme | None:
        """The programme of that version."""
        return next((p for p in self.programmes if p.version == version), None)
