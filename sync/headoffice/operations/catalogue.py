"""Every operation of head office."""

from __future__ import annotations

from typing import Final

from sync.headoffice.operations import (
    cards,
    extras,
    importing,
    leases,
    levels,
    members,
    prices,
    quarantine,
    services,
)
from sync.headoffice.operations.spec import OfficeOperation

OPERATIONS: Final[tuple[OfficeOperation, ...]] = (
    *quarantine.OPERATIONS,
    *services.OPERATIONS,
    *extras.OPERATIONS,
    *cards.OPERATIONS,
    *members.OPERATIONS,
    *levels.OPERATIONS,
    *leases.OPERATIONS,
    *prices.OPERATIONS,
    *importing.OPERATIONS,
)  # fmt: skip


def named(name: str) -> OfficeOperation:
    """The operation of that name; KeyError when there is none."""
    return {operation.name: operation for operation in OPERATIONS}[name]
