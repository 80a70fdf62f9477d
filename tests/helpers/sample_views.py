"""Views as a busy, an empty and a troubled till would show them, for pictures and screen tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from terminal.presenters.enrol_view import CardView, DuplicateView, EnrolView, FieldView
from terminal.presenters.gifts_view import GiftRow, GiftsView
from terminal.presenters.member_pane_view import MemberPaneView
from terminal.presenters.parts_view import (
    ActionView,
    AmountRow,
    CreditView,
    DoneView,
    ExplainView,
    IconLine,
    PinView,
)
from terminal.presenters.points_view import LotRow, PointsView
from terminal.presenters.sale_view import SaleLine, SaleView
from terminal.presenters.sign_in_view import SignInView, StaffTile
from terminal.presenters.top_up_view import TopUpChoice, TopUpView
from terminal.text import Text
from tests.helpers.sample_forms import FORMS
from tests.helpers.sample_parts import done_lines, member, no_member, tenders


def sale(text: Text) -> SaleView:
    """The basket of the picture: three lines, points and stored value paying a part."""
    nine = text("sale.discount", tier=text("tier.diamond"), rate="9", percent="10")
    return SaleView(
        member=member(text),
        entry="",
        lines=(
            SaleLine("1", "羊毛混纺半身裙", "藏青 / M · 6901234500124", "1", "2,680.00",
                     "2,412.00", nine),
            SaleLine("2", "丝质衬衫", "米白 / M · 6901234500391", "1", "1,380.00",
                     "1,242.00", nine),
            SaleLine("3", "羊绒围巾", "驼色 · 6901234500803", "1", "980.00", "784.00",
                     text("sale.exclusive")),
        ),
        totals=_sale_totals(text),
        due=text.money(422222),
        points_credit=CreditView(
            text("sale.points_credit", points="500"), text.money(-5000), chosen=True
        ),
        value_credit=CreditView(text("sale.value_credit"), text.money(-30000), chosen=True),
        still_due=AmountRow(text("sale.still_due"), text.money(387222), strong=True),
        tenders=tenders(text),
        earns=AmountRow(text("sale.earns"), text.points(4151), strong=True, explain="earn"),
        primary=ActionView(text("sale.take_payment", amount_minor=387222)),
    )  # fmt: skip


def _sale_totals(text: Text) -> tuple[AmountRow, ...]:
    over = text("sale.offer_over", from_amount="4,000", off="200")
    deeper = text("sale.value_price", rate="95", percent="5")
    return (
        AmountRow(text("sale.list_total"), text.money(504000)),
        AmountRow(text("sale.member_saving"), text.money(-60200), "ok", explain="member"),
        AmountRow(over, text.money(-20000), "ok", explain="offer-1"),
        AmountRow(deeper, text.money(-1578), "ok", explain="stored-value"),
    )


def sale_empty(text: Text) -> SaleView:
    """Nothing scanned, nobody served."""
    none = text("sale.credit_none")
    return replace(
        sale(text),
        member=no_member(text, "member.empty"),
        lines=(),
        totals=(),
        due=text.money(0),
        points_credit=CreditView(
            text("sale.points_credit_off"), none, enabled=False, reason=text("top_up.need_member")
        ),
        value_credit=CreditView(
            text("sale.value_credit"), none, enabled=False, reason=text("top_up.need_member")
        ),
        still_due=None,
        tenders=tenders(text, "", enabled=False),
        earns=AmountRow(text("sale.earns_none"), ""),
        primary=ActionView(
            text("sale.take_payment", amount_minor=0), enabled=False, reason=text("sale.need_line")
        ),
        empty_title=text("sale.empty_title"),
        empty=text("sale.empty"),
    )


def sale_many(text: Text) -> SaleView:
    """Twelve lines, a long name, cash handed over, a code that is not known."""
    start = sale(text)
    long = replace(start.lines[0], name="羊毛混纺双面呢中长款西装领大衣（限量）")
    lines = tuple(
        replace((long, *start.lines[1:])[number % 3], line_id=str(number)) for number in range(12)
    )
    cash = text("sale.cash", received_minor=1200000)
    return replace(
        start,
        lines=lines,
        chosen_line="11",
        due=text.money(11548888),
        entry="690123450",
        entry_error=text("refusal.unknown_code"),
        tenders=tenders(text, "cash"),
        cash=AmountRow(cash, text.money(45112), strong=True),
        primary=ActionView(text("sale.take_payment", amount_minor=11548888)),
    )


def sale_explain(text: Text) -> SaleView:
    """The member saving opened to its arithmetic."""
    title = text("sale.explain.member", amount_minor=60200)
    tier = text("sale.discount", tier=text("tier.diamond"), rate="9", percent="10")
    rows = (
        AmountRow(f"羊毛混纺半身裙 2,680.00 × 10% ({tier})", text.money(-26800)),
        AmountRow(f"丝质衬衫 1,380.00 × 10% ({tier})", text.money(-13800)),
        AmountRow(f"羊绒围巾 980.00 → 784.00 ({text('sale.exclusive')})", text.money(-19600)),
    )
    rule = text("explain.rule", rule=text("rule.price.tier"), version="12")
    result = AmountRow(text("explain.result"), text.money(-60200), "ok", strong=True)
    return replace(sale(text), explain=ExplainView(title, rule, rows, result))


def sale_pin(text: Text) -> SaleView:
    """The member's PIN is asked for."""
    reason = text("pin.card_reason", amount_minor=30000, cap_minor=20000)
    pin = PinView(text("pin.card_title"), reason, 3, error=text("pin.wrong", count=2))
    return replace(sale(text), pin=pin, primary=ActionView(text("sale.confirm_pin")))


def sale_approver(text: Text) -> SaleView:
    """A manager is asked for."""
    reason = text("pin.approver_reason", used_minor=320000, soft_minor=300000)
    approvers = (("7", "何静"), ("8", "周敏"))
    pin = PinView(text("pin.approver_title"), reason, 2, approvers=approvers, approver="7")
    return replace(sale(text), pin=pin, primary=ActionView(text("sale.confirm_pin")))


def sale_done(text: Text) -> SaleView:
    """Committed, change to hand out."""
    start = sale(text)
    off = ActionView(text("done.reprint"))
    done = DoneView(
        text("sale.done"), text("sale.change"), text.money(12778), done_lines(text), off
    )
    earned = text("done.earned", gain_points=4151)
    return replace(
        start, due_label=text("sale.paid"), tenders=tenders(text, "cash"), done=done,
        earns=AmountRow(earned, text.points(4891)), primary=ActionView(text("sale.next")),
    )  # fmt: skip


def sale_busy(text: Text) -> SaleView:
    """Being committed, the member still being read."""
    busy = ActionView(text("sale.taking"), busy=True)
    return replace(sale(text), member=MemberPaneView(loading=text("member.loading")), primary=busy)


def top_up(text: Text) -> TopUpView:
    """Five hundred with its bonus."""
    amounts = ((30000, 3000), (50000, 6000), (100000, 15000), (200000, 40000), (500000, 0))
    choices = tuple(
        TopUpChoice(
            str(amount),
            text.money_short(amount),
            text("top_up.bonus", bonus_minor=bonus) if bonus else text("top_up.no_bonus"),
            chosen=amount == 50000,
            enabled=amount < 500000,
            reason=text("refusal.offline_top_up", cap_minor=200000, wanted_minor=amount),
        )
        for amount, bonus in amounts
    )
    return TopUpView(
        member=member(text),
        choices=choices,
        entry="",
        preview=(
            AmountRow(text("top_up.before"), text.money(86000)),
            AmountRow(text("top_up.principal"), text.money(50000, sign=True)),
            AmountRow(text("top_up.bonus_row"), text.money(6000, sign=True), "ok", explain="bonus"),
            AmountRow(text("top_up.after"), text.money(142000), strong=True),
        ),
        due=text.money(50000),
        tenders=tenders(text, "cash"),
        cash=AmountRow(text("sale.cash", received_minor=60000), text.money(10000), strong=True),
        limits=IconLine("info", text("top_up.limits", left_minor=450000), "quiet"),
        primary=ActionView(text("top_up.confirm", amount_minor=50000)),
    )


def top_up_empty(text: Text) -> TopUpView:
    """No member, so nothing to top up."""
    start = top_up(text)
    why = text("top_up.need_member")
    choices = tuple(
        replace(choice, chosen=False, enabled=False, reason=why) for choice in start.choices
    )
    return replace(
        start, member=no_member(text), choices=choices, preview=(), limits=None, cash=None,
        due=text.money(0), tenders=tenders(text, "", enabled=False),
        primary=ActionView(text("top_up.confirm", amount_minor=0), enabled=False, reason=why),
    )  # fmt: skip


def top_up_done(text: Text) -> TopUpView:
    """Committed."""
    done = DoneView(
        text("top_up.done"), text("top_up.after"), text.money(142000), done_lines(text),
        ActionView(text("done.reprint")),
    )  # fmt: skip
    return replace(top_up(text), done=done, primary=ActionView(text("sale.next")))


def _earned(text: Text, day: date) -> str:
    return text("points.earned_on", earn_date=text.date(day, year=True))


def points(text: Text) -> PointsView:
    """Three lots of two stores."""
    soon = text("points.soon", count=24)
    lots = (
        LotRow("1", "上海淮海路店", _earned(text, date(2025, 12, 15)), "240",
               text.date(date(2026, 12, 15), year=True), soon, "warn"),
        LotRow("2", "深圳万象城店", _earned(text, date(2026, 6, 30)), "600",
               text.date(date(2027, 6, 30), year=True)),
        LotRow("3", "上海淮海路店", _earned(text, date(2026, 10, 2)), "400",
               text.date(date(2027, 10, 2), year=True)),
    )  # fmt: skip
    return PointsView(
        member=member(text),
        lots=lots,
        balance=text.points(1240),
        worth=text("points.worth", worth_minor=12400),
        parts=(
            AmountRow(text("points.confirmed"), "1,204"),
            AmountRow(text("points.pending"), "+36", explain="pending"),
            AmountRow(text("points.expiring"), "240", "warn"),
            AmountRow(text("points.offline"), "500", explain="offline"),
        ),
        to_gifts=ActionView(text("points.to_gifts")),
    )


def points_empty(text: Text) -> PointsView:
    """No member."""
    return replace(
        points(text), member=no_member(text), lots=(), balance=text.points(0), worth="", parts=(),
        to_gifts=ActionView(text("points.to_gifts")),
        empty_title=text("member.empty_title"), empty=text("points.no_member"),
    )  # fmt: skip


def gifts(text: Text) -> GiftsView:
    """A catalogue with one gift chosen, one too dear, one gone."""
    enough = text("gifts.enough")
    rows = (
        GiftRow("g1", "真丝眼罩", text("gifts.stock", stock="6"), text.points(1000), enough),
        GiftRow("g2", "羊绒护理套装", text("gifts.stock", stock="3"), text.points(600), enough),
        GiftRow("g3", "香氛蜡烛", text("gifts.stock", stock="9"), text.points(2000),
                text("gifts.short", missing_points=760), "warn", enabled=False),
        GiftRow("g4", "旅行收纳袋", text("gifts.stock", stock="0"), text.points(500),
                text("gifts.out_of_stock"), "bad", enabled=False),
    )  # fmt: skip
    return GiftsView(
        member=member(text),
        gifts=rows,
        chosen="g1",
        chosen_name="真丝眼罩",
        price=text.points(1000),
        parts=(
            AmountRow(text("gifts.before"), "1,240"),
            AmountRow(text("gifts.price"), text.number(-1000), explain="gift"),
            AmountRow(text("gifts.after"), "240", strong=True),
        ),
        primary=ActionView(text("gifts.redeem", price_points=1000)),
    )


def gifts_done(text: Text) -> GiftsView:
    """Redeemed."""
    done = DoneView(
        text("gifts.done", gift="真丝眼罩"), text("gifts.after"), text.points(240),
        done_lines(text), ActionView(text("done.reprint")),
    )  # fmt: skip
    return replace(gifts(text), done=done, primary=ActionView(text("sale.next")))


def gifts_empty(text: Text) -> GiftsView:
    """Head office sent no gifts."""
    off = ActionView(text("gifts.choose"), enabled=False, reason=text("gifts.empty_title"))
    return replace(
        gifts(text), member=no_member(text), gifts=(), chosen="", chosen_name="", parts=(),
        price="—", primary=off,
        empty_title=text("gifts.empty_title"), empty=text("gifts.empty"),
    )  # fmt: skip


def enrol(text: Text) -> EnrolView:
    """Half filled in, a possible duplicate, a card read."""
    month = text.month(date(2024, 3, 1))
    notice_date = text.date(date(2026, 11, 1))
    return EnrolView(
        step=2,
        phone=FieldView("138 1234 6021"),
        name=FieldView("张文静"),
        birthday=FieldView("11 / 26"),
        consultants=(("1", "林晓"), ("2", "周敏")),
        consultant="1",
        sizes=FieldView("上装 M · 下装 M · 鞋 37"),
        colours=FieldView("藏青、米白"),
        card=CardView(
            "6688 0210 0004 4417", "张文静", "silver", text("tier.silver"),
            text("enrol.card_read_title"),
            text("enrol.card_read", medium="IC", token="04 A2 3F 91"), has_card=True,
            can_change=True,
        ),
        consent_text=text("enrol.consent_text", version="v3", from_date=notice_date),
        consent=True,
        duplicate=DuplicateView(
            text("enrol.duplicate.found"), "张文婧 · 138 **** 6012 · " + text("tier.gold"),
            text("enrol.duplicate.why", month=month), "m-1",
        ),
        why_title=text("enrol.why_title"),
        why=text("enrol.why_single", spent_minor=422222, from_amount="¥3,000"),
        why_note=text("enrol.why_window", window_minor=126000, from_amount="¥5,000"),
        why_ok=True,
        note_title=text("enrol.note_title"),
        note=text("enrol.note"),
        back=ActionView(text("enrol.back")),
        primary=ActionView(text("enrol.confirm")),
    )  # fmt: skip


def enrol_empty(text: Text) -> EnrolView:
    """Nothing filled in, one field wrong, no reason to join yet."""
    why = text("enrol.why_not", spent_minor=98000, from_amount="¥3,000")
    return replace(
        enrol(text), step=1, phone=FieldView("138 12", text("enrol.phone_invalid")),
        name=FieldView(), birthday=FieldView(), sizes=FieldView(), colours=FieldView(),
        card=CardView(
            "", "", "", "", text("enrol.card_wait_title"), text("enrol.card_wait"),
            text("enrol.card_foreign"),
        ),
        consent=False,
        duplicate=DuplicateView(
            text("enrol.duplicate.none"), "", text("enrol.duplicate.scope")
        ),
        why_title=text("enrol.why_not_title"), why=why, why_ok=False,
        primary=ActionView(
            text("enrol.confirm"), enabled=False, reason=text("enrol.need_consent")
        ),
    )  # fmt: skip


def enrol_done(text: Text) -> EnrolView:
    """Committed."""
    start = enrol(text)
    off = {name: replace(getattr(start, name), enabled=False)
           for name in ("phone", "name", "birthday", "sizes", "colours")}  # fmt: skip
    return replace(
        start, step=3, **off,
        card=replace(start.card, title=text("enrol.done_title"), text="", can_change=False),
        duplicate=DuplicateView(text("enrol.duplicate.none"), "", text("enrol.duplicate.scope")),
        done=done_lines(text), primary=ActionView(text("enrol.next")),
    )  # fmt: skip


def sign_in(text: Text) -> SignInView:
    """Four people, four digits typed."""
    return SignInView(
        place=text("app.place", store="上海淮海路店", till="2"),
        staff=(
            StaffTile("1", "林晓", text("role.cashier")),
            StaffTile("2", "周敏", text("role.sales")),
            StaffTile("3", "何静", text("role.manager")),
            StaffTile("4", "技术", text("role.tech")),
        ),
        chosen="1",
        digits=4,
        enter=ActionView(text("sign_in.enter")),
        note=text("sign_in.note", limit="5"),
    )


def sign_in_locked(text: Text) -> SignInView:
    """The chosen name is locked."""
    start = sign_in(text)
    locked = replace(start.staff[0], role=text("sign_in.locked_tile"), locked=True)
    off = ActionView(text("sign_in.enter"), enabled=False, reason=text("refusal.staff_locked"))
    return replace(
        start, staff=(locked, *start.staff[1:]), digits=0,
        error=text("sign_in.locked", name="林晓"), enter=off,
    )  # fmt: skip


def sign_in_wrong(text: Text) -> SignInView:
    """A wrong PIN."""
    return replace(sign_in(text), digits=6, error=text("sign_in.wrong", count=3))


ViewMaker = Callable[[Text], object]
SCREENS: dict[str, dict[str, ViewMaker]] = {
    "sign_in": {"": sign_in, "wrong": sign_in_wrong, "locked": sign_in_locked},
    "sale": {
        "": sale, "empty": sale_empty, "many": sale_many, "explain": sale_explain,
        "pin": sale_pin, "approver": sale_approver, "done": sale_done, "busy": sale_busy,
    },
    "top_up": {"": top_up, "empty": top_up_empty, "done": top_up_done},
    "points": {"": points, "empty": points_empty},
    "gifts": {"": gifts, "done": gifts_done, "empty": gifts_empty},
    "enrol": {"": enrol, "empty": enrol_empty, "done": enrol_done},
    "returns": {**FORMS},
}  # fmt: skip
"""Every state of every screen, by screen and name of the state."""
