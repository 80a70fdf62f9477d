"""Taking back: returns, exchanges, voids (golden case 9, pitfalls 1 to 4 and 16).

A return is never worked out anew: it gives back exactly the stored parts of the lines that come
back, and takes exactly what they earned, by the original's programme. Money goes back to the tender
it came by; cash only for what was paid in cash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from sync.domain import accounts, selling
from sync.domain.journal import Body, Effect, Kind, Short
from sync.domain.originals import (
    GOODS,
    LineParts,
    Ref,
    Sold,
    back_item,
    left_of,
    part_of,
)
from sync.domain.programme import Programme
from sync.domain.refusals import Code, Refusal, refuse
from sync.domain.rulebook.returns import Returns
from sync.domain.selling import SaleData, money_account
from sync.domain.trace import Step, bounded
from sync.domain.used_once import coupons_of, slip_of

CASH: Final = "cash"
SETTLED: Final = "settled"  # stands for the tender of money that moves nowhere
VOIDABLE: Final = (Kind.SALE, Kind.TOP_UP, Kind.REDEEM_GIFT, Kind.OPENING_BALANCE)


class ReturnData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of a return entry. `lines`: what came back, with the parts given back and taken;
    `money_minor` goes back by `tender`; `source`: journal | receipt | headoffice, from where the
    till knew the original; `dealer`: whose sale it was."""

    ref: Ref
    dealer: Short
    source: Short
    lines: tuple[LineParts, ...]
    tender: Short
    money_minor: int
    points_face_minor: int = 0
    principal_minor: int = 0
    bonus_minor: int = 0
    points_restored: int = 0
    points_taken: int = 0

    @property
    def given_back_minor(self) -> int:
        """What the customer gets, by whatever tender."""
        return self.money_minor + self.points_face_minor + self.principal_minor + self.bonus_minor


class ExchangeData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of an exchange entry: a return and a sale, settled net. `ref`: that of `back`;
    `netted_minor` of money is in both and moves nowhere; `refund_minor` goes back by the tender of
    the return, or `due_minor` comes in by `due_tender`. `sale.money_tender` is the one by which the
    new goods would be paid back: cash only if all of it was."""

    ref: Ref
    back: ReturnData
    sale: SaleData
    netted_minor: int
    refund_minor: int = 0
    due_minor: int = 0
    due_tender: Short = ""


class VoidData(msgspec.Struct, frozen=True, omit_defaults=True):
    """Body data of a void entry: the whole of `ref`, an entry of kind `of` of this till and day,
    never happened. `money_minor` goes back by `tender` (negative: nothing came in); `coupons` (ids)
    and the mall's `slip` may be used again."""

    ref: Ref
    of: Short
    money_minor: int = 0
    tender: Short = ""
    coupons: tuple[Short, ...] = ()
    slip: Short = ""


@dataclass(frozen=True, slots=True)
class Back:
    """A decided return: data, effects and arithmetic of its part of the entry."""

    data: ReturnData
    effects: tuple[Effect, ...]
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """Who takes it back, and on which business date."""

    dealer: str
    till: str
    day: date


def take_back(
    rules: Programme,
    sold: Sold,
    wanted: Mapping[int, int],
    gone: Mapping[int, int],
    where: Where,
    source: str,
) -> Back | Refusal:
    """Take back `wanted` pieces per line of `sold`, of which `gone` came back before, as far as
    this till can know. `rules`: today's programme, which says whether and until when; what is given
    back is the original's. Refusals: not_returnable, return_too_late, return_other_dealer,
    nothing_to_return, return_above_original."""
    refusal = _may_come_back(rules.returns, sold, where)
    if refusal is not None:
        return refusal
    left, lines = left_of(sold, gone), []
    known = {line.item: line for line in sold.lines}
    for item, quantity in sorted(wanted.items()):
        if quantity < 0 or quantity > left.get(item, 0):
            return refuse(
                Code.RETURN_ABOVE_ORIGINAL, line=item + 1, most=left.get(item, 0), wanted=quantity
            )
        if quantity:
            before = known[item].quantity - left[item]
            lines.append(part_of(known[item], before, quantity))
    if not lines:
        return refuse(Code.NOTHING_TO_RETURN)
    data = _data(sold, tuple(lines), source)
    steps = tuple(_step(sold, line, known[line.item], gone) for line in lines)
    return Back(data, effects(sold, data, where, rules.currency), bounded(steps))


def _may_come_back(rules: Returns, sold: Sold, where: Where) -> Refusal | None:
    if sold.kind not in GOODS:
        return refuse(Code.NOT_RETURNABLE, kind=sold.kind)
    if not rules.other_dealers and sold.dealer != where.dealer:
        return refuse(Code.RETURN_OTHER_DEALER, dealer=sold.dealer)
    if rules.days is not None and where.day > sold.business_date + timedelta(days=rules.days):
        return refuse(Code.RETURN_TOO_LATE, days=rules.days)
    return None


def _data(sold: Sold, lines: tuple[LineParts, ...], source: str) -> ReturnData:
    money = sum(line.money_minor for line in lines)
    return ReturnData(
        ref=sold.ref,
        dealer=sold.dealer,
        source=source,
        lines=lines,
        tender=sold.tender if money else "",
        money_minor=money,
        points_face_minor=sum(line.points_face_minor for line in lines),
        principal_minor=sum(line.principal_minor for line in lines),
        bonus_minor=sum(line.bonus_minor for line in lines),
        points_restored=sum(line.points_used for line in lines),
        points_taken=sum(line.points_earned for line in lines),
    )


def _step(sold: Sold, line: LineParts, whole: LineParts, gone: Mapping[int, int]) -> Step:
    """The original's version of the programme stands behind what is given back."""
    operands: dict[str, int | str] = {
        "pieces": line.quantity,
        "of": whole.quantity,
        "before": gone.get(line.item, 0),
        "paid": whole.paid_minor,
        "earned": line.points_earned,
        "used": line.points_used,
    }
    return Step("return.share", sold.programme, operands, line.paid_minor, line.item)


def effects(sold: Sold, data: ReturnData, where: Where, currency: str) -> tuple[Effect, ...]:
    """The exact negatives: on the member per line, the counterparts once, on the books of the
    dealer that sold; the money leaves this till."""
    found: list[Effect] = []
    if sold.member is not None:
        own = accounts.member(sold.member, "")
        for line in data.lines:
            found += [
                Effect(own + name, accounts.asset_of(name, currency), delta, back_item(line.item))
                for name, delta in (
                    (accounts.POINTS, line.points_used),
                    (accounts.POINTS, -line.points_earned),
                    (accounts.PRINCIPAL, line.principal_minor),
                    (accounts.BONUS, line.bonus_minor),
                    (accounts.QUALIFYING, -line.qualifying_minor),
                )
                if delta
            ]
    seller = sold.dealer
    counted = sum(line.qualifying_minor for line in data.lines)
    counterparts = (
        (accounts.dealer(seller, "points_accepted"), accounts.PTS, -data.points_restored),
        (accounts.dealer(seller, "points_issued"), accounts.PTS, data.points_taken),
        (accounts.dealer(seller, "qualifying_counted"), accounts.QSP, counted),
        (money_account(where.dealer, where.till, data.tender), currency, data.money_minor),
        (accounts.dealer(seller, "points_tender"), currency, data.points_face_minor),
        (accounts.dealer(seller, "sales"), currency, -data.given_back_minor),
    )
    return (
        *found,
        *(Effect(account, asset, delta) for account, asset, delta in counterparts if delta),
    )


def exchange(
    back: Back, sale: SaleData, member: UUID | None, where: Where, due_tender: str, currency: str
) -> tuple[ExchangeData, tuple[Effect, ...]]:
    """Both parts in one entry, their money against each other: the customer pays or gets the
    difference. `sale`: as quoted, unpaid; `due_tender`: by which a difference is paid."""
    returned = back.data
    netted = min(returned.money_minor, sale.money_minor)
    refund, due = returned.money_minor - netted, sale.money_minor - netted
    pays_by = due_tender if due else ""
    by = {name for name in (returned.tender if netted else "", pays_by) if name}
    settled = msgspec.structs.replace(
        sale,
        money_tender=min(by, key=lambda name: (name == CASH, name), default=""),
        tendered_minor=due,
        change_minor=0,
    )
    data = ExchangeData(returned.ref, returned, settled, netted, refund, due, pays_by)
    sold = selling.effects(
        msgspec.structs.replace(settled, money_tender=SETTLED),
        member, where.dealer, where.till, currency,
    )  # fmt: skip
    nowhere = money_account(where.dealer, where.till, SETTLED)
    paid_back = money_account(where.dealer, where.till, returned.tender)
    moved = [e for e in (*back.effects, *sold) if e.account not in (nowhere, paid_back)]
    for account, delta in (
        (paid_back, refund),
        (money_account(where.dealer, where.till, pays_by), -due),
    ):
        if delta:
            moved.append(Effect(account, currency, delta))
    return data, tuple(moved)


def void(ref: Ref, body: Body, where: Where, gone: Mapping[int, int]) -> Voided | Refusal:
    """Undo a whole entry of this till within its business day, once.

    Refusals: not_voidable (kind), void_other_day, void_other_till, already_reversed.
    """
    if body.kind not in VOIDABLE:
        return refuse(Code.NOT_VOIDABLE, kind=body.kind)
    if body.place.till != where.till:
        return refuse(Code.VOID_OTHER_TILL, till=body.place.till)
    if body.business_date != where.day:
        return refuse(Code.VOID_OTHER_DAY, day=body.business_date.isoformat())
    if any(gone.values()):
        return refuse(Code.ALREADY_REVERSED)
    tender, money = _money(body)
    negatives = tuple(_negative(effect) for effect in body.effects)
    data = VoidData(ref, body.kind, money, tender, coupons_of(body), slip_of(body))
    step = Step("void.whole", body.programme, {"kind": body.kind, "seq": ref.seq}, money)
    return Voided(data, negatives, (step,))


@dataclass(frozen=True, slots=True)
class Voided:
    """A decided void: data, effects and arithmetic of its entry."""

    data: VoidData
    effects: tuple[Effect, ...]
    trace: tuple[Step, ...]


def _negative(effect: Effect) -> Effect:
    """What takes an effect back; only those of members stand by line."""
    mine = effect.account.startswith(accounts.MEMBER_PREFIX)
    item = back_item(effect.item or 0) if mine else None
    return Effect(effect.account, effect.asset, -effect.delta, item)


def _money(body: Body) -> tuple[str, int]:
    """(tender, minor units) that came in by an entry."""
    if body.kind == Kind.SALE:
        return str(body.data["money_tender"]), int(str(body.data["money_minor"]))
    if body.kind == Kind.TOP_UP:
        return str(body.data["tender"]), int(str(body.data["principal_minor"]))
    return "", 0
