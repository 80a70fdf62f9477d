"""What the benchmark works on: one programme, its members and the sales they make. No randomness:
the same number always makes the same member, sale and entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from sync.domain.cards import Card, Status, phone_key_of, token_of
from sync.domain.journal import (
    BODY_VERSION,
    Basis,
    Body,
    Kind,
    Moment,
    Place,
    Presented,
)
from sync.domain.members import Balances, LightRow, LotSummary
from sync.domain.pricing import BasketLine
from sync.domain.programme import (
    Earning,
    Gift,
    Joining,
    OfflineLimits,
    PointsTender,
    Programme,
    Ratio,
    StoredValue,
    Tier,
    TopUpStep,
    Words,
)
from sync.domain.refusals import Refusal
from sync.domain.selling import Buyer, Wish, effects, pay, quote

KEY: Final = bytes(range(32))
SEED: Final = sha256(b"guibin-bench-till").digest()
DEVICE: Final = UUID("0198f000-0000-7000-8000-000000000001")
EPOCH: Final = 1
PLACE: Final = Place("A", "A1", "A1-1")
DAY: Final = date(2026, 11, 20)
START_MS: Final = 1_795_140_000_000
TIER: Final = Tier("gold", Words("金卡", "Gold"), 500_000, 900, 950)
MUCH: Final = 10**12
UNLIMITED: Final = OfflineLimits(
    points_soft_op_minor=MUCH,
    points_soft_ops_card_day=MUCH,
    points_hard_card_day_minor=MUCH,
    stored_value_soft_op_minor=MUCH,
    stored_value_hard_card_day_minor=MUCH,
    stored_value_token_cap_minor=MUCH,
    at_risk_soft_minor=MUCH,
    at_risk_hard_minor=MUCH,
    at_risk_hard_ops=MUCH,
)
PROGRAMME: Final = Programme(
    version=3,
    effective_from=date(2026, 1, 1),
    name=Words("测速", "Benchmark"),
    tiers=(Tier("vip", Words("贵宾", "VIP"), 0), TIER),
    joining=Joining(300_000, 500_000, first_tier="vip"),
    earning=Earning(Ratio(1, 1), expiry_months=24),
    points_tenders=(PointsTender("pt", 100, 1_000, 500),),
    gifts=(Gift("scarf", Words("丝巾", "Scarf"), 1_000, 5_000, 9_900),),
    stored_value=StoredValue((TopUpStep(30_000, 3_000),)),
    offline=UNLIMITED,
)
HELD: Final = Balances(points=2_000_000_000, principal=400_000_000_000, bonus=40_000_000_000)
_MEMBER: Final = 0x0198_F100 << 96 | 0x7 << 76 | 0x8 << 60
_ENTRY: Final = 0x0198_F200 << 96 | 0x7 << 76 | 0x8 << 60
SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"


def member_id(number: int) -> UUID:
    """The member of that number, from 0 on."""
    return UUID(int=_MEMBER | number)


def entry_id(number: int) -> UUID:
    """The entry id of that number."""
    return UUID(int=_ENTRY | number)


def credential(number: int) -> str:
    """What stands on a member's card."""
    return f"VIP{number:08d}"


def token(number: int) -> str:
    """Keyed hash of a member's card, as stored: hex."""
    return token_of(KEY, credential(number))


def light_row(number: int, version: int = 1) -> LightRow:
    """What a till holds for the member of that number."""
    phone = f"138{number * 104_729 % 10**8:08d}"
    return LightRow(
        member_id(number),
        TIER.code,
        Balances(number * 7919 % 100_000, number * 997 % 500_000, number * 31 % 50_000, 300_000),
        version,
        SURNAMES[number % len(SURNAMES)] + "*" * (1 + number % 2),
        phone[-4:],
        phone_key_of(KEY, phone),
        "A1",
        "A",
        lots=(LotSummary(date(2028, 11, 30), number * 7919 % 100_000),),
    )


def card(number: int) -> Card:
    """The card of the member of that number."""
    return Card(
        token(number), member_id(number), Status.ACTIVE, f"{number % 10_000:04d}", "barcode"
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """What a cashier rings up. `cash_minor` handed over covers whatever is due."""

    basket: tuple[BasketLine, ...]
    wish: Wish
    cash_minor: int = 1_000_000


@lru_cache(maxsize=4096)  # what is rung up is given, not made by what is measured
def sale(number: int) -> Sale:
    """Two articles; every fourth customer also uses points and stored value."""
    basket = (
        BasketLine(f"S{number % 97:03d}", 1, 89_900 + number % 50 * 100),
        BasketLine(f"T{number % 89:03d}", 2, 25_900),
    )
    return Sale(basket, Wish(500, 30_000) if number % 4 == 0 else Wish())


def sale_body(number: int, buyer: int, available: Balances) -> Body:
    """Body of the sale of that number to member `buyer`: worked out by the rules, paid in cash."""
    what, member = sale(number), member_id(buyer)
    quoted = quote(PROGRAMME, PLACE.dealer, what.basket, Buyer(member, TIER, available), what.wish)
    if isinstance(quoted, Refusal):
        raise TypeError(f"the benchmark's sale is refused: {quoted.code}")
    paid = pay(quoted, "cash", what.cash_minor)
    if isinstance(paid, Refusal):
        raise TypeError(f"the benchmark's sale is not paid: {paid.code}")
    return Body(
        v=BODY_VERSION,
        kind=Kind.SALE,
        entry_id=entry_id(number),
        at=Moment(START_MS + number * 1000, 480, "boot-1", number * 1000, START_MS + number, 0),
        business_date=DAY,
        shift=1,
        place=PLACE,
        operator="s1",
        approver=None,
        member=member,
        card=token(buyer),
        presented=Presented("barcode", "wedge", "read", "token"),
        basis=Basis(
            1,
            4_711,
            "offline",
            60_000,
            {"points": available.points, "principal": available.principal},
        ),
        programme=PROGRAMME.version,
        data=msgspec.to_builtins(paid),
        effects=effects(paid, member, PLACE.dealer, PLACE.till, PROGRAMME.currency),
        claims=quoted.claims,
        attachments=(),
        trace=quoted.trace,
    )


def packed(value: object) -> bytes:
    """A struct as the till keeps it among its single values."""
    return msgspec.msgpack.encode(value)


def rich(number: int) -> LightRow:
    """The light row of a member who can pay for everything the benchmark rings up."""
    return msgspec.structs.replace(light_row(number), balances=HELD)
