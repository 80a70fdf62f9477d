from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QShortcut, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hardware.events import (
    CredentialRead,
    DeviceEvent,
    DeviceKind,
    DeviceState,
    DeviceStatus,
    Medium,
    ReadMethod,
    ReadRejected,
    Strength,
)
from terminal.input.key_player import KeyPlayer
from terminal.input.keyboard_check import LAYOUT_TEST
from terminal.input.scan_filter import PIN_FIELD_PROPERTY, ScanFilter

CODE = "6901234500124"
NOW_MS = 1_795_288_000_000
HOLD_OVER_MS = 90


class Counter(QWidget):
    """A field and a button, as on any screen."""

    def __init__(self) -> None:
        super().__init__()
        self.field, self.button = QLineEdit(), QPushButton("pay")
        self.button.setAutoDefault(True)
        self.clicks = 0
        self.button.clicked.connect(self._clicked)
        box = QVBoxLayout(self)
        box.addWidget(self.field)
        box.addWidget(self.button)
        self.events: list[DeviceEvent] = []

    def _clicked(self) -> None:
        self.clicks += 1

    def window_handle(self) -> QWindow:
        handle = self.windowHandle()
        assert handle is not None
        return handle

    def type(self, text: str) -> None:
        KeyPlayer(self.window_handle()).type_text(text, gap_ms=0)

    def type_slowly(self, text: str) -> None:
        for char in text:
            self.type(char)
            QTest.qWait(HOLD_OVER_MS)

    def scan(self, code: str = CODE) -> None:
        self.type(code + "\r")


@pytest.fixture
def counter(qtbot: QtBot) -> Iterator[Counter]:
    widget = Counter()
    qtbot.addWidget(widget)
    application = QApplication.instance()
    assert application is not None
    scans = ScanFilter(widget.events.append, lambda: NOW_MS)
    scans.install(application)
    assert widget.events == [DeviceStatus("wedge", DeviceKind.SCANNER, DeviceState.READY)]
    widget.events.clear()
    with qtbot.waitExposed(widget):
        widget.show()
    widget.activateWindow()
    widget.field.setFocus()
    qtbot.waitUntil(widget.field.hasFocus)
    yield widget
    scans.remove(application)


def test_a_scan_reaches_the_handler_from_a_text_field(counter: Counter) -> None:
    counter.scan()
    assert counter.events == [
        CredentialRead("wedge", Medium.BARCODE, CODE, ReadMethod.READ, Strength.TOKEN, NOW_MS)
    ]
    QTest.qWait(HOLD_OVER_MS)
    assert counter.field.text() == ""


def test_a_scan_presses_no_button(counter: Counter) -> None:
    counter.button.setFocus()
    counter.scan()
    QTest.qWait(HOLD_OVER_MS)
    assert len(counter.events) == 1
    assert counter.clicks == 0
    counter.type_slowly(" ")
    assert counter.clicks == 1
    counter.type("\r")
    assert counter.clicks == 2


def test_slow_typing_arrives_intact(counter: Counter) -> None:
    counter.type_slowly("Zhang 3.50")
    assert counter.field.text() == "Zhang 3.50"
    assert counter.events == []


def test_quick_typing_without_enter_arrives_after_the_hold(counter: Counter) -> None:
    counter.type("4417aB")
    assert counter.field.text() == ""
    QTest.qWait(HOLD_OVER_MS)
    assert counter.field.text() == "4417aB"


def test_a_short_burst_with_enter_is_typing(counter: Counter) -> None:
    entered: list[str] = []
    counter.field.returnPressed.connect(lambda: entered.append(counter.field.text()))
    counter.type("4417\r")
    assert entered == ["4417"]
    assert counter.events == []


def test_typing_around_a_scan_keeps_its_order(counter: Counter) -> None:
    counter.type_slowly("ab")
    counter.scan()
    counter.type_slowly("cd")
    counter.scan("123456789")
    assert counter.field.text() == "abcd"
    raws = [event.raw for event in counter.events if isinstance(event, CredentialRead)]
    assert raws == [CODE, "123456789"]


def test_editing_keys_find_the_typed_keys_in_place(counter: Counter) -> None:
    counter.type("123")
    QTest.keyClick(counter.window_handle(), Qt.Key.Key_Backspace)
    assert counter.field.text() == "12"
    counter.type("45")
    QTest.keyClick(counter.window_handle(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    counter.type("6")
    QTest.qWait(HOLD_OVER_MS)
    assert counter.field.text() == "6"


def test_a_click_finds_the_typed_keys_in_place(counter: Counter) -> None:
    counter.type("99")
    QTest.mouseClick(
        counter.window_handle(), Qt.MouseButton.LeftButton, pos=counter.button.geometry().center()
    )
    assert counter.field.text() == "99"
    assert counter.clicks == 1


def test_the_second_enter_of_a_scanner_presses_nothing(counter: Counter) -> None:
    counter.button.setFocus()
    counter.type(CODE + "\r\r")
    assert counter.clicks == 0
    assert len(counter.events) == 1


def test_a_shortcut_on_enter_is_not_fired_by_a_scan(counter: Counter) -> None:
    fired: list[int] = []
    shortcut = QShortcut(Qt.Key.Key_Return, counter)
    shortcut.activated.connect(lambda: fired.append(1))
    counter.scan()
    assert fired == []
    assert len(counter.events) == 1


def test_keys_held_for_a_window_that_is_gone_do_no_harm(counter: Counter, qtbot: QtBot) -> None:
    other = Counter()
    with qtbot.waitExposed(other):
        other.show()
    other.type("12")
    other.deleteLater()
    QTest.qWait(HOLD_OVER_MS)
    counter.scan()
    assert len(counter.events) == 1


class TestPinField:
    @pytest.fixture(autouse=True)
    def pin_field(self, counter: Counter) -> None:
        counter.field.setProperty(PIN_FIELD_PROPERTY, True)

    def test_a_scan_is_dropped_without_a_trace(
        self, counter: Counter, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        counter.scan()
        QTest.qWait(HOLD_OVER_MS)
        assert counter.events == []
        assert counter.field.text() == ""
        assert caplog.records == []

    def test_a_pin_can_be_typed(self, counter: Counter) -> None:
        entered: list[str] = []
        counter.field.returnPressed.connect(lambda: entered.append(counter.field.text()))
        counter.type_slowly("4711\r")
        assert entered == ["4711"]


@pytest.mark.parametrize(
    ("swiped", "event"),
    [
        (
            ";8812000123450004=99121010000?",
            CredentialRead(
                "wedge",
                Medium.MAGSTRIPE,
                "8812000123450004",
                ReadMethod.READ,
                Strength.TOKEN,
                NOW_MS,
            ),
        ),
        (
            "%B4111111111111111^ZHANG/SAN^30121010000000000000?",
            ReadRejected("wedge", "payment_card", NOW_MS),
        ),
        ("%E?;E?+E?", ReadRejected("wedge", "stripe_misread", NOW_MS)),
    ],
)
def test_stripes(
    counter: Counter, swiped: str, event: DeviceEvent, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    counter.scan(swiped)
    assert counter.events == [event]
    assert caplog.records == []


def test_the_test_barcode_reports_the_keyboard(counter: Counter) -> None:
    counter.scan(LAYOUT_TEST)
    (status,) = counter.events
    assert isinstance(status, DeviceStatus)
    assert status.state is DeviceState.READY


@pytest.mark.allows_log("device_trouble")
def test_caps_lock_is_found(counter: Counter) -> None:
    counter.scan(LAYOUT_TEST.swapcase())
    (status,) = counter.events
    assert isinstance(status, DeviceStatus)
    assert (status.state, status.code) == (DeviceState.ATTENTION, "keyboard_caps_lock")


def test_what_is_held_when_it_is_removed_is_typed(qtbot: QtBot) -> None:
    widget = Counter()
    qtbot.addWidget(widget)
    application = QApplication.instance()
    assert application is not None
    scans = ScanFilter(widget.events.append, lambda: NOW_MS)
    scans.install(application)
    with qtbot.waitExposed(widget):
        widget.show()
    widget.field.setFocus()
    widget.type("12")
    assert widget.field.text() == ""
    scans.remove(application)
    assert widget.field.text() == "12"
    widget.type("3")
    assert widget.field.text() == "123"
