"""Small documents about cards that head office publishes to tills."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

PROFILE: Final = "card_profile"  # card_formats.CardProfile by scheme
STOCK: Final = "stock"  # cards.Block by label: pre-printed cards that may be issued here
PIN: Final = "pin"  # CardPin by the card's whole token, in the store group of its member only
HOLDER: Final = "holder"  # Holder by token

PIN_BLOB: Final = "card_pin"
HOLDER_BLOB: Final = "card_holder"


class CardPin(msgspec.Struct, frozen=True):
    """The argon2id verifier of a card's PIN."""

    verifier: str


class HolderBlob(msgspec.Struct, frozen=True):
    """Who holds a supplementary card, as an attachment: personal data."""

    token: str
    member: UUID
    name: str
    phone: str = ""


class Holder(msgspec.Struct, frozen=True):
    """Who holds a supplementary card, for a screen others can see: masked."""

    name: str
