"""Notes about a member, as a form."""

from __future__ import annotations

from typing import Final

from sync.domain.notes import ABOUT
from sync.domain.refusals import Refusal
from terminal.operations.spec import (
    Choice,
    FieldKind,
    FieldSpec,
    MemberUse,
    OperationSpec,
    Preview,
    without_hidden,
)
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.notes import take_note
from terminal.usecases.till import Till

_ABOUT: Final = FieldSpec(
    "about",
    FieldKind.CHOICE,
    choices=tuple(Choice(key, f"note.about.{key}") for key in ABOUT),
    preset=ABOUT[0],
)


def _fields(
    _till: Till, _draft: OperationDraft, _member: MemberCard | None
) -> tuple[FieldSpec, ...]:
    return (_ABOUT, FieldSpec("text", FieldKind.TEXT))


def _look(_till: Till, _draft: OperationDraft, _member: MemberCard | None) -> Preview | Refusal:
    return Preview()


OPERATIONS: Final = (
    OperationSpec(
        "note",
        "member",
        "clipboard-list",
        MemberUse.NEEDED,
        _fields,
        _look,
        without_hidden(take_note),
    ),
)
