"""The transport on a real loopback socket: pins, deadlines, bounds, hang-ups."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from sync.client.transport import Timeouts, Transport, Unreachable
from sync.protocol import wire
from sync.protocol.errors import NotHeadOfficeError
from sync.protocol.exchange import Answer, Call
from tests.sync.client.server import (
    LoopbackServer,
    RealClock,
    no_reply,
    pin_of,
    self_signed,
    serving,
    truncated,
    write,
)

QUICK = Timeouts(connect_ms=500, stall_ms=400, total_ms=900)
HELLO = Call("POST", wire.ENROL_BEGIN, b"x" * 100_000)
GOOD = Answer(200, wire.MEDIA_JSON, b'{"a":1}' * 100)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "hq.pem")


@pytest.fixture
def plain() -> Iterator[LoopbackServer]:
    with serving(lambda call, seen: GOOD) as server:
        yield server


def transport(server: LoopbackServer, timeouts: Timeouts = QUICK) -> Transport:
    pins = [server.pin] if server.pin else []
    return Transport(server.base, pins, RealClock(), timeouts, allow_plain_loopback=True)


def refused(made: Transport, call: Call = HELLO) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        made.send(call, {})
    made.close()
    return caught.value


def test_a_whole_reply_over_pinned_tls(certificate: Path) -> None:
    """The certificate is self-signed, for no name, and expired: only its bytes count."""
    with serving(lambda call, seen: GOOD, certificate) as server:
        made = transport(server)
        steps: list[str] = []
        for _ in range(3):
            got = made.send(HELLO, {"x-note": "1"}, sent=lambda: steps.append("sent"))
            assert got == GOOD
        made.close()
        assert steps == ["sent"] * 3
        assert [seen.body for seen in server.seen] == [HELLO.body] * 3
        assert server.seen[0].headers["x-note"] == "1"


def test_another_certificate_is_refused_before_a_byte_is_sent(
    certificate: Path, tmp_path: Path
) -> None:
    other = self_signed(tmp_path / "thief.pem")
    with serving(lambda call, seen: GOOD, other) as server:
        made = Transport(server.base, [pin_of(certificate)], RealClock(), QUICK)
        error = refused(made)
        assert (error.code, error.sent) == ("pin_mismatch", False)
        assert server.seen == []
        both = Transport(server.base, [pin_of(certificate), pin_of(other)], RealClock(), QUICK)
        assert both.send(HELLO, {}) == GOOD, "present and next certificate are pinned"
        both.close()


def test_plain_http_is_for_loopback_where_allowed() -> None:
    clock = RealClock()
    for base, pins, allowed in (
        ("http://127.0.0.1:1", [], False),
        ("http://10.0.0.1:1", [], True),
        ("http://head-office.example:1", [], True),
        ("ftp://127.0.0.1:1", [], True),
        ("https://127.0.0.1:1", [], True),
        ("https://127.0.0.1:1", [b"short"], True),
    ):
        with pytest.raises(ValueError, match="head office needs"):
            Transport(base, pins, clock, allow_plain_loopback=allowed)


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{taken.getsockname()[1]}"
        error = refused(Transport(base, [], RealClock(), QUICK, allow_plain_loopback=True))
    assert (error.code, error.sent) == ("connect", False)


def test_the_switch(plain: LoopbackServer) -> None:
    made = transport(plain)
    made.offline = True
    with pytest.raises(Unreachable, match="offline_switch"):
        made.send(HELLO, {})
    made.offline = False
    assert made.send(HELLO, {}) == GOOD
    made.close()


def holding(server: LoopbackServer, first: bytes = b"") -> None:
    """The next request gets `first` and then nothing."""

    def hold(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        handler.wfile.write(first)
        handler.wfile.flush()
        server.hold.wait(5)
        handler.close_connection = True

    server.faults.append(hold)


def test_the_switch_and_an_interrupt_end_a_call_under_way(plain: LoopbackServer) -> None:
    patient = Timeouts(stall_ms=8_000, total_ms=8_000)
    for code in ("offline_switch", "interrupted"):
        made = transport(plain, patient)
        holding(plain)
        stop = threading.Event()

        def pull_the_plug(
            made: Transport = made, stop: threading.Event = stop, code: str = code
        ) -> None:
            made.offline = code == "offline_switch"
            stop.set()

        timer = threading.Timer(0.1, pull_the_plug)
        timer.start()
        began = time.monotonic()
        with pytest.raises(Unreachable, match=code) as caught:
            made.send(HELLO, {}, interrupt=stop.is_set if code == "interrupted" else None)
        assert caught.value.sent
        assert time.monotonic() - began < 2
        timer.join()
        made.close()
        plain.hold.set()
        plain.hold.clear()


@pytest.mark.parametrize(
    "first",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc"],
    ids=["no reply", "in the head", "in the body"],
)
def test_a_stall_ends_the_call(plain: LoopbackServer, first: bytes) -> None:
    holding(plain, first)
    began = time.monotonic()
    error = refused(transport(plain))
    assert (error.code, error.sent) == ("timeout", True)
    assert 0.3 < time.monotonic() - began < 1.5


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"])
def test_a_drip_of_bytes_ends_at_the_deadline(plain: LoopbackServer, head: bytes) -> None:
    """Fault 16, slow-loris: httpx alone would wait as long as a byte comes now and then."""

    def drip(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        handler.wfile.write(head or b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(60):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            if plain.hold.wait(0.05):
                break
        handler.close_connection = True

    plain.faults.append(drip)
    began = time.monotonic()
    error = refused(transport(plain))
    assert error.code == "timeout"
    assert 0.8 < time.monotonic() - began < 2


def test_a_long_poll_may_be_held_longer_than_a_stall(plain: LoopbackServer) -> None:
    def late(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        plain.hold.wait(0.7)
        write(handler, answer)

    made = transport(plain)
    plain.faults.append(late)
    assert made.send(Call("GET", wire.ENROL, wait_s=1), {}) == GOOD
    plain.faults.append(late)
    with pytest.raises(Unreachable, match="timeout"):
        made.send(Call("GET", wire.ENROL), {})
    plain.faults.append(late)
    with pytest.raises(Unreachable, match="timeout"):
        made.send(Call("GET", wire.ENROL, wait_s=1), {}, total_ms=200)
    made.close()


def test_lost_and_truncated_replies(plain: LoopbackServer) -> None:
    made = transport(plain)
    for fault in (no_reply, truncated):
        plain.faults.append(fault)
        with pytest.raises(Unreachable, match="broken") as caught:
            made.send(HELLO, {})
        assert caught.value.sent
    assert made.send(HELLO, {}) == GOOD
    made.close()


def test_what_came_is_kept_for_a_resume(plain: LoopbackServer) -> None:
    made, kept = transport(plain), bytearray(b"before ")
    plain.faults.append(truncated)
    with pytest.raises(Unreachable):
        made.send(HELLO, {}, sink=kept)
    assert bytes(kept) == b"before " + GOOD.body[:350]
    missing = Answer(404, wire.MEDIA_PROBLEM, b"{}")
    plain.faults.append(lambda handler, answer: write(handler, missing))
    assert made.send(HELLO, {}, sink=kept) == missing
    assert len(kept) == 357, "an error reply is no part of it"
    assert made.send(HELLO, {}, sink=kept).body == GOOD.body
    made.close()


def test_a_reply_that_does_not_end(plain: LoopbackServer) -> None:
    made = transport(plain)
    with pytest.raises(NotHeadOfficeError, match="reply_too_large"):
        made.send(Call("POST", wire.ENROL, b"", limit=699), {})
    assert made.send(Call("POST", wire.ENROL, b"", limit=700), {}) == GOOD
    made.close()


def test_redirects_are_not_followed_and_retry_after_is_read(plain: LoopbackServer) -> None:
    made = transport(plain)
    plain.faults.append(lambda handler, answer: write(handler, Answer(302, "text/html", b"", 7)))
    got = made.send(HELLO, {})
    assert (got.status, got.retry_after_s) == (302, 7)
    made.close()


def test_the_time_of_a_scenario_is_told(plain: LoopbackServer) -> None:
    clock = RealClock()
    made = Transport(plain.base, [], clock, QUICK, allow_plain_loopback=True, told_time=clock)
    made.send(HELLO, {})
    made.close()
    assert int(plain.seen[0].headers[wire.TIME_HEADER]) <= clock.utc_ms()
    silent = transport(plain)
    silent.send(HELLO, {})
    silent.close()
    assert wire.TIME_HEADER not in plain.seen[1].headers
