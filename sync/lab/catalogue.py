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
            "new_card",
            "supplementary",
            "holder",
            "phone",
            "points_op_minor",
            "points_day_minor",
            "points_total_minor",
            "stored_value_op_minor",
            "stored_value_day_minor",
            "stored_value_total_minor",
        }
    ),
    "bind_card": frozenset({"card", "new_card"}),
    "block_card": frozenset({"card", "reason"}),
    "unblock_card": frozenset({"card"}),
    "replace_card": frozenset({"card", "reason", "new_card"}),
    "set_card_pin": frozenset({"pin", "pin_again", "pin_old"}),
    "transfer_points": frozenset({"to_card", "points"}),
    "service_open": frozenset({"service", "items", "colour", "fault", "details", "worker", "free"}),
    "service_step": frozenset({"order", "step", "worker", "parts"}),
    "service_close": frozenset({"order", "outcome", "tender"}),
    "virtual_order": frozenset({"offer", "quantity", "recipient", "request"}),
    "gift_hold": frozenset({"offer", "quantity", "until"}),
    "event_deduction": frozenset({"event", "cards", "reason"}),
    "return": frozenset({"receipt", "lines"}),
    "exchange": frozenset({"receipt", "lines", "goods", "tender"}),
    "void": frozenset({"receipt"}),
    "top_up_cancel": frozenset({"receipt"}),
    "cash_out": frozenset(),
    "feedback": frozenset({"receipt", "stars"}),
    "product_alert": frozenset({"product", "what", "details"}),
}
