"""The member pane, the same on every screen that serves a member."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from terminal.input.keymap import Intent, key_label
from terminal.presenters.member_pane_view import FindView, MemberPaneView, MemberView
from terminal.presenters.parts_view import IconLine
from terminal.screens.amount_rows import EmptyState
from terminal.widgets.buttons import Button
from terminal.widgets.captions import Captions
from terminal.widgets.cards import Card, column, holder, row
from terminal.widgets.fields import Entry
from terminal.widgets.icons import Icon
from terminal.widgets.labels import Figure, label, rule, show_text, tone_token
from terminal.widgets.pills import Pill
from terminal.widgets.stage import Cover, Stage
from terminal.widgets.theme import current

_TIER_ICONS = {"diamond": "gem", "gold": "star", "silver": "star"}
_LINES = 4
_MATCHES = 6


class BalanceBox(Card):
    """Caption, large figure, small note; beside each other when narrow."""

    def __init__(self) -> None:
        super().__init__(role="box", padding=0, spacing=0)
        self.caption = label("caption")
        self.figure = Figure(28)
        self.note = label("caption")
        self._grid = QGridLayout()
        self._grid.setSpacing(current().px(1))
        self.body.addLayout(self._grid)
        self.show_narrow(False)

    def show_narrow(self, narrow: bool) -> None:
        """Put the figure to the right of its words, or between them."""
        theme = current()
        for part in (self.caption, self.figure, self.note):
            self._grid.removeWidget(part)
        self._grid.setContentsMargins(*(theme.px(12), theme.px(6 if narrow else 10)) * 2)
        side = Qt.AlignmentFlag.AlignRight if narrow else Qt.AlignmentFlag.AlignLeft
        self.figure.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self._grid.setColumnStretch(0, 0 if narrow else 1)
        self._grid.setColumnStretch(1, 1 if narrow else 0)
        self._grid.addWidget(self.caption, 0, 0)
        self._grid.addWidget(self.figure, *((0, 1) if narrow else (1, 0)))
        self._grid.addWidget(self.note, *((1, 0, 1, 2) if narrow else (2, 0, 1, 1)))
        self.setMinimumHeight(theme.px(64 if narrow else 90))


class _Line(QWidget):
    """An icon and a sentence that may take two lines."""

    def __init__(self, role: str = "row") -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self._icon = Icon(size=18)
        self._words = label(role, wrap=True)
        box = row(spacing=12)
        box.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        box.addWidget(self._words, 1)
        self.setLayout(box)

    def show_line(self, line: IconLine) -> None:
        """Show a line."""
        self._icon.show_icon(line.icon, tone_token(line.tone))
        self._words.setText(line.text)


class FindPart(QWidget):
    """Looking for a member: a field, what was found below it."""

    edited = Signal(object)
    submitted = Signal(object)
    chosen = Signal(object)

    def __init__(self, captions: Captions) -> None:
        super().__init__()
        self.setProperty("role", "clear")
        self.entry = Entry(icon="search")
        captions.bind(self.entry.setPlaceholderText, "find.field")
        captions.bind(self.entry.setAccessibleName, "find.field")
        self.entry.textEdited.connect(self.edited.emit)
        self._note = label("label", wrap=True)
        self._ids = [""] * _MATCHES
        self._buttons: list[Button] = []
        box = column(spacing=6)
        box.addWidget(self.entry)
        box.addWidget(self._note)
        for place in range(_MATCHES):
            button = Button("tile")
            button.setFixedHeight(current().px(52))
            button.clicked.connect(partial(self._press, place))
            self._buttons.append(button)
            box.addWidget(button)
        box.addStretch(1)
        self.setLayout(box)

    def show_find(self, view: FindView) -> None:
        """Draw what is typed and found."""
        self.entry.show_value(view.entry)
        show_text(self._note, view.note)
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(view.matches))
            if place < len(view.matches):
                match = view.matches[place]
                self._ids[place] = match.member_id
                button.show_words(match.name, detail=match.detail)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the field searches; other keys belong to the screen."""
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and self.entry.hasFocus() and self.entry.text():
            self.submitted.emit(self.entry.text())
        else:
            event.ignore()

    def _press(self, place: int) -> None:
        self.chosen.emit(self._ids[place])


class MemberPane(Card):
    """Empty, loading, or the member."""

    enrol_requested = Signal()
    change_requested = Signal()
    profile_requested = Signal()
    find_edited = Signal(object)
    find_submitted = Signal(object)
    match_chosen = Signal(object)

    def __init__(self, captions: Captions) -> None:
        super().__init__(padding=18, spacing=0)
        self._empty = EmptyState("id-card")
        self.finder = FindPart(captions)
        self.finder.edited.connect(self.find_edited.emit)
        self.finder.submitted.connect(self.find_submitted.emit)
        self.finder.chosen.connect(self.match_chosen.emit)
        self.enrol = Button(icon="user-plus")
        captions.bind(
            lambda words: self.enrol.show_words(words, hint=key_label(Intent.ENROL)),
            "member.enrol",
        )
        self.enrol.clicked.connect(self.enrol_requested.emit)
        empty = column()
        empty.addWidget(self._empty, 1)
        empty.addWidget(self.finder, 2)
        empty.addWidget(self.enrol)
        self._waiting = EmptyState("loader-circle")
        waiting = column()
        waiting.addWidget(self._waiting)
        self._stage = Stage(self._build_member(captions), Cover(empty), Cover(waiting))
        self._serving = True
        self.body.addWidget(self._stage)

    def show_narrow(self, narrow: bool) -> None:
        """Balances under each other when narrow."""
        self._balances.removeWidget(self._value)
        self._balances.addWidget(self._value, *((1, 0) if narrow else (0, 1)))
        self._balances.setColumnStretch(1, 0 if narrow else 1)
        for box in (self._points, self._value):
            box.show_narrow(narrow)
        pad = current().px(14 if narrow else 18)
        self.body.setContentsMargins(pad, pad, pad, pad)
        self._column.setSpacing(current().px(7 if narrow else 10))
        self._make_room()

    def show_view(self, view: MemberPaneView) -> None:
        """Draw the view."""
        self.change.setVisible(view.member is not None and view.can_change)
        self._profile.setVisible(view.member is not None and view.has_profile)
        if view.member is not None:
            self._show_member(view.member)
            self._stage.cover(None)
        else:
            self._empty.show_state(view.prompt_title, view.prompt)
            self.enrol.setVisible(view.can_enrol)
            self.finder.show_find(view.find)
            self._empty.setVisible(not view.find.matches)
            self._waiting.show_state(view.loading, "")
            self._stage.cover(int(bool(view.loading)))
            self._forget()
        self._serving = view.member is not None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The suggestion is the first to go when there is no room."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        wanted = bool(self._hint_words.text())
        self._hint.setVisible(wanted)
        if not wanted:
            return
        for part in (self._alert, self._points, self._value, self._fresh, *self._lines, self._hint):
            layout = part.layout()
            if layout is not None:
                layout.activate()  # else the column reckons with what stood there before
        width = self.width() - 2 * self.body.contentsMargins().left() - 2
        needed = self._column.heightForWidth(width)
        room = self.height() - 2 * self.body.contentsMargins().top() - 2
        self._hint.setVisible(needed <= room)

    def _build_member(self, captions: Captions) -> QWidget:
        self._name, self._pill = Figure(24), Pill()
        self._identity = label("label", wrap=True)
        head = row(spacing=8)
        head.addWidget(self._name, 1)
        head.addWidget(self._pill, 0, Qt.AlignmentFlag.AlignVCenter)
        self._alert = _Line("row-strong")
        self._points, self._value = BalanceBox(), BalanceBox()
        captions.bind(self._points.caption.setText, "member.points")
        captions.bind(self._value.caption.setText, "member.stored_value")
        self._balances = QGridLayout()
        self._balances.setSpacing(current().px(10))
        self._balances.addWidget(self._points, 0, 0)
        self._balances.addWidget(self._value, 0, 1)
        self._balances.setColumnStretch(0, 1)
        self._balances.setColumnStretch(1, 1)
        self._fresh = _Line("label")
        self._lines = [_Line() for _ in range(_LINES)]
        box = self._column = column(spacing=10)
        titles = column(spacing=2)
        titles.addLayout(head)
        titles.addWidget(self._identity)
        box.addLayout(titles)
        box.addWidget(self._alert)
        box.addLayout(self._balances)
        for part in (self._fresh, rule(), *self._lines):
            box.addWidget(part)
        box.addStretch(1)
        box.addWidget(self._build_suggestion())
        box.addLayout(self._build_buttons(captions))
        self._page = holder(box)
        return self._page

    def _build_suggestion(self) -> Card:
        self._hint = Card(role="hint", padding=12, spacing=2)
        self._hint_title = label("row-strong", tone="accent", wrap=True)
        self._hint_words = label("row", tone="accent", wrap=True)
        self._hint.body.addWidget(self._hint_title)
        self._hint.body.addWidget(self._hint_words)
        return self._hint

    def _build_buttons(self, captions: Captions) -> QHBoxLayout:
        self._profile, self.change = Button(), Button()
        captions.bind(self._profile.show_words, "member.profile")
        captions.bind(self.change.show_words, "member.change")
        self._profile.clicked.connect(self.profile_requested.emit)
        self.change.clicked.connect(self.change_requested.emit)
        buttons = row()
        buttons.addWidget(self._profile)
        buttons.addWidget(self.change)
        return buttons

    def _forget(self) -> None:
        """Nothing about a member stays behind a cover, where a screen reader might find it."""
        if not self._serving:
            return
        for box in (self._points, self._value):
            box.figure.show_figure("")
            box.note.setText("")
        self._name.show_figure("")
        self._identity.setText("")
        for line in (self._alert, self._fresh, *self._lines):
            line.show_line(IconLine("info", "", "quiet"))
        for words in (self._hint_title, self._hint_words):
            words.setText("")

    def _show_member(self, member: MemberView) -> None:
        self._name.show_figure(member.name)
        self._identity.setText(member.identity)
        self._pill.show_pill(_TIER_ICONS.get(member.tier, "star"), member.tier_label, member.tier)
        self._alert.setVisible(bool(member.alert))
        self._alert.show_line(IconLine("triangle-alert", member.alert, "bad"))
        self._points.figure.show_figure(member.points, member.points_tone)
        self._points.note.setText(member.points_note)
        self._value.figure.show_figure(member.stored_value)
        self._value.note.setText(member.stored_value_note)
        fresh = "\n".join(part for part in (member.confirmed, member.offline) if part)
        self._fresh.show_line(IconLine("info", fresh, "quiet"))
        for place, line in enumerate(self._lines):
            line.setVisible(place < len(member.lines))
            if place < len(member.lines):
                line.show_line(member.lines[place])
        show_text(self._hint_title, member.suggestion_title)
        show_text(self._hint_words, member.suggestion)
        self._make_room()
