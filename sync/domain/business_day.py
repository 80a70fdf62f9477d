"""Business dates and calendar windows.

A business date belongs to the store and its cut-off hour, not to the clock.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

# Head office's own day, where nothing else says which.
OFFSET_MIN: Final = 480
CUTOFF_HOUR: Final = 4


def business_date(utc_ms: int, offset_min: int, cutoff_hour: int) -> date:
    """Trading day of `utc_ms` in a store `offset_min` minutes east of UTC whose day begins at
    `cutoff_hour` (0-23).
    """
    local = (
        datetime.fromtimestamp(utc_ms // 1000, UTC)
        + timedelta(minutes=offset_min)
        - timedelta(hours=cutoff_hour)
    )
    return local.date()


@lru_cache(maxsize=4096)  # head office asks the same few days over and over
def months_before(day: date, months: int) -> date:
    """The same day `months` earlier (negative: later), clipped to the end of a shorter month.

    Beyond the calendar (years 1 to 9999) it is the calendar's first or last day.
    """
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def days_after(day: date, days: int) -> date:
    """The day `days` (>= 0) later; the calendar's last day beyond it."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def in_window(day: date, end: date, months: int) -> bool:
    """Whether `day` lies in (end - months, end], the window of golden case 2."""
    return months_before(end, months) < day <= end
