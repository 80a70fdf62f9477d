"""Two members with something on every account, and all that head office holds of them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sync.domain.journal import Kind
from tests.sync.domain.making import Counter, HeadOffice, member_id

ANNA, BEN, NOBODY = member_id(1), member_id(2), member_id(9)
HUGE = (1 << 63) - 1


def office() -> HeadOffice:
    """Anna and Ben, who have 5,000 points, 500.00 and 50.00 each."""
    made = HeadOffice().join(ANNA, BEN)
    a = Counter("A")
    for member in (ANNA, BEN):
        balances = [("points", 5_000), ("principal", 50_000), ("bonus", 5_000)]
        made.receive(a, a.moves(Kind.OPENING_BALANCE, member, balances))
    return made


def told(books: HeadOffice) -> dict[str, Any]:
    """Everything head office holds, to be compared."""
    return {
        "members": deepcopy(books.members),
        "cards": dict(books.cards),
        "lots": deepcopy(books.lots),
        "uncovered": deepcopy(books.uncovered),
        "postings": list(books.postings),
        "allocations": list(books.allocations),
        "next": books.next_seq,
    }
