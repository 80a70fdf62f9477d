"""The top-up screen: an amount, the bonus it brings, how it is paid."""

from dataclasses import dataclass

from terminal.presenters.member_pane_view import MemberPaneView
from terminal.presenters.parts_view import (
    ActionView,
    AmountRow,
    DoneView,
    ExplainView,
    IconLine,
    PinView,
    TenderView,
)


@dataclass(frozen=True, slots=True)
class TopUpChoice:
    """An amount offered as a tile, with the bonus it brings under it."""

    choice_id: str
    amount: str
    bonus: str
    chosen: bool = False
    enabled: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TopUpView:
    """At most six choices.

    `preview` is balance, principal, bonus and balance afterwards; `limits` what is left offline.
    """

    member: MemberPaneView
    choices: tuple[TopUpChoice, ...]
    entry: str
    preview: tuple[AmountRow, ...]
    due: str
    tenders: tuple[TenderView, ...]
    primary: ActionView
    limits: IconLine | None = None
    cash: AmountRow | None = None
    entry_error: str = ""
    explain: ExplainView | None = None
    pin: PinView | None = None
    done: DoneView | None = None
