"""Cards as this till sees them: head office's rows, with its own entries folded on top until those
rows contain them (pitfall 23: a card reported lost here is refused here at once).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from sync.database.till.journal_tables import FOLDED
from sync.domain.card_changes import DATA_OF, Change, ReplaceData, changed
from sync.domain.card_limits import of_claims, used
from sync.domain.cards import Card, CardUse
from sync.domain.journal import Body, Kind, UnreadableBody, read_body

if TYPE_CHECKING:
    from sync.database.till.database import TillDatabase

_KINDS: Final = ", ".join(repr(str(kind)) for kind in DATA_OF)
_CHANGES: Final = (
    f"SELECT body FROM entry WHERE {FOLDED} AND kind IN ({_KINDS}) "  # noqa: S608  # our own words
    "AND seq > ? ORDER BY seq"
)
_REFLECTED: Final = "SELECT seq FROM ack WHERE stored_ms < ? ORDER BY number DESC LIMIT 1"
_DEBITS: Final = (
    "SELECT DISTINCT entry.seq, entry.body FROM effect JOIN entry ON entry.seq = effect.seq "
    "WHERE effect.member = ? AND effect.seq > ? AND effect.delta < 0 ORDER BY entry.seq"
)


class OwnCards:
    """Folds of own card entries. Threads may share it."""

    def __init__(self, database: TillDatabase) -> None:
        """See `TillDatabase`."""
        self._database, self._file = database, database.journal.file

    def card(self, token: str) -> Card | None:
        """The card of a token."""
        found = self._database.published_card(token)
        changes = self._changes()
        if not changes:
            return found
        return self._folded(token, found, changes).get(token)

    def of_member(self, member: UUID) -> list[Card]:
        """Every card of a member, of members merged into it, and those issued here."""
        replica = self._database.replica
        everybody = {member, *replica.merged_into(member)}
        tokens = [card.token for each in sorted(everybody) for card in replica.cards_of(each)]
        for change in self._changes():
            made = getattr(change.data, "token", "")
            if made and change.member in everybody:
                tokens.append(made)
        found = [self.card(token) for token in dict.fromkeys(tokens)]
        return [card for card in found if card is not None]

    def unconfirmed(self, token: str) -> bool:
        """Whether a card was handed out here for another one, and head office did not see it yet:
        it is good for points and price, not for stored value (design.md section 5)."""
        return any(
            isinstance(change.data, ReplaceData) and change.data.token == token
            for change in self._changes()
        )

    def use(self, card: Card, day: date) -> CardUse:
        """What a card with limits has spent, own entries that its row does not count included."""
        use, member = card.use, card.member
        since = self._reflected()
        with self._file.read() as connection:
            rows = connection.execute(_DEBITS, (member.bytes, since)).fetchall()
        for _, data in rows:
            body = _read(data)
            mine = body is not None and body.card is not None and self._is(body.card, card)
            if body is not None and mine:
                use = used(use, body.business_date, *of_claims(body.claims))
        return use if use.day == day else used(use, day, 0, 0)

    def _is(self, token: str, card: Card) -> bool:
        if token in (card.token, card.card):
            return True
        other = self.card(token)
        return other is not None and other.whole == card.whole

    def _reflected(self) -> int:
        """Own entries up to here are inside head office's rows: they were acknowledged before the
        feed was last read to its end."""
        as_of_ms = self._database.replica.as_of_ms()
        if as_of_ms is None:
            return 0
        with self._file.read() as connection:
            row = connection.execute(_REFLECTED, (as_of_ms,)).fetchone()
        return int(row[0]) if row else 0

    def _changes(self) -> list[Change]:
        with self._file.read() as connection:
            rows = connection.execute(_CHANGES, (self._reflected(),)).fetchall()
        found = []
        for (data,) in rows:
            body = _read(data)
            if body is not None:
                told = msgspec.convert(body.data, DATA_OF[Kind(body.kind)])
                found.append(Change(body.kind, body.card, body.member, told))
        return found

    def _folded(self, token: str, found: Card | None, changes: list[Change]) -> dict[str, Card]:
        known: dict[str, Card] = {} if found is None else {token: found}
        for change in changes:
            for name in (change.about, getattr(change.data, "token", None)):
                held = self._database.published_card(name) if name and name not in known else None
                if held is not None:
                    known[held.token] = held
        for change in changes:
            for card in changed(change, known).cards:
                known[card.token] = card
        return known


def _read(data: bytes) -> Body | None:
    try:
        return read_body(data)
    except UnreadableBody:
        return None
