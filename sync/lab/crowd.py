"""Members made by the computer for the demo chain: the same ones for the same seed."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec

from sync.domain.cards import card_number
from sync.domain.programme import Programme
from sync.lab.amounts import Fen
from sync.lab.chain import Chain, Crowd, Member, Opening

_SINGLE_SHARE = 0.2  # of given names that have one sign
_WITHOUT_POINTS, _WITHOUT_STORED_VALUE = 0.1, 0.85
_PHONE_PREFIXES = ("130", "135", "136", "138", "139", "150", "152", "158", "159", "186", "188")
_FEN_PER_YUAN = 100


class _Family(msgspec.Struct, forbid_unknown_fields=True):
    weight: int
    names: list[str]


class _Given(msgspec.Struct, forbid_unknown_fields=True):
    single: list[str]
    first: list[str]
    second: list[str]


class _Names(msgspec.Struct, forbid_unknown_fields=True):
    family: list[_Family]
    given: _Given


def members(chain: Chain, folder: Path) -> tuple[Member, ...]:
    """All members of a chain: those written down, then its crowd. `folder`: where `names` is."""
    if chain.crowd is None:
        return chain.members
    return (*chain.members, *_made(chain, chain.crowd, folder))


def _made(chain: Chain, crowd: Crowd, folder: Path) -> Iterator[Member]:
    names = msgspec.convert(
        tomllib.loads((folder / crowd.names).read_text(encoding="utf-8")), _Names
    )
    dice = random.Random(crowd.seed)  # noqa: S311  # made-up people, no secret
    families = [(name, group.weight) for group in names.family for name in group.names]
    programme = chain.programmes[0]
    taken = {member.phone for member in chain.members}
    for number in range(crowd.count):
        family = dice.choices([f for f, _ in families], [weight for _, weight in families])[0]
        single = dice.random() < _SINGLE_SHARE
        given = (
            dice.choice(names.given.single)
            if single
            else dice.choice(names.given.first) + dice.choice(names.given.second)
        )
        store = dice.choice(chain.stores).id
        spent_yuan = round(dice.lognormvariate(8.4, 0.8))
        yield Member(
            id=f"crowd-{number + 1}",
            name=family + given,
            phone=_phone(dice, taken),
            card=card_number(crowd.first_card + number),
            store=store,
            tier=_tier(programme, spent_yuan * _FEN_PER_YUAN),
            birthday=(date(2000, 1, 1) + timedelta(days=dice.randrange(366))).strftime("%m-%d"),
            qualifying=Fen(spent_yuan * _FEN_PER_YUAN),
            opening=tuple(_openings(dice, store, spent_yuan, programme)),
        )


def _phone(dice: random.Random, taken: set[str]) -> str:
    while True:
        phone = dice.choice(_PHONE_PREFIXES) + f"{dice.randrange(10**8):08d}"
        if phone not in taken:
            taken.add(phone)
            return phone


def _tier(programme: Programme, qualifying_minor: int) -> str:
    reached = [tier for tier in programme.tiers if tier.threshold_minor <= qualifying_minor]
    return max(reached, key=lambda tier: tier.threshold_minor, default=programme.first_tier).code


def _openings(
    dice: random.Random, store: str, spent_yuan: int, programme: Programme
) -> Iterator[Opening]:
    day = programme.effective_from + timedelta(days=dice.randrange(240))
    points = 0 if dice.random() < _WITHOUT_POINTS else dice.randrange(spent_yuan + 1)
    principal = bonus = 0
    steps = programme.stored_value.steps
    if steps and dice.random() > _WITHOUT_STORED_VALUE:
        step = dice.choice(steps)
        left = dice.randrange(1, 11)
        principal, bonus = step.from_minor * left // 10, step.bonus_minor * left // 10
    if points or principal:
        yield Opening(
            store=store, date=day, points=points, principal=Fen(principal), bonus=Fen(bonus)
        )
