"""Questions with a cashier waiting: authorisation and member fetch, within 2 seconds in all.

On its own transport and session, so that a long poll or a push never stands in the way; threads
take turns. No answer is an answer: the till then goes by its offline rules, with the same entry id.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final, TypeVar

from sync.client.channel import Channel
from sync.client.ports import Clock
from sync.client.transport import Unreachable
from sync.protocol import codec, wire
from sync.protocol.errors import ProblemError, ProtocolError
from sync.protocol.exchange import Call, content
from sync.protocol.messages import (
    AuthAsk,
    Granted,
    MemberAsk,
    MemberReply,
    OriginalAsk,
    OriginalReply,
    Refused,
)

DEADLINE_MS: Final = 2_000
_LEAST_MS: Final = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Head office did not answer in time, or not usably. `unknown`: it may have acted on the
    question (the entry says so: Basis.auth_unknown)."""

    code: str
    unknown: bool


class OnlineClient:
    """Asks head office while the cashier waits."""

    def __init__(self, channel: Channel, clock: Clock, deadline_ms: int = DEADLINE_MS) -> None:
        self._channel, self._clock, self._deadline_ms = channel, clock, deadline_ms
        self._turn = Lock()

    def authorise(self, ask: AuthAsk) -> Granted | Refused | NoAnswer:
        """May this entry debit this member? Repeating the question is harmless."""
        found = self._ask(Call("POST", wire.AUTH, codec.encode(ask), limit=wire.MAX_SMALL_BYTES))
        if isinstance(found, NoAnswer):
            return found
        try:
            return codec.decode_auth_reply(found)
        except ProtocolError as error:
            return NoAnswer(error.code, unknown=True)

    def member(self, ask: MemberAsk) -> MemberReply | NoAnswer:
        """One member by id, card token or keyed phone hash; no items when there is none."""
        found = self._ask(Call("POST", wire.MEMBER, codec.encode(ask)))
        if isinstance(found, NoAnswer):
            return found
        try:
            return codec.decode_member_reply(found)
        except ProtocolError as error:
            return NoAnswer(error.code, unknown=False)

    def original(self, ask: OriginalAsk) -> OriginalReply | NoAnswer:
        """What came back of an entry, as far as head office knows."""
        found = self._ask(Call("POST", wire.ORIGINAL, codec.encode(ask)))
        if isinstance(found, NoAnswer):
            return found
        try:
            return codec.decode_original_reply(found)
        except ProtocolError as error:
            return NoAnswer(error.code, unknown=False)

    def _ask(self, call: Call) -> bytes | NoAnswer:
        until = self._clock.mono_ms() + self._deadline_ms
        if not self._turn.acquire(timeout=self._deadline_ms / 1_000):
            return NoAnswer("timeout", unknown=False)
        try:
            return self._asked(call, until)
        finally:
            self._turn.release()

    def _asked(self, call: Call, until: int) -> bytes | NoAnswer:
        try:
            fresh = not self._channel.started
            if fresh:
                self._channel.renew(self._left(until))
            try:
                return self._once(call, until)
            except ProblemError as problem:
                if problem.told != 401 or fresh:
                    raise
            self._channel.renew(self._left(until))
            return self._once(call, until)
        except Unreachable as error:
            return NoAnswer(error.code, unknown=error.sent and self._channel.started)
        except ProtocolError as error:
            refused = isinstance(error, ProblemError) and error.told < 500
            unknown = self._channel.started and not refused
            self._channel.end()
            return NoAnswer(error.code, unknown=unknown)

    def _once(self, call: Call, until_ms: int) -> bytes:
        answer = self._channel.send(call, total_ms=self._left(until_ms))
        return content(answer, call.accept)

    def _left(self, until_ms: int) -> int:
        left = until_ms - self._clock.mono_ms()
        if left < _LEAST_MS:
            raise Unreachable("timeout")
        return left
