"""What sample views share: the frame, a member, the tenders, how safe an operation is."""

from __future__ import annotations

from datetime import date, time

from terminal.presenters.member_pane_view import MemberPaneView, MemberView
from terminal.presenters.parts_view import ActionView, IconLine, TenderView
from terminal.presenters.shell_view import NoticeView, RailItem, ShellView, StatusView, TopBarView
from terminal.text import Text

TODAY = date(2026, 11, 21)
_RAIL = (
    ("sale", "shopping-bag"),
    ("top_up", "wallet"),
    ("points", "coins"),
    ("gifts", "gift"),
    ("service", "shirt"),
    ("member", "user"),
    ("enrol", "user-plus"),
    ("returns", "undo-2"),
    ("more", "ellipsis"),
)
_TENDERS = (
    ("wechat", "smartphone"),
    ("alipay", "smartphone"),
    ("cash", "banknote"),
    ("bank_card", "credit-card"),
)


def shell(
    text: Text, screen: str, *, notice: NoticeView | None = None, hint: str = ""
) -> ShellView:
    """The frame of an offline till in the middle of a day."""
    signed_in = screen != "sign_in"
    place = text("app.place", store="上海淮海路店", till="2")
    rail = tuple(RailItem(name, text(f"rail.{name}"), icon) for name, icon in _RAIL)
    top = TopBarView(place)
    if signed_in:
        top = TopBarView(
            place,
            text(f"rail.{screen}"),
            text("app.day", business_date=TODAY, shift="2"),
            text("app.operator", name="林晓", role=text("role.cashier")),
            signed_in=True,
            end_shift=ActionView(text("app.end_shift")),
        )
    return ShellView(screen, top, rail if signed_in else (), status(text), notice, hint)


def status(text: Text) -> StatusView:
    """Offline, something unsent, the printer out of paper."""
    return StatusView(
        connection=IconLine("wifi-off", text("status.offline"), "warn"),
        unsent=text("status.unsent", count=12, oldest_s=500),
        saved=IconLine("check-check", text("status.saved_twice"), "ok"),
        devices=(
            IconLine("scan-barcode", text("status.scanner_ready")),
            IconLine("printer", text("status.printer_paper"), "warn"),
        ),
        clock=text.time(time(12, 11)),
        language=text("status.other_language"),
        offline_switch=True,
        offline_on=True,
    )


def member(text: Text) -> MemberPaneView:
    """A diamond member with everything that may be said about one."""
    identity = text("member.identity", phone="138 **** 6021", tail="4417")
    return MemberPaneView(
        MemberView(
            name="张女士",
            identity=identity,
            tier="diamond",
            tier_label=text("tier.diamond"),
            points="1,240",
            points_note=text("member.points_worth", worth_minor=12400),
            stored_value=text.money(86000),
            stored_value_note=text("member.value_parts", principal="800", bonus="60"),
            confirmed=text(
                "member.confirmed_pending",
                as_of_time=time(9, 12),
                pending=text.points(36, sign=True),
            ),
            offline=text("member.offline", usable_points=500, value_minor=30000),
            lines=_member_lines(text),
            suggestion_title=text("member.suggestion"),
            suggestion="买过此款羊毛裙的顾客常配 丝质衬衫（店内有货 M）",
        ),
        can_change=True,
    )


def _member_lines(text: Text) -> tuple[IconLine, ...]:
    birthday = text("member.birthday", birth_date=date(2026, 11, 26))
    arrived = date(2026, 11, 19)
    garment = text("member.garment", count=1, garment="羊绒大衣", ready_date=arrived)
    month = text.month(date(2026, 10, 1))
    complaint = text("member.complaint", month=month, what="钮扣脱落")
    keep = text("member.keep_tier", missing=text.money_short(118000), year="2027")
    return (
        IconLine("cake", birthday, "warn"),
        IconLine("shirt", garment),
        IconLine("triangle-alert", complaint, "bad"),
        IconLine("percent", keep),
    )


def no_member(text: Text, prompt: str = "member.empty_needed") -> MemberPaneView:
    """Nobody yet."""
    return MemberPaneView(
        prompt_title=text("member.empty_title"), prompt=text(prompt), can_enrol=True
    )


def tenders(text: Text, chosen: str = "wechat", *, enabled: bool = True) -> tuple[TenderView, ...]:
    """The four ways to pay."""
    return tuple(
        TenderView(
            code, text(f"sale.tender.{code}"), icon,
            chosen=code == chosen, enabled=enabled,
            reason="" if enabled else text("sale.need_line"),
        )
        for code, icon in _TENDERS
    )  # fmt: skip


def done_lines(text: Text) -> tuple[IconLine, ...]:
    """How safe an operation is."""
    return (
        IconLine("receipt", text("done.journal", number="18,204", hash="9f3a 71c2")),
        IconLine("check-check", text("done.saved_twice"), "ok"),
        IconLine("clock", text("done.waiting")),
    )


def notice(text: Text, state: str) -> NoticeView | None:
    """The notice that goes with a state, if one does."""
    if state == "done":
        words = text("notice.printer_paper")
        label = text("notice.reprint")
        return NoticeView(words, "warn", "printer", "reprint", label, "paper_out")
    return None
