"""What the screens that serve a member share: the approver's PIN, the done state, one step back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hardware.events import PrintResult
from sync.database.till.database import Safety
from sync.domain.pricing import Product
from sync.domain.refusals import Code, Refusal
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk, sentence_of
from terminal.presenters.finished import Finished, finished
from terminal.presenters.parts_view import ExplainView, PinView, TenderView
from terminal.usecases import card_pins, health, sign_in
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble
from terminal.usecases.sign_in import Approval, Person

PIN_MIN, PIN_MAX = 4, 6
APPROVERS_MAX = 3
TENDERS = (
    ("wechat", "smartphone"),
    ("alipay", "smartphone"),
    ("cash", "banknote"),
    ("bank_card", "credit-card"),
)
MALL = (("mall", "credit-card"),)


@dataclass(frozen=True, slots=True)
class Asking:
    """An approver is asked for, or with `card` (and `why`) the PIN of the card presented. `digits`
    never leaves this object but to be checked."""

    people: tuple[Person, ...]
    chosen: str = ""
    digits: str = ""
    error: str = ""
    card: Bearer | None = None
    why: Refusal | None = None

    def __repr__(self) -> str:
        """Nothing of what was typed."""
        return f"Asking({len(self.people)} people, {len(self.digits)} digits)"


class Serving:
    """Base of the presenters with a member pane and a money column. Methods are the screen's
    signals; each ends in `show`, which draws the whole view from what is known."""

    def __init__(self, desk: Desk, customer: Customer) -> None:
        self.desk, self.customer = desk, customer
        self.asking: Asking | None = None
        self.finished: Finished | None = None
        self.explaining = ""
        self.busy = False
        customer.changed.append(self.customer_changed)

    # -- to be said by each screen ---------------------------------------------------------------

    def show(self) -> None:
        """Draw the view."""
        raise NotImplementedError

    def commit(self, approval: Approval | None) -> None:
        """Do the operation."""
        raise NotImplementedError

    def customer_changed(self) -> None:
        """Another member, newer figures, or a search."""
        self.show()

    def leave(self) -> None:
        """The operation is over or given up: be as new."""
        raise NotImplementedError

    def veto(self, _found: MemberCard) -> str:
        """Code of the sentence why another member may not be served now; empty when they may."""
        return ""

    def forget_words(self) -> None:
        """The language changed: what was said in the other one goes."""
        if self.asking is not None:
            self.asking = replace(self.asking, error="")

    # -- events ----------------------------------------------------------------------------------

    @property
    def blocked(self) -> bool:
        """Whether a scan is refused now: something is being saved, or an approver asked for."""
        return self.busy or self.asking is not None

    def member_scanned(self, found: MemberCard) -> None:
        """A member's card was presented."""
        if self.blocked:
            self.desk.say("notice.finish_first", "warn")
            return
        if self.finished is not None:
            self.next_customer()
        bearer = self.customer.bearer
        same = bearer is not None and bearer.member == found.member
        code = "" if same else self.veto(found)
        if code:
            self.desk.say(code, "warn")
            return
        self.desk.quiet()
        self.customer.take(found)

    def product_scanned(self, _product: Product) -> None:
        """A product was scanned: only a sale takes one."""
        self.desk.say("notice.product_not_here", "warn", action="sale")

    def code_scanned(self, _raw: str) -> None:
        """A coupon or a price code was scanned: only a sale takes one."""
        self.desk.say("notice.code_not_here", "warn", action="sale")

    def member_change_requested(self) -> None:
        """Serve somebody else."""
        if not self.busy:
            self.customer.drop()

    def enrol_requested(self) -> None:
        """Somebody wants to join."""
        self.desk.hooks.go("enrol")

    def profile_requested(self) -> None:
        """The profile page comes with a later release; its button is not shown."""

    def find_edited(self, entry: str) -> None:
        """A search is typed."""
        self.customer.find_edited(entry)

    def find_submitted(self, entry: str) -> None:
        """Look for somebody."""
        self.customer.find_submitted(entry)

    def match_chosen(self, member_id: str) -> None:
        """Somebody who was found."""
        self.customer.choose(member_id)

    def entry_edited(self, entry: str) -> None:
        """Typing into the screen's own field, where it has one."""

    def entry_submitted(self, entry: str) -> None:
        """Enter in the screen's own field, where it has one."""

    def tender_chosen(self, code: str) -> None:
        """A way to pay, where money is taken."""

    def explain_requested(self, code: str) -> None:
        """Open the arithmetic of a number."""
        self.explaining = code
        self.show()

    def pin_digit_typed(self, digit: str) -> None:
        """A digit of the approver's PIN."""
        if self.asking and len(self.asking.digits) < PIN_MAX and not self.busy:
            self.asking = replace(self.asking, digits=self.asking.digits + digit, error="")
            self.show()

    def pin_backspaced(self) -> None:
        """One digit back."""
        if self.asking and not self.busy:
            self.asking = replace(self.asking, digits=self.asking.digits[:-1])
            self.show()

    def pin_cleared(self) -> None:
        """All digits back."""
        if self.asking and not self.busy:
            self.asking = replace(self.asking, digits="")
            self.show()

    def approver_chosen(self, staff: str) -> None:
        """Who approves."""
        if self.asking and not self.busy:
            self.asking = replace(self.asking, chosen=staff, digits="", error="")
            self.show()

    def reprint_requested(self) -> None:
        """Print the receipt of what was done once more."""
        if self.finished is not None:
            self.finished = replace(self.finished, printing="printing")
            self.desk.hooks.reprint(self.finished.done.seq)
            self.show()

    def printed(self, result: PrintResult) -> None:
        """News of a receipt."""
        if self.finished is not None:
            heard = self.finished.heard(result)
            if heard != self.finished:
                self.finished = heard
                self.show()

    def next_customer(self) -> None:
        """Away with what is done; nobody is served."""
        self.finished = None
        self.leave()
        self.customer.drop()
        self.desk.quiet()
        self.show()

    # -- shared steps ----------------------------------------------------------------------------

    def step_back(self) -> bool:
        """The parts of Esc that all screens share; False when there was nothing to step out of."""
        if self.asking is not None:
            if not self.busy:
                self.asking = None
        elif self.explaining:
            self.explaining = ""
        elif not self.customer.close_find():
            return False
        self.show()
        return True

    def primary_shared(self) -> bool:
        """The parts of Enter that all screens share."""
        if self.busy:
            return True
        if self.finished is not None:
            self.next_customer()
            return True
        if self.asking is not None:
            self._check_approver()
            return True
        return False

    def took(self, done: Done) -> None:
        """The operation is in the journal."""
        self.busy, self.asking = False, None
        self.finished = finished(done)
        self.desk.quiet()
        self.desk.hooks.committed(done)
        self.customer.refresh()
        self.look_at_safety()
        self.show()

    def look_at_safety(self) -> None:
        """How safe the finished operation is by now."""
        finished, till = self.finished, self.desk.till
        if finished is not None:
            seq = finished.done.seq
            self.desk.jobs.read(lambda: health.safety(till, seq), self._safety_known)

    def refused(self, refusal: Refusal | Trouble) -> None:
        """The operation was refused: ask for an approver where one helps, else say why."""
        self.busy = False
        if isinstance(refusal, Refusal) and refusal.code is Code.APPROVER_NEEDED:
            self.desk.last_refusal = refusal
            till = self.desk.till
            self.desk.jobs.read(lambda: sign_in.people(till), self._ask_for_approver)
            return
        if isinstance(refusal, Refusal) and refusal.code is Code.OFFLINE_NOT_AUTHENTICATED:
            self._ask_for_card_pin(refusal)
            return
        self.desk.refuse(refusal)
        self.show()

    def pin_view(self) -> PinView | None:
        """The panel that asks for an approver."""
        if self.asking is None:
            return None
        return PinView(
            self.desk.text("pin.card_title" if self.asking.card else "pin.approver_title"),
            sentence_of(self.desk.text, self.asking.why)
            if self.asking.why
            else self.desk.text("pin.approver_marks"),
            len(self.asking.digits),
            PIN_MAX,
            self.asking.error,
            tuple((person.staff, person.name) for person in self.asking.people),
            self.asking.chosen,
        )

    def tender_views(
        self, chosen: str, *, enabled: bool, reason: str, at_mall: bool = False
    ) -> tuple[TenderView, ...]:
        """The ways to pay; at a mall counter only the mall's till."""
        text = self.desk.text
        return tuple(
            TenderView(
                code,
                text(f"sale.tender.{code}"),
                icon,
                chosen=code == chosen,
                enabled=enabled,
                reason="" if enabled else reason,
            )
            for code, icon in (MALL if at_mall else TENDERS)
        )

    def explanation(self) -> ExplainView | None:
        """The panel that is open, if one is."""
        return None

    # -- results ---------------------------------------------------------------------------------

    def _ask_for_approver(self, people: tuple[Person, ...] | Trouble) -> None:
        if isinstance(people, Trouble):
            self.desk.refuse(people)
            self.show()
            return
        session = self.desk.session
        own = session.staff if session else ""
        may = sorted(
            (person for person in people if person.approver and not person.locked),
            key=lambda person: person.staff == own,
        )[:APPROVERS_MAX]
        if not may:
            self.desk.say("notice.no_approver", "warn")
        else:
            chosen = may[0].staff if len(may) == 1 else ""
            self.asking = Asking(tuple(may), chosen)
        self.show()

    def proven(self, bearer: Bearer) -> None:
        """The member typed their card's PIN: do it again with that said."""
        self.customer.bearer = bearer
        self.commit(None)

    def _ask_for_card_pin(self, refusal: Refusal) -> None:
        """Ask for the PIN of the card presented, where this till can check it; else say why."""
        till, bearer = self.desk.till, self.customer.bearer

        def asked(known: bool | Trouble) -> None:
            if known is True:
                self.asking = Asking((), card=bearer, why=refusal)
            else:
                self.desk.refuse(refusal)
            self.show()

        self.desk.jobs.read(lambda: card_pins.can_prove(till, bearer), asked)

    def _check_card_pin(self, bearer: Bearer, pin: str) -> None:
        till = self.desk.till
        self.busy = True
        self.desk.jobs.write(
            lambda: card_pins.check_card_pin(till, bearer, pin), self._card_pin_checked
        )
        self.show()

    def _card_pin_checked(self, found: Bearer | Refusal | Trouble) -> None:
        self.busy = False
        if self.asking is None:
            return
        if isinstance(found, Bearer):
            self.asking = None
            self.proven(found)
            return
        self._pin_refused(found)

    def _check_approver(self) -> None:
        asking = self.asking
        if asking is None or self.busy:
            return
        if asking.card is not None and len(asking.digits) >= PIN_MIN:
            self._check_card_pin(asking.card, asking.digits)
            return
        someone = bool(asking.chosen) or asking.card is not None
        if not someone or len(asking.digits) < PIN_MIN:
            code = "sign_in.need_pin" if someone else "pin.choose_approver"
            self.asking = replace(asking, error=self.desk.text(code))
            self.show()
            return
        till, staff, pin = self.desk.till, asking.chosen, asking.digits
        self.busy = True
        self.desk.jobs.write(lambda: sign_in.approve(till, staff, pin), self._approver_checked)
        self.show()

    def _approver_checked(self, found: Approval | Refusal | Trouble) -> None:
        self.busy = False
        if self.asking is None:
            return
        if isinstance(found, Approval):
            self.asking = replace(self.asking, digits="")
            self.commit(found)
            return
        self._pin_refused(found)

    def _pin_refused(self, found: Refusal | Trouble) -> None:
        if self.asking is None:
            return
        self.desk.last_refusal = found
        error = sentence_of(self.desk.text, found)
        if isinstance(found, Refusal) and found.code is Code.PIN_WRONG:
            error = self.desk.text("pin.wrong", count=int(found.param("left")))
        self.asking = replace(self.asking, digits="", error=error)
        self.show()

    def _safety_known(self, safety: Safety | Trouble) -> None:
        if self.finished is not None and not isinstance(safety, Trouble):
            self.finished = replace(self.finished, safety=safety)
            self.show()
