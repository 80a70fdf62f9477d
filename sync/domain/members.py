"""Members as tills and head office know them: balances, the light row, and what a till may reckon
with.

A light row travels to every till for every card of the chain; it holds no name, phone or birthday
in clear (sync-ledger.md 2.15). Profiles travel as attachments.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from sync.domain.accounts import BONUS, POINTS, PRINCIPAL, QUALIFYING
from sync.domain.parts import spread
from sync.domain.tiers import Benefit

if TYPE_CHECKING:
    from sync.domain.leases import Own


class Balances(msgspec.Struct, frozen=True, gc=False):
    """Amounts on a member's accounts: points, stored value principal and bonus (minor units),
    qualifying spend.
    """

    points: int = 0
    principal: int = 0
    bonus: int = 0
    qualifying: int = 0

    @property
    def stored_value(self) -> int:
        """Principal and bonus together, minor units."""
        return self.principal + self.bonus

    def plus(self, account: str, delta: int) -> Balances:
        """These balances with one account changed."""
        if account not in (POINTS, PRINCIPAL, BONUS, QUALIFYING):
            raise ValueError(f"unknown member account: {account}")
        return msgspec.structs.replace(self, **{account: getattr(self, account) + delta})

    def __add__(self, other: Balances) -> Balances:
        return Balances(
            self.points + other.points,
            self.principal + other.principal,
            self.bonus + other.bonus,
            self.qualifying + other.qualifying,
        )


class LotSummary(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Open points of one expiry date (None: never). `usable_from`: they wait until then."""

    expires_on: date | None
    points: int
    usable_from: date | None = None


class Extras(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What head office adds to a light row for some members.

    `tier_to`: last day of the level; `spend`: qualifying spend per business day, as
    `sync.domain.tiers.shown` tells it; `benefits`: windows such as the birthday's;
    `leased_points`, `leased_minor`: what tills may spend alone, points and stored value.
    """

    tier_to: date | None = None
    spend: tuple[tuple[date, int], ...] = ()
    benefits: tuple[Benefit, ...] = ()
    leased_points: int = 0
    leased_minor: int = 0


NO_EXTRAS: Final = Extras()


class LightRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What every till holds for a member.

    `version`: post_seq of the last entry inside these figures.

    `marks`: per "device:epoch" the seq of the last entry of that till already inside them; a till's
    own entries above its mark are pending (design.md section 6). `name`: masked; `phone_tail`: last
    four digits; `phone_key`: keyed hash. `uncovered`: 0 unless some balance is negative; its size
    adds up points and fen, so only whether it is 0 means anything.
    """

    member: UUID
    tier: str
    balances: Balances
    version: int
    name: str = ""
    phone_tail: str = ""
    phone_key: str = ""
    home_store: str = ""
    home_dealer: str = ""
    uncovered: int = 0
    flags: tuple[str, ...] = ()
    lots: tuple[LotSummary, ...] = ()
    marks: dict[str, int] = {}
    extras: Extras = NO_EXTRAS


class Profile(msgspec.Struct, frozen=True):
    """Personal data of a member: the attachment of kind "profile".

    Phone in E.164, birthday month and day.
    """

    member: UUID
    name: str
    phone: str
    birthday_month: int | None = None
    birthday_day: int | None = None
    birthday_year: int | None = None
    consultant: str = ""
    sizes: str = ""
    colours: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member as a till sees one at the moment of deciding.

    `confirmed`: head office's figures, `as_of_ms` old wall-clock of the row; `pending_credit` and
    `pending_debit`: own entries above the row's mark, summed by sign per account; `own_top_up`: the
    part of pending_credit that this till took as top-ups and may let be spent here; `day`: business
    date on which is decided (None: every lot counts as vested); `leases`: this till's own.
    """

    row: LightRow
    as_of_ms: int | None
    pending_credit: Balances = field(default_factory=Balances)
    pending_debit: Balances = field(default_factory=Balances)
    own_top_up: Balances = field(default_factory=Balances)
    day: date | None = None
    leases: tuple[Own, ...] = ()

    @property
    def foreign(self) -> Balances:
        """What other tills hold by lease: points, and stored value as principal."""
        extras = self.row.extras
        points = extras.leased_points - sum(o.at_row for o in self.leases if o.asset == POINTS)
        stored = extras.leased_minor - sum(o.at_row for o in self.leases if o.asset != POINTS)
        return Balances(max(points, 0), max(stored, 0))

    @property
    def unvested(self) -> int:
        """Confirmed points that may not be spent yet on `day`."""
        return sum(
            lot.points
            for lot in self.row.lots
            if self.day is not None and lot.usable_from is not None and lot.usable_from > self.day
        )

    @property
    def confirmed(self) -> Balances:
        """Head office's figures."""
        return self.row.balances

    @property
    def pending(self) -> Balances:
        """What own entries will change once head office has them."""
        return self.pending_credit + self.pending_debit

    @property
    def available(self) -> Balances:
        """What may be spent here without head office: confirmed, less what has not vested and
        pending debits, plus own top-ups.

        What other tills hold by lease is left to them (invariant 14), stored value pro rata.
        Pending earned points are not spendable before head office has them (sync-ledger.md 2.3).
        Never below 0.
        """
        sums, foreign = self.confirmed + self.pending_debit + self.own_top_up, self.foreign
        if foreign.points or foreign.principal:
            stored = (max(sums.principal, 0), max(sums.bonus, 0))
            less = spread(min(foreign.principal, sum(stored)), stored)
            sums += Balances(-foreign.points, *(-part for part in less))
        return Balances(
            max(sums.points - self.unvested, 0),
            max(sums.principal, 0),
            max(sums.bonus, 0),
            sums.qualifying,
        )

    def newer(self, row: LightRow, as_of_ms: int) -> Standing:
        """This standing on another row, unless that row is older than the one held."""
        return self if row.version < self.row.version else replace(self, row=row, as_of_ms=as_of_ms)


def masked(name: str) -> str:
    """A name for a screen others can see, first letters kept, the rest as stars.

    张文静 -> 张**; Anna Lee -> A*** L**.
    """
    words = name.split()
    return " ".join(word[:1] + "*" * (len(word) - 1) for word in words)
