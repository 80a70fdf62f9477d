"""The parts around a screen: top bar, rail, notice line, status strip."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from terminal.input.keymap import Intent, key_label
from terminal.presenters.parts_view import IconLine
from terminal.presenters.shell_view import NoticeView, RailItem, StatusView, TopBarView
from terminal.widgets.buttons import Button
from terminal.widgets.captions import Captions
from terminal.widgets.cards import column, row
from terminal.widgets.icons import Icon
from terminal.widgets.labels import CENTRE, ElidedLabel, label, set_property, show_text, tone_token
from terminal.widgets.pills import Pill
from terminal.widgets.theme import current

_RAIL_PLACES = 9
_DEVICES = 4


class TopBar(QFrame):
    """Brand, place, title, business day, operator, end of shift, lock."""

    lock_pressed = Signal()
    end_shift_pressed = Signal()

    def __init__(self, captions: Captions) -> None:
        super().__init__()
        self.setObjectName("topBar")
        self.setFixedHeight(current().px(52))
        brand = label("brand")
        captions.bind(brand.setText, "app.brand")
        self._place, self._day = ElidedLabel("label"), label("label")
        self._title = label("label-strong", align=CENTRE)
        self._person = Icon("id-card", "ink", 18)
        self._operator = label("label-strong")
        self.end_shift = Button("quiet", icon="log-out")
        self._lock = Button("small", icon="lock")
        captions.bind(
            lambda words: self._lock.show_words(f"{words} {key_label(Intent.LOCK)}"), "app.lock"
        )
        self.end_shift.clicked.connect(self.end_shift_pressed.emit)
        self._lock.clicked.connect(self.lock_pressed.emit)
        fixed = self._lock.sizePolicy().Policy.Fixed
        for button in (self.end_shift, self._lock):
            button.setSizePolicy(fixed, fixed)
        left, right = row(spacing=16), row(spacing=8)
        left.addWidget(brand)
        left.addWidget(self._place, 1)
        right.addStretch(1)
        right.addWidget(self._day)
        right.addSpacing(current().px(8))
        for part in (self._person, self._operator, self.end_shift, self._lock):
            right.addWidget(part)
        bar = row(spacing=16)
        bar.setContentsMargins(current().px(20), 0, current().px(16), 0)
        bar.addLayout(left, 1)
        bar.addWidget(self._title)
        bar.addLayout(right, 1)
        self.setLayout(bar)

    def show_narrow(self, narrow: bool) -> None:
        """The rail already says which screen it is."""
        self._title.setMaximumWidth(0 if narrow else 16777215)

    def show_view(self, view: TopBarView) -> None:
        """Draw the view."""
        self._place.setText(view.place)
        self._title.setText(view.title)
        show_text(self._day, view.day)
        show_text(self._operator, view.operator)
        self._person.setVisible(bool(view.operator))
        self._lock.setVisible(view.signed_in)
        self.end_shift.setVisible(view.end_shift is not None)
        if view.end_shift is not None:
            self.end_shift.show_words(view.end_shift.label)
            self.end_shift.show_state(enabled=view.end_shift.enabled, reason=view.end_shift.reason)


class Rail(QFrame):
    """The functions that are built, each with its key printed on it."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self._screens = [""] * _RAIL_PLACES
        self._buttons: list[Button] = []
        box = column(padding=8, spacing=4)
        for place in range(_RAIL_PLACES):
            button = Button("rail", checkable=True)
            button.clicked.connect(partial(self._press, place))
            self._buttons.append(button)
            box.addWidget(button)
        box.addStretch(1)
        self.setLayout(box)
        self.show_narrow(False)

    def show_narrow(self, narrow: bool) -> None:
        """96 wide, 80 when narrow."""
        self.setFixedWidth(current().px(80 if narrow else 96))
        pad = current().px(5 if narrow else 8)
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(pad, current().px(8), pad, 0)

    def show_view(self, items: tuple[RailItem, ...], screen: str) -> None:
        """Draw the items; the one of the screen on show is marked."""
        self.setVisible(bool(items))
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(items))
            if place < len(items):
                item = items[place]
                self._screens[place] = item.screen
                button.show_icon(item.icon)
                button.show_words(item.label, corner=key_label(Intent(item.screen)))
                button.show_state(
                    enabled=item.enabled, reason=item.reason, chosen=item.screen == screen
                )

    def _press(self, place: int) -> None:
        self.chosen.emit(self._screens[place])


class NoticeBar(QFrame):
    """One line above the status strip: a notice, or the hint of what comes next.

    The line keeps its place when there is nothing to say, so that nothing above it moves.
    """

    action_pressed = Signal(object)
    dismissed = Signal()

    def __init__(self, captions: Captions) -> None:
        super().__init__()
        self.setProperty("role", "notice")
        self._action_code = ""
        self._icon = Icon("info", "ink-3", 18)
        self._words = label("row", wrap=True)
        self._code = label("micro")
        self._action = Button("small")
        self._close = Button("quiet", icon="x")
        captions.bind(self._close.setAccessibleName, "notice.close")
        self._action.clicked.connect(lambda: self.action_pressed.emit(self._action_code))
        self._close.clicked.connect(self.dismissed.emit)
        fixed = self._close.sizePolicy().Policy.Fixed
        for button in (self._action, self._close):
            button.setFixedHeight(current().px(32))
            button.setSizePolicy(fixed, fixed)
        bar = row(spacing=10)
        bar.setContentsMargins(current().px(14), 0, current().px(6), 0)
        bar.addWidget(self._icon)
        bar.addWidget(self._words, 1)
        for part in (self._code, self._action, self._close):
            bar.addWidget(part)
        self.setLayout(bar)
        self.setFixedHeight(current().px(40))

    def press(self) -> None:
        """Press the notice's button, if it has one."""
        if self._action_code:
            self._action.click()

    def show_view(self, notice: NoticeView | None, hint: str) -> None:
        """Draw the notice, or the hint."""
        shown = notice or NoticeView(hint, tone="", dismissable=False)
        set_property(self, "tone", shown.tone if notice else "")
        set_property(self._words, "role", "row" if notice else "label")
        self._words.setText(shown.text)
        self._icon.show_icon(shown.icon, tone_token(shown.tone) if notice else "ink-3")
        self._icon.setVisible(bool(shown.text))
        show_text(self._code, shown.code)
        self._action_code = shown.action
        self._action.setVisible(bool(shown.action))
        self._action.show_words(shown.action_label, hint="Ctrl+Enter" if shown.action else "")
        self._close.setVisible(notice is not None and shown.dismissable)


class _Sign(QWidget):
    """An icon with its words; in a narrow window words only where something is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._icon, self._words = Icon(size=17), label("label")
        box = row(spacing=7)
        box.addWidget(self._icon)
        box.addWidget(self._words)
        self.setLayout(box)

    def show_sign(self, line: IconLine, *, narrow: bool) -> None:
        """Show a state."""
        wrong = line.tone in {"warn", "bad"}
        self._icon.show_icon(line.icon, tone_token(line.tone or "quiet"))
        show_text(self._words, line.text, line.tone if wrong else "quiet")
        self._words.setVisible(wrong or not narrow)
        self.setToolTip(line.text)
        self.setAccessibleName(line.text)


class StatusStrip(QFrame):
    """Connection, unsent and its age, saved state, devices, language, clock: always the same."""

    language_pressed = Signal()
    offline_pressed = Signal()

    def __init__(self, captions: Captions) -> None:
        super().__init__()
        self.setObjectName("statusStrip")
        self.setFixedHeight(current().px(40))
        self._narrow = False
        self._view: StatusView | None = None
        self._connection, self._unsent = Pill(), ElidedLabel("label")
        self._saved = _Sign()
        self._devices = [_Sign() for _ in range(_DEVICES)]
        self._clock = label("label")
        self._language, self.offline = Button("switch"), Button("switch", checkable=True)
        captions.bind(self.offline.show_words, "status.offline_switch")
        captions.bind(self._language.setToolTip, "status.language_switch")
        self._language.clicked.connect(self.language_pressed.emit)
        self.offline.clicked.connect(self.offline_pressed.emit)
        fixed = self._language.sizePolicy().Policy.Fixed
        for button in (self._language, self.offline):
            button.setSizePolicy(fixed, fixed)
        bar: QHBoxLayout = row(spacing=16)
        bar.setContentsMargins(current().px(16), 0, current().px(16), 0)
        bar.addWidget(self._connection)
        bar.addWidget(self.offline)
        bar.addWidget(self._unsent, 1)
        for part in (self._saved, *self._devices, self._language, self._clock):
            bar.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        self._bar = bar
        self.setLayout(bar)

    def show_narrow(self, narrow: bool) -> None:
        """Signs that are well lose their words."""
        self._narrow = narrow
        self._bar.setSpacing(current().px(10 if narrow else 16))
        if self._view is not None:
            self.show_view(self._view)

    def show_view(self, view: StatusView) -> None:
        """Draw the view."""
        self._view = view
        self._connection.show_pill(view.connection.icon, view.connection.text, view.connection.tone)
        self._unsent.setText(view.unsent)
        self._saved.setVisible(view.saved is not None)
        if view.saved is not None:
            self._saved.show_sign(view.saved, narrow=self._narrow)
        for place, sign in enumerate(self._devices):
            sign.setVisible(place < len(view.devices))
            if place < len(view.devices):
                sign.show_sign(view.devices[place], narrow=self._narrow)
        self._language.show_words(view.language)
        self.offline.setVisible(view.offline_switch)
        self.offline.show_state(enabled=True, chosen=view.offline_on)
        self._clock.setText(view.clock)
