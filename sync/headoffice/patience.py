"""A bounded time to receive a request: a caller that sends a byte now and then holds no place.

uvicorn bounds how long a connection may idle between requests, not how long a request may take to
arrive. Here its head has HEAD_S from the first byte (the first one from the connection on), its
body BODY_S more, whatever route it is for; then the connection is closed without an answer.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger("headoffice")

HEAD_S: Final = 10.0
BODY_S: Final = 60.0  # above `bodies.BODY_DEADLINE_S`, which answers with a reason


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's own protocol with two deadlines."""

    head_s = HEAD_S
    body_s = BODY_S
    _timer: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]  # as uvicorn's own class does
        self, transport: asyncio.Transport
    ) -> None:
        """A caller is there: its first request is awaited."""
        super().connection_made(transport)
        self._await("head", self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more is awaited."""
        self._settle()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        if self._timer is None:
            self._await("head", self.head_s)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._await("body", self.body_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole; what takes time from now on is ours."""
        self._settle()
        super().on_message_complete()

    def _await(self, what: str, seconds: float) -> None:
        self._settle()
        self._timer = self.loop.call_later(seconds, self._too_slow, what)

    def _settle(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self, what: str) -> None:
        self._timer = None
        log.info("request_too_slow part=%s", what)
        self.transport.abort()
