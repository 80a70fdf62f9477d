"""Entries that head office's people cause, written by its own ledger device."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sync.database.headoffice import published
from sync.domain.business_day import business_date
from sync.domain.cards import Card, token_of
from sync.domain.journal import Body, Kind, Place
from sync.domain.lots import HEAD_OFFICE
from sync.domain.posting import Outcome
from sync.headoffice.errors import InvalidError
from sync.headoffice.ledger_device import OFFSET_MIN
from sync.headoffice.operations.spec import Ask
from sync.headoffice.service import HeadOffice

CUTOFF_HOUR = 4


def body_of(
    head_office: HeadOffice,
    ask: Ask,
    kind: Kind,
    data: msgspec.Struct,
    member: UUID | None = None,
    card: str | None = None,
) -> Body:
    """An entry of head office's own about a member, without effects: posting decides them."""
    ledger = head_office.ledger
    return Body(
        v=1,
        kind=kind.value,
        entry_id=ledger.entry_id(ask.now_ms),
        at=ledger.moment(ask.now_ms),
        business_date=business_date(ask.now_ms, OFFSET_MIN, CUTOFF_HOUR),
        shift=0,
        place=Place(HEAD_OFFICE, HEAD_OFFICE, HEAD_OFFICE),
        operator=ask.by,
        approver=None,
        member=member,
        card=card,
        presented=None,
        basis=ledger.basis(),
        programme=0,
        data=msgspec.to_builtins(data),
        effects=(),
        claims=(),
        attachments=(),
        trace=(),
    )


async def write(head_office: HeadOffice, ask: Ask, bodies: Sequence[Body]) -> list[int]:
    """Post entries; their numbers. Raises InvalidError("not_posted") with the codes of the first
    that did not post as it should (it stands in the journal with its flag)."""
    replies = await head_office.ledger.post([(body, ()) for body in bodies], ask.now_ms)
    results = [result for reply in replies for result in reply.results]
    for result in results:
        if result.outcome is not Outcome.POSTED:
            raise InvalidError("not_posted", codes=",".join(result.codes))
    return [result.post_seq or 0 for result in results]


async def card_named(head_office: HeadOffice, text: str) -> Card:
    """The card of a credential. Raises InvalidError("card_unknown")."""
    token = token_of(head_office.keys.token_key, text)
    async with head_office.database.reading() as session:
        card = await published.card(session, token)
    if card is None:
        raise InvalidError("card_unknown", tail=text.strip()[-4:])
    return card


async def member_named(head_office: HeadOffice, text: str) -> UUID:
    """The member of an id, or of a card's credential. Raises InvalidError("card_unknown")."""
    try:
        return UUID(text.strip())
    except ValueError:
        return (await card_named(head_office, text)).member
