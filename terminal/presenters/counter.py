"""All presenters of a till, connected: who hears of what, and what follows what. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hardware.events import PrintResult
from terminal.operations import catalogue
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk
from terminal.presenters.enrol import EnrolPresenter
from terminal.presenters.frame import (
    FramePresenter,
    Outlets,
    Serves,
    TakesCards,
    crash_notice,
)
from terminal.presenters.gifts import GiftsPresenter
from terminal.presenters.lookups import last_receipt
from terminal.presenters.operation import OperationPresenter
from terminal.presenters.points import PointsPresenter
from terminal.presenters.ports import Jobs
from terminal.presenters.sale import SalePresenter
from terminal.presenters.serving import Serving
from terminal.presenters.shift import ShiftPresenter
from terminal.presenters.sign_in import SignInPresenter
from terminal.presenters.top_up import TopUpPresenter
from terminal.text import Text
from terminal.usecases import recover
from terminal.usecases.drafts import (
    Draft,
    EnrolDraft,
    GiftDraft,
    OperationDraft,
    SaleDraft,
    TopUpDraft,
)
from terminal.usecases.enrol import Enrolled
from terminal.usecases.outcome import Trouble
from terminal.usecases.recover import Recovered
from terminal.usecases.shift import OpenShift
from terminal.usecases.till import Session, Till


def _nothing() -> None:
    return None


def _silent(_accepted: bool) -> None:  # two sounds: accepted, refused
    return None


def _no_switch(_offline: bool) -> None:  # the state of a switch
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a counter does outside: send, switch the network, sound, put fixed words again.

    `switch`: the demo's offline switch is shown.
    """

    nudge: Callable[[], None] = _nothing
    set_offline: Callable[[bool], None] = _no_switch
    sound: Callable[[bool], None] = _silent
    retranslate: Callable[[], None] = _nothing
    switch: bool = False


class Counter:
    """One per window. Build it once the till is open, give the presenters their screens, `start`.

    `recovered` is what the last run left behind, known a moment after somebody signed in.
    """

    def __init__(self, till: Till, text: Text, jobs: Jobs, around: Surroundings) -> None:
        self.desk = desk = Desk(till, text, jobs)
        self._around = around
        self.customer = Customer(desk)
        self.sign_in = SignInPresenter(desk, self._entered)
        self.shift = ShiftPresenter(desk, self._shift_opened, self._shift_ended)
        self.sale = SalePresenter(desk, self.customer)
        self.top_up = TopUpPresenter(desk, self.customer)
        self.points = PointsPresenter(desk, self.customer)
        self.gifts = GiftsPresenter(desk, self.customer)
        self.enrol = EnrolPresenter(desk, self.customer, self._sale_at_hand, self._joined)
        self.forms = {
            name: OperationPresenter(desk, self.customer, name)
            for name in catalogue.SCREENS
            if catalogue.of_screen(name)
        }
        self.recovered: Recovered | None = None
        self._recovering = False
        self._offered: list[Draft] = []
        serving: dict[str, Serves | TakesCards] = {
            "sale": self.sale,
            "top_up": self.top_up,
            "points": self.points,
            "gifts": self.gifts,
            "enrol": self.enrol,
            **self.forms,
        }
        outlets = Outlets(
            around.nudge,
            around.set_offline,
            self._actions(),
            self._arrive,
            self._printed,
            self._figures_changed,
            self._hint,
            around.sound,
            self._open_with,
        )
        self.frame = FramePresenter(desk, self.customer, serving, outlets, switch=around.switch)

    def start(self) -> None:
        """Everything is on the screen: read who works here and how the till stands."""
        self.sign_in.arrive()
        self.frame.look()

    def presenter(self, screen: str) -> Any:  # noqa: ANN401  # every screen draws its own view
        """The presenter of a screen: each has its own view."""
        return self.forms.get(screen) or getattr(self, screen)

    def show_all(self) -> None:
        """Draw every view again: the language changed."""
        for presenter in self._serving():
            presenter.show()
        for other in (self.sign_in, self.shift, self.points, self.enrol, self.frame):
            other.show()

    # -- what the shell reports beside the frame -------------------------------------------------

    def language_toggled(self) -> None:
        """The other language, from now on."""
        text = self.desk.text
        text.switch("en" if text.language == "zh_CN" else "zh_CN")
        self._around.retranslate()
        for presenter in self._serving():
            presenter.forget_words()
        self.show_all()

    def end_shift_requested(self) -> None:
        """Count the drawer, unless something is still rung up."""
        if self.sale.draft is not None and self.sale.finished is None:
            self.desk.say("notice.finish_sale_first", "warn", action="sale")
            return
        if self.desk.session is not None and self.frame.screen != "shift":
            self.shift.end()
            self.frame.go("shift")

    def crashed(self, record: str) -> None:
        """We were wrong somewhere: say so calmly, free what was busy."""
        for presenter in self._serving():
            presenter.busy = False
        self.sign_in.busy = self.shift.busy = self.enrol.busy = False
        self.show_all()
        self.frame.put_notice(crash_notice(self.desk, record))

    # -- people and shifts -----------------------------------------------------------------------

    def _entered(self, session: Session, open_: OpenShift | None) -> None:
        self.frame.entered(session)
        if open_ is None:
            self.shift.begin()
            self.frame.go("shift")
        else:
            self._shift_opened(open_)

    def _shift_opened(self, open_: OpenShift) -> None:
        self.desk.shift = open_
        self.frame.go("sale")
        self.frame.look()
        if open_.long:
            self.desk.say("notice.long_shift", "warn")
        if self.recovered is None and not self._recovering:
            self._recovering = True
            till = self.desk.till
            self.desk.jobs.write(lambda: recover.recover(till), self._recovered)

    def _shift_ended(self) -> None:
        self.desk.shift = None
        self.customer.drop()
        self.frame.lock_requested()

    # -- what the last run left behind -----------------------------------------------------------

    def _recovered(self, found: Recovered | Trouble) -> None:
        self._recovering = False
        if isinstance(found, Trouble):
            self.desk.refuse(found)
            return
        self.recovered = found
        self._offered = [draft for draft in found.drafts if _known(draft)]
        till = self.desk.till
        self.desk.jobs.read(lambda: last_receipt(till), self._last_receipt)
        self._offer()

    def _last_receipt(self, seq: int | Trouble | None) -> None:
        if isinstance(seq, int):
            self.frame.remember(seq)

    def _offer(self) -> None:
        """Offer the newest draft, else the last receipt that may not be on paper."""
        found = self.recovered
        if self._offered:
            code = f"notice.resume_{_kind_of(self._offered[-1])}"
            self.desk.say(code, action="resume")
        elif found is not None and found.receipts:
            number = found.receipts[-1].number
            self.desk.say("notice.unprinted", "warn", action="print_again", number=number)

    def _resume(self) -> None:
        """The cashier goes on with what was left."""
        if not self._offered:
            return
        draft = self._offered.pop()
        match draft:
            case SaleDraft():
                self.sale.resume(draft)
                self.frame.go("sale")
            case TopUpDraft():
                self.top_up.resume(draft)
                self.frame.go("top_up")
                self.customer.choose_bearer(draft.bearer)
            case GiftDraft():
                self.gifts.resume(draft)
                self.frame.go("gifts")
                self.customer.choose_bearer(draft.bearer)
            case EnrolDraft():
                self._resume_enrolment(draft)
            case OperationDraft():
                screen = catalogue.named(draft.operation).screen
                self.forms[screen].resume(draft)
                self.frame.go(screen)
                if draft.bearer is not None:
                    self.customer.choose_bearer(draft.bearer)

    def _resume_enrolment(self, draft: EnrolDraft) -> None:
        """With the sale it is for, if that was left too."""
        self.enrol.resume(draft)
        for_sale = next((d for d in self._offered if d.entry_id == draft.for_sale), None)
        if isinstance(for_sale, SaleDraft):
            self._offered.remove(for_sale)
            self.sale.resume(for_sale)
        self.frame.go("enrol")

    # -- joining ---------------------------------------------------------------------------------

    def _sale_at_hand(self) -> SaleDraft | None:
        return self.sale.draft if self.sale.finished is None else None

    def _joined(self, enrolled: Enrolled) -> None:
        if enrolled.sale is not None:
            self.sale.joined(enrolled.sale, enrolled.member)
        else:
            self.customer.take(enrolled.member)
        self.frame.go("sale")

    # -- around ----------------------------------------------------------------------------------

    def _serving(self) -> list[Serving]:
        return [self.sale, self.top_up, self.gifts, *self.forms.values()]

    def _open_with(self, text: str) -> bool:
        """Whether what was scanned begins an operation, such as a return by its receipt."""
        for spec in catalogue.OPERATIONS:
            if spec.opens_with is not None and spec.opens_with(text):
                self.frame.go(spec.screen)
                self.forms[spec.screen].open_with(spec, text)
                return True
        return False

    def _actions(self) -> dict[str, Callable[[], None]]:
        return {
            "sale": lambda: self.frame.go("sale"),
            "enrol": lambda: self.frame.go("enrol"),
            "resume": self._resume,
            "print_again": self.frame_prints_again,
        }

    def frame_prints_again(self) -> None:
        """The last receipt once more."""
        self.frame.print_again()

    def _arrive(self, screen: str) -> None:
        if screen == "sign_in":
            self.sign_in.arrive()
        elif screen == "gifts":
            self.gifts.arrive()
        elif screen == "enrol":
            self.enrol.arrive()
        elif screen in self.forms:
            self.forms[screen].arrive()

    def _hint(self, screen: str) -> str:
        finished = {
            "top_up": self.top_up.finished,
            "gifts": self.gifts.finished,
            "enrol": self.enrol.finished,
        }
        if screen == "sale":
            return self.sale.hint
        form = self.forms.get(screen)
        if form is not None:
            return "hint.done" if form.finished is not None else form.hint
        if screen == "shift" and self.shift.report is not None:
            return "hint.shift_closed"
        return "hint.done" if finished.get(screen) is not None else f"hint.{screen}"

    def _printed(self, result: PrintResult) -> None:
        self.enrol.printed(result)
        for presenter in self._serving():
            presenter.printed(result)

    def _figures_changed(self) -> None:
        if self.frame.screen == "sign_in":
            self.sign_in.look()
            return
        self.customer.refresh()
        self.sale.figures_changed()
        for presenter in self._serving():
            presenter.look_at_safety()


def _known(draft: Draft) -> bool:
    """Whether this release can go on with it."""
    names = {spec.name for spec in catalogue.OPERATIONS}
    return not isinstance(draft, OperationDraft) or draft.operation in names


def _kind_of(draft: Draft) -> str:
    kinds = {
        SaleDraft: "sale",
        TopUpDraft: "top_up",
        GiftDraft: "gift",
        EnrolDraft: "enrol",
        OperationDraft: "operation",
    }
    return kinds[type(draft)]
