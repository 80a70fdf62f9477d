"""What stands around every screen: top bar, rail, notice line, status strip."""

from dataclasses import dataclass

from terminal.presenters.parts_view import ActionView, IconLine, Tone


@dataclass(frozen=True, slots=True)
class RailItem:
    """A function of the till; only built ones are listed. The keymap prints the key of `screen`."""

    screen: str
    label: str
    icon: str
    enabled: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TopBarView:
    """Where and when this till is, and who works at it; empty texts are not shown."""

    place: str
    title: str = ""
    day: str = ""
    operator: str = ""
    signed_in: bool = False
    end_shift: ActionView | None = None


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status strip: connection in words, what is unsent and how old, devices, clock."""

    connection: IconLine
    unsent: str
    saved: IconLine | None
    devices: tuple[IconLine, ...]
    clock: str
    language: str
    offline_switch: bool = False
    offline_on: bool = False


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What happened, what is safe, what to do; `action` is one button, `code` small print.

    A notice that cannot be dismissed ends when its cause ends.
    """

    text: str
    tone: Tone = "accent"
    icon: str = "info"
    action: str = ""
    action_label: str = ""
    code: str = ""
    dismissable: bool = True


@dataclass(frozen=True, slots=True)
class ShellView:
    """The frame; `screen` names the one on show, `hint` stands where a notice would."""

    screen: str
    top: TopBarView
    rail: tuple[RailItem, ...]
    status: StatusView
    notice: NoticeView | None = None
    hint: str = ""
