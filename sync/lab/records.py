"""What a play remembers of each step, until the result is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Happened:
    """One operation or sync. `outcome`: done | refused | not_synced (no network); `online`: head
    office could be asked when it was refused.

    `answer`: what an operation told as data left in its entry, or what head office answered; `qr`:
    the QR code of the receipt. `killed_at`: points the till died at; `recovered`: resumed |
    reprinted | found (it is in the journal and has no receipt) | repeated.
    """

    number: int
    step: str
    do: str
    till: str
    at_ms: int
    outcome: str = "done"
    seq: int | None = None
    entry_id: UUID | None = None
    code: str = ""
    params: dict[str, int | str] = field(default_factory=dict)
    online: bool = False
    answer: dict[str, object] = field(default_factory=dict)
    qr: str = ""
    killed_at: list[str] = field(default_factory=list)
    recovered: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Judged:
    """One expectation. `found`: what was there where it did not hold."""

    number: int
    held: bool
    found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """A till's file looked at by itself: number of entries, whether chain and signatures hold."""

    entries: int
    head_seq: int
    head_hash: str
    whole: bool
    reason: str = ""
