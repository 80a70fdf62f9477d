"""The gifts screen: what the points buy, and taking it."""

from dataclasses import dataclass

from terminal.presenters.member_pane_view import MemberPaneView
from terminal.presenters.parts_view import (
    ActionView,
    AmountRow,
    DoneView,
    ExplainView,
    PinView,
    Tone,
)


@dataclass(frozen=True, slots=True)
class GiftRow:
    """A gift with its price in points and whether it can be taken now, or why not."""

    gift_id: str
    name: str
    detail: str
    price: str
    state: str
    tone: Tone = "ok"
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class GiftsView:
    """The catalogue, the gift chosen, and what remains after it."""

    member: MemberPaneView
    gifts: tuple[GiftRow, ...]
    chosen: str
    chosen_name: str
    price: str
    parts: tuple[AmountRow, ...]
    primary: ActionView
    empty_title: str = ""
    empty: str = ""
    explain: ExplainView | None = None
    pin: PinView | None = None
    done: DoneView | None = None
