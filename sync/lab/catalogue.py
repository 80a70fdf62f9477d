"""Operations of the till's forms by name, with the fields each may ask for.

What a scenario may say; the till itself has them in `terminal.operations`, which this room cannot
see. A test compares both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "note": frozenset({"about", "text"}),
    "issue_card": frozenset(
        {
            "new_card", "supplementary", "holder", "phone",
            "points_op_minor", "points_day_minor", "points_total_minor", "stored_value_op_minor",
            "stored_value_day_minor", "stored_value_total_minor",
        }
    ),  # fmt: skip
    "bind_card": frozenset({"card", "new_card"}),
    "block_card": frozenset({"card", "reason"}),
    "unblock_card": frozenset({"card"}),
    "replace_card": frozenset({"card", "reason", "new_card"}),
    "set_card_pin": frozenset({"pin", "pin_again", "pin_old"}),
    "transfer_points": frozenset({"to_card", "points"}),
}
