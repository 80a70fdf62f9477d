"""What kinds of clearing lines there are, in both languages, and which of them draw on a lot."""

from __future__ import annotations

from typing import Final

from sync.domain.expiring import EXPIRY
from sync.domain.extras import EVENT, VIRTUAL
from sync.domain.losses import LOSS
from sync.domain.lots import Allocation
from sync.domain.paying_out import CASH_OUT, FORFEIT, TOP_UP_CANCEL
from sync.domain.posting_reversals import CLAWBACK, GRACE, REFUND
from sync.domain.redeeming import GIFT, POINTS_TENDER, STORED_VALUE
from sync.domain.rulebook.basics import Words
from sync.domain.service_orders import SERVICE

ADJUSTMENT: Final = "adjustment"

KIND_WORDS: Final[dict[str, Words]] = {
    GIFT: Words("积分换礼", "gift"),
    POINTS_TENDER: Words("积分抵现", "points as money"),
    STORED_VALUE: Words("储值消费", "stored value spent"),
    VIRTUAL: Words("虚拟商品", "virtual goods"),
    EVENT: Words("活动扣分", "event"),
    SERVICE: Words("免费服务", "free service"),
    TOP_UP_CANCEL: Words("撤销充值", "top-up cancelled"),
    CASH_OUT: Words("储值退现", "stored value paid out"),
    FORFEIT: Words("赠金收回", "bonus taken back"),
    EXPIRY: Words("积分到期", "points expired"),
    ADJUSTMENT: Words("总部调整", "adjustment"),
    CLAWBACK: Words("退货扣回积分", "points taken back for a return"),
    GRACE: Words("退货补回（宽限期）", "given back, days of grace"),
    REFUND: Words("代退货款", "refund for another dealer"),
    LOSS: Words("离线损失", "loss of working offline"),
}
LATER: Final = Words("后续补足", "covered later")
BACK: Final = Words("冲回", "reversed")
WITHOUT_LOT: Final = frozenset({SERVICE, REFUND, LOSS})


def words_of(line: Allocation) -> Words:
    """What a line is for: its kind, whether it undoes an earlier one (negative), whether a later
    lot covered what none had."""
    kind = KIND_WORDS.get(line.kind, Words(line.kind, line.kind))
    if line.amount_minor < 0 or line.quantity < 0:
        return Words(f"{kind.zh}·{BACK.zh}", f"{kind.en}, {BACK.en}")
    if line.kind not in WITHOUT_LOT and line.claim_post_seq < line.post_seq:
        return Words(f"{kind.zh}·{LATER.zh}", f"{kind.en}, {LATER.en}")
    return kind
