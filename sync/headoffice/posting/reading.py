"""Entries as head office reads them: the body once, and what must be loaded to post them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.card_changes import DATA_OF
from sync.domain.journal import Body, Entry, Kind, UnreadableBody, read_body
from sync.domain.kinds import KIND_RULES
from sync.domain.lots import EntryRef
from sync.domain.merging import also_named
from sync.domain.originals import Ref
from sync.domain.posting import Issue

_OF_PROSPECTS = frozenset({Kind.SALE.value, Kind.ENROL.value})
PROSPECT_MAX = 64
NOBODY = UUID(int=0)  # owner of a blob that names none


@dataclass(frozen=True, slots=True)
class Reading:
    """An entry with its body. `unfit`: why it cannot be posted whatever the rules say."""

    entry: Entry
    body: Body | None
    unfit: Issue | None = None


@dataclass(slots=True)
class Needs:
    """Members, card tokens and entry ids some entries touch; `joining`: members they enrol;
    `refs`: entries they take back; `whole`: tokens whose cards they change, with all their
    credentials; `prospects`: keys of people who are no members yet."""

    members: set[UUID] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    entry_ids: set[UUID] = field(default_factory=set)
    joining: set[UUID] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    refs: set[EntryRef] = field(default_factory=set)
    prospects: set[str] = field(default_factory=set)


def read(entry: Entry, poisoned: frozenset[bytes] = frozenset()) -> Reading:
    """Read one entry. `poisoned`: hashes of entries on which posting failed before."""
    try:
        body = read_body(entry.body)
    except UnreadableBody:
        return Reading(entry, None, Issue.UNREADABLE)
    return Reading(entry, body, Issue.DATA_UNREADABLE if entry.hash in poisoned else None)


def needs_of(readings: Iterable[Reading]) -> Needs:
    """What must be loaded before these entries are posted."""
    needs = Needs()
    for reading in readings:
        body = reading.body
        if body is None:
            continue
        needs.entry_ids.add(body.entry_id)
        if body.member is not None:
            needs.members.add(body.member)
        if body.card is not None:
            needs.tokens.add(body.card)
        needs.prospects.update(_prospects(body))
        if body.kind in DATA_OF:
            token = body.data.get("token")
            needs.tokens.update({token} if isinstance(token, str) else ())
            needs.whole.update({body.card} if body.card is not None else ())
        if body.kind == Kind.ENROL:
            token = body.data.get("token")
            if isinstance(token, str):
                needs.tokens.add(token)
            if body.member is not None:
                needs.joining.add(body.member)
        needs.members.update(_owners(body))
        needs.members.update(also_named(body))
        original = ref_of(body)
        needs.refs.update({original} if original is not None else ())
    return needs


def ref_of(body: Body) -> EntryRef | None:
    """The entry that one takes back."""
    rule = KIND_RULES.get(body.kind)
    if rule is None or not rule.original:
        return None
    try:
        found = msgspec.convert(body.data.get("ref"), Ref).entry
    except msgspec.ValidationError:
        return None  # posting quarantines the entry
    return found if 0 < found.epoch < 1 << 32 and 0 < found.seq < 1 << 63 else None


def _prospects(body: Body) -> set[str]:
    prospect = body.data.get("prospect") if body.kind in _OF_PROSPECTS else None
    fits = isinstance(prospect, str) and 0 < len(prospect) <= PROSPECT_MAX
    return {prospect} if fits and isinstance(prospect, str) else set()


def _owners(body: Body) -> set[UUID]:
    own = f"{accounts.MEMBER_PREFIX}{body.member}/"
    found = set()
    for effect in body.effects:
        if effect.account.startswith(own) or not effect.account.startswith(accounts.MEMBER_PREFIX):
            continue
        try:
            owner = accounts.of_member(effect.account)
        except ValueError:
            continue  # posting quarantines the entry
        if owner:
            found.add(owner[0])
    return found
