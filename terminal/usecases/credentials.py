"""What was read, as the one credential it stands for, and which new cards may be given out here
(FL-22, FL-36, FL-37)."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.domain.card_documents import PROFILE, STOCK
from sync.domain.card_formats import Ask, CardProfile, resolve
from sync.domain.cards import Block, Card, may_issue, normalise, token_of
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential. `scheme`: of a legacy card, else empty; `tail`: for the eye."""

    text: str
    token: str
    scheme: str
    medium: str

    @property
    def tail(self) -> str:
        """Last four characters."""
        return self.text[-4:]


def credential_of(till: Till, read: CredentialRead) -> Credential | Refusal:
    """The credential of a reading. Refusal: card_whose, when several schemes fit (then it is typed
    with its scheme in front, `C:123456`)."""
    profiles = [found for _, found in till.database.replica.documents(PROFILE, CardProfile)]
    known = resolve(profiles, read.medium.value, read.raw)
    if isinstance(known, Ask):
        tail = normalise(read.raw)[-4:]
        return refuse(Code.CARD_WHOSE, tail=tail, schemes=", ".join(known.schemes))
    token = token_of(till.database.keys.token, known.credential)
    return Credential(known.credential, token, known.scheme, read.medium.value)


def typed(till: Till, text: str) -> CredentialRead:
    """A code that stands in a field of a form."""
    return CredentialRead(
        "form", Medium.TYPED, text, ReadMethod.TYPED, Strength.TOKEN, till.clock.utc_ms()
    )


def blocks(till: Till) -> tuple[Block, ...]:
    """Serials that may be given out here: this till's own block, and printed cards in stock."""
    stock = (block for _, block in till.database.replica.documents(STOCK, Block))
    return (*till.record.blocks, *stock)


def new_card(till: Till, read: CredentialRead) -> Credential | Refusal:
    """A card to give out. Refusals: card_whose, card_in_use, card_not_in_block, unknown_code."""
    found = credential_of(till, read)
    if isinstance(found, Refusal):
        return found
    known = till.database.card(found.token)
    barred = may_issue(found.text, blocks(till), known)
    return barred or found


def cards_here(till: Till, card: str | None, member_cards: list[Card]) -> list[Card]:
    """A member's cards, one credential each, the presented one first, without replaced ones."""
    shown: dict[str, Card] = {}
    presented = till.database.card(card) if card else None
    for each in ([presented] if presented else []) + member_cards:
        if each.status.value != "replaced":
            shown.setdefault(each.whole, each)
    return list(shown.values())
