"""The chain of a scenario as head office sets it up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from sync.domain.pricing import Product as ProductRow
from sync.headoffice.seeding import ChainDescription, SeedMember
from sync.headoffice.seeding import Opening as OpeningRow
from sync.headoffice.setup import DealerRow, Places, StaffRow, StoreRow, TillRow
from sync.lab.chain import Chain, Member
from sync.lab.crowd import members
from sync.lab.scenario import Scenario

CHINA = "+86"


def description(scenario: Scenario, later: Collection[int] = ()) -> ChainDescription:
    """Everything that is there before the first step. `later`: programmes published by steps."""
    return chain_description(scenario.chain, Path(scenario.crowd_folder), later)


def chain_description(chain: Chain, folder: Path, later: Collection[int] = ()) -> ChainDescription:
    """A chain as head office sets it up. `folder`: where the name lists of a crowd are."""
    every = tuple(store.id for store in chain.stores)
    return ChainDescription(
        places=_places(chain),
        programmes=[p for p in chain.programmes if p.version not in later],
        products=[
            ProductRow(
                p.sku,
                p.barcode,
                p.name.zh,
                p.name.en,
                int(p.tag),
                None if p.member is None else int(p.member),
                p.variant.zh,
                p.variant.en,
                p.brand,
                p.category,
                p.section,
            )
            for p in chain.products
        ],
        staff=[
            StaffRow(s.id, s.name, s.pin, s.stores or every, s.roles, s.approver, s.language)
            for s in chain.staff
        ],
        members=[_member(member) for member in members(chain, folder)],
    )


def story_members(scenario: Scenario) -> Sequence[str]:
    """Members the result tells of: those written down, and of the crowd nobody."""
    return [member.id for member in scenario.chain.members]


def _places(chain: Chain) -> Places:
    return Places(
        [DealerRow(d.id, d.name.zh, d.name.en) for d in chain.dealers],
        [StoreRow(s.id, s.dealer, s.name.zh, s.name.en, s.zone, s.group) for s in chain.stores],
        [
            TillRow(
                t.id,
                t.store,
                t.cards.first if t.cards else 0,
                t.cards.first + t.cards.count - 1 if t.cards else 0,
            )
            for t in chain.tills
        ],
    )


def _member(member: Member) -> SeedMember:
    month, _, day = member.birthday.partition("-")
    return SeedMember(
        key=member.id,
        name=member.name,
        phone=international(member.phone),
        card=member.card,
        store=member.store,
        tier=member.tier,
        medium=member.medium,
        birthday_month=int(month) if month else None,
        birthday_day=int(day) if day else None,
        qualifying_minor=int(member.qualifying),
        openings=tuple(
            OpeningRow(o.store, o.date, o.points, int(o.principal), int(o.bonus))
            for o in member.opening
        ),
    )


def international(phone: str) -> str:
    """A phone number with its country code; a Chinese one where none is written."""
    digits = "".join(sign for sign in phone if sign.isdigit() or sign == "+")
    return digits if digits.startswith("+") else CHINA + digits
