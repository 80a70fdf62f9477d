"""Questions a screen asks the till that are not a use case of their own. Run off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.domain.cards import card_number, normalise, serial_of, token_of
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal
from terminal.presenters.typed import looks_like_code, looks_like_phone
from terminal.usecases.commits import done_at
from terminal.usecases.identify import CodeFound, MemberCard, ProductFound, scan
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.permission import day_of
from terminal.usecases.receipts import RECEIPT_KINDS
from terminal.usecases.search import Found, search
from terminal.usecases.till import Till

TYPED_READER = "keyboard"
LOOK_BACK = 50


@dataclass(frozen=True, slots=True)
class Served:
    """A member at the counter with what may be used here without head office.

    `usable_points`, `usable_minor`: within balance and today's limits; `worth_minor`: what the
    points would pay here (None: points are no tender here).
    """

    card: MemberCard
    programme: Programme | None
    usable_points: int
    usable_minor: int
    worth_minor: int | None


def served(till: Till, card: MemberCard) -> Served:
    """What the member pane says about a member."""
    programme = till.programme(day_of(till))
    held = card.standing.available
    if programme is None:
        return Served(card, None, 0, 0, None)
    limits = programme.offline
    used = till.database.pending.used(card.member, day_of(till))
    tender = programme.points_tender(till.place.dealer)
    points, worth = 0, None
    if tender is not None:
        worth = held.points // tender.unit_points * tender.face_minor
        left = max(limits.points_hard_card_day_minor - used.card_points_minor, 0)
        units = left // tender.settlement_minor if tender.settlement_minor else held.points
        points = min(held.points // tender.unit_points, units) * tender.unit_points
    cap = limits.stored_value_hard_card_day_minor - used.card_stored_value_minor
    presented = card.bearer.presented
    if presented is None or not (presented.pin or presented.strength == "authenticated"):
        cap = min(cap, limits.stored_value_token_cap_minor)
    if card.negative:
        points, cap = 0, 0
    return Served(card, programme, points, min(held.stored_value, max(cap, 0)), worth)


@use_case
def serve(till: Till, found: MemberCard) -> Served:
    """`served` as a use case."""
    return served(till, found)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan turned out to be; a member with all that the pane says about them."""

    found: MemberCard | ProductFound | CodeFound | Refusal | Trouble
    served: Served | None = None


def scanned(till: Till, read: CredentialRead) -> Scanned:
    """Both questions in one: the second costs less than a way through the threads."""
    found = scan(till, read)
    about = serve(till, found) if isinstance(found, MemberCard) else None
    return Scanned(found, about if isinstance(about, Served) else None)


Typed = MemberCard | ProductFound | CodeFound | Found | Refusal
"""What a typed code, number or name turned out to be."""


@use_case
def typed(till: Till, text: str) -> Typed | Trouble:
    """A product number, barcode, card number, phone number or name as typed into the scan field."""
    if looks_like_phone(text):
        return search(till, text)
    if looks_like_code(text):
        product = till.database.replica.product(text.strip()) or till.database.replica.product(
            text.strip().upper()
        )
        if product is not None:
            return ProductFound(product)
        found = scan(till, typed_read(till, text))
        unknown = isinstance(found, Refusal) and found.code is Code.UNKNOWN_CODE
        if not unknown or text.strip().isdigit():
            return found
    return search(till, text)


def typed_read(till: Till, text: str) -> CredentialRead:
    """A number keyed by hand as a reading."""
    return CredentialRead(
        TYPED_READER,
        Medium.TYPED,
        text.strip(),
        ReadMethod.TYPED,
        Strength.TOKEN,
        till.clock.utc_ms(),
    )


@use_case
def next_card(till: Till) -> str | None:
    """The next unused card number of this till's own block; None when it is used up."""
    key = till.database.keys.token
    for block in till.record.blocks:
        for serial in range(block.first, block.last + 1):
            number = card_number(serial)
            if till.database.card(token_of(key, number)) is None:
                return number
    return None


@use_case
def last_receipt(till: Till) -> int | None:
    """Journal number of the last operation that has a receipt, if it was not long ago."""
    head = till.database.journal.head().seq
    for seq in range(head, max(head - LOOK_BACK, 0), -1):
        done = done_at(till, seq)
        if done is not None and done.body.kind in RECEIPT_KINDS:
            return seq
    return None


def grouped(number: str) -> str:
    """A card number in fours, another credential as it is."""
    bare = normalise(number)
    if serial_of(bare) is None:
        return bare
    return " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))
