"""Gifts: what the points buy, and taking it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.domain.programme import Gift
from sync.domain.refusals import Refusal
from terminal.presenters.canvas import draw
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk, sentence_of
from terminal.presenters.explaining import explain
from terminal.presenters.finished import done_view
from terminal.presenters.gifts_view import GiftRow, GiftsView
from terminal.presenters.parts_view import ActionView, AmountRow, ExplainView
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.serving import Serving
from terminal.usecases import drafts, redeem_gift
from terminal.usecases.commits import Done
from terminal.usecases.drafts import Bearer, GiftDraft
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.redeem_gift import GiftQuote
from terminal.usecases.sign_in import Approval
from terminal.usecases.till import Till


@dataclass(frozen=True, slots=True)
class Choosing:
    """A gift as it was last worked out."""

    draft: GiftDraft | None
    quote: GiftQuote | Refusal | None = None


class ChoosingDesk:
    """The gift at hand, on the writer thread."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._draft: GiftDraft | None = None

    @use_case
    def wish(self, bearer: Bearer, offer: str, quantity: int = 1) -> Choosing | Refusal | Trouble:
        """So many of this gift for this member; the first wish opens the draft."""
        draft = self._draft
        if draft is None or draft.bearer.member != bearer.member:
            self._abandon()
            opened = redeem_gift.open_gift(self._till, bearer)
            if not isinstance(opened, GiftDraft):
                return opened
            draft = opened
        draft = redeem_gift.of_gift(draft, offer, quantity)
        self._draft = draft
        drafts.keep(self._till, draft)
        return self._quoted(draft)

    @use_case
    def adopt(self, draft: GiftDraft) -> Choosing | Refusal | Trouble:
        """Go on with a draft that was left."""
        self._draft = draft
        return self._quoted(draft) if draft.offer else Choosing(draft)

    def take(self, approval: Approval | None) -> Done | Refusal | Trouble | None:
        """Take the gift; a declined draft goes on under a fresh id."""
        draft = self._draft
        if draft is None:
            return None
        done = redeem_gift.redeem_gift(self._till, draft, approval)
        if isinstance(done, Done):
            self._draft = None
        elif isinstance(done, Refusal) and drafts.is_dead(self._till, draft):
            self._draft = drafts.renewed(self._till, draft)
        return done

    @use_case
    def forget(self) -> None:
        """Nobody wants it any more."""
        self._abandon()

    def _quoted(self, draft: GiftDraft) -> Choosing | Trouble:
        quote = redeem_gift.quote(self._till, draft)
        return quote if isinstance(quote, Trouble) else Choosing(draft, quote)

    def _abandon(self) -> None:
        if self._draft is not None:
            drafts.abandon(self._till, self._draft)
            self._draft = None


class GiftsPresenter(Serving):
    """Presenter of the gifts screen."""

    def __init__(self, desk: Desk, customer: Customer, render: Render[GiftsView] = nowhere) -> None:
        self._render = render
        self._choosing_desk = ChoosingDesk(desk.till)
        self._choosing: Choosing | None = None
        self._gifts: tuple[Gift, ...] = ()
        self._chosen, self._quantity = "", 1
        super().__init__(desk, customer)

    def draw_with(self, render: Render[GiftsView]) -> None:
        """Draw on this screen from now on."""
        self._render = render
        self.show()

    @property
    def draft(self) -> GiftDraft | None:
        """The gift at hand."""
        return self._choosing.draft if self._choosing else None

    @property
    def catalogue(self) -> tuple[Gift, ...]:
        """Everything on offer, in the order of the rows."""
        return self._gifts

    @property
    def chosen(self) -> str:
        """Offer id of the gift that is chosen."""
        return self._chosen

    def arrive(self) -> None:
        """Come on show: read the catalogue."""
        till = self.desk.till
        self.desk.jobs.read(lambda: redeem_gift.gifts_here(till), self._read_gifts)

    # -- events ----------------------------------------------------------------------------------

    def gift_chosen(self, gift: str) -> None:
        """A gift was pressed; pressed again, none."""
        if self.busy or self.finished is not None:
            return
        bearer = self.customer.bearer
        if bearer is None:
            self.desk.say("refusal.member_needed", "warn")
            return
        if gift == self._chosen:
            self.leave()
            self.show()
            return
        row = next((row for row in self._rows() if row.gift_id == gift), None)
        if row is not None and not row.enabled:
            self.desk.say("gifts.cannot", "warn", gift=row.name, why=row.state)
            return
        self._chosen, self._quantity = gift, 1
        work = self._choosing_desk
        self.desk.jobs.write(lambda: work.wish(bearer, gift), self._wished)
        self.show()

    def quantity_changed(self, step: int) -> None:
        """One more or one less of the gift chosen."""
        bearer, gift = self.customer.bearer, self._chosen
        quantity = max(self._quantity + step, 1)
        if self.busy or self.finished is not None or not gift or bearer is None:
            return
        self._quantity = quantity
        work = self._choosing_desk
        self.desk.jobs.write(lambda: work.wish(bearer, gift, quantity), self._wished)
        self.show()

    def primary_pressed(self) -> None:
        """Take the gift."""
        if self.primary_shared():
            return
        action = self._primary()
        if action.enabled:
            self.commit(None)
        else:
            self.desk.hooks.notice(None)
            self.desk.say("gifts.need", "warn", why=action.reason)

    def back_pressed(self) -> None:
        """One step back: at last to the sale."""
        if self.busy or self.step_back():
            return
        if self._chosen:
            self.leave()
            self.show()
        else:
            self.desk.hooks.go("sale")

    def commit(self, approval: Approval | None) -> None:
        """Take it."""
        self.busy = True
        work = self._choosing_desk
        self.desk.jobs.write(lambda: work.take(approval), self._taken)
        self.show()

    def veto(self, _found: MemberCard) -> str:
        """A gift is chosen: first finish or give it up."""
        return "notice.card_busy_here" if self._chosen else ""

    def resume(self, draft: GiftDraft) -> None:
        """Go on with a gift that was left."""
        work = self._choosing_desk
        self._chosen, self._quantity = draft.offer, draft.quantity
        self.desk.jobs.write(lambda: work.adopt(draft), self._wished)

    def leave(self) -> None:
        """Be as new."""
        if self._chosen and self.finished is None:
            self.desk.jobs.write(self._choosing_desk.forget, lambda _: None)
        self._choosing, self._chosen, self.explaining = None, "", ""
        self._quantity = 1

    def customer_changed(self) -> None:
        """Another member: what was chosen is for nobody."""
        draft, bearer = self.draft, self.customer.bearer
        theirs = draft is None or (bearer is not None and bearer.member == draft.bearer.member)
        if not theirs and self.finished is None and not self.busy:
            self.leave()
        self.show()

    # -- results ---------------------------------------------------------------------------------

    def _read_gifts(self, gifts: tuple[Gift, ...] | Trouble) -> None:
        if isinstance(gifts, Trouble):
            self.desk.refuse(gifts)
        else:
            self._gifts = gifts
        self.show()

    def _wished(self, found: Choosing | Refusal | Trouble) -> None:
        if isinstance(found, Choosing):
            self._choosing = found
            if isinstance(found.quote, Refusal):
                self.desk.refuse(found.quote)
        else:
            self._chosen = ""
            self.desk.refuse(found)
        self.show()

    def _taken(self, found: Done | Refusal | Trouble | None) -> None:
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

    @property
    def quote(self) -> GiftQuote | None:
        """What the gift was worked out to."""
        found = self._choosing.quote if self._choosing else None
        return found if isinstance(found, GiftQuote) else None

    def view(self) -> GiftsView:
        """The screen as it is."""
        text, quote = self.desk.text, self.quote
        chosen = next((gift for gift in self._gifts if gift.offer == self._chosen), None)
        view = GiftsView(
            member=self.customer.pane(needed=True, can_change=self.finished is None),
            gifts=self._rows(),
            chosen=self._chosen,
            chosen_name=self._chosen_name(chosen),
            price=text.points(chosen.points * self._quantity) if chosen else "—",
            parts=self._parts(quote),
            primary=self._primary(),
            empty_title=text("gifts.empty_title"),
            empty=text("gifts.empty"),
            explain=self.explanation(),
            pin=self.pin_view(),
        )
        if self.finished is not None:
            return self._done(view, chosen)
        if view.pin is not None and not self.busy:
            return replace(view, primary=ActionView(text("sale.confirm_pin")))
        return view

    def explanation(self) -> ExplainView | None:
        """Why the gift costs what it does."""
        text, quote = self.desk.text, self.quote
        if not self.explaining or quote is None:
            return None
        points = quote.taken.data.points
        return explain(
            text,
            text("gifts.explain", gift=self._name(quote.gift)),
            quote.taken.trace,
            AmountRow(text("explain.result"), text.points(points), strong=True),
        )

    def _rows(self) -> tuple[GiftRow, ...]:
        text, served = self.desk.text, self.customer.served
        rows = []
        for gift in self._gifts:
            state, tone, enabled = text("gifts.with_card"), "", True
            if served is not None:
                missing = gift.points - served.card.standing.available.points
                enabled = missing <= 0 and not served.card.negative
                state = (
                    text("gifts.enough")
                    if enabled
                    else text("gifts.short", missing_points=max(missing, 0))
                )
                if served.card.negative:
                    state = text("sale.negative")
                tone = "ok" if enabled else "warn"
            rows.append(
                GiftRow(
                    gift.offer,
                    self._name(gift),
                    text("gifts.worth", face_minor=gift.face_minor) if gift.face_minor else "",
                    text.points(gift.points),
                    state,
                    "ok" if tone == "ok" else ("warn" if tone else ""),
                    enabled,
                )
            )
        return tuple(rows)

    def _chosen_name(self, chosen: Gift | None) -> str:
        if chosen is None:
            return ""
        name = self._name(chosen)
        return name if self._quantity == 1 else f"{name} × {self._quantity}"

    def _name(self, gift: Gift) -> str:
        return gift.name.en if self.desk.text.language == "en" else gift.name.zh

    def _parts(self, quote: GiftQuote | None) -> tuple[AmountRow, ...]:
        text = self.desk.text
        if quote is None:
            return ()
        standing = quote.member.standing
        now, price = (standing.confirmed + standing.pending).points, quote.taken.data.points
        rows = [
            AmountRow(text("gifts.before"), text.number(now)),
            AmountRow(text("gifts.price"), text.number(-price), explain="gift"),
            AmountRow(text("gifts.after"), text.number(now - price), strong=True),
        ]
        if self.customer.offline and quote.offline_refusal is not None:
            words = sentence_of(text, quote.offline_refusal)
            rows.append(AmountRow(words, "", "warn"))
        return tuple(rows)

    def _primary(self) -> ActionView:
        text = self.desk.text
        if self.busy:
            return ActionView(text("sale.taking"), busy=True)
        if self.customer.bearer is None:
            return ActionView(
                text("gifts.choose"), enabled=False, reason=text("top_up.need_member")
            )
        chosen = next((gift for gift in self._gifts if gift.offer == self._chosen), None)
        if chosen is None:
            return ActionView(text("gifts.choose"), enabled=False, reason=text("gifts.choose"))
        label = text("gifts.redeem", price_points=chosen.points * self._quantity)
        return ActionView(label, enabled=self.quote is not None)

    def _done(self, view: GiftsView, chosen: Gift | None) -> GiftsView:
        text, finished, served = self.desk.text, self.finished, self.customer.served
        if finished is None:
            return view
        held = served.card.standing if served else None
        left = text.points((held.confirmed + held.pending).points) if held else ""
        title = text("gifts.done", gift=self._name(chosen) if chosen else "")
        return replace(
            view,
            done=done_view(text, finished, title, (text("gifts.after"), left)),
            primary=ActionView(text("sale.next")),
        )
