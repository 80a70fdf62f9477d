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
    CARD_WHOSE = "card_whose"
    CARD_NOT_BLOCKED = "card_not_blocked"
    CARD_NOT_MAIN = "card_not_main"
    CARD_LIMIT = "card_limit"
    CARD_LIMIT_TOO_WIDE = "card_limit_too_wide"
    CARD_NOT_CONFIRMED = "card_not_confirmed"
    CARD_PIN_MISSING = "card_pin_missing"
    CARD_PIN_LOCKED = "card_pin_locked"
    CARD_PIN_FORM = "card_pin_form"
    HEAD_OFFICE_ONLY = "head_office_only"
    SAME_MEMBER = "same_member"
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
    LEASED_ELSEWHERE = "leased_elsewhere"
    ONLINE_ONLY = "online_only"
    ENTRY_DEAD = "entry_dead"
    PROGRAMME_MISSING = "programme_missing"
    NOT_SIGNED_IN = "not_signed_in"
    PIN_WRONG = "pin_wrong"
    STAFF_LOCKED = "staff_locked"
    SHIFT_NEEDED = "shift_needed"
    TOO_LARGE = "too_large"
    RECEIPT_UNKNOWN = "receipt_unknown"
    RECEIPT_NOT_GENUINE = "receipt_not_genuine"
    NOT_RETURNABLE = "not_returnable"
    RETURN_TOO_LATE = "return_too_late"
    RETURN_OTHER_DEALER = "return_other_dealer"
    RETURN_ABOVE_ORIGINAL = "return_above_original"
    RETURN_OTHER_MEMBER = "return_other_member"
    NOTHING_TO_RETURN = "nothing_to_return"
    NOT_VOIDABLE = "not_voidable"
    VOID_OTHER_DAY = "void_other_day"
    VOID_OTHER_TILL = "void_other_till"
    ALREADY_REVERSED = "already_reversed"
    NOT_A_TOP_UP = "not_a_top_up"
    CANCEL_TOO_LATE = "cancel_too_late"
    NOTHING_TO_PAY_OUT = "nothing_to_pay_out"
    CASH_OUT_NOT_HERE = "cash_out_not_here"
    CASH_OUT_BONUS_LEFT = "cash_out_bonus_left"
    OFFLINE_REFUND_CARD = "offline_refund_card"
    OFFLINE_REFUND_TILL = "offline_refund_till"
    REASON_NEEDED = "reason_needed"
    ALREADY_MEMBER = "already_member"
    SERVICE_UNKNOWN = "service_unknown"
    SERVICE_CLOSED = "service_closed"
    SERVICE_STEP = "service_step"
    ORDER_UNKNOWN = "order_unknown"
    GARMENTS_NEEDED = "garments_needed"
    GARMENT_UNKNOWN = "garment_unknown"
    TOO_MANY_GARMENTS = "too_many_garments"
    CHOICE_UNKNOWN = "choice_unknown"
    ENTITLEMENT_NONE = "entitlement_none"
    ENTITLEMENT_USED_UP = "entitlement_used_up"
    OFFLINE_SERVICE = "offline_service"
    GIFT_NOT_COUNTED = "gift_not_counted"
    HOLD_TOO_LONG = "hold_too_long"
    EVENT_UNKNOWN = "event_unknown"
    EVENT_ALREADY = "event_already"
    FEEDBACK_GIVEN = "feedback_given"
    PRODUCT_ALERT = "product_alert"
    PRODUCT_UNKNOWN = "product_unknown"
    TENDER_NOT_HERE = "tender_not_here"
    STORED_VALUE_NOT_HERE = "stored_value_not_here"
    MALL_SLIP_NEEDED = "mall_slip_needed"
    MALL_SLIP_USED = "mall_slip_used"
    COUPON_UNKNOWN = "coupon_unknown"
    COUPON_USED = "coupon_used"
    COUPON_TILL_CAP = "coupon_till_cap"
    OVERRIDE_UNKNOWN = "override_unknown"
    OVERRIDE_USED = "override_used"
    FIELD_NEEDED = "field_needed"
    FIELD_INVALID = "field_invalid"


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
