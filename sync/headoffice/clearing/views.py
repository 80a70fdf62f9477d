"""A statement as scripts read it: amounts in fen, the dealer's view (golden case 16)."""

from __future__ import annotations

from uuid import UUID

import msgspec

from sync.database.headoffice import directory
from sync.database.headoffice.sessions import Database
from sync.database.headoffice.settlements import StoredRun
from sync.domain.clearing import Line, Position
from sync.domain.lots import EntryRef
from sync.headoffice.clearing.runs import Statement


class PositionView(msgspec.Struct, frozen=True):
    """A dealer's sums; counterparty is always head office; net = pays - receives."""

    dealer: str
    pays: int
    receives: int
    net: int
    own: int


class LineView(msgspec.Struct, frozen=True):
    """One line. `entry` and `lot_entry`: (device, epoch, seq) of redemption and of origin."""

    number: int
    kind: str
    offer: str
    debtor: str
    creditor: str
    amount: int
    quantity: int
    account: str
    member: UUID
    store: str
    entry: tuple[UUID, int, int]
    lot_dealer: str
    lot_store: str
    lot_entry: tuple[UUID, int, int]
    post_seq: int


class RunView(msgspec.Struct, frozen=True):
    """A run without its lines."""

    label: str
    state: str
    after: int
    upto: int
    digest: str
    drafted_by: str
    drafted_ms: int
    approved_by: str | None
    approved_ms: int | None


class StatementView(msgspec.Struct, frozen=True):
    """A run with its sums and lines."""

    run: RunView
    positions: tuple[PositionView, ...]
    lines: tuple[LineView, ...]


def run_view(kept: StoredRun) -> RunView:
    """A run as scripts read it."""
    return RunView(
        kept.label, kept.state, kept.after, kept.upto, kept.digest, kept.drafted_by,
        kept.drafted_ms, kept.approved_by, kept.approved_ms,
    )  # fmt: skip


def statement_view(statement: Statement) -> StatementView:
    """A statement as scripts read it."""
    run = statement.run
    return StatementView(
        run_view(statement.kept),
        tuple(_position(position) for position in run.positions),
        tuple(_line(line) for line in run.lines),
    )


def _position(p: Position) -> PositionView:
    return PositionView(p.dealer, p.pays_minor, p.receives_minor, p.net_minor, p.own_minor)


def _line(line: Line) -> LineView:
    a = line.allocation
    return LineView(
        line.number, a.kind, a.offer, a.debtor, a.creditor, a.amount_minor, a.quantity, a.account,
        a.member, a.store, _ref(a.entry), a.lot_dealer, a.lot_store, _ref(a.lot_entry),
        a.post_seq,
    )  # fmt: skip


def _ref(ref: EntryRef) -> tuple[UUID, int, int]:
    return ref.device, ref.epoch, ref.seq


async def dealer_names(database: Database) -> dict[str, str]:
    """What dealers are called, by id."""
    async with database.reading() as session:
        return {row[0]: row[1] for row in await directory.all_rows(session, "dealer")}
