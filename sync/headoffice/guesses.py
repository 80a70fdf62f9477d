"""How often somebody may name an enrolment code that does not exist (ASVS 6.6.3)."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from sync.headoffice.errors import TooManyError

PER_MINUTE: Final = 10
MINUTE_MS: Final = 60_000
MOST_ASKERS: Final = 1_000


class Guesses:
    """Wrong codes of the last minute by asker, in this process. One event loop uses it."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, list[int]] = OrderedDict()

    def check(self, who: str, now_ms: int) -> None:
        """Raise TooManyError once ten codes in a minute were wrong: nothing is looked up then."""
        recent = [at for at in self._seen.get(who, ()) if 0 <= now_ms - at < MINUTE_MS]
        if len(recent) >= PER_MINUTE:
            raise TooManyError(max(1, (recent[0] + MINUTE_MS - now_ms + 999) // 1000))

    def wrong(self, who: str, now_ms: int) -> None:
        """A code was wrong."""
        kept = [at for at in self._seen.pop(who, []) if 0 <= now_ms - at < MINUTE_MS]
        self._seen[who] = [*kept, now_ms][-PER_MINUTE:]
        while len(self._seen) > MOST_ASKERS:
            self._seen.popitem(last=False)
