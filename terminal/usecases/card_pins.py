"""Card PINs: proof for stored value above the cap, and setting one (design.md section 5 and keys;
pitfalls 25, 26).

The verifier (argon2id) is head office's, kept here under the device's own secret, and only where a
full profile may be. Three wrong tries lock the card's PIN on this till until head office publishes
another verifier, also offline.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from sync.database.till.counter import PinTries
from sync.database.till.journal import Blob
from sync.domain import canonical
from sync.domain.card_changes import PIN_MEDIUM, NewCard
from sync.domain.card_documents import PIN, PIN_BLOB, CardPin
from sync.domain.cards import Card, may_use
from sync.domain.journal import Kind
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.cards import Cards
from terminal.usecases.commits import Done, local_basis
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.identify import MemberCard, fetch
from terminal.usecases.operation import Decided, perform
from terminal.usecases.outcome import use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

CHANGE_MARK: Final = "card_pin"
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@use_case
def check_card_pin(till: Till, bearer: Bearer, pin: str) -> Bearer | Refusal:
    """The bearer with the PIN proven. Refusals: card_unknown, card_blocked, card_replaced,
    card_pin_missing (none is known here), pin_wrong (tries left), card_pin_locked."""
    with till.lock:
        card = till.database.card(bearer.card) if bearer.card else None
        refused = may_use(card)
        if card is None or refused is not None or bearer.presented is None:
            return refused or refuse(Code.CARD_UNKNOWN)
        barred = _tried(till, card, pin)
        if barred is not None:
            return barred
        proven = msgspec.structs.replace(bearer.presented, pin=True)
        return msgspec.structs.replace(bearer, presented=proven)


@use_case
def can_prove(till: Till, bearer: Bearer | None) -> bool:
    """Whether asking for the PIN helps: the card was presented, its verifier is here, and it was
    not proven yet."""
    card = till.database.card(bearer.card) if bearer is not None and bearer.card else None
    if card is None or bearer is None or bearer.presented is None or bearer.presented.pin:
        return False
    return _held(till, card) is not None


@use_case
def set_card_pin(
    till: Till, draft: OperationDraft, approval: Approval | None, secrets: Mapping[str, str]
) -> Done | Refusal:
    """Set or change the PIN of the card presented, while head office answers. Hidden fields: pin,
    pin_again, pin_old (the present one; without it an approver stands behind the change).

    Refusals: card_unknown, head_office_only (offline), card_pin_form (digits), pin_wrong,
    card_pin_locked, approver_needed.
    """

    def decide(
        till: Till, draft: OperationDraft, programme: Programme, member: MemberCard | None
    ) -> Decided | Refusal:
        card = till.database.card(draft.bearer.card) if draft.bearer and draft.bearer.card else None
        if member is None or card is None:
            return refuse(Code.CARD_UNKNOWN)
        new = secrets.get("pin", "")
        rules = programme.cards
        if not _well_formed(new, rules) or new != secrets.get("pin_again", ""):
            return refuse(Code.CARD_PIN_FORM, digits=rules.pin_digits)
        if not fetch(till, "member", str(member.member)):
            return refuse(Code.HEAD_OFFICE_ONLY)
        barred = _may_change(till, card, secrets.get("pin_old", ""), approval)
        return barred or _set(till, card, member, new)

    return perform(till, draft, approval, decide)


def _set(till: Till, card: Card, member: MemberCard, pin: str) -> Decided:
    blob = canonical.encode(CardPin(_hasher.hash(pin)))
    return Decided(
        Kind.CARD_BIND,
        NewCard("", "", PIN_MEDIUM),
        local_basis(till),
        blobs=(Blob(PIN_BLOB, sha256(blob).digest(), member.member, blob),),
        card=card.token,
        receipt=False,
    )


def _may_change(till: Till, card: Card, old: str, approval: Approval | None) -> Refusal | None:
    """Whoever knows the present PIN may change it; else an approver has seen who asks."""
    if old and _held(till, card) is not None:
        return _tried(till, card, old)
    return None if approval is not None else refuse(Code.APPROVER_NEEDED, marks=CHANGE_MARK)


def _tried(till: Till, card: Card, pin: str) -> Refusal | None:
    """One try, counted before it is judged: pulling the plug in between gives no free one."""
    held = _held(till, card)
    if held is None:
        return refuse(Code.CARD_PIN_MISSING)
    counter, name = till.database.counter, f"card:{card.whole}"
    most = _rules(till).pin_tries
    mark = sha256(held.verifier.encode()).digest()
    tries = counter.pin_tries(name)
    before = tries.failures if tries is not None and tries.verifier == mark else 0
    if before >= most:
        return refuse(Code.CARD_PIN_LOCKED)
    counter.save_pin_tries(PinTries(name, mark, before + 1, locked=before + 1 >= most))
    if _holds(held.verifier, pin):
        counter.save_pin_tries(PinTries(name, mark, 0, locked=False))
        return None
    left = most - before - 1
    return refuse(Code.PIN_WRONG, left=left) if left else refuse(Code.CARD_PIN_LOCKED)


def _held(till: Till, card: Card) -> CardPin | None:
    return till.database.replica.document(PIN, card.whole, CardPin)


def _rules(till: Till) -> Cards:
    known = till.programmes()
    return known[-1].cards if known else Cards()


def _well_formed(pin: str, rules: Cards) -> bool:
    return len(pin) == rules.pin_digits and pin.isascii() and pin.isdigit()


def _holds(verifier: str, pin: str) -> bool:
    try:
        return _hasher.verify(verifier, pin)
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False
