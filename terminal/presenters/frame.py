"""Around every screen: who works, which screen is on show, notices, the strip, and what a scan is.

A scan belongs to the screen on show. At a wrong moment it is refused aloud and never kept for
later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, runtime_checkable

from hardware.events import (
    CredentialRead,
    DeviceEvent,
    DeviceState,
    DeviceStatus,
    Medium,
    PrintResult,
    PrintState,
    ReadRejected,
)
from sync.domain.pricing import Product
from sync.domain.refusals import Refusal
from terminal.presenters.customer import Customer
from terminal.presenters.desk import Desk, NoticeMaker, notice
from terminal.presenters.finished import has_receipt
from terminal.presenters.lookups import Scanned, scanned
from terminal.presenters.parts_view import ActionView
from terminal.presenters.ports import Render, nowhere
from terminal.presenters.shell_view import NoticeView, RailItem, ShellView, TopBarView
from terminal.presenters.sign_in import place_of, role_of
from terminal.presenters.status_drawing import Facts, Line, Switch, is_offline, status_view
from terminal.usecases import health, printing, sign_in
from terminal.usecases.commits import Done
from terminal.usecases.identify import CodeFound, MemberCard, ProductFound
from terminal.usecases.outcome import Trouble, use_case
from terminal.usecases.permission import day_of
from terminal.usecases.till import Session, Till

RAIL = (
    ("sale", "shopping-bag"),
    ("top_up", "wallet"),
    ("points", "coins"),
    ("gifts", "gift"),
    ("service", "shirt"),
    ("member", "user"),
    ("enrol", "user-plus"),
    ("returns", "undo-2"),
    ("more", "ellipsis"),
)

_CODES: Final = frozenset({Medium.BARCODE, Medium.TYPED})


class Serves(Protocol):
    """A screen that can be scanned at. `blocked`: not now, something has to be finished first."""

    @property
    def blocked(self) -> bool:
        """Whether a scan is refused."""
        ...

    def member_scanned(self, found: MemberCard, /) -> None:
        """A member's card."""
        ...

    def product_scanned(self, product: Product, /) -> None:
        """A product."""
        ...

    def code_scanned(self, raw: str, /) -> None:
        """A coupon or a price code."""
        ...


class TakesCards(Protocol):
    """A screen that takes the reading itself: a new card."""

    @property
    def blocked(self) -> bool:
        """Whether a scan is refused."""
        ...

    def card_read(self, read: CredentialRead, /) -> None:
        """A credential as it was read."""
        ...


@runtime_checkable
class TakesText(Protocol):
    """A screen with fields that a scan may fill."""

    def raw_taken(self, read: CredentialRead, /) -> bool:
        """Whether the scan went into a field."""
        ...


@dataclass(slots=True)
class Outlets:
    """Where the frame's decisions go. `nudge`: there is something to send; `set_offline`: the
    demo's switch; `actions`: what a notice's button does, by its name; `hint`: code of the hint of
    a screen; `arrive`: told which screen comes on show; `printed`: news of a receipt; `figures`:
    head office's figures moved; `open_with`: whether a scanned text begins an operation."""

    nudge: Callable[[], None]
    set_offline: Callable[[bool], None]
    actions: dict[str, Callable[[], None]]
    arrive: Callable[[str], None]
    printed: Callable[[PrintResult], None]
    figures: Callable[[], None]
    hint: Callable[[str], str]
    sound: Callable[[bool], None] = lambda _accepted: None
    open_with: Callable[[str], bool] = lambda _text: False


@use_case
def facts_of(till: Till) -> Facts | Trouble:
    """What the strip needs to know."""
    status = health.status(till)
    if isinstance(status, Trouble):
        return status
    used = till.database.pending.used(None, day_of(till))
    at_risk = used.till_at_risk_minor > 0 or used.till_top_up_minor > 0
    return Facts(status, till.database.journal.head().seq, at_risk)


class FramePresenter:
    """Presenter of the shell."""

    def __init__(
        self,
        desk: Desk,
        customer: Customer,
        screens: dict[str, Serves | TakesCards],
        outlets: Outlets,
        *,
        switch: bool = False,
        render: Render[ShellView] = nowhere,
    ) -> None:
        """`screens`: those that can be scanned at; `switch`: the demo's offline switch is shown."""
        self.desk, self.customer, self._screens, self.outlets = desk, customer, screens, outlets
        self._render = render
        self.screen = "sign_in"
        self._notice: NoticeMaker | None = None
        self._line = Line()
        self._facts: Facts | None = None
        self._devices: dict[str, DeviceStatus] = {}
        self._switch = Switch(switch)
        self._last_seq = 0
        self._reading = False
        hooks = desk.hooks
        hooks.notice, hooks.go, hooks.committed = self.put_notice, self.go, self.committed
        hooks.reprint, hooks.redraw = self.print_again, self.show

    def draw_with(self, render: Render[ShellView]) -> None:
        """Draw on this shell from now on."""
        self._render = render
        self.show()

    @property
    def notice(self) -> NoticeView | None:
        """What the notice line says, in the language in use."""
        return self._notice() if self._notice is not None else None

    @property
    def offline_on(self) -> bool:
        """Whether the offline switch is on."""
        return self._switch.on

    @property
    def facts(self) -> Facts | None:
        """What the strip says."""
        return self._facts

    @property
    def reading(self) -> bool:
        """Whether a scan is being looked up."""
        return self._reading

    # -- screens ---------------------------------------------------------------------------------

    def go(self, screen: str) -> None:
        """Bring a screen on show."""
        if screen != self.screen:
            self.screen = screen
            self._notice = None
            self.outlets.arrive(screen)
        self.show()

    def screen_requested(self, screen: str) -> None:
        """A function of the rail."""
        if self.desk.session is not None and self.screen not in {"sign_in", "shift"}:
            self.go(screen)

    def entered(self, session: Session) -> None:
        """Somebody works here now."""
        self.desk.session = session
        self.look()

    def lock_requested(self) -> None:
        """Nobody works here any more; what is at hand stays."""
        self.desk.session = None
        sign_in.sign_out(self.desk.till)
        self.go("sign_in")

    # -- notices ---------------------------------------------------------------------------------

    def put_notice(self, make: NoticeMaker | None) -> None:
        """Say something, or take it away."""
        if make is None and self._notice is None:
            return
        self._notice = make
        view = self.notice
        if view is not None and view.tone in {"warn", "bad"}:
            self.outlets.sound(False)
        self.show()

    def notice_dismissed(self) -> None:
        """Away with it."""
        self.put_notice(None)

    def notice_action_pressed(self, action: str) -> None:
        """The button of the notice."""
        self._notice = None
        act = self.outlets.actions.get(action)
        if act is not None:
            act()
        self.show()

    # -- scans and devices -----------------------------------------------------------------------

    def device_event(self, event: DeviceEvent) -> None:
        """Whatever a device says, on the GUI thread."""
        match event:
            case CredentialRead():
                self._read(event)
            case ReadRejected():
                self.desk.say(f"notice.{event.code}", "warn")
            case DeviceStatus():
                self._status(event)
            case PrintResult():
                self._print_result(event)

    def _read(self, read: CredentialRead) -> None:
        screen = self._screens.get(self.screen)
        if screen is None or self.desk.session is None:
            self.desk.say("notice.sign_in_first", "warn")
            return
        if screen.blocked:
            self.desk.say("notice.finish_first", "warn")
            return
        if hasattr(screen, "card_read"):
            screen.card_read(read)
            return
        if isinstance(screen, TakesText) and screen.raw_taken(read):
            return
        if read.medium in _CODES and self.outlets.open_with(read.raw):
            return
        till, at = self.desk.till, self.screen
        self._reading = True
        self.desk.jobs.read(lambda: scanned(till, read), partial(self._identified, at))

    def _identified(self, at: str, scan: Scanned) -> None:
        self._reading, found = False, scan.found
        self.customer.ready = scan.served
        screen = self._screens.get(self.screen)
        if self.screen != at or screen is None or hasattr(screen, "card_read"):
            return
        if isinstance(found, MemberCard):
            screen.member_scanned(found)
        elif isinstance(found, ProductFound):
            screen.product_scanned(found.product)
        elif isinstance(found, CodeFound):
            screen.code_scanned(found.raw)
        else:
            self.desk.refuse(found)

    def _status(self, status: DeviceStatus) -> None:
        before = self._devices.get(status.device_id)
        self._devices[status.device_id] = status
        changed = before is None or (before.state, before.code) != (status.state, status.code)
        if changed and status.state is DeviceState.ATTENTION and status.code:
            self.desk.say(f"fault.{status.code}", "warn", small=status.code)
        self.show()

    def _print_result(self, result: PrintResult) -> None:
        self.outlets.printed(result)
        if result.state is PrintState.PRINTED:
            return
        code = result.code or "outcome_unknown"
        known = self.desk.text.has(f"fault.{code}")
        said = f"fault.{code}" if known else "fault.printer_error"
        self.desk.say(said, "warn", action="print_again", small=code)

    # -- after an operation ----------------------------------------------------------------------

    def committed(self, done: Done) -> None:
        """Something is in the journal: receipt, sync, strip; none of it can undo the entry."""
        self._last_seq = done.seq if has_receipt(done) else self._last_seq
        till, text = self.desk.till, self.desk.text
        self.outlets.sound(True)
        if has_receipt(done):
            self.desk.jobs.write(lambda: printing.print_receipt(till, done.seq, text), self._sent)
        self.outlets.nudge()
        self.look()

    def print_again(self, seq: int = 0) -> None:
        """The receipt of `seq` once more; without a number that of the last operation."""
        wanted = seq or self._last_seq
        if not wanted:
            self.desk.say("notice.nothing_to_print", "warn")
            return
        till, text = self.desk.till, self.desk.text
        if self.notice is not None and self.notice.action == "print_again":
            self.put_notice(None)
        self.desk.jobs.write(lambda: printing.reprint(till, wanted, text), self._sent)

    def remember(self, seq: int) -> None:
        """The operation whose receipt is printed again."""
        self._last_seq = seq

    def _sent(self, printed: printing.Printed | Refusal | Trouble) -> None:
        if isinstance(printed, Refusal | Trouble):
            self.desk.refuse(printed)

    # -- sync, clock, switches -------------------------------------------------------------------

    def sync_changed(self, state: str, code: str, loading_per_mille: int | None) -> None:
        """Sync says where it stands (`sync.client.pump.Status`)."""
        before, self._line = self._line, Line(state, code, loading_per_mille)
        if state == "online" and before.state != "online":
            self.desk.till.reachable_again()
        self.look()

    def synced_by_hand(self) -> None:
        """No sync thread runs: whether head office is asked tells whether there is a line."""
        self._line = Line("manual")

    def look(self) -> None:
        """Ask the till how it stands; the answer draws the strip."""
        till = self.desk.till
        self.desk.jobs.read(lambda: facts_of(till), self._know)

    def tick(self) -> None:
        """A moment has passed: ages and the clock."""
        self.look()

    def offline_toggled(self) -> None:
        """The demo's switch."""
        if self._switch.shown:
            self.set_offline(not self._switch.on)

    def set_offline(self, offline: bool) -> None:
        """Take the network away, or give it back."""
        self._switch = replace(self._switch, on=offline)
        self.outlets.set_offline(offline)
        self.look()

    def _know(self, facts: Facts | Trouble) -> None:
        if isinstance(facts, Trouble):
            self.desk.refuse(facts)
            return
        moved = self._facts is not None and facts.status.acked_seq != self._facts.status.acked_seq
        self._facts = facts
        offline = is_offline(self._line, facts.status, offline_on=self._switch.on)
        if offline != self.customer.offline:
            self.customer.offline = offline
            moved = True
        if moved or self.screen == "sign_in":
            self.outlets.figures()
        self.show()

    def show(self) -> None:
        """Draw the view."""
        self._render(self.view())

    def view(self) -> ShellView:
        """The frame as it is."""
        text, till, session = self.desk.text, self.desk.till, self.desk.session
        now = till.local(till.clock.utc_ms())
        working = session is not None and self.screen != "sign_in"
        place = place_of(self.desk)
        top = TopBarView(place)
        if session is not None and working:
            shift = self.desk.shift
            day = (
                text("app.day", business_date=shift.business_date, shift=str(shift.number))
                if shift
                else ""
            )
            role = role_of(text, session.roles)
            top = TopBarView(
                place,
                text(f"rail.{self.screen}"),
                day,
                text("app.operator", name=session.name, role=role) if role else session.name,
                signed_in=True,
                end_shift=(
                    ActionView(text("app.end_shift")) if shift and self.screen != "shift" else None
                ),
            )
        rail = tuple(
            RailItem(name, text(f"rail.{name}"), icon)
            for name, icon in RAIL
            if name in self._screens
        )
        return ShellView(
            self.screen,
            top,
            rail if working and self.screen != "shift" else (),
            status_view(
                text, self._line, self._facts, tuple(self._devices.values()), now, self._switch
            ),
            self.notice,
            text(self.outlets.hint(self.screen)),
        )


def crash_notice(desk: Desk, record: str) -> NoticeMaker:
    """What is said when we were wrong: calm, with the record's name for support."""
    return lambda: notice(desk.text, "notice.crash", "bad", small=record)
