"""Leases: rights to spend a slice of a member's balance without asking head office.

A lease belongs to one till (its device and epoch), so that every lane of a store holds its own
share and nobody has to know what the lane beside it did (a bounded counter, sync-ledger.md A10,
2.10, 2.14). It is spent down for ever: `granted` only grows under one id, what the till used counts
against it, and it ends once. Head office keeps `granted - used` set aside until the till has proved
that it saw the end, or so long after the end that its clock must know.

Invariants 14 to 17: the rights of a member and asset never exceed the confirmed balance when they
are given; what is authorised online leaves them whole; what a till may spend is the confirmed
balance less the rights of others.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.lots import LEASED_PART, Uncovered
from sync.domain.members import Balances
from sync.domain.parts import share_of_rest, spread
from sync.domain.programme import Programme

if TYPE_CHECKING:
    from sync.domain.books import MemberBook
    from sync.domain.journal import Claim
    from sync.domain.rulebook.leases import Leases

POINTS: Final = accounts.POINTS
STORED_VALUE: Final = "stored_value"
ASSETS: Final = (POINTS, STORED_VALUE)
DOCUMENT: Final = "lease"  # type of the document that brings a store its leases
_STORE_DIGITS: Final = 16
_LETTER: Final = {POINTS: "p", STORED_VALUE: "s"}
_ASSET: Final = {letter: asset for asset, letter in _LETTER.items()}


class State(StrEnum):
    """live: may be spent; ending: head office wants it back, the till may not know yet; closed: it
    is certain that nothing more comes."""

    LIVE = "live"
    ENDING = "ending"
    CLOSED = "closed"


@dataclass(slots=True)
class Lease:
    """One till's right. `holder`: "device:epoch"; `granted`, `used`: units of the asset (points, or
    minor units of stored value) since the beginning; `value_minor`: what `granted` is worth;
    `ended_ms`: when head office ended it (0: it did not)."""

    lease: str
    member: UUID
    store: str
    till: str
    holder: str
    asset: str
    granted: int
    used: int
    value_minor: int
    expires_ms: int
    state: State = State.LIVE
    ended_ms: int = 0

    @property
    def rest(self) -> int:
        """Units that may still come, whatever the till knows; >= 0."""
        return 0 if self.state is State.CLOSED else self.granted - self.used

    def end(self, now_ms: int) -> None:
        """Head office wants it back."""
        self.state, self.ended_ms = State.ENDING, now_ms


class Right(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A lease as its till reads it."""

    lease: str
    holder: str
    till: str
    granted: int
    value_minor: int
    expires_ms: int
    ended: bool = False


class LeaseDocument(msgspec.Struct, frozen=True, gc=False):
    """All leases of a member in one store, for its tills. `version`: that of the member's books
    when it was written."""

    member: UUID
    version: int
    rights: tuple[Right, ...]


def document_name(member: UUID, store: str) -> str:
    """Id of the document: one per member and store, so that an end reaches the store it is for."""
    return f"{member.hex}/{sha256(store.encode()).hexdigest()[:_STORE_DIGITS]}"


def asset_of(lease: str) -> str | None:
    """Asset of a lease id; None for text that is no lease id."""
    return _ASSET.get(lease[:1]) if lease[1:2] == "-" else None


def asset_of_account(account: str) -> str:
    """Asset that units of a member's account are leased under."""
    return POINTS if account == accounts.POINTS else STORED_VALUE


def lease_id(asset: str, which: UUID) -> str:
    """The id of a new lease: its first letter names the asset."""
    return f"{_LETTER[asset]}-{which.hex}"


def held(balances: Balances, asset: str) -> int:
    """Units of an asset in balances."""
    return balances.points if asset == POINTS else balances.stored_value


def outstanding(leases: Iterable[Lease], asset: str) -> int:
    """Units of an asset that tills may still spend alone."""
    return sum(lease.rest for lease in leases if lease.asset == asset)


def point_value(programme: Programme) -> Fraction:
    """The most one point settles at, minor units; 0 when nothing is given for points."""
    tenders = [Fraction(o.settlement_minor, o.unit_points) for o in programme.points_tenders]
    gifts = [Fraction(gift.settlement_minor, gift.points) for gift in programme.gifts]
    return max([*tenders, *gifts], default=Fraction(0))


def value_of(programme: Programme, asset: str, units: int) -> int:
    """What units are worth at most, minor units, rounded up."""
    exact = point_value(programme) * units if asset == POINTS else Fraction(units)
    return -(-exact.numerator // exact.denominator)


def most_units(programme: Programme, tier: str, asset: str) -> int:
    """The most units that may be leased to one store."""
    value = programme.leases.most_minor(tier)
    if asset == STORED_VALUE:
        return value
    each = point_value(programme)
    return int(value / each) if each else 0


# -- head office: giving and taking back -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holder:
    """A till that may hold a lease: "device:epoch" and its printed name."""

    holder: str
    till: str


def plan(
    programme: Programme,
    book: MemberBook,
    leases: list[Lease],
    holders: Sequence[Holder],
    reserved: Balances,
    now_ms: int,
    new_id: Callable[[str], str],
) -> list[Lease]:
    """What changes at one member: leases closed, ended, renewed, enlarged or made (added to
    `leases`); each changed one once.

    `holders`: the tills of the home store, in order; `reserved`: what head office has promised
    online; `new_id`: a fresh lease id for an asset. A member who owes gets nothing new.
    """
    changed: dict[str, Lease] = {}
    settings = programme.leases
    holders = () if book.alias_of is not None else holders
    wanted = {holder.holder for holder in holders}
    for lease in leases:
        if lease.state is State.CLOSED:
            continue
        if now_ms >= lease.expires_ms + settings.grace_ms:
            lease.state = State.CLOSED
        elif lease.state is State.LIVE and (
            now_ms >= lease.expires_ms
            or lease.holder not in wanted
            or lease.store != book.home_store
        ):
            lease.end(now_ms)
        else:
            continue
        changed[lease.lease] = lease
    for asset in ASSETS:
        if outstanding(leases, asset) > max(held(book.balances, asset), 0):
            for lease in recalled(leases, asset, now_ms):
                changed[lease.lease] = lease
        elif not book.uncovered and not _paused(leases, asset, settings.pause_ms, now_ms):
            made = _give(programme, book, leases, holders, reserved, now_ms, new_id, asset)
            changed.update((lease.lease, lease) for lease in made)
    return list(changed.values())


def recalled(leases: Iterable[Lease], asset: str, now_ms: int, but_store: str = "") -> list[Lease]:
    """End the live leases of an asset, except those of a store; those ended now."""
    found = [
        lease
        for lease in leases
        if lease.asset == asset and lease.state is State.LIVE and lease.store != but_store
    ]
    for lease in found:
        lease.end(now_ms)
    return found


def _paused(leases: Iterable[Lease], asset: str, pause_ms: int, now_ms: int) -> bool:
    """Whether a lease was taken back a moment ago: what was free then is not given away again."""
    return any(
        lease.asset == asset and lease.ended_ms and now_ms - lease.ended_ms < pause_ms
        for lease in leases
    )


def proved(leases: Iterable[Lease], holder: str) -> list[Lease]:
    """Close what `holder` has proved to have seen the end of; those closed now."""
    found = [lease for lease in leases if lease.holder == holder and lease.state is State.ENDING]
    for lease in found:
        lease.state = State.CLOSED
    return found


def proves(told_n: int, document_n: int, told_seq: int, head_seq: int) -> bool:
    """Whether a till has proved that nothing more comes: it had applied the feed up to `told_n`,
    the document that ends its lease among it, when its journal ended at `told_seq`, and head office
    has its journal up to there."""
    return told_n >= document_n and head_seq >= told_seq


def _give(
    programme: Programme,
    book: MemberBook,
    leases: list[Lease],
    holders: Sequence[Holder],
    reserved: Balances,
    now_ms: int,
    new_id: Callable[[str], str],
    asset: str,
) -> list[Lease]:
    """Enlarge, make and renew leases of one asset within what is free."""
    settings = programme.leases
    expires_ms = now_ms + settings.age_ms
    balance = min(held(book.balances, asset), _lasting(book, asset, now_ms, settings))
    free = balance - held(reserved, asset) - outstanding(leases, asset)
    target = min(most_units(programme, book.tier, asset), max(balance, 0))
    shares = spread(target, [1] * len(holders)) if holders else []
    changed = []
    for holder, share in zip(holders, shares, strict=True):
        mine = next(
            (
                lease
                for lease in leases
                if (lease.holder, lease.asset, lease.state) == (holder.holder, asset, State.LIVE)
            ),
            None,
        )
        more = min(share - (mine.rest if mine else 0), free)
        soon = mine is not None and mine.expires_ms - now_ms < settings.renew_ms
        renew = mine is not None and mine.rest > 0 and soon and free >= 0
        if more <= 0 and not renew:
            continue
        if mine is None:
            mine = Lease(
                new_id(asset), book.member, book.home_store, holder.till, holder.holder, asset,
                0, 0, 0, expires_ms,
            )  # fmt: skip
            leases.append(mine)
        mine.granted += max(more, 0)
        mine.value_minor = value_of(programme, asset, mine.granted)
        mine.expires_ms = max(mine.expires_ms, expires_ms)
        free -= max(more, 0)
        changed.append(mine)
    return changed


def _lasting(book: MemberBook, asset: str, now_ms: int, settings: Leases) -> int:
    """Units in lots that may be spent now and outlive a lease given now."""
    names = (accounts.POINTS,) if asset == POINTS else (accounts.PRINCIPAL, accounts.BONUS)
    today = now_ms // DAY_MS + _EPOCH_DAY
    last_day = (now_ms + settings.age_ms + settings.grace_ms) // DAY_MS + _EPOCH_DAY
    return sum(
        lot.open
        for lot in book.lots
        if lot.account in names
        and (lot.expires_on is None or lot.expires_on.toordinal() > last_day)
        and (lot.usable_from is None or lot.usable_from.toordinal() <= today)
    )


DAY_MS: Final = 86_400_000
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


# -- head office: online, and posting --------------------------------------------------------------


def from_own(
    balance: int, reserved: int, leases: Sequence[Lease], asset: str, holder: str, wanted: int
) -> dict[str, int]:
    """The part of an online debit of `wanted` units that must come out of the asker's own leases,
    by lease, so that what they keep is still there afterwards: what is not free. One that head
    office ended counts like the others: the asker may not have heard of it, and spend it yet.
    """
    free = max(balance - reserved - outstanding(leases, asset), 0)
    left, found = max(wanted - free, 0), {}
    for lease in sorted(leases, key=lambda one: one.lease):
        if (lease.asset, lease.holder) == (asset, holder):
            units = min(left, lease.rest)
            left -= units
            found[lease.lease] = units
    return {lease: units for lease, units in found.items() if units}


@dataclass(frozen=True, slots=True)
class Consumed:
    """What an entry took out of leases. `covered`: units by asset; `beyond`: it claimed more than
    the leases hold, or leases that are not its own or are over."""

    covered: Mapping[str, int]
    beyond: bool
    changed: tuple[Lease, ...]


def consume(
    leases: Iterable[Lease], holder: str, told: Mapping[str, int], debits: Mapping[str, int]
) -> Consumed:
    """Use up what an entry of `holder` says it took (`told`: units by lease id), never more than it
    debits of the asset (`debits`)."""
    by_id = {lease.lease: lease for lease in leases}
    covered = dict.fromkeys(ASSETS, 0)
    changed, beyond = [], False
    for name, units in sorted(told.items()):
        lease = by_id.get(name)
        if lease is None or lease.holder != holder or units <= 0:
            beyond = True
            continue
        left = debits.get(lease.asset, 0) - covered[lease.asset]
        taken = min(units, lease.rest, max(left, 0))
        beyond = beyond or taken < units
        lease.used += taken
        covered[lease.asset] += taken
        if taken:
            changed.append(lease)
    return Consumed(covered, beyond, tuple(changed))


def leased_apart(
    debts: Sequence[Uncovered], claims: Sequence[Claim], covered: Mapping[str, int]
) -> Iterator[Uncovered]:
    """What stays uncovered, the part within a lease apart from the rest: lots went to the leased
    part first."""
    left = dict(covered)
    for claim, debt in zip(claims, debts, strict=True):
        asset = asset_of_account(debt.account)
        left[asset] = left.get(asset, 0) - (claim.quantity - debt.open)
    for debt in debts:
        asset = asset_of_account(debt.account)
        units = min(max(left[asset], 0), debt.open)
        if not debt.open:
            continue
        left[asset] -= units
        if units:
            fen = share_of_rest(debt.amount_minor, units, debt.open)
            yield _leased_part(debt, units, fen)
            debt.open -= units
            debt.amount_minor -= fen
        if debt.open:
            yield debt


def _leased_part(debt: Uncovered, units: int, fen: int) -> Uncovered:
    return Uncovered(
        debt.post_seq, debt.claim + LEASED_PART, debt.member, debt.account, debt.kind, debt.offer,
        debt.entry, debt.creditor, debt.store, debt.business_date, units, fen,
    )  # fmt: skip


# -- the till --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Own:
    """One of this till's leases as it stands here: `rest` units may be spent, worth `value_minor`
    at most; `at_row`: units head office still held back for it in the member's row."""

    lease: str
    asset: str
    rest: int
    at_row: int
    value_minor: int
    expires_ms: int


def own(
    document: LeaseDocument,
    holder: str,
    row_version: int,
    used: Callable[[str], tuple[int, int]],
    now_ms: int,
    ended: Container[str] = (),
) -> tuple[Own, ...]:
    """Leases of `holder`. `used`: units this till took from a lease, altogether and inside the
    member's row; `now_ms`: the latest that any evidence of time allows; `ended`: leases whose end
    this till has seen before.

    Whatever is doubtful counts as held by others (invariant 14): a document newer than the row, a
    lease that is over.
    """
    found = []
    for right in document.rights:
        asset = asset_of(right.lease)
        if right.holder != holder or asset is None:
            continue
        over = right.ended or right.lease in ended or now_ms >= right.expires_ms
        total, inside = used(right.lease)
        newer = document.version > row_version
        rest = 0 if over else max(right.granted - total, 0)
        at_row = 0 if over or newer else max(right.granted - inside, 0)
        value_minor = -(-right.value_minor * rest // max(right.granted, 1))
        found.append(Own(right.lease, asset, rest, at_row, value_minor, right.expires_ms))
    return tuple(found)


def cover(mine: Iterable[Own], asset: str, wanted: int) -> dict[str, int]:
    """Lease-covered part of a debit, by lease id, earliest end first: leases are spent before
    anything else."""
    found: dict[str, int] = {}
    for one in sorted(mine, key=lambda o: (o.expires_ms, o.lease)):
        units = min(one.rest, wanted) if one.asset == asset else 0
        if units > 0:
            found[one.lease] = units
            wanted -= units
    return found


def uncovered_minor(value_minor: int, units: int, covered: int) -> int:
    """Value of the part of a debit that no lease covers, minor units, rounded up."""
    if not units:
        return value_minor
    return -(-value_minor * max(units - covered, 0) // units)
