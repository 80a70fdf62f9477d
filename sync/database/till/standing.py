"""What a till may reckon with: confirmed figures, own entries on top, and what its caps have used.

pending = own effects of the member with seq above the mark of the row they are added to; balance
and mark come from one row, so no operation is counted twice or forgotten (design.md section 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from sync.database.engine import Connection, Row
from sync.database.till.counter import read_value, write_value
from sync.database.till.journal import Journal
from sync.database.till.outbox import Outbox
from sync.database.till.replica_lookup import Held
from sync.domain.accounts import POINTS
from sync.domain.cards import Card
from sync.domain.journal import Body, Kind, member_effects, read_body
from sync.domain.leases import LeaseDocument, Own, own
from sync.domain.limits import Used
from sync.domain.members import Balances, LightRow, Profile, Standing

_PENDING: Final = (
    "SELECT account, delta, kind FROM effect WHERE member = ? AND seq > ? ORDER BY seq, part"
)
_UNHELD: Final = (
    "SELECT effect.account, effect.delta FROM effect JOIN entry ON entry.seq = effect.seq "
    "WHERE effect.member = ? AND effect.seq > ? AND effect.delta < 0 "
    "AND (entry.created_ms NOT BETWEEN ? AND ? "
    "OR EXISTS (SELECT 1 FROM exposure WHERE exposure.seq = effect.seq))"
)
_USED: Final = (
    "SELECT coalesce(sum(CASE WHEN member = ?1 AND business_date = ?2 THEN points_minor END), 0), "
    "coalesce(sum(CASE WHEN member = ?1 AND business_date = ?2 THEN points_ops END), 0), "
    "coalesce(sum(CASE WHEN member = ?1 AND business_date = ?2 THEN stored_value_minor END), 0), "
    "coalesce(sum(points_minor + stored_value_minor), 0), coalesce(sum(debit_ops), 0), "
    "coalesce(sum(top_up_minor), 0) FROM exposure WHERE seq > ?3"
)
_LEASE_USED: Final = (
    "SELECT coalesce(sum(units), 0), coalesce(sum(CASE WHEN seq <= ?2 THEN units END), 0) "
    "FROM lease_use WHERE lease = ?1"
)
_ENDED: Final = "leases_ended"
KEEP_ENDED_MS: Final = 30 * 86_400_000
_UNACKED_SALES: Final = "SELECT body FROM entry WHERE seq > ? AND kind = 'sale'"
_EARNED: Final = (
    "SELECT coalesce(sum(effect.delta), 0) FROM effect JOIN entry ON entry.seq = effect.seq "
    "WHERE effect.member = ? AND effect.account = 'points' AND effect.delta > 0 "
    "AND effect.kind = 'sale' AND entry.business_date = ?"
)
_PROSPECT_SPEND: Final = (
    "SELECT business_date, base_minor FROM prospect_sale WHERE prospect = ? AND seq > ? "
    "ORDER BY seq"
)
_NEWCOMER_PROFILE: Final = (
    "SELECT data FROM newcomer JOIN attachment USING (seq) "
    "WHERE newcomer.member = ? AND kind = 'profile'"
)
_ENROLLED: Final = "SELECT seq FROM newcomer WHERE member = ?"
_NEWCOMER: Final = "SELECT light, card FROM newcomer"

_lights = msgspec.msgpack.Decoder(LightRow)
_cards = msgspec.msgpack.Decoder(Card)


class Pending:
    """Folds of own entries. Threads may share it."""

    def __init__(self, journal: Journal, outbox: Outbox) -> None:
        """See `TillDatabase`."""
        self._journal, self._outbox, self._file = journal, outbox, journal.file

    def standing(self, held: Held, merged: Sequence[UUID] = ()) -> Standing:
        """A member as this till sees one now, on head office's row `held`. `merged`: members it
        stands for as well, whose entries made here are pending on it."""
        mark = held.row.marks.get(self._journal.mark_key, 0)
        credit, debit, top_up = Balances(), Balances(), Balances()
        with self._file.read() as connection:
            rows = connection.execute(_PENDING, (held.row.member.bytes, mark)).fetchall()
            for other in merged:
                rows += connection.execute(_PENDING, (other.bytes, mark)).fetchall()
        for account, delta, kind in rows:
            if delta < 0:
                debit = debit.plus(account, delta)
                continue
            credit = credit.plus(account, delta)
            if kind == Kind.TOP_UP:
                top_up = top_up.plus(account, delta)
        return Standing(held.row, held.as_of_ms, credit, debit, top_up)

    def used(self, member: UUID | None, day: date) -> Used:
        """Caps used by own entries that head office has neither authorised nor acknowledged."""
        key = member.bytes if member else b""
        acked = self._outbox.acked_seq()
        with self._file.read() as connection:
            row = connection.execute(_USED, (key, day.isoformat(), acked)).fetchone()
        return Used(*row) if row else Used()

    def debits_unheld(self, member: UUID, held_since_ms: int, now_ms: int) -> Balances:
        """Own unacknowledged debits of a member that head office does not hold, as amounts >= 0.

        It holds those it authorised, for a while: entries made before `held_since_ms` are past it.
        Of those made after `now_ms`, before the clock was set back, nobody can tell.
        """
        total = Balances()
        acked = self._outbox.acked_seq()
        with self._file.read() as connection:
            rows = connection.execute(
                _UNHELD, (member.bytes, acked, held_since_ms, now_ms)
            ).fetchall()
        for account, delta in rows:
            total = total.plus(account, -delta)
        return total

    # -- leases ----------------------------------------------------------------------------------

    def leases_of(
        self, standing: Standing, documents: Sequence[LeaseDocument], now_ms: int
    ) -> Standing:
        """The standing with this till's leases. `now_ms`: the latest any clock here allows."""
        if not documents:
            return standing
        mark = standing.row.marks.get(self._journal.mark_key, 0)
        return replace(standing, leases=self._own(documents, standing.row.version, mark, now_ms))

    def leased_minor(self, documents: Sequence[LeaseDocument], now_ms: int) -> int:
        """What all leases of this till are worth at most, minor units."""
        return sum(one.value_minor for one in self._own(documents, 0, 0, now_ms))

    def _own(
        self, documents: Sequence[LeaseDocument], version: int, mark: int, now_ms: int
    ) -> tuple[Own, ...]:
        with self._file.read() as connection:
            ended = _ended_in(connection)

            def used(lease: str) -> tuple[int, int]:
                row = connection.execute(_LEASE_USED, (lease, mark)).fetchone()
                return (row[0], row[1]) if row else (0, 0)

            holder = self._journal.mark_key
            return tuple(
                one
                for document in documents
                for one in own(document, holder, version, used, now_ms, ended)
            )

    def end_leases(self, found: Mapping[str, int], now_ms: int) -> None:
        """Note for good that leases are over (id, when they would have ended): a replica that is
        fetched again may be older than what head office was told (sync-ledger.md 2.10)."""
        with self._file.write(sync=True) as connection:
            kept = {k: v for k, v in _ended_in(connection).items() if v > now_ms - KEEP_ENDED_MS}
            if not found.keys() <= kept.keys():
                write_value(connection, _ENDED, msgspec.json.encode(kept | dict(found)))

    # -- points issued, and people who are no members yet ----------------------------------------

    def issued_points(self) -> int:
        """Points of own sales that head office has not acknowledged."""
        acked = self._outbox.acked_seq()
        with self._file.read() as connection:
            rows = connection.execute(_UNACKED_SALES, (acked,)).fetchall()
        return sum(_earned_by(read_body(row[0])) for row in rows)

    def earned_points(self, member: UUID, day: date) -> int:
        """Points a member earned by own sales of a business date."""
        with self._file.read() as connection:
            row = connection.execute(_EARNED, (member.bytes, day.isoformat())).fetchone()
        return int(row[0]) if row else 0

    def prospect_spend(self, prospect: str, mark: int) -> list[tuple[date, int]]:
        """(business date, earn base) of own sales above `mark` that count for a prospect."""
        with self._file.read() as connection:
            rows = connection.execute(_PROSPECT_SPEND, (prospect, mark)).fetchall()
        return [(date.fromisoformat(day), base) for day, base in rows]

    # -- enrolled here, not published yet --------------------------------------------------------

    def newcomer(self, member: UUID) -> Held | None:
        """A member enrolled here."""
        found = self._newcomers("WHERE member = ?", (member.bytes,))
        return Held(found[0][0], None) if found else None

    def unheard(self, member: UUID) -> bool:
        """Whether head office cannot know the member: enrolled here and not acknowledged."""
        with self._file.read() as connection:
            row = connection.execute(_ENROLLED, (member.bytes,)).fetchone()
        return row is not None and row[0] > self._outbox.acked_seq()

    def newcomer_profile(self, member: UUID) -> Profile | None:
        """The profile of a member enrolled here, from the attachment of that entry."""
        with self._file.read() as connection:
            row = connection.execute(_NEWCOMER_PROFILE, (member.bytes,)).fetchone()
        return msgspec.json.decode(row[0], type=Profile) if row else None

    def newcomer_card(self, token: str) -> Card | None:
        """A card issued here."""
        found = self._newcomers("WHERE token = ?", (bytes.fromhex(token),))
        return found[0][1] if found else None

    def newcomers_by_phone(self, phone_key: str) -> list[Held]:
        """Members enrolled here with this phone."""
        found = self._newcomers("WHERE phone_key = ?", (bytes.fromhex(phone_key),))
        return [Held(row, None) for row, _ in found]

    def newcomers_by_tail(self, tail: str) -> list[Held]:
        """Members enrolled here whose phone ends so."""
        return [Held(row, None) for row, _ in self._newcomers("WHERE phone_tail = ?", (tail,))]

    def _newcomers(self, where: str, parameters: tuple[object, ...]) -> list[tuple[LightRow, Card]]:
        with self._file.read() as connection:
            rows = _all(connection, f"{_NEWCOMER} {where} ORDER BY seq LIMIT 20", parameters)
        return [(_lights.decode(row[0]), _cards.decode(row[1])) for row in rows]


def _ended_in(connection: Connection) -> dict[str, int]:
    value = read_value(connection, _ENDED)
    return msgspec.json.decode(value, type=dict[str, int]) if value else {}


def _earned_by(body: Body) -> int:
    moves = member_effects(body.effects)
    return sum(delta for _, name, delta in moves if name == POINTS and delta > 0)


def _all(connection: Connection, sql: str, parameters: tuple[object, ...]) -> list[Row]:
    return connection.execute(sql, parameters).fetchall()
