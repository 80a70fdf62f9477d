"""A chain set up in one go: places, programmes, products, staff, members with what they bring.

Members join and get their opening balances by entries in head office's own journal, so that every
point and fen of a demo or scenario has an entry behind it like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.business_day import business_date
from sync.domain.cards import normalise, token_of
from sync.domain.ids import RANDOM_BYTES, uuid7
from sync.domain.joining import EnrolData
from sync.domain.journal import Attachment, Body, Effect, Kind, Place
from sync.domain.lots import HEAD_OFFICE
from sync.domain.members import Profile
from sync.domain.money import CNY
from sync.domain.opening import OpeningData
from sync.domain.posting import Outcome
from sync.domain.pricing import Product
from sync.domain.programme import Programme, in_force
from sync.headoffice.errors import InvalidError
from sync.headoffice.keys import HeadOfficeKeys
from sync.headoffice.ledger_device import OFFSET_MIN, LedgerDevice
from sync.headoffice.posting.sealing import PROFILE
from sync.headoffice.randomness import Randomness
from sync.headoffice.setup import Places, Setup, StaffRow

TAIL: Final = 4
CUTOFF_HOUR: Final = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """What a member brings along from `store` as of `day`: points, stored value and bonus (fen).

    `expires_on`: last day of the points, instead of the programme's span.
    """

    store: str
    day: date
    points: int = 0
    principal_minor: int = 0
    bonus_minor: int = 0
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class SeedMember:
    """Someone known before the story begins. `key`: name in the description; `card`: credential;
    `tier` empty: the programme's first one."""

    key: str
    name: str
    phone: str
    card: str
    store: str
    tier: str = ""
    medium: str = "barcode"
    birthday_month: int | None = None
    birthday_day: int | None = None
    qualifying_minor: int = 0
    openings: tuple[Opening, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainDescription:
    """Everything that is there before the first step."""

    places: Places
    programmes: Sequence[Programme] = ()
    products: Sequence[Product] = ()
    staff: Sequence[StaffRow] = ()
    members: Sequence[SeedMember] = ()


@dataclass(frozen=True, slots=True)
class Seeder:
    """Seeds a head office."""

    setup: Setup
    ledger: LedgerDevice
    keys: HeadOfficeKeys
    random: Randomness

    async def seed(self, chain: ChainDescription, now_ms: int) -> dict[str, UUID]:
        """Set everything up; the member id of every member's key.

        Raises InvalidError("seed_entry") when an entry does not post cleanly.
        """
        await self.setup.places(chain.places)
        for programme in chain.programmes:
            await self.setup.programme(programme)
        if chain.products:
            await self.setup.products(chain.products)
        if chain.staff:
            await self.setup.staff(chain.staff)
        return await self.members(chain, now_ms)

    async def members(self, chain: ChainDescription, now_ms: int) -> dict[str, UUID]:
        """Enrol the members and give them what they bring."""
        dealers = {store.store: store.dealer for store in chain.places.stores}
        ids: dict[str, UUID] = {}
        bodies: list[tuple[Body, Sequence[bytes]]] = []
        today = business_date(now_ms, OFFSET_MIN, CUTOFF_HOUR)
        for member in chain.members:
            ids[member.key] = uuid7(now_ms, self.random("member", RANDOM_BYTES))
            made = _Writer(self, chain, dealers, now_ms, today, ids[member.key], member)
            bodies.extend(made.entries())
        for reply in await self.ledger.post(bodies, now_ms):
            for result in reply.results:
                if result.outcome is not Outcome.POSTED:
                    codes = ",".join(result.codes)
                    raise InvalidError("seed_entry", seq=result.seq, codes=codes)
        return ids


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the entries of one member."""

    seeder: Seeder
    chain: ChainDescription
    dealers: Mapping[str, str]
    now_ms: int
    today: date
    member: UUID
    about: SeedMember

    def entries(self) -> Iterable[tuple[Body, Sequence[bytes]]]:
        """Enrolment with the profile, then the openings."""
        yield self._enrol()
        first = True
        for opening in self.about.openings or ():
            yield self._opening(opening, self.about.qualifying_minor if first else 0), ()
            first = False
        if first and self.about.qualifying_minor:
            own = Opening(self.about.store, self.today)
            yield self._opening(own, self.about.qualifying_minor), ()

    def _enrol(self) -> tuple[Body, Sequence[bytes]]:
        about = self.about
        profile = msgspec.json.encode(
            Profile(
                self.member,
                about.name,
                about.phone,
                about.birthday_month,
                about.birthday_day,
            )
        )
        data = EnrolData(
            tier=about.tier or self._first_tier(),
            home_dealer=self.dealers[about.store],
            home_store=about.store,
            token=token_of(self.seeder.keys.token_key, about.card),
            tail=normalise(about.card)[-TAIL:],
            medium=about.medium,
            consent_version="opening",
            qualifies_by="opening",
            single_minor=0,
            window_minor=0,
        )
        named = Attachment(PROFILE, sha256(profile).hexdigest(), self.member)
        body = self._body(
            Kind.ENROL, about.store, self.today, 0, msgspec.to_builtins(data), (), (named,)
        )
        return body, (profile,)

    def _first_tier(self) -> str:
        programmes = self.chain.programmes
        return programmes[0].first_tier.code if programmes else ""

    def _opening(self, opening: Opening, qualifying: int) -> Body:
        dealer = self.dealers[opening.store]
        effects: list[Effect] = []
        for name, asset, amount in (
            (accounts.POINTS, accounts.PTS, opening.points),
            (accounts.PRINCIPAL, CNY, opening.principal_minor),
            (accounts.BONUS, CNY, opening.bonus_minor),
            (accounts.QUALIFYING, accounts.QSP, qualifying),
        ):
            if amount:
                effects.append(Effect(accounts.member(self.member, name), asset, amount))
                effects.append(Effect(accounts.dealer(dealer, f"opening_{name}"), asset, -amount))
        rules = in_force(self.chain.programmes, opening.day)
        version = rules.version if rules else 0
        data = msgspec.to_builtins(OpeningData(opening.expires_on))
        return self._body(
            Kind.OPENING_BALANCE, opening.store, opening.day, version, data, tuple(effects), ()
        )

    def _body(
        self,
        kind: Kind,
        store: str,
        day: date,
        programme: int,
        data: dict[str, object],
        effects: tuple[Effect, ...],
        attachments: tuple[Attachment, ...],
    ) -> Body:
        ledger = self.seeder.ledger
        return Body(
            v=1,
            kind=kind.value,
            entry_id=ledger.entry_id(self.now_ms),
            at=ledger.moment(self.now_ms),
            business_date=day,
            shift=0,
            place=Place(self.dealers[store], store, HEAD_OFFICE),
            operator=HEAD_OFFICE,
            approver=None,
            member=self.member,
            card=None,
            presented=None,
            basis=ledger.basis(),
            programme=programme,
            data=data,
            effects=effects,
            claims=(),
            attachments=attachments,
            trace=(),
        )
