"""Signed conversation with head office over a transport: who signs, under which session nonce."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from sync.client.ports import Clock, Random
from sync.client.transport import Transport
from sync.protocol import codec, wire
from sync.protocol.exchange import Answer, Call, content
from sync.protocol.keys import Signer
from sync.protocol.messages import NonceAsk, NonceReply
from sync.protocol.requests import sign_request
from sync.protocol.versions import SUPPORTED

_NONCE_BYTES = 18


def fresh_nonce(random: Random) -> str:
    """A nonce of the till's own choice: 24 characters of 144 random bits."""
    return base64.urlsafe_b64encode(random(_NONCE_BYTES)).decode()


class Channel:
    """Signs every request with the till's key and counts them within the session's nonce.

    Until `start` is given head office's nonce, requests carry a fresh one of the till's own, which
    head office takes for hello and nonce requests only.
    """

    def __init__(self, transport: Transport, signer: Signer, clock: Clock, random: Random) -> None:
        self.transport = transport
        self._signer, self._clock, self._random = signer, clock, random
        self._nonce = ""
        self._counter = 0

    @property
    def started(self) -> bool:
        """Whether there is a session nonce from head office."""
        return bool(self._nonce)

    def start(self, nonce: str) -> None:
        """Go on under head office's session nonce."""
        self._nonce, self._counter = nonce, 0

    def end(self) -> None:
        """Forget the session: the next request is a hello or asks for a nonce."""
        self._nonce = ""

    def send(
        self,
        call: Call,
        *,
        headers: Mapping[str, str] | None = None,
        sent: Callable[[], None] | None = None,
        sink: bytearray | None = None,
        interrupt: Callable[[], bool] | None = None,
        total_ms: int | None = None,
    ) -> Answer:
        """Sign and send; arguments and errors as Transport.send. `headers` are added unsigned."""
        self._counter = self._counter + 1 if self._nonce else 1
        nonce = self._nonce or fresh_nonce(self._random)
        created_s = max(0, self._clock.utc_ms() // 1_000)
        signed = sign_request(
            self._signer, call.method, call.target, call.body, nonce, self._counter, created_s
        )
        every = {**(headers or {}), **signed, "guibin-protocol": SUPPORTED[-1]}
        if call.body:
            every["content-type"] = call.media
        return self.transport.send(
            call, every, sent=sent, sink=sink, interrupt=interrupt, total_ms=total_ms
        )

    def renew(self, total_ms: int) -> None:
        """Get a session nonce without a hello. Raises as `send`, and ProtocolErrors."""
        self.end()
        ask = codec.encode(NonceAsk(fresh_nonce(self._random)))
        answer = self.send(Call("POST", wire.NONCE, ask), total_ms=total_ms)
        body = content(answer, wire.MEDIA_JSON)
        self.start(codec.decode(body, NonceReply, wire.MAX_SMALL_BYTES).nonce)
