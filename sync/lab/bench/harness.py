"""Interleaved rounds, medians, ratios and the report.

A ratio is taken inside each round between two sides that ran one after the other, and the median of
the rounds is judged: a busy machine slows both. Absolute values are orders of magnitude only.
"""

from __future__ import annotations

import gc
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Final, Protocol, TypeAlias

import msgspec

MIN_ROUNDS: Final = 5
FORMAT: Final = 1

Values: TypeAlias = Mapping[str, float]
"""What one side measured in one round, by name."""


class Goal(msgspec.Struct, frozen=True):
    """One goal of docs/performance.md.

    `ours` and `floor` name measured values; ratio = ours / floor, which must be at least `bound`
    (`at_least`) or at most.
    """

    number: int
    title: str
    ours: str
    floor: str
    unit: str
    bound: float
    at_least: bool
    part: str = ""

    def holds(self, ratio: float) -> bool:
        """Whether `ratio` reaches the goal."""
        return ratio >= self.bound if self.at_least else ratio <= self.bound

    @property
    def name(self) -> str:
        """Number, with the part when a goal has several."""
        return f"{self.number}{self.part}"


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A goal measured. `ours`, `floor` and `ratio` are medians over the rounds; `ratios`: each."""

    goal: Goal
    ours: float
    floor: float
    ratio: float
    reached: bool
    ratios: tuple[float, ...] = ()


class Skipped(msgspec.Struct, frozen=True, omit_defaults=True):
    """A goal that could not be measured here, and why. `broken`: its instrument raised."""

    goal: Goal
    reason: str
    broken: bool = False


class Machine(msgspec.Struct, frozen=True):
    """Where it ran. `load`: one-minute load average before and after."""

    system: str
    python: str
    cores: int
    load: tuple[float, float]


class Report(msgspec.Struct, frozen=True):
    """Everything a run found, as `--json` writes it."""

    format: int
    quick: bool
    machine: Machine
    figures: tuple[Figure, ...]
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """How much work: `rounds`, and the factor on what a full run does."""

    rounds: int = MIN_ROUNDS
    scale: float = 1.0
    quick: bool = False

    def of(self, full: int, least: int = 1) -> int:
        """`full` operations at this size, at least `least`."""
        return max(least, round(full * self.scale))


QUICK: Final = Size(MIN_ROUNDS, 0.25, quick=True)
FULL: Final = Size(MIN_ROUNDS + 2, 1.0)
SMALLEST: Final = Size(1, 0.001, quick=True)


class Bench(Protocol):
    """Goals measured together: the sides of a round, run one after the other.

    `notes`: what the reader has to know beside the figures, filled while measuring.
    """

    goals: Sequence[Goal]
    notes: list[str]

    def sides(self) -> Mapping[str, Callable[[], Values]]:
        """What to run, by name; values of all sides of a round are put together."""
        ...


Opener: TypeAlias = Callable[[Size], AbstractContextManager[Bench]]


class NotHere(Exception):  # noqa: N818  # not a fault: this machine lacks what a group needs
    """The group cannot be measured on this machine; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Group:
    """How to open the instrument of some goals."""

    goals: tuple[Goal, ...]
    open: Opener


@dataclass(slots=True)
class Rounds:
    """Values of every round, put together by `run_rounds`."""

    values: list[dict[str, float]] = field(default_factory=list)


def run_rounds(sides: Mapping[str, Callable[[], Values]], rounds: int) -> Rounds:
    """Run every side once per round, in an order that is turned by one each round."""
    names, found = list(sides), Rounds()
    for number in range(rounds):
        turn = number % len(names)
        together: dict[str, float] = {}
        for name in names[turn:] + names[:turn]:
            together.update(sides[name]())
        found.values.append(together)
    return found


def ratio_of(ours: float, floor: float) -> float:
    """ours / floor; 0 over 0 is 1, anything else over 0 is infinite."""
    if floor:
        return ours / floor
    return 1.0 if ours == 0 else float("inf")


def figure(goal: Goal, rounds: Rounds) -> Figure:
    """The goal's medians: the ratio is taken inside each round. KeyError for an unknown value."""
    ours = [values[goal.ours] for values in rounds.values]
    floor = [values[goal.floor] for values in rounds.values]
    ratios = tuple(ratio_of(a, b) for a, b in zip(ours, floor, strict=True))
    middle = median(ratios)
    return Figure(goal, median(ours), median(floor), middle, goal.holds(middle), ratios)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of `values` do not exceed; ValueError without values."""
    if not values:
        raise ValueError("a percentile needs values")
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


def load_average() -> float:
    """One-minute load average; 0.0 where the system has none."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def machine(load_before: float) -> Machine:
    """This machine, without a name that would tell whose it is."""
    system = f"{platform.system()} {platform.machine()}"
    load = (round(load_before, 2), round(load_average(), 2))
    return Machine(system, platform.python_version(), os.cpu_count() or 1, load)


@contextmanager
def collector_turned_away() -> Iterator[None]:
    """What the instrument holds is not looked through while it measures, as in a till after its
    start (performance.md finding 5).
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def measure(
    groups: Sequence[Group],
    size: Size,
    only: frozenset[int] = frozenset(),
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run the groups that have a goal of `only` (empty: all). `say` is told what is going on."""
    before = load_average()
    figures: list[Figure] = []
    skipped: list[Skipped] = []
    notes: list[str] = []
    for group in groups:
        goals = [goal for goal in group.goals if not only or goal.number in only]
        if not goals:
            continue
        say(", ".join(f"{goal.name} {goal.title}" for goal in goals))
        try:
            with group.open(size) as bench, collector_turned_away():
                rounds = run_rounds(bench.sides(), size.rounds)
                notes += bench.notes
        except NotHere as missing:
            skipped += [Skipped(goal, str(missing)) for goal in goals]
            continue
        except Exception as error:  # noqa: BLE001  # the minutes spent on the others are kept
            why = f"{type(error).__name__}: {error}"
            skipped += [Skipped(goal, why, broken=True) for goal in goals]
            continue
        figures += [figure(goal, rounds) for goal in goals]
    figures.sort(key=lambda found: (found.goal.number, found.goal.part))
    return Report(FORMAT, size.quick, machine(before), tuple(figures), tuple(skipped), tuple(notes))
