"""Operations told as data at the real window: chosen, filled in, left, resumed; by real keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from sync.domain.cards import card_number
from sync.domain.journal import Kind
from sync.domain.notes import NoteData
from sync.domain.refusals import Code, Refusal
from terminal.input.key_player import wait
from terminal.operations import catalogue
from terminal.operations.spec import MemberUse
from terminal.presenters.operation import OperationPresenter
from terminal.usecases.drafts import OperationDraft
from tests.helpers import looks
from tests.helpers.windows import Window
from tests.terminal.app.conftest import Opens, sign_in
from tests.terminal.app.test_counter import enter, rest, scan
from tests.terminal.usecases import made

PACE_S = 0.2  # a person's: an Enter right behind a scan is the scanner's
CARD = card_number(made.ZHANG_SERIAL)


def form_of(at: Window) -> OperationPresenter:
    return at.counter.forms["member"]


def is_worked_out(form: OperationPresenter) -> bool:
    return form.filled is not None and form.at_rest


def begin_note(at: Window) -> OperationPresenter:
    """F6, the note from the list, the keyboard in its form."""
    at.keys.press(Qt.Key.Key_F6)
    at.until(lambda: at.counter.frame.screen == "member")
    rest(at)
    form, table = form_of(at), at.screens["member"].table
    if form.spec is None:
        at.until(table.hasFocus)
        place = [spec.name for spec in form.specs].index("note")
        for _ in range(place):
            at.keys.press(Qt.Key.Key_Down)
        wait(PACE_S)
        enter(at)
    at.until(lambda: form.draft is not None)
    rest(at)
    return form


def write(at: Window, text: str) -> None:
    """Tab to the text of the note and type."""
    entry = at.screens["member"].form.widgets["text"].focus_widget
    for _ in range(8):
        if entry.hasFocus():
            break
        at.keys.press(Qt.Key.Key_Tab)
        QApplication.processEvents()
    at.keys.type_text(text)
    at.until(lambda: form_of(at).value("text") == text and form_of(at).at_rest)
    rest(at)


def test_a_note_is_chosen_filled_in_and_confirmed(counter: Window) -> None:
    """Rows: FL-61."""
    form = begin_note(counter)
    assert form.view().fields == ()
    assert form.view().empty_title == "先请顾客出示会员卡"
    assert not looks.problems(counter.shell)
    scan(counter, CARD)
    counter.until(lambda: len(form.fields) == 2 and form.draft_id is not None)
    rest(counter)
    enter(counter)
    refused = counter.counter.desk.last_refusal
    assert isinstance(refused, Refusal)
    assert (refused.code, dict(refused.params)) == (Code.FIELD_NEEDED, {"field": "text"})
    assert form.view().fields[1].error == "还没填"
    assert not looks.problems(counter.shell)
    write(counter, "likes silk")
    assert form.view().fields[1].error == ""
    enter(counter)
    finished = form.finished
    assert finished is not None, counter.state()
    assert finished.done.body.kind == Kind.NOTE
    assert finished.done.data_as(NoteData) == NoteData("member")
    done = form.view().done
    assert done is not None
    assert done.reprint is None, "a note has no receipt"
    assert counter.paper.printed == []
    assert counter.counter.frame.notice is None
    assert not looks.problems(counter.shell)
    counter.counter.language_toggled()
    rest(counter)
    assert form.view().title == "Customer note"
    enter(counter)
    assert (form.spec is None or form.draft_id is not None, form.finished) == (True, None)


def test_what_was_filled_in_is_there_after_a_start(opens: Opens, tmp_path: Path) -> None:
    first = sign_in(opens())
    scan(first, CARD)
    form = begin_note(first)
    write(first, "likes silk")
    before = form.draft_id
    first.close()
    first.till.database.close()
    again = made.till(tmp_path / "till", working=False)
    second = sign_in(opens(till=again))
    second.until(lambda: second.counter.recovered is not None)
    rest(second)
    assert second.counter.recovered is not None
    assert any(isinstance(left, OperationDraft) for left in second.counter.recovered.drafts)
    assert "没办完" in second.notice
    second.keys.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    rest(second)
    form = form_of(second)
    second.until(lambda: form.draft_id == before and len(form.fields) == 2)
    assert (second.counter.frame.screen, form.value("text")) == ("member", "likes silk")
    enter(second)
    assert form.finished is not None, second.state()
    assert form.finished.done.body.entry_id == before


def test_esc_gives_a_form_up_and_leads_back_to_the_sale(counter: Window) -> None:
    scan(counter, CARD)
    form = begin_note(counter)
    for _ in range(3):
        counter.keys.press(Qt.Key.Key_Escape)
        rest(counter)
    assert (form.draft, form.spec, counter.counter.frame.screen) == (None, None, "sale")
    assert counter.till.database.counter.drafts() == []


def test_a_card_for_somebody_else_does_not_take_a_form_over(counter: Window) -> None:
    scan(counter, CARD)
    form = begin_note(counter)
    counter.counter.customer.drop()
    rest(counter)
    assert (form.spec, form.draft) == (None, None), "the form was Zhang's"


def test_every_operation_has_a_form_in_which_nothing_is_cut(counter: Window) -> None:
    """In both languages at both sizes, nothing filled in, with a member where one may be served."""
    found: list[str] = []
    for spec in catalogue.OPERATIONS:
        form = counter.counter.forms[spec.screen]
        counter.counter.frame.go(spec.screen)
        rest(counter)
        if form.spec is None:
            form.operation_chosen(spec.name)
            rest(counter)
        if spec.member is not MemberUse.NONE:
            scan(counter, CARD)
        counter.until(partial(is_worked_out, form))
        rest(counter)
        for width in (1024, 1366):
            counter.shell.resize(width, 768)
            for _ in ("en", "zh_CN"):
                counter.counter.language_toggled()
                for _ in range(4):  # a layout inside a layout settles one turn later
                    rest(counter)
                looked = looks.problems(counter.shell)
                found += [f"{spec.name} {width} {counter.text.language}: {it}" for it in looked]
                shown = [form.view().title, *(field.label for field in form.view().fields)]
                found += [f"{spec.name}: no words for {it}" for it in shown if "field." in it]
        for _ in range(4):
            form.back_pressed()
            rest(counter)
        counter.counter.customer.drop()
        rest(counter)
    assert not found, "\n".join(found)
