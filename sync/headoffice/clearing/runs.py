"""Clearing runs: drafted at a posting watermark, approved by a second person, frozen for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from sync.database.headoffice import directory, settlements
from sync.database.headoffice.sessions import Database, Session
from sync.database.headoffice.settlements import StoredRun
from sync.domain import canonical, clearing
from sync.domain.clearing import Run
from sync.domain.lots import Allocation
from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.jobs.verifying import verify
from sync.headoffice.keys import HeadOfficeKeys
from sync.protocol.keys import sign_document
from sync.protocol.records import PURPOSE_CLEARING, Signed

DRAFT = "draft"
APPROVED = "approved"


class RunHead(msgspec.Struct, frozen=True):
    """What is signed of an approved run."""

    label: str
    after: int
    upto: int
    digest: str
    approved_by: str
    drafted_by: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A run with the state it is in."""

    run: Run
    kept: StoredRun


@dataclass(frozen=True, slots=True)
class Clearing:
    """Makes runs from what is posted. Numbers are the domain's; the database sums them again."""

    database: Database
    keys: HeadOfficeKeys

    async def draft(self, label: str, by: str, now_ms: int, *, recut: bool = False) -> Statement:
        """Draft the run after the last approved one, up to what is surely posted.

        A draft that exists is made again at its own watermark, byte for byte the same; `recut`
        moves it to the present one. Raises InvalidError("run_approved" | "entries_unverified" |
        "run_differs" | "sums_differ").
        """
        upto = await self.database.last_visible("post_seq")
        async with self.database.reading() as session:
            before = await settlements.run(session, label)
        if before is not None and before.state == APPROVED:
            raise InvalidError("run_approved", label=label)
        if before is not None and not recut:
            upto = before.upto
        await self._verified(upto, now_ms)

        async def work(session: Session) -> Statement:
            again = await settlements.run(session, label, lock=True)
            if again is not None and again.state == APPROVED:
                raise InvalidError("run_approved", label=label)
            after = again.after if again and not recut else await settlements.last_approved(session)
            made = await self._make(session, label, after, upto)
            if again is not None and not recut and again.digest != made.digest:
                raise InvalidError("run_differs", label=label)
            kept = StoredRun(
                label, after, upto, DRAFT, made.digest, clearing.lines_csv(made.lines),
                clearing.positions_csv(made.positions), by, now_ms, None, None,
            )  # fmt: skip
            await settlements.put_run(session, kept)
            return Statement(made, kept)

        return await self.database.writing(work)

    async def approve(self, label: str, by: str, now_ms: int) -> Statement:
        """Freeze a draft. Raises NotFoundError("run"), InvalidError("same_person" | "run_approved"
        | "run_stale" | "run_differs")."""

        async def work(session: Session) -> Statement:
            kept = await settlements.run(session, label, lock=True)
            if kept is None:
                raise NotFoundError("run", label=label)
            if kept.state == APPROVED:
                raise InvalidError("run_approved", label=label)
            if kept.drafted_by == by:
                raise InvalidError("same_person", label=label)
            if kept.after != await settlements.last_approved(session):
                raise InvalidError("run_stale", label=label)
            made = await self._make(session, label, kept.after, kept.upto)
            if made.digest != kept.digest:
                raise InvalidError("run_differs", label=label)
            allocations = [line.allocation for line in made.lines]
            await settlements.add_lines(session, label, allocations)
            done = replace(kept, state=APPROVED, approved_by=by, approved_ms=now_ms)
            await settlements.put_run(session, done)
            return Statement(made, done)

        return await self.database.writing(work)

    async def statement(self, label: str) -> Statement:
        """A run as it was made; NotFoundError("run")."""
        async with self.database.reading() as session:
            kept = await settlements.run(session, label)
            if kept is None:
                raise NotFoundError("run", label=label)
            made = await self._make(session, label, kept.after, kept.upto)
        if made.digest != kept.digest:
            raise InvalidError("run_differs", label=label)
        return Statement(made, kept)

    async def runs(self) -> list[StoredRun]:
        """All runs, oldest first."""
        async with self.database.reading() as session:
            return await settlements.runs(session)

    def signed(self, kept: StoredRun) -> Signed:
        """Head office's signature under a run: label, watermarks, digest and who made it."""
        head = RunHead(
            kept.label, kept.after, kept.upto, kept.digest, kept.approved_by or "", kept.drafted_by
        )
        signer = self.keys.signer("root")
        return sign_document(signer, PURPOSE_CLEARING, canonical.encode(head))

    async def _verified(self, upto: int, now_ms: int) -> None:
        """A run includes no entry whose own signature was not checked."""
        await verify(self.database, now_ms)
        async with self.database.reading() as session:
            for device in await settlements.unverified(session):
                first = await settlements.first_unverified(session, device)
                if first is not None and first <= upto:
                    raise InvalidError("entries_unverified", till=device.till, post_seq=first)

    async def _make(self, session: Session, label: str, after: int, upto: int) -> Run:
        allocations = await settlements.allocations(session, after, upto)
        dealers = [row[0] for row in await directory.all_rows(session, "dealer")]
        made = clearing.run(label, after, upto, allocations, dealers)
        sums = await settlements.sums(session, after, upto)
        nets = sum(position.net_minor for position in made.positions)
        if sums != _sums(allocations) or nets != 0:
            raise InvalidError("sums_differ", label=label)
        return made


def _sums(allocations: Sequence[Allocation]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for a in allocations:
        found[a.debtor, a.creditor] = found.get((a.debtor, a.creditor), 0) + a.amount_minor
    return found
