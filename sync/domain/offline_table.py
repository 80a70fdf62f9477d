"""What each operation may do without head office: the table of design.md section 5 as data.

docs/offline.md shows it; a test compares the two row by row, and every kind a till writes stands in
it once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from sync.domain.journal import Kind


class Mode(StrEnum):
    """F: journalled, no value at risk. L: within a lease, then limits. C: capped by a total of the
    till since the last acknowledgement, an approver above its soft mark. O: only with head office's
    word, or as a request that it may still refuse."""

    FREE = "F"
    LEASE = "L"
    CAPPED = "C"
    ONLINE = "O"


class OfflineRow(NamedTuple):
    """An operation: what it is, its mode, on which condition, and the kinds of entries it makes.
    `else_`: the mode where the condition does not hold."""

    operation: str
    mode: Mode
    condition: str = ""
    kinds: tuple[str, ...] = ()
    else_: Mode | None = None


TABLE: Final[tuple[OfflineRow, ...]] = (
    OfflineRow("sale by money, member price, earn", Mode.FREE, "earn cap", (Kind.SALE,)),
    OfflineRow("points as tender, gift from own stock", Mode.LEASE, "", (Kind.REDEEM_GIFT,)),
    OfflineRow("stored-value spend", Mode.LEASE, "PIN or authenticated card above the small cap"),
    OfflineRow("virtual goods", Mode.ONLINE, "else as a request", (Kind.VIRTUAL_ORDER,)),
    OfflineRow("event deduction", Mode.LEASE, "", (Kind.EVENT_DEDUCTION,)),
    OfflineRow("tier upgrade", Mode.FREE, "provisional"),
    OfflineRow(
        "top-up",
        Mode.CAPPED,
        "spendable elsewhere only after head office has it",
        (Kind.TOP_UP,),
    ),
    OfflineRow(
        "cancel top-up, cash-out",
        Mode.CAPPED,
        "approver, only top-ups of this till's journal",
        (Kind.TOP_UP_CANCEL, Kind.CASH_OUT),
        Mode.ONLINE,
    ),
    OfflineRow(
        "return, exchange, void",
        Mode.CAPPED,
        "on cash; points and stored value as golden case 9",
        (Kind.RETURN, Kind.EXCHANGE, Kind.VOID),
    ),
    OfflineRow("coupon, multi-use", Mode.FREE),
    OfflineRow("coupon, single-use", Mode.LEASE, "counts at its value"),
    OfflineRow(
        "service order intake, pick-up",
        Mode.FREE,
        "free entitlement capped at tariff",
        (Kind.SERVICE_OPEN, Kind.SERVICE_STEP, Kind.SERVICE_CLOSE),
    ),
    OfflineRow(
        "enrol, issue card from own block",
        Mode.FREE,
        "",
        (Kind.ENROL, Kind.CARD_ISSUE),
    ),
    OfflineRow(
        "supplementary card",
        Mode.FREE,
        "limits at least as tight as the main card's",
        (Kind.CARD_BIND,),
    ),
    OfflineRow(
        "block, loss report", Mode.FREE, "at once, sent first", (Kind.CARD_BLOCK, Kind.CARD_UNBLOCK)
    ),
    OfflineRow(
        "replacement, re-carding",
        Mode.FREE,
        "points and price; stored value after head office confirms",
        (Kind.CARD_REPLACE,),
    ),
    OfflineRow(
        "set or change card PIN, merge, transfer points, adjustment",
        Mode.ONLINE,
        "else as a request",
        (Kind.TRANSFER, Kind.MERGE, Kind.UNMERGE, Kind.ADJUSTMENT),
    ),
    OfflineRow(
        "shift and day close, paid in/out",
        Mode.FREE,
        "",
        (
            Kind.SHIFT_OPEN,
            Kind.SHIFT_CLOSE,
            Kind.DAY_CLOSE,
            Kind.CASH_IN,
            Kind.CASH_OUT_DRAWER,
        ),
    ),
)
# Nothing of value: journalled whenever it happens. The last ones are head office's own.
WITHOUT_VALUE: Final = frozenset(
    {
        Kind.PROFILE, Kind.CONSENT, Kind.NOTE, Kind.FEEDBACK, Kind.PRODUCT_ALERT,
        Kind.FOLLOW_UP_OUTCOME, Kind.PRICE_OVERRIDE, Kind.LIMIT_OVERRIDE, Kind.CLOCK_NOTE,
        Kind.KEY_EVENT, Kind.GIFT_HOLD, Kind.OPENING_BALANCE, Kind.EXPIRY, Kind.TIER_CHANGE,
        Kind.LOSS, Kind.VIRTUAL_OUTCOME,
    }
)  # fmt: skip
_MODES: Final = {kind: row.mode for row in TABLE for kind in row.kinds}


def mode_of(kind: str) -> Mode:
    """What an entry of a kind may do without head office; free what holds no value."""
    return _MODES.get(kind, Mode.FREE)


def needs_head_office(kind: str, *, moves_value: bool, authorised: bool) -> bool:
    """Whether such an entry may not be made on the till's own word: an online operation that moves
    value. Without effects it is a request, which head office may still refuse."""
    return mode_of(kind) is Mode.ONLINE and moves_value and not authorised
