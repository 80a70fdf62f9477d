"""Kinds of store (FL-32 to FL-34): own shops, and counters in a department store, whose goods are
paid at the mall's till. There no cash comes into our drawer; the mall's slip is what shows it.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from sync.domain.journal import Short
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.basics import PER_MILLE, within
from sync.domain.rulebook.prices import MALL_COUNTER, OWN_SHOP, STORE_KINDS

MALL_TENDER: Final = "mall"
MAX_SLIP: Final = 40


class StoreFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What head office says of a store. `commission_per_mille`: the mall's share of sales;
    `stored_value`: whether it may pay at a mall counter, outside the mall's till; `note_zh`,
    `note_en`: the contract's note about that, shown when it does (FL-34: have counsel confirm).
    """

    kind: str = OWN_SHOP
    mall_zh: str = ""
    mall_en: str = ""
    commission_per_mille: int = 0
    stored_value: Literal["allowed", "not_at_mall"] = "allowed"
    note_zh: str = ""
    note_en: str = ""

    def __post_init__(self) -> None:
        if self.kind not in STORE_KINDS:
            raise ValueError(f"kind of store: {self.kind!r}")
        within("commission_per_mille", self.commission_per_mille, 0, PER_MILLE)

    @property
    def at_mall(self) -> bool:
        """Whether goods are paid at a mall's till."""
        return self.kind == MALL_COUNTER


OWN: Final = StoreFacts()


class MallSale(msgspec.Struct, frozen=True, gc=False):
    """What a sale at a mall counter says of the mall: number of its slip ("" when nothing was paid
    in money), its commission rate, and what that comes to of the money part, rounded down.
    """

    slip: Short
    commission_per_mille: int
    commission_minor: int


def clean_slip(slip: str) -> str:
    """One spelling per slip number."""
    return "".join(slip.split()).upper()


def may_pay(
    facts: StoreFacts, tender: str, money_minor: int, slip: str, stored_value_minor: int
) -> Refusal | None:
    """Why a sale may not be paid this way here, if so.

    At a mall counter money goes through the mall's till, under its slip; elsewhere nothing does.
    """
    if facts.at_mall and stored_value_minor and facts.stored_value == "not_at_mall":
        return refuse(Code.STORED_VALUE_NOT_HERE)
    if money_minor and facts.at_mall != (tender == MALL_TENDER):
        return refuse(Code.TENDER_NOT_HERE, tender=tender)
    if facts.at_mall and money_minor and not clean_slip(slip):
        return refuse(Code.MALL_SLIP_NEEDED)
    if len(clean_slip(slip)) > MAX_SLIP:
        return refuse(Code.TOO_LARGE)
    return None


def mall_sale(facts: StoreFacts, money_minor: int, slip: str) -> MallSale | None:
    """What the entry says of the mall; None in an own shop."""
    if not facts.at_mall:
        return None
    rate = facts.commission_per_mille
    return MallSale(clean_slip(slip) if money_minor else "", rate, money_minor * rate // PER_MILLE)
