"""Callers that send a byte now and then (slow-loris) are let go; the others never notice."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.headoffice.patience import PatientProtocol
from sync.headoffice.serving import Running, running
from tests.helpers.servers import set_up

HEAD = b"POST /v1/push HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
WAIT_S = 15


@pytest.fixture
def hasty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A head office that waits half a second for a head, and for a body."""
    monkeypatch.setattr(PatientProtocol, "head_s", 0.5)
    monkeypatch.setattr(PatientProtocol, "body_s", 0.5)
    with running(set_up(tmp_path / "hq"), tls=False) as served:
        yield served


def connect(served: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), WAIT_S)


def let_go(caller: socket.socket, drip: bytes) -> bool:
    """Whether the connection ends while `drip` is sent byte by byte, with no answer."""
    until = time.monotonic() + WAIT_S
    caller.settimeout(0.05)
    while time.monotonic() < until:
        try:
            caller.sendall(drip)
            if caller.recv(1) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize("said", [b"", b"G", HEAD], ids=["nothing", "a byte", "half a head"])
def test_a_head_that_does_not_come_is_not_waited_for(hasty: Running, said: bytes) -> None:
    with connect(hasty) as caller:
        caller.sendall(said)
        assert let_go(caller, b"x" if said else b"")


def test_a_body_that_drips_is_not_waited_for(hasty: Running) -> None:
    with connect(hasty) as caller:
        caller.sendall(HEAD + b"content-length: 100000\r\n\r\n{")
        assert let_go(caller, b" ")


def test_a_second_request_on_a_connection_has_its_own_deadline(hasty: Running) -> None:
    with connect(hasty) as caller:
        for _ in range(3):
            caller.sendall(b"GET /v1/nothing HTTP/1.1\r\nhost: x\r\n\r\n")
            answer = caller.recv(65536)
            assert answer.startswith(b"HTTP/1.1 404"), answer
            time.sleep(0.7)  # idle between requests is no slow request
        caller.sendall(b"GET /v1/")
        assert let_go(caller, b"x")
