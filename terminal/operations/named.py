"""Names of the programme in the language of whoever works at the till."""

from __future__ import annotations

from collections.abc import Iterable

from sync.domain.programme import Programme, Words
from terminal.operations.spec import Choice
from terminal.usecases.drafts import OperationDraft
from terminal.usecases.till import Till


def name(till: Till, words: Words) -> str:
    """A name as the till shows it."""
    english = till.session is not None and till.session.language == "en"
    return (words.en or words.zh) if english else (words.zh or words.en)


def choices(till: Till, named: Iterable[tuple[str, Words]]) -> tuple[Choice, ...]:
    """Choices by code and name."""
    return tuple(Choice(code, name(till, words)) for code, words in named)


def rules_of(till: Till, draft: OperationDraft) -> Programme | None:
    """The programme a draft goes by."""
    return till.programme_version(draft.programme)
