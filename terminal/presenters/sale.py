"""The sale: ring up, serve a member, points and stored value, tenders, done."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sync.domain.pricing import Product
from sync.domain.refusals import Refusal
from terminal.presenters import sale_drawing
from terminal.presenters.canvas import draw
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk
from terminal.presenters.finished import done_view
from terminal.presenters.lookups import Typed, typed
from terminal.presenters.parts_view import AmountRow, ExplainView
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.ringing import Change, Ringing, Rung
from terminal.presenters.sale_drawing import Payment
from terminal.presenters.sale_view import SaleView
from terminal.presenters.serving import Serving
from terminal.presenters.typed import amount_minor, digits_of, pieces
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, SaleDraft
from terminal.usecases.identify import CodeFound, MemberCard, ProductFound
from terminal.usecases.outcome import Trouble
from terminal.usecases.search import Found
from terminal.usecases.sign_in import Approval

_HINTS = frozenset({"sale.cash_hint", "sale.mall_hint"})
AMOUNT_DIGITS = 7  # a plain number longer than this is a code, not an amount


class SalePresenter(Serving):
    """Presenter of the sale screen."""

    def __init__(self, desk: Desk, customer: Customer, render: Render[SaleView] = nowhere) -> None:
        self._render = render
        self._ringing = Ringing(desk.till)
        self._rung: Rung | None = None
        self._payment = Payment()
        self._entry, self._entry_error, self._line = "", "", ""
        self._paid: Done | None = None
        self._prompted = False
        super().__init__(desk, customer)

    def draw_with(self, render: Render[SaleView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    @property
    def draft(self) -> SaleDraft | None:
        """The sale at hand, None when nothing is rung up."""
        return self._rung.draft if self._rung else None

    @property
    def payment(self) -> Payment:
        """How the rest is to be paid."""
        return self._payment

    @property
    def rung(self) -> Rung | None:
        """The sale as it was last worked out."""
        return self._rung

    @property
    def hint(self) -> str:
        """Code of the sentence about what comes next."""
        if self.finished is not None:
            return "hint.done"
        return "hint.sale_pay" if self.draft is not None else "hint.sale"

    # -- typing ----------------------------------------------------------------------------------

    def entry_edited(self, entry: str) -> None:
        """Something is typed into the scan field."""
        if self.finished is not None and entry:
            self.next_customer()
        self._entry, self._entry_error = entry, ""
        self.show()

    def entry_submitted(self, entry: str) -> None:
        """Enter in the scan field: an amount, cash received, a code, a phone number or a name."""
        if self.busy or not entry.strip():
            return
        if self._payment.tender == "cash" and self.draft is not None:
            self._cash_received(entry)
            return
        if self._payment.tender == "mall" and self.draft is not None:
            self._entry = ""
            self._change(lambda draft: draft.with_slip(entry.strip()), opens=False)
            return
        quantity, rest = pieces(entry)
        minor = amount_minor(rest)
        plain = "." in rest or len(digits_of(rest)) <= AMOUNT_DIGITS
        if minor is not None and plain:
            self._ring_amount(minor, quantity)
            return
        till = self.desk.till
        self.desk.jobs.read(lambda: typed(till, rest), partial(self._typed, rest, quantity))
        self.show()

    def _cash_received(self, entry: str) -> None:
        minor = amount_minor(entry)
        if minor is None:
            self._entry_error = self.desk.text("sale.not_an_amount")
        else:
            self._payment = replace(self._payment, received_minor=minor)
            self._entry = ""
        self.show()

    def _ring_amount(self, minor: int, quantity: int) -> None:
        if not minor:
            self._entry_error = self.desk.text("refusal.amount_not_positive")
            self.show()
            return
        self._entry = ""

        def change(draft: SaleDraft) -> SaleDraft:
            added = draft.adding_amount(minor)
            return added.with_quantity(len(added.lines) - 1, quantity)

        self._change(change)

    def _typed(self, entry: str, quantity: int, found: Typed | Trouble) -> None:
        if isinstance(found, ProductFound):
            self._entry = ""
            self._ring(found.product, quantity)
        elif isinstance(found, CodeFound):
            self._entry = ""
            self.code_scanned(found.raw)
        elif isinstance(found, MemberCard):
            self._entry = ""
            self.member_scanned(found)
        elif isinstance(found, Found):
            self._found(entry, found)
        elif isinstance(found, Refusal):
            self.desk.last_refusal = found
            self._entry_error = self.desk.text.sentence(
                f"refusal.{found.code.value}", dict(found.params)
            )
            self.show()
        else:
            self.desk.refuse(found)

    def _found(self, entry: str, found: Found) -> None:
        if not found.hits and found.by == "name":
            self._entry_error = self.desk.text("sale.nothing_found")
            self.show()
            return
        if self.customer.bearer is not None:
            self.desk.say("notice.member_first", "warn")
            return
        self._entry = ""
        self.customer.show_found(entry, found)

    # -- ringing up ------------------------------------------------------------------------------

    def product_scanned(self, product: Product) -> None:
        """A product was scanned; "3*" in the scan field makes it three."""
        if self.blocked:
            self.desk.say("notice.finish_first", "warn")
            return
        if self.finished is not None:
            self.next_customer()
        quantity, rest = pieces(self._entry)
        self._entry = rest
        self._ring(product, quantity)

    def code_scanned(self, raw: str) -> None:
        """A coupon or a price code, for the sale at hand."""
        if self.blocked:
            self.desk.say("notice.finish_first", "warn")
            return
        if self.draft is None or self.finished is not None:
            self._entry_error = self.desk.text("sale.need_line")
            self.show()
            return
        self.desk.quiet()
        ringing = self._ringing
        self.desk.jobs.write(lambda: ringing.code(raw), self._changed)

    def line_chosen(self, line_id: str) -> None:
        """Mark a line, or none."""
        self._line = "" if self._line == line_id else line_id
        self.show()

    def line_removed(self, line_id: str) -> None:
        """Take a line away."""
        if not self.busy and self.finished is None:
            self._line = ""
            item = int(line_id)
            self._change(lambda draft: draft.with_quantity(item, 0), opens=False)

    def _ring(self, product: Product, quantity: int) -> None:
        self.desk.quiet()
        self._change(lambda draft: draft.adding(product, quantity))

    # -- points, stored value, tenders -----------------------------------------------------------

    def points_credit_pressed(self) -> None:
        """Pay with points: as many as typed, else as many as may; pressed again, with none."""
        rung = self._rung
        if self.busy or rung is None or rung.quote is None or rung.draft is None:
            return
        typed_points = digits_of(self._entry)
        most = rung.quote.most_points
        if self.customer.offline and self.customer.served is not None:
            most = min(most, self.customer.served.usable_points)
        if not most and not typed_points and not rung.draft.points:
            self.desk.say("notice.no_points", "warn")
            return
        points = int(typed_points) if typed_points else most
        if rung.draft.points and not typed_points:
            points = 0
        self._entry = ""
        self._change(lambda draft: draft.paying(points, draft.stored_value_minor), opens=False)

    def value_credit_pressed(self) -> None:
        """Pay with stored value: as much as typed, else as much as may; pressed again, none."""
        rung = self._rung
        if self.busy or rung is None or rung.quote is None or rung.draft is None:
            return
        typed_minor = amount_minor(self._entry) if self._entry else None
        most = rung.quote.most_stored_value_minor
        if self.customer.offline and self.customer.served is not None:
            most = min(most, self.customer.served.usable_minor)
        if not most and typed_minor is None and not rung.draft.stored_value_minor:
            self.desk.say("notice.no_value", "warn")
            return
        minor = typed_minor if typed_minor is not None else most
        if rung.draft.stored_value_minor and typed_minor is None:
            minor = 0
        self._entry = ""
        self._change(lambda draft: draft.paying(draft.points, minor), opens=False)

    def tender_chosen(self, code: str) -> None:
        """How the rest is paid; chosen again, not any more."""
        if self.busy or self.draft is None:
            return
        self._payment = Payment() if self._payment.tender == code else Payment(code)
        self._entry_error = ""
        self.desk.quiet()
        self.show()

    # -- Enter and Esc ---------------------------------------------------------------------------

    def primary_pressed(self) -> None:
        """Take the payment."""
        if self.primary_shared():
            return
        rung = self._rung
        if rung is None or rung.quote is None:
            return
        action = sale_drawing.primary(self.desk.text, rung.quote.quote, self._payment, busy=False)
        if not action.enabled:
            self._entry_error = action.reason
            self.show()
            return
        self.commit(None)

    def back_pressed(self) -> None:
        """One step back; nothing that was rung up is lost."""
        if self.busy or self.step_back():
            return
        if self._entry or self._entry_error:
            self._entry, self._entry_error = "", ""
        elif self._payment.received_minor is not None:
            self._payment = replace(self._payment, received_minor=None)
        elif self._payment.tender:
            self._payment = Payment()
        elif self._line:
            self._line = ""
        self.show()

    def commit(self, approval: Approval | None) -> None:
        """Take the payment, with or without an approver behind it."""
        rung, payment = self._rung, self._payment
        if rung is None or rung.quote is None:
            return
        self.busy = True
        received = payment.received_minor
        ringing, due = self._ringing, rung.quote.quote.data.money_minor
        tendered = due if received is None or payment.tender != "cash" else received
        tender = payment.tender or "cash"
        self.desk.jobs.write(lambda: ringing.pay(tender, tendered, approval), self._payment_taken)
        self.show()

    def proven(self, bearer: Bearer) -> None:
        """The card's PIN was typed: the sale says so, and is paid as it stood."""
        self.busy, self.customer.bearer = True, bearer
        ringing = self._ringing
        self.desk.jobs.write(lambda: ringing.proven(bearer), self._proven)

    def _proven(self, rung: Rung) -> None:
        self.busy = False
        self._changed(rung)
        if rung.refused is None:
            self.commit(None)

    # -- from elsewhere --------------------------------------------------------------------------

    def resume(self, draft: SaleDraft) -> None:
        """Go on with a sale that was left."""
        ringing = self._ringing
        self.busy = True
        self.desk.jobs.write(lambda: ringing.adopt(draft), self._resumed)

    def joined(self, draft: SaleDraft, member: MemberCard) -> None:
        """The customer became a member in the middle of this sale."""
        ringing = self._ringing
        self.customer.take(member)
        self.desk.jobs.write(lambda: ringing.joined(draft), self._changed)

    def veto(self, _found: MemberCard) -> str:
        """The member of a sale in which something is paid by their account stays."""
        draft = self.draft
        return "notice.card_busy" if draft is not None and draft.bearer is not None else ""

    def customer_changed(self) -> None:
        """The sale is for whoever is served."""
        draft, bearer = self.draft, self.customer.bearer
        if draft is not None and self.finished is None:
            now = draft.bearer.member if draft.bearer else None
            if now != (bearer.member if bearer else None):
                self._change(lambda held: _for(held, bearer), opens=False)
        self.show()

    def figures_changed(self) -> None:
        """Head office's figures moved: work the sale out again."""
        if self.draft is not None and not self.busy and self.asking is None:
            self.desk.jobs.write(self._ringing.quoted, self._changed)

    def forget_words(self) -> None:
        """The language changed: what was said in the other one goes."""
        super().forget_words()
        self._entry_error = ""

    def leave(self) -> None:
        """Be as new for the next customer."""
        self._rung, self._payment = None, Payment()
        self._entry = self._entry_error = self._line = self.explaining = ""
        self._prompted = False

    # -- results ---------------------------------------------------------------------------------

    def _change(self, change: Change, *, opens: bool = True) -> None:
        ringing, bearer = self._ringing, self.customer.bearer

        def changed() -> Rung:
            return ringing.change(lambda draft: change(_first(draft, bearer)), opens=opens)

        self.desk.jobs.write(changed, self._changed)
        self.show()

    def _changed(self, rung: Rung) -> None:
        if isinstance(rung.refused, Trouble):
            self.desk.refuse(rung.refused)
            self.show()
            return
        self._rung = rung if rung.draft is not None else None
        if self._rung is None:
            self._payment, self._prompted = Payment(), False
        if rung.refused is not None:
            self.desk.refuse(rung.refused)
        elif rung.joining is not None and not self._prompted:
            self._prompted = True
            self.desk.say("notice.may_join", action="enrol", spent_minor=rung.joining.single_minor)
        self.desk.hooks.redraw()
        self.show()

    def _resumed(self, rung: Rung) -> None:
        self.busy = False
        self._changed(rung)
        draft = rung.draft
        member = rung.quote.member if rung.quote else None
        if draft is not None and draft.bearer is not None and member is not None:
            self.customer.take(member)
        self.show()

    def _payment_taken(self, found: Done | Rung) -> None:
        self.busy = False
        if isinstance(found, Done):
            self._paid = found
            self.took(found)
            self.desk.hooks.redraw()
            return
        if found.draft is not None:
            self._rung = found
        if found.refused is not None:
            self.refused(found.refused)
        self.show()

    # -- the view --------------------------------------------------------------------------------

    def explanation(self) -> ExplainView | None:
        """The arithmetic that is open."""
        if not self.explaining:
            return None
        return sale_drawing.explanation(self.desk.text, self._rung, self.explaining)

    def show(self) -> None:
        """Draw the view."""
        draw(self._render, self.view)

    def view(self) -> SaleView:
        """The sale as it is."""
        text, rung, draw = self.desk.text, self._rung, sale_drawing
        quote = rung.quote if rung else None
        work = quote.quote if quote else None
        member = self.customer.bearer is not None
        taken = self.finished
        hint = f"sale.{self._payment.tender}_hint" if taken is None else ""
        at_mall = quote is not None and quote.facts.at_mall
        view = SaleView(
            member=self.customer.pane(needed=False, can_change=taken is None),
            entry=self._entry,
            lines=draw.sale_lines(text, rung),
            totals=draw.totals(text, work, quote.programme if quote else None),
            due=text.money(work.data.due_minor if work else 0),
            points_credit=draw.points_credit(text, rung, member=member),
            value_credit=draw.value_credit(text, rung, member=member),
            still_due=draw.still_due(text, work),
            tenders=self.tender_views(
                self._payment.tender,
                enabled=work is not None,
                reason=text("sale.need_line"),
                at_mall=at_mall,
            ),
            earns=draw.earns(text, quote),
            primary=draw.primary(text, work, self._payment, busy=self.busy),
            entry_hint=text(hint) if hint in _HINTS else "",
            cash=draw.cash_row(text, work, self._payment),
            entry_error=self._entry_error,
            empty_title=text("sale.empty_title"),
            empty=text("sale.empty"),
            chosen_line=self._line,
            explain=self.explanation(),
            pin=self.pin_view(),
        )
        return self._done(view) if taken is not None else self._pin(view)

    def _pin(self, view: SaleView) -> SaleView:
        if view.pin is None or self.busy:
            return view
        label = self.desk.text("sale.confirm_pin")
        return replace(view, primary=replace(view.primary, label=label))

    def _done(self, view: SaleView) -> SaleView:
        text, finished = self.desk.text, self.finished
        if finished is None:
            return view
        data = sale_drawing.data_of(finished.done)
        big = ("", "")
        if data.change_minor:
            big = (text("sale.change"), text.money(data.change_minor))
        earned = None
        if finished.done.body.member is not None:
            served = self.customer.served
            held = served.card.standing if served else None
            now = text.points((held.confirmed + held.pending).points) if held else ""
            earned = AmountRow(text("done.earned", gain_points=data.points_earned), now)
        return replace(
            view,
            due=text.money(data.due_minor),
            due_label=text("sale.paid"),
            done=done_view(
                text,
                finished,
                text("sale.done"),
                big,
                sale_drawing.done_lines(text, finished.done),
            ),
            earns=earned or AmountRow(text("sale.earns_none"), ""),
            primary=replace(view.primary, label=text("sale.next"), enabled=True, reason=""),
        )


def _first(draft: SaleDraft, bearer: Bearer | None) -> SaleDraft:
    """A sale that has just been opened belongs to whoever is served."""
    return draft if draft.lines or bearer is None else _for(draft, bearer)


def _for(draft: SaleDraft, bearer: Bearer | None) -> SaleDraft:
    """The sale for somebody; one who joined for it stays a joining member."""
    held = draft.bearer
    if bearer is not None and held is not None and held.member == bearer.member:
        return draft
    return draft.for_member(bearer)
