"""Signing in: a name, a PIN, checked on this till; five wrong ones lock the name."""

from __future__ import annotations

from collections.abc import Callable

from sync.domain.refusals import Code, Refusal
from terminal.presenters.canvas import draw
from terminal.presenters.desk import Desk, sentence_of
from terminal.presenters.parts_view import ActionView
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.serving import PIN_MAX, PIN_MIN
from terminal.presenters.sign_in_view import SignInView, StaffTile
from terminal.text import Text
from terminal.usecases import shift, sign_in
from terminal.usecases.outcome import Trouble
from terminal.usecases.shift import OpenShift
from terminal.usecases.sign_in import Person
from terminal.usecases.till import Session

TILES = 8
MORE = "#more"
_ROLES = ("manager", "cashier", "staff", "tech")


class SignInPresenter:
    """Presenter of the sign-in screen. `entered` is called with who came and the open shift."""

    def __init__(
        self,
        desk: Desk,
        entered: Callable[[Session, OpenShift | None], None],
        render: Render[SignInView] = nowhere,
    ) -> None:
        self.desk, self._entered, self._render = desk, entered, render
        self._people: tuple[Person, ...] = ()
        self._loaded, self._page = False, 0
        self._chosen, self._digits = "", ""
        self._fault: Refusal | Trouble | str = ""
        self.busy = False

    def __repr__(self) -> str:
        """Nothing of what was typed."""
        return f"SignInPresenter({len(self._people)} people)"

    def draw_with(self, render: Render[SignInView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    def arrive(self) -> None:
        """Come on show: read the names, forget what was typed."""
        self._digits, self._fault = "", ""
        self.look()
        self.show()

    def look(self) -> None:
        """Read the names again: the list may have come in, or have changed."""
        till = self.desk.till
        self.desk.jobs.read(lambda: sign_in.people(till), self._read_people)

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody who may sign in here."""
        return self._people

    @property
    def error(self) -> str:
        """What was said last."""
        return self._words(self._fault)

    # -- events ----------------------------------------------------------------------------------

    def staff_chosen(self, staff: str) -> None:
        """A name was pressed."""
        if staff == MORE:
            self._page += 1
        elif not self.busy:
            self._chosen, self._digits, self._fault = staff, "", ""
        self.show()

    def pin_digit_typed(self, digit: str) -> None:
        """A digit."""
        if not self.busy and len(self._digits) < PIN_MAX:
            self._digits, self._fault = self._digits + digit, ""
            self.show()

    def pin_backspaced(self) -> None:
        """One digit back."""
        if not self.busy:
            self._digits = self._digits[:-1]
            self.show()

    def pin_cleared(self) -> None:
        """All digits back."""
        if not self.busy:
            self._digits = ""
            self.show()

    def back_pressed(self) -> None:
        """Clear the PIN, then the name."""
        if self.busy:
            return
        if self._digits or self._fault:
            self._digits, self._fault = "", ""
        else:
            self._chosen = ""
        self.show()

    def primary_pressed(self) -> None:
        """Check the PIN."""
        if self.busy:
            return
        if not self._chosen or len(self._digits) < PIN_MIN:
            code = "sign_in.need_pin" if self._chosen else "sign_in.need_name"
            self._fault = code
            self.show()
            return
        till, staff, pin = self.desk.till, self._chosen, self._digits
        self._digits, self.busy = "", True
        self.desk.jobs.write(lambda: sign_in.sign_in(till, staff, pin), self._checked)
        self.show()

    # -- results ---------------------------------------------------------------------------------

    def _read_people(self, people: tuple[Person, ...] | Trouble) -> None:
        if isinstance(people, Trouble):
            self.desk.refuse(people)
        elif people != self._people or not self._loaded:
            self._people, self._loaded = people, bool(people)
            if len(people) == 1:
                self._chosen = people[0].staff
        self.show()

    def _checked(self, found: Session | Refusal | Trouble) -> None:
        if isinstance(found, Session):
            self._fault = ""
            till = self.desk.till
            self.desk.jobs.read(
                lambda: shift.current_shift(till), lambda open_: self._came(found, open_)
            )
            return
        self.busy = False
        self.desk.last_refusal = found
        self._fault = found
        till = self.desk.till
        self.desk.jobs.read(lambda: sign_in.people(till), self._read_people)
        self.show()

    def _came(self, session: Session, open_: OpenShift | Trouble | None) -> None:
        self.busy = False
        if isinstance(open_, Trouble):
            self.desk.refuse(open_)
            self.show()
            return
        self._chosen = ""
        self._entered(session, open_)

    def _words(self, refusal: Refusal | Trouble | str) -> str:
        text = self.desk.text
        if isinstance(refusal, str):
            return text(refusal) if refusal else ""
        if isinstance(refusal, Refusal) and refusal.code is Code.PIN_WRONG:
            left = int(refusal.param("left"))
            if left:
                return text("sign_in.wrong", count=left)
        if isinstance(refusal, Refusal) and refusal.code is Code.STAFF_LOCKED:
            name = next((p.name for p in self._people if p.staff == self._chosen), self._chosen)
            return text("sign_in.locked", name=name)
        return sentence_of(text, refusal)

    # -- the view --------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw the view."""
        draw(self._render, self.view)

    def view(self) -> SignInView:
        """The screen as it is."""
        text = self.desk.text
        locked = any(p.locked for p in self._people if p.staff == self._chosen)
        if self.busy:
            enter = ActionView(text("sign_in.checking"), busy=True)
        elif locked:
            reason = text("refusal.staff_locked")
            enter = ActionView(text("sign_in.enter"), enabled=False, reason=reason)
        else:
            enter = ActionView(text("sign_in.enter"))
        return SignInView(
            place=place_of(self.desk),
            staff=self._tiles(),
            chosen=self._chosen,
            digits=len(self._digits),
            enter=enter,
            note=text("sign_in.note", limit=str(sign_in.TRIES)),
            error=self.error,
            length=PIN_MAX,
            loading="" if self._loaded else text("sign_in.loading"),
        )

    def _tiles(self) -> tuple[StaffTile, ...]:
        people = self._people
        if len(people) <= TILES:
            return tuple(_tile(self.desk.text, person) for person in people)
        each = TILES - 1
        pages = (len(people) + each - 1) // each
        at = self._page % pages * each
        shown = tuple(_tile(self.desk.text, person) for person in people[at : at + each])
        label, page = self.desk.text("sign_in.more"), self._page % pages + 1
        return (*shown, StaffTile(MORE, label, f"{page}/{pages}"))


def place_of(desk: Desk) -> str:
    """Store and till, as the top bar says it."""
    record = desk.till.record
    store = record.store_name_en if desk.text.language == "en" else record.store_name_zh
    return desk.text("app.place", store=store, till=record.till)


def role_of(text: Text, roles: tuple[str, ...]) -> str:
    """The highest role of a person in words."""
    for role in _ROLES:
        if role in roles:
            return text(f"role.{role}")
    return ""


def _tile(text: Text, person: Person) -> StaffTile:
    role = text("sign_in.locked_tile") if person.locked else role_of(text, person.roles)
    return StaffTile(person.staff, person.name, role, person.locked)
