"""Buttons, keypad, PIN dots, fields, figures: small parts that every screen relies on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from terminal.text import Text
from terminal.widgets.buttons import AskButton, Button
from terminal.widgets.captions import Captions
from terminal.widgets.cards import column
from terminal.widgets.faces import Faces
from terminal.widgets.fields import Choice, Entry, Field, Tick
from terminal.widgets.icons import Icon
from terminal.widgets.keypad import Keypad
from terminal.widgets.labels import ElidedLabel, Figure, label, show_text, tone_token
from terminal.widgets.pills import Pill
from terminal.widgets.pin_dots import PinDots
from terminal.widgets.stage import Cover, Stage
from terminal.widgets.theme import current
from terminal.widgets.vip_card import VipCard

Show = Callable[..., QWidget]


@pytest.fixture
def shown(qtbot: QtBot) -> Iterator[Show]:
    """Shows parts in a window, which lives as long as the test."""
    windows: list[QWidget] = []

    def show(*parts: QWidget) -> QWidget:
        window = QWidget()
        qtbot.addWidget(window)
        windows.append(window)
        box = QVBoxLayout(window)
        for part in parts:
            box.addWidget(part)
        window.show()
        return window

    yield show
    windows.clear()


def ink_share(widget: QWidget) -> int:
    """How many pixels are not the colour of the top left corner: whether anything was drawn."""
    image = widget.grab().toImage()
    ground = image.pixel(0, 0)
    return sum(
        image.pixel(x, y) != ground for x in range(image.width()) for y in range(image.height())
    )


def test_a_button_is_named_sized_and_drawn(shown: Show) -> None:
    button = Button("primary", icon="lock")
    button.show_words("收款 ¥3,872.22", hint="Enter")
    shown(button)
    assert button.accessibleName() == "收款 ¥3,872.22 Enter"
    assert button.sizeHint().height() == 68
    assert ink_share(button) > 200


def test_a_choice_waits_for_the_view(shown: Show) -> None:
    button = Button("tender", icon="banknote", checkable=True)
    shown(button)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.isChecked()
    button.show_state(enabled=True, chosen=True)
    assert button.isChecked()
    button.show_state(enabled=False, reason="先出示会员卡")
    assert (button.toolTip(), button.accessibleDescription()) == ("先出示会员卡",) * 2


def test_words_shrink_before_they_are_cut(shown: Show) -> None:
    button = Button()
    button.show_words("A rather long sentence for a small button")
    shown(button)
    face, words = button._fitted(button._face(), "Take ¥3,872.22", 90)
    assert words == "Take ¥3,872.22"
    assert face.font.pixelSize() < button.font().pixelSize()
    _, cut = button._fitted(button._face(), button.words(), 60)
    assert cut.endswith("…")
    assert button.toolTip() == button.words()
    button.show_words("Short")
    assert button.toolTip() == "", "what was cut before says nothing about these words"


def test_faces_follow_the_font_and_are_made_once(shown: Show) -> None:
    button, faces = Button(), Faces()
    shown(button)
    small = faces.get(button.font(), 11)
    assert faces.get(button.font(), 11) is small
    assert small.font.pixelSize() == 11
    assert faces.get(button.font(), 11, QFont.Weight.Bold).font.bold()
    italic = QFont(button.font())
    italic.setItalic(True)
    assert faces.get(italic, 11).font.italic(), "another font: nothing of the old one stays"


def test_a_cover_hides_the_page_and_leaves_it_laid_out(shown: Show) -> None:
    page, first, second = label("body"), Cover(column()), Cover(column())
    page.setText("a member")
    stage = Stage(page, first, second)
    shown(stage)
    stage.cover(1)
    assert (first.isVisible(), second.isVisible(), page.isVisible()) == (False, True, True)
    ground = stage.grab().toImage()
    stage.cover(None)
    assert not first.isVisible()
    assert not second.isVisible()
    assert stage.grab().toImage() != ground, "the page is seen where the cover was"
    before = stage.size()
    page.setText("a member with a far longer name " * 9)
    QApplication.processEvents()
    assert stage.size() == before == page.size()


def test_focus_is_drawn(shown: Show) -> None:
    button, ask, other = Button(), AskButton(), Button()
    button.show_words("x")
    window = shown(button, ask, other)
    window.activateWindow()
    QApplication.processEvents()
    for widget in (button, ask):
        other.setFocus()
        before = widget.grab().toImage()
        widget.setFocus()
        assert widget.hasFocus()
        assert widget.grab().toImage() != before


def test_keypad_says_which_key(shown: Show) -> None:
    captions = Captions(text := Text())
    pad = Keypad(captions)
    shown(pad)
    said: list[Any] = []
    pad.key_pressed.connect(said.append)
    for key in ("7", ".", "back"):
        pad.keys[key].click()
    pad.ask_pin(True)
    assert pad.keys["."].words() == "清除"
    text.switch("en")
    captions.refresh()
    assert pad.keys["."].words() == "Clear"
    pad.keys["."].click()
    pad.ask_pin(False)
    pad.keys["."].click()
    assert said == ["7", ".", "back", "clear", "."]
    assert all(key.accessibleName() for key in pad.keys.values())


def test_keys_are_large_enough(shown: Show) -> None:
    pad = Keypad(Captions(Text()))
    pad.setFixedWidth(264 - 32)
    shown(pad)
    for key in pad.keys.values():
        assert key.width() >= 64
        assert key.height() >= 46
    pad.show_key_height(64)
    assert pad.keys["0"].height() == 64


def test_pin_dots_pass_digits_on_and_keep_none(shown: Show) -> None:
    dots = PinDots()
    shown(dots)
    said: list[Any] = []
    dots.digit_typed.connect(said.append)
    dots.backspace_typed.connect(lambda: said.append("back"))
    dots.cleared.connect(lambda: said.append("clear"))
    QTest.keyClicks(dots, "1x9")
    arabic = QKeyEvent(
        QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, "\N{ARABIC-INDIC DIGIT THREE}"
    )
    dots.keyPressEvent(arabic)
    QTest.keyClick(dots, Qt.Key.Key_Backspace)
    QTest.keyClick(dots, Qt.Key.Key_Delete)
    assert said == ["1", "9", "back", "clear"]
    empty = dots.grab().toImage()
    dots.show_digits(4, 6)
    assert dots.grab().toImage() != empty
    assert dots.accessibleDescription() == "4/6"


def test_entry_leaves_the_cursor_when_nothing_changed(shown: Show) -> None:
    entry = Entry(icon="scan-barcode")
    shown(entry)
    said: list[Any] = []
    entry.textEdited.connect(said.append)
    entry.show_value("6901")
    entry.setCursorPosition(2)
    entry.show_value("6901")
    assert entry.cursorPosition() == 2
    assert said == []
    for key in ("back", "5", "clear"):
        entry.type_key(key)
    assert said == ["601", "6501", ""]


def test_field_says_what_is_wrong_without_moving(shown: Show) -> None:
    field = Field()
    field.name("手机 *")
    window = shown(field)
    before = field.entry.geometry()
    field.show_field("138", "手机号应为 11 位", enabled=True)
    window.adjustSize()
    assert field.entry.geometry().top() == before.top()
    assert field.entry.property("state") == "bad"
    field.show_field("138", "", enabled=False)
    assert field.entry.isReadOnly()
    assert field.entry.accessibleName() == "手机 *"


def test_choice_and_tick_show_the_view(shown: Show) -> None:
    choice, tick = Choice(), Tick()
    shown(choice, tick)
    said: list[Any] = []
    choice.chosen.connect(said.append)
    choice.show_choice((("1", "林晓"), ("2", "周敏")), "2")
    assert choice.currentText() == "周敏"
    assert said == []
    choice.activated.emit(0)
    assert said == ["1"]
    tick.click()
    assert not tick.isChecked()
    empty = tick.grab().toImage()
    tick.setChecked(True)
    assert tick.grab().toImage() != empty


def test_a_figure_shrinks_and_then_says_itself_whole(shown: Show) -> None:
    figure = Figure(40)
    window = shown(figure)
    figure.show_figure("¥4,222.22", "bad")
    window.resize(QSize(300, 80))
    assert figure.toolTip() == ""
    assert ink_share(figure) > 100
    figure.setFixedWidth(40)
    figure.show_figure("¥115,488,888.88")
    figure.setFixedWidth(41)
    assert figure.toolTip() == "¥115,488,888.88"


def test_elided_label_has_the_whole_in_its_tooltip(shown: Show) -> None:
    long = ElidedLabel("label")
    long.setText("12 entries to send · oldest 8 minutes ago")
    long.setFixedWidth(80)
    shown(long)
    long.grab()
    assert long.toolTip() == long.text()
    long.setFixedWidth(QFontMetrics(long.font()).horizontalAdvance(long.text()) + 4)
    long.grab()
    assert long.toolTip() == ""


def test_pill_icon_and_card_are_drawn(shown: Show) -> None:
    pill, icon, card, odd = Pill(), Icon("gem"), VipCard(), Pill()
    pill.show_pill("gem", "钻石卡", "diamond")
    odd.show_pill("", "白金卡", "platinum")
    card.show_card("6688 0210 0004 4417", "张文静", "银卡", filled=False)
    shown(pill, icon, card, odd)
    outline = card.grab().toImage()
    card.show_card("6688 0210 0004 4417", "张文静", "银卡", filled=True)
    assert card.grab().toImage() != outline
    assert ink_share(pill) > 50
    assert ink_share(icon) > 20
    assert pill.accessibleName() == "钻石卡"
    icon.show_icon("lock", "warn")
    assert ink_share(icon) > 20


def test_labels_hide_when_empty_and_take_tones(shown: Show) -> None:
    words = label("body", tone="warn", wrap=True)
    shown(words)
    show_text(words, "", "bad")
    assert not words.isVisible()
    show_text(words, "x")
    assert words.isVisible()
    assert words.property("tone") == "bad"
    assert words.palette().color(words.foregroundRole()) == current().colour("bad")
    assert [tone_token(t) for t in ("", "quiet", "ok")] == ["ink", "ink-2", "ok"]
