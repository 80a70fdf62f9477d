"""What the card kinds do to cards: one fold, run by head office over its books and by a till over
what it knows and has journalled itself (FL-15, FL-22, FL-36; pitfalls 13, 23; golden case 11).

A card is all its credentials together (`Card.whole`): what happens to one happens to all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import msgspec

from sync.domain.cards import Card, CardLimits, Status
from sync.domain.journal import Kind, Short

PIN_MEDIUM = "pin"  # a card_bind of this medium binds a PIN, which travels as an attachment


class Reason(StrEnum):
    """Why a card is blocked, or replaced."""

    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    RECARDED = "recarded"  # a legacy card, given the chain's own on first use (FL-37)


class Wrong(StrEnum):
    """Why a change could not be made as it was told; values are those of `books.Issue`."""

    CARD_UNKNOWN = "card_unknown"
    CARD_IN_USE = "card_in_use"
    CARD_BLOCKED = "card_blocked"
    CARD_REPLACED = "card_replaced"


class NewCard(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of card_issue and card_bind: the credential; `limits`: a supplementary card."""

    token: Short
    tail: Short
    medium: Short
    limits: CardLimits | None = None


class BlockData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of card_block and card_unblock: why, one of `Reason` or free."""

    reason: Short = Reason.LOST.value


class ReplaceData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of card_replace: the new credential, and why the old card goes."""

    token: Short
    tail: Short
    medium: Short
    reason: Short = Reason.LOST.value


CardData = NewCard | BlockData | ReplaceData
DATA_OF: Mapping[str, type[CardData]] = {
    Kind.CARD_ISSUE: NewCard,
    Kind.CARD_BIND: NewCard,
    Kind.CARD_BLOCK: BlockData,
    Kind.CARD_UNBLOCK: BlockData,
    Kind.CARD_REPLACE: ReplaceData,
}
# A presented card need not be usable for these: they are about what is wrong with it.
ABOUT_A_DEAD_CARD = frozenset({Kind.CARD_BLOCK, Kind.CARD_UNBLOCK, Kind.CARD_REPLACE})


@dataclass(frozen=True, slots=True)
class Change:
    """A card entry as the fold needs it. `about`: token of the card presented or named."""

    kind: str
    about: str | None
    member: UUID | None
    data: CardData


@dataclass(frozen=True, slots=True)
class Changed:
    """Cards as they now are, and what was wrong, if something was."""

    cards: tuple[Card, ...] = ()
    wrong: Wrong | None = None


def changed(change: Change, cards: Mapping[str, Card], *, theirs: bool = True) -> Changed:
    """What the entry does. `cards`: those it touches with all their credentials; `theirs`: the card
    named belongs to the entry's member, merges followed. A card of somebody else may be blocked (a
    wrong block is undone, a wrong purchase is not) and nothing more.
    """
    kind, data, about = change.kind, change.data, cards.get(change.about or "")
    if kind == Kind.CARD_ISSUE and isinstance(data, NewCard):
        return _issued(change.member, data, cards)
    if about is None or (not theirs and kind != Kind.CARD_BLOCK):
        return _without(change.member, data, cards, known=about is not None)
    if isinstance(data, NewCard):
        return _bound(about, data, cards)
    if isinstance(data, ReplaceData):
        return _replaced(about, data, cards)
    whole = _whole(about, cards.values())
    if kind == Kind.CARD_BLOCK:
        return Changed(_as(whole, Status.BLOCKED, Status.ACTIVE))
    return Changed(_as(whole, Status.ACTIVE, Status.BLOCKED))


def _issued(member: UUID | None, data: NewCard, cards: Mapping[str, Card]) -> Changed:
    """A further card of the member; a credential belongs to one member at a time."""
    if member is None:
        return Changed(wrong=Wrong.CARD_UNKNOWN)
    if data.token in cards:
        return Changed(wrong=Wrong.CARD_IN_USE)
    made = Card(data.token, member, Status.ACTIVE, data.tail, data.medium)
    return Changed((msgspec.structs.replace(made, limits=data.limits),))


def _bound(about: Card, data: NewCard, cards: Mapping[str, Card]) -> Changed:
    """Another credential of the same card: it shares its state, its limits and what they count."""
    if data.medium == PIN_MEDIUM:
        return Changed()
    if data.token in cards:
        return Changed(wrong=Wrong.CARD_IN_USE)
    made = msgspec.structs.replace(
        about, token=data.token, tail=data.tail, medium=data.medium, card=about.whole
    )
    return Changed((made,))


def _replaced(old: Card, data: ReplaceData, cards: Mapping[str, Card]) -> Changed:
    """The old card is refused from now on, the new one inherits member, limits and their counts.

    A second replacement of one card, by a till that did not know of the first, is blocked at birth:
    somebody holds two new cards for one old one.
    """
    if data.token in cards:
        return Changed(wrong=Wrong.CARD_IN_USE)
    again = old.status is Status.REPLACED
    made = Card(
        data.token,
        old.member,
        Status.BLOCKED if again else Status.ACTIVE,
        data.tail,
        data.medium,
        "",
        old.limits,
        old.use,
    )
    if again:
        return Changed((made,), Wrong.CARD_REPLACED)
    gone = _as(_whole(old, cards.values()), Status.REPLACED, Status.ACTIVE, Status.BLOCKED)
    return Changed((*gone, made))


def _without(
    member: UUID | None, data: CardData, cards: Mapping[str, Card], *, known: bool
) -> Changed:
    """The card named is not known, or not theirs. What was handed out for one that nobody knows is
    blocked until head office looked; nothing is handed out for the card of somebody else.
    """
    handed = isinstance(data, ReplaceData) and data.token not in cards
    if not isinstance(data, ReplaceData) or not handed or known or member is None:
        return Changed(wrong=Wrong.CARD_UNKNOWN)
    made = Card(data.token, member, Status.BLOCKED, data.tail, data.medium)
    return Changed((made,), Wrong.CARD_UNKNOWN)


def _whole(card: Card, among: Iterable[Card]) -> list[Card]:
    return [other for other in among if other.whole == card.whole]


def _as(cards: Iterable[Card], status: Status, *of: Status) -> tuple[Card, ...]:
    return tuple(
        msgspec.structs.replace(card, status=status) for card in cards if card.status in of
    )
