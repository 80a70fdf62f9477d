"""Topping up: an amount, its bonus, how it is paid."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.domain.programme import Programme
from sync.domain.refusals import Refusal
from sync.domain.stored_value import bonus_for
from terminal.presenters.canvas import draw
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk, sentence_of
from terminal.presenters.explaining import explain
from terminal.presenters.finished import done_view
from terminal.presenters.parts_view import ActionView, AmountRow, ExplainView, IconLine
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.serving import Serving
from terminal.presenters.top_up_view import TopUpChoice, TopUpView
from terminal.presenters.typed import amount_minor
from terminal.usecases import drafts, top_up
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, TopUpDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till
from terminal.usecases.top_up import TopUpQuote

CHOICES_MAX = 6


@dataclass(frozen=True, slots=True)
class Loading:
    """A top-up as it was last worked out."""

    draft: TopUpDraft | None
    quote: TopUpQuote | Refusal | None = None


class LoadingDesk:
    """The top-up at hand, on the writer thread."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._draft: TopUpDraft | None = None

    @use_case
    def wish(self, bearer: Bearer, amount: int, tender: str) -> Loading | Refusal | Trouble:
        """Load so much for this member; the first wish opens the draft."""
        draft = self._draft
        if draft is None or draft.bearer.member != bearer.member:
            self._abandon()
            opened = top_up.open_top_up(self._till, bearer)
            if not isinstance(opened, TopUpDraft):
                return opened
            draft = opened
        draft = top_up.of_amount(draft, amount)
        self._draft = draft
        drafts.keep(self._till, draft)
        quote = top_up.quote(self._till, draft, tender)
        return quote if isinstance(quote, Trouble) else Loading(draft, quote)

    @use_case
    def adopt(self, draft: TopUpDraft, tender: str) -> Loading | Refusal | Trouble:
        """Go on with a draft that was left."""
        self._draft = draft
        if not draft.amount_minor:
            return Loading(draft)
        quote = top_up.quote(self._till, draft, tender)
        return quote if isinstance(quote, Trouble) else Loading(draft, quote)

    def load(self, tender: str, approval: Approval | None) -> Done | Refusal | Trouble | None:
        """Take the money."""
        if self._draft is None:
            return None
        done = top_up.top_up(self._till, self._draft, tender, approval)
        if isinstance(done, Done):
            self._draft = None
        return done

    @use_case
    def forget(self) -> None:
        """Nobody wants it any more."""
        self._abandon()

    def _abandon(self) -> None:
        if self._draft is not None:
            drafts.abandon(self._till, self._draft)
            self._draft = None


class TopUpPresenter(Serving):
    """Presenter of the top-up screen."""

    def __init__(self, desk: Desk, customer: Customer, render: Render[TopUpView] = nowhere) -> None:
        self._render = render
        self._loading_desk = LoadingDesk(desk.till)
        self._loading: Loading | None = None
        self._amount, self._entry, self._entry_error = 0, "", ""
        self._tender = ""
        super().__init__(desk, customer)

    def draw_with(self, render: Render[TopUpView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    @property
    def draft(self) -> TopUpDraft | None:
        """The top-up at hand."""
        return self._loading.draft if self._loading else None

    @property
    def quote(self) -> TopUpQuote | None:
        """What it was worked out to."""
        found = self._loading.quote if self._loading else None
        return found if isinstance(found, TopUpQuote) else None

    @property
    def refused_quote(self) -> Refusal | None:
        """Why the amount cannot be loaded."""
        found = self._loading.quote if self._loading else None
        return found if isinstance(found, Refusal) else None

    @property
    def tender(self) -> str:
        """How it is paid."""
        return self._tender

    # -- events ----------------------------------------------------------------------------------

    def choice_chosen(self, choice: str) -> None:
        """One of the amounts offered."""
        self._wish(int(choice))

    def entry_edited(self, entry: str) -> None:
        """Another amount is typed."""
        if self.finished is not None and entry:
            self.next_customer()
        self._entry, self._entry_error = entry, ""
        self.show()

    def entry_submitted(self, entry: str) -> None:
        """Enter after an amount."""
        minor = amount_minor(entry)
        if not minor:
            self._entry_error = self.desk.text("refusal.amount_not_positive")
            self.show()
        else:
            self._entry = ""
            self._wish(minor)

    def tender_chosen(self, code: str) -> None:
        """How it is paid."""
        if not self.busy:
            self._tender = "" if self._tender == code else code
            self._entry_error = ""
            self.show()

    def primary_pressed(self) -> None:
        """Take the money and load the card."""
        if self.primary_shared():
            return
        action = self._primary()
        if action.enabled:
            self.commit(None)
        else:
            self._entry_error = action.reason
            self.show()

    def back_pressed(self) -> None:
        """One step back."""
        if self.busy or self.step_back():
            return
        if self._entry or self._entry_error:
            self._entry, self._entry_error = "", ""
        elif self._tender:
            self._tender = ""
        elif self._amount:
            self.leave()
        self.show()

    def commit(self, approval: Approval | None) -> None:
        """Load the card."""
        self.busy = True
        work, tender = self._loading_desk, self._tender
        self.desk.jobs.write(lambda: work.load(tender, approval), self._loaded)
        self.show()

    def veto(self, _found: MemberCard) -> str:
        """An amount is chosen: first finish or give it up."""
        return "notice.card_busy_here" if self._amount else ""

    def resume(self, draft: TopUpDraft) -> None:
        """Go on with a top-up that was left."""
        work, tender = self._loading_desk, self._tender or "cash"
        self._amount = draft.amount_minor
        self.desk.jobs.write(lambda: work.adopt(draft, tender), self._wished)

    def forget_words(self) -> None:
        """The language changed: what was said in the other one goes."""
        super().forget_words()
        self._entry_error = ""

    def leave(self) -> None:
        """Be as new."""
        if self._amount and self.finished is None:
            self.desk.jobs.write(self._loading_desk.forget, lambda _: None)
        self._loading, self._amount = None, 0
        self._entry = self._entry_error = self._tender = self.explaining = ""

    def customer_changed(self) -> None:
        """Another member: what was chosen is for nobody."""
        draft, bearer = self.draft, self.customer.bearer
        theirs = draft is None or (bearer is not None and bearer.member == draft.bearer.member)
        if not theirs and self.finished is None and not self.busy:
            self.leave()
        self.show()

    # -- results ---------------------------------------------------------------------------------

    def _wish(self, minor: int) -> None:
        bearer = self.customer.bearer
        if self.busy or self.finished is not None:
            return
        if bearer is None:
            self._entry_error = self.desk.text("top_up.need_member")
            self.show()
            return
        self._amount = minor
        work, tender = self._loading_desk, self._tender or "cash"
        self.desk.jobs.write(lambda: work.wish(bearer, minor, tender), self._wished)
        self.show()

    def _wished(self, found: Loading | Refusal | Trouble) -> None:
        if not isinstance(found, Loading):
            self._amount = 0
            self.desk.refuse(found)
        else:
            self._loading = found
            if isinstance(found.quote, Refusal):
                self._entry_error = sentence_of(self.desk.text, found.quote)
        self.show()

    def _loaded(self, found: Done | Refusal | Trouble | None) -> None:
        if isinstance(found, Done):
            self.took(found)
        elif found is None:
            self.busy = False
            self.show()
        else:
            self.refused(found)

    # -- the view --------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw the view."""
        draw(self._render, self.view)

    def view(self) -> TopUpView:
        """The screen as it is."""
        text, quote = self.desk.text, self.quote
        view = TopUpView(
            member=self.customer.pane(needed=True, can_change=self.finished is None),
            choices=self._choices(),
            entry=self._entry,
            preview=self._preview(),
            due=text.money(self._amount),
            tenders=self.tender_views(
                self._tender, enabled=self._amount > 0, reason=text("top_up.need_amount")
            ),
            primary=self._primary(),
            limits=self._limits(quote),
            entry_error=self._entry_error,
            explain=self.explanation(),
            pin=self.pin_view(),
        )
        if self.finished is not None:
            return self._done(view)
        if view.pin is not None and not self.busy:
            return replace(view, primary=ActionView(text("sale.confirm_pin")))
        return view

    def explanation(self) -> ExplainView | None:
        """Why the bonus is what it is."""
        text, quote = self.desk.text, self.quote
        if not self.explaining or quote is None:
            return None
        bonus = quote.top_up.data.bonus_minor
        return explain(
            text,
            text("top_up.explain_bonus", bonus_minor=bonus),
            quote.top_up.trace,
            AmountRow(text("explain.result"), text.money(bonus, sign=True), "ok", strong=True),
        )

    def _choices(self) -> tuple[TopUpChoice, ...]:
        text, served = self.desk.text, self.customer.served
        programme = served.programme if served else self._programme()
        if programme is None:
            return ()
        enabled = served is not None and not self.busy
        reason = "" if enabled else text("top_up.need_member")
        steps = sorted(programme.stored_value.steps, key=lambda step: step.from_minor)
        return tuple(
            TopUpChoice(
                str(step.from_minor),
                text.money_short(step.from_minor),
                _bonus(text("top_up.bonus", bonus_minor=bonus), text("top_up.no_bonus"), bonus),
                chosen=self._amount == step.from_minor,
                enabled=enabled,
                reason=reason,
            )
            for step in steps[:CHOICES_MAX]
            for bonus in [bonus_for(step.from_minor, programme)]
        )

    def _programme(self) -> Programme | None:
        shift = self.desk.shift
        return self.desk.till.programme(shift.business_date) if shift else None

    def _preview(self) -> tuple[AmountRow, ...]:
        text, quote = self.desk.text, self.quote
        if quote is None:
            return ()
        data = quote.top_up.data
        standing = quote.member.standing
        before = (standing.confirmed + standing.pending).stored_value
        rows = [
            AmountRow(text("top_up.before"), text.money(before)),
            AmountRow(text("top_up.principal"), text.money(data.principal_minor, sign=True)),
            AmountRow(
                text("top_up.bonus_row"),
                text.money(data.bonus_minor, sign=True),
                "ok" if data.bonus_minor else "",
                explain="bonus",
            ),
        ]
        after = before + data.principal_minor + data.bonus_minor
        return (*rows, AmountRow(text("top_up.after"), text.money(after), strong=True))

    def _limits(self, quote: TopUpQuote | None) -> IconLine | None:
        if quote is None or not self.customer.offline:
            return None
        text = self.desk.text
        if quote.offline_refusal is not None:
            return IconLine("triangle-alert", sentence_of(text, quote.offline_refusal), "warn")
        return IconLine("info", text("top_up.limits", left_minor=quote.left_minor), "quiet")

    def _primary(self) -> ActionView:
        text = self.desk.text
        label = text("top_up.confirm", amount_minor=self._amount)
        if self.busy:
            return ActionView(text("sale.taking"), busy=True)
        if self.customer.bearer is None:
            return ActionView(label, enabled=False, reason=text("top_up.need_member"))
        if not self._amount:
            return ActionView(label, enabled=False, reason=text("top_up.need_amount"))
        if self._loading is not None and isinstance(self._loading.quote, Refusal):
            reason = sentence_of(text, self._loading.quote)
            return ActionView(label, enabled=False, reason=reason)
        if not self._tender:
            return ActionView(label, enabled=False, reason=text("sale.need_tender"))
        return ActionView(label, enabled=self.quote is not None)

    def _done(self, view: TopUpView) -> TopUpView:
        text, finished = self.desk.text, self.finished
        if finished is None:
            return view
        served = self.customer.served
        held = served.card.standing if served else None
        after = text.money((held.confirmed + held.pending).stored_value) if held else ""
        return replace(
            view,
            done=done_view(text, finished, text("top_up.done"), (text("top_up.after"), after)),
            primary=ActionView(text("sale.next")),
            entry_error="",
        )


def _bonus(with_bonus: str, without: str, bonus_minor: int) -> str:
    return with_bonus if bonus_minor else without
