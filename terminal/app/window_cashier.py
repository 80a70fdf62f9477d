"""A cashier at a till's window: rings up, takes payment, enrols, gives up, all by real keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from PySide6.QtCore import Qt

from hardware.events import CredentialRead, Medium, ReadMethod, Strength
from sync.domain.joining import Eligibility
from sync.domain.refusals import Code, Refusal, refuse
from sync.lab import drive
from terminal.app.clocks import StoryClock
from terminal.app.told import told
from terminal.app.window import TillWindow
from terminal.app.window_forms import FormHands
from terminal.app.window_hands import CTRL, Hands, NotSeen, Said
from terminal.presenters.counter import Counter
from terminal.presenters.serving import Serving
from terminal.usecases.commits import Done
from terminal.usecases.drafts import SaleDraft
from terminal.usecases.till import Till

READER: Final = "scanner"
_STRENGTH: Final = {Medium.IC: Strength.UID, Medium.RFID: Strength.UID}
_TENDERS: Final = ("wechat", "alipay", "cash", "bank_card")
_ERRORS: Final = (
    Code.NAME_NEEDED, Code.PHONE_INVALID, Code.BIRTHDAY_INVALID, Code.CONSENT_NEEDED,
)  # fmt: skip


class Cashier:
    """Does what the commands of a story ask a cashier to do. Used on the GUI thread."""

    def __init__(self, window: TillWindow, counter: Counter, till: Till, clock: StoryClock) -> None:
        self.hands = Hands(window, counter)
        self._counter, self._till, self._clock = counter, till, clock
        self._wished: tuple[str, int | None] = ("", None)

    # -- ringing up ------------------------------------------------------------------------------

    def open_draft(self, command: drive.OpenDraft) -> drive.Answer:
        """The next customer, on the screen of the operation."""
        self.fresh()
        if command.kind == "operation":
            forms = FormHands(self.hands, command.operation)
            forms.begin()
            return drive.Done(draft=self.draft_id())
        kind = "gifts" if command.kind == "gift" else command.kind
        self.hands.go(kind)
        return drive.Done()

    def scan_card(self, command: drive.ScanCard) -> drive.Answer:
        """A member's card, at the scanner or at a reader."""
        medium = Medium(command.medium)
        if medium is Medium.BARCODE:
            self.hands.scan(command.credential)
        else:
            self._present(command.credential, medium)
        self.hands.heard_no()
        customer = self._counter.customer
        self.hands.until(lambda: customer.served is not None, "the member is not shown")
        return drive.Done(draft=self.draft_id())

    def _present(self, credential: str, medium: Medium) -> None:
        """A card at a reader that is no keyboard."""
        strength = _STRENGTH.get(medium, Strength.TOKEN)
        now_ms = self._clock.utc_ms()
        read = CredentialRead(READER, medium, credential, ReadMethod.READ, strength, now_ms)
        self._counter.frame.device_event(read)
        self.hands.settled()

    def scan_product(self, command: drive.ScanProduct) -> drive.Answer:
        """A product, so many times."""
        hands = self.hands
        self._to_sale()
        if command.quantity > 1:
            hands.type(f"{command.quantity}*", hands.screens["sale"].scan)
        hands.scan(command.barcode)
        hands.heard_no()
        return drive.Done(draft=self.draft_id())

    def amount(self, command: drive.Amount) -> drive.Answer:
        """A plain amount, so many times."""
        hands = self.hands
        self._to_sale()
        pieces = f"{command.quantity}*" if command.quantity > 1 else ""
        hands.type(f"{pieces}{typed(command.minor)}", hands.screens["sale"].scan)
        hands.enter()
        hands.heard_no()
        return drive.Done(draft=self.draft_id())

    def code(self, command: drive.Code) -> drive.Answer:
        """A coupon or a price code."""
        self._to_sale()
        self.hands.scan(command.code)
        self.hands.heard_no()
        return drive.Done(draft=self.draft_id())

    def points(self, command: drive.Points) -> drive.Answer:
        """So many points are to pay."""
        return self._credit(str(command.points), Qt.Key.Key_5)

    def stored_value(self, command: drive.StoredValue) -> drive.Answer:
        """So much stored value is to pay."""
        minor = command.minor
        if minor == drive.MAX_STORED_VALUE:
            rung = self._counter.sale.rung
            minor = rung.quote.most_stored_value_minor if rung and rung.quote else 0
        return self._credit(typed(minor), Qt.Key.Key_6)

    def _credit(self, typed: str, key: Qt.Key) -> drive.Answer:
        """So many points, or so much stored value, by Ctrl and a digit."""
        hands = self.hands
        self._to_sale()
        hands.type(typed, hands.screens["sale"].scan)
        hands.press(key, CTRL)
        hands.settled()
        hands.heard_no()
        return drive.Done()

    def take_tender(self, command: drive.Tender) -> drive.Answer:
        """How the rest is paid."""
        self._wished = (command.tender, command.tendered_minor)
        hands, sale = self.hands, self._counter.sale
        self._to_sale()
        if not self._money_due():
            return drive.Done()
        if sale.payment.tender != command.tender:
            shown = [view.code for view in sale.view().tenders]
            self._press_tender(command.tender, shown)
        if command.tender == "cash" and command.tendered_minor is not None:
            hands.type(typed(command.tendered_minor), hands.screens["sale"].scan)
            hands.enter()
        if command.slip:
            hands.type(command.slip, hands.screens["sale"].scan)
            hands.enter()
        return drive.Done()

    def _press_tender(self, tender: str, shown: Sequence[str] = _TENDERS) -> None:
        if tender not in shown:  # a mall counter takes none of its own
            raise Said(refuse(Code.TENDER_NOT_HERE, tender=tender))
        self.hands.press(Qt.Key(Qt.Key.Key_1.value + shown.index(tender)), CTRL)
        self.hands.settled()

    # -- finishing -------------------------------------------------------------------------------

    def pay(self, command: drive.Pay) -> drive.Answer:
        """Take the payment."""
        sale = self._counter.sale
        self._to_sale()
        due = self._money_due()
        if due and not sale.payment.tender:
            self.take_tender(drive.Tender(at_ms=command.at_ms, tender=self._wished[0] or "cash"))
        self._check_tendered(due)
        self.hands.enter()
        return self._finish(sale, command)

    def _check_tendered(self, due: int) -> None:
        """What the button is grey for, as the code a till without a window gives."""
        tender, tendered = self._wished
        if not due or tendered is None:
            return
        if tendered < due:
            raise Said(refuse(Code.TENDER_BELOW_DUE, due_minor=due, tendered_minor=tendered))
        if tender != "cash" and tendered > due:
            raise Said(refuse(Code.TENDER_ABOVE_DUE, due_minor=due, tendered_minor=tendered))

    def top_up(self, command: drive.TopUp) -> drive.Answer:
        """An amount, a tender, Enter."""
        hands, top_up = self.hands, self._counter.top_up
        hands.go("top_up")
        amount = hands.screens["top_up"].amount
        if top_up.draft is None or top_up.draft.amount_minor != command.amount_minor:
            hands.tab_to(amount)
            hands.type(typed(command.amount_minor), amount)
            hands.enter()
            hands.heard_no()
        quote = top_up.refused_quote
        if quote is not None:
            raise Said(quote)
        if top_up.tender != command.tender:
            self._press_tender(command.tender)
        hands.enter()
        return self._finish(top_up, command)

    def gift(self, command: drive.Gift) -> drive.Answer:
        """A gift from the table, Enter."""
        hands, gifts = self.hands, self._counter.gifts
        hands.go("gifts")
        if gifts.chosen != command.offer:
            table = hands.screens["gifts"].table
            hands.tab_to(table)
            at = next(
                (n for n, gift in enumerate(gifts.catalogue) if gift.offer == command.offer), None
            )
            if at is None:
                raise Said(refuse(Code.GIFT_UNKNOWN, offer=command.offer))
            table.setCurrentIndex(table.rows.index(0, 0))
            for _ in range(at):
                hands.press(Qt.Key.Key_Down)
            hands.press(Qt.Key.Key_Space)
            hands.until(lambda: bool(gifts.chosen or self._counter.frame.notice), "no gift chosen")
            hands.settled()
            hands.heard_no()
        if gifts.chosen != command.offer:
            self._short(command)
        for _ in range(command.quantity - 1):
            hands.press(Qt.Key.Key_Plus)
            hands.settled()
            hands.heard_no()
        hands.enter()
        return self._finish(gifts, command)

    def operate(self, command: drive.Operate) -> drive.Answer:
        """An operation of a form: its fields, Enter."""
        forms = FormHands(self.hands, command.operation)
        forms.begin()
        forms.fill({**command.fields, **command.hidden})
        forms.confirm()
        return self._finish(forms.form, command)

    def _short(self, command: drive.Gift) -> None:
        """A gift that is grey: too few points."""
        served = self._counter.customer.served
        price = next(
            (g.points for g in self._counter.gifts.catalogue if g.offer == command.offer), 0
        )
        has = served.card.standing.available.points if served else 0
        raise Said(refuse(Code.POINTS_SHORT, has=max(has, 0), needs=price * command.quantity))

    def _finish(self, presenter: Serving, command: drive.Approval) -> drive.Answer:
        """Wait for the end of an operation; an approver steps in where one is asked for."""
        hands = self.hands
        if presenter.asking is not None:
            if not command.approver:
                hands.heard_no()
            self._counter.desk.last_refusal = None
            self._approve(presenter, command)
        hands.heard_no()
        finished = presenter.finished
        if finished is None:
            raise NotSeen(f"the operation does not end; {hands.where()}")
        return self.answer(finished.done)

    def _approve(self, presenter: Serving, command: drive.Approval) -> None:
        hands, asking = self.hands, presenter.asking
        if asking is None:
            return
        panel = hands.screens[self._counter.frame.screen].pay.pin
        if asking.chosen != command.approver:
            names = [person.staff for person in asking.people]
            if command.approver not in names:
                raise Said(refuse(Code.APPROVER_NEEDED))
            hands.push(panel.approvers[names.index(command.approver)])
        hands.tab_to(panel.dots)
        pin = command.approver_pin
        hands.digits(pin, lambda: len(presenter.asking.digits) if presenter.asking else 0)
        hands.enter()

    # -- joining ---------------------------------------------------------------------------------

    def enrol(self, command: drive.Enrol) -> drive.Answer:
        """Fill in the form, give a card, finish."""
        hands, enrol = self.hands, self._counter.enrol
        hands.go("enrol")
        fields = hands.screens["enrol"].fields
        earlier = "; ".join(f"{p.day} {typed(p.base_minor)}" for p in command.earlier)
        birthday = command.birthday.replace("-", "/")
        for name, value in (
            ("phone", command.phone), ("name", command.name), ("birthday", birthday),
            ("earlier", earlier),
        ):  # fmt: skip
            if value:
                hands.tab_to(fields[name].entry)
                hands.type(value, fields[name].entry)
        hands.settled()
        if command.consent:
            hands.tab_to(hands.screens["enrol"].consent)
            hands.press(Qt.Key.Key_Space)
            hands.until(lambda: enrol.consent, "the consent is not ticked")
        hands.settled()
        self._give_card(command)
        self._check_form()
        hands.enter()
        hands.heard_no()
        enrolled, read = enrol.enrolled, enrol.read
        if enrolled is None or read is None:
            raise NotSeen(f"nobody joined; {hands.where()}")
        credential = read.raw
        hands.enter()
        hands.until(lambda: self._counter.frame.screen == "sale", "the sale does not come back")
        return self.answer(enrolled.done, credential)

    def _give_card(self, command: drive.Enrol) -> None:
        medium = Medium(command.medium)
        if not command.credential:
            self.hands.push(self.hands.screens["enrol"].next_card)
        elif medium is Medium.BARCODE:
            self.hands.scan(command.credential)
        else:
            self._present(command.credential, medium)

    def _check_form(self) -> None:
        """What the button is grey for, as the code a till without a window gives."""
        looked = self._counter.enrol.looked
        if looked is not None:
            for code in _ERRORS:
                if code in looked.errors:
                    raise Said(refuse(code))
            if not isinstance(looked.why, Eligibility):
                raise Said(
                    looked.why if isinstance(looked.why, Refusal) else refuse(Code.NOT_ELIGIBLE)
                )
        self.hands.heard_no()

    # -- small things ----------------------------------------------------------------------------

    def _to_sale(self) -> None:
        """The sale, with the keyboard in its scan field."""
        self.hands.go("sale")
        self.hands.tab_to(self.hands.screens["sale"].scan)

    def _money_due(self) -> int:
        rung = self._counter.sale.rung
        return rung.quote.quote.data.money_minor if rung and rung.quote else 0

    def draft_id(self) -> UUID | None:
        """Entry id of whatever is at hand."""
        counter = self._counter
        for presenter in (counter.sale, counter.top_up, counter.gifts):
            draft = presenter.draft if presenter.finished is None else None
            if draft is not None:
                return draft.entry_id
        for form in counter.forms.values():
            if form.draft_id is not None and form.finished is None:
                return form.draft_id
        return counter.enrol.draft_id

    def answer(self, done: Done, credential: str | None = None) -> drive.Done:
        """An operation as the answer that tells of it."""
        return told(self._till, done, self._counter.desk.text, credential)

    def fresh(self) -> None:
        """The next customer: what is finished goes, what was left is given up."""
        hands, counter = self.hands, self._counter
        for name in ("sale", "top_up", "gifts", *counter.forms):
            presenter: Serving = counter.presenter(name)
            if presenter.finished is not None:
                hands.go(name)
                hands.enter()
        self.give_up()

    def give_up(self) -> None:
        """As a cashier does it: Esc until nothing is left, every line off, the member away."""
        hands, counter = self.hands, self._counter
        self._wished = ("", None)
        if counter.desk.session is None or counter.frame.screen in {"sign_in", "shift"}:
            return
        for name in ("top_up", "gifts", "sale"):
            presenter = getattr(counter, name)
            if presenter.draft is not None or presenter.asking is not None:
                hands.go(name)
                self._step_out()
        for form in counter.forms.values():
            if form.spec is not None:
                FormHands(hands, form.spec.name).give_up()
        self._empty_basket()
        self.give_up_form()
        if counter.customer.bearer is not None:
            hands.go("sale")
            hands.push(hands.screens["sale"].member.change)
        counter.desk.last_refusal = None

    def give_up_form(self) -> None:
        """Nobody joins: back to the sale, an empty form the next time."""
        enrol = self._counter.enrol
        if enrol.draft_id is not None or enrol.value("phone"):
            enrol.give_up()
            self.hands.settled()
        if self._counter.frame.screen == "enrol":
            self.hands.press(Qt.Key.Key_Escape)
            self.hands.settled()
        self._counter.desk.last_refusal = None

    def _step_out(self) -> None:
        """Esc for every step there is."""
        for _ in range(6):
            self.hands.press(Qt.Key.Key_Escape)
            self.hands.settled()

    def _empty_basket(self) -> None:
        hands, sale = self.hands, self._counter.sale
        while sale.draft is not None and sale.draft.lines and sale.finished is None:
            hands.go("sale")
            table = hands.screens["sale"].table
            hands.tab_to(table)
            before = len(sale.draft.lines)
            table.setCurrentIndex(table.rows.index(before - 1, 0))
            hands.press(Qt.Key.Key_Delete)
            hands.settled()
            if _pieces(sale.draft) >= before:
                raise NotSeen("the line stays")


def _pieces(draft: SaleDraft | None) -> int:
    return len(draft.lines) if draft else 0


def typed(minor: int) -> str:
    """Fen as a cashier types them."""
    return f"{minor // 100}.{minor % 100:02d}".removesuffix(".00")
