"""The sale: price, tenders, earned points and all effects of one entry, decided together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from sync.domain import accounts, offers
from sync.domain.earning import ANY_DAY, Earned, EarnTerms, Goods, earn_sale
from sync.domain.journal import Claim, Effect, Short
from sync.domain.limits import Debit
from sync.domain.members import Balances
from sync.domain.occasions import MemberTraits, Occasion
from sync.domain.offers import UsedOffer
from sync.domain.parts import spread
from sync.domain.pricing import MAX_SALE_MINOR, BasketLine, Priced, price
from sync.domain.programme import PER_MILLE, Programme, Tier
from sync.domain.redeeming import STORED_VALUE, PointsPaid, points_tender
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.store_kinds import MALL_TENDER, MallSale
from sync.domain.stored_value import DeeperPrice, deeper_price, split
from sync.domain.trace import Step, bounded

MONEY_TENDERS = ("cash", "wechat", "alipay", "bank_card")


@dataclass(frozen=True, slots=True)
class Buyer:
    """The member at the counter.

    `joining`: enrolled for this very purchase, so not at member price (golden case 2). `flags`
    (segments) and `birthday` (month, day): what audiences of offers ask for. `terms`: what they
    earn by; `provisional`: the till raised the level itself, head office has not yet (FL-27).
    """

    member: UUID
    tier: Tier
    available: Balances
    joining: bool = False
    flags: tuple[str, ...] = ()
    birthday: tuple[int, int] | None = None
    terms: EarnTerms = ANY_DAY
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """How the customer wants to pay: points to use, stored value up to `stored_value_minor`
    (charged amount).
    """

    points: int = 0
    stored_value_minor: int = 0


class SoldLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of a finished sale with its parts of the order-level amounts, so that a return can
    give exactly them back.

    price_minor = quantity x unit_minor - member_discount_minor - offers_minor
    = stored_value_discount_minor + points_face_minor + principal_minor + bonus_minor + money_minor.
    `override`: id of the price_override entry that gave the price; `brand`, `category`: what it
    earned by.
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
    offers_minor: int = 0
    override: str = ""
    brand: Short = ""
    category: Short = ""


class SaleData(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Body data of a sale entry.

    `due_minor` is the amount due after all discounts; the tenders add up to it.

    `tendered_minor` and `change_minor`: cash handed over and given back. `offers`: those used, with
    coupons, each with its part of every line; `mall`: at a mall counter. `tier`: the level it went
    by, `provisional` if only this till had raised it; `birthday`: it earned as on a birthday;
    `earn_cap`: most points the till could give; `prospect`: keyed hash of the phone, or token of
    the provisional card, of somebody who is no member yet and for whom it counts (golden case 2).
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
    offers_minor: int = 0
    offers: tuple[UsedOffer, ...] = ()
    mall: MallSale | None = None
    tier: Short = ""
    provisional: bool = False
    birthday: bool = False
    earn_cap: int | None = None
    prospect: Short = ""


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
    occasion: Occasion | None = None,
    coupons: Sequence[tuple[str, str]] = (),
) -> Quote | Refusal:
    """Work out a sale at `dealer`. `occasion`: where and when, for price lists and offers (None:
    neither is looked at); `coupons`: (coupon id, offer id) presented, of which the best are used.

    Points and stored value need a member; the rest is due in money. A wish for more stored value
    than the goods come to is cut to what they cost at the deeper price.
    """
    wish = wish or Wish()
    if buyer is None and (wish.points or wish.stored_value_minor):
        return refuse(Code.MEMBER_NEEDED)
    if wish.points < 0 or wish.stored_value_minor < 0:
        return refuse(Code.AMOUNT_NOT_POSITIVE)
    priced = _priced(programme, basket, buyer, occasion, coupons)
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
    return _assemble(programme, dealer, buyer, basket, priced, paid, deeper, parts)


def _priced(
    programme: Programme,
    basket: Sequence[BasketLine],
    buyer: Buyer | None,
    occasion: Occasion | None,
    coupons: Sequence[tuple[str, str]],
) -> Priced | Refusal:
    """The basket at this customer's prices; who joins by this purchase is nobody yet."""
    if buyer is None or buyer.joining:
        tier, member = None, None
    else:
        tier, member = buyer.tier, MemberTraits(buyer.tier.code, buyer.flags, buyer.birthday)
    if occasion is None:
        return price(programme, basket, tier)
    known = offers.candidates(programme.promotions, occasion, member, coupons)
    return price(programme, basket, tier, occasion, known)


def _stored_value_per_mille(buyer: Buyer) -> int:
    return PER_MILLE if buyer.joining else buyer.tier.stored_value_per_mille


def _assemble(
    programme: Programme,
    dealer: str,
    buyer: Buyer | None,
    basket: Sequence[BasketLine],
    priced: Priced,
    paid: PointsPaid | None,
    deeper: DeeperPrice,
    parts: tuple[int, int],
) -> Quote:
    principal, bonus = parts
    face = paid.face_minor if paid else 0
    money_minor = priced.price_minor - face - deeper.gross_minor
    shares = _shares(priced, face, deeper.discount_minor, principal, bonus)
    goods = [
        Goods(share[4] + share[2], basket[line.item].brand, basket[line.item].category)
        for line, share in zip(priced.lines, shares, strict=True)
    ]
    earned = _earned(programme, dealer, buyer, goods, redeemed=paid is not None)
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
            line.offers_minor,
            line.override,
            basket[line.item].brand,
            basket[line.item].category,
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
        earn_base_minor=sum(line.base_minor for line in goods),
        joining=bool(buyer and buyer.joining),
        offers_minor=priced.offers_minor,
        offers=priced.offers,
        tier=buyer.tier.code if buyer else "",
        provisional=bool(buyer and buyer.provisional),
        birthday=bool(buyer and buyer.terms.birthday),
        earn_cap=buyer.terms.cap_points if buyer else None,
    )
    debit = Debit(data.points_used, paid.settlement_minor if paid else 0, principal + bonus)
    steps = (
        *priced.trace,
        *_tender_steps(programme, buyer, paid, deeper, parts),
        *(earned.trace if earned else ()),
    )
    return Quote(data, priced, deeper, paid, _claims(paid, principal, bonus), debit, bounded(steps))


def _earned(
    programme: Programme, dealer: str, buyer: Buyer | None, goods: list[Goods], *, redeemed: bool
) -> Earned | None:
    if buyer is None:
        return None
    return earn_sale(programme, dealer, buyer.tier, goods, buyer.terms, redeemed=redeemed)


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


def pay(
    quoted: Quote, money_tender: str, tendered_minor: int, mall: MallSale | None = None
) -> SaleData | Refusal:
    """Settle a quote: the money part by `money_tender`; for cash, `tendered_minor` is what was
    handed over. `mall`: what a counter in a department store says of it (`store_kinds.mall_sale`).
    """
    money_minor = quoted.data.money_minor
    if money_tender not in (*MONEY_TENDERS, MALL_TENDER) and money_minor:
        raise ValueError(f"unknown tender: {money_tender!r}")
    if money_minor == 0:
        return msgspec.structs.replace(
            quoted.data, money_tender="", tendered_minor=0, change_minor=0, mall=mall
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
        mall=mall,
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
