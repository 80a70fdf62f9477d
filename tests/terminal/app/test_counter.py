"""A cashier at the real window: real keys, a real till database, no head office."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.domain.cards import card_number
from sync.domain.selling import SaleData
from terminal.input.key_player import wait
from terminal.presenters.sale_drawing import data_of
from terminal.usecases import drafts
from tests.helpers import looks
from tests.helpers.windows import Window
from tests.terminal.app.conftest import Opens, sign_in
from tests.terminal.usecases import made

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CARD = card_number(made.ZHANG_SERIAL)
SKIRT = made.PRODUCT.barcode
PERSON_S = 0.06


def rest(at: Window) -> None:
    """Everything begun is done."""
    at.until(lambda: at.executors.idle)
    QApplication.processEvents()


def scan(at: Window, code: str) -> None:
    before, notice = at.executors.submitted, at.counter.frame.notice
    at.keys.scan(code)
    at.until(lambda: at.executors.submitted > before or at.counter.frame.notice is not notice)
    rest(at)


def enter(at: Window) -> None:
    wait(PERSON_S)  # an Enter as quick as a scanner's is taken for one
    at.keys.press(Qt.Key.Key_Return)
    rest(at)


def type_in(at: Window, text: str) -> None:
    entry = at.screens[at.counter.frame.screen].entry
    at.keys.type_text(text)
    at.until(lambda: entry.text() == text)


def type_and_enter(at: Window, text: str) -> None:
    type_in(at, text)
    enter(at)


def chord(at: Window, key: Qt.Key) -> None:
    at.keys.press(key, CTRL)
    rest(at)


def sold(at: Window) -> SaleData:
    finished = at.counter.sale.finished
    assert finished is not None, at.state()
    return data_of(finished.done)


def pin_digits(at: Window) -> int:
    pin = at.counter.gifts.view().pin
    return pin.digits if pin else 0


def stands(entry: QLineEdit, text: str) -> bool:
    return entry.text() == text


def words(at: Window) -> str:
    """All that stands on the screen."""
    labels = at.shell.findChildren(QLabel)
    return " | ".join(label.text() for label in labels if label.isVisible())


def test_a_sale_by_scanner_and_keyboard(counter: Window) -> None:
    scan(counter, SKIRT)
    type_and_enter(counter, "2*99.50")
    view = counter.counter.sale.view()
    assert [line.price for line in view.lines] == ["2,680.00", "199.00"]
    assert view.due == "¥2,879.00"
    assert not view.primary.enabled
    chord(counter, Qt.Key.Key_3)
    type_and_enter(counter, "3000")
    assert counter.counter.sale.view().cash is not None
    enter(counter)
    data = sold(counter)
    assert (data.money_tender, data.tendered_minor, data.change_minor) == ("cash", 300_000, 12_100)
    done = counter.counter.sale.view().done
    assert done is not None
    assert done.big_value == "¥121.00"
    assert any("A1-1-000002" in line.text for line in done.lines)
    rest(counter)
    assert len(counter.paper.printed) == 1
    assert counter.nudges == 1
    assert "小票已打印" in words(counter)
    enter(counter)
    assert counter.counter.sale.draft is None
    assert not looks.problems(counter.shell)


def test_points_stored_value_and_a_gift_without_a_network(counter: Window) -> None:
    scan(counter, CARD)
    assert counter.counter.customer.served is not None
    assert "张文静" in words(counter) or counter.counter.sale.view().member.member is not None
    scan(counter, SKIRT)
    type_in(counter, "500")
    chord(counter, Qt.Key.Key_5)
    type_in(counter, "80")
    chord(counter, Qt.Key.Key_6)
    view = counter.counter.sale.view()
    assert view.points_credit.chosen
    assert view.value_credit.chosen
    assert view.still_due is not None
    assert view.still_due.value == "¥2,282.00"
    chord(counter, Qt.Key.Key_1)
    enter(counter)
    data = sold(counter)
    assert (data.points_used, data.principal_minor + data.bonus_minor) == (500, 8_000)
    assert data.money_minor == 228_200
    enter(counter)
    counter.keys.press(Qt.Key.Key_F4)
    rest(counter)
    scan(counter, CARD)
    counter.counter.gifts.gift_chosen("G1")
    rest(counter)
    assert "积分" in counter.notice or counter.counter.gifts.chosen == "", "740 left: too few"
    assert counter.counter.frame.facts is not None
    assert counter.counter.frame.facts.status.unsent == 2


def test_a_gift_needs_an_approver_above_the_soft_mark(opens: Opens) -> None:
    at = sign_in(opens(points=5_000))
    at.keys.press(Qt.Key.Key_F4)
    rest(at)
    scan(at, CARD)
    at.screens["gifts"].table.setFocus()
    at.keys.press(Qt.Key.Key_Down)
    at.keys.press(Qt.Key.Key_Space)
    at.until(lambda: at.counter.gifts.quote is not None)
    rest(at)
    at.keys.press(Qt.Key.Key_Plus)
    at.until(lambda: at.executors.idle and at.counter.gifts.view().price.startswith("2,000"))
    enter(at)
    asking = at.counter.gifts.asking
    assert asking is not None, at.state()
    assert [person.staff for person in asking.people] == ["wang"]
    at.keys.type_text("000000")
    at.until(lambda: at.counter.gifts.asking is not None and at.counter.gifts.asking.digits != "")
    enter(at)
    assert at.counter.gifts.asking is not None
    assert "4" in at.counter.gifts.asking.error, "four tries are left"
    at.keys.type_text(made.PIN)
    at.until(lambda: pin_digits(at) == 6)
    enter(at)
    finished = at.counter.gifts.finished
    assert finished is not None, at.state()
    assert finished.done.body.approver == "wang"
    assert made.PIN not in repr(at.counter.gifts.asking)


def test_top_up_with_its_bonus(counter: Window) -> None:
    counter.keys.press(Qt.Key.Key_F2)
    rest(counter)
    assert not counter.counter.top_up.view().primary.enabled
    scan(counter, CARD)
    type_and_enter(counter, "300")
    preview = counter.counter.top_up.view().preview
    assert [row.value for row in preview] == ["¥860.00", "+¥300.00", "+¥30.00", "¥1,190.00"]
    chord(counter, Qt.Key.Key_2)
    enter(counter)
    assert counter.counter.top_up.finished is not None, counter.state()
    enter(counter)
    assert counter.counter.customer.bearer is None


def test_a_customer_joins_in_the_middle_of_a_sale(counter: Window) -> None:
    scan(counter, SKIRT)
    type_and_enter(counter, "400")
    assert counter.counter.frame.notice is not None
    assert counter.counter.frame.notice.action == "enrol"
    counter.keys.press(Qt.Key.Key_Return, CTRL)
    rest(counter)
    assert counter.counter.frame.screen == "enrol"
    fields = counter.screens["enrol"].fields
    for name, value in (("phone", "13912345678"), ("name", "李雷"), ("birthday", "11/26")):
        fields[name].entry.setFocus()
        if value.isascii():
            counter.keys.type_text(value)
        else:
            counter.keys.compose(value)
        counter.until(partial(stands, fields[name].entry, value))
    rest(counter)
    view = counter.counter.enrol.view()
    assert view.why_ok
    assert not view.primary.enabled
    scan(counter, card_number(made.NEW_SERIAL))
    assert counter.counter.enrol.view().card.has_card
    scan(counter, SKIRT)
    assert "商品" in counter.notice, "a product is no card, and is refused aloud"
    counter.screens["enrol"].consent.setFocus()
    counter.keys.press(Qt.Key.Key_Space)
    counter.until(lambda: counter.counter.enrol.consent)
    rest(counter)
    enter(counter)
    assert counter.counter.enrol.enrolled is not None, counter.state()
    enter(counter)
    assert counter.counter.frame.screen == "sale"
    draft = counter.counter.sale.draft
    assert draft is not None
    assert draft.bearer is not None
    assert draft.bearer.joining
    assert counter.counter.sale.view().due == "¥3,080.00", "not at member price"
    chord(counter, Qt.Key.Key_4)
    enter(counter)
    assert sold(counter).points_earned == 3_080


def test_a_scan_at_the_wrong_moment_is_refused_and_forgotten(counter: Window) -> None:
    counter.keys.press(Qt.Key.Key_F2)
    rest(counter)
    scan(counter, SKIRT)
    assert "这里不收商品" in counter.notice
    counter.keys.press(Qt.Key.Key_F1)
    rest(counter)
    assert counter.counter.sale.draft is None, "nothing was kept for later"
    scan(counter, "6901234599999")
    assert counter.notice == counter.text.sentence("refusal.unknown_code", {"tail": "9999"})
    counter.keys.press(Qt.Key.Key_F9)
    rest(counter)
    scan(counter, SKIRT)
    assert "请先登录" in counter.notice


def test_another_members_card_does_not_take_over_a_sale(counter: Window) -> None:
    scan(counter, CARD)
    scan(counter, SKIRT)
    stranger = CredentialRead(
        "wedge", Medium.BARCODE, card_number(4242), ReadMethod.READ, Strength.TOKEN, 0
    )
    counter.counter.frame.device_event(stranger)
    rest(counter)
    assert counter.notice == counter.text("refusal.card_unknown")
    assert counter.counter.customer.bearer is not None
    assert counter.counter.customer.bearer.member == made.ZHANG


def test_esc_goes_back_step_by_step_and_loses_nothing(counter: Window) -> None:
    scan(counter, SKIRT)
    chord(counter, Qt.Key.Key_3)
    type_and_enter(counter, "3000")
    type_in(counter, "12")
    sale, seen = counter.counter.sale, []
    for _ in range(4):
        counter.keys.press(Qt.Key.Key_Escape)
        rest(counter)
        view = sale.view()
        seen.append((view.entry, sale.payment.received_minor, sale.payment.tender))
    assert seen == [("", 300_000, "cash"), ("", None, "cash"), ("", None, ""), ("", None, "")]
    assert len(sale.view().lines) == 1


def test_both_languages_at_run_time(counter: Window) -> None:
    scan(counter, CARD)
    scan(counter, SKIRT)
    assert counter.counter.sale.view().lines[0].name == "羊毛裙"
    counter.keys.press(Qt.Key.Key_F12, SHIFT)
    rest(counter)
    assert counter.counter.sale.view().lines[0].name == "Wool skirt"
    assert "Amount due" in words(counter)
    assert not looks.problems(counter.shell)
    counter.shell.resize(1024, 768)
    rest(counter)
    assert not looks.problems(counter.shell)


def test_five_wrong_pins_lock_the_name(opens: Opens) -> None:
    at = opens()
    at.screens["sign_in"].tile_of("lin").click()
    for _ in range(5):
        at.keys.type_text("111111")
        at.until(lambda: at.counter.sign_in.view().digits == 6)
        enter(at)
    view = at.counter.sign_in.view()
    assert "林晓" in view.error
    assert next(tile for tile in view.staff if tile.staff_id == "lin").locked
    assert not view.enter.enabled
    assert "111111" not in repr(at.counter.sign_in)


def test_a_sale_goes_on_after_a_restart_under_the_same_entry_id(opens: Opens) -> None:
    first = sign_in(opens())
    scan(first, CARD)
    scan(first, SKIRT)
    draft = first.counter.sale.draft
    assert draft is not None
    folder = first.till.database.folder
    first.close()
    first.till.database.close()
    again = sign_in(opens(till=made.till(folder, working=False)))
    again.until(lambda: again.counter.frame.notice is not None)
    assert again.counter.frame.notice is not None
    assert again.counter.frame.notice.action == "resume"
    again.keys.press(Qt.Key.Key_Return, CTRL)
    rest(again)
    resumed = again.counter.sale.draft
    assert resumed is not None
    assert resumed.entry_id == draft.entry_id
    assert again.counter.customer.bearer is not None
    chord(again, Qt.Key.Key_1)
    enter(again)
    finished = again.counter.sale.finished
    assert finished is not None
    assert finished.done.body.entry_id == draft.entry_id
    assert drafts.open_drafts(again.till) == ()


def test_the_shift_is_counted_blind_and_closed(counter: Window) -> None:
    type_and_enter(counter, "100")
    chord(counter, Qt.Key.Key_3)
    counter.shell.top.end_shift.click()
    assert "还有一单没收款" in counter.notice
    enter(counter)
    enter(counter)
    counter.shell.top.end_shift.click()
    rest(counter)
    assert counter.counter.frame.screen == "shift"
    assert not counter.counter.shift.view().rows, "what is expected is not shown before the count"
    type_and_enter(counter, "590")
    report = counter.counter.shift.report
    assert report is not None, counter.state()
    assert report.difference_minor == -1_000
    assert "应有现金" in words(counter)
    enter(counter)
    assert counter.counter.frame.screen == "sign_in"


def test_a_printer_without_paper_is_said_and_the_receipt_comes_later(counter: Window) -> None:
    counter.paper.code = "paper_out"
    type_and_enter(counter, "100")
    chord(counter, Qt.Key.Key_1)
    enter(counter)
    assert sold(counter).due_minor == 10_000
    counter.until(lambda: "缺纸" in counter.notice)
    counter.paper.code = ""
    counter.keys.press(Qt.Key.Key_F11, SHIFT)
    rest(counter)
    assert len(counter.paper.printed) == 1


def test_a_member_is_found_by_the_last_four_digits(counter: Window) -> None:
    counter.keys.press(Qt.Key.Key_F, CTRL)
    entry = counter.screens["sale"].member.finder.entry
    counter.until(entry.hasFocus)
    counter.keys.type_text("8000")
    counter.until(lambda: entry.text() == "8000")
    enter(counter)
    matches = counter.counter.sale.view().member.find.matches
    assert [match.name for match in matches] == ["张文静"]
    assert not looks.problems(counter.shell)
    counter.counter.sale.match_chosen(matches[0].member_id)
    rest(counter)
    assert counter.counter.customer.card is not None


def test_every_price_opens_to_its_arithmetic(counter: Window) -> None:
    scan(counter, CARD)
    scan(counter, SKIRT)
    type_in(counter, "500")
    chord(counter, Qt.Key.Key_5)
    for language in ("zh_CN", "en"):
        for code in ("member", "points", "earn"):
            counter.counter.sale.explain_requested(code)
            rest(counter)
            shown = counter.counter.sale.view().explain
            assert shown is not None, code
            assert shown.rows
            assert not any("why." in row.label or "{" in row.label for row in shown.rows), language
            assert not looks.problems(counter.shell)
            counter.keys.press(Qt.Key.Key_Escape)
            rest(counter)
            assert counter.counter.sale.view().explain is None
        counter.keys.press(Qt.Key.Key_F12, SHIFT)
        rest(counter)
