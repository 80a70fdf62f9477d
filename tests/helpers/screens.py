"""The real window with every screen in it, filled with sample views."""

from __future__ import annotations

from typing import Any

from terminal.screens.base import Screen
from terminal.screens.enrol import EnrolScreen
from terminal.screens.gifts import GiftsScreen
from terminal.screens.operation import OperationScreen
from terminal.screens.points import PointsScreen
from terminal.screens.sale import SaleScreen
from terminal.screens.shell import Shell
from terminal.screens.sign_in import SignInScreen
from terminal.screens.top_up import TopUpScreen
from terminal.text import Text
from tests.helpers import sample_parts, sample_views

SIZES = ((1366, 768), (1024, 768))


def window(text: Text) -> tuple[Shell, dict[str, Any]]:
    """A shell and its screens by name; screens are Any because each renders its own view."""
    screens: dict[str, Screen] = {
        "sign_in": SignInScreen(text),
        "sale": SaleScreen(text),
        "top_up": TopUpScreen(text),
        "points": PointsScreen(text),
        "gifts": GiftsScreen(text),
        "enrol": EnrolScreen(text),
        "returns": OperationScreen(text, "undo-2"),
    }
    return Shell(text, screens), dict(screens)


def show_state(shell: Shell, screens: dict[str, Any], text: Text, name: str, state: str) -> None:
    """Render one state of one screen, with its frame."""
    hints = {"sale": "hint.sale_pay", "sign_in": "hint.sign_in", "returns": "hint.operation"}
    if state == "empty":
        hints["sale"] = "hint.sale_start"
    hint = text(hints.get(name, f"hint.{name}"))
    notice = sample_parts.notice(text, state)
    screens[name].show_view(sample_views.SCREENS[name][state](text))
    shell.show_view(sample_parts.shell(text, name, notice=notice, hint=hint))
