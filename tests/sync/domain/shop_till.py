"""A till of a random shop life: what it believes, and what it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sync.domain import cards, leases, limits
from sync.domain.card_limits import exceeded
from sync.domain.cards import Card
from sync.domain.journal import Body, Entry, Kind, Presented, member_effects
from sync.domain.leases import LeaseDocument
from sync.domain.limits import Debit, Used
from sync.domain.losses import unleased
from sync.domain.members import Balances, LightRow, Standing
from sync.domain.programme import Programme, in_force
from sync.domain.refusals import Refusal
from tests.sync.domain.service_rules import Desk
from tests.sync.domain.shop_rules import FIRST, PACKS

PRESENTED = Presented("ic", "r", "read", "authenticated")


class Till(Desk):
    """`rows`, `documents`, `cards`: its replica, as old as its last pull; `sent`: entries of its
    journal that head office has."""

    def __init__(self, dealer: str, number: int = 1) -> None:
        super().__init__(dealer, number, PACKS[0])
        self.known: list[Programme] = [PACKS[0]]
        self.day = FIRST
        self.rows: dict[UUID, LightRow] = {}
        self.documents: dict[UUID, LeaseDocument] = {}
        self.ended: set[str] = set()
        self.cards: dict[str, Card] = {}
        self.journal: list[Entry] = []
        self.said: list[Body | None] = []
        self.about: dict[UUID, list[tuple[int, Body]]] = {}
        self.drawn: dict[str, list[tuple[int, int]]] = {}
        self.sent = 0
        self.online = True
        self.held_until = 0  # step before which it reaches nobody

    @property
    def holder(self) -> str:
        """As leases name it."""
        return f"{self.device}:1"

    def open_day(self, day: date) -> None:
        """A shift opens: business date and programme are fixed for it."""
        self.day = day
        self.rules = in_force(self.known, day) or PACKS[0]

    def keep(self, body: Body) -> Entry:
        """Journal a body."""
        entry = self.write(body)
        self.journal.append(entry)
        self.said.append(body)
        if body.member is not None:
            self.about.setdefault(body.member, []).append((entry.seq, body))
        for lease, units in body.basis.leases.items():
            self.drawn.setdefault(lease, []).append((entry.seq, units))
        return entry

    def keep_bytes(self, data: bytes) -> Entry:
        """Journal what no release reads."""
        entry = self.write_bytes(data)
        self.journal.append(entry)
        self.said.append(None)
        return entry

    def standing(self, member: UUID, now_ms: int) -> Standing | None:
        """The member as this till sees one; None if it never heard of them."""
        row = self.rows.get(member)
        if row is None:
            return None
        mark = row.marks.get(self.holder, 0)
        debit, credit, top_up = Balances(), Balances(), Balances()
        for seq, body in self.about.get(member, ()):
            if seq <= mark:
                continue
            for owner, name, delta in member_effects(body.effects):
                if owner != member:
                    continue
                if delta < 0:
                    debit = debit.plus(name, delta)
                else:
                    credit = credit.plus(name, delta)
                    top_up = top_up.plus(name, delta) if body.kind == Kind.TOP_UP else top_up
        return Standing(row, 0, credit, debit, top_up, self.day, self.own(member, row, now_ms))

    def own(self, member: UUID, row: LightRow, now_ms: int) -> tuple[leases.Own, ...]:
        """Its leases of a member."""
        document = self.documents.get(member)
        if document is None:
            return ()
        mark = row.marks.get(self.holder, 0)

        def used(lease: str) -> tuple[int, int]:
            uses = self.drawn.get(lease, ())
            return sum(n for _, n in uses), sum(n for seq, n in uses if seq <= mark)

        return leases.own(document, self.holder, row.version, used, now_ms, self.ended)

    def waiting(self) -> list[Body]:
        """What head office has not acknowledged."""
        return [body for body in self.said[self.sent :] if body is not None]

    def used(self, member: UUID) -> Used:
        """How far its caps are used since the last acknowledgement."""
        at_risk = ops = card_points = card_ops = card_stored = top_ups = 0
        for body in self.waiting():
            if body.kind == Kind.TOP_UP and body.basis.mode == "offline":
                top_ups += int(str(body.data["principal_minor"]))
            if body.basis.auth is not None or not body.claims:
                continue
            units, points, stored = unleased(body)
            at_risk, ops = at_risk + points + stored, ops + 1
            if body.member == member:
                card_points, card_stored = card_points + points, card_stored + stored
                card_ops += bool(units)
        return Used(card_points, card_ops, card_stored, at_risk, ops, top_ups)

    def may_offline(
        self, member: UUID, wanted: Debit, now_ms: int
    ) -> tuple[dict[str, int], Debit, bool] | None:
        """Leases first, the rest under the limits: (units by lease, the rest, approved)."""
        standing = self.standing(member, now_ms)
        if standing is None:
            return None
        points = leases.cover(standing.leases, leases.POINTS, wanted.points)
        stored = leases.cover(standing.leases, leases.STORED_VALUE, wanted.stored_value_minor)
        covered = sum(points.values())
        rest = Debit(
            wanted.points - covered,
            leases.uncovered_minor(wanted.points_minor, wanted.points, covered),
            wanted.stored_value_minor - sum(stored.values()),
        )
        answer = limits.debit_offline(
            self.rules.offline, wanted, self.used(member), PRESENTED, 0, 0,
            standing.row.uncovered > 0, rest,
        )  # fmt: skip
        if isinstance(answer, Refusal):
            return None
        return points | stored, rest, bool(answer.approver_for)

    def card_of(self, member: UUID, pick: Any) -> Card | None:
        """One of the member's cards as this till knows them, any state."""
        found = [card for card in self.cards.values() if card.member == member]
        return pick(found) if found else None

    def card_pays(self, card: Card | None, wanted: Debit) -> bool:
        """Whether a presented card may spend so much, as far as the till knows."""
        if card is None:
            return True
        if cards.may_use(card) is not None:
            return False
        if card.limits is None:
            return True
        points, stored = wanted.points_minor, wanted.stored_value_minor
        return exceeded(card.limits, card.use, self.day, points, stored) is None

    def gone(self, entry: Entry) -> dict[int, int]:
        """Pieces of an earlier entry that this till took back itself."""
        found: dict[int, int] = {}
        for body in self.said:
            if body is None or body.kind not in (Kind.RETURN, Kind.EXCHANGE, Kind.VOID):
                continue
            ref = body.data.get("ref")
            if not isinstance(ref, dict) or ref.get("hash") != entry.hash.hex():
                continue
            for item, pieces in _lines(body):
                found[item] = found.get(item, 0) + pieces
        return found


def _lines(body: Body) -> Sequence[tuple[int, int]]:
    back: Any = body.data.get("back") if body.kind == Kind.EXCHANGE else body.data
    if body.kind == Kind.VOID:
        return [(item, 1_000) for item in range(8)]
    return [(int(line["item"]), int(line["quantity"])) for line in back["lines"]]
