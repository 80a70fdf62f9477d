"""Requests in, replies out: bounded bodies, media types, problems. Nothing here raises a 5xx."""

from __future__ import annotations

import asyncio
from typing import Final, TypeVar

from fastapi import Request, Response

from sync.database.headoffice.sessions import (
    ConflictError,
    StoreError,
    UnavailableError,
    UnfitError,
)
from sync.headoffice.errors import TooManyError
from sync.protocol import codec, wire
from sync.protocol.errors import MalformedError, OversizedError, ProtocolError
from sync.protocol.messages import Problem

T = TypeVar("T")
TIME_HEADER: Final = "guibin-time-ms"
BODY_DEADLINE_S: Final = 30
RETRY_AFTER_S: Final = 2
_MAX_MS: Final = 1 << 47


class MediaError(ProtocolError):
    """The body is not of the agreed media type."""

    status = 415


def content_length(request: Request) -> int:
    """How many bytes the body is said to have; beyond any limit when that makes no sense."""
    said = request.headers.get("content-length", "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 12 else 1 << 63


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, at most `limit` bytes; raises OversizedError and MalformedError."""
    if content_length(request) > limit:
        raise OversizedError("body_too_large", limit=limit)
    if "content-encoding" in request.headers:
        raise MediaError("content_encoding")
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise OversizedError("body_too_large", limit=limit)
                parts.append(part)
    except TimeoutError:
        raise MalformedError("body_too_slow") from None
    return b"".join(parts)


def check_media(request: Request, wanted: str) -> None:
    """MediaError("media_type") unless the body is declared as `wanted`."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != wanted:
        raise MediaError("media_type")


def now_ms(request: Request) -> int:
    """The time: the system's, or in scenario mode what the request says it is."""
    injected = request.headers.get(TIME_HEADER)
    if injected is None:
        now: int = request.app.state.head_office.clock.now_ms()
        return now
    if not request.app.state.settings.scenario:
        raise MalformedError("time_not_accepted")
    if not injected.isascii() or not injected.isdigit() or int(injected[:20]) >= _MAX_MS:
        raise MalformedError("time_unreadable")
    return int(injected)


def reply(message: object, status: int = 200) -> Response:
    """A message as JSON."""
    return Response(codec.encode(message), status, media_type=wire.MEDIA_JSON)


def problem(error: ProtocolError) -> Response:
    """An error as a problem body."""
    body = codec.encode(Problem(error.code, {k: v for k, v in error.params.items() if _short(v)}))
    headers = {"retry-after": str(RETRY_AFTER_S)} if error.status == 503 else None
    if isinstance(error, TooManyError):
        headers = {"retry-after": str(error.params["wait_s"])}
    return Response(body, error.status, headers, wire.MEDIA_PROBLEM)


def _short(value: int | str) -> bool:
    return isinstance(value, int) or len(value) <= 200


def store_problem(error: StoreError) -> Response:
    """A fault of the database: to be tried again, or the request's own fault."""
    status, code = 503, "unavailable"
    if isinstance(error, UnfitError):
        status, code = 422, "value_unfit"
    elif isinstance(error, ConflictError):
        status, code = 409, "conflict"
    elif not isinstance(error, UnavailableError):
        code = "store"
    headers = {"retry-after": str(RETRY_AFTER_S)} if status == 503 else None
    return Response(codec.encode(Problem(code)), status, headers, wire.MEDIA_PROBLEM)
