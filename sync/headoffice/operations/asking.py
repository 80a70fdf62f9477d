"""Asking head office to do something by name, from the command line, the admin API or a story."""

from __future__ import annotations

from collections.abc import Mapping

from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.operations import catalogue
from sync.headoffice.operations.spec import Answer, Ask, OfficeOperation
from sync.headoffice.service import HeadOffice


async def perform(
    head_office: HeadOffice, name: str, fields: Mapping[str, str], by: str, now_ms: int
) -> Answer:
    """Do it and answer with plain values; tills that wait for the feed are woken.

    Raises NotFoundError("operation_unknown"), InvalidError("field_unknown", "field_missing", and
    the operation's own), each with nothing changed.
    """
    operation = find(name)
    for given in sorted(fields.keys() - operation.fields.keys()):
        raise InvalidError("field_unknown", field=given)
    for needed in operation.fields:
        if needed not in operation.optional and not fields.get(needed, "").strip():
            raise InvalidError("field_missing", field=needed)
    answer = await operation.run(head_office, Ask(fields, by, now_ms))
    head_office.feed.wake()
    return answer


def find(name: str) -> OfficeOperation:
    """The operation of that name. Raises NotFoundError("operation_unknown")."""
    try:
        return catalogue.named(name)
    except KeyError:
        raise NotFoundError("operation_unknown", operation=name[:64]) from None


def described() -> list[dict[str, object]]:
    """Every operation: name, its fields in a sentence each, those that may be left out."""
    return [
        {
            "name": operation.name,
            "fields": dict(operation.fields),
            "optional": sorted(operation.optional),
        }
        for operation in catalogue.OPERATIONS
    ]
