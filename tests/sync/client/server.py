"""A head office on a loopback socket, plain or TLS, that can be made to misbehave."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.protocol import requests, wire
from sync.protocol.errors import UntrustedError
from sync.protocol.exchange import Answer, Call
from sync.protocol.requests import Verified
from tests.sync.protocol import samples
from tests.sync.protocol.head_office import FakeHeadOffice, problem

UNSIGNED = (wire.ENROL_BEGIN, wire.ENROL)


@dataclass
class Seen:
    """A request as it arrived; `by` is None for enrolment."""

    method: str
    target: str
    body: bytes
    headers: dict[str, str]
    by: Verified | None


@dataclass
class LoopbackServer:
    """`respond` answers a call; `faults` are used up first, one per request: each gets the handler
    and the true answer and writes what it likes."""

    respond: Callable[[Call, Seen], Answer]
    base: str = ""
    pin: bytes = b""
    seen: list[Seen] = field(default_factory=list)
    faults: list[Callable[[BaseHTTPRequestHandler, Answer], None]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)


def respond_as(hq: FakeHeadOffice) -> Callable[[Call, Seen], Answer]:
    """Answers of the head office in memory."""
    return lambda call, seen: hq.answer(call)


def write(handler: BaseHTTPRequestHandler, answer: Answer, cut: int | None = None) -> None:
    """Send an answer; `cut`: stop after so many bytes of the body and hang up."""
    handler.send_response(answer.status)
    if answer.media:
        handler.send_header("Content-Type", answer.media)
    if answer.retry_after_s is not None:
        handler.send_header("Retry-After", str(answer.retry_after_s))
    handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    handler.wfile.write(answer.body if cut is None else answer.body[:cut])
    if cut is not None:
        handler.close_connection = True


def as_it_is(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """No fault at all."""
    write(handler, answer)


def truncated(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Half a reply."""
    write(handler, answer, len(answer.body) // 2)


def no_reply(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """The reply is lost: the connection ends."""
    handler.close_connection = True


def portal(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """A captive portal."""
    write(handler, Answer(200, "text/html; charset=utf-8", b"<html>Welcome</html>"))


def unavailable(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """503 with Retry-After."""
    write(handler, problem(503, "busy", 0))


def told(status: int, code: str) -> Callable[[BaseHTTPRequestHandler, Answer], None]:
    """A problem reply."""
    return lambda handler, answer: write(handler, problem(status, code))


def _handler(server: LoopbackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def serve(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            body = self.rfile.read(size) if size else b""
            by = None
            path = urlsplit(self.path).path
            seen = Seen(self.command, self.path, body, dict(self.headers.items()), None)
            try:
                if path not in UNSIGNED:
                    by = seen.by = requests.verify_request(
                        self.command, self.path, self.headers.items(), body, _public_of
                    )
            except UntrustedError as error:
                write(self, problem(401, error.code))
                return
            server.seen.append(seen)
            call = Call(self.command, self.path, body)
            answer = server.respond(call, seen)
            if server.faults:
                server.faults.pop(0)(self, answer)
            else:
                write(self, answer)
            assert by is seen.by

        do_GET = do_POST = serve  # noqa: N815  # the base class names them

    return Handler


def _public_of(key: str) -> bytes | None:
    till = samples.till_signer()
    return till.public if key == till.key else None


class _Quiet(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def handle_error(self, *_: object) -> None:
        """Clients of these tests hang up on purpose."""


@contextmanager
def serving(
    respond: Callable[[Call, Seen], Answer], certificate: Path | None = None
) -> Iterator[LoopbackServer]:
    """Serve on a loopback port, over TLS when given the PEM of a certificate and its key."""
    state = LoopbackServer(respond)
    http = _Quiet(("127.0.0.1", 0), _handler(state))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        http.socket = context.wrap_socket(
            http.socket, server_side=True, do_handshake_on_connect=False
        )
        state.pin = pin_of(certificate)
    scheme = "http" if certificate is None else "https"
    state.base = f"{scheme}://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), name="fake head office")
    thread.start()
    try:
        yield state
    finally:
        state.hold.set()
        http.shutdown()
        thread.join(5)
        http.server_close()


def self_signed(path: Path, name: str = "head office") -> Path:
    """A self-signed certificate with its key in one PEM, long expired: nobody reads its dates."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path


def pin_of(certificate: Path) -> bytes:
    """SHA-256 of the DER of the certificate in a PEM."""
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    return sha256(loaded.public_bytes(serialization.Encoding.DER)).digest()


class RealClock:
    """The machine's clocks."""

    def utc_ms(self) -> int:
        """Wall clock."""
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        """Monotonic clock."""
        return time.monotonic_ns() // 1_000_000
