"""What card entries bring along as attachments, and which documents tills get of it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from sync.database.headoffice.rows import FeedRow
from sync.domain.card_documents import (
    HOLDER,
    HOLDER_BLOB,
    PIN,
    PIN_BLOB,
    CardPin,
    Holder,
    HolderBlob,
)
from sync.domain.cards import Card
from sync.domain.journal import Body
from sync.domain.members import masked
from sync.domain.posting import Result
from sync.headoffice.feed.rows import document_row, group_bucket

_pin = msgspec.json.Decoder(CardPin)
_holder = msgspec.json.Decoder(HolderBlob)
ARGON: str = "$argon2id$"


def document_of(
    kind: str, blob: bytes, body: Body, result: Result, cards: Mapping[str, Card], group: str
) -> FeedRow | None:
    """The document of a card's blob; None when it is none, or its entry posted with a flag: a PIN
    binds only to a card that is the member's. PINs travel where full profiles do."""
    card = cards.get(body.card or "")
    if result.post_seq is None or result.codes:
        return None
    try:
        if kind == PIN_BLOB and card is not None:
            found = _pin.decode(blob)
            fits = found.verifier.startswith(ARGON)
            return document_row(PIN, card.whole, found, group_bucket(group)) if fits else None
        if kind == HOLDER_BLOB:
            told = _holder.decode(blob)
            if told.member == body.member and body.data.get("token") == told.token:
                return document_row(HOLDER, told.token, Holder(masked(told.name)))
    except msgspec.MsgspecError:
        return None
    return None
