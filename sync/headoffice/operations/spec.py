"""What an operation of head office is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sync.headoffice.service import HeadOffice

Told = Mapping[str, str]
Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for. `fields`: text by name; `by`: who; `now_ms`: UTC milliseconds."""

    fields: Told
    by: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class OfficeOperation:
    """An operation. `name`: stable; `fields`: what each field is, in one plain sentence; those in
    `optional` may be left out. `run` does it and answers with plain values; it raises
    errors.InvalidError for what it cannot do, with nothing changed."""

    name: str
    fields: Mapping[str, str]
    run: Callable[[HeadOffice, Ask], Awaitable[Answer]]
    optional: frozenset[str] = frozenset()
