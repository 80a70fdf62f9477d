"""Refusals: what the rules said no to, as a value with a code and parameters, never a sentence
(aesthetics 3.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Every reason a rule can give. Sentences for each stand in resources/translations."""

    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    BASKET_EMPTY = "basket_empty"
    UNKNOWN_CODE = "unknown_code"
    CARD_UNKNOWN = "card_unknown"
    CARD_BLOCKED = "card_blocked"
    CARD_REPLACED = "card_replaced"
    CARD_IN_USE = "card_in_use"
    CARD_NOT_IN_BLOCK = "card_not_in_block"
    MEMBER_NEEDED = "member_needed"
    MEMBER_NEGATIVE = "member_negative"
    NOT_ELIGIBLE = "not_eligible"
    NAME_NEEDED = "name_needed"
    PHONE_INVALID = "phone_invalid"
    BIRTHDAY_INVALID = "birthday_invalid"
    CONSENT_NEEDED = "consent_needed"
    POINTS_SHORT = "points_short"
    POINTS_NOT_MULTIPLE = "points_not_multiple"
    POINTS_ABOVE_SHARE = "points_above_share"
    POINTS_TENDER_NOT_HERE = "points_tender_not_here"
    GIFT_UNKNOWN = "gift_unknown"
    GIFT_OUT_OF_STOCK = "gift_out_of_stock"
    STORED_VALUE_SHORT = "stored_value_short"
    BALANCE_CAP = "balance_cap"
    TENDER_ABOVE_DUE = "tender_above_due"
    TENDER_BELOW_DUE = "tender_below_due"
    OFFLINE_CARD_DAY = "offline_card_day"
    OFFLINE_TILL = "offline_till"
    OFFLINE_TOO_LONG = "offline_too_long"
    OFFLINE_TOP_UP = "offline_top_up"
    OFFLINE_NOT_AUTHENTICATED = "offline_not_authenticated"
    APPROVER_NEEDED = "approver_needed"
    DECLINED = "declined"
    ENTRY_DEAD = "entry_dead"
    PROGRAMME_MISSING = "programme_missing"
    NOT_SIGNED_IN = "not_signed_in"
    PIN_WRONG = "pin_wrong"
    STAFF_LOCKED = "staff_locked"
    SHIFT_NEEDED = "shift_needed"
    TOO_LARGE = "too_large"


REFUSAL_CODES = frozenset(code.value for code in Code)


@dataclass(frozen=True, slots=True)
class Refusal:
    """No, with the reason.

    `params` holds integers (minor units, points, counts) and short ids only.
    """

    code: Code
    params: tuple[tuple[str, int | str], ...] = ()

    def param(self, name: str) -> int | str:
        """One parameter by name; KeyError if the refusal does not carry it."""
        return dict(self.params)[name]


def refuse(code: Code, **params: int | str) -> Refusal:
    """Build a refusal with its parameters in the order given."""
    return Refusal(code, tuple(params.items()))
