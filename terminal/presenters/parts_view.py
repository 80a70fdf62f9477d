"""Parts that several views share. Everything is already formatted; flags say what is possible."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "quiet", "accent", "ok", "warn", "bad"]
"""How a text is to be taken; the screen adds the colour, never colour alone."""


@dataclass(frozen=True, slots=True)
class IconLine:
    """One line with a sign in front: a birthday, a garment to pick up, the state of a device."""

    icon: str
    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class AmountRow:
    """A caption and a value at the right edge; with `explain` a `?` that opens its arithmetic."""

    label: str
    value: str
    tone: Tone = ""
    strong: bool = False
    explain: str = ""


@dataclass(frozen=True, slots=True)
class ExplainView:
    """The arithmetic behind one number: rule and version, inputs, steps, result."""

    title: str
    rule: str
    rows: tuple[AmountRow, ...]
    result: AmountRow


@dataclass(frozen=True, slots=True)
class ActionView:
    """A button: its words, whether it can be pressed, and why not."""

    label: str
    enabled: bool = True
    reason: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True)
class TenderView:
    """One way to pay the rest: `wechat`, `alipay`, `cash` or `bank_card`."""

    code: str
    label: str
    icon: str
    chosen: bool = False
    enabled: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CreditView:
    """Points or stored value offered against the amount due, on or off."""

    label: str
    amount: str
    chosen: bool = False
    enabled: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PinView:
    """A PIN being asked for in place: the member's card PIN, or an approver's.

    `digits` is how many are typed, never which. One of the `approvers`
    (id, name; at most three) is to be chosen, if there are any.
    """

    title: str
    reason: str
    digits: int
    length: int = 6
    error: str = ""
    approvers: tuple[tuple[str, str], ...] = ()
    approver: str = ""


@dataclass(frozen=True, slots=True)
class DoneView:
    """An operation that is committed: what it was, its journal number, how safe, what to hand out.

    At most five lines. `big_label` and `big_value` are the one figure to act on, as change due, or
    empty; `reprint` None: it has no receipt.
    """

    title: str
    big_label: str
    big_value: str
    lines: tuple[IconLine, ...]
    reprint: ActionView | None
