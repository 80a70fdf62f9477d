"""The view of a form from what its presenter knows. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sync.domain.refusals import Code, Refusal
from terminal.operations import filling
from terminal.operations.spec import Fact, FieldKind, FieldSpec, MemberUse, Preview
from terminal.presenters.desk import sentence_of
from terminal.presenters.explaining import explain
from terminal.presenters.finished import done_view
from terminal.presenters.operation_view import FormField, FormRow, OperationRow, OperationView
from terminal.presenters.parts_view import ActionView, AmountRow, DoneView, ExplainView
from terminal.text import Text

if TYPE_CHECKING:
    from terminal.presenters.operation import OperationPresenter

LOOK = "look"  # what the "?" asks to have explained
_SAID_AT_FIELD = frozenset({Code.FIELD_NEEDED, Code.FIELD_INVALID})


def operation_view(at: OperationPresenter) -> OperationView:
    """The screen as it is."""
    text, spec = at.desk.text, at.spec
    name = f"operation.{spec.name}" if spec is not None else f"rail.{at.screen}"
    needs = spec is None or spec.member is MemberUse.NEEDED
    wrong = at.wrong()
    figure, facts = _facts(at)
    nobody = needs and (at.draft is None or at.draft.bearer is None)
    missing = "needs_member" if nobody else "nothing_to_fill"
    return OperationView(
        member=at.customer.pane(needed=needs, can_change=at.finished is None),
        title=text(name),
        note=_note(text, name, at),
        operations=_operations(at) if spec is None else (),
        chosen=spec.name if spec is not None else "",
        fields=tuple(_field(at, field, wrong) for field in at.fields),
        empty_title=text(f"form.{missing}"),
        empty=text("form.present_card" if nobody else "form.look_right"),
        caption=text("form.comes_to") if spec is not None else "",
        figure=figure,
        facts=facts,
        primary=_primary(at, wrong),
        warning=_warning(at),
        refusal=_refusal(text, wrong),
        explain=at.explanation(),
        pin=at.pin_view() if not at.busy else None,
        done=_done(at),
    )


def explanation(at: OperationPresenter) -> ExplainView | None:
    """The arithmetic behind what it would come to."""
    look = at.filled.look if at.filled is not None else None
    if at.explaining != LOOK or at.spec is None or not isinstance(look, Preview):
        return None
    text = at.desk.text
    strong = next((fact for fact in look.facts if fact.strong), None)
    result = AmountRow(
        text("explain.result"), _written(text, strong) if strong else "", strong=True
    )
    return explain(text, text(f"operation.{at.spec.name}"), look.trace, result)


def _note(text: Text, name: str, at: OperationPresenter) -> str:
    code = f"{name}.note"
    if text.has(code):
        return text(code)
    return text("form.fill_in") if at.spec is not None else text("form.choose")


def _operations(at: OperationPresenter) -> tuple[OperationRow, ...]:
    text = at.desk.text
    rows = []
    for spec in at.specs:
        code = f"operation.{spec.name}.note"
        usual = "form.for_member" if spec.member is MemberUse.NEEDED else "form.for_anybody"
        rows.append(
            OperationRow(
                spec.name,
                text(f"operation.{spec.name}"),
                text(code) if text.has(code) else text(usual),
            )
        )
    return tuple(rows)


def _field(at: OperationPresenter, field: FieldSpec, wrong: Refusal | None) -> FormField:
    text, value = at.desk.text, at.value(field.name)
    if field.kind is FieldKind.HIDDEN:
        value = at.secrets.get(field.name, "")
    label = text(f"field.{field.name}")
    if not field.required and field.kind is not FieldKind.TICK:
        label = text("form.optional", label=label)
    return FormField(
        field.name,
        field.kind.value,
        label,
        value,
        _error(at, field, wrong),
        enabled=not at.busy and at.finished is None,
        choices=tuple((choice.key, said(text, choice.label)) for choice in field.choices),
        rows=_rows(at, field, value) if field.kind is FieldKind.TABLE else (),
        columns=tuple(text(column) for column in field.columns),
        column_taken=text("form.taken"),
    )


def _error(at: OperationPresenter, field: FieldSpec, wrong: Refusal | None) -> str:
    """What is wrong with a field: once it was to be confirmed, or what stands there is no such."""
    if wrong is None or wrong.code not in _SAID_AT_FIELD or wrong.param("field") != field.name:
        return ""
    if wrong.code is Code.FIELD_NEEDED and not at.tried:
        return ""
    short = "form.missing" if wrong.code is Code.FIELD_NEEDED else "form.unreadable"
    return at.desk.text(short)


def _rows(at: OperationPresenter, field: FieldSpec, value: str) -> tuple[FormRow, ...]:
    text, taken = at.desk.text, filling.table(value) or {}
    return tuple(
        FormRow(
            row.key,
            tuple(said(text, cell) for cell in row.cells),
            _taken(taken.get(row.key, 0), row.most),
            chosen=row.key in taken,
            enabled=row.most > 0,
            why=text(row.why) if row.why else "",
        )
        for row in field.rows
    )


def _taken(quantity: int, most: int) -> str:
    """Of a row that is there once, only whether; of others how many of how many."""
    if most > 1:
        return f"{quantity} / {most}"
    return str(quantity) if quantity else "—"


def _facts(at: OperationPresenter) -> tuple[str, tuple[AmountRow, ...]]:
    """The figure to look at, and the rows under it."""
    if at.spec is None:
        return "", ()
    look = at.filled.look if at.filled is not None else None
    if isinstance(look, Preview) and not look.facts:
        return "", ()
    if not isinstance(look, Preview):
        return "—", ()
    text = at.desk.text
    big = next((f for f in look.facts if f.strong and isinstance(f.value, int)), None)
    rows = []
    asked = not look.trace
    for fact in look.facts:
        why = "" if asked or not (fact is big or big is None) else LOOK
        asked = asked or bool(why)
        rows.append(AmountRow(text(fact.code), _written(text, fact), "", fact.strong, why))
    return (_written(text, big) if big is not None else "—"), tuple(rows)


def _written(text: Text, fact: Fact) -> str:
    """The value of a fact as the last word of its name asks."""
    unit, value = fact.name.rpartition("_")[2], fact.value
    if isinstance(value, int):
        if unit == "minor":
            return text.money(value)
        return text.points(value) if unit == "points" else text.number(value)
    if unit == "date":
        try:
            return text.date(date.fromisoformat(value), year=True)
        except ValueError:
            return value
    return said(text, value)


def said(text: Text, words: str) -> str:
    """The sentence of a code; other words as they are."""
    return text(words) if text.has(words) else words


def _warning(at: OperationPresenter) -> str:
    look = at.filled.look if at.filled is not None else None
    if not isinstance(look, Preview) or at.finished is not None:
        return ""
    text = at.desk.text
    if look.warning:
        return said(text, look.warning)
    return text("form.approver") if look.approver_for else ""


def _refusal(text: Text, wrong: Refusal | None) -> str:
    quiet = _SAID_AT_FIELD | {Code.MEMBER_NEEDED}
    return "" if wrong is None or wrong.code in quiet else sentence_of(text, wrong)


def _primary(at: OperationPresenter, wrong: Refusal | None) -> ActionView:
    text = at.desk.text
    if at.busy:
        return ActionView(text("sale.taking"), busy=True)
    if at.finished is not None:
        return ActionView(text("sale.next"))
    if at.asking is not None:
        return ActionView(text("sale.confirm_pin"))
    if at.spec is None:
        return ActionView(text("form.open"), enabled=bool(at.specs))
    label = text("form.confirm")
    if at.filled is None:
        return ActionView(label, enabled=False, reason=text("form.working_out"))
    reason = sentence_of(text, wrong) if wrong is not None else ""
    return ActionView(label, enabled=wrong is None, reason=reason)


def _done(at: OperationPresenter) -> DoneView | None:
    if at.finished is None or at.spec is None:
        return None
    text = at.desk.text
    operation = text(f"operation.{at.spec.name}")
    return done_view(text, at.finished, text("form.done", operation=operation))
