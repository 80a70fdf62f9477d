"""Tells a scanner's burst of keys from a person's typing. Pure: no Qt, no clock, no timer.

Keys are fed with the time the system stamped on them. They are held until it is clear what they
are: a burst that ends in Enter or Tab is a scan, anything else is handed back in the order it came.
Every item fed comes out exactly once, as part of a scan or of a replay.

A scanner set up with a prefix is recognised by it, however slowly its keys arrive; without one,
only the pace tells. Source: aesthetics.md 4.2, hardware.md A2 and B1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BurstSettings:
    """What a scan looks like.

    prefix: printable characters the scanner sends first; not letters, Caps Lock changes those.
    suffix: printable characters it sends before the terminator, or instead of one.
    by_pace: also take bursts without the prefix. gap_max_ms: between two keys of a burst.
    prefixed_gap_max_ms: the same once a prefix was seen. length_min: of a burst without prefix.
    length_max: longer ones are handed back. hold_ms: how long the filter holds a key before it
    calls `BurstDecoder.flush`; prefixed_hold_ms: the same once a prefix was seen.
    """

    prefix: str = ""
    suffix: str = ""
    terminators: str = "\r\n\t"
    by_pace: bool = True
    gap_max_ms: int = 50
    prefixed_gap_max_ms: int = 250
    length_min: int = 6
    length_max: int = 512
    hold_ms: int = 60
    prefixed_hold_ms: int = 300

    def __post_init__(self) -> None:
        """Refuse settings that recognise nothing. Raises ValueError."""
        if not self.by_pace and not self.prefix:
            raise ValueError("without a prefix only the pace can tell a scan")


@dataclass(frozen=True, slots=True)
class Scan(Generic[T]):
    """A scan: its text without prefix, suffix and terminator; `items` are to be swallowed."""

    text: str
    items: tuple[T, ...]
    prefixed: bool

    def __repr__(self) -> str:
        """Show how long it is, never what it is."""
        return f"Scan({len(self.text)} characters, prefixed={self.prefixed})"


@dataclass(frozen=True, slots=True)
class Replay(Generic[T]):
    """Not a scan: `items` are to be delivered again, in this order."""

    items: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Swallow(Generic[T]):
    """The second half of a scanner's CR LF: to be forgotten."""

    items: tuple[T, ...]


Decision: TypeAlias = Scan[T] | Replay[T] | Swallow[T]


@dataclass(slots=True)
class _Held(Generic[T]):
    char: str  # "" for what came along with a key, such as its release
    item: T


class BurstDecoder(Generic[T]):
    """Feed it keys, act on what it decides, call `flush` when no key came for `hold_ms`."""

    def __init__(self, settings: BurstSettings) -> None:
        """Start empty."""
        self._settings = settings
        self._held: list[_Held[T]] = []
        self._text = ""
        self._last_ms = 0
        self._prefixed = False
        self._scan_ended_ms: int | None = None

    @property
    def holding(self) -> bool:
        """Say whether keys are held."""
        return bool(self._held)

    @property
    def hold_ms(self) -> int:
        """Return how long to wait for the next key before `flush`."""
        settings = self._settings
        return settings.prefixed_hold_ms if self._prefixed else settings.hold_ms

    def may_follow(self, t_ms: int) -> bool:
        """Say whether a terminator at `t_ms` would be taken for the end of the last scan."""
        ended_ms = self._scan_ended_ms
        return ended_ms is not None and 0 <= t_ms - ended_ms <= self._settings.gap_max_ms

    def feed(self, char: str, t_ms: int, item: T) -> Sequence[Decision[T]]:
        """Take one key: the one character it types, when it was pressed, and what stands for it.

        t_ms: milliseconds of any one clock. A step back in time counts as no time at all.
        """
        decisions: list[Decision[T]] = []
        gap_ms = max(0, t_ms - self._last_ms)
        if self._held and gap_ms > self._gap_max_ms():
            decisions.extend(self.flush())
        self._last_ms = t_ms
        if char in self._settings.terminators:
            decisions.extend(self._terminator(t_ms, item))
            return _joined(decisions)
        self._scan_ended_ms = None
        self._held.append(_Held(char, item))
        self._text += char
        decisions.extend(self._after_char())
        return _joined(decisions)

    def attach(self, item: T) -> None:
        """Hold something that types nothing with the keys already held."""
        if not self._held:
            raise ValueError("nothing is held")
        self._held.append(_Held("", item))

    def flush(self) -> Sequence[Decision[T]]:
        """Hand back what is held; it was typing."""
        held, self._held = self._held, []
        self._text = ""
        self._prefixed = False
        return (Replay(tuple(key.item for key in held)),) if held else ()

    def _gap_max_ms(self) -> int:
        settings = self._settings
        return settings.prefixed_gap_max_ms if self._prefixed else settings.gap_max_ms

    def _after_char(self) -> Sequence[Decision[T]]:
        """Look for prefix and suffix, and hand back what cannot be a scan."""
        settings = self._settings
        decisions: list[Decision[T]] = []
        if not self._prefixed:
            decisions.extend(self._look_for_prefix())
        if settings.suffix and self._body().endswith(settings.suffix) and self._is_scan():
            decisions.extend(self._complete(()))
        elif len(self._text) > settings.length_max:
            decisions.extend(self.flush())
        return decisions

    def _look_for_prefix(self) -> Sequence[Decision[T]]:
        settings = self._settings
        if not settings.prefix:
            return ()
        if self._text.endswith(settings.prefix):
            decisions = self._release(len(self._text) - len(settings.prefix))
            self._prefixed = True
            return decisions
        if settings.by_pace:
            return ()
        return self._release(len(self._text) - _opening(self._text, settings.prefix))

    def _release(self, count: int) -> Sequence[Decision[T]]:
        """Hand back the first `count` characters and what came along with them."""
        if count <= 0:
            return ()
        seen, end = 0, len(self._held)
        for position, key in enumerate(self._held):
            if key.char and seen == count:
                end = position
                break
            seen += len(key.char)
        head, self._held = self._held[:end], self._held[end:]
        self._text = self._text[count:]
        return (Replay(tuple(key.item for key in head)),)

    def _body(self) -> str:
        return self._text[len(self._settings.prefix) :] if self._prefixed else self._text

    def _is_scan(self) -> bool:
        """Say whether what is held would be a scan if it ended here."""
        settings = self._settings
        length = len(self._body())
        if settings.suffix and self._body().endswith(settings.suffix):
            length -= len(settings.suffix)
        return length >= (1 if self._prefixed else settings.length_min) and (
            self._prefixed or settings.by_pace
        )

    def _terminator(self, t_ms: int, item: T) -> Sequence[Decision[T]]:
        follows, self._scan_ended_ms = self.may_follow(t_ms), None
        if not self._held:
            return (Swallow((item,)),) if follows else (Replay((item,)),)
        if self._is_scan():
            self._scan_ended_ms = t_ms
            return self._complete((item,))
        return (*self.flush(), Replay((item,)))

    def _complete(self, terminator: tuple[T, ...]) -> Sequence[Decision[T]]:
        body, suffix = self._body(), self._settings.suffix
        if suffix and body.endswith(suffix):
            body = body[: -len(suffix)]
            self._scan_ended_ms = self._last_ms
        items = (*(key.item for key in self._held), *terminator)
        scan: Scan[T] = Scan(body, items, self._prefixed)
        self.flush()
        return (scan,)


def _opening(text: str, prefix: str) -> int:
    """Return the length of the longest end of `text` that begins `prefix`."""
    lengths = range(min(len(text), len(prefix) - 1), 0, -1)
    return next((length for length in lengths if text.endswith(prefix[:length])), 0)


def _joined(decisions: Sequence[Decision[T]]) -> Sequence[Decision[T]]:
    """Return `decisions` with neighbouring replays made one."""
    joined: list[Decision[T]] = []
    for decision in decisions:
        last = joined[-1] if joined else None
        if isinstance(decision, Replay) and isinstance(last, Replay):
            joined[-1] = Replay((*last.items, *decision.items))
        else:
            joined.append(decision)
    return joined
