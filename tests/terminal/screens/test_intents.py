"""What the person does leaves a screen as a named intent, with ids as they were in the view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from terminal.presenters.shell_view import NoticeView
from terminal.screens.shell import Shell
from terminal.text import Text
from terminal.widgets.buttons import AskButton, Button
from tests.helpers import sample_parts, sample_views
from tests.helpers.screens import show_state

Till = tuple[Shell, dict[str, Any]]


def click(widget: QWidget) -> None:
    """A click with the left button."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def button(parent: Any, words: str) -> Button:
    """The visible button with these words."""
    buttons: list[Button] = parent.findChildren(Button)
    found = [b for b in buttons if b.words() == words and b.isVisible()]
    assert found, f"no button {words}"
    return found[0]


def heard(signal: Any) -> list[tuple[Any, ...]]:
    """What a signal says from now on."""
    said: list[tuple[Any, ...]] = []
    signal.connect(lambda *values: said.append(values))
    return said


@pytest.fixture
def sale(till: Till, text: Text) -> Any:
    """The sale screen with a basket."""
    shell, screens = till
    show_state(shell, screens, text, "sale", "")
    QApplication.processEvents()
    return screens["sale"]


def test_typing_and_enter_submit_the_entry(sale: Any) -> None:
    edited, submitted = heard(sale.entry_edited), heard(sale.entry_submitted)
    primary = heard(sale.primary_pressed)
    QTest.keyClicks(sale.scan, "12.5")
    QTest.keyClick(sale.scan, Qt.Key.Key_Return)
    assert edited[-1] == ("12.5",)
    assert submitted == [("12.5",)]
    assert primary == []


def test_enter_in_an_empty_field_is_the_primary_action(sale: Any) -> None:
    primary, back = heard(sale.primary_pressed), heard(sale.back_pressed)
    QTest.keyClick(sale.scan, Qt.Key.Key_Enter)
    QTest.keyClick(sale.scan, Qt.Key.Key_Escape)
    assert (len(primary), len(back)) == (1, 1)


def test_digits_go_to_the_amount_wherever_the_keyboard_is(sale: Any) -> None:
    sale.table.setFocus()
    QTest.keyClick(sale.table, Qt.Key.Key_7)
    assert sale.scan.text() == "7"
    assert sale.scan.hasFocus()


def test_keypad_types_and_corrects(sale: Any) -> None:
    edited = heard(sale.entry_edited)
    for key in ("3", "0", "back"):
        click(sale.pay.keypad.keys[key])
    assert [said[0] for said in edited] == ["3", "30", "3"]


def test_tenders_and_credits(sale: Any) -> None:
    tender, points = heard(sale.tender_chosen), heard(sale.points_credit_pressed)
    value = heard(sale.value_credit_pressed)
    for words in ("现金", "积分抵现 500", "储值支付"):
        click(button(sale, words))
    assert tender == [("cash",)]
    assert (len(points), len(value)) == (1, 1)
    assert button(sale, "微信").isChecked(), "only the next view changes what is chosen"
    assert not button(sale, "现金").isChecked()


def test_lines_are_chosen_and_removed_by_id(sale: Any) -> None:
    chosen, removed = heard(sale.line_chosen), heard(sale.line_removed)
    table = sale.table
    viewport = table.viewport()
    for column in (0, 4):
        place = table.visualRect(table.model().index(1, column)).center()
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    QTest.keyClick(table, Qt.Key.Key_Space)
    assert chosen == [("2",), ("2",)]
    assert removed == [("2",), ("2",)]


def test_question_marks_name_what_they_explain(sale: Any) -> None:
    asked = heard(sale.explain_requested)
    for mark in sale.findChildren(AskButton):
        if mark.isVisible():
            assert mark.accessibleName(), "a question mark needs a spoken name"
            click(mark)
    assert sorted(said[0] for said in asked) == ["earn", "member", "offer-1", "stored-value"]


def test_member_pane_intents(sale: Any, text: Text) -> None:
    change, enrol = heard(sale.member_change_requested), heard(sale.enrol_requested)
    profile = heard(sale.profile_requested)
    view = sample_views.sale(text)
    sale.show_view(replace(view, member=replace(view.member, has_profile=True)))
    click(button(sale, "换会员"))
    click(button(sale, "会员档案"))
    sale.show_view(sample_views.sale_empty(text))
    click(button(sale, "新会员入会"))
    assert (len(change), len(profile), len(enrol)) == (1, 1, 1)


def test_pin_takes_the_keyboard_and_gives_it_back(sale: Any, text: Text) -> None:
    digits, backs = heard(sale.pin_digit_typed), heard(sale.pin_backspaced)
    clears, chosen = heard(sale.pin_cleared), heard(sale.approver_chosen)
    sale.show_view(sample_views.sale_approver(text))
    assert sale.pay.pin.dots.hasFocus()
    QTest.keyClicks(sale.pay.pin.dots, "4a")
    click(sale.pay.keypad.keys["9"])
    click(sale.pay.keypad.keys["back"])
    click(sale.pay.keypad.keys["."])
    click(button(sale, "周敏"))
    assert digits == [("4",), ("9",)]
    assert (len(backs), len(clears)) == (1, 1)
    assert chosen == [("8",)]
    assert sale.scan.text() == "", "a PIN never reaches the entry"
    sale.show_view(sample_views.sale(text))
    assert sale.scan.hasFocus()
    assert sale.pay.keypad.keys["."].words() == "."


def test_explanation_closes_by_key_and_button(sale: Any, text: Text) -> None:
    back = heard(sale.back_pressed)
    sale.show_view(sample_views.sale_explain(text))
    click(button(sale, "关闭"))
    QTest.keyClick(sale, Qt.Key.Key_Escape)
    assert len(back) == 2


def test_done_offers_reprint_and_the_next_customer(sale: Any, text: Text) -> None:
    again, primary = heard(sale.reprint_requested), heard(sale.primary_pressed)
    sale.show_view(sample_views.sale_done(text))
    click(button(sale, "重打小票"))
    click(button(sale, "下一位"))
    assert (len(again), len(primary)) == (1, 1)


def test_disabled_actions_say_why(sale: Any, text: Text) -> None:
    sale.show_view(sample_views.sale_empty(text))
    for blocked in sale.findChildren(QPushButton):
        if blocked.isVisible() and not blocked.isEnabled():
            assert blocked.toolTip(), f"{blocked.accessibleName()} gives no reason"


def test_top_up_points_and_gifts(till: Till, text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "top_up", "")
    chosen = heard(screens["top_up"].choice_chosen)
    click(button(screens["top_up"], "¥1,000"))
    assert chosen == [("100000",)]
    show_state(shell, screens, text, "gifts", "")
    QApplication.processEvents()
    table = screens["gifts"].table
    assert table.hasFocus()
    gifts = heard(screens["gifts"].gift_chosen)
    place = table.visualRect(table.model().index(1, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert gifts == [("g2",)]
    show_state(shell, screens, text, "points", "")
    lots = heard(screens["points"].lot_chosen)
    table = screens["points"].table
    place = table.visualRect(table.model().index(2, 0)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert lots == [("3",)]


def test_sign_in(till: Till, text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "sign_in", "")
    screen = screens["sign_in"]
    staff, digits = heard(screen.staff_chosen), heard(screen.pin_digit_typed)
    backs, clears = heard(screen.pin_backspaced), heard(screen.pin_cleared)
    primary = heard(screen.primary_pressed)
    assert screen.dots.hasFocus()
    click(button(screen, "何静"))
    click(screen.keypad.keys["5"])
    click(screen.keypad.keys["clear"])
    QTest.keyClick(screen.dots, Qt.Key.Key_3)
    QTest.keyClick(screen.dots, Qt.Key.Key_Backspace)
    QTest.keyClick(screen.dots, Qt.Key.Key_Return)
    assert staff == [("3",)]
    assert digits == [("5",), ("3",)]
    assert (len(backs), len(clears), len(primary)) == (1, 1, 1)


def test_enrol(till: Till, text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "enrol", "")
    screen = screens["enrol"]
    edited, consent = heard(screen.field_edited), heard(screen.consent_pressed)
    dropped, yes = heard(screen.card_dropped), heard(screen.duplicate_accepted)
    no, who = heard(screen.duplicate_refused), heard(screen.consultant_chosen)
    QTest.keyClicks(screen.fields["name"].entry, "x")
    click(screen.consent)
    for words in ("换一张卡", "是，打开档案", "不是"):
        click(button(screen, words))
    screen._consultant.activated.emit(1)
    assert edited == [(("name", "张文静x"),)]
    assert who == [("2",)]
    assert [len(said) for said in (consent, dropped, yes, no)] == [1, 1, 1, 1]
    assert screen.consent.isChecked(), "only the next view changes the tick"


def test_tab_goes_in_reading_order(till: Till, text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "enrol", "")
    fields = screens["enrol"].fields
    QTest.keyClick(fields["phone"].entry, Qt.Key.Key_Tab)
    assert fields["name"].entry.hasFocus()
    QTest.keyClick(fields["name"].entry, Qt.Key.Key_Tab)
    assert fields["birthday"].entry.hasFocus()


def test_shell_keys_and_places(qtbot: QtBot, till: Till, text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "sale", "")
    qtbot.waitExposed(shell)
    shell.activateWindow()
    asked, lock = heard(shell.screen_requested), heard(shell.lock_requested)
    end, language = heard(shell.end_shift_requested), heard(shell.language_toggled)
    offline, again = heard(shell.offline_toggled), heard(shell.print_again_requested)
    for key in ("F2", "F5", "F7", "F8", "F9", "F12"):
        QTest.keyClick(shell, Qt.Key[f"Key_{key}"])
    for key in ("F11", "F12"):
        QTest.keyClick(shell, Qt.Key[f"Key_{key}"], Qt.KeyboardModifier.ShiftModifier)
    for words in ("礼品", "锁定 F9", "交班", "EN", "模拟断网"):
        click(button(shell, words))
    wanted = [("top_up",), ("service",), ("enrol",), ("more",), ("gifts",)]
    assert asked == wanted, "F8 is not built, so it does nothing"
    assert [len(said) for said in (lock, end, language, offline, again)] == [2, 1, 2, 1, 1]


def test_nothing_of_the_shift_before_sign_in(till: Till, text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "sign_in", "")
    lock, asked = heard(shell.lock_requested), heard(shell.screen_requested)
    for key in (Qt.Key.Key_F1, Qt.Key.Key_F9):
        QTest.keyClick(shell, key)
    assert not shell.rail.isVisible()
    assert (lock, asked) == ([], [])


def test_notice_keeps_its_place(till: Till, text: Text) -> None:
    shell, screens = till
    show_state(shell, screens, text, "sale", "")
    before = shell.notice.geometry()
    action, dismissed = heard(shell.notice_action_pressed), heard(shell.notice_dismissed)
    view = sample_parts.shell(text, "sale", notice=sample_parts.notice(text, "done"))
    shell.show_view(view)
    QApplication.processEvents()
    click(button(shell.notice, "重打小票"))
    shell.notice._close.click()
    assert action == [("reprint",)]
    assert len(dismissed) == 1
    assert shell.notice.geometry() == before
    shell.show_view(replace(view, notice=NoticeView("x", dismissable=False)))
    assert not shell.notice._close.isVisible()


def test_everything_pressable_has_a_spoken_name(till: Till, text: Text) -> None:
    shell, screens = till
    for name, states in sample_views.SCREENS.items():
        for state in states:
            show_state(shell, screens, text, name, state)
            nameless = [
                type(b).__name__
                for b in shell.findChildren(QPushButton)
                if b.isVisible() and not (b.accessibleName() or b.text())
            ]
            assert not nameless, f"{name} {state}"


def test_enter_presses_the_button_that_shows_the_focus_ring(sale: Any) -> None:
    primary, change = heard(sale.primary_pressed), heard(sale.member_change_requested)
    other = button(sale, "换会员")
    other.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(other, Qt.Key.Key_Return)
    assert (len(change), len(primary)) == (1, 0), "never a payment from another button's ring"


def test_keys_work_from_the_frame(till: Till, text: Text, sale: Any) -> None:
    shell, _ = till
    back, primary = heard(sale.back_pressed), heard(sale.primary_pressed)
    for key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_5, Qt.Key.Key_A):
        QTest.keyClick(shell, key)
    assert (len(back), len(primary)) == (1, 1)
    assert sale.scan.text() == "5"


def test_a_press_on_a_button_leaves_the_keyboard_in_the_entry(sale: Any) -> None:
    sale.scan.setFocus()
    click(button(sale, "现金"))
    click(sale.pay.keypad.keys["1"])
    assert sale.scan.hasFocus()
