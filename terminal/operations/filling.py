"""Filling in the fields of an operation, whoever does it: what a preset puts there, what may stand
in a field, what is missing. Values are text, as the form shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from sync.domain.money import money
from sync.domain.refusals import Code, Refusal, refuse
from terminal.operations.spec import FieldKind, FieldSpec, MemberUse, OperationSpec, Secrets
from terminal.usecases import drafts
from terminal.usecases.commits import Done, already_done
from terminal.usecases.drafts import Bearer, OperationDraft
from terminal.usecases.operation import at_counter, filled
from terminal.usecases.outcome import Trouble
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till

YES: Final = "yes"
MOST_DIGITS: Final = 9
_ROUNDS: Final = 8  # presets may bring further fields into view, no form does so for ever


class UnknownFieldError(ValueError):
    """A field the operation does not ask for, whatever stands in the others."""


def fields_of(spec: OperationSpec, till: Till, draft: OperationDraft) -> tuple[FieldSpec, ...]:
    """The fields asked for now; none while a member is needed and nobody is there."""
    member = at_counter(till, draft)
    if spec.member is MemberUse.NEEDED and member is None:
        return ()
    return spec.fields(till, draft, member)


def with_presets(
    spec: OperationSpec, till: Till, draft: OperationDraft, known: Iterable[str] = ()
) -> OperationDraft:
    """The draft with the presets of fields in it that are not `known`, an emptied one stays so."""
    seen = set(known)
    for _ in range(_ROUNDS):
        fresh = [f for f in fields_of(spec, till, draft) if f.name not in seen]
        if not fresh:
            break
        seen |= {f.name for f in fresh}
        for field in fresh:
            if field.preset and field.name not in draft.fields:
                draft = filled(draft, field.name, field.preset)
    return draft


def put(
    spec: OperationSpec, till: Till, draft: OperationDraft, name: str, value: str
) -> OperationDraft:
    """The draft with one field filled in. Fields that are gone by that lose their values, fields
    that come get their presets."""
    before = {field.name for field in fields_of(spec, till, draft)}
    after = filled(draft, name, value)
    shown = {field.name for field in fields_of(spec, till, after)}
    kept = {old: text for old, text in after.fields.items() if old in shown}
    return with_presets(spec, till, msgspec.structs.replace(after, fields=kept), before)


def fill(
    spec: OperationSpec, till: Till, draft: OperationDraft, values: Mapping[str, str]
) -> OperationDraft:
    """The draft with several fields filled in, each as soon as it is asked for.

    Raises UnknownFieldError for those that never are.
    """
    left = dict(values)
    while left:
        offered = [field.name for field in fields_of(spec, till, draft)]
        name = next((name for name in left if name in offered), None)
        if name is None:
            raise UnknownFieldError(f"{spec.name} does not ask for {', '.join(sorted(left))}")
        draft = put(spec, till, draft, name, left.pop(name))
    return draft


def for_member(
    spec: OperationSpec, till: Till, draft: OperationDraft, bearer: Bearer | None
) -> OperationDraft:
    """The draft for a member, or for nobody; presets come with who is there."""
    changed = msgspec.structs.replace(draft, bearer=bearer)
    return with_presets(spec, till, changed)


def wrong(fields: Iterable[FieldSpec], draft: OperationDraft, secrets: Secrets) -> Refusal | None:
    """The first field that is missing or cannot be read: field_needed, field_invalid."""
    for field in fields:
        source = secrets if field.kind is FieldKind.HIDDEN else draft.fields
        value = source.get(field.name, "").strip()
        if not value:
            if field.required and field.kind is not FieldKind.TICK:
                return refuse(Code.FIELD_NEEDED, field=field.name)
        elif not fits(field, value):
            return refuse(Code.FIELD_INVALID, field=field.name)
    return None


def fits(field: FieldSpec, value: str) -> bool:
    """Whether a text can stand in a field. How many of a row may be taken, rules say."""
    match field.kind:
        case FieldKind.AMOUNT:
            return amount_minor(value) is not None
        case FieldKind.COUNT:
            return count(value) is not None
        case FieldKind.CHOICE:
            return any(choice.key == value for choice in field.choices)
        case FieldKind.TICK:
            return value == YES
        case FieldKind.TABLE:
            rows = table(value)
            known = {row.key for row in field.rows}
            return rows is not None and rows.keys() <= known
        case FieldKind.TEXT | FieldKind.SCAN | FieldKind.HIDDEN:
            return True


def amount_minor(value: str) -> int | None:
    """Minor units of an amount field, "1,234.5"; None when it is none, or below zero."""
    try:
        minor = money(value).minor
    except ValueError:
        return None
    return minor if minor >= 0 else None


def count(value: str) -> int | None:
    """The whole number of a count field; None when it is none."""
    text = value.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def table(value: str) -> dict[str, int] | None:
    """Quantities of a table field by row, "0:1 2:3"; None when it cannot be read."""
    found: dict[str, int] = {}
    for part in value.split():
        key, colon, text = part.rpartition(":")
        quantity = count(text)
        if not colon or not key or quantity is None or key in found:
            return None
        if quantity:
            found[key] = quantity
    return found


def commit(
    spec: OperationSpec,
    till: Till,
    draft: OperationDraft,
    approval: Approval | None,
    secrets: Secrets,
) -> Done | Refusal | Trouble:
    """Commit an operation, once. Refusals: member_needed, field_needed, field_invalid before any
    rule is asked; then its own."""
    done = already_done(till, draft.entry_id)
    if done is not None:
        return done
    if spec.member is MemberUse.NEEDED and at_counter(till, draft) is None:
        return refuse(Code.MEMBER_NEEDED)
    found = wrong(fields_of(spec, till, draft), draft, secrets)
    return found or spec.commit(till, draft, approval, secrets)


def keep(till: Till, draft: OperationDraft) -> OperationDraft:
    """Keep what was filled in, so that a restart finds it. Raises StoreFault."""
    drafts.keep(till, draft)
    return draft
