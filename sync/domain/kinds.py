"""What an entry of each kind may do: the one table that admission and posting read.

A kind that stands in the journal's closed list but not here is kept in quarantine until a release
posts it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from sync.domain.accounts import BONUS, MEMBER_ACCOUNTS, POINTS, PRINCIPAL, QUALIFYING
from sync.domain.adjusting import ADJUSTMENT, AdjustmentData
from sync.domain.card_changes import BlockData, NewCard, ReplaceData
from sync.domain.expiring import EXPIRY, ExpiryData
from sync.domain.extras import (
    EVENT,
    VIRTUAL,
    AlertData,
    EventData,
    FeedbackData,
    OutcomeData,
    VirtualData,
)
from sync.domain.gift_stock import HoldData
from sync.domain.joining import EnrolData
from sync.domain.journal import Kind
from sync.domain.losses import LossData
from sync.domain.merging import MergeData, TransferData, UnmergeData
from sync.domain.notes import NoteData
from sync.domain.opening import OpeningData
from sync.domain.originals import GOODS
from sync.domain.overrides import OverrideData
from sync.domain.paying_out import CASH_OUT, FORFEIT, TOP_UP_CANCEL, CancelData, PayOutData
from sync.domain.redeeming import GIFT, POINTS_TENDER, STORED_VALUE
from sync.domain.reversals import VOIDABLE, ExchangeData, ReturnData, VoidData
from sync.domain.service_orders import CloseData, OpenData, StepData
from sync.domain.tiers import TierChangeData

Moves = frozenset[tuple[str, bool]]
NOTHING: Final[Moves] = frozenset()
_SOLD: Final[Moves] = frozenset(
    {(POINTS, True), (POINTS, False), (PRINCIPAL, False), (BONUS, False), (QUALIFYING, True)}
)
_PAID_OUT: Final[Moves] = frozenset({(PRINCIPAL, False), (BONUS, False)})


class KindRule(NamedTuple):
    """What an entry of a kind may do.

    `may_move`: (account name, credited) it may change on members' accounts; `data`: what its body
    data must be, read at admission (None: not looked at); `office`: only head office's own ledger
    device may write it; `others`: it may move value of other members than its own; `original`: its
    data names an earlier entry (`ref`), which the caller loads into `Books.originals`; what it
    takes back of that one is its exact negative and needs no leave here.
    """

    may_move: Moves = NOTHING
    data: type[msgspec.Struct] | None = None
    office: bool = False
    others: bool = False
    original: bool = False


KIND_RULES: Final[dict[str, KindRule]] = {
    Kind.SALE: KindRule(_SOLD),
    Kind.TOP_UP: KindRule(frozenset({(PRINCIPAL, True), (BONUS, True)})),
    Kind.REDEEM_GIFT: KindRule(frozenset({(POINTS, False)})),
    Kind.ENROL: KindRule(data=EnrolData),
    Kind.OPENING_BALANCE: KindRule(
        frozenset((name, True) for name in MEMBER_ACCOUNTS), data=OpeningData
    ),
    Kind.RETURN: KindRule(data=ReturnData, original=True),
    Kind.EXCHANGE: KindRule(_SOLD, data=ExchangeData, original=True),
    Kind.VOID: KindRule(data=VoidData, original=True),
    Kind.TOP_UP_CANCEL: KindRule(_PAID_OUT, data=CancelData, original=True),
    Kind.CASH_OUT: KindRule(_PAID_OUT, data=PayOutData),
    Kind.CARD_ISSUE: KindRule(data=NewCard),
    Kind.CARD_BIND: KindRule(data=NewCard),
    Kind.CARD_BLOCK: KindRule(data=BlockData),
    Kind.CARD_UNBLOCK: KindRule(data=BlockData),
    Kind.CARD_REPLACE: KindRule(data=ReplaceData),
    Kind.TRANSFER: KindRule(data=TransferData),
    Kind.MERGE: KindRule(data=MergeData, office=True),
    Kind.UNMERGE: KindRule(data=UnmergeData, office=True),
    Kind.LOSS: KindRule(data=LossData, office=True),
    Kind.GIFT_HOLD: KindRule(data=HoldData),
    Kind.VIRTUAL_ORDER: KindRule(frozenset({(POINTS, False)}), data=VirtualData),
    Kind.VIRTUAL_OUTCOME: KindRule(
        frozenset({(POINTS, True), (POINTS, False)}), data=OutcomeData, office=True
    ),
    Kind.EVENT_DEDUCTION: KindRule(frozenset({(POINTS, False)}), data=EventData),
    Kind.FEEDBACK: KindRule(data=FeedbackData),
    Kind.PRODUCT_ALERT: KindRule(data=AlertData),
    Kind.SERVICE_OPEN: KindRule(data=OpenData),
    Kind.SERVICE_STEP: KindRule(data=StepData),
    Kind.SERVICE_CLOSE: KindRule(data=CloseData),
    Kind.ADJUSTMENT: KindRule(
        frozenset({(POINTS, True), (POINTS, False)}), data=AdjustmentData, office=True
    ),
    Kind.EXPIRY: KindRule(frozenset({(POINTS, False)}), data=ExpiryData, office=True),
    Kind.TIER_CHANGE: KindRule(data=TierChangeData, office=True),
    Kind.PROFILE: KindRule(),
    Kind.NOTE: KindRule(data=NoteData),
    Kind.SHIFT_OPEN: KindRule(),
    Kind.SHIFT_CLOSE: KindRule(),
    Kind.PRICE_OVERRIDE: KindRule(data=OverrideData),
    Kind.CASH_IN: KindRule(),
    Kind.CASH_OUT_DRAWER: KindRule(),
    Kind.CLOCK_NOTE: KindRule(),
    Kind.KEY_EVENT: KindRule(),
}

# Kinds of the entries that an entry of a kind may take back.
TAKES_BACK: Final[dict[str, tuple[str, ...]]] = {
    Kind.RETURN: GOODS,
    Kind.EXCHANGE: GOODS,
    Kind.VOID: VOIDABLE,
    Kind.TOP_UP_CANCEL: (Kind.TOP_UP,),
}
# Accounts that a claim of a kind may draw on.
DRAWS_ON: Final[dict[str, tuple[str, ...]]] = {
    GIFT: (POINTS,),
    VIRTUAL: (POINTS,),
    EVENT: (POINTS,),
    POINTS_TENDER: (POINTS,),
    STORED_VALUE: (PRINCIPAL, BONUS),
    TOP_UP_CANCEL: (PRINCIPAL,),
    CASH_OUT: (PRINCIPAL,),
    FORFEIT: (BONUS,),
    EXPIRY: (POINTS,),
    ADJUSTMENT: (POINTS,),
}
# Claims that head office makes of no dealer: their units leave, nobody is paid for them.
SETTLES_NOTHING: Final = frozenset({EXPIRY, ADJUSTMENT, FORFEIT})
