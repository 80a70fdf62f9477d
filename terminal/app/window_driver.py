"""A window driven by a scenario player: the words of `sync.lab.drive`, obeyed by real key events.

The answers are those of a till without a window (`terminal.app.driven`); what a cashier does not do
on a screen (sync by hand, telling where the till stands, arming a kill) is done as there.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sync.domain.cards import card_number, token_of
from sync.domain.journal import Kind
from sync.lab import drive
from terminal.app.clocks import StoryClock
from terminal.app.composing import Application
from terminal.app.driven import DrivenTill, Trap
from terminal.app.driving import DriveStart
from terminal.app.opening import open_story
from terminal.app.told import qr_of
from terminal.app.window import Listeners, TillWindow
from terminal.app.window_cashier import Cashier, typed
from terminal.app.window_hands import CTRL, NotSeen, Said
from terminal.presenters.counter import Counter
from terminal.text import Language
from terminal.usecases import shift
from terminal.usecases.commits import Done, done_at

FRONT_MS: Final = 200


def driven_window(start: DriveStart) -> TillWindow:
    """The window of a till in a story, with somebody at its keyboard once it is open."""
    clock, trap = StoryClock(start.at_ms), Trap()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever else is said must not be taken for an answer

    def opens(listeners: Listeners) -> Application:
        return open_story(start, clock, trap, *listeners)

    language: Language = "en" if start.language == "en" else "zh_CN"
    window = TillWindow(start.folder, opens, language=language, driven=True)
    window.on_open = lambda: _Conversation(window, clock, trap, source, sink).begin()
    return window


class _Conversation:
    """Lines in on a thread, obeyed on the GUI thread, lines out."""

    def __init__(
        self, window: TillWindow, clock: StoryClock, trap: Trap, source: BinaryIO, sink: BinaryIO
    ) -> None:
        self._window, self._source, self._sink = window, source, sink
        self._driver = WindowDriver(window, clock, trap)
        self._thread = threading.Thread(target=self._listen, name="driver", daemon=True)
        self._answered = threading.Event()
        self._over = False

    def begin(self) -> None:
        """Say that it is ready, then listen."""
        self._say(drive.Done())
        self._thread.start()

    def _listen(self) -> None:
        for line in self._source:
            self._answered.clear()
            self._window.executors.post(partial(self._obey, line))
            self._answered.wait()
            if self._over:  # nobody may be reading while the program ends
                return
        self._window.executors.post(self._window.close)

    def _obey(self, line: bytes) -> None:
        command: drive.AnyCommand | None = None
        try:
            command = drive.command(line)
            answer = self._driver.obey(command)
        except msgspec.DecodeError as error:
            answer = drive.Broken(reason=f"no command: {error}")
        except Exception:  # noqa: BLE001  # whoever drives has to learn of a bug
            answer = drive.Broken(reason=traceback.format_exc(limit=-6))
        self._say(answer)
        self._over = isinstance(command, drive.Quit)
        self._answered.set()
        if self._over:
            self._window.close()

    def _say(self, answer: drive.Answer) -> None:
        self._sink.write(drive.line_of(answer))
        self._sink.flush()


class WindowDriver:
    """Obeys commands on an open window. Used on the GUI thread; it waits by letting events pass."""

    def __init__(self, window: TillWindow, clock: StoryClock, trap: Trap) -> None:
        counter, application = window.counter, window.application
        if counter is None or application is None:
            raise RuntimeError("the window is not open yet")
        self._window, self._clock = window, clock
        self._counter: Counter = counter
        self._till = application.till
        self._unseen = DrivenTill(application, clock, trap)
        self._cashier = Cashier(window, counter, application.till, clock)
        self._hands = self._cashier.hands
        self._pin = ("", "")

    def obey(self, command: drive.AnyCommand) -> drive.Answer:
        """Do one thing; what the window says no to is an answer too."""
        self._clock.move(command.at_ms)
        self._counter.desk.last_refusal = None
        try:
            self._to_front()
            return self._obey(command)
        except Said as said:
            params = dict(said.refusal.params)
            online = self._till.may_ask() is not None
            if isinstance(command, drive.Enrol):
                self._cashier.give_up_form()  # the sale goes on, as nobody's
            else:
                self._cashier.give_up()
            return drive.Refused(code=said.refusal.code.value, params=params, online=online)
        except NotSeen as trouble:
            return drive.Broken(reason=str(trouble))

    def _to_front(self) -> None:
        """Take the keyboard: several tills of a story share one screen.

        A screen may keep it for the window that has it; then Qt is told that it is ours.
        """
        shell = self._window.shell
        QApplication.processEvents()
        if not shell.isActiveWindow():
            shell.raise_()
            shell.activateWindow()
            QTest.qWaitForWindowActive(shell, FRONT_MS)
            self._hands.keep_keyboard()

    def _obey(self, command: drive.AnyCommand) -> drive.Answer:
        cashier = self._cashier
        table: dict[type, Callable[..., drive.Answer]] = {
            drive.SignIn: self._sign_in,
            drive.OpenShift: self._open_shift,
            drive.CloseShift: self._close_shift,
            drive.OpenDraft: self._open_draft,
            drive.ScanCard: cashier.scan_card,
            drive.ScanProduct: cashier.scan_product,
            drive.Amount: cashier.amount,
            drive.Code: cashier.code,
            drive.Points: cashier.points,
            drive.StoredValue: cashier.stored_value,
            drive.Tender: cashier.take_tender,
            drive.Pay: cashier.pay,
            drive.TopUp: cashier.top_up,
            drive.Gift: cashier.gift,
            drive.Enrol: cashier.enrol,
            drive.Operate: cashier.operate,
            drive.SetOffline: self._set_offline,
            drive.Sync: self._sync,
            drive.State: self._state,
            drive.Resume: self._resume,
            drive.Reprint: self._reprint,
            drive.Screenshot: self._screenshot,
            drive.ArmKill: self._unseen.obey,
        }
        act = table.get(type(command))
        return drive.Done() if act is None else act(command)

    # -- people and shifts -----------------------------------------------------------------------

    def _sign_in(self, command: drive.SignIn) -> drive.Answer:
        if self._counter.frame.screen != "sign_in":
            self._hands.press(Qt.Key.Key_F9)
        self._enter(command.staff, command.pin)
        return drive.Done()

    def _enter(self, staff: str, pin: str) -> None:
        """Choose a name, type the PIN."""
        hands, presenter = self._hands, self._counter.sign_in
        screen = hands.screens["sign_in"]
        hands.until(lambda: self._counter.frame.screen == "sign_in", "nobody can sign in")
        hands.settled()
        hands.until(lambda: screen.tile_of(staff) is not None, f"{staff} is not on show")
        hands.push(screen.tile_of(staff))
        hands.digits(pin, lambda: presenter.view().digits)
        hands.enter()
        hands.heard_no()
        self._pin = (staff, pin)

    def _open_shift(self, command: drive.OpenShift) -> drive.Answer:
        hands = self._hands
        self._working()
        if self._counter.frame.screen == "shift":
            minor = command.drawer_minor
            hands.type(typed(minor), hands.screens["shift"].amount)
            hands.enter()
            hands.heard_no()
        hands.until(lambda: self._counter.frame.screen == "sale", "the shift does not open")
        return drive.Done(seq=self._till.database.journal.head().seq)

    def _working(self) -> None:
        """Whoever worked here last signs in again, if nobody does."""
        if self._counter.frame.screen == "sign_in" and self._pin[0]:
            self._enter(*self._pin)

    def _open_draft(self, command: drive.OpenDraft) -> drive.Answer:
        self._working()
        return self._cashier.open_draft(command)

    def _close_shift(self, command: drive.CloseShift) -> drive.Answer:
        hands, counted = self._hands, command.counted_minor
        self._working()
        self._cashier.fresh()
        if counted is None:
            found = shift.report(self._till)
            counted = found.expected_minor if isinstance(found, shift.ShiftReport) else 0
        hands.push(self._window.shell.top.end_shift)
        hands.until(lambda: self._counter.frame.screen == "shift", "the count is not asked for")
        hands.type(typed(counted), hands.screens["shift"].amount)
        hands.enter()
        hands.heard_no()
        report = self._counter.shift.report
        if report is None or report.done is None:
            raise NotSeen("the shift does not close")
        done = report.done
        hands.enter()
        return self._cashier.answer(done)

    # -- after a start ---------------------------------------------------------------------------

    def _resume(self, _command: drive.Resume) -> drive.Answer:
        hands, counter = self._hands, self._counter
        hands.until(lambda: counter.recovered is not None, "nothing is offered")
        hands.settled()
        left = counter.recovered
        if left is not None and left.drafts:
            notice = counter.frame.notice
            if notice is None or notice.action != "resume":
                raise NotSeen(f"the draft is not offered; {hands.where()}")
            hands.press(Qt.Key.Key_Return, CTRL)
            hands.settled()
        seq = self._till.database.journal.head().seq
        last = done_at(self._till, seq) if seq else None
        draft = counter.sale.draft
        return drive.Done(
            seq=seq or None,
            entry_id=last.body.entry_id if last else None,
            kind=last.body.kind if last else "",
            member=last.body.member if last else None,
            credential=self._credential_of(last) if last else None,
            draft=self._cashier.draft_id(),
            rung_up=sum(line.quantity for line in draft.lines) if draft else 0,
            data=last.body.data if last else {},
            qr=qr_of(self._till, last, self._counter.desk.text) if last else "",
        )

    def _credential_of(self, last: Done) -> str | None:
        """The card a new member got from the till's own block."""
        if last.body.kind != Kind.ENROL:
            return None
        key = self._till.database.keys.token
        for block in self._till.record.blocks:
            for serial in range(block.first, block.last + 1):
                if token_of(key, card_number(serial)) == last.body.card:
                    return card_number(serial)
        return None

    def _reprint(self, command: drive.Reprint) -> drive.Answer:
        self._hands.press(Qt.Key.Key_F11, Qt.KeyboardModifier.ShiftModifier)
        self._hands.settled()
        self._hands.heard_no()
        return drive.Done(seq=command.seq)

    # -- network, state, pictures ----------------------------------------------------------------

    def _set_offline(self, command: drive.SetOffline) -> drive.Answer:
        frame = self._counter.frame
        if frame.offline_on != command.offline:
            self._hands.push(self._window.shell.status.offline)
            self._hands.until(lambda: frame.offline_on == command.offline, "the switch is stuck")
        return drive.Done()

    def _sync(self, command: drive.Sync) -> drive.Answer:
        answers: list[drive.Answer] = []
        self._window.executors.ask(lambda: self._unseen.obey(command), answers.append)
        self._hands.until(lambda: bool(answers), "the sync does not end")
        self._counter.frame.look()
        self._hands.settled()
        return answers[0]

    def _state(self, command: drive.State) -> drive.Answer:
        self._hands.settled()
        answer = self._unseen.obey(command)
        if isinstance(answer, drive.Done) and answer.state is not None:
            state = msgspec.structs.replace(answer.state, draft=self._cashier.draft_id())
            return msgspec.structs.replace(answer, state=state)
        return answer

    def _screenshot(self, command: drive.Screenshot) -> drive.Answer:
        self._hands.picture(Path(command.path))
        return drive.Done()
