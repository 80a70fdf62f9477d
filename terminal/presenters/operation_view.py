"""The form screen: the operations of a rail item, the fields of one, what it would come to."""

from dataclasses import dataclass

from terminal.presenters.member_pane_view import MemberPaneView
from terminal.presenters.parts_view import ActionView, AmountRow, DoneView, ExplainView, PinView


@dataclass(frozen=True, slots=True)
class OperationRow:
    """An operation of the list: what it is, and whether it needs a member."""

    name: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row of a table field. `taken`: how many, of how many; `why` says why none may be."""

    key: str
    cells: tuple[str, ...]
    taken: str = ""
    chosen: bool = False
    enabled: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field: `kind` as `operations.spec.FieldKind` names it; `choices` are (key, words);
    `columns` head the cells of `rows`, `column_taken` the quantity."""

    name: str
    kind: str
    label: str
    value: str = ""
    error: str = ""
    enabled: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    rows: tuple[FormRow, ...] = ()
    columns: tuple[str, ...] = ()
    column_taken: str = ""


@dataclass(frozen=True, slots=True)
class OperationView:
    """`operations` is the list, shown while none is `chosen`; `fields` the form, without any the
    `empty` words say what is missing. `figure` is the one number to look at; `warning` and
    `refusal` stand below the `facts`."""

    member: MemberPaneView
    title: str
    note: str
    operations: tuple[OperationRow, ...]
    chosen: str
    fields: tuple[FormField, ...]
    empty_title: str
    empty: str
    caption: str
    figure: str
    facts: tuple[AmountRow, ...]
    primary: ActionView
    warning: str = ""
    refusal: str = ""
    explain: ExplainView | None = None
    pin: PinView | None = None
    done: DoneView | None = None
