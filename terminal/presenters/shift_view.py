"""The shift screen: cash in the drawer when it opens, the blind count when it closes."""

from dataclasses import dataclass

from terminal.presenters.parts_view import ActionView, AmountRow, IconLine


@dataclass(frozen=True, slots=True)
class ShiftView:
    """`rows` is what the shift came to, shown only once the count is confirmed; before that, to
    whoever may approve, the worst case of this till.
    """

    title: str
    note: str
    amount_label: str
    entry: str
    back: ActionView
    primary: ActionView
    amount: str = ""
    entry_error: str = ""
    rows: tuple[AmountRow, ...] = ()
    lines: tuple[IconLine, ...] = ()
