"""Head office of a play: set up from the chain, served by a process of its own, read beside it.

Setting up, clearing and reading go through head office's own services on the same database; tills
talk to the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from sync.database.headoffice import directory, ledger
from sync.database.headoffice.rows import Device
from sync.domain.clearing import Line
from sync.domain.lots import HEAD_OFFICE, EntryRef
from sync.domain.posting import Outcome
from sync.headoffice import service
from sync.headoffice.clearing.explaining import Explainer
from sync.headoffice.clearing.runs import Clearing
from sync.headoffice.ledger_device import LedgerDevice
from sync.headoffice.randomness import Seeded
from sync.headoffice.seeding import Seeder
from sync.headoffice.service import HeadOffice, Settings
from sync.headoffice.setup import Setup
from sync.lab.drive import Figures
from sync.lab.office_process import OfficeProcess
from sync.lab.player import People
from sync.lab.ports import (
    DeviceAtHeadOffice,
    ExceptionItem,
    Explained,
    MemberAtHeadOffice,
    Operated,
    PlayFaultError,
    Statement,
    StatementLine,
)
from sync.lab.scenario import Publish, Scenario
from sync.lab.seeding import description, story_members

LAST_SEQ: Final = 1 << 40
OPERATIONS: Final = "/v1/admin/operations/"
SETUP_MS: Final = 2 * 3_600_000  # the chain is set up two hours before the first step
T = TypeVar("T")
_MIGRATING: Final = threading.Lock()  # Alembic keeps its context in one place per process

OfficeCommand = Callable[[Path, int, str], Sequence[str]]
"""Command line of a head-office process: folder, port, seed."""


class PlayOffice:
    """`sync.lab.ports.HeadOffice` on a real process."""

    def __init__(self, scenario: Scenario, folder: Path, command: OfficeCommand) -> None:
        self._scenario, self._folder = scenario, folder
        self._command = command
        self._now_ms = 0
        self._label = ""
        self._runner = asyncio.Runner()
        self._stack = contextlib.AsyncExitStack()
        self._process = OfficeProcess()
        self._hq: HeadOffice | None = None
        self._tills: dict[tuple[UUID, int], str] = {}
        self.url = ""

    # -- start and stop ------------------------------------------------------------------------

    def open(self, people: People, database: str) -> None:
        """Set up the chain, name its members, start the process."""
        scenario = self._scenario
        first_ms = min((scenario.utc_ms(step) for step in scenario.steps), default=0)
        self._now_ms = first_ms - SETUP_MS
        seed = f"{scenario.head.seed}"
        with _MIGRATING:
            service.init(
                self._folder, self._now_ms, database=database, random=Seeded(f"{seed}|init")
            )
        settings = service.read_settings(self._folder, scenario=True)
        try:
            self._hq = self._run(self._enter(settings, seed))
            ids = self._run(self._seed(self._hq))
            people.ids.update(ids)
            people.credentials.update({m.id: m.card for m in scenario.chain.members})
            people.story.extend(story_members(scenario))
            self._serve(seed)
        except BaseException:
            self.stop()
            raise

    async def _enter(self, settings: Settings, seed: str) -> HeadOffice:
        return await self._stack.enter_async_context(
            service.opened(settings, Seeded(f"{seed}|beside"))
        )

    async def _seed(self, hq: HeadOffice) -> dict[str, UUID]:
        device = LedgerDevice(hq.database, hq.keys, hq.poster, hq.random)
        seeder = Seeder(Setup(hq.database, hq.keys), device, hq.keys, hq.random)
        later = {s.programme for s in self._scenario.steps if isinstance(s, Publish)}
        return await seeder.seed(description(self._scenario, later), self._now_ms)

    def _serve(self, seed: str) -> None:
        self._process.start(self._folder, lambda port: self._command(self._folder, port, seed))
        self.url = self._process.url

    def stop(self) -> None:
        """End the process and close the database."""
        self._process.stop()
        if self._hq is not None:
            self._hq = None
            self._run(self._stack.aclose())
        self._runner.close()

    def _run(self, work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        return self._runner.run(awaited())

    @property
    def _open(self) -> HeadOffice:
        if self._hq is None:
            raise PlayFaultError("head office is not running")
        return self._hq

    # -- what a story asks for -----------------------------------------------------------------

    def at(self, now_ms: int) -> None:
        """Set the clock of head office."""
        self._now_ms = now_ms

    def code(self, till: str) -> str:
        """A fresh one-time code for a till."""
        return self._run(self._open.enrolment.make_code(till, self._now_ms))

    def publish(self, version: int) -> None:
        """Publish a programme version of the scenario."""
        wanted = next(p for p in self._scenario.chain.programmes if p.version == version)
        self._run(Setup(self._open.database, self._open.keys).programme(wanted))

    def operate(self, name: str, fields: Mapping[str, str], by: str) -> Operated:
        """Do an operation of head office's people, by its admin API."""
        told = {"fields": dict(fields), "by": by}
        token = self._open.keys.admin_token
        status, body = self._process.post(f"{OPERATIONS}{name}", told, token, self._now_ms)
        if status == http.client.OK:
            return Operated(answer=body)
        if status >= http.client.INTERNAL_SERVER_ERROR:
            raise PlayFaultError(f"head office could not do {name}: {status} {body}")
        params = body.get("params", {})
        return Operated({}, str(body.get("code")), params if isinstance(params, dict) else {})

    def clear(self, label: str, *, approve: bool) -> Statement:
        """Make a clearing run."""
        clearing = Clearing(self._open.database, self._open.keys)
        self._label = label or "run"
        made = self._run(clearing.draft(self._label, "player", self._now_ms, recut=True))
        if approve:
            made = self._run(clearing.approve(self._label, "player-2", self._now_ms))
        self._learn_tills()
        run = made.run
        lines = tuple(self._line(line) for line in run.lines)
        return Statement(run.label, run.after, run.upto, run.digest, run.positions, lines)

    def explain(self, line: int) -> Explained:
        """Explain a line of the last run."""
        hq = self._open
        explainer = Explainer(hq.database, Clearing(hq.database, hq.keys))
        found = self._run(explainer.explain(self._label, line))
        parts = {
            "card_tail": found.card_tail,
            "redeemed": {
                "till": found.redeemed.till,
                "store": found.redeemed.store,
                "seq": found.redeemed.seq,
                "business_date": found.redeemed.business_date,
                "operator": found.redeemed.operator,
            },
            "claim": {"units": found.claim_units, "amount": found.claim_minor},
            "shares": [
                {"dealer": s.lot_dealer, "units": s.units, "amount": s.amount_minor}
                for s in found.shares
            ],
            "earned": {
                "till": found.earned.till,
                "store": found.earned.store,
                "seq": found.earned.seq,
                "kind": found.earned.kind,
                "business_date": found.earned.business_date,
            },
            "lot": {"units": found.lot_units, "expires_on": found.lot_expires_on},
        }
        return Explained(found.words, parts)

    def members(self, wanted: Sequence[UUID]) -> Mapping[UUID, MemberAtHeadOffice]:
        """Members as posted."""

        async def read() -> dict[UUID, MemberAtHeadOffice]:
            async with self._open.database.reading() as session:
                loaded = await ledger.load(session, wanted, (), (), lock=False)
            return {
                member: MemberAtHeadOffice(
                    member,
                    book.tier,
                    Figures(
                        book.balances.points,
                        book.balances.principal,
                        book.balances.bonus,
                        book.balances.qualifying,
                    ),
                )
                for member in loaded.books
                for book in [loaded.books[loaded.real(member)]]  # a merged one is who it became
            }

        return self._run(read())

    def devices(self) -> Sequence[DeviceAtHeadOffice]:
        """Every till it has heard of; its own journal is none."""
        return [found for found, _ in self._looked_at()]

    def exceptions(self) -> Sequence[ExceptionItem]:
        """All exception items, by till and journal number."""
        return [item for _, items in self._looked_at() for item in items]

    def _looked_at(self) -> list[tuple[DeviceAtHeadOffice, list[ExceptionItem]]]:
        async def read() -> list[tuple[DeviceAtHeadOffice, list[ExceptionItem]]]:
            found = []
            async with self._open.database.reading() as session:
                for device in await directory.devices(session):
                    kept = await ledger.recorded(session, device.device, device.epoch, 1, LAST_SEQ)
                    items = [
                        ExceptionItem(code, entry.outcome.value, device.device, entry.seq)
                        for entry in kept
                        if entry.outcome is not Outcome.POSTED
                        for code in entry.codes
                    ]
                    found.append((_seen(device, len({e.seq for e in kept})), items))
            return found

        return [pair for pair in self._run(read()) if pair[0].till != HEAD_OFFICE]

    # -- small things --------------------------------------------------------------------------

    def _learn_tills(self) -> None:
        async def read() -> list[Device]:
            async with self._open.database.reading() as session:
                return await directory.devices(session)

        self._tills = {(d.device, d.epoch): d.till for d in self._run(read())}

    def _line(self, line: Line) -> StatementLine:
        a = line.allocation
        return StatementLine(
            number=line.number,
            kind=a.kind,
            offer=a.offer,
            debtor=a.debtor,
            creditor=a.creditor,
            amount_minor=a.amount_minor,
            quantity=a.quantity,
            account=a.account,
            member=a.member,
            entry=self._place(a.entry),
            lot_dealer=a.lot_dealer,
            lot_entry=self._place(a.lot_entry),
            post_seq=a.post_seq,
        )

    def _place(self, ref: EntryRef) -> tuple[str, int]:
        return self._tills.get((ref.device, ref.epoch), str(ref.device)), ref.seq


def _seen(device: Device, entries: int) -> DeviceAtHeadOffice:
    return DeviceAtHeadOffice(
        device.till,
        device.device,
        device.epoch,
        entries,
        device.head_seq,
        device.head_hash.hex(),
    )
