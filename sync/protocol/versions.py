"""Dated protocol versions: what a till and head office agree on in hello.

A version names a set of fields and feed kinds, not the transport: the push format of /v1 is frozen
and taken from every till ever shipped, whatever is agreed here (sync-ledger.md 2.4 and 2.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sync.protocol.errors import TooOldError

SUPPORTED: Final = (
    "2026-11-20",
)  # oldest first; a version leaves when no till has used it for 18 months


def agree(offered: Sequence[str], supported: Sequence[str] = SUPPORTED) -> str:
    """The newest version both speak; TooOldError("protocol") when there is none."""
    common = set(offered) & set(supported)
    if not common:
        raise TooOldError("protocol")
    return max(common)
