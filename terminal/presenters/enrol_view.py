"""The enrolment screen: who joins, on which card, and why they may."""

from dataclasses import dataclass

from terminal.presenters.parts_view import ActionView, IconLine


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field of the form: what stands in it, and what is wrong with it."""

    value: str = ""
    error: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class CardView:
    """The new card: number, holder and tier on its picture, what was read and whether it fits.

    `can_issue`: the next number of this till's own block may be taken instead of a card.
    """

    number: str
    holder: str
    tier: str
    tier_label: str
    title: str
    text: str
    error: str = ""
    has_card: bool = False
    can_change: bool = False
    can_issue: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateView:
    """Somebody this may already be; with `member_id` empty the reassuring result of the search."""

    title: str
    person: str
    why: str
    member_id: str = ""


@dataclass(frozen=True, slots=True)
class EnrolView:
    """`step` is 1 details, 2 card, 3 done; `consultants` are (id, name); `why` is why they may;
    `earlier` are purchases shown by their receipts."""

    step: int
    phone: FieldView
    name: FieldView
    birthday: FieldView
    consultants: tuple[tuple[str, str], ...]
    consultant: str
    sizes: FieldView
    colours: FieldView
    card: CardView
    consent_text: str
    consent: bool
    duplicate: DuplicateView
    why_title: str
    why: str
    why_note: str
    why_ok: bool
    note_title: str
    note: str
    back: ActionView
    primary: ActionView
    done: tuple[IconLine, ...] = ()
    earlier: FieldView = FieldView()
