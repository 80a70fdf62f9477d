"""HTTP to head office: pinned TLS, deadlines, whole bounded replies.

The certificate is pinned by the SHA-256 of its exact DER bytes, checked before a byte is sent: a
self-signed one is as good as any, and nothing depends on the till's clock. Plain HTTP is taken for
loopback only, where explicitly allowed. httpx knows inactivity timeouts only; the deadline of a
whole call is kept here, below it, on every read and write of the socket.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal
from urllib.parse import urlsplit

import httpcore
import httpx

from sync.client.ports import Clock
from sync.protocol import wire
from sync.protocol.backoff import retry_after_s
from sync.protocol.errors import NotHeadOfficeError
from sync.protocol.exchange import Answer, Call

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
PIN_BYTES: Final = 32
_SLICE_S: Final = 0.2  # how long an interrupted read may go on
_CHUNK_BYTES: Final = 16 * 1024
_SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

UnreachableCode = Literal[
    "offline_switch", "connect", "timeout", "interrupted", "pin_mismatch", "broken"
]


class Unreachable(Exception):  # noqa: N818  # a state of the network, not a fault of ours
    """No answer from head office. `code` says why; `sent`: all of the request had left, so head
    office may have acted on it."""

    def __init__(self, code: UnreachableCode, *, sent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Milliseconds: to connect, without a byte either way, and for a whole call."""

    connect_ms: int = 5_000
    stall_ms: int = 15_000
    total_ms: int = 60_000


class Transport:
    """One connection to head office, used by one thread at a time.

    `told_time`: the clock of a scenario, told to head office with every request (wire.TIME_HEADER).
    `base`: "https://host:port"; `pins`: SHA-256 of the DER certificates to trust (present and
    next). `offline` may be set from any thread (the demo's switch): calls fail at once, one under
    way within a moment.
    """

    def __init__(
        self,
        base: str,
        pins: Iterable[bytes],
        clock: Clock,
        timeouts: Timeouts = Timeouts(),  # frozen
        *,
        allow_plain_loopback: bool = False,
        told_time: Clock | None = None,
    ) -> None:
        url, trusted = urlsplit(base), frozenset(pins)
        plain = url.scheme == "http" and allow_plain_loopback and url.hostname in LOOPBACK
        if not plain and url.scheme != "https":
            raise ValueError(f"head office needs https (or loopback where allowed): {base!r}")
        if not plain and (not trusted or any(len(pin) != PIN_BYTES for pin in trusted)):
            raise ValueError("head office needs the SHA-256 pin of its certificate")
        self.offline = False
        self._told_time = told_time
        self._timeouts = timeouts
        self._limits = _Limits(clock, trusted, self._why_stop)
        self._wanted: Callable[[], bool] = _never
        self._client = httpx.Client(
            base_url=base.rstrip("/"),
            transport=_HttpTransport(_tls(), self._limits),
            trust_env=False,
            headers={"accept-encoding": "identity", "user-agent": "guibin"},
        )

    def send(
        self,
        call: Call,
        headers: Mapping[str, str],
        *,
        sent: Callable[[], None] | None = None,
        sink: bytearray | None = None,
        interrupt: Callable[[], bool] | None = None,
        total_ms: int | None = None,
    ) -> Answer:
        """The whole reply to `call`.

        `sent` is called when all of the request has left; `sink` collects the body of a 200 or 206
        as it comes, and keeps what came when the call fails; `interrupt` is asked every moment and
        ends the call when true; `total_ms`: deadline of the call instead of the usual one plus its
        wait. Raises Unreachable, and NotHeadOfficeError when the reply is longer than `call.limit`.
        """
        if self.offline:
            raise Unreachable("offline_switch")
        timeouts, wait_ms = self._timeouts, call.wait_s * 1_000
        total = timeouts.total_ms + wait_ms if total_ms is None else total_ms
        self._limits.start(total)
        self._wanted = interrupt or _never
        progress = _Progress(call.body, sent)
        try:
            return self._exchange(call, headers, progress, sink, timeouts.stall_ms + wait_ms)
        except httpx.HTTPError as error:
            raise Unreachable(self._code_of(error), sent=progress.done) from error
        finally:
            self._wanted = _never

    def _exchange(
        self,
        call: Call,
        headers: Mapping[str, str],
        progress: _Progress,
        sink: bytearray | None,
        stall_ms: int,
    ) -> Answer:
        stall = stall_ms / 1_000
        timeout = httpx.Timeout(stall, connect=self._timeouts.connect_ms / 1_000)
        fixed = {"content-length": str(len(call.body)), "accept": call.accept, **headers}
        if self._told_time is not None:
            fixed[wire.TIME_HEADER] = str(self._told_time.utc_ms())
        with self._client.stream(
            call.method, call.target, content=progress.chunks(), headers=fixed, timeout=timeout
        ) as response:
            progress.finish()
            keep = sink if sink is not None and response.status_code in (200, 206) else bytearray()
            already = len(keep)
            for chunk in response.iter_raw():
                keep += chunk
                if len(keep) - already > call.limit:
                    raise NotHeadOfficeError("reply_too_large", limit=call.limit)
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        after = retry_after_s(response.headers.get("retry-after"))
        return Answer(response.status_code, media, bytes(keep[already:]), after)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _why_stop(self) -> UnreachableCode | None:
        if self.offline:
            return "offline_switch"
        return "interrupted" if self._wanted() else None

    def _code_of(self, error: httpx.HTTPError) -> UnreachableCode:
        if self._limits.stopped is not None:
            return self._limits.stopped
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return "connect"
        return "timeout" if isinstance(error, httpx.TimeoutException) else "broken"


class _Progress:
    """Hands out a request body and notices when all of it has left: the client asks for the next
    chunk only after it has written the one before."""

    def __init__(self, body: bytes, sent: Callable[[], None] | None) -> None:
        self._body, self._sent, self.done = body, sent, False

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), _CHUNK_BYTES):
            yield self._body[start : start + _CHUNK_BYTES]
        self.finish()

    def finish(self) -> None:
        if not self.done:
            self.done = True
            if self._sent is not None:
                self._sent()


class _Limits:
    """Deadline, pins and interruption of the call under way, known down to the socket."""

    def __init__(
        self,
        clock: Clock,
        pins: frozenset[bytes],
        why_stop: Callable[[], UnreachableCode | None],
    ) -> None:
        self._clock, self._pins, self._why_stop = clock, pins, why_stop
        self._until_ms = 0
        self.stopped: UnreachableCode | None = None

    def start(self, total_ms: int) -> None:
        self._until_ms, self.stopped = self._clock.mono_ms() + total_ms, None

    def left_s(self, timeout: float | None) -> float:
        """Seconds a socket operation may take; raises when the call has to end."""
        self.stopped = self._why_stop()
        left = (self._until_ms - self._clock.mono_ms()) / 1_000
        if self.stopped is None and left <= 0:
            self.stopped = "timeout"
        if self.stopped is not None:
            raise httpcore.ReadTimeout(self.stopped)
        return left if timeout is None else min(left, timeout)

    def check_pin(self, stream: httpcore.NetworkStream) -> None:
        tls = stream.get_extra_info("socket")
        shown = tls.getpeercert(binary_form=True) if isinstance(tls, ssl.SSLSocket) else None
        if sha256(shown or b"").digest() not in self._pins:
            stream.close()
            self.stopped = "pin_mismatch"
            raise httpcore.ConnectError("the certificate is not the pinned one")


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation keeps to the limits of the call under way."""

    def __init__(self, stream: httpcore.NetworkStream, limits: _Limits) -> None:
        self._stream, self._limits = stream, limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        rest = self._limits.left_s(timeout)
        while True:
            piece = min(_SLICE_S, rest)
            try:
                return self._stream.read(max_bytes, piece)
            except httpcore.ReadTimeout:
                rest = min(rest - piece, self._limits.left_s(None))
                if rest <= 0:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._limits.left_s(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._limits.left_s(timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        self._limits.check_pin(stream)
        return _Stream(stream, self._limits)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, limits: _Limits) -> None:
        self._limits, self._sockets = limits, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._limits.left_s(timeout)
        stream = self._sockets.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._limits)


class _HttpTransport(httpx.HTTPTransport):
    """httpx's own transport on a connection pool that keeps our limits."""

    def __init__(self, tls: ssl.SSLContext, limits: _Limits) -> None:
        super().__init__(verify=tls)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=55,
            network_backend=_Backend(limits),
        )


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # No authority and no name is asked: the exact certificate is compared (`check_pin`).
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _never() -> bool:
    return False
