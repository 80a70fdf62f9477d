"""Points: whole units of loyalty, a type of their own so that they never add to money."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Points:
    """A whole number of points, signed."""

    count: int

    def __add__(self, other: Points) -> Points:
        if not isinstance(other, Points):
            raise TypeError(f"points add only to points, not to {other!r}")
        return Points(self.count + other.count)

    def __sub__(self, other: Points) -> Points:
        if not isinstance(other, Points):
            raise TypeError(f"points subtract only from points, not {other!r}")
        return Points(self.count - other.count)

    def __neg__(self) -> Points:
        return Points(-self.count)

    def __bool__(self) -> bool:
        return self.count != 0
