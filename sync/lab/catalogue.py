"""Operations of the till's forms by name, with the fields each may ask for.

What a scenario may say; the till itself has them in `terminal.operations`, which this room cannot
see. A test compares both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "note": frozenset({"about", "text"}),
}
