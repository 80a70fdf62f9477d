"""Every operation of the forms is known to scenarios by the same names, and has its words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.lab import catalogue as told_in_stories
from terminal.operations import catalogue, filling
from terminal.operations.spec import MemberUse, OperationSpec
from terminal.text import LANGUAGES, Text
from terminal.usecases import identify, operation
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.till import Till
from tests.terminal.usecases.made import light, read, till

SCREENS = {"member", "service", "returns", "more"}


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A till with a member who has points and stored value."""
    made = till(tmp_path_factory.mktemp("till"), light(5000, 100_000, 10_000))
    yield made
    made.database.close()


def begun(counter: Till, spec: OperationSpec) -> OperationDraft:
    """A draft of an operation, for the member where one may be served."""
    found = identify.scan(counter, read())
    assert isinstance(found, MemberCard)
    bearer = None if spec.member is MemberUse.NONE else found.bearer
    draft = operation.open_operation(counter, spec.name, bearer)
    assert isinstance(draft, OperationDraft)
    return filling.with_presets(spec, counter, draft)


def test_stories_know_the_same_operations() -> None:
    names = [spec.name for spec in catalogue.OPERATIONS]
    assert len(names) == len(set(names))
    assert set(names) == told_in_stories.OPERATIONS.keys()


@pytest.mark.parametrize("spec", catalogue.OPERATIONS, ids=lambda spec: spec.name)
def test_an_operation_asks_for_known_fields_and_has_its_words(
    counter: Till, spec: OperationSpec
) -> None:
    draft = begun(counter, spec)
    fields = filling.fields_of(spec, counter, draft)
    assert {field.name for field in fields} <= told_in_stories.OPERATIONS[spec.name]
    assert spec.screen in SCREENS
    codes = {f"operation.{spec.name}"}
    codes |= {f"field.{name}" for name in told_in_stories.OPERATIONS[spec.name]}
    codes |= {column for field in fields for column in field.columns}
    spec.look(counter, draft, operation.at_counter(counter, draft))  # nothing filled in: no fault
    for language in LANGUAGES:
        words = Text(language)
        assert not [code for code in sorted(codes) if not words.has(code)], language
