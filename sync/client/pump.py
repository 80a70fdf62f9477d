"""The sync thread: push until the outbox is empty, then follow the feed; try again for ever.

One conversation at a time. A long poll is never begun while there is something to send, and a nudge
ends one under way. Nothing but a verified acknowledgement changes what counts as sent: 401, 403,
426 and 5xx are waited out. Faults of storage end a round like faults of the network, with their own
code.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar

from sync.client.channel import Channel, fresh_nonce
from sync.client.ports import StepHook, TillPorts
from sync.client.snapshot import SnapshotLoader
from sync.client.transport import Unreachable
from sync.domain.leases import DOCUMENT
from sync.protocol import backoff
from sync.protocol.errors import (
    GoneError,
    NotHeadOfficeError,
    ProblemError,
    ProtocolError,
    UntrustedError,
)
from sync.protocol.exchange import (
    ApplyPage,
    Call,
    Greeting,
    Head,
    Mark,
    ReadBatch,
    ReadHash,
    ReadHead,
    Step,
    StoreReply,
    Till,
    greet,
    pull,
    push_all,
)
from sync.protocol.hello import STOPS_SALES
from sync.protocol.messages import Action, FeedItem, FeedKind
from sync.protocol.wire import MAX_WAIT_S

log = logging.getLogger("sync")
T = TypeVar("T")
State = Literal["starting", "online", "offline", "attention", "frozen"]
IDLE_MS: Final = 1_000
_PASSING_STATUS: Final = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Status:
    """Where sync stands, for the status strip.

    `state`: starting (nothing tried yet), online, offline (no usable answer; trying), attention
    (head office answers but something needs a person), frozen (fork or rollback: enrol again).
    `unsent`: entries above the last acknowledgement, `oldest_unsent_ms`: wall time of the first of
    them; `last_contact_ms`: wall time of the last usable answer; `code`: last failure, empty when
    online; `loading_per_mille`: of a snapshot under way; `action`: what hello concluded last.
    """

    state: State = "starting"
    unsent: int = 0
    oldest_unsent_ms: int | None = None
    last_contact_ms: int | None = None
    hq_epoch: int | None = None
    code: str = ""
    loading_per_mille: int | None = None
    action: Action | None = None


class Pump:
    """Owns the sync thread. `start`, then `nudge` after each commit, `stop` at the end.

    `on_status` is called from the sync thread with each change; `step` at each named step (tests);
    `settle` waits until what was decided on an older replica is in the journal;
    `wait_s`: how long head office may hold a feed request.
    """

    def __init__(
        self,
        till: Till,
        channel: Channel,
        ports: TillPorts,
        loader: SnapshotLoader,
        *,
        on_status: Callable[[Status], None] | None = None,
        step: StepHook | None = None,
        wait_s: int = MAX_WAIT_S,
        settle: Callable[[], None] | None = None,
    ) -> None:
        self._till, self._channel, self._loader = till, channel, loader
        self._journal, self._replica = ports.journal, ports.replica
        self._clock, self._random = ports.clock, ports.random
        self._on_status, self._step, self._wait_s = on_status, step or _no_step, wait_s
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._retry = False
        self._settle, self._tell = settle or _nothing, False
        self._greeting: Greeting | None = None
        self._next = 1
        self._refetch = self._reloaded = False
        self._status = Status()
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    # -- from any thread --

    @property
    def status(self) -> Status:
        """The last known status; cheap, touches no storage."""
        return self._status

    def start(self) -> None:
        """Start the sync thread."""
        self._thread.start()

    def nudge(self) -> None:
        """There is something new to send. While offline this refreshes the counts but keeps the
        pause."""
        self._wake.set()

    def retry_now(self) -> None:
        """The network came back (or the offline switch went): try at once."""
        self._retry = True
        self._wake.set()

    def stop(self, deadline_s: float) -> bool:
        """Stop after the transaction under way and join; False if the thread still runs then."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    # -- the sync thread --

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._rest(self.round())
                failures = failures if self._reloaded else 0
            except Exception as error:  # noqa: BLE001  # whatever it is, the thread goes on trying
                if self._stopping.is_set():
                    break  # cut short by `stop`: what was under way is asked for again next time
                pause_ms = self._failed(error, failures)
                failures += 1
                self._wait_out(pause_ms)
            if self._status.state == "frozen":
                self._wait_out(None)
        self._channel.end()

    def round(self) -> int:
        """Hello if needed, push everything, then feed or snapshot once. Raises what stopped it.

        Returns how many milliseconds to rest before the next round, unless there is something to
        send: 0, or 1000 when head office answered a long poll at once with nothing.
        """
        self._wake.clear()
        self._refresh()
        if self._tell:
            self._greeting = None
        greeting = self._greeting or self._greet()
        if greeting is None:
            return 0
        self._push(greeting)
        cursor = self._replica.cursor()
        if cursor is None or cursor.hq_epoch != greeting.reply.hq_epoch or self._refetch:
            self._load(greeting)
            return 0
        asked_ms = self._clock.mono_ms()
        wait_s = 0 if self._unsent() else self._wait_s
        try:
            after = self._drive(pull(cursor, wait_s))
        except GoneError:
            self._greeting, self._refetch = None, True
            if self._reloaded:  # a fresh snapshot does not lead on either: with growing pauses
                raise
            return 0
        except Unreachable as error:
            if error.code != "interrupted":
                raise
            return 0
        self._reloaded = False
        self._contact()
        idle = after == cursor and self._clock.mono_ms() - asked_ms < IDLE_MS
        return IDLE_MS if idle else 0

    def _greet(self) -> Greeting | None:
        """Say hello; None when sales have to stop."""
        self._channel.end()
        greeting = self._drive(greet(self._till, fresh_nonce(self._random), self._clock.utc_ms()))
        self._set(replace(self._status, action=greeting.action, hq_epoch=greeting.reply.hq_epoch))
        if greeting.action in STOPS_SALES:
            self._freeze(greeting.action)
            if greeting.action is Action.FORK and greeting.reply.action is not Action.FORK:
                self._show_fork(greeting)
            return None
        self._channel.start(greeting.reply.nonce)
        self._tell = False
        self._greeting, self._next = greeting, greeting.push_from
        self._contact()
        return greeting

    def _show_fork(self, greeting: Greeting) -> None:
        """A fork above the last acknowledgement is seen here only: one push that overlaps shows it
        to head office, which opens a case and stops the other history too."""
        self._channel.start(greeting.reply.nonce)
        try:
            self._drive(push_all(self._till, greeting.push_from, greeting.reply.hq_epoch))
        except (ProtocolError, Unreachable) as error:
            log.info("fork shown code=%s", error.code)
        self._channel.end()

    def _push(self, greeting: Greeting) -> None:
        try:
            last = self._drive(push_all(self._till, self._next, greeting.reply.hq_epoch))
        except UntrustedError as error:
            if error.code == "fork":
                self._freeze(Action.FORK)
            raise
        self._next = last + 1
        self._contact()

    def _load(self, greeting: Greeting) -> None:
        for progress in self._loader.load(greeting.reply.hq_epoch):
            per_mille = 1_000 * progress.done_bytes // progress.all_bytes
            self._set(replace(self._status, loading_per_mille=per_mille))
            self._contact()
            if self._stopping.is_set():
                return
            if self._unsent():
                self._push(greeting)
        self._refetch, self._reloaded = False, True
        self._set(replace(self._status, loading_per_mille=None))

    def _freeze(self, action: Action) -> None:
        self._journal.freeze(action.value)
        self._greeting = None
        self._set(replace(self._status, state="frozen", code=action.value, action=action))

    def _failed(self, error: Exception, failures: int) -> int | None:
        """Note what went wrong and say how long to wait; the next round begins with a hello."""
        self._greeting = None
        self._channel.end()
        self._safely_refresh()
        if self._status.state == "frozen":
            return None
        code = getattr(error, "code", "") or f"fault_{type(error).__name__}"
        self._set(replace(self._status, state=_state_of(error), code=str(code)))
        if isinstance(error, ProblemError) and error.code == "nonce" and failures == 0:
            return 0
        after = error.retry_after_s if isinstance(error, ProblemError) else None
        return backoff.delay_ms(failures, self._random(backoff.RANDOM_BYTES), after)

    def _rest(self, pause_ms: int) -> None:
        """Wait between good rounds; anything to send ends it."""
        if pause_ms and not self._stopping.is_set():
            self._wake.wait(pause_ms / 1_000)

    def _wait_out(self, pause_ms: int | None) -> None:
        """Wait after a failure, or for ever (None); a nudge meanwhile only refreshes the counts."""
        until = None if pause_ms is None else self._clock.mono_ms() + pause_ms
        while not self._stopping.is_set() and not self._retry:
            left = None if until is None else until - self._clock.mono_ms()
            if left is not None and left <= 0:
                break
            if self._wake.wait(None if left is None else left / 1_000):
                self._wake.clear()
                self._safely_refresh()
        self._retry = False

    # -- steps --

    def _drive(self, talk: Generator[Step, Any, T]) -> T:
        """Do what the conversation asks for until it ends."""
        answer: object = None
        try:
            while True:
                answer = self._do(talk.send(answer))
        except StopIteration as end:
            result: T = end.value
            return result

    def _do(self, step: Step) -> object:
        match step:
            case Call():
                return self._channel.send(
                    step,
                    sent=(lambda: self._step(step.mark)) if step.mark else None,
                    interrupt=self._interrupts(step),
                )
            case ReadHead():
                cursor = self._replica.cursor()
                self._settle()  # what was decided before that cursor is in the journal by now
                seq, digest = self._journal.head()
                return Head(seq, digest, self._journal.acked(), cursor)
            case ReadHash():
                return self._journal.hash_at(step.seq)
            case ReadBatch():
                return self._journal.batch(step.from_seq, step.max_entries, step.max_bytes)
            case StoreReply():
                self._journal.store_ack(step.reply)
                self._refresh()
            case ApplyPage():
                self._tell = self._tell or any(_ends_a_lease(item) for item in step.page.items)
                return self._replica.apply_page(step.page, self._clock.utc_ms())
            case Mark():
                self._step(step.name)
        return None

    def _interrupts(self, call: Call) -> Callable[[], bool]:
        if call.wait_s:
            return lambda: self._stopping.is_set() or self._wake.is_set()
        return self._stopping.is_set

    # -- status --

    def _contact(self) -> None:
        now = self._clock.utc_ms()
        self._set(replace(self._status, state="online", code="", last_contact_ms=now))

    def _unsent(self) -> int:
        acked = self._journal.acked()
        return self._journal.head()[0] - (acked.seq if acked else 0)

    def _refresh(self) -> None:
        oldest = self._journal.oldest_unsent_ms()
        self._set(replace(self._status, unsent=self._unsent(), oldest_unsent_ms=oldest))

    def _safely_refresh(self) -> None:
        """As `_refresh`, where a fault of storage is already being dealt with."""
        try:
            self._refresh()
        except Exception as error:  # noqa: BLE001  # the round that follows meets it again
            code = f"fault_{type(error).__name__}"
            self._set(replace(self._status, state="attention", code=code))

    def _set(self, status: Status) -> None:
        if status != self._status:
            self._status = status
            if self._on_status is not None:
                self._on_status(status)


def _ends_a_lease(item: FeedItem) -> bool:
    """Head office waits to hear that this was seen."""
    return item.kind == FeedKind.LOCAL and item.key.startswith(f"{DOCUMENT}/")


def _nothing() -> None:
    """Nobody decides beside the sync thread."""


def _state_of(error: Exception) -> State:
    if isinstance(error, ProblemError):
        passes = error.told >= 500 or error.told in _PASSING_STATUS or error.code == "nonce"
        return "offline" if passes else "attention"
    if isinstance(error, Unreachable):
        return "attention" if error.code == "pin_mismatch" else "offline"
    return "offline" if isinstance(error, NotHeadOfficeError) else "attention"


def _no_step(name: str) -> None:
    """Nothing happens at a step outside tests."""
