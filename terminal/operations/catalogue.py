"""Every operation of the forms, in the order the screens list them."""

from __future__ import annotations

from typing import Final

from terminal.operations import cards, extras, notes, returns, services
from terminal.operations.spec import OperationSpec

OPERATIONS: Final[tuple[OperationSpec, ...]] = (
    *notes.OPERATIONS,
    *cards.OPERATIONS,
    *returns.OPERATIONS,
    *services.OPERATIONS,
    *extras.OPERATIONS,
)  # fmt: skip


SCREENS: Final = ("service", "member", "returns", "more")  # rail items of forms, in order


def of_screen(screen: str) -> tuple[OperationSpec, ...]:
    """The operations of a rail item; it is shown only where there are some."""
    return tuple(spec for spec in OPERATIONS if spec.screen == screen)


def named(name: str) -> OperationSpec:
    """The operation of that name; KeyError when there is none."""
    return {spec.name: spec for spec in OPERATIONS}[name]
