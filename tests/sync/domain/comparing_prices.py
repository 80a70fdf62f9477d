"""Random sales priced by the engine and by the oracle.

`python -m tests.sync.domain.comparing_prices 100000 [SEED]` compares that many and tells what it
saw; the suite compares a few (`GUIBIN_SALES` says how many).
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from random import Random
from time import perf_counter

from sync.domain import offers as engine
from sync.domain.occasions import MemberTraits, Occasion
from sync.domain.pricing import BasketLine, Priced, price
from sync.domain.programme import Programme, Tier
from sync.domain.rulebook.offers import (
    Audience,
    Goods,
    Offer,
    OfferKind,
    OfferStep,
    Promotions,
    When,
    Where,
)
from sync.domain.rulebook.prices import STORE_KINDS, PriceList
from tests.sync.domain.making import granted, programme, words
from tests.sync.domain.oracle_prices import Answer, Line, Sale, ask

KINDS: tuple[OfferKind, ...] = ("fixed", "percent", "bundle", "add_on", "threshold")
SKUS = ("skirt", "coat", "scarf", "bag", "")
BRANDS, CATEGORIES, SECTIONS = ("guibin", "other", ""), ("outer", "small"), ("one", "two")
TIERS = ("plain", "gold")
PRICES = (1, 99, 100, 333, 1_000, 9_990, 10_000, 25_000, 99_999, 268_000)


class Dice(Random):
    """Draws of settings and sales; the same seed draws the same."""

    def some(self, of: tuple[str, ...], often: float = 0.4) -> tuple[str, ...]:
        """None of them, or a few."""
        if self.random() > often:
            return ()
        return tuple(sorted(self.sample(of, self.randint(1, len(of)))))

    def minor(self) -> int:
        """A price."""
        return self.choice(PRICES) if self.random() < 0.5 else self.randint(1, 60_000)

    def goods(self, often: float = 0.35) -> Goods:
        """Goods of an offer."""
        return Goods(
            self.some(SKUS, often),
            self.some(BRANDS, often / 3),
            self.some(CATEGORIES, often / 3),
            self.some(SECTIONS, often / 3),
        )

    def steps(self) -> tuple[OfferStep, ...]:
        """Steps of a threshold."""
        at = sorted({self.minor() * self.randint(1, 3) for _ in range(self.randint(1, 3))})
        return tuple(
            OfferStep(limit, self.randint(1, limit))
            if self.random() < 0.7
            else OfferStep(limit, off_per_mille=self.randint(1, 500))
            for limit in at
        )

    def offer(self, name: str) -> Offer:
        """An offer."""
        kind = self.choice(KINDS)
        steps = self.steps() if kind == "threshold" else ()
        reward = kind == "add_on" or (kind == "bundle" and self.random() < 0.4)
        shares = any(step.off_per_mille for step in steps)
        return Offer(
            name,
            words(name),
            kind,
            self.goods(),
            self.goods(0.6) if reward else None,
            from_minor=self.choice((0, 0, self.minor())),
            price_minor=self.minor() // 2 if kind in ("fixed", "add_on") else 0,
            per_mille=self.choice((0, 0, 500)) if kind == "bundle" else self.randint(0, 999),
            buy=self.randint(1, 3),
            get=self.randint(1, 2),
            steps=steps,
            repeat=not shares and self.random() < 0.4,
            most_units=self.choice((0, 0, 1, 2)),
            most_minor=self.choice((0, 0, 0, 0, self.minor())),
            audience=self._audience(),
            where=Where(
                self.some(("A", "B"), 0.2), self.some(("A1", "A2"), 0.1),
                self.some(STORE_KINDS, 0.1),
            ),
            when=self._when(),
            stacking=self.choice(("sum", "sum", "sum", "sum", "best", "best", "alone")),
            group=self.choice(("", "spring")),
            with_member_price=self.random() < 0.7,
            coupon=self.random() < 0.2,
        )  # fmt: skip

    def _audience(self) -> Audience:
        if self.random() < 0.8:
            return Audience()
        return Audience(
            members=self.random() < 0.5,
            tiers=self.some(TIERS, 0.3),
            flags=self.some(("press", "silk"), 0.2),
            birthday=self.choice(("", "", "day", "month")),
        )

    def _when(self) -> When:
        if self.random() < 0.85:
            return When()
        return When(
            self.choice((None, date(2026, 2, 27), date(2026, 3, 1))),
            self.choice((None, date(2026, 3, 1), date(2026, 12, 31))),
            tuple(sorted(self.sample(range(1, 8), self.choice((0, 3, 6))))),
            self.choice((0, 600)),
            self.choice((24 * 60, 1_080)),
        )

    def price_list(self, name: str) -> PriceList:
        """A price list."""
        members = self.random() < 0.5
        return PriceList(
            name,
            {sku: self.minor() for sku in self.some(SKUS[:-1], 0.8)},
            per_mille=self.choice((0, 0, 1_300, 850)),
            store_kinds=self.some(STORE_KINDS, 0.4),
            dealers=self.some(("A", "B"), 0.2),
            stores=self.some(("A1", "A2"), 0.2),
            members=members,
            tiers=self.some(TIERS, 0.5) if members else (),
            starts=self.choice((None, date(2026, 2, 1), date(2026, 3, 1))),
            ends=self.choice((None, None, date(2026, 3, 1))),
        )

    def sale(self, named: list[str]) -> Sale:
        """A sale, with coupons for some of the offers named."""
        member = self.random() < 0.7
        return Sale(
            tuple(self._line() for _ in range(self.choice((1, 2, 3, 3, 4, 5)))),
            self.choice((date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 7))),
            self.choice((0, 600, 900, 1_080)),
            self.choice(("A", "B")),
            self.choice(("A1", "A2")),
            self.choice(STORE_KINDS),
            self.choice(TIERS) if member else None,
            self.choice((1_000, 950, 900)),
            self.some(("press", "silk", "old"), 0.4) if member else (),
            self.choice((None, (2, 28), (2, 29), (3, 7), (3, 9))) if member else None,
            tuple((f"c{n}", self.choice(named)) for n in range(self.choice((0, 0, 1, 2)))),
        )

    def _line(self) -> Line:
        sku = self.choice(SKUS)
        member = self.minor() if self.random() < 0.2 else None
        if not sku:
            return Line("", "", "", "", self.randint(1, 2), self.minor(), member)
        return Line(
            sku,
            BRANDS[SKUS.index(sku) % 3],
            self.choice(CATEGORIES),
            self.choice(SECTIONS),
            self.choice((1, 1, 1, 2, 3, 7)),
            self.minor(),
            member,
        )


@dataclass
class Case:
    """One random sale with the settings it is priced by."""

    rules: Programme
    sale: Sale

    def by_engine(self) -> Priced:
        """What the engine says."""
        sale = self.sale
        occasion = Occasion(sale.dealer, sale.day, sale.store, sale.store_kind, sale.minute)
        tier = None if sale.tier is None else Tier(sale.tier, words(), 0, sale.tier_share)
        customer = None if tier is None else MemberTraits(tier.code, sale.flags, sale.birthday)
        known = engine.candidates(self.rules.promotions, occasion, customer, sale.coupons)
        basket = [
            BasketLine(one.sku, one.quantity, one.tag, one.member, one.brand, one.category,
                       one.section)
            for one in sale.lines
        ]  # fmt: skip
        return granted(price(self.rules, basket, tier, occasion, known))

    def by_oracle(self) -> Answer:
        """What the oracle says."""
        return ask(self.sale, self.rules.price_lists, self.rules.promotions.offers)


def shown(priced: Priced) -> Answer:
    """The engine's answer in the oracle's words."""
    names = tuple(sorted(used.offer for used in priced.offers))
    coupons = sum(1 for used in priced.offers if used.coupon)
    return Answer(priced.price_minor, coupons, names, priced.tag_minor)


def draw(seed: int) -> Case:
    """The random sale of a seed: 1 to 7 offers, 0 to 3 price lists."""
    dice = Dice(seed)
    found = [dice.offer(f"o{n}") for n in range(dice.choice((1, 2, 3, 4, 5, 6, 7)))]
    lists = [dice.price_list(f"l{n}") for n in range(dice.choice((0, 0, 1, 2, 3)))]
    rules = programme(promotions=Promotions(tuple(found)), price_lists=tuple(lists))
    return Case(rules, dice.sale([offer.offer for offer in found]))


@dataclass
class Tally:
    """What a comparison saw."""

    sales: int = 0
    cheaper: int = 0
    by_many: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    differ: list[int] = field(default_factory=list)


def compare(count: int, seed: int = 0) -> Tally:
    """Price `count` random sales both ways."""
    tally = Tally()
    for at in range(seed, seed + count):
        case = draw(at)
        priced = case.by_engine()
        by_name = {offer.offer: offer.kind for offer in case.rules.promotions.offers}
        tally.sales += 1
        tally.cheaper += bool(priced.offers)
        tally.by_many += len(priced.offers) > 1
        tally.kinds.update(by_name[used.offer] for used in priced.offers)
        if shown(priced) != case.by_oracle():
            tally.differ.append(at)
    return tally


def main(arguments: list[str]) -> int:
    """Compare as many as asked for; 1 when any differ."""
    count = int(arguments[0]) if arguments else 1_000
    seed = int(arguments[1]) if len(arguments) > 1 else 0
    began = perf_counter()
    tally = compare(count, seed)
    took_s = perf_counter() - began
    sys.stdout.write(
        f"{tally.sales} sales from seed {seed} in {took_s:.0f} s: {tally.cheaper} with offers, "
        f"{tally.by_many} with several; {dict(sorted(tally.kinds.items()))}; "
        f"differ: {tally.differ[:10] or 'none'}\n"
    )
    return 1 if tally.differ else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
