"""Finding a member without the card: full phone, last four digits, name, pinyin or initials.

Phones are looked for over all cards of the chain, names over the full profiles this till holds;
`scope` says which, so that the screen can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sync.database.till.replica_lookup import Held
from sync.domain.cards import phone_key_of
from sync.domain.members import Profile
from sync.domain.phones import e164
from terminal.usecases.identify import fetch
from terminal.usecases.outcome import use_case
from terminal.usecases.till import Till

CHAIN: Final = "chain"
PROFILES: Final = "profiles"
TAIL_DIGITS: Final = 4
PHONE_DIGITS: Final = 7


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who fits. `name` is masked where only the light row is held."""

    member: UUID
    name: str
    phone_tail: str
    tier: str
    home_store: str
    full: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, over `scope` ("chain": all cards; "profiles": those held here)."""

    hits: tuple[Hit, ...]
    scope: str
    by: str


@use_case
def search(till: Till, text: str) -> Found:
    """Look for a member; head office is asked for a full phone nobody here has."""
    typed = text.encode("utf-8", "ignore").decode().strip()  # an input method may leave half a sign
    digits = "".join(c for c in typed if c.isdigit())
    if typed and set(typed) <= set("0123456789+-() ") and digits:
        if len(digits) == TAIL_DIGITS:
            return Found(_hits(till, till.database.by_phone_tail(digits)), CHAIN, "phone_tail")
        if len(digits) >= PHONE_DIGITS:
            return _by_phone(till, typed)
        return Found((), CHAIN, "phone")
    profiles = till.database.replica.by_name(typed)
    return Found(tuple(_profile_hit(till, profile) for profile in profiles), PROFILES, "name")


def with_phone(till: Till, phone: str) -> list[Held]:
    """Members with a phone in E.164, over all cards of the chain."""
    return till.database.by_phone(phone_key_of(till.database.keys.phone, phone))


def hit_of(till: Till, held: Held) -> Hit:
    """A light row as a hit; the full name where the profile is held."""
    row = held.row
    profile = till.database.profile(row.member)
    name = profile.name if profile else row.name
    return Hit(row.member, name, row.phone_tail, row.tier, row.home_store, profile is not None)


def _by_phone(till: Till, typed: str) -> Found:
    phone = e164(typed)
    if phone is None:
        return Found((), CHAIN, "phone")
    rows = with_phone(till, phone)
    if not rows and fetch(till, "phone_key", phone_key_of(till.database.keys.phone, phone)):
        rows = with_phone(till, phone)
    return Found(_hits(till, rows), CHAIN, "phone")


def _hits(till: Till, rows: list[Held]) -> tuple[Hit, ...]:
    return tuple(hit_of(till, held) for held in rows)


def _profile_hit(till: Till, profile: Profile) -> Hit:
    held = till.database.held(profile.member)
    return Hit(
        profile.member,
        profile.name,
        profile.phone[-TAIL_DIGITS:],
        held.row.tier if held else "",
        held.row.home_store if held else "",
        full=True,
    )
