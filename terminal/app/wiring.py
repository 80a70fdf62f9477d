"""Screens and presenters put together: what the person does goes in, views come out."""

from __future__ import annotations

from typing import Any, Final

from terminal.operations import catalogue
from terminal.presenters.canvas import Canvas
from terminal.presenters.counter import Counter
from terminal.presenters.frame import RAIL
from terminal.screens.base import Screen
from terminal.screens.enrol import EnrolScreen
from terminal.screens.gifts import GiftsScreen
from terminal.screens.operation import OperationScreen
from terminal.screens.points import PointsScreen
from terminal.screens.sale import SaleScreen
from terminal.screens.shell import Shell
from terminal.screens.shift import ShiftScreen
from terminal.screens.top_up import TopUpScreen
from terminal.text import Text

COMMON: Final = ("primary_pressed", "back_pressed")
ENTRY: Final = (*COMMON, "entry_edited", "entry_submitted")
PIN: Final = ("pin_digit_typed", "pin_backspaced", "pin_cleared")
MEMBER: Final = (
    *ENTRY, *PIN, "approver_chosen", "find_edited", "find_submitted", "match_chosen",
    "enrol_requested", "member_change_requested", "profile_requested", "explain_requested",
    "tender_chosen", "reprint_requested",
)  # fmt: skip
INTENTS: Final = {
    "sign_in": (*COMMON, *PIN, "staff_chosen"),
    "shift": ENTRY,
    "sale": (
        *MEMBER, "line_chosen", "line_removed", "points_credit_pressed", "value_credit_pressed",
    ),
    "top_up": (*MEMBER, "choice_chosen"),
    "points": (*MEMBER, "lot_chosen"),
    "gifts": (*MEMBER, "gift_chosen", "quantity_changed"),
    "enrol": (
        *ENTRY, "field_edited", "consultant_chosen", "consent_pressed", "card_dropped",
        "next_card_pressed", "duplicate_accepted", "duplicate_refused",
    ),
    **{
        screen: (*MEMBER, "operation_chosen", "field_edited", "field_focused", "row_counted")
        for screen in catalogue.SCREENS
        if catalogue.of_screen(screen)
    },
}  # fmt: skip
"""Every signal of a screen, by the presenter's method of the same name."""


def later_screens(text: Text) -> dict[str, Screen]:
    """The screens that nobody sees before the till is open."""
    icons = dict(RAIL)
    forms = {
        name: OperationScreen(text, icons[name])
        for name in catalogue.SCREENS
        if catalogue.of_screen(name)
    }
    return {
        "shift": ShiftScreen(text),
        "sale": SaleScreen(text),
        "top_up": TopUpScreen(text),
        "points": PointsScreen(text),
        "gifts": GiftsScreen(text),
        "enrol": EnrolScreen(text),
        **forms,
    }


def connect(counter: Counter, shell: Shell, screens: dict[str, Any]) -> None:
    """Put every presenter on its screen; screens are Any because each draws its own view."""
    text, canvases = counter.desk.text, dict[str, Canvas[Any]]()
    for name, intents in INTENTS.items():
        screen, presenter = screens[name], counter.presenter(name)
        canvas = canvases[name] = Canvas(screen.show_view, text, on_show=name == shell.on_show)
        for intent in intents:
            getattr(screen, intent).connect(canvas.touched)
            getattr(screen, intent).connect(getattr(presenter, intent))
        presenter.draw_with(canvas)

    def come(coming: str) -> None:
        for name, canvas in canvases.items():
            canvas.come(on_show=name == coming)

    shell.coming.connect(come)
    frame = counter.frame
    shell.screen_requested.connect(frame.screen_requested)
    shell.lock_requested.connect(frame.lock_requested)
    shell.end_shift_requested.connect(counter.end_shift_requested)
    shell.print_again_requested.connect(counter.frame_prints_again)
    shell.language_toggled.connect(counter.language_toggled)
    shell.offline_toggled.connect(frame.offline_toggled)
    shell.notice_action_pressed.connect(frame.notice_action_pressed)
    shell.notice_dismissed.connect(frame.notice_dismissed)
    frame.draw_with(Canvas(shell.show_view, text, on_show=True))
