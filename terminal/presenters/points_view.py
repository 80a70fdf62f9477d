"""The points screen: what the balance is made of, and when it ends."""

from dataclasses import dataclass

from terminal.presenters.member_pane_view import MemberPaneView
from terminal.presenters.parts_view import ActionView, AmountRow, ExplainView, Tone


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot of points: where and when earned, what is left, when it ends, used in this order."""

    lot_id: str
    origin: str
    earned: str
    left: str
    expires: str
    expires_note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class PointsView:
    """Lots in the order they are used, and the balance's parts with what may be spent now."""

    member: MemberPaneView
    lots: tuple[LotRow, ...]
    balance: str
    worth: str
    parts: tuple[AmountRow, ...]
    to_gifts: ActionView
    empty_title: str = ""
    empty: str = ""
    explain: ExplainView | None = None
