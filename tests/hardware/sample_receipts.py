"""Sample receipts, as the terminal will compose them, for the tests of printers."""

from __future__ import annotations

from hardware.documents import (
    Align,
    Barcode,
    Heading,
    QrCode,
    ReceiptDocument,
    Row,
    Rule,
    Space,
    Text,
    Total,
)

JOURNAL_NUMBER = "SH01-2-1-000412"
PROOF = "GUIBIN1:SH01-2-1-000412:9f3ac2d17b0e"


def chinese() -> ReceiptDocument:
    """Return a sale with points, stored value and a rare surname."""
    return ReceiptDocument(
        "zh-CN",
        (
            Heading("锦绣名品"),
            Heading("上海淮海路店", big=False),
            Text("购物小票", Align.CENTER),
            Rule(),
            Row("单号", JOURNAL_NUMBER),
            Row("时间", "2026-11-21 12:11"),
            Row("收银员", "林晓"),
            Rule(),
            Row("羊毛混纺半身裙", "2,680.00", bold=True),
            Row("6901234500124 × 1 会员价 9 折", "−268.00", indent=2),
            Row("丝质衬衫", "1,380.00", bold=True),
            Row("6901234500391 × 1 会员价 9 折", "−138.00", indent=2),
            Row("羊绒围巾", "980.00", bold=True),
            Row("6901234500803 × 1 会员专享价", "−196.00", indent=2),
            Rule(),
            Row("吊牌价合计", "¥5,040.00"),
            Row("会员优惠", "−¥602.00"),
            Row("满 4,000 减 200", "−¥200.00"),
            Row("储值支付部分再享 95 折", "−¥15.78"),
            Rule(double=True),
            Total("应收", "¥4,222.22"),
            Row("积分抵现 500 分", "¥50.00"),
            Row("储值支付", "¥300.00"),
            Row("微信", "¥3,872.22"),
            Rule(),
            Row("会员", "𠮷川女士 钻石卡 尾号 4417"),
            Row("本单得", "+4,151 分", bold=True),
            Row("积分余额", "4,891 分", bold=True),
            Text("其中总部已确认 1,240 分（截至 11-21 09:12，3 小时前），本店待上传 +3,651 分。"),
            Row("储值余额", "¥560.00", bold=True),
            Text("本金 520.93，赠送 39.07（截至 11-21 09:12）。"),
            Rule(),
            Barcode(JOURNAL_NUMBER),
            Row("防伪码", "9f3a c2d1 7b0e"),
            Space(),
            QrCode(PROOF, "扫码核对本单"),
            Text("7 天内凭本小票退换，感谢惠顾。", Align.CENTER),
        ),
        copy_mark="副本 · 补打",
    )


def english() -> ReceiptDocument:
    """Return the same sale in English."""
    return ReceiptDocument(
        "en",
        (
            Heading("Jinxiu Fashion"),
            Heading("Shanghai Huaihai Road store", big=False),
            Text("Receipt", Align.CENTER),
            Rule(),
            Row("No.", JOURNAL_NUMBER),
            Row("Time", "2026-11-21 12:11"),
            Row("Cashier", "Lin Xiao"),
            Rule(),
            Row("Wool-blend skirt, navy, size M", "2,680.00", bold=True),
            Row("6901234500124 × 1, member price 10% off", "−268.00", indent=2),
            Row("Silk blouse", "1,380.00", bold=True),
            Row("6901234500391 × 1, member price 10% off", "−138.00", indent=2),
            Rule(),
            Row("List price", "¥4,060.00"),
            Row("Member saving", "−¥406.00"),
            Rule(double=True),
            Total("Total due", "¥3,654.00"),
            Row("Points, 500", "¥50.00"),
            Row("Stored value", "¥300.00"),
            Row("WeChat Pay", "¥3,304.00"),
            Rule(),
            Row("Member", "Ms Zhang, Diamond, card ending 4417"),
            Row("Earned with this purchase", "+3,604", bold=True),
            Row("Points balance", "4,344", bold=True),
            Text("Confirmed by head office: 1,240 (as of 09:12, 3 hours ago); waiting: +3,104."),
            Row("Stored value left", "¥560.00", bold=True),
            Rule(),
            Barcode(JOURNAL_NUMBER),
            Row("Proof", "9f3a c2d1 7b0e"),
            Space(),
            QrCode(PROOF, "Scan to check this receipt"),
            Text("Exchange within 7 days with this receipt. Thank you.", Align.CENTER),
        ),
        copy_mark="COPY",
    )
