"""The sale screen's view from the sale at hand. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from sync.domain.pricing import PricedLine
from sync.domain.programme import Programme
from sync.domain.redeeming import PointsPaid
from sync.domain.selling import Quote, SaleData
from sync.domain.trace import Step
from terminal.presenters.explaining import explain, of_rules, per_cent_off, rate
from terminal.presenters.member_drawing import tier_name
from terminal.presenters.parts_view import (
    ActionView,
    AmountRow,
    CreditView,
    ExplainView,
    IconLine,
)
from terminal.presenters.ringing import Rung
from terminal.presenters.sale_view import SaleLine
from terminal.text import Text
from terminal.usecases.commits import Done
from terminal.usecases.drafts import DraftLine
from terminal.usecases.sell import SaleQuote


@dataclass(frozen=True, slots=True)
class Payment:
    """How the rest is paid. `received_minor` None: exactly what is due."""

    tender: str = ""
    received_minor: int | None = None


def name_of(text: Text, line: DraftLine) -> str:
    """What a line is called."""
    if not line.sku:
        return text("sale.plain_amount")
    return (line.name_en if text.language == "en" else line.name_zh) or line.sku


def sale_lines(text: Text, rung: Rung | None) -> tuple[SaleLine, ...]:
    """The basket."""
    if rung is None or rung.draft is None or rung.quote is None:
        return ()
    priced = rung.quote.quote.priced.lines
    return tuple(
        _line(text, line, done, rung.quote)
        for line, done in zip(rung.draft.lines, priced, strict=True)
    )


def totals(
    text: Text, quote: Quote | None, programme: Programme | None = None
) -> tuple[AmountRow, ...]:
    """What was taken off on the way to the amount due. `programme`: names of the offers."""
    if quote is None:
        return ()
    data = quote.data
    rows = [AmountRow(text("sale.list_total"), text.money(data.tag_minor))]
    if data.member_discount_minor:
        rows.append(
            AmountRow(
                text("sale.member_saving"),
                text.money(-data.member_discount_minor),
                "ok",
                explain="member",
            )
        )
    names = offer_names(text, programme)
    rows += [
        AmountRow(
            names.get(used.offer, used.offer),
            text.money(-used.off_minor),
            "ok",
            explain="offers",
        )
        for used in data.offers
    ]
    if data.stored_value_discount_minor:
        share = next(
            int(step.of["per_mille"]) for step in of_rules(quote.trace, "stored_value.price")
        )
        words = text("sale.value_price", rate=rate(share), percent=per_cent_off(share))
        rows.append(
            AmountRow(words, text.money(-data.stored_value_discount_minor), "ok", explain="value")
        )
    if quote.points_paid is not None:
        words = text("sale.points_credit", points=text.number(quote.points_paid.points))
        rows.append(AmountRow(words, text.money(-data.points_face_minor), explain="points"))
    return tuple(rows)


def offer_names(text: Text, programme: Programme | None) -> dict[str, str]:
    """What offers are called, by id."""
    known = programme.promotions.offers if programme else ()
    return {
        offer.offer: offer.name.en if text.language == "en" else offer.name.zh for offer in known
    }


def points_credit(text: Text, rung: Rung | None, *, member: bool) -> CreditView:
    """Points offered against the amount due."""
    label = text("sale.points_credit_off")
    off = _credit_off(text, label, rung, member=member)
    if off is not None or rung is None or rung.quote is None:
        return off or CreditView(label, "", enabled=False)
    quote = rung.quote
    paid = quote.quote.points_paid
    if paid is not None:
        label = text("sale.points_credit", points=text.number(paid.points))
        return CreditView(label, text.money(-paid.face_minor), chosen=True)
    if not quote.most_points:
        reason = text("sale.no_points_usable")
        return CreditView(label, text("sale.none_usable"), enabled=False, reason=reason)
    return CreditView(label, text("sale.points_most", most_points=quote.most_points))


def value_credit(text: Text, rung: Rung | None, *, member: bool) -> CreditView:
    """Stored value offered against the amount due."""
    label = text("sale.value_credit")
    off = _credit_off(text, label, rung, member=member)
    if off is not None or rung is None or rung.quote is None:
        return off or CreditView(label, "", enabled=False)
    quote = rung.quote
    charged = quote.quote.deeper.charged_minor
    if charged:
        return CreditView(label, text.money(-charged), chosen=True)
    if not quote.most_stored_value_minor:
        reason = text("sale.no_value_usable")
        return CreditView(label, text("sale.none_usable"), enabled=False, reason=reason)
    usable = text("sale.value_usable", usable_minor=quote.most_stored_value_minor)
    note = quote.facts.note_en if text.language == "en" else quote.facts.note_zh
    if quote.facts.at_mall and note:
        usable = f"{usable} · {note}"
    return CreditView(label, usable)


def _credit_off(text: Text, label: str, rung: Rung | None, *, member: bool) -> CreditView | None:
    """Why neither points nor stored value can pay here, if so."""
    if not member:
        reason = text("top_up.need_member")
        return CreditView(label, text("sale.credit_none"), enabled=False, reason=reason)
    if rung is None or rung.quote is None:
        return CreditView(label, "", enabled=False, reason=text("sale.need_line"))
    found = rung.quote.member
    if found is not None and found.negative:
        reason = text("refusal.member_negative")
        return CreditView(label, text("sale.negative"), enabled=False, reason=reason)
    return None


def still_due(text: Text, quote: Quote | None) -> AmountRow | None:
    """What is left for money, once points or stored value pay a part."""
    if quote is None or quote.data.money_minor == quote.data.due_minor:
        return None
    return AmountRow(text("sale.still_due"), text.money(quote.data.money_minor), strong=True)


def cash_row(text: Text, quote: Quote | None, payment: Payment) -> AmountRow | None:
    """What was handed over and the change."""
    if quote is None or payment.tender != "cash" or payment.received_minor is None:
        return None
    left = payment.received_minor - quote.data.money_minor
    if left < 0:
        words = text("sale.cash_short", received_minor=payment.received_minor)
        return AmountRow(words, text.money(-left), "warn", strong=True)
    words = text("sale.cash", received_minor=payment.received_minor)
    return AmountRow(words, text.money(left), strong=True)


def earns(text: Text, quote: SaleQuote | None) -> AmountRow | None:
    """Points of this sale."""
    if quote is None or quote.member is None:
        return AmountRow(text("sale.earns_none"), "")
    points = text.points(quote.quote.data.points_earned)
    return AmountRow(text("sale.earns"), points, strong=True, explain="earn")


def primary(text: Text, quote: Quote | None, payment: Payment, *, busy: bool) -> ActionView:
    """Take the money, with the amount on the button."""
    if busy:
        return ActionView(text("sale.taking"), busy=True)
    money = quote.data.money_minor if quote else 0
    if quote is None:
        return ActionView(
            text("sale.take_payment", amount_minor=0), enabled=False, reason=text("sale.need_line")
        )
    if not money:
        return ActionView(text("sale.settle", due_minor=quote.data.due_minor))
    label = text("sale.take_payment", amount_minor=money)
    if not payment.tender:
        return ActionView(label, enabled=False, reason=text("sale.need_tender"))
    short = payment.received_minor is not None and payment.received_minor < money
    if payment.tender == "cash" and short:
        return ActionView(label, enabled=False, reason=text("sale.need_cash"))
    return ActionView(label)


def explanation(text: Text, rung: Rung | None, code: str) -> ExplainView | None:
    """The arithmetic of one number of the sale."""
    if rung is None or rung.quote is None or rung.draft is None:
        return None
    quote, data = rung.quote.quote, rung.quote.quote.data
    names = {
        item: (name_of(text, line), line.quantity) for item, line in enumerate(rung.draft.lines)
    }
    result = text("explain.result")
    if code == "member":
        minor = data.member_discount_minor
        return explain(
            text,
            text("sale.explain.member", amount_minor=minor),
            of_rules(quote.trace, "price.tier", "price.member", "price.vip", "price.list"),
            AmountRow(result, text.money(-minor), "ok", strong=True),
            names,
            {t.code: tier_name(text, t, t.code) for t in rung.quote.programme.tiers},
        )
    if code == "offers":
        minor = data.offers_minor
        offered = tuple(step for step in quote.trace if step.rule.startswith("offer"))
        return explain(
            text,
            text("sale.explain.offers", amount_minor=minor),
            _with_names(offered, offer_names(text, rung.quote.programme)),
            AmountRow(result, text.money(-minor), "ok", strong=True),
        )
    if code == "value":
        minor = data.stored_value_discount_minor
        return explain(
            text,
            text("sale.explain.value", amount_minor=minor),
            of_rules(quote.trace, "stored_value.price", "stored_value.split"),
            AmountRow(result, text.money(-minor), "ok", strong=True),
        )
    if code == "earn":
        shown = text.points(data.points_earned)
        return explain(
            text,
            text("sale.explain.earn", earned_points=data.points_earned),
            _earning(quote.trace),
            AmountRow(result, shown, strong=True),
            names,
        )
    return _points_explained(text, quote.points_paid, result) if code == "points" else None


def _with_names(steps: tuple[Step, ...], names: Mapping[str, str]) -> tuple[Step, ...]:
    """Steps of offers with what the offers are called instead of their ids."""
    return tuple(
        msgspec.structs.replace(
            step, of=step.of | {"offer": names.get(str(step.of["offer"]), str(step.of["offer"]))}
        )
        if "offer" in step.of
        else step
        for step in steps
    )


def done_lines(text: Text, done: Done) -> tuple[IconLine, ...]:
    """What the customer got out of it."""
    data = data_of(done)
    lines = []
    if data.points_earned:
        lines.append(IconLine("coins", text("done.points", gain_points=data.points_earned)))
    spent = data.principal_minor + data.bonus_minor
    if data.points_used or spent:
        used = text("done.used", used_points=data.points_used, value_minor=spent)
        lines.append(IconLine("wallet", used))
    return tuple(lines)


def data_of(done: Done) -> SaleData:
    """What the entry of a sale says."""
    return msgspec.convert(done.body.data, SaleData)


def _earning(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """By line where there are several, in one step where there is one."""
    by_line = of_rules(steps, "earn.ratio")
    return (*by_line, *of_rules(steps, "earn.total")) if by_line else of_rules(steps, "earn.total")


def _points_explained(text: Text, paid: PointsPaid | None, result: str) -> ExplainView | None:
    if paid is None:
        return None
    return explain(
        text,
        text("sale.explain.points", used_points=paid.points),
        paid.trace,
        AmountRow(result, text.money(-paid.face_minor), "ok", strong=True),
    )


def _line(text: Text, line: DraftLine, priced: PricedLine, quote: SaleQuote) -> SaleLine:
    variant = line.variant_en if text.language == "en" else line.variant_zh
    detail = " · ".join(part for part in (line.sku, variant) if part)
    note = ""
    if priced.rule == "price.member":
        note = text("sale.exclusive")
    elif priced.rule in ("price.vip", "price.override"):
        note = text(f"sale.{priced.rule.replace('.', '_')}")
    elif priced.rule == "price.tier" and quote.member is not None and quote.member.tier is not None:
        tier = quote.member.tier
        name = tier.name.en if text.language == "en" else tier.name.zh
        share = tier.price_per_mille
        note = text("sale.discount", tier=name, rate=rate(share), percent=per_cent_off(share))
    return SaleLine(
        str(priced.item),
        name_of(text, line),
        detail or text("sale.plain_detail"),
        str(line.quantity),
        text.money(
            priced.price_minor + priced.offers_minor + priced.member_discount_minor, symbol=False
        ),
        text.money(priced.price_minor + priced.offers_minor, symbol=False),
        note,
    )
