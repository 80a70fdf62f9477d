"""Fields are filled in as they are asked for; what is missing or unreadable is said at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.domain.refusals import Code, Refusal, refuse
from terminal.operations import filling
from terminal.operations.notes import OPERATIONS
from terminal.operations.spec import (
    Choice,
    FieldKind,
    FieldSpec,
    MemberUse,
    OperationSpec,
    Preview,
    TableRow,
)
from terminal.usecases import identify, operation, recover
from terminal.usecases.commits import Done
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.recover import Recovered
from terminal.usecases.till import Till
from tests.terminal.usecases.made import light, read, till

[NOTE] = OPERATIONS


def fields(_till: Till, draft: OperationDraft, _member: object) -> tuple[FieldSpec, ...]:
    """A choice that brings a further field."""
    how = FieldSpec("how", FieldKind.CHOICE, choices=(Choice("a", "A"), Choice("b", "B")))
    more = FieldSpec("count", FieldKind.COUNT, preset="2")
    return (how, more) if draft.fields.get("how") == "b" else (how,)


def nothing(*_: object) -> Refusal:
    """Never reached in these tests."""
    return refuse(Code.DECLINED)


SPEC = OperationSpec("form", "more", "info", MemberUse.NONE, fields, lambda *_: Preview(), nothing)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Till]:
    """A till with Zhang's points."""
    made = till(tmp_path, light(5000))
    yield made
    made.database.close()


def draft_of(counter: Till, spec: OperationSpec = SPEC) -> OperationDraft:
    found = operation.open_operation(counter, spec.name)
    assert isinstance(found, OperationDraft)
    return found


def test_a_field_comes_with_its_preset_and_goes_with_its_value(counter: Till) -> None:
    draft = filling.fill(SPEC, counter, draft_of(counter), {"count": "7", "how": "b"})
    assert draft.fields == {"how": "b", "count": "7"}
    assert filling.put(SPEC, counter, draft_of(counter), "how", "b").fields["count"] == "2"
    emptied = filling.put(SPEC, counter, draft, "count", "")
    assert emptied.fields == {"how": "b"}
    assert filling.put(SPEC, counter, draft, "how", "a").fields == {"how": "a"}


def test_a_field_that_is_never_asked_for_is_named(counter: Till) -> None:
    with pytest.raises(filling.UnknownFieldError, match="does not ask for count"):
        filling.fill(SPEC, counter, draft_of(counter), {"count": "7", "how": "a"})


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (FieldKind.AMOUNT, "1,234.5", "-1"),
        (FieldKind.AMOUNT, "0", "1.005"),
        (FieldKind.COUNT, "12", "1.5"),
        (FieldKind.COUNT, "0", "1234567890"),
        (FieldKind.CHOICE, "a", "c"),
        (FieldKind.TICK, "yes", "no"),
        (FieldKind.TABLE, "0:1 2:3", "0:1 1:1"),
        (FieldKind.TABLE, "0:1", "0"),
        (FieldKind.TABLE, "2:0", "0:1 0:2"),
        (FieldKind.TABLE, "0:2", "0:x"),
    ],
)
def test_what_may_stand_in_a_field(counter: Till, kind: FieldKind, good: str, bad: str) -> None:
    rows = (TableRow("0", ("x",)), TableRow("2", ("y",), 3))
    field = FieldSpec("f", kind, choices=(Choice("a", "A"),), rows=rows)
    draft = draft_of(counter)
    assert filling.wrong([field], operation.filled(draft, "f", good), {}) is None
    found = filling.wrong([field], operation.filled(draft, "f", bad), {})
    assert found == refuse(Code.FIELD_INVALID, field="f")


def test_a_hidden_field_is_looked_for_beside_the_draft(counter: Till) -> None:
    field = FieldSpec("pin", FieldKind.HIDDEN)
    draft = draft_of(counter)
    assert filling.wrong([field], draft, {}) == refuse(Code.FIELD_NEEDED, field="pin")
    assert filling.wrong([field], draft, {"pin": "1234"}) is None


def test_an_untied_tick_is_no_missing_field(counter: Till) -> None:
    assert filling.wrong([FieldSpec("t", FieldKind.TICK)], draft_of(counter), {}) is None


def test_a_note_is_taken_once_and_its_text_stays_out_of_the_body(counter: Till) -> None:
    """Rows: FL-61."""
    draft = draft_of(counter, NOTE)
    assert filling.commit(NOTE, counter, draft, None, {}) == refuse(Code.MEMBER_NEEDED)
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    draft = filling.for_member(NOTE, counter, draft, found.bearer)
    assert draft.fields == {"about": "member"}
    needed = filling.commit(NOTE, counter, draft, None, {})
    assert needed == refuse(Code.FIELD_NEEDED, field="text")
    told = {"text": "likes silk", "about": "taste"}
    draft = filling.keep(counter, filling.fill(NOTE, counter, draft, told))
    done = filling.commit(NOTE, counter, draft, None, {})
    again = filling.commit(NOTE, counter, draft, None, {})
    assert isinstance(done, Done)
    assert isinstance(again, Done)
    assert (again.entry, again.new) == (done.entry, False)
    assert done.body.data == {"about": "taste"}
    assert b"silk" not in done.entry.body
    [blob] = counter.database.journal.blobs(done.seq)
    assert (blob.kind, blob.data) == ("note", b'{"text":"likes silk"}')


def test_a_draft_with_its_fields_is_there_after_a_start(tmp_path: Path) -> None:
    counter = till(tmp_path, light(5000))
    kept = filling.keep(counter, filling.put(SPEC, counter, draft_of(counter), "how", "b"))
    counter.database.close()
    after = till(tmp_path, working=False)
    found = recover.recover(after)
    assert isinstance(found, Recovered)
    assert found.drafts == (kept,)
    after.database.close()
