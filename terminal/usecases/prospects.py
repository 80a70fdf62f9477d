"""Somebody who is no member yet, known by a phone number or a provisional card: what they buy adds
up until they may join (golden case 2; FL-06, pitfall 14).

A body never holds the number: the key is the keyed hash by which cards and phones are looked up.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from hardware.events import CredentialRead
from sync.domain.cards import normalise, phone_key_of, token_of
from sync.domain.joining import Eligibility, Purchase
from sync.domain.phones import e164
from sync.domain.refusals import Code, Refusal, refuse
from terminal.usecases import drafts
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.enrol import eligibility
from terminal.usecases.levels import purchases_of
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.search import with_phone
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Counting:
    """A sale that counts for somebody. `purchases`: what they spent before; `may_join`: why they
    may join with this sale, or what is missing (not_eligible)."""

    sale: SaleDraft
    purchases: tuple[Purchase, ...]
    may_join: Eligibility | Refusal


@use_case
def by_phone(till: Till, sale: SaleDraft, phone: str) -> Counting | Refusal | Trouble:
    """Ring this sale for whoever has the phone. Refusals: phone_invalid, already_member (then the
    sale is theirs to give the member), and those of `eligibility`."""
    number = e164(phone)
    if number is None:
        return refuse(Code.PHONE_INVALID)
    if with_phone(till, number):
        return refuse(Code.ALREADY_MEMBER)
    return _counting(till, sale, phone_key_of(till.database.keys.phone, number))


@use_case
def by_card(till: Till, sale: SaleDraft, read: CredentialRead) -> Counting | Refusal | Trouble:
    """Ring this sale for whoever holds a provisional card. Refusals: card_in_use (a member's), and
    those of `eligibility`."""
    token = token_of(till.database.keys.token, normalise(read.raw))
    if till.database.card(token) is not None:
        return refuse(Code.CARD_IN_USE)
    return _counting(till, sale, token)


def _counting(till: Till, sale: SaleDraft, key: str) -> Counting | Refusal | Trouble:
    counted = msgspec.structs.replace(sale.for_member(None), prospect=key)
    may_join = eligibility(till, counted)
    if isinstance(may_join, Trouble):
        return may_join
    if isinstance(may_join, Refusal) and may_join.code is not Code.NOT_ELIGIBLE:
        return may_join
    drafts.keep(till, counted)
    return Counting(counted, purchases_of(till, key), may_join)
