"""Assigns uncovered claims that are older than the programme waits (`sync.domain.losses`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import msgspec

from sync.database.headoffice import leases, ledger
from sync.database.headoffice.sessions import Database, Session
from sync.domain.journal import BODY_VERSION, Body, Kind, Place, UnreadableBody, read_body
from sync.domain.losses import Loss, assign, due
from sync.domain.lots import HEAD_OFFICE, Uncovered
from sync.domain.programme import Programme, in_force
from sync.headoffice.ledger_device import LedgerDevice
from sync.headoffice.posting.push import Poster

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Losing:
    """Head office's losses and those of dealers."""

    database: Database
    poster: Poster
    ledger: LedgerDevice

    async def assign(self, today: date, now_ms: int, most: int = MOST) -> list[Loss]:
        """Journal a loss for each claim that is due on `today`, at most `most`; raises store
        errors. Call again until it finds nothing."""
        await self.database.writing(self.poster.shelf.refresh)
        programme = in_force(self.poster.shelf.programmes, today)
        if programme is None:
            return []
        before = today - timedelta(days=programme.losses.after_days)
        async with self.database.reading() as session:
            waiting = await leases.unclaimed(session, before, most)
            found = [
                (debt, await self._decide(session, debt, programme, today))
                for debt in waiting
                if due(programme, debt, today)
            ]
        bodies = [(self._body(d, loss, programme, today, now_ms), ()) for d, loss in found]
        if bodies:
            await self.ledger.post(bodies, now_ms)
            await self._incidents(found, now_ms)
        return [loss for _, loss in found]

    async def _decide(
        self, session: Session, debt: Uncovered, programme: Programme, today: date
    ) -> Loss:
        entry = await ledger.entry(session, debt.entry)
        if entry is None:
            raise AssertionError("a claim names an entry that head office has")
        try:
            body = read_body(entry.body)
        except UnreadableBody as error:
            raise AssertionError("a posted entry was readable") from error
        named = next(
            (p for p in self.poster.shelf.programmes if p.version == body.programme), programme
        )
        codes = await leases.codes_of(session, debt)
        return assign(
            msgspec.structs.replace(named, losses=programme.losses), debt, body, codes, today
        )

    async def _incidents(self, found: list[tuple[Uncovered, Loss]], now_ms: int) -> None:
        async def work(session: Session) -> None:
            for debt, loss in found:
                if loss.data.incident:
                    await leases.add_incident(session, debt, loss.data.incident, now_ms)

        await self.database.writing(work)

    def _body(
        self, debt: Uncovered, loss: Loss, programme: Programme, today: date, now_ms: int
    ) -> Body:
        return Body(
            v=BODY_VERSION,
            kind=Kind.LOSS.value,
            entry_id=self.ledger.entry_id(now_ms),
            at=self.ledger.moment(now_ms),
            business_date=today,
            shift=0,
            place=Place(debt.creditor, debt.store, HEAD_OFFICE),
            operator=HEAD_OFFICE,
            approver=None,
            member=debt.member,
            card=None,
            presented=None,
            basis=self.ledger.basis(),
            programme=programme.version,
            data=msgspec.to_builtins(loss.data),
            effects=loss.effects,
            claims=(),
            attachments=(),
            trace=loss.trace,
        )
