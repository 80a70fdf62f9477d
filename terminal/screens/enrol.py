"""Enrolment: details, card, done; the card may come at any step."""

from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from terminal.presenters.enrol_view import CardView, DuplicateView, EnrolView
from terminal.presenters.parts_view import ActionView, IconLine
from terminal.screens.base import Screen
from terminal.text import Text
from terminal.widgets.buttons import Button
from terminal.widgets.cards import Card, column, holder, row
from terminal.widgets.fields import Choice, Field, Tick
from terminal.widgets.icons import Icon
from terminal.widgets.labels import label, rule, set_property, show_text, tone_token
from terminal.widgets.theme import current
from terminal.widgets.vip_card import VipCard

_FIELDS = ("phone", "name", "birthday", "sizes", "colours")
_STEPS = ("enrol.step.details", "enrol.step.card", "enrol.step.done")
_DONE_LINES = 3


class EnrolScreen(Screen):
    """The form on the left; duplicate, reason and offline note on the right."""

    field_edited = Signal(object)
    consultant_chosen = Signal(object)
    consent_pressed = Signal()
    card_dropped = Signal()
    next_card_pressed = Signal()
    duplicate_accepted = Signal()
    duplicate_refused = Signal()

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self._form = Card(padding=24, spacing=12)
        self._form.body.addLayout(self._build_head())
        self._form.body.addLayout(self._build_fields())
        self._form.body.addWidget(rule())
        self._form.body.addLayout(self._build_card())
        self._form.body.addStretch(1)
        self._form.body.addLayout(self._build_foot())
        self._side = self._build_side()
        columns = row(spacing=16)
        columns.addWidget(self._form, 1)
        columns.addWidget(self._side)
        self.setLayout(columns)
        self.show_narrow(False)
        self._order_tabs()

    def arrive(self) -> None:
        """Begin with the phone."""
        self.fields["phone"].entry.setFocus()

    def type_key(self, key: str) -> None:
        """Digits typed outside a field begin the phone number."""
        self.fields["phone"].entry.setFocus()
        self.fields["phone"].entry.type_key(key)

    def show_narrow(self, narrow: bool) -> None:
        """A narrower right side and tighter form."""
        theme = current()
        self._side.setFixedWidth(theme.px(280 if narrow else 380))
        pad = theme.px(16 if narrow else 28)
        self._form.body.setContentsMargins(pad, theme.px(16), pad, theme.px(16))
        pixels = theme.px(12 if narrow else 16)
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(pixels, theme.px(16), pixels, 0)
            layout.setSpacing(pixels)

    def show_view(self, view: EnrolView) -> None:
        """Draw the view."""
        for number, step in enumerate(self._steps, start=1):
            set_property(step, "tone", "accent" if number == view.step else "quiet")
            set_property(step, "role", "label-strong" if number == view.step else "label")
        for name in (*_FIELDS, "earlier"):
            shown = getattr(view, name)
            self.fields[name].show_field(shown.value, shown.error, enabled=shown.enabled)
        self._consultant.show_choice(view.consultants, view.consultant)
        self._consultant.setEnabled(view.phone.enabled)
        self._show_card(view.card)
        self._show_done(view.done)
        self.consent.setChecked(view.consent)
        self.consent.setEnabled(view.phone.enabled)
        self._consent_words.setText(view.consent_text)
        self._show_duplicate(view.duplicate)
        self._why_title.setText(view.why_title)
        self._why_icon.show_icon(*(("circle-check", "ok") if view.why_ok else ("info", "ink-2")))
        self._why.setText(view.why)
        show_text(self._why_note, view.why_note)
        self._note_title.setText(view.note_title)
        self._note.setText(view.note)
        _show_action(self._back, view.back, "Esc")
        _show_action(self.primary, view.primary, "Enter")

    def _build_head(self) -> QHBoxLayout:
        title = label("heading")
        self.captions.bind(title.setText, "enrol.title")
        head = row(spacing=10)
        head.addWidget(title)
        head.addStretch(1)
        self._steps = []
        for number, code in enumerate(_STEPS):
            if number:
                head.addWidget(Icon("arrow-right", "ink-3", 14))
            step = label("label")
            self.captions.bind(step.setText, code)
            self._steps.append(step)
            head.addWidget(step)
        return head

    def _build_fields(self) -> QGridLayout:
        self.fields = {name: Field() for name in _FIELDS}
        for name, field in self.fields.items():
            self.captions.bind(field.name, f"enrol.field.{name}")
            self.captions.bind(field.entry.setPlaceholderText, f"enrol.example.{name}")
            field.edited.connect(partial(self._edited, name))
        self._consultant = Choice()
        self._consultant.chosen.connect(self.consultant_chosen.emit)
        caption = label("label")
        caption.setBuddy(self._consultant)
        self.captions.bind(caption.setText, "enrol.field.consultant")
        self.captions.bind(self._consultant.setAccessibleName, "enrol.field.consultant")
        chooser = column(spacing=5)
        chooser.addWidget(caption)
        chooser.addWidget(self._consultant)
        places: list[QWidget] = [
            self.fields["phone"], self.fields["name"], self.fields["birthday"], holder(chooser),
            self.fields["sizes"], self.fields["colours"],
        ]  # fmt: skip
        grid = QGridLayout()
        grid.setHorizontalSpacing(current().px(16))
        grid.setVerticalSpacing(current().px(8))
        for number, widget in enumerate(places):
            top = Qt.AlignmentFlag.AlignTop
            grid.addWidget(widget, number // 2, number % 2, top)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        return grid

    def _build_card(self) -> QHBoxLayout:
        self._card = VipCard()
        self._card_title = label("title", wrap=True)
        self._card_words = label("body", tone="quiet", wrap=True)
        self._card_error = label("label-strong", tone="bad", wrap=True)
        self._other_card = Button("small", icon="refresh-cw")
        self.captions.bind(self._other_card.show_words, "enrol.other_card")
        self._other_card.clicked.connect(self.card_dropped.emit)
        self.next_card = Button("small", icon="id-card")
        self.captions.bind(self.next_card.show_words, "enrol.next_card")
        self.next_card.clicked.connect(self.next_card_pressed.emit)
        fixed = self._other_card.sizePolicy().Policy.Fixed
        for button in (self._other_card, self.next_card):
            button.setSizePolicy(fixed, fixed)
        side = column(spacing=6)
        side.addStretch(1)
        for part in (self._card_title, self._card_words, self._card_error):
            side.addWidget(part)
        self._done_rows = [(Icon(size=16), label("row", wrap=True)) for _ in range(_DONE_LINES)]
        self._done_lines: list[QWidget] = []
        for icon, words in self._done_rows:
            line = row(spacing=8)
            line.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(words, 1)
            self._done_lines.append(holder(line))
            side.addWidget(self._done_lines[-1])
        for button in (self._other_card, self.next_card):
            side.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        both = row(spacing=20)
        both.addWidget(self._card, 0, Qt.AlignmentFlag.AlignVCenter)
        both.addLayout(side, 1)
        return both

    def _build_foot(self) -> QHBoxLayout:
        self.consent = Tick()
        self.consent.clicked.connect(self.consent_pressed.emit)
        self.captions.bind(self.consent.setAccessibleName, "enrol.consent")
        self._consent_words = label("label", wrap=True)
        self._back, self.primary = Button(), Button("primary")
        self._back.clicked.connect(self.back_pressed.emit)
        self.primary.clicked.connect(self.primary_pressed.emit)
        self.primary.setFixedHeight(current().px(56))
        self._back.setFixedHeight(current().px(56))
        fixed = self._back.sizePolicy().Policy.Fixed
        for button in (self._back, self.primary):
            button.setSizePolicy(button.sizePolicy().Policy.Minimum, fixed)
        foot = row(spacing=10)
        foot.addWidget(self.consent)
        foot.addWidget(self._consent_words, 1)
        foot.addWidget(self._back)
        foot.addWidget(self.primary)
        return foot

    def _build_side(self) -> QWidget:
        side = column(spacing=16)
        side.addWidget(self._build_duplicate())
        why, self._why_title = Card(spacing=6), label("section")
        self._why_icon = Icon("info", "ink-2", 18)
        self._why, self._why_note = label("body", wrap=True), label("label", wrap=True)
        line = row(spacing=10)
        line.addWidget(self._why_icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._why, 1)
        why.body.addWidget(self._why_title)
        why.body.addLayout(line)
        why.body.addWidget(self._why_note)
        self.fields["earlier"] = Field()
        self.captions.bind(self.fields["earlier"].name, "enrol.field.earlier")
        self.captions.bind(self.fields["earlier"].entry.setPlaceholderText, "enrol.example.earlier")
        self.fields["earlier"].edited.connect(partial(self._edited, "earlier"))
        why.body.addWidget(self.fields["earlier"])
        note, self._note_title = Card(spacing=6), label("section")
        self._note = label("label", wrap=True)
        note.body.addWidget(self._note_title)
        note.body.addWidget(self._note)
        note.body.addStretch(1)
        side.addWidget(why)
        side.addWidget(note, 1)
        return holder(side)

    def _build_duplicate(self) -> Card:
        self._duplicate = Card(spacing=6)
        self._duplicate_icon = Icon("users", "ink-2", 20)
        self._duplicate_title = label("section", wrap=True)
        self._duplicate_person = label("body", wrap=True)
        self._duplicate_why = label("label", wrap=True)
        accept, refuse = Button(), Button()
        self.captions.bind(accept.show_words, "enrol.duplicate.open")
        self.captions.bind(refuse.show_words, "enrol.duplicate.no")
        accept.clicked.connect(self.duplicate_accepted.emit)
        refuse.clicked.connect(self.duplicate_refused.emit)
        head = row(spacing=10)
        head.addWidget(self._duplicate_icon)
        head.addWidget(self._duplicate_title, 1)
        buttons = row()
        buttons.addWidget(accept, 1)
        buttons.addWidget(refuse, 1)
        self._duplicate_buttons = holder(buttons)
        body: QVBoxLayout = self._duplicate.body
        body.addLayout(head)
        for part in (self._duplicate_person, self._duplicate_why, self._duplicate_buttons):
            body.addWidget(part)
        return self._duplicate

    def _show_duplicate(self, view: DuplicateView) -> None:
        found = bool(view.member_id)
        set_property(self._duplicate, "tone", "warn" if found else "")
        icon = ("triangle-alert", "warn") if found else ("users", "ink-2")
        self._duplicate_icon.show_icon(*icon)
        show_text(self._duplicate_title, view.title, "warn" if found else "")
        show_text(self._duplicate_person, view.person)
        show_text(self._duplicate_why, view.why)
        self._duplicate_buttons.setVisible(found)

    def _show_card(self, card: CardView) -> None:
        self._card.show_card(card.number, card.holder, card.tier_label, filled=card.has_card)
        self._card_title.setText(card.title)
        show_text(self._card_words, card.text)
        show_text(self._card_error, card.error)
        self._other_card.setVisible(card.can_change)
        self.next_card.setVisible(card.can_issue)

    def _show_done(self, lines: tuple[IconLine, ...]) -> None:
        for place, (icon, words) in enumerate(self._done_rows):
            self._done_lines[place].setVisible(place < len(lines))
            if place < len(lines):
                icon.show_icon(lines[place].icon, tone_token(lines[place].tone))
                words.setText(lines[place].text)

    def _order_tabs(self) -> None:
        order: list[QWidget] = [
            self.fields["phone"].entry, self.fields["name"].entry, self.fields["birthday"].entry,
            self._consultant, self.fields["sizes"].entry, self.fields["colours"].entry,
            self.fields["earlier"].entry, self._other_card, self.next_card, self.consent,
            self._back, self.primary,
        ]  # fmt: skip
        for before, after in pairwise(order):
            self.setTabOrder(before, after)

    def _edited(self, name: str, value: str) -> None:
        self.field_edited.emit((name, value))


def _show_action(button: Button, action: ActionView, key: str) -> None:
    button.show_icon("loader-circle" if action.busy else "")
    button.show_words(action.label, hint="" if action.busy else key)
    button.show_state(enabled=action.enabled and not action.busy, reason=action.reason)
