"""Serves head office on a socket: for good (`serve`), or beside other work (`running`)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import uvicorn
from fastapi import FastAPI

from sync.headoffice.api.app import create_app
from sync.headoffice.keys import CERTIFICATE, PRIVATE_KEY
from sync.headoffice.patience import PatientProtocol
from sync.headoffice.randomness import Randomness, from_system
from sync.headoffice.service import HeadOffice, Settings

T = TypeVar("T")
START_S: Final = 20
KEEP_ALIVE_S: Final = 65
BACKLOG: Final = 512
GRACE_S: Final = 2


@dataclass(frozen=True, slots=True)
class Running:
    """A head office that answers at `base` (https://host:port, or http:// when plain)."""

    base: str
    port: int
    app: FastAPI

    @property
    def head_office(self) -> HeadOffice:
        """The head office that is served; use it inside `call` only."""
        found: HeadOffice = self.app.state.head_office
        return found

    def call(self, work: Callable[[HeadOffice], Coroutine[Any, Any, T]]) -> T:
        """Run `work` on the server's own event loop and wait for what it returns or raises."""
        loop: asyncio.AbstractEventLoop = self.app.state.loop
        done = asyncio.run_coroutine_threadsafe(work(self.head_office), loop).result()
        loop.call_soon_threadsafe(self.head_office.feed.wake)
        return done


def _config(app: FastAPI, settings: Settings, *, tls: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        http=PatientProtocol,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        ssl_certfile=str(settings.folder / CERTIFICATE) if tls else None,
        ssl_keyfile=str(settings.folder / PRIVATE_KEY) if tls else None,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def serve(
    settings: Settings, host: str, port: int, *, tls: bool = True, random: Randomness = from_system
) -> None:
    """Serve until interrupted. Raises OSError when the address is taken."""
    with contextlib.closing(_listen(host, port)) as listener:
        app = create_app(settings, random)
        gc.collect()
        gc.freeze()  # what is loaded by now stays: the collector need not look at it again
        uvicorn.Server(_config(app, settings, tls=tls)).run(sockets=[listener])


@contextlib.contextmanager
def running(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: bool = True,
    random: Randomness = from_system,
) -> Iterator[Running]:
    """Serve on a thread of its own (port 0: a free one) until the block ends.

    Raises RuntimeError when it does not come up.
    """
    with contextlib.closing(_listen(host, port)) as listener:
        taken: int = listener.getsockname()[1]
        app = create_app(settings, random)
        server = uvicorn.Server(_config(app, settings, tls=tls))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="headoffice"
        )
        thread.start()
        try:
            _wait(server, thread)
            yield Running(f"{'https' if tls else 'http'}://{host}:{taken}", taken, app)
        finally:
            server.should_exit = True
            thread.join()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError("head office did not start: see its log")
        time.sleep(0.005)
