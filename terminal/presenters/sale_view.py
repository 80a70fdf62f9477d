"""The sale screen: basket, deductions, tenders, and what it became."""

from dataclasses import dataclass

from terminal.presenters.member_pane_view import MemberPaneView
from terminal.presenters.parts_view import (
    ActionView,
    AmountRow,
    CreditView,
    DoneView,
    ExplainView,
    PinView,
    TenderView,
)


@dataclass(frozen=True, slots=True)
class SaleLine:
    """A line of the basket: two texts on the left, quantity, list price, and the price to pay."""

    line_id: str
    name: str
    detail: str
    quantity: str
    list_price: str
    price: str
    price_note: str = ""


@dataclass(frozen=True, slots=True)
class SaleView:
    """Everything on the sale screen.

    `entry` is what stands in the scan field, `entry_error` why it was not taken. `still_due` is
    None until points or stored value pay a part. `cash` is what was handed over and the change.
    One of `explain` (over the basket), `pin` and `done` (over the tenders) may be set.
    """

    member: MemberPaneView
    entry: str
    lines: tuple[SaleLine, ...]
    totals: tuple[AmountRow, ...]
    due: str
    points_credit: CreditView
    value_credit: CreditView
    still_due: AmountRow | None
    tenders: tuple[TenderView, ...]
    earns: AmountRow | None
    primary: ActionView
    due_label: str = ""
    entry_hint: str = ""
    cash: AmountRow | None = None
    entry_error: str = ""
    empty_title: str = ""
    empty: str = ""
    chosen_line: str = ""
    explain: ExplainView | None = None
    pin: PinView | None = None
    done: DoneView | None = None
