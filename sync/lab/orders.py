"""The plays of a scenario: one, or every order and batching of the steps its [orders] names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations

import msgspec

from sync.lab.scenario import DEFAULT_BATCH, AnyStep, Scenario, Variant


@dataclass(frozen=True, slots=True)
class Numbered:
    """A step with its place in the file."""

    number: int
    step: AnyStep


@dataclass(frozen=True, slots=True)
class Play:
    """Steps in the order they are played. `order`, `batch`, `variant`: of a play of [orders]."""

    steps: tuple[Numbered, ...]
    order: tuple[str, ...] | None = None
    batch: int = DEFAULT_BATCH
    variant: str | None = None

    @property
    def name(self) -> str:
        """A short name for messages and folders."""
        return "play" if self.order is None else f"{'-'.join(self.order)}-{self.batch}"


def plays(scenario: Scenario) -> Iterator[Play]:
    """Every play of a scenario, always in the same sequence."""
    steps = tuple(Numbered(number, step) for number, step in enumerate(scenario.steps))
    orders = scenario.orders
    if orders is None:
        yield Play(steps)
        return
    for order in permutations(orders.steps):
        variant = next((v.name for v in scenario.variants if fits(v, order)), None)
        for batch in orders.batches:
            yield Play(_reordered(steps, order), order, batch, variant)


def fits(variant: Variant, order: tuple[str, ...]) -> bool:
    """Whether an order belongs to a variant."""
    return all(order.index(first) < order.index(then) for first, then in variant.where)


def _reordered(steps: tuple[Numbered, ...], order: tuple[str, ...]) -> tuple[Numbered, ...]:
    """The steps named take each other's places and times, in the order given."""
    named = {numbered.step.id: numbered for numbered in steps if numbered.step.id in order}
    coming = iter(order)
    found = []
    for numbered in steps:
        if numbered.step.id in named:
            taken = named[next(coming)]
            moved = msgspec.structs.replace(taken.step, at=numbered.step.at)
            found.append(replace(taken, step=moved))
        else:
            found.append(numbered)
    return tuple(found)
