"""Admin requests are bounded before a byte of them is read: token first, then size, then time.

The framework reads a whole body into memory before any dependency of a route runs; without this, a
stranger could fill it. Routes of tills bound their own bodies (`bodies.read_body`).
"""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Final

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.headoffice.api.bodies import BODY_DEADLINE_S, content_length, problem
from sync.protocol.errors import OversizedError, ProtocolError, UntrustedError

if TYPE_CHECKING:
    from sync.headoffice.service import HeadOffice

ADMIN: Final = "/v1/admin/"
MAX_ADMIN_BYTES: Final = 16 << 20  # some ten thousand products, or the places of a whole chain


def check_token(request: Request) -> HeadOffice:
    """Head office, for a caller with the admin token; else UntrustedError("admin_token")."""
    head_office: HeadOffice = request.app.state.head_office
    said = request.headers.get("authorization", "")
    wanted = f"Bearer {head_office.keys.admin_token}"
    if not hmac.compare_digest(said.encode(), wanted.encode()):
        raise UntrustedError("admin_token")
    return head_office


class Bounded:
    """Lets an admin request through only when it may be read, and only as far as it may be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(ADMIN):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            check_token(request)
            if content_length(request) > MAX_ADMIN_BYTES:
                raise OversizedError("body_too_large", limit=MAX_ADMIN_BYTES)
        except ProtocolError as error:
            await problem(error)(scope, receive, send)
            return
        await self._app(scope, _bounded(receive), send)


def _bounded(receive: Receive) -> Receive:
    left, over = MAX_ADMIN_BYTES, False
    until = asyncio.get_running_loop().time() + BODY_DEADLINE_S

    async def bounded() -> Message:
        nonlocal left, over
        if over:  # what follows the body is only ever that the caller went away
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        left -= len(message.get("body", b""))
        over = not message.get("more_body", False)
        if left < 0:
            raise HTTPException(413)
        return message

    return bounded
