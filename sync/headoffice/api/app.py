"""The ASGI application: routes, errors as problem bodies, head office opened and closed with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from sync.database.headoffice.sessions import StoreError
from sync.headoffice.api import admin, tills
from sync.headoffice.api.bodies import problem, reply, store_problem
from sync.headoffice.api.bounds import Bounded
from sync.headoffice.api.devices import Devices
from sync.headoffice.jobs.background import background
from sync.headoffice.randomness import Randomness, from_system
from sync.headoffice.service import Settings, opened
from sync.protocol.errors import ProtocolError

log = structlog.get_logger("headoffice.api")


def create_app(settings: Settings, random: Randomness = from_system) -> FastAPI:
    """Head office of `settings` as an application; its database opens when serving starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings, random) as head_office, background(head_office):
            app.state.head_office = head_office
            app.state.devices = Devices(head_office.database, head_office.keys)
            app.state.loop = asyncio.get_running_loop()
            yield

    app = FastAPI(title="Guibin head office", version="1", lifespan=lifespan, redoc_url=None)
    app.state.settings = settings
    app.add_middleware(Bounded)
    app.include_router(tills.router)
    app.include_router(admin.router)
    app.add_api_route("/v1/health", health, tags=["health"])
    app.add_exception_handler(ProtocolError, _protocol_error)
    app.add_exception_handler(StoreError, _store_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


async def health(request: Request) -> Response:
    """Whether head office can reach its database: epoch, kind, numbers."""
    hq = request.app.state.head_office
    found = {
        "hq_epoch": hq.hq_epoch,
        "database": hq.database.kind,
        "post_seq": await hq.database.last_visible("post_seq"),
        "feed_n": await hq.database.last_visible("feed_n"),
        "scenario": hq.settings.scenario,
    }
    return reply(found)


async def _protocol_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, ProtocolError):
        raise error
    return problem(error)


async def _store_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, StoreError):
        raise error
    log.warning("database", path=request.url.path, error=str(error))
    return store_problem(error)


async def _http_error(_: Request, error: Exception) -> Response:
    """404, 405 and the like, as problems too."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    names = {
        401: "unauthorised", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
        408: "body_too_slow", 413: "body_too_large",
    }  # fmt: skip
    found = ProtocolError(names.get(status, f"http_{status}"))
    made = problem(found)
    made.status_code = status
    return made


async def _invalid(_: Request, error: Exception) -> Response:
    """A body of an admin route that does not fit: where, never what."""
    places = error.errors() if isinstance(error, RequestValidationError) else []
    where = ".".join(str(part) for part in places[0]["loc"])[:200] if places else ""
    made = problem(ProtocolError("invalid", where=where))
    made.status_code = 422
    return made
