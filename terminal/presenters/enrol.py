"""Joining: the form, the new card, why they may, who they may already be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hardware.events import CredentialRead, Medium, PrintResult, ReadMethod, Strength
from sync.domain.joining import Eligibility, Purchase
from sync.domain.refusals import Code, Refusal
from terminal.presenters import enrol_drawing
from terminal.presenters.canvas import draw
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk, sentence_of
from terminal.presenters.enrol_view import EnrolView
from terminal.presenters.finished import Finished
from terminal.presenters.lookups import next_card
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.typed import birthday, earlier_purchases
from terminal.usecases import drafts, enrol, identify, sign_in
from terminal.usecases.drafts import EnrolDraft, SaleDraft
from terminal.usecases.enrol import Duplicate, Enrolled, Form
from terminal.usecases.identify import MemberCard, ProductFound
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.sign_in import Person
from terminal.usecases.till import Till

FIELDS: Final = ("phone", "name", "birthday", "sizes", "colours", "earlier")


@dataclass(frozen=True, slots=True)
class Looked:
    """What the till says to a form as it stands."""

    errors: frozenset[Code]
    duplicates: tuple[Duplicate, ...]
    why: Eligibility | Refusal | None


@use_case
def look(till: Till, form: Form, sale: SaleDraft | None, earlier: tuple[Purchase, ...]) -> Looked:
    """Check a form: what is wrong, who it may be, why they may join."""
    found = enrol.duplicates(till, form)
    why = enrol.eligibility(till, sale, earlier)
    return Looked(
        frozenset(error.code for error in enrol.form_errors(form)),
        () if isinstance(found, Trouble) else found,
        None if isinstance(why, Trouble) else why,
    )


@use_case
def card_fits(till: Till, read: CredentialRead) -> Refusal | Trouble | ProductFound | None:
    """Whether a reading may become somebody's card: a product is none."""
    if read.medium in {Medium.BARCODE, Medium.TYPED}:
        found = identify.scan(till, read)
        if isinstance(found, ProductFound):
            return found
    return enrol.card_refusal(till, read)


class EnrolDesk:
    """The enrolment at hand, on the writer thread."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self.draft: EnrolDraft | None = None

    @use_case
    def forget(self) -> None:
        """Nobody wants it any more."""
        if self.draft is not None:
            drafts.abandon(self._till, self.draft)
            self.draft = None

    @use_case
    def enrol(
        self,
        form: Form,
        read: CredentialRead,
        sale: SaleDraft | None,
        earlier: tuple[Purchase, ...],
    ) -> Enrolled | Refusal | Trouble:
        """Make a member; the draft is opened now unless one was left."""
        draft = self.draft
        if draft is None:
            opened = enrol.open_enrolment(self._till, sale)
            if not isinstance(opened, EnrolDraft):
                return opened
            draft = self.draft = opened
        made = enrol.enrol(self._till, draft, form, read, sale, earlier)
        if isinstance(made, Enrolled):
            self.draft = None
        elif isinstance(made, Refusal):
            drafts.abandon(self._till, draft)
            self.draft = None
        return made


class EnrolPresenter:
    """Presenter of the enrolment screen. `sale_at_hand` gives the sale it is for; `joined` hands
    the new member back to it, or to the counter when there is none."""

    def __init__(
        self,
        desk: Desk,
        customer: Customer,
        sale_at_hand: Callable[[], SaleDraft | None],
        joined: Callable[[Enrolled], None],
        render: Render[EnrolView] = nowhere,
    ) -> None:
        self.desk, self.customer, self._render = desk, customer, render
        self._sale_at_hand, self._joined = sale_at_hand, joined
        self._work = EnrolDesk(desk.till)
        self._people: tuple[Person, ...] = ()
        self._asked = 0
        self.busy = False
        self._values = dict.fromkeys(FIELDS, "")
        self._touched: set[str] = set()
        self._consent, self._consultant = False, ""
        self._read: CredentialRead | None = None
        self._card_error = ""
        self._looked: Looked | None = None
        self._refused_duplicates = False
        self._enrolled: Enrolled | None = None
        self.finished: Finished | None = None

    def draw_with(self, render: Render[EnrolView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    @property
    def draft_id(self) -> UUID | None:
        """Entry id of the enrolment at hand, where one was begun."""
        return self._work.draft.entry_id if self._work.draft else None

    def give_up(self) -> None:
        """The customer would rather not: an empty form, no draft."""
        self._forget()
        self.desk.jobs.write(self._work.forget, lambda _: None)
        self.show()

    @property
    def enrolled(self) -> Enrolled | None:
        """Who joined, once they did."""
        return self._enrolled

    @property
    def read(self) -> CredentialRead | None:
        """The new card."""
        return self._read

    def arrive(self) -> None:
        """Come on show: the phone that was searched for stands in the form."""
        searched = self.customer.phone_typed
        if searched and not self._values["phone"] and any(c.isdigit() for c in searched):
            self._values["phone"] = searched
        till = self.desk.till
        self.desk.jobs.read(lambda: sign_in.people(till), self._read_people)
        self._look()
        self.show()

    def resume(self, draft: EnrolDraft) -> None:
        """Go on with an enrolment that was left: the same entry id, the form to be filled again."""
        self._work.draft = draft
        self.show()

    # -- events ----------------------------------------------------------------------------------

    def field_edited(self, edited: tuple[str, str]) -> None:
        """A field of the form."""
        name, value = edited
        if self._enrolled is None and not self.busy:
            self._values[name] = value
            self._touched.add(name)
            self._refused_duplicates = self._refused_duplicates and name not in {"phone", "name"}
            self._look()
            self.show()

    def consultant_chosen(self, staff: str) -> None:
        """Who looks after the member."""
        self._consultant = staff
        self.show()

    def consent_pressed(self) -> None:
        """The customer agrees, or does not."""
        if self._enrolled is None and not self.busy:
            self._consent = not self._consent
            self._look()
            self.show()

    @property
    def blocked(self) -> bool:
        """Whether a card is refused now."""
        return self.busy or self._enrolled is not None

    def card_read(self, read: CredentialRead) -> None:
        """A card at any step."""
        if self.blocked:
            self.desk.say("notice.finish_first", "warn")
            return
        till = self.desk.till
        self.desk.jobs.read(
            lambda: card_fits(till, read), lambda found: self._card_checked(read, found)
        )

    def card_dropped(self) -> None:
        """Take another card."""
        if not self.busy and self._enrolled is None:
            self._read, self._card_error = None, ""
            self.show()

    def next_card_pressed(self) -> None:
        """Take the next number of this till's own block."""
        till = self.desk.till
        self.desk.jobs.read(lambda: next_card(till), self._next_card)

    def duplicate_accepted(self) -> None:
        """It is somebody who is a member already: serve them."""
        found = self._duplicate()
        if found is not None:
            self._forget()
            self.desk.hooks.go("sale")
            self.customer.choose(str(found.hit.member))

    def duplicate_refused(self) -> None:
        """It is somebody else."""
        self._refused_duplicates = True
        self.show()

    def primary_pressed(self) -> None:
        """Make the member; once done, back to where they came from."""
        if self.busy:
            return
        if self._enrolled is not None:
            enrolled = self._enrolled
            self._forget()
            self.show()
            self._joined(enrolled)
            return
        self._touched.update(FIELDS)
        action = enrol_drawing.primary(self)
        if action.enabled:
            self._commit()
        else:
            self.desk.say("enrol.not_yet", "warn", why=action.reason)
            self.show()

    def back_pressed(self) -> None:
        """Back to the sale; the form is kept."""
        if not self.busy:
            if self._enrolled is not None:
                self.primary_pressed()
            else:
                self.desk.hooks.go("sale")

    def entry_edited(self, _entry: str) -> None:
        """This screen has no single field."""

    def entry_submitted(self, _entry: str) -> None:
        """This screen has no single field."""

    def printed(self, result: PrintResult) -> None:
        """News of a receipt."""
        if self.finished is not None:
            self.finished = self.finished.heard(result)
            self.show()

    # -- what the drawing asks -------------------------------------------------------------------

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self._values[name]

    def touched(self, name: str) -> bool:
        """Whether a field was filled in, so that what is wrong with it may be said."""
        return name in self._touched

    def form(self) -> Form:
        """The form as it stands."""
        born = birthday(self._values["birthday"]) or (0, 0, None)
        return Form(
            self._values["name"],
            self._values["phone"],
            *born,
            self._consultant,
            self._values["sizes"],
            self._values["colours"],
            self._consent,
        )

    def earlier(self) -> tuple[Purchase, ...] | None:
        """Earlier purchases; None when what stands there is none."""
        found = earlier_purchases(self._values["earlier"])
        return None if found is None else tuple(Purchase(day, minor) for day, minor in found)

    @property
    def looked(self) -> Looked | None:
        """What the till said to the form."""
        return self._looked

    @property
    def consent(self) -> bool:
        """Whether the customer agrees."""
        return self._consent

    @property
    def consultant(self) -> str:
        """Who looks after them."""
        return self._consultant

    @property
    def people(self) -> tuple[Person, ...]:
        """Who may look after them."""
        return self._people

    @property
    def card_error(self) -> str:
        """Why the card that was read does not fit."""
        return self._card_error

    @property
    def sale(self) -> SaleDraft | None:
        """The sale it is for."""
        return self._sale_at_hand()

    def duplicate(self) -> Duplicate | None:
        """Who it may already be."""
        return self._duplicate()

    # -- results ---------------------------------------------------------------------------------

    def _forget(self) -> None:
        """An empty form."""
        self._values = dict.fromkeys(FIELDS, "")
        self._touched = set()
        self._consent, self._consultant = False, ""
        self._read, self._card_error, self._looked = None, "", None
        self._refused_duplicates, self._enrolled, self.finished = False, None, None

    def _look(self) -> None:
        self._asked += 1
        asked, till, form, sale = self._asked, self.desk.till, self.form(), self.sale
        earlier = self.earlier() or ()
        self.desk.jobs.read(
            lambda: look(till, form, sale, earlier), lambda found: self._looked_at(asked, found)
        )

    def _looked_at(self, asked: int, found: Looked | Trouble) -> None:
        if asked != self._asked:
            return
        if isinstance(found, Trouble):
            self.desk.refuse(found)
        else:
            self._looked = found
        self.show()

    def _read_people(self, people: tuple[Person, ...] | Trouble) -> None:
        if not isinstance(people, Trouble):
            self._people = people
            session = self.desk.session
            self._consultant = self._consultant or (session.staff if session else "")
        self.show()

    def _duplicate(self) -> Duplicate | None:
        if self._looked is None or self._refused_duplicates or self._enrolled is not None:
            return None
        return self._looked.duplicates[0] if self._looked.duplicates else None

    def _card_checked(
        self, read: CredentialRead, found: Refusal | Trouble | ProductFound | None
    ) -> None:
        if isinstance(found, ProductFound):
            self.desk.say("notice.product_not_here", "warn", action="sale")
            return
        if isinstance(found, Trouble):
            self.desk.refuse(found)
            return
        if isinstance(found, Refusal):
            self._card_error = sentence_of(self.desk.text, found)
            self.desk.refuse(found)
        else:
            self._read, self._card_error = read, ""
            self.desk.quiet()
        self.show()

    def _next_card(self, number: str | Trouble | None) -> None:
        if isinstance(number, Trouble):
            self.desk.refuse(number)
        elif number is None:
            self.desk.say("enrol.block_used_up", "warn")
        else:
            now_ms = self.desk.till.clock.utc_ms()
            self._read = CredentialRead(
                "block", Medium.BARCODE, number, ReadMethod.TYPED, Strength.TOKEN, now_ms
            )
            self._card_error = ""
            self.show()

    def _commit(self) -> None:
        read = self._read
        if read is None:
            return
        self.busy = True
        work, form, sale, earlier = self._work, self.form(), self.sale, self.earlier() or ()
        self.desk.jobs.write(lambda: work.enrol(form, read, sale, earlier), self._made)
        self.show()

    def _made(self, found: Enrolled | Refusal | Trouble) -> None:
        self.busy = False
        if isinstance(found, Enrolled):
            self._enrolled = found
            self.finished = Finished(found.done)
            self.desk.quiet()
            self.desk.hooks.committed(found.done)
        else:
            self.desk.refuse(found)
            self._look()
        self.show()

    # -- the view --------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw the view."""
        draw(self._render, self.view)

    def view(self) -> EnrolView:
        """The screen as it is."""
        return enrol_drawing.enrol_view(self)

    def member_scanned(self, found: MemberCard) -> None:
        """Not called: this screen takes the reading itself."""
