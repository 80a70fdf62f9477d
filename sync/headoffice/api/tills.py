"""Routes of tills: enrol, hello, nonce, push, feed, snapshot, authorise, member (sync.protocol)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from sync.domain.refusals import Code
from sync.headoffice.api.bodies import check_media, now_ms, read_body, reply
from sync.headoffice.api.devices import Caller, Devices, check_active
from sync.headoffice.online import member_of
from sync.headoffice.service import HeadOffice
from sync.protocol import codec, frames, wire
from sync.protocol.errors import MalformedError, UntrustedError
from sync.protocol.messages import (
    AuthAsk,
    EnrolAsk,
    HelloAsk,
    MemberAsk,
    NonceAsk,
    NonceReply,
    OriginalAsk,
    Refused,
)
from sync.protocol.records import Form

router: Final = APIRouter(tags=["tills"])
_WHOLE: Final = 19


def _hq(request: Request) -> HeadOffice:
    found: HeadOffice = request.app.state.head_office
    return found


async def _caller(request: Request, body: bytes, at: int, *, own_nonce: bool = False) -> Caller:
    devices: Devices = request.app.state.devices
    return await devices.caller(request, body, at, own_nonce=own_nonce)


def _openapi(media: str) -> dict[str, object]:
    return {"requestBody": {"required": True, "content": {media: {}}}}


JSON_BODY: Final = _openapi(wire.MEDIA_JSON)
PUSH_BODY: Final = _openapi(wire.MEDIA_PUSH)


@router.post(wire.ENROL_BEGIN)
async def enrol_begin(request: Request) -> Response:
    """A nonce for a till that wants to join (messages.EnrolChallenge)."""
    await read_body(request, 0)
    return reply(_hq(request).enrolment.begin(now_ms(request)))


@router.post(wire.ENROL, openapi_extra=JSON_BODY)
async def enrol(request: Request) -> Response:
    """Join with a one-time code (messages.EnrolAsk -> EnrolReply)."""
    check_media(request, wire.MEDIA_JSON)
    body = await read_body(request, wire.MAX_SMALL_BYTES)
    hq = _hq(request)
    who = request.client.host if request.client else ""
    answer = await hq.enrolment.enrol(codec.decode(body, EnrolAsk), now_ms(request), who)
    request.app.state.devices.forget()
    hq.feed.wake()
    return reply(answer)


@router.post(wire.HELLO, openapi_extra=JSON_BODY)
async def hello(request: Request) -> Response:
    """Where both stand (messages.HelloAsk -> records.Signed HelloReply)."""
    check_media(request, wire.MEDIA_JSON)
    body, at = await read_body(request, wire.MAX_SMALL_BYTES), now_ms(request)
    caller = await _caller(request, body, at, own_nonce=True)
    ask = codec.decode(body, HelloAsk)
    if (ask.device, ask.epoch) != (caller.device.device, caller.device.epoch):
        raise UntrustedError("key_id")
    answer = await _hq(request).greeter.greet(ask, at)
    request.app.state.devices.forget()
    return reply(answer)


@router.post(wire.NONCE, openapi_extra=JSON_BODY)
async def nonce(request: Request) -> Response:
    """A session nonce without a hello (messages.NonceAsk -> NonceReply)."""
    check_media(request, wire.MEDIA_JSON)
    body, at = await read_body(request, wire.MAX_SMALL_BYTES), now_ms(request)
    caller = await _caller(request, body, at, own_nonce=True)
    codec.decode(body, NonceAsk)
    check_active(caller.device)
    return reply(NonceReply(_hq(request).greeter.nonce(caller.device, at), at))


@router.post(wire.PUSH, openapi_extra=PUSH_BODY)
async def push(request: Request) -> Response:
    """Entries of a till (frames -> messages.PushReply), whatever its state: facts get out."""
    check_media(request, wire.MEDIA_PUSH)
    body, at = await read_body(request, wire.MAX_PUSH_BYTES), now_ms(request)
    caller = await _caller(request, body, at)
    batch = frames.decode_push(body)
    if (batch.header.device, batch.header.epoch) != (caller.device.device, caller.device.epoch):
        raise UntrustedError("key_id")
    hq = _hq(request)
    answer = await hq.poster.push(batch, at)
    hq.feed.wake()
    return reply(answer)


@router.get(wire.FEED)
async def feed(request: Request) -> Response:
    """Changes after a cursor (?cursor=epoch.n&limit=&wait= -> zstd messages.FeedPage)."""
    await read_body(request, 0)
    at = now_ms(request)
    caller = await _caller(request, b"", at)
    check_active(caller.device)
    cursor = request.query_params.get("cursor", "")
    limit = _number(request, "limit", wire.MAX_PAGE_ITEMS, 1)
    wait_s = _number(request, "wait", 0, 0)
    page = await _hq(request).feed.page(
        caller.device, cursor, min(limit, wire.MAX_PAGE_ITEMS), min(wait_s, wire.MAX_WAIT_S), at
    )
    return Response(codec.encode_page(page), media_type=wire.MEDIA_FEED)


@router.get(wire.SNAPSHOT)
async def snapshot(request: Request) -> Response:
    """Manifest for first contact (?form=&schema= -> messages.SnapshotReply)."""
    await read_body(request, 0)
    at = now_ms(request)
    caller = await _caller(request, b"", at)
    check_active(caller.device)
    wanted = request.query_params.get("form", Form.ROWS)
    form = Form(wanted) if wanted in tuple(Form) else Form.ROWS
    schema = _number(request, "schema", 0, 0)
    return reply(await _hq(request).snapshots.manifest(caller.device, at, form, schema))


@router.get(wire.PART)
async def part(request: Request, snapshot: str, index: str) -> Response:
    """One part of a snapshot; a range of it where the fetch broke off."""
    await read_body(request, 0)
    at = now_ms(request)
    caller = await _caller(request, b"", at)
    check_active(caller.device)
    if not index.isascii() or not index.isdigit() or len(index) > _WHOLE:
        raise MalformedError("query")
    data = await _hq(request).snapshots.part(caller.device, snapshot, int(index))
    start = _range_start(request.headers.get("range"), len(data))
    if start is None:
        return Response(data, media_type=wire.MEDIA_PART)
    headers = {"content-range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
    return Response(data[start:], 206, headers, wire.MEDIA_PART)


@router.post(wire.AUTH, openapi_extra=JSON_BODY)
async def authorise(request: Request) -> Response:
    """May this entry debit this member? (messages.AuthAsk -> Granted | Refused)."""
    check_media(request, wire.MEDIA_JSON)
    body, at = await read_body(request, wire.MAX_SMALL_BYTES), now_ms(request)
    caller = await _caller(request, body, at)
    check_active(caller.device)
    ask = codec.decode(body, AuthAsk)
    hq, holder = _hq(request), f"{caller.device.device}:{caller.device.epoch}"
    answer = await hq.online.authorise(ask, caller.verified, at, holder)
    if isinstance(answer, Refused) and answer.code == Code.LEASED_ELSEWHERE:
        await _take_back(hq, ask.member, caller.device.store, at)
    return reply(answer)


@router.post(wire.MEMBER, openapi_extra=JSON_BODY)
async def member(request: Request) -> Response:
    """One member by id, card token or phone key (messages.MemberAsk -> MemberReply)."""
    check_media(request, wire.MEDIA_JSON)
    body, at = await read_body(request, wire.MAX_SMALL_BYTES), now_ms(request)
    caller = await _caller(request, body, at)
    check_active(caller.device)
    hq = _hq(request)
    answer = await hq.online.member(codec.decode(body, MemberAsk), at)
    row = member_of(answer)
    if row is not None and (row.extras.leased_points or row.extras.leased_minor):
        await _take_back(hq, row.member, caller.device.store, at)
    return reply(answer)


async def _take_back(hq: HeadOffice, member: UUID, store: str, at: int) -> None:
    """A member is seen at `store`: what other stores hold by lease is wanted back."""
    if await hq.leasing.recall(member, at, store):
        hq.feed.wake()


@router.post(wire.ORIGINAL, openapi_extra=JSON_BODY)
async def original(request: Request) -> Response:
    """What came back of an entry (messages.OriginalAsk -> OriginalReply)."""
    check_media(request, wire.MEDIA_JSON)
    body, at = await read_body(request, wire.MAX_SMALL_BYTES), now_ms(request)
    caller = await _caller(request, body, at)
    check_active(caller.device)
    return reply(await _hq(request).online.original(codec.decode(body, OriginalAsk), at))


def _number(request: Request, name: str, default: int, least: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > _WHOLE or int(text) < least:
        raise MalformedError("query")
    return int(text)


def _range_start(header: str | None, size: int) -> int | None:
    """First byte of "bytes=N-"; None for no range, or one that is not of that form."""
    if header is None or not header.startswith("bytes=") or not header.endswith("-"):
        return None
    text = header.removeprefix("bytes=").removesuffix("-")
    if not text.isascii() or not text.isdigit() or len(text) > _WHOLE or int(text) >= size:
        return None
    return int(text)
