"""Earlier entries that a later one names: what was sold, in which parts, and what came back of it.

An entry that takes something back names its original by `ref` (till, journal number, hash). Its
effects on members carry a negative line number: -1 is line 0 of the original taken back, -2 line 1
(golden case 9). The parts of a line are dealt out over its pieces by largest remainder, ties to the
first piece, so that all partial returns together are exactly the whole (pitfall 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.journal import MAX_AMOUNT, Body, Kind, Short
from sync.domain.lots import Allocation, EntryRef
from sync.domain.selling import SaleData, SoldLine
from sync.domain.stored_value import TopUpData

GOODS: Final = (Kind.SALE, Kind.EXCHANGE)  # kinds whose goods can come back


class Ref(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Names the original entry. `hash`: its hash in hex, so that no other entry can be meant."""

    device: UUID
    epoch: int
    seq: int
    hash: Short

    @property
    def entry(self) -> EntryRef:
        """Its place."""
        return EntryRef(self.device, self.epoch, self.seq)


class LineParts(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of goods with its parts: of a sale, what was paid and earned; of a return, what is
    given back and taken again. Minor units and points, none negative."""

    item: int
    sku: Short
    quantity: int
    stored_value_discount_minor: int = 0
    points_face_minor: int = 0
    principal_minor: int = 0
    bonus_minor: int = 0
    money_minor: int = 0
    points_used: int = 0
    points_earned: int = 0
    qualifying_minor: int = 0

    @property
    def paid_minor(self) -> int:
        """What the customer paid for it, by whatever tender."""
        return self.points_face_minor + self.principal_minor + self.bonus_minor + self.money_minor


PARTS: Final = LineParts.__struct_fields__[3:]


class Sold(msgspec.Struct, frozen=True, gc=False):
    """An earlier entry as the one who takes it back needs it. `tender`: of its money part;
    `kind`: sale | exchange (its lines are goods) | top_up (one line: what was loaded)."""

    ref: Ref
    kind: Short
    dealer: Short
    store: Short
    till: Short
    business_date: date
    programme: int
    member: UUID | None
    tender: Short
    lines: tuple[LineParts, ...]


class TakenBack(msgspec.Struct, frozen=True, gc=False):
    """So many pieces of a line of an original came back with the entry posted as `post_seq`."""

    original: EntryRef
    post_seq: int
    item: int
    quantity: int


@dataclass(slots=True)
class Original:
    """A posted entry that another one takes back, as head office holds it.

    `drawn`: allocations that serve its claims, `spent`: those that took from lots it made, both in
    posting order and with their reversals; `taken_back`: pieces per line so far.
    """

    ref: EntryRef
    hash: bytes
    body: Body
    place: tuple[str, str, str]
    post_seq: int
    drawn: list[Allocation] = field(default_factory=list)
    spent: list[Allocation] = field(default_factory=list)
    taken_back: dict[int, int] = field(default_factory=dict)

    def note(self, made: Iterable[Allocation]) -> None:
        """Keep what later entries allocate from its lots or for its claims."""
        for allocation in made:
            if allocation.claim_post_seq == self.post_seq:
                self.drawn.append(allocation)
            if allocation.lot.post_seq == self.post_seq:
                self.spent.append(allocation)


def first_pieces(amount: int, pieces: int, of: int) -> int:
    """What the first `pieces` of `of` equal pieces carry of `amount` (>= 0): largest remainder,
    ties to the first piece."""
    return pieces * (amount // of) + min(pieces, amount % of)


def share(amount: int, before: int, pieces: int, of: int) -> int:
    """What `pieces` more carry after `before` of `of` have gone; all shares sum to `amount`."""
    return first_pieces(amount, before + pieces, of) - first_pieces(amount, before, of)


def part_of(line: LineParts, before: int, quantity: int) -> LineParts:
    """`quantity` pieces of a line of which `before` came back already."""
    shares = {name: share(getattr(line, name), before, quantity, line.quantity) for name in PARTS}
    return msgspec.structs.replace(line, quantity=quantity, **shares)


def back_item(item: int) -> int:
    """Line number under which line `item` of an original is taken back; its own inverse."""
    return -1 - item


def sale_of(body: Body) -> SaleData | None:
    """The goods of an entry; None where it sold none. Raises ValueError when it cannot be read."""
    try:
        if body.kind == Kind.SALE:
            return msgspec.convert(body.data, SaleData)
        if body.kind == Kind.EXCHANGE:
            return msgspec.convert(body.data["sale"], SaleData)
    except (KeyError, msgspec.ValidationError) as error:
        raise ValueError(str(error)) from None
    return None


def pieces_of(body: Body) -> dict[int, int]:
    """Pieces per line of an entry: those of its goods, a top-up's fen of principal, else one.
    ValueError: unreadable."""
    sale = sale_of(body)
    if sale is None:
        return {0: max(line_moves(body).get((0, accounts.PRINCIPAL, True), 0), 1)}
    numbered = all(line.item == number for number, line in enumerate(sale.lines))
    amounts = [n for line in sale.lines for n in (line.quantity - 1, line.money_minor)]
    if not numbered or not all(0 <= amount <= MAX_AMOUNT for amount in amounts):
        raise ValueError("lines of a sale are numbered from 0 and have at least one piece")
    return {line.item: line.quantity for line in sale.lines}


def line_moves(body: Body) -> dict[tuple[int, str, bool], int]:
    """What an entry itself moved on its member's accounts: (line, account name, credited) ->
    amount > 0. What it took back of others is left out."""
    return _moves(body, back=False)


def back_moves(body: Body) -> dict[tuple[int, str, bool], int]:
    """What an entry took back: (line of the original, account name, credited by it) -> amount."""
    return _moves(body, back=True)


def _moves(body: Body, *, back: bool) -> dict[tuple[int, str, bool], int]:
    found: dict[tuple[int, str, bool], int] = {}
    for effect in body.effects:
        owner = accounts.of_member(effect.account)
        item = effect.item or 0
        if owner is None or not effect.delta or (item < 0) is not back:
            continue
        key = (back_item(item) if back else item, owner[1], effect.delta > 0)
        found[key] = found.get(key, 0) + abs(effect.delta)
    return found


def sold_of(ref: Ref, body: Body) -> Sold | None:
    """An entry as `Sold`; None for a kind that nobody takes back line by line, or unreadable."""
    if body.kind == Kind.TOP_UP:
        lines, tender = _loaded(body)
    else:
        try:
            sale = sale_of(body)
        except ValueError:
            return None
        if sale is None:
            return None
        counts = body.member is not None
        lines = tuple(_line(line, counts=counts) for line in sale.lines)
        tender = sale.money_tender
    place = body.place
    return Sold(
        ref, body.kind, place.dealer, place.store, place.till, body.business_date, body.programme,
        body.member, tender, lines,
    )  # fmt: skip


def _loaded(body: Body) -> tuple[tuple[LineParts, ...], str]:
    data = msgspec.convert(body.data, TopUpData)
    principal = data.principal_minor
    line = LineParts(0, "", principal, principal_minor=principal, bonus_minor=data.bonus_minor)
    return (line,), data.tender


def _line(line: SoldLine, *, counts: bool) -> LineParts:
    return LineParts(
        line.item,
        line.sku,
        line.quantity,
        line.stored_value_discount_minor,
        line.points_face_minor,
        line.principal_minor,
        line.bonus_minor,
        line.money_minor,
        line.points_used,
        line.points_earned,
        line.money_minor + line.principal_minor if counts else 0,
    )


def left_of(sold: Sold, gone: Mapping[int, int]) -> dict[int, int]:
    """Pieces per line that have not come back; `gone`: those that have."""
    return {line.item: max(line.quantity - gone.get(line.item, 0), 0) for line in sold.lines}
