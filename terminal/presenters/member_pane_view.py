"""The member in one look: who, tier, balances, how old and what is pending, what matters today."""

from dataclasses import dataclass

from terminal.presenters.parts_view import IconLine, Tone


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member whose card is on the counter. `tier` picks the pill's colour, `tier_label` its word.

    `confirmed` says how old the figures are and what is pending, `offline` what may be spent.
    """

    name: str
    identity: str
    tier: str
    tier_label: str
    points: str
    points_note: str
    stored_value: str
    stored_value_note: str
    confirmed: str
    offline: str
    lines: tuple[IconLine, ...] = ()
    suggestion_title: str = ""
    suggestion: str = ""
    alert: str = ""
    points_tone: Tone = ""


@dataclass(frozen=True, slots=True)
class MatchRow:
    """Somebody a search found: who, and what tells them from others of the same name."""

    member_id: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class FindView:
    """Looking for a member without a card: what is typed, what was found, at most six."""

    entry: str = ""
    note: str = ""
    matches: tuple[MatchRow, ...] = ()
    busy: bool = False


@dataclass(frozen=True, slots=True)
class MemberPaneView:
    """Empty (`prompt`, with `find` below), loading (`loading`), or a member; buttons only for what
    is built."""

    member: MemberView | None = None
    loading: str = ""
    prompt_title: str = ""
    prompt: str = ""
    can_enrol: bool = False
    can_change: bool = False
    has_profile: bool = False
    find: FindView = FindView()
