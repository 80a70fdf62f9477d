"""A random life of a chain of shops, reproducible by its seed: tills decide by the real rules on
what they believe, write real entries, go offline and send late; head office posts, books its own
kinds and cuts clearing runs. `shop_judge` asks after every entry whether the rules still hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from sync.domain import joining, leases, limits, selling
from sync.domain.coupons import Coupon
from sync.domain.earning import EarnTerms, cap_left
from sync.domain.gift_stock import GiftStock
from sync.domain.journal import Basis, Body, Claim, Entry, Kind
from sync.domain.limits import Debit
from sync.domain.losses import unleased
from sync.domain.members import Balances, Standing
from sync.domain.occasions import Occasion
from sync.domain.records import RecordKey
from sync.domain.redeeming import most_points
from sync.domain.refusals import Refusal
from sync.domain.tiers import has_benefit
from tests.sync.domain.making import effects_of, member_id, plain, plain_amounts
from tests.sync.domain.shop_judge import compare
from tests.sync.domain.shop_line import Line
from tests.sync.domain.shop_rules import (
    DEALERS,
    FIRST,
    GIFTS,
    GOODS,
)
from tests.sync.domain.shop_till import PRESENTED, Till

COUPONS = 400
FOUNDERS = 24


class Failed(Exception):  # noqa: N818  # reads as what it says at every raise
    """A rule did not hold: `seed` and `number` of the operation play it again."""

    def __init__(self, seed: int, number: int, what: str) -> None:
        super().__init__(f"seed {seed}, operation {number} ({what})")
        self.seed, self.number, self.what = seed, number, what


class Life(Line):
    """What everybody does: selling, joining, and asking whether value may leave."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._begin()

    # ------------------------------------------------------------------------------- the frame
    def _begin(self) -> None:
        for office in (self.office, self.other):
            for dealer in DEALERS:
                for gift in GIFTS[:2]:
                    key = RecordKey("gift_stock", f"{dealer}-store/{gift}")
                    office.records[key] = GiftStock(f"{dealer}-store", gift, 40)
            for number in range(COUPONS):
                office.records[RecordKey("coupon", f"c{number}")] = Coupon("b", "coupon")
        for number in range(FOUNDERS):
            till = self.tills[number % len(self.tills)]
            self.enrol_at(till)
        self.send(*[(till, 99) for till in self.tills])
        for number, member in enumerate(self.members):
            till = self.tills[number % len(self.tills)]
            moves = [("points", 50 + 7 * number), ("principal", 900 + 31 * number), ("bonus", 101)]
            data = {"batch": "x", "line": number}
            self._keep_moves(till, Kind.OPENING_BALANCE, member, moves, data=data)
        self.send(*[(till, 99) for till in self.tills])
        for till in self.tills:
            self.pull(till)

    def live(self, operations: int, table: Sequence[tuple[str, int, Callable[[], Any]]]) -> None:
        """Play so many operations that came about, then the end of all."""
        weights = [weight for _, weight, _ in table]
        number = 0
        while number < operations:
            ((name, _, act),) = self.random.choices(table, weights)
            try:
                happened = act()
                self._always()
            except AssertionError as error:
                raise Failed(self.seed, number + 1, name) from error
            if happened is None or happened is False:
                self.refused[name] += 1
            else:
                self.done[name] += 1
                number += 1
        try:
            self.end()
        except AssertionError as error:
            raise Failed(self.seed, number, "the end") from error

    def end(self) -> None:
        """Everything arrives, nothing waits; then all of it is judged."""
        for till in (*self.tills, self.hq):
            self.send((till, 10**9))
        self.again()
        self.judge.all_books()
        self.runs.end()
        compare(self.office, self.other)

    def pick_till(self) -> Till:
        """A till at work: it opens a new shift now and then, an offline one seldom."""
        till = self.random.choice(self.tills)
        if till.day < self.today and self.random.random() < (0.8 if till.online else 0.3):
            till.open_day(self.today)
        return till

    def pick_member(self, till: Till) -> UUID | None:
        """Somebody the till has heard of; a few come often."""
        if not till.rows:
            return None
        known = list(till.rows)
        number = int(len(known) * self.random.random() ** 3)
        return known[number]

    def body(self, till: Till, kind: str, member: UUID | None = None, **changes: Any) -> Body:
        """A body of a till."""
        usual = {"shift": (till.day - FIRST).days + 1}
        return till.body(kind, member, **(usual | changes))

    def _keep_moves(
        self, till: Till, kind: str, member: UUID, moves: Sequence[tuple[str, int]], **changes: Any
    ) -> Entry:
        return till.keep(
            self.body(till, kind, member, effects=effects_of(member, moves), **changes)
        )

    # ------------------------------------------------------------------------------- debits
    def reserved(self, member: UUID, till: Till | None = None) -> Balances:
        """What head office has promised online, and what `till` tells of its own."""
        found = Balances()
        for owner, units in self.holds.values():
            found = found + units if self._real(owner) == member else found
        for body in till.waiting() if till else ():
            if body.member is None or self._real(body.member) != member:
                continue
            if body.entry_id not in self.holds:
                found += _of_claims(body.claims)
        return found

    def debit(
        self, till: Till, member: UUID, claims: Sequence[Claim], entry_id: UUID, extra: int = 0
    ) -> dict[str, Any] | None:
        """Whether value may leave: what goes into the body, or None. `extra`: points that leave
        without a claim."""
        units = _of_claims(claims) + Balances(extra)
        if not units.points and not units.stored_value:
            return {"basis": Basis(1, 0, "online" if till.online else "offline")}
        worth = sum(c.settlement_minor for c in claims if c.account == "points")
        wanted = Debit(units.points, worth, units.stored_value)
        card = till.card_of(member, self.random.choice) if self.random.random() < 0.5 else None
        if not till.card_pays(card, wanted):
            return None
        named = {"card": card.token if card else None, "presented": PRESENTED}
        if not till.online:
            found = till.may_offline(member, wanted, self.now_ms)
            if found is None or extra:
                return None
            own, rest, approved = found
            real = self._real(member)
            if rest.points:
                self.judge.risky.add((real, leases.POINTS))
            if rest.stored_value_minor:
                self.judge.risky.add((real, leases.STORED_VALUE))
            approver = "boss" if approved else None
            return named | {"basis": Basis(1, 0, "offline", leases=own), "approver": approver}
        real = self._real(member)
        book = self.office.members.get(real)
        if book is None:
            return None
        reserved, theirs = (
            self.reserved(real, till),
            [x for x in book.leases if x.holder != till.holder],
        )
        leased = Balances(*(leases.outstanding(theirs, asset) for asset in leases.ASSETS))
        answer = limits.authorise(
            book.balances, reserved, wanted, units.principal, units.bonus, leased
        )
        if isinstance(answer, Refusal):
            return None
        own = {}
        for asset in leases.ASSETS:
            own |= leases.from_own(
                leases.held(book.balances, asset), leases.held(reserved, asset), book.leases,
                asset, till.holder, leases.held(units, asset),
            )  # fmt: skip
        self.holds[entry_id] = real, units
        return named | {"basis": Basis(1, 0, "online", auth="x", leases=own)}

    # ------------------------------------------------------------------------------- at the counter
    def enrol_at(self, till: Till, prospect: str = "") -> UUID | None:
        """Somebody joins by a first purchase."""
        amount = self.random.randint(1_500, 9_000)
        known = self.office.prospects.get(prospect, joining.Prospect())
        found = joining.eligible(till.rules, till.day, amount, known.purchases())
        if isinstance(found, Refusal):
            return None
        self.people += 1
        member, token = member_id(self.people), f"{self.people:032x}"
        data = joining.EnrolData(
            "plain", till.dealer, till.place.store, token, token[-4:], "barcode", "v1", found.rule,
            found.single_minor, found.window_minor, None, prospect,
        )  # fmt: skip
        till.keep(self.body(till, Kind.ENROL, member, data=plain(data), trace=found.trace))
        self.members.append(member)
        buyer = selling.Buyer(member, till.rules.first_tier, Balances(), joining=True)
        quoted = selling.quote(till.rules, till.dealer, plain_amounts(amount), buyer)
        assert not isinstance(quoted, Refusal)
        self.ring_up(till, member, quoted, till.entry_id())
        return member

    def sale(self) -> Entry | None:
        """Goods, for anybody, paid by anything."""
        till, random = self.pick_till(), self.random
        member = self.pick_member(till) if random.random() < 0.85 else None
        basket = [
            so_many(random.choice(GOODS), random.randint(1, 3)) for _ in range(random.randint(1, 3))
        ]
        standing = till.standing(member, self.now_ms) if member else None
        buyer, wish = None, selling.Wish()
        if standing is not None and member is not None:
            buyer = self.buyer(till, member, standing)
            wish = self.wish(till, standing, 600 * len(basket))
        coupons = [(f"c{random.randrange(COUPONS)}", "coupon")] if random.random() < 0.1 else []
        mall = "mall_counter" if till.dealer == "B" else "own_shop"
        occasion = Occasion(till.dealer, till.day, till.place.store, mall, random.randrange(1_440))
        quoted = selling.quote(till.rules, till.dealer, basket, buyer, wish, occasion, coupons)
        if isinstance(quoted, Refusal):
            return None
        prospect = f"p{random.randrange(30)}" if buyer is None and random.random() < 0.5 else ""
        return self.ring_up(till, member if buyer else None, quoted, till.entry_id(), prospect)

    def buyer(self, till: Till, member: UUID, standing: Standing) -> selling.Buyer:
        """The member as the till sees one."""
        row = standing.row
        birthday = has_benefit(row.extras.benefits, "birthday", till.day)
        own = sum(
            delta
            for _, body in till.about.get(member, ())
            if body.business_date == till.day
            for e in body.effects
            if (delta := e.delta) > 0 and e.account.endswith("/points")
        )
        terms = EarnTerms(till.day, birthday, cap_left(till.rules, own, 0))
        tier = till.rules.tier(row.tier) or till.rules.first_tier
        return selling.Buyer(member, tier, standing.available, terms=terms)

    def wish(self, till: Till, standing: Standing, about_minor: int) -> selling.Wish:
        """How somebody wants to pay."""
        available, random = standing.available, self.random
        points = stored = 0
        if random.random() < 0.35:
            most = most_points(till.rules, till.dealer, available.points, about_minor)
            tender = till.rules.points_tender(till.dealer)
            unit = tender.unit_points if tender else 1
            points = random.randint(0, most // unit) * unit
        if random.random() < 0.4:
            stored = random.randint(0, min(available.stored_value, 3_000))
        return selling.Wish(points, stored)

    def ring_up(
        self,
        till: Till,
        member: UUID | None,
        quoted: selling.Quote,
        entry_id: UUID,
        prospect: str = "",
    ) -> Entry | None:
        """The entry of a sale, if its debits are allowed."""
        tender = self.random.choice(("cash", "wechat"))
        data = selling.pay(quoted, tender, quoted.data.money_minor)
        assert not isinstance(data, Refusal)
        data = msgspec.structs.replace(data, prospect=prospect)
        allowed = self.debit(till, member, quoted.claims, entry_id) if member else {}
        if allowed is None:
            return None
        effects = selling.effects(data, member, till.dealer, till.place.till, "CNY")
        entry = till.keep(
            self.body(
                till, Kind.SALE, member, entry_id=entry_id, data=plain(data), effects=effects,
                claims=quoted.claims, trace=quoted.trace, **allowed,
            )
        )  # fmt: skip
        self.sold.append(entry)
        return entry

    # ------------------------------------------------------------------------------- what holds
    def _always(self) -> None:
        """Invariants 14 to 17 after every operation; 14 and 17 on one till at a time."""
        till = self.random.choice(self.tills)
        at_risk = sum(
            sum(unleased_of(body))
            for body in till.waiting()
            if body.basis.auth is None and body.claims
        )
        self.deepest_minor = max(self.deepest_minor, at_risk)
        assert at_risk <= till.rules.offline.at_risk_hard_minor, "exposure above the hard limit"
        member = self.pick_member(till)
        standing = till.standing(member, self.now_ms) if member else None
        if standing is not None and member is not None:
            truth = self.truth[(member, standing.row.version)]
            theirs = [rests for holder, rests in truth.items() if holder != till.holder]
            sums = standing.confirmed + standing.pending_debit + standing.own_top_up
            points, stored = (sum(rests[n] for rests in theirs) for n in (0, 1))
            assert standing.available.points <= max(sums.points - points, 0), "14: points"
            assert standing.available.stored_value <= max(
                max(sums.principal, 0) + max(sums.bonus, 0) - stored, 0
            ), "14: stored value"
        for each in self.members[-3:] if member is None else [member]:
            self._covered(self._real(each))

    def _covered(self, member: UUID) -> None:
        book = self.office.members.get(member)
        if book is None:
            return
        for asset in leases.ASSETS:
            if (member, asset) in self.judge.risky:
                continue
            held = leases.held(book.balances, asset)
            assert held >= 0, "15: negative though every debit was covered"
            assert leases.outstanding(book.leases, asset) <= held, "16: leases above the balance"


def unleased_of(body: Body) -> tuple[int, int]:
    """Fen of an entry that no lease covers: points, stored value."""
    _, points, stored = unleased(body)
    return points, stored


def _of_claims(claims: Sequence[Claim]) -> Balances:
    found = Balances()
    for claim in claims:
        found = found.plus(claim.account, claim.quantity)
    return found


def _plain(amount: int) -> list[Any]:
    return plain_amounts(amount)


def so_many(line: Any, quantity: int) -> Any:
    """So many of a product."""
    return replace(line, quantity=quantity)
