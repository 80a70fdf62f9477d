"""Form screens as a busy, an empty and a troubled till would show them."""

from __future__ import annotations

from dataclasses import replace

from terminal.presenters.operation_view import FormField, FormRow, OperationRow, OperationView
from terminal.presenters.parts_view import ActionView, AmountRow, DoneView, PinView
from terminal.text import Text
from tests.helpers.sample_parts import done_lines, member, no_member


def _both(text: Text, chinese: str, english: str) -> str:
    return english if text.language == "en" else chinese


def form_list(text: Text) -> OperationView:
    """The operations of a rail item, nobody served."""
    names = (
        ("按小票退货", "Return by receipt", "扫描小票上的码", "Scan the receipt"),
        ("换货", "Exchange", "退货与新商品一次结清", "Return and new goods, settled at once"),
        ("作废今天的单据", "Void a receipt of today", "需要授权人", "An approver is needed"),
    )  # fmt: skip
    rows = tuple(
        OperationRow(str(n), _both(text, zh, en), _both(text, zh_note, en_note))
        for n, (zh, en, zh_note, en_note) in enumerate(names)
    )
    return OperationView(
        member=no_member(text, "member.empty"),
        title=text("rail.returns"),
        note=text("form.choose"),
        operations=rows,
        chosen="",
        fields=(),
        empty_title=text("form.choose"),
        empty=text("form.present_card"),
        caption="",
        figure="",
        facts=(),
        primary=ActionView(text("form.open")),
    )


def form(text: Text) -> OperationView:
    """A return half filled in: every kind of field but a PIN."""
    columns = (_both(text, "商品", "Product"), _both(text, "可退金额", "Refund"))
    skirt = (_both(text, "羊毛混纺半身裙", "Wool-blend skirt"), "2,412.00")
    gone = _both(text, "已全部退过", "All of it was taken back")
    rows = (
        FormRow("0", skirt, "1", chosen=True),
        FormRow("1", (_both(text, "丝质衬衫", "Silk shirt"), "1,242.00"), "0 / 2"),
        FormRow("2", (_both(text, "羊绒围巾", "Scarf"), "784.00"), "—", enabled=False, why=gone),
    )
    reasons = (
        ("size", _both(text, "尺码不合", "Wrong size")),
        ("fault", _both(text, "质量问题", "Fault")),
    )
    fields = (
        FormField("receipt", "scan", _both(text, "小票号", "Receipt"), "A1-2-000017"),
        FormField(
            "lines", "table", _both(text, "退哪几件", "What comes back"), "0:1", rows=rows,
            columns=columns, column_taken=text("form.taken"),
        ),
        FormField("reason", "choice", _both(text, "原因", "Reason"), "size", choices=reasons),
        FormField("opened", "tick", _both(text, "吊牌已拆", "The tag is off"), "yes"),
    )  # fmt: skip
    facts = (
        AmountRow(_both(text, "退回现金", "Cash back"), text.money(-236022), "", True, "look"),
        AmountRow(_both(text, "退回储值", "Stored value back"), text.money(5178)),
        AmountRow(_both(text, "收回积分", "Points taken back"), text.points(-2364)),
    )
    start = form_list(text)
    return replace(
        start, member=member(text), title=start.operations[0].label, note=text("form.fill_in"),
        operations=(), chosen="return", fields=fields, caption=text("form.comes_to"),
        figure=text.money(-236022), facts=facts, warning=text("form.approver"),
        primary=ActionView(text("form.confirm")),
    )  # fmt: skip


def form_refused(text: Text) -> OperationView:
    """A PIN to be given, an amount that cannot be read, and a rule that says no."""
    start = form(text)
    fields = (
        FormField("amount", "amount", text("form.optional", label=text("top_up.due")), "12.345",
                  text("form.unreadable")),
        FormField("pin", "hidden", text("pin.field"), "1234"),
        FormField("text", "text", text("field.text"), "", text("form.missing")),
    )  # fmt: skip
    return replace(
        start, fields=fields, figure="—", facts=(), warning="",
        refusal=text("refusal.offline_till", cap_minor=200000, used_minor=160000),
        primary=replace(start.primary, enabled=False, reason=text("form.missing")),
    )  # fmt: skip


def form_empty(text: Text) -> OperationView:
    """A member is needed and nobody is there."""
    start = form(text)
    return replace(
        start, member=no_member(text), fields=(), figure="—", facts=(), warning="",
        empty_title=text("form.needs_member"),
        primary=replace(start.primary, enabled=False, reason=text("refusal.member_needed")),
    )  # fmt: skip


def form_pin(text: Text) -> OperationView:
    """An approver is asked for."""
    pin = PinView(
        text("pin.approver_title"), text("pin.approver_marks"), 2, 6, "",
        (("1", "何静"), ("2", "王敏")), "1",
    )  # fmt: skip
    return replace(form(text), pin=pin, primary=ActionView(text("sale.confirm_pin")))


def form_done(text: Text) -> OperationView:
    """Committed, without a receipt."""
    start = form(text)
    title = text("form.done", operation=start.title)
    done = DoneView(title, "", "", done_lines(text), None)
    fields = tuple(replace(field, enabled=False) for field in start.fields)
    return replace(start, fields=fields, done=done, primary=ActionView(text("sale.next")))


FORMS = {
    "": form_list, "form": form, "refused": form_refused, "empty": form_empty,
    "approver": form_pin, "done": form_done,
}  # fmt: skip
