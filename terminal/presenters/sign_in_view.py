"""The sign-in screen: who, and their PIN."""

from dataclasses import dataclass

from terminal.presenters.parts_view import ActionView


@dataclass(frozen=True, slots=True)
class StaffTile:
    """One person of this store. A locked one shows the reason instead of the role."""

    staff_id: str
    name: str
    role: str
    locked: bool = False


@dataclass(frozen=True, slots=True)
class SignInView:
    """At most eight tiles; `digits` is how many are typed, `error` what happened, what is left."""

    place: str
    staff: tuple[StaffTile, ...]
    chosen: str
    digits: int
    enter: ActionView
    note: str
    error: str = ""
    length: int = 6
    loading: str = ""
