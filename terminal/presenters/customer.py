"""Who is being served: one member for all screens, read from a card, searched for, or nobody."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sync.domain.refusals import Code, Refusal, refuse
from terminal.presenters.desk import Desk
from terminal.presenters.lookups import Served, serve
from terminal.presenters.member_drawing import empty_pane, find_view, member_view
from terminal.presenters.member_pane_view import MemberPaneView
from terminal.usecases import identify
from terminal.usecases.drafts import Bearer
from terminal.usecases.identify import MemberCard
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.search import Found, search
from terminal.usecases.till import Till

FIND_FROM = 2  # letters of a name from which a search begins


class Customer:
    """The member at the counter. `changed` are called after each change, on the GUI thread.

    `bearer`: who is served, known at once; `served`: all about them, a moment later; `ready`: all
    about the card that is taken next, if it is known already.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed: list[Callable[[], None]] = []
        self.served: Served | None = None
        self.ready: Served | None = None
        self.bearer: Bearer | None = None
        self.offline = False
        self._asked = 0
        self._loading = False
        self._entry, self._busy = "", False
        self._looking: Found | None = None

    @property
    def card(self) -> MemberCard | None:
        """The member, None when nobody is served."""
        return self.served.card if self.served else None

    @property
    def phone_typed(self) -> str:
        """What was searched for, to fill in the form of somebody who is no member yet."""
        return self._entry

    @property
    def finding(self) -> bool:
        """Whether something is typed or found."""
        return bool(self._entry or self._looking)

    # -- the member ------------------------------------------------------------------------------

    def take(self, card: MemberCard) -> None:
        """Serve this member from now on, at once from what is here, then on fresh figures."""
        self._asked += 1
        asked = self._asked
        self.bearer = card.bearer
        ready, self.ready = self.ready, None
        here = ready is not None and ready.card is card
        self.served = ready if here else self.served
        self._loading = self.served is None
        self._clear_find()
        till, jobs = self._desk.till, self._desk.jobs
        if not here:
            jobs.read(lambda: serve(till, card), lambda found: self._took(asked, found))
        if till.may_ask() is not None:
            jobs.ask(lambda: _refreshed(self._desk, card), lambda found: self._took(asked, found))
        self._tell()

    def choose(self, member_id: str) -> None:
        """Serve somebody a search found."""
        till = self._desk.till
        self._busy = True
        self._desk.jobs.read(lambda: identify.choose(till, UUID(member_id)), self._chosen)
        self._tell()

    def choose_bearer(self, bearer: Bearer) -> None:
        """Serve the member of an operation that was left."""
        till = self._desk.till
        self.bearer, self._loading = bearer, self.served is None
        self._desk.jobs.read(lambda: found_again(till, bearer), self._chosen)
        self._tell()

    def refresh(self) -> None:
        """Show the member as the till sees them now: something was posted or came in."""
        card = self.card
        if card is not None:
            till, asked = self._desk.till, self._asked
            self._desk.jobs.read(
                lambda: serve(till, identify.member_card(till, card.bearer) or card),
                lambda found: self._took(asked, found),
            )

    def drop(self) -> None:
        """Serve nobody."""
        self._asked += 1
        self.served, self.bearer, self._loading = None, None, False
        self._clear_find()
        self._tell()

    # -- searching -------------------------------------------------------------------------------

    def find_edited(self, entry: str) -> None:
        """Something is typed into the search; what was found before is gone."""
        self._entry, self._looking = entry, None
        self._tell()

    def find_submitted(self, entry: str) -> None:
        """Look for somebody."""
        self._entry = entry
        if len(entry.strip()) < FIND_FROM:
            return
        till = self._desk.till
        self._busy = True
        self._desk.jobs.read(
            lambda: search(till, entry), lambda found: self._searched(entry, found)
        )
        self._tell()

    def show_found(self, entry: str, found: Found) -> None:
        """What was typed elsewhere turned out to be a search."""
        self._entry, self._busy = entry, True
        self._searched(entry, found)

    def close_find(self) -> bool:
        """One step back out of a search; False when there was none."""
        was = self.finding
        self._clear_find()
        if was:
            self._tell()
        return was

    # -- the pane --------------------------------------------------------------------------------

    def pane(self, *, needed: bool, can_change: bool = True) -> MemberPaneView:
        """What the pane shows now."""
        text, till = self._desk.text, self._desk.till
        if self.served is not None:
            standing = self.served.card.standing
            as_of = None if standing.as_of_ms is None else till.local(standing.as_of_ms)
            shift = self._desk.shift
            today = shift.business_date if shift else till.local(till.clock.utc_ms()).date()
            view = member_view(text, self.served, today, as_of, offline=self.offline)
            return MemberPaneView(view, can_change=can_change)
        if self._loading:
            return MemberPaneView(loading=text("member.loading"))
        find = find_view(text, self._entry, self._looking, busy=self._busy)
        return empty_pane(text, find, needed=needed, can_enrol=True)

    # -- results ---------------------------------------------------------------------------------

    def _took(self, asked: int, found: Served | Trouble) -> None:
        if asked != self._asked:
            return
        self._loading = False
        if isinstance(found, Trouble):
            self._desk.refuse(found)
        else:
            self.served = found
        self._tell()

    def _chosen(self, found: MemberCard | Refusal | Trouble) -> None:
        self._busy = self._loading = False
        if isinstance(found, MemberCard):
            self.take(found)
            return
        if self.served is None:
            self.bearer = None
        self._desk.refuse(found)
        self._tell()

    def _searched(self, entry: str, found: Found | Trouble) -> None:
        if entry != self._entry:
            return
        self._busy = False
        if isinstance(found, Trouble):
            self._desk.refuse(found)
        elif len(found.hits) == 1 and found.by == "phone":
            self.choose(str(found.hits[0].member))
            return
        else:
            self._looking = found
        self._tell()

    def _clear_find(self) -> None:
        self._entry, self._looking, self._busy = "", None, False

    def _tell(self) -> None:
        for listener in self.changed:
            listener()


@use_case
def found_again(till: Till, bearer: Bearer) -> MemberCard | Refusal:
    """The member of a draft."""
    return identify.member_card(till, bearer) or refuse(Code.CARD_UNKNOWN)


def _refreshed(desk: Desk, card: MemberCard) -> Served | Trouble:
    fresh = identify.refreshed(desk.till, card)
    return fresh if isinstance(fresh, Trouble) else serve(desk.till, fresh)
