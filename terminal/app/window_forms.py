"""A cashier at a form of the window: finds the operation, fills in its fields, by real keys."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from sync.domain.refusals import Code, refuse
from terminal.app.window_hands import CTRL, Hands, NotSeen, Said
from terminal.operations import catalogue, filling
from terminal.operations.spec import FieldKind, FieldSpec, OperationSpec
from terminal.presenters.operation import OperationPresenter
from terminal.screens.form_fields import ChoiceField, FormWidget, LineField, TableField, TickField
from terminal.screens.operation import OperationScreen

LONG: Final = 40  # what is longer nobody types: it is scanned
ROUNDS: Final = 40


class FormHands:
    """Hands at the form of one operation. Used on the GUI thread."""

    def __init__(self, hands: Hands, name: str) -> None:
        """`name`: of the operation. Raises NotSeen when this till has none of it."""
        try:
            self._spec: OperationSpec = catalogue.named(name)
        except KeyError:
            raise NotSeen(f"this till has no operation {name!r}") from None
        self._hands = hands
        self.form: OperationPresenter = hands.counter.forms[self._spec.screen]
        self._screen: OperationScreen = hands.screens[self._spec.screen]

    def begin(self) -> None:
        """Bring the rail item on show and begin the operation from its list."""
        hands, form, table = self._hands, self.form, self._screen.table
        hands.go(self._spec.screen)
        if form.spec is None:
            hands.tab_to(table)
            table.setCurrentIndex(table.rows.index(0, 0))
            for _ in range([spec.name for spec in form.specs].index(self._spec.name)):
                hands.press(Qt.Key.Key_Down)
            hands.enter()
            hands.heard_no()
        hands.until(lambda: form.draft is not None, f"{self._spec.name} does not begin")
        self._rest()
        if form.spec is not None and form.spec.name != self._spec.name:
            raise NotSeen(f"{form.spec.name} was begun, not {self._spec.name}")

    def fill(self, values: dict[str, str]) -> None:
        """Fill in fields, each as soon as the form asks for it. Raises NotSeen for one that is
        never asked for, Said for what no form lets anybody choose."""
        self._hands.go(self._spec.screen)
        left = dict(values)
        while left:
            self._rest()
            field = next((f for f in self.form.fields if f.name in left), None)
            if field is None:
                raise NotSeen(f"{self._spec.name} does not ask for {', '.join(sorted(left))}")
            self._fill_one(field, left.pop(field.name))
            self._rest()

    def confirm(self) -> None:
        """Enter, and what the till says to it."""
        self._rest()
        self._hands.enter()
        self._rest()

    def give_up(self) -> None:
        """Esc until the form is away."""
        self._hands.go(self._spec.screen)
        for _ in range(6):
            if self.form.spec is None:
                return
            self._hands.press(Qt.Key.Key_Escape)
            self._rest()

    def _rest(self) -> None:
        self._hands.settled()
        self._hands.until(lambda: self.form.at_rest, "the form does not come to rest")
        self._hands.settled()

    def _fill_one(self, field: FieldSpec, value: str) -> None:
        if field.kind is not FieldKind.HIDDEN and self.form.value(field.name) == value:
            return
        part = self._part(field.name)
        match part:
            case LineField():
                self._write(field, part, value)
            case ChoiceField():
                self._choose(field, part, value)
            case TickField():
                self._to(part.focus_widget)
                self._hands.press(Qt.Key.Key_Space)
            case TableField():
                self._count(field, part, value)

    def _write(self, field: FieldSpec, part: LineField, value: str) -> None:
        """Type over what stands there; what is long is scanned."""
        hands = self._hands
        self._to(part.entry)
        if field.kind is FieldKind.SCAN and len(value) > LONG:
            hands.scan(value)
            return
        hands.press(Qt.Key.Key_A, CTRL)
        if not value:
            hands.press(Qt.Key.Key_Delete)
            return
        hands.type(value, part.entry)

    def _choose(self, field: FieldSpec, part: ChoiceField, value: str) -> None:
        keys = [choice.key for choice in field.choices]
        if value not in keys:
            raise Said(refuse(Code.FIELD_INVALID, field=field.name))
        self._to(part.choice)
        for _ in range(ROUNDS):
            at = part.choice.currentIndex()
            if at == keys.index(value) and self.form.value(field.name) == value:
                return
            down = at < keys.index(value)
            self._hands.press(Qt.Key.Key_Down if down else Qt.Key.Key_Up)
            self._rest()
        raise NotSeen(f"{value} cannot be chosen in {field.name}")

    def _count(self, field: FieldSpec, part: TableField, value: str) -> None:
        """Each row up to its quantity; more than there is, as the code of a form says it."""
        hands, wanted = self._hands, filling.table(value)
        keys = [shown.key for shown in field.rows]
        if wanted is None or not wanted.keys() <= set(keys):
            raise Said(refuse(Code.FIELD_INVALID, field=field.name))
        self._to(part.table)
        part.table.setCurrentIndex(part.table.rows.index(0, 0))
        for key in keys:
            for _ in range(ROUNDS):
                has = (filling.table(self.form.value(field.name)) or {}).get(key, 0)
                if has == wanted.get(key, 0):
                    break
                up = has < wanted.get(key, 0)
                hands.press(Qt.Key.Key_Plus if up else Qt.Key.Key_Minus)
                self._rest()
            else:
                raise NotSeen(f"row {key} of {field.name} does not take {wanted.get(key, 0)}")
            hands.press(Qt.Key.Key_Down)

    def _part(self, name: str) -> FormWidget:
        form = self._screen.form
        self._hands.until(lambda: name in form.widgets, f"{name} is not on show")
        return form.widgets[name]

    def _to(self, widget: QWidget) -> None:
        self._hands.tab_to(widget)
