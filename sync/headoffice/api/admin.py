"""Routes of head office's own people and programs, behind the admin token (pydantic bodies)."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from sync.database.headoffice import reports
from sync.domain import programme as programmes
from sync.domain.clearing import positions_csv
from sync.domain.pricing import Product
from sync.headoffice.api.bodies import now_ms, read_body, reply
from sync.headoffice.api.bounds import check_token
from sync.headoffice.clearing.printing import statement_html
from sync.headoffice.clearing.views import dealer_names, run_view, statement_view
from sync.headoffice.enrolment import code_for_eyes
from sync.headoffice.errors import InvalidError
from sync.headoffice.jobs.redriving import redrive
from sync.headoffice.operations import asking
from sync.headoffice.service import HeadOffice
from sync.headoffice.setup import DealerRow, Places, StaffRow, StoreRow, TillRow
from sync.protocol import wire

ID: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"
TEXT: Final = r"^[^\x00]*$"
Id = Annotated[str, Field(pattern=ID)]
Text = Annotated[str, Field(max_length=200, pattern=TEXT)]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,63}$")]
Minor = Annotated[int, Field(strict=True, ge=0, le=10**12)]  # 1e3 and true are no amounts
Serial = Annotated[int, Field(strict=True, ge=0, le=10**11)]


class Strict(BaseModel):
    """A body that takes no field it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DealerIn(Strict):
    """A dealer."""

    dealer: Id
    name_zh: Text
    name_en: Text


class StoreIn(Strict):
    """A store."""

    store: Id
    dealer: Id
    name_zh: Text
    name_en: Text
    zone: Annotated[str, Field(pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$", max_length=64)] = (
        "Asia/Shanghai"
    )
    group: Text = ""


class TillIn(Strict):
    """A till."""

    till: Id
    store: Id
    first_serial: Serial = 0
    last_serial: Serial = 0


class PlacesIn(Strict):
    """Dealers, stores and tills."""

    dealers: list[DealerIn] = Field(default=[], max_length=10_000)
    stores: list[StoreIn] = Field(default=[], max_length=10_000)
    tills: list[TillIn] = Field(default=[], max_length=10_000)


class ProductIn(Strict):
    """A product; amounts in fen."""

    sku: Id
    barcode: Text
    name_zh: Text
    name_en: Text
    tag_minor: Minor
    member_minor: Minor | None = None
    variant_zh: Text = ""
    variant_en: Text = ""
    brand: Text = ""
    category: Text = ""
    section: Text = ""


class StaffIn(Strict):
    """A person; the PIN is kept as a verifier only."""

    staff: Id
    name: Text
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")]
    stores: list[Id] = Field(min_length=1, max_length=1000)
    roles: list[Id] = Field(default=["cashier"], max_length=16)
    approver: bool = False
    language: Annotated[str, Field(pattern=r"^(zh|en)$")] = "zh"


class CodeIn(Strict):
    """Which till a one-time code is for."""

    till: Id


class RunIn(Strict):
    """A clearing run to draft. `recut`: at the present watermark, where there is a draft."""

    label: Label
    by: Id
    recut: bool = False


class ApproveIn(Strict):
    """Who approves: another person than who drafted."""

    by: Id


class OperationIn(Strict):
    """What an operation is asked for: text by field, and who asks."""

    fields: dict[Id, Annotated[str, Field(pattern=TEXT)]] = Field(default={}, max_length=64)
    by: Id


class ClockIn(Strict):
    """Business time of a scenario, UTC milliseconds."""

    now_ms: Annotated[int, Field(strict=True, ge=0, lt=1 << 47)]


async def _admin(request: Request) -> HeadOffice:
    return check_token(request)


Hq = Annotated[HeadOffice, Depends(_admin)]
router: Final = APIRouter(prefix="/v1/admin", tags=["admin"])


@router.put("/places")
async def put_places(hq: Hq, body: PlacesIn) -> Response:
    """Set up dealers, stores and tills."""
    await hq.setup.places(
        Places(
            [DealerRow(**d.model_dump()) for d in body.dealers],
            [StoreRow(**s.model_dump()) for s in body.stores],
            [TillRow(**t.model_dump()) for t in body.tills],
        )
    )
    return _done(hq)


@router.post("/programmes", openapi_extra={"requestBody": {"content": {wire.MEDIA_JSON: {}}}})
async def publish(hq: Hq, request: Request) -> Response:
    """Sign and publish a programme (canonical JSON of sync.domain.programme.Programme)."""
    data = await read_body(request, wire.MAX_JSON_BYTES)
    try:
        programme = programmes.from_bytes(data)
    except ValueError:
        raise InvalidError("programme_unreadable") from None
    await hq.setup.programme(programme)
    return _done(hq)


@router.put("/products")
async def put_products(hq: Hq, body: list[ProductIn]) -> Response:
    """Publish products."""
    await hq.setup.products([Product(**p.model_dump()) for p in body])
    return _done(hq)


@router.put("/staff")
async def put_staff(hq: Hq, body: list[StaffIn]) -> Response:
    """Publish staff; the rosters of their stores are signed anew."""
    await hq.setup.staff(
        [
            StaffRow(
                p.staff, p.name, p.pin, tuple(p.stores), tuple(p.roles), p.approver, p.language
            )
            for p in body
        ]
    )
    return _done(hq)


@router.post("/codes")
async def make_code(hq: Hq, request: Request, body: CodeIn) -> Response:
    """A one-time enrolment code for a till."""
    code = await hq.enrolment.make_code(body.till, now_ms(request))
    return reply({"till": body.till, "code": code, "shown": code_for_eyes(code)})


@router.get("/devices")
async def list_devices(hq: Hq) -> Response:
    """Every epoch of every till, with the number of its entries here."""
    async with hq.database.reading() as session:
        return reply(await reports.devices(session))


@router.post("/devices/{device}/{epoch}/revoke")
async def revoke(hq: Hq, request: Request, device: UUID, epoch: int) -> Response:
    """Revoke a till's key."""
    await hq.setup.revoke(device, min(max(epoch, 0), (1 << 32) - 1))
    request.app.state.devices.forget()
    return _done(hq)


@router.get("/members/{member}")
async def show_member(hq: Hq, member: UUID) -> Response:
    """A member's posted figures."""
    async with hq.database.reading() as session:
        return reply(await reports.members(session, [member]))


@router.get("/exceptions")
async def list_exceptions(hq: Hq) -> Response:
    """Exception items, cases about devices, quarantine."""
    async with hq.database.reading() as session:
        return reply(await reports.exceptions(session))


@router.post("/quarantine/drive")
async def drive(hq: Hq, request: Request) -> Response:
    """Drive quarantined entries again."""
    posted = await redrive(hq.database, hq.poster, now_ms(request))
    hq.feed.wake()
    return reply({"posted": posted})


@router.get("/operations")
async def list_operations(_hq: Hq) -> Response:
    """Every operation by name with its fields."""
    return reply(asking.described())


@router.post("/operations/{name}")
async def operate(hq: Hq, request: Request, name: str, body: OperationIn) -> Response:
    """Do an operation; the answer is its own."""
    return reply(await asking.perform(hq, name, body.fields, body.by, now_ms(request)))


@router.get("/clearing")
async def list_runs(hq: Hq) -> Response:
    """All clearing runs."""
    return reply([run_view(kept) for kept in await hq.clearing.runs()])


@router.post("/clearing")
async def draft(hq: Hq, request: Request, body: RunIn) -> Response:
    """Draft a run."""
    made = await hq.clearing.draft(body.label, body.by, now_ms(request), recut=body.recut)
    return reply(statement_view(made))


@router.post("/clearing/{label}/approve")
async def approve(hq: Hq, request: Request, label: str, body: ApproveIn) -> Response:
    """Approve and freeze a run."""
    return reply(statement_view(await hq.clearing.approve(label, body.by, now_ms(request))))


@router.get("/clearing/{label}")
async def show_run(hq: Hq, label: str) -> Response:
    """The statement as JSON."""
    return reply(statement_view(await hq.clearing.statement(label)))


@router.get("/clearing/{label}/lines.csv")
async def lines(hq: Hq, label: str) -> Response:
    """The lines as CSV: the bytes the digest is taken over."""
    found = await hq.clearing.statement(label)
    return Response(found.kept.lines_csv, media_type="text/csv; charset=utf-8")


@router.get("/clearing/{label}/positions.csv")
async def positions(hq: Hq, label: str) -> Response:
    """The sums per dealer as CSV."""
    found = await hq.clearing.statement(label)
    return Response(positions_csv(found.run.positions), media_type="text/csv; charset=utf-8")


@router.get("/clearing/{label}/statement.html")
async def printable(hq: Hq, label: str) -> Response:
    """The statement to print."""
    found = await hq.clearing.statement(label)
    page = statement_html(found, await dealer_names(hq.database))
    return Response(page, media_type="text/html; charset=utf-8")


@router.get("/clearing/{label}/signed")
async def signed(hq: Hq, label: str) -> Response:
    """Head office's signature under the run (records.Signed, purpose guibin-clearing-1)."""
    return reply(hq.clearing.signed((await hq.clearing.statement(label)).kept))


@router.get("/clearing/{label}/lines/{number}")
async def explain(hq: Hq, label: str, number: int) -> Response:
    """Why a line is there."""
    number = min(max(number, 0), (1 << 31) - 1)
    return reply(await hq.explainer.explain(label, number))


@router.put("/clock")
async def set_clock(hq: Hq, body: ClockIn) -> Response:
    """Set the time; refused outside a scenario."""
    if not hq.settings.scenario:
        raise InvalidError("time_not_accepted")
    hq.clock.set(body.now_ms)
    return _done(hq)


def _done(hq: HeadOffice) -> Response:
    hq.feed.wake()
    return reply({"done": True})
