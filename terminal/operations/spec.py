"""What an operation is made of, whoever asks for it: a screen, a scenario or a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.domain.refusals import Refusal
from sync.domain.trace import Step
from terminal.usecases.commits import Done
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


class FieldKind(StrEnum):
    """How a field is asked for, and what its text must be.

    text: any; amount: yuan with at most two decimals; count: a whole number; choice: a key of
    `choices`; tick: "yes" or ""; scan: whatever a reader or a typist gives (receipt number or QR,
    card, garment tag, product); table: keys of `rows` with quantities, "0:1 2:3" (row 0 once, row 2
    three times); hidden: a PIN, never kept in a draft.
    """

    TEXT = "text"
    AMOUNT = "amount"
    COUNT = "count"
    CHOICE = "choice"
    TICK = "tick"
    SCAN = "scan"
    TABLE = "table"
    HIDDEN = "hidden"


class MemberUse(StrEnum):
    """Whether an operation is about a member at the counter."""

    NEEDED = "needed"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to fill a choice. `label`: a message code, or shown as it is."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table field. `cells`: message codes, or shown as they are; `most`: how many may
    be taken (0: the row is grey, `why` says the reason's message code)."""

    key: str
    cells: tuple[str, ...]
    most: int = 1
    why: str = ""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field. `name`: stable, also its message code `field.<name>`; `columns`: message codes of
    the heads of a table; `preset`: what stands in it unless somebody says otherwise."""

    name: str
    kind: FieldKind
    required: bool = True
    choices: tuple[Choice, ...] = ()
    rows: tuple[TableRow, ...] = ()
    columns: tuple[str, ...] = ()
    preset: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what it would come to: message code, and value as `Text` writes it by `name`
    (…_minor money, …_points points, …_date day; other names plain, or a message code)."""

    code: str
    name: str
    value: int | str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What the operation would come to, before anybody confirms. `trace`: the arithmetic behind the
    "?"; `approver_for`: soft marks it crosses; `warning`: message code of what to say first."""

    facts: tuple[Fact, ...] = ()
    trace: tuple[Step, ...] = ()
    approver_for: tuple[str, ...] = ()
    warning: str = ""


Fields = Callable[[Till, OperationDraft, MemberCard | None], tuple[FieldSpec, ...]]
Look = Callable[[Till, OperationDraft, MemberCard | None], Preview | Refusal]
Secrets = Mapping[str, str]
Commit = Callable[[Till, OperationDraft, Approval | None, Secrets], Done | Refusal | Trouble]


def without_hidden(
    commit: Callable[[Till, OperationDraft, Approval | None], Done | Refusal | Trouble],
) -> Commit:
    """The commit of an operation that has no hidden fields."""
    return lambda till, draft, approval, _hidden: commit(till, draft, approval)


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """An operation. `name`: stable, also its message code `operation.<name>`; `screen`: the rail
    item it stands under (member | service | returns | more); `fields` may depend on what is filled
    in already; `look` works it out and asks nobody; `commit` writes the entry, once per draft; it
    is given the hidden fields beside the draft, which never holds them; `opens_with`: whether a
    text scanned on any screen begins this operation, in whose first scan field it then stands."""

    name: str
    screen: str
    icon: str
    member: MemberUse
    fields: Fields
    look: Look
    commit: Commit
    opens_with: Callable[[str], bool] | None = None
