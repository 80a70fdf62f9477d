"""Every operation of the forms, in the order the screens list them."""

from __future__ import annotations

from typing import Final

from terminal.operations import notes
from terminal.operations.spec import OperationSpec

OPERATIONS: Final[tuple[OperationSpec, ...]] = (
    *notes.OPERATIONS,
)  # fmt: skip


def named(name: str) -> OperationSpec:
    """The operation of that name; KeyError when there is none."""
    return {spec.name: spec for spec in OPERATIONS}[name]
