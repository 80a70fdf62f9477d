"""Carrying out an opening import: entries in head office's own journal, and the way back.

What will be written is fixed and kept before the first entry (`_Batch`), so that an import that
broke off goes on where it stopped and never doubles a point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.database.headoffice import directory, entries, ledger, published
from sync.database.headoffice.sessions import Session
from sync.domain import accounts, reversals
from sync.domain.business_day import business_date
from sync.domain.card_changes import BlockData, NewCard
from sync.domain.cards import normalise, phone_key_of, token_of
from sync.domain.ids import RANDOM_BYTES, uuid7
from sync.domain.importing import ImportMapping, ImportRow, Known, Plan, Planned, plan, read
from sync.domain.joining import EnrolData
from sync.domain.journal import Attachment, Body, Effect, Kind, Place, read_body
from sync.domain.lots import HEAD_OFFICE
from sync.domain.members import Profile
from sync.domain.opening import OpeningData
from sync.domain.originals import Ref
from sync.domain.phones import e164
from sync.domain.posting import Outcome
from sync.domain.programme import Programme, from_bytes, in_force
from sync.headoffice.errors import InvalidError, NotFoundError
from sync.headoffice.ledger_device import OFFSET_MIN
from sync.headoffice.posting.sealing import PROFILE
from sync.headoffice.service import HeadOffice

TAIL: Final = 4
CUTOFF_HOUR: Final = 4
UNDONE: Final = "import_undone"  # reason of the blocks that an undone import leaves
_META: Final = "import/"

Lists = tuple[Sequence[str], Sequence[Sequence[str]]]
Written = tuple[Body, Sequence[bytes]]


class _Line(msgspec.Struct, frozen=True):
    """One row as it is going to be written. `new`: the member is made by it; `card`: token; ids are
    those of the entries to come."""

    line: int
    member: UUID
    new: bool
    card: str
    joins: UUID
    opens: UUID


class _Batch(msgspec.Struct, frozen=True):
    """An import. `digest`: of the rows; `by`, `approver`: two people; `undone_by` empty: it
    stands."""

    digest: str
    by: str
    approver: str
    begun_ms: int
    lines: tuple[_Line, ...]
    done: bool = False
    undone_by: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to. `entries`: written now; `already`: there from an earlier try."""

    label: str
    members: int
    entries: int
    already: int


@dataclass(frozen=True, slots=True)
class Importer:
    """Opening imports of one head office."""

    office: HeadOffice

    async def dry_run(
        self, mapping: ImportMapping, lists: Lists, decisions: dict[int, str]
    ) -> Plan:
        """What would happen; nothing is written."""
        return (await self._look(mapping, lists, decisions))[0]

    async def carry_out(
        self,
        label: str,
        mapping: ImportMapping,
        lists: Lists,
        decisions: dict[int, str],
        people: tuple[str, str],
        now_ms: int,
    ) -> Imported:
        """Write the entries of a plan that is ready. `people`: who does it, and who approves.

        The same label with the same rows goes on after a break. Raises InvalidError("import_same_
        person", "import_not_ready", "import_label_taken", "import_entry").
        """
        by, approver = people
        if not by or not approver or by == approver:
            raise InvalidError("import_same_person")
        kept = await self._kept(label)
        if kept is None:
            made, rules = await self._look(mapping, lists, decisions)
            if not made.ready:
                raise InvalidError("import_not_ready", problems=len(made.problems),
                                   questions=len(made.open_questions))  # fmt: skip
            kept = self._begin(_digest(mapping, lists, decisions), made, people, now_ms)
            await self._keep(label, kept)
        else:
            if kept.digest != _digest(mapping, lists, decisions) or kept.undone_by:
                raise InvalidError("import_label_taken", label=label)
            made, rules = await self._look(mapping, lists, decisions, but=kept)
        written, already = await self._write(label, made, kept, rules, now_ms)
        await self._keep(label, msgspec.structs.replace(kept, done=True))
        fresh = sum(p.member is None and p.with_line is None for p in made.taken)
        return Imported(label, fresh, written, already)

    # -- looking ---------------------------------------------------------------------------------

    async def _look(
        self,
        mapping: ImportMapping,
        lists: Lists,
        decisions: dict[int, str],
        but: _Batch | None = None,
    ) -> tuple[Plan, list[Programme]]:
        """The plan. `but`: a batch whose own cards and members count as not there yet."""
        headings, cells = lists
        async with self.office.database.reading() as session:
            stores = frozenset(row[0] for row in await directory.all_rows(session, "store"))
            rules = [from_bytes(row[1]) for row in await directory.programmes(session)]
            tiers = frozenset(tier.code for made in rules for tier in made.tiers)
            free = Known({}, frozenset(), stores, tiers, e164)
            rows, problems = read(mapping, headings, cells, free)
            own = {line.card for line in but.lines} if but else set()
            members = {line.member for line in but.lines if line.new} if but else set()
            cards = frozenset([r.card for r in rows if await self._in_use(session, r.card, own)])
            phones = {}
            for row in rows:
                found = await self._of_phone(session, row.phone) if row.phone else None
                if found is not None and found not in members:
                    phones[row.phone] = found
        known = Known(phones, cards, stores, tiers, e164)
        rows, problems = read(mapping, headings, cells, known)
        if mapping.store not in stores:
            raise InvalidError("import_store_unknown", store=mapping.store)
        return plan(mapping, rows, problems, known, decisions), rules

    async def _in_use(self, session: Session, card: str, own: set[str]) -> bool:
        token = token_of(self.office.keys.token_key, card)
        return token not in own and await published.card(session, token) is not None

    async def _of_phone(self, session: Session, phone: str) -> UUID | None:
        key = phone_key_of(self.office.keys.phone_key, phone)
        return await published.member_by_phone(session, key)

    # -- writing ---------------------------------------------------------------------------------

    def _begin(self, digest: str, made: Plan, people: tuple[str, str], now_ms: int) -> _Batch:
        ledger_device, lines = self.office.ledger, []
        member_of: dict[int, UUID] = {}
        for planned in made.taken:
            row = planned.row
            if planned.member is not None:
                member = planned.member
            elif planned.with_line is not None:
                member = member_of[planned.with_line]
            else:
                member = uuid7(now_ms, self.office.random("member", RANDOM_BYTES))
            member_of[row.line] = member
            token = token_of(self.office.keys.token_key, row.card)
            ids = ledger_device.entry_id(now_ms), ledger_device.entry_id(now_ms)
            new = planned.member is None and planned.with_line is None
            lines.append(_Line(row.line, member, new, token, *ids))
        return _Batch(digest, *people, now_ms, tuple(lines))

    async def _write(
        self, label: str, made: Plan, kept: _Batch, rules: list[Programme], now_ms: int
    ) -> tuple[int, int]:
        async with self.office.database.reading() as session:
            dealers = {row[0]: row[1] for row in await directory.all_rows(session, "store")}
            wanted = [i for line in kept.lines for i in (line.joins, line.opens)]
            there = (await ledger.load(session, [], [], wanted, lock=False)).taken
        lines = {line.line: line for line in kept.lines}
        writer = _Writer(self.office, label, dealers, rules, kept, now_ms)
        found = [
            written
            for planned in made.taken
            for written in writer.entries(planned, lines[planned.row.line])
        ]
        bodies = [written for written in found if written[0].entry_id not in there]
        for reply in await self.office.ledger.post(bodies, now_ms):
            for result in reply.results:
                if result.outcome is not Outcome.POSTED:
                    codes = ",".join(result.codes)
                    raise InvalidError("import_entry", seq=result.seq, codes=codes)
        return len(bodies), len(found) - len(bodies)

    # -- the way back ----------------------------------------------------------------------------

    async def undo(self, label: str, people: tuple[str, str], now_ms: int) -> int:
        """Take an import back: every opening balance is voided, every card it brought is blocked;
        what was spent of it meanwhile leaves the member negative. Number of entries written.

        Raises NotFoundError("import"), InvalidError("import_same_person", "import_undone").
        """
        by, approver = people
        if not by or not approver or by == approver:
            raise InvalidError("import_same_person")
        kept = await self._kept(label)
        if kept is None:
            raise NotFoundError("import", label=label)
        if kept.undone_by:
            raise InvalidError("import_undone", label=label)
        bodies: list[Written] = []
        async with self.office.database.reading() as session:
            for line in kept.lines:
                bodies += await self._back(session, line, by, approver, now_ms)
        await self.office.ledger.post(bodies, now_ms)
        await self._keep(label, msgspec.structs.replace(kept, undone_by=by))
        return len(bodies)

    async def _back(
        self, session: Session, line: _Line, by: str, approver: str, now_ms: int
    ) -> list[Written]:
        found: list[Written] = []
        opened = await entries.by_id(session, line.opens)
        if opened is not None:
            body = read_body(opened.body)
            ref = Ref(opened.device, opened.epoch, opened.seq, opened.hash.hex())
            where = reversals.Where(body.place.dealer, body.place.till, body.business_date)
            voided = reversals.void(ref, body, where, {})
            if isinstance(voided, reversals.Voided):
                made = _about(self.office, body, Kind.VOID, voided.data, now_ms, by, approver)
                found.append((msgspec.structs.replace(
                    made, effects=voided.effects, trace=voided.trace, programme=body.programme,
                ), ()))  # fmt: skip
        joined = await entries.by_id(session, line.joins)
        if joined is not None:
            about = read_body(joined.body)
            made = _about(
                self.office, about, Kind.CARD_BLOCK, BlockData(UNDONE), now_ms, by, approver
            )
            found.append((msgspec.structs.replace(made, card=line.card), ()))
        return found

    # -- what is kept ----------------------------------------------------------------------------

    async def _kept(self, label: str) -> _Batch | None:
        async with self.office.database.reading() as session:
            data = await directory.meta(session, _META + label)
        return None if data is None else msgspec.json.decode(data, type=_Batch)

    async def _keep(self, label: str, batch: _Batch) -> None:
        data = msgspec.json.encode(batch)

        async def work(session: Session) -> None:
            await directory.put_meta(session, _META + label, data)

        await self.office.database.writing(work)


def _digest(mapping: ImportMapping, lists: Lists, decisions: dict[int, str]) -> str:
    """What was asked for, so that the same label never stands for two lists."""
    asked = (mapping, lists, sorted(decisions.items()))
    return sha256(msgspec.json.encode(asked)).hexdigest()


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the entries of rows."""

    office: HeadOffice
    label: str
    dealers: dict[str, str]
    rules: list[Programme]
    batch: _Batch
    now_ms: int

    def entries(self, planned: Planned, line: _Line) -> Iterable[Written]:
        """The member or the further card, then the opening balance, if there is any."""
        if line.new:
            yield self._enrol(planned.row, line)
        else:
            yield self._card(planned.row, line)
        opening = self._opening(planned.row, line)
        if opening.effects:
            yield opening, ()

    @property
    def _today(self) -> date:
        return business_date(self.batch.begun_ms, OFFSET_MIN, CUTOFF_HOUR)

    def _enrol(self, row: ImportRow, line: _Line) -> Written:
        month, day = row.birthday or (None, None)
        profile = msgspec.json.encode(Profile(line.member, row.name, row.phone, month, day))
        rules = in_force(self.rules, self._today)
        data = EnrolData(
            tier=row.tier or (rules.first_tier.code if rules else ""),
            home_dealer=self.dealers[row.store],
            home_store=row.store,
            token=line.card,
            tail=normalise(row.card)[-TAIL:],
            medium=row.medium,
            consent_version="opening",
            qualifies_by="opening",
            single_minor=0,
            window_minor=0,
        )
        named = Attachment(PROFILE, sha256(profile).hexdigest(), line.member)
        body = self._body(Kind.ENROL, row.store, line.member, line.joins, data)
        return msgspec.structs.replace(body, attachments=(named,)), (profile,)

    def _card(self, row: ImportRow, line: _Line) -> Written:
        data = NewCard(line.card, normalise(row.card)[-TAIL:], row.medium)
        return self._body(Kind.CARD_ISSUE, row.store, line.member, line.joins, data), ()

    def _opening(self, row: ImportRow, line: _Line) -> Body:
        dealer, effects = self.dealers[row.store], []
        rules = in_force(self.rules, self._today)
        money = rules.currency if rules else "CNY"
        for name, amount in (
            (accounts.POINTS, row.points),
            (accounts.PRINCIPAL, row.principal_minor),
            (accounts.BONUS, row.bonus_minor),
            (accounts.QUALIFYING, row.qualifying_minor),
        ):
            if amount:
                asset = accounts.asset_of(name, money)
                effects += [
                    Effect(accounts.member(line.member, name), asset, amount),
                    Effect(accounts.dealer(dealer, f"opening_{name}"), asset, -amount),
                ]
        data = OpeningData(row.expires_on, self.label, row.line)
        body = self._body(Kind.OPENING_BALANCE, row.store, line.member, line.opens, data)
        version = rules.version if rules else 0
        return msgspec.structs.replace(body, effects=tuple(effects), programme=version)

    def _body(
        self, kind: Kind, store: str, member: UUID, entry_id: UUID, data: msgspec.Struct
    ) -> Body:
        device = self.office.ledger
        return Body(
            v=1,
            kind=kind.value,
            entry_id=entry_id,
            at=device.moment(self.now_ms),
            business_date=self._today,
            shift=0,
            place=Place(self.dealers[store], store, HEAD_OFFICE),
            operator=self.batch.by,
            approver=self.batch.approver,
            member=member,
            card=None,
            presented=None,
            basis=device.basis(),
            programme=0,
            data=msgspec.to_builtins(data),
            effects=(),
            claims=(),
            attachments=(),
            trace=(),
        )


def _about(
    office: HeadOffice,
    body: Body,
    kind: Kind,
    data: msgspec.Struct,
    now_ms: int,
    by: str,
    approver: str,
) -> Body:
    """An entry of head office about an earlier one: same place, member and business date."""
    return msgspec.structs.replace(
        body,
        kind=kind.value,
        entry_id=office.ledger.entry_id(now_ms),
        at=office.ledger.moment(now_ms),
        operator=by,
        approver=approver,
        basis=office.ledger.basis(),
        programme=0,
        data=msgspec.to_builtins(data),
        effects=(),
        claims=(),
        attachments=(),
        trace=(),
    )
