"""Taking back goods, undoing operations, paying out stored value."""

from __future__ import annotations

from typing import Final

import msgspec

from sync.domain.rulebook.basics import within

REST: Final = "rest"
PRO_RATA: Final = "pro_rata"
MAX_DAYS: Final = 3_660


class Returns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How operations are taken back (golden case 9, pitfalls 1 to 4, 16, 18, 19).

    `days`: goods come back up to so many days after the sale, that day included (None: always);
    `other_dealers`: goods of another dealer are taken back; `grace_days`: how long units live that
    go back to a lot that has expired; `void_free_minor`: a void of more needs an approver;
    `cancel_days`: a top-up may be cancelled up to that many days later, that day included;
    `cancel_bonus`: "rest" takes back all that is left of its bonus, "pro_rata" the share of what is
    cancelled; `cash_out`: what is left of principal may be paid out; `cash_out_forfeits_bonus`: the
    bonus ends with it, else only who has none may be paid out. Confirm with counsel.
    """

    days: int | None = 30
    other_dealers: bool = True
    grace_days: int = 30
    void_free_minor: int = 20_000
    cancel_days: int = 7
    cancel_bonus: str = REST
    cash_out: bool = True
    cash_out_forfeits_bonus: bool = True

    def __post_init__(self) -> None:
        within("days", 0 if self.days is None else self.days, 0, MAX_DAYS)
        within("grace_days", self.grace_days, 0, MAX_DAYS)
        within("void_free_minor", self.void_free_minor, 0)
        within("cancel_days", self.cancel_days, 0, MAX_DAYS)
        if self.cancel_bonus not in (REST, PRO_RATA):
            raise ValueError(f"cancel_bonus: {self.cancel_bonus!r}")
