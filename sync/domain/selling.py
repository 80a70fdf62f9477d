"""The sale: price, tenders, earned points and all effects of one entry, decided together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from sync.domain import accounts
from sync.domain.earning import earn
from sync.domain.journal import Claim, Effect
from sync.domain.limits import Debit
from sync.domain.members import Balances
from sync.domain.parts import spread
from sync.domain.pricing import MAX_SALE_MINOR, BasketLine, Priced, price
from sync.domain.programme import PER_MILLE, Programme, Tier
from sync.domain.redeeming import STORED_VALUE, PointsPaid, points_tender
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.stored_value import DeeperPrice, deeper_price, split
from sync.domain.trace import Step, bounded

MONEY_TENDERS = ("cash", "wechat", "alipay", "bank_card")


@dataclass(frozen=True, slots=True)
class Buyer:
    """The member at the counter.

    `joining`: enrolled for this very purchase, so not at member price (golden case 2).
    """

    member: UUID
    tier: Tier
    available: Balances
    joining: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """How the customer wants to pay: points to use, stored value up to `stored_value_minor`
    (charged amount).
    """

    points: int = 0
    stored_value_minor: int = 0


class SoldLine(msgspec.Struct, frozen=True, gc=False):
    """A line of a finished sale with its parts of the order-level amounts, so that a return can
    give exactly them back.

    price_minor = stored_value_discount_minor + points_face_minor + principal_minor + bonus_minor +
    money_minor.
    """

    item: int
    sku: str
    quantity: int
    unit_minor: int
    rule: str
    member_discount_minor: int
    price_minor: int
    stored_value_discount_minor: int
    points_face_minor: int
    principal_minor: int
    bonus_minor: int
    money_minor: int
    points_used: int
    points_earned: int


class SaleData(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Body data of a sale entry.

    `due_minor` is the amount due after all discounts; the tenders add up to it.

    `tendered_minor` and `change_minor`: cash handed over and given back.
    """

    lines: tuple[SoldLine, ...]
    tag_minor: int
    member_discount_minor: int
    stored_value_discount_minor: int
    due_minor: int
    points_used: int
    points_face_minor: int
    principal_minor: int
    bonus_minor: int
    money_minor: int
    money_tender: str
    points_earned: int
    earn_base_minor: int
    tendered_minor: int = 0
    change_minor: int = 0
    joining: bool = False


class Quote(msgspec.Struct, frozen=True, gc=False):
    """A sale worked out but not yet paid: everything the screen shows and the entry will hold."""

    data: SaleData
    priced: Priced
    deeper: DeeperPrice
    points_paid: PointsPaid | None
    claims: tuple[Claim, ...]
    debit: Debit
    trace: tuple[Step, ...]


def quote(
    programme: Programme,
    dealer: str,
    basket: Sequence[BasketLine],
    buyer: Buyer | None,
    wish: Wish | None = None,
) -> Quote | Refusal:
    """Work out a sale at `dealer`.

    Points and stored value need a member; the rest is due in money. A wish for more stored value
    than the goods come to is cut to what they cost at the deeper price.
    """
    wish = wish or Wish()
    if buyer is None and (wish.points or wish.stored_value_minor):
        return refuse(Code.MEMBER_NEEDED)
    if wish.points < 0 or wish.stored_value_minor < 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    priced = price(programme, basket, buyer.tier if buyer and not buyer.joining else None)
    if isinstance(priced, Refusal):
        return priced
    paid = None
    if buyer and wish.points:
        found = points_tender(
            programme, dealer, wish.points, buyer.available.points, priced.price_minor
        )
        if isinstance(found, Refusal):
            return found
        paid = found
    deeper, parts = DeeperPrice(0, 0, 0), (0, 0)
    if buyer and wish.stored_value_minor:
        rest = priced.price_minor - (paid.face_minor if paid else 0)
        deeper = deeper_price(rest, _stored_value_per_mille(buyer), wish.stored_value_minor)
        drawn = split(deeper.charged_minor, buyer.available)
        if isinstance(drawn, Refusal):
            return drawn
        parts = drawn
    return _assemble(programme, dealer, buyer, priced, paid, deeper, parts)


def _stored_value_per_mille(buyer: Buyer) -> int:
    return PER_MILLE if buyer.joining else buyer.tier.stored_value_per_mille


def _assemble(
    programme: Programme,
    dealer: str,
    buyer: Buyer | None,
    priced: Priced,
    paid: PointsPaid | None,
    deeper: DeeperPrice,
    parts: tuple[int, int],
) -> Quote:
    principal, bonus = parts
    face = paid.face_minor if paid else 0
    money_minor = priced.price_minor - face - deeper.gross_minor
    shares = _shares(priced, face, deeper.discount_minor, principal, bonus)
    bases = [money + from_principal for _, _, from_principal, _, money in shares]
    earned = (
        earn(bases, [programme.points_per_yuan(dealer)] * len(bases), programme.version)
        if buyer
        else None
    )
    points_used = spread(paid.points, [share[1] for share in shares]) if paid else [0] * len(shares)
    lines = tuple(
        SoldLine(
            line.item,
            line.sku,
            line.quantity,
            line.unit_minor,
            line.rule,
            line.member_discount_minor,
            line.price_minor,
            *share,
            used,
            earned.by_line[line.item] if earned else 0,
        )
        for line, share, used in zip(priced.lines, shares, points_used, strict=True)
    )
    data = SaleData(
        lines=lines,
        tag_minor=priced.tag_minor,
        member_discount_minor=priced.member_discount_minor,
        stored_value_discount_minor=deeper.discount_minor,
        due_minor=priced.price_minor - deeper.discount_minor,
        points_used=paid.points if paid else 0,
        points_face_minor=face,
        principal_minor=principal,
        bonus_minor=bonus,
        money_minor=money_minor,
        money_tender="",
        points_earned=earned.points.count if earned else 0,
        earn_base_minor=sum(bases),
        joining=bool(buyer and buyer.joining),
    )
    debit = Debit(data.points_used, paid.settlement_minor if paid else 0, principal + bonus)
    steps = (
        *priced.trace,
        *_tender_steps(programme, buyer, paid, deeper, parts),
        *(earned.trace if earned else ()),
    )
    return Quote(data, priced, deeper, paid, _claims(paid, principal, bonus), debit, bounded(steps))


def _shares(
    priced: Priced, face: int, discount: int, principal: int, bonus: int
) -> list[tuple[int, int, int, int, int]]:
    """Per line (stored-value discount, points face, principal, bonus, money), each order amount
    spread by what the line has left, so that no line goes below zero and each column sums to its
    order amount.
    """
    left = [line.price_minor for line in priced.lines]
    columns: list[list[int]] = []
    for amount in (face, discount, principal, bonus):
        column = spread(amount, left) if amount else [0] * len(left)
        left = [rest - part for rest, part in zip(left, column, strict=True)]
        columns.append(column)
    faces, discounts, principals, bonuses = columns
    return list(zip(discounts, faces, principals, bonuses, left, strict=True))


def _tender_steps(
    programme: Programme,
    buyer: Buyer | None,
    paid: PointsPaid | None,
    deeper: DeeperPrice,
    parts: tuple[int, int],
) -> tuple[Step, ...]:
    steps = list(paid.trace) if paid else []
    if buyer and deeper.gross_minor:
        steps += [
            Step(
                "stored_value.price",
                programme.version,
                {"gross": deeper.gross_minor, "per_mille": _stored_value_per_mille(buyer)},
                deeper.charged_minor,
            ),
            Step(
                "stored_value.split",
                programme.version,
                {
                    "charged": deeper.charged_minor,
                    "principal": buyer.available.principal,
                    "bonus": buyer.available.bonus,
                },
                parts[0],
            ),
        ]
    return tuple(steps)


def _claims(paid: PointsPaid | None, principal: int, bonus: int) -> tuple[Claim, ...]:
    claims = [paid.claim()] if paid else []
    if principal:
        claims.append(Claim(STORED_VALUE, accounts.PRINCIPAL, principal, principal))
    if bonus:
        claims.append(Claim(STORED_VALUE, accounts.BONUS, bonus, bonus))
    return tuple(claims)


def pay(quoted: Quote, money_tender: str, tendered_minor: int) -> SaleData | Refusal:
    """Settle a quote: the money part by `money_tender`; for cash, `tendered_minor` is what was
    handed over.
    """
    money_minor = quoted.data.money_minor
    if money_tender not in MONEY_TENDERS and money_minor:
        raise ValueError(f"unknown tender: {money_tender!r}")
    if money_minor == 0:
        return msgspec.structs.replace(
            quoted.data, money_tender="", tendered_minor=0, change_minor=0
        )
    if tendered_minor > MAX_SALE_MINOR:
        return refuse(Code.TOO_LARGE)  # a barcode read into the field of the amount
    if tendered_minor < money_minor:
        return refuse(Code.TENDER_BELOW_DUE, due_minor=money_minor, tendered_minor=tendered_minor)
    if money_tender != "cash" and tendered_minor > money_minor:
        return refuse(Code.TENDER_ABOVE_DUE, due_minor=money_minor, tendered_minor=tendered_minor)
    return msgspec.structs.replace(
        quoted.data,
        money_tender=money_tender,
        tendered_minor=tendered_minor,
        change_minor=tendered_minor - money_minor,
    )


def money_account(dealer: str, till: str, tender: str) -> str:
    """Where money of a tender goes: the till's drawer for cash, else the dealer's account of that
    tender.
    """
    return (
        accounts.drawer(till) if tender == "cash" else accounts.dealer(dealer, f"tender_{tender}")
    )


def effects(
    data: SaleData, member: UUID | None, dealer: str, till: str, currency: str
) -> tuple[Effect, ...]:
    """All effects of a finished sale: member effects per line, the counterparts once."""
    found: list[Effect] = []
    if member is not None:
        own = accounts.member(member, "")
        for line in data.lines:
            found += [
                Effect(
                    own + name,
                    accounts.asset_of(name, currency),
                    delta,
                    line.item,
                )
                for name, delta in (
                    (accounts.POINTS, -line.points_used),
                    (accounts.POINTS, line.points_earned),
                    (accounts.PRINCIPAL, -line.principal_minor),
                    (accounts.BONUS, -line.bonus_minor),
                    (accounts.QUALIFYING, line.money_minor + line.principal_minor),
                )
                if delta
            ]
    counted = data.earn_base_minor if member is not None else 0
    paid = data.money_minor + data.principal_minor + data.bonus_minor + data.points_face_minor
    counterparts = (
        (accounts.dealer(dealer, "points_accepted"), accounts.PTS, data.points_used),
        (accounts.dealer(dealer, "points_issued"), accounts.PTS, -data.points_earned),
        (accounts.dealer(dealer, "qualifying_counted"), accounts.QSP, -counted),
        (money_account(dealer, till, data.money_tender), currency, -data.money_minor),
        (accounts.dealer(dealer, "points_tender"), currency, -data.points_face_minor),
        (accounts.dealer(dealer, "sales"), currency, paid),
    )
    return (
        *found,
        *(Effect(account, asset, delta) for account, asset, delta in counterparts if delta),
    )
