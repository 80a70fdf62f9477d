"""Presenters on a real till's files, worked by hand: jobs run here and now, nobody draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from terminal.presenters.counter import Counter, Surroundings
from terminal.text import Text
from terminal.usecases.till import Till
from tests.terminal.usecases import made

T = TypeVar("T")


class AtOnce:
    """Jobs that are done when they are asked for, or held back to show what is busy."""

    def __init__(self) -> None:
        self.holding = False
        self.held: list[Callable[[], None]] = []

    def write(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._do(lambda: done(work()))

    read = ask = write

    def _do(self, job: Callable[[], None]) -> None:
        if self.holding:
            self.held.append(job)
        else:
            job()

    def release(self) -> None:
        self.holding = False
        while self.held:
            self.held.pop(0)()


@pytest.fixture
def jobs() -> AtOnce:
    return AtOnce()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    row = made.light(points=1240, principal=80_000, bonus=6_000)
    till = made.till(tmp_path / "till", row, working=False)
    yield till
    till.database.close()


@pytest.fixture
def counter(till: Till, jobs: AtOnce) -> Counter:
    """Signed in, the shift open, the sale on show."""
    counter = Counter(till, Text(), jobs, Surroundings(switch=True))
    counter.start()
    counter.sign_in.staff_chosen("lin")
    for digit in made.PIN:
        counter.sign_in.pin_digit_typed(digit)
    counter.sign_in.primary_pressed()
    counter.shift.entry_submitted("500")
    assert counter.frame.screen == "sale"
    return counter
