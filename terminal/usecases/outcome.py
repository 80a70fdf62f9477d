"""Trouble: a fault on its way to the screen, mapped once, here."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from sync.database.till.faults import StoreFault

log = logging.getLogger("journal")

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trouble:
    """The disk, a device or the network said no. `code` and `params` make the sentence.

    `unknown`: whether the operation holds is not known until the till was started again; in every
    other case nothing was done.
    """

    code: str
    params: tuple[tuple[str, int | str], ...] = ()
    unknown: bool = False


def use_case(function: Callable[P, T]) -> Callable[P, T | Trouble]:
    """Let a use case return storage faults as `Trouble` instead of raising them."""

    @functools.wraps(function)
    def mapped(*args: P.args, **kwargs: P.kwargs) -> T | Trouble:
        try:
            return function(*args, **kwargs)
        except StoreFault as fault:
            log.warning("use_case=%s fault=%s", function.__name__, fault)
            unknown = fault.code == "store_write_failed"
            return Trouble(fault.code, tuple(fault.params.items()), unknown)

    return mapped
