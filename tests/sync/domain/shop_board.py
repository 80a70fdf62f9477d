"""A random shop life: what head office does, and how time and the line go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import msgspec

from sync.domain import adjusting, expiring, extras, leases, losses, tiers
from sync.domain.extras import VirtualOrder
from sync.domain.gift_stock import GiftStock
from sync.domain.journal import Entry, Kind
from sync.domain.leases import Holder, Lease
from sync.domain.members import Balances
from sync.domain.merging import MergeData, TransferData, UnmergeData
from sync.domain.programme import in_force
from sync.domain.records import VIRTUAL, RecordKey
from tests.sync.domain.making import plain
from tests.sync.domain.shop_counter import Counters
from tests.sync.domain.shop_rules import PACKS


class Shops(Counters):
    """Tills and head office together; `table` names every operation with its weight."""

    def office_entry(self, kind: str, member: UUID, **changes: Any) -> Entry:
        """An entry of head office's own; it is posted when that comes to it, like others."""
        self.hq.day = self.today
        self.hq.rules = in_force(PACKS, self.today) or PACKS[0]
        usual = {"entry_id": self.hq.entry_id()}
        return self.hq.keep(self.body(self.hq, kind, member, **(usual | changes)))

    def somebody(self) -> UUID:
        """Any member head office has."""
        return self.random.choice(list(self.office.members))

    # ------------------------------------------------------------------------------- own kinds
    def adjust(self) -> Entry:
        """Points more or fewer; fewer only as far as nobody else was promised them."""
        member = self.somebody()
        points = self.random.choice((-300, -40, -3, 5, 60))
        if points < 0 and self._free(member) < -points:
            self.risk(member)
        elif points < 0:
            self.holds[self.hq.entry_id()] = self._real(member), Balances(-points)
        return self.office_entry(
            Kind.ADJUSTMENT,
            member,
            data=plain(adjusting.AdjustmentData("x")),
            effects=adjusting.effects(member, "A", points),
            claims=adjusting.claims(points),
        )

    def _free(self, member: UUID) -> int:
        real = self._real(member)
        book = self.office.members[real]
        out = leases.outstanding(book.leases, leases.POINTS)
        return book.balances.points - self.reserved(real).points - out

    def give_points(self) -> Entry | None:
        """A transfer by head office."""
        member, to = self.somebody(), self.somebody()
        free = self._free(member)
        if free < 1 or member == to:
            return None
        points = self.random.randint(1, free)
        self.holds[self.hq.entry_id()] = self._real(member), Balances(points)
        data = plain(TransferData(to, points))
        return self.office_entry(Kind.TRANSFER, member, data=data)

    def merge(self) -> Entry | None:
        """Two members are one person."""
        member, alias = self.somebody(), self.somebody()
        book = self.office.members[alias]
        if member == alias or book.alias_of is not None or len(self.merged) > 6:
            return None
        self.risk(self._real(member), alias)
        self.merged[alias] = member, book.balances.qualifying
        return self.office_entry(Kind.MERGE, member, data=plain(MergeData(alias)), programme=0)

    def unmerge(self) -> Entry | None:
        """They are not."""
        if not self.merged:
            return None
        alias = self.random.choice(list(self.merged))
        member, qualifying = self.merged.pop(alias)
        self.risk(self._real(member), member, alias)
        data = plain(UnmergeData(alias, qualifying))
        return self.office_entry(Kind.UNMERGE, member, data=data, programme=0)

    def expire(self) -> Entry | None:
        """The nightly look for points that have ended."""
        for book in self.office.members.values():
            ended = expiring.expired(book.lots, self.today)
            if ended and self.random.random() < 0.7:
                return self.office_entry(
                    Kind.EXPIRY,
                    book.member,
                    data=plain(expiring.data_of(ended)),
                    effects=expiring.effects(book.member, ended),
                    claims=(expiring.claim(ended),),
                )
        return None

    def level(self) -> Entry | None:
        """The nightly look at levels that end."""
        rules = in_force(PACKS, self.today) or PACKS[0]
        assert rules.levels is not None
        for book in self.office.members.values():
            spend = book.balances.qualifying
            due = tiers.due(rules, rules.levels, book.tier, book.level, spend, self.today)
            if due is None or self.random.random() < 0.3:
                continue
            data = tiers.TierChangeData(
                due.before, due.after, due.since, due.to, due.reason, due.spent_minor,
                due.from_minor, book.level.to,
            )  # fmt: skip
            return self.office_entry(Kind.TIER_CHANGE, book.member, data=plain(data))
        return None

    def lose(self) -> Entry | None:
        """A claim nobody covered for too long is assigned."""
        for book in self.office.members.values():
            for debt in book.uncovered:
                body = self.office.bodies[debt.entry]
                rules = next(p for p in PACKS if p.version == (body.programme or 1))
                if not losses.due(rules, debt, self.today):
                    continue
                made = losses.assign(rules, debt, body, self.office.codes[debt.entry], self.today)
                return self.office_entry(
                    Kind.LOSS, book.member, data=plain(made.data), effects=made.effects,
                    trace=made.trace, programme=rules.version,
                )  # fmt: skip
        return None

    def outcome(self) -> Entry | None:
        """What became of a virtual order."""
        if not self.orders:
            return None
        order, member = self.random.choice(self.orders[-30:])
        found = self.office.records.get(RecordKey(VIRTUAL, order))
        if not isinstance(found, VirtualOrder):
            return None
        changes: dict[str, Any] = {}
        if found.state == "requested":
            what = self.random.choice(("queued", "queued", "failed"))
            if what == "queued" and self._free(member) < found.points:
                what = "failed"
            if what == "queued":
                self.holds[self.hq.entry_id()] = self._real(member), Balances(found.points)
                effects, claims = extras.debit(
                    "virtual", member, "HQ", found.points, found.settlement_minor, found.offer,
                    found.face_minor,
                )  # fmt: skip
                changes = {"effects": effects, "claims": claims, "programme": found.programme}
        else:
            what = self.random.choice(("issued", "failed"))
            if what == "failed":
                changes = {"effects": extras.given_back(found, member)}
        data = plain(extras.OutcomeData(order, what))
        return self.office_entry(Kind.VIRTUAL_OUTCOME, member, data=data, **changes)

    def restock(self) -> bool:
        """Gifts come to a shop; somebody's birthday is told."""
        for office in (self.office, self.other):
            for key, stock in list(office.records.items()):
                if isinstance(stock, GiftStock) and stock.count < 10:
                    office.records[key] = msgspec.structs.replace(stock, count=40)
        member = self._real(self.somebody())
        born = f"{self.today.month:02d}{self.random.randint(1, 28):02d}"
        for office in (self.office, self.other):
            book = office.members[member]
            book.level = msgspec.structs.replace(book.level, birthday=born)
        return True

    # ---------------------------------------------------------------------------------- leases
    def sweep(self) -> bool:
        """Leases are given, renewed and ended, for some members."""
        rules = in_force(PACKS, self.today) or PACKS[0]
        for member in [self.somebody() for _ in range(6)]:
            self._sweep(member, rules)
        return True

    def _sweep(self, member: UUID, rules: Any) -> None:
        changed: list[Lease] = []
        self._forgive(member)
        for office in (self.office, self.other):
            book = office.members[member]
            changed = self._proved(book.leases)
            tills = [till for till in self.tills if till.place.store == book.home_store]
            holders = [Holder(till.holder, till.place.till) for till in tills]
            first = self.leased
            changed += leases.plan(
                rules, book, book.leases, holders, self.reserved(member), self.now_ms,
                _ids(first),
            )  # fmt: skip
        self.leased += len(changed)
        self._told(member, changed)

    def _proved(self, found: list[Lease]) -> list[Lease]:
        changed: list[Lease] = []
        for till in self.tills:
            number, seq = self.proofs.get(till.holder, (-1, 0))
            for lease in found:
                document = self.document_of.get((lease.member, lease.store), (0, None))
                if lease.holder == till.holder and leases.proves(
                    number, document[0], seq, till.sent
                ):
                    changed += leases.proved([lease], till.holder)
        return changed

    def _told(self, member: UUID, changed: list[Lease]) -> None:
        if not changed:
            return
        stores = list(dict.fromkeys(lease.store for lease in changed))
        for office in (self.office, self.other):
            office.members[member].version = office.next_seq
            office.next_seq += 1
        self.publish(member, stores=stores)

    def recall(self) -> bool:
        """The member shows up elsewhere."""
        member, asset = self.somebody(), self.random.choice(leases.ASSETS)
        ended: list[Lease] = []
        for office in (self.office, self.other):
            ended = leases.recalled(office.members[member].leases, asset, self.now_ms)
        self._told(member, ended)
        return bool(ended)

    def _forgive(self, member: UUID) -> None:
        """Once head office has everything and the balance bears all rights, nothing is at risk."""
        book = self.office.members[member]
        mine = [m for m in self.office.members if self._real(m) == member]
        unsent = any(
            body.member in mine or body.kind == Kind.TRANSFER
            for till in (*self.tills, self.hq)
            for body in till.waiting()
        )
        if unsent or book.alias_of is not None or len(mine) > 1 or self.waiting:
            return
        for asset in leases.ASSETS:
            held = leases.held(book.balances, asset) - leases.held(self.reserved(member), asset)
            if held >= leases.outstanding(book.leases, asset):
                self.judge.risky.discard((member, asset))

    # ------------------------------------------------------------------------- time and the line
    def push(self) -> bool:
        """A few entries of some tills arrive, in any order of tills."""
        ready = [t for t in (*self.tills, self.hq) if t.online or self.random.random() < 0.03]
        chosen = self.random.sample(ready, min(len(ready), self.random.randint(1, 3)))
        return self.send(*[(till, self.random.randint(1, 9)) for till in chosen]) > 0

    def hear(self) -> bool:
        """A till hears what is new."""
        till = self.random.choice(self.tills)
        return till.online and self.pull(till)

    def line(self) -> bool:
        """The line of a till breaks, or comes back; when back, it mostly sends all it has."""
        till = self.random.choice(self.tills)
        till.online = not till.online
        if till.online and self.random.random() < 0.7:
            self.send((till, 10**6))
            self.pull(till)
        return True

    def wait(self) -> bool:
        """Hours pass."""
        self.hours += self.random.choice((3, 8, 12, 24))
        return True

    def cut(self) -> bool:
        """A clearing run up to some posting."""
        last = self.office.next_seq - 1
        if last <= self.runs.upto:
            return False
        self.runs.cut(self.random.randint(self.runs.upto + 1, last))
        return True

    def enrol(self) -> UUID | None:
        """Somebody joins, perhaps known by what they spent before."""
        prospect = f"p{self.random.randrange(30)}" if self.random.random() < 0.5 else ""
        return self.enrol_at(self.pick_till(), prospect) if self.people < 70 else None

    def table(self) -> list[tuple[str, int, Callable[[], Any]]]:
        """Every operation and how often it is tried."""
        found: Final = {
            "sale": 30, "top_up": 8, "gift": 9, "hold_gift": 2, "order_virtual": 3, "attend": 3,
            "cash_out": 1, "cancel": 2, "give_back": 12, "void": 5, "card": 5, "transfer": 1,
            "take_in": 2, "serve": 5, "say": 1, "spoil": 1, "enrol": 1, "adjust": 2,
            "give_points": 1, "merge": 1, "unmerge": 1, "expire": 3, "level": 1, "lose": 1,
            "outcome": 3, "restock": 1, "sweep": 5, "recall": 1, "push": 22, "hear": 9,
            "line": 4, "wait": 3, "cut": 1, "again": 2,
        }  # fmt: skip
        return [(name, weight, getattr(self, name)) for name, weight in found.items()]

    def play(self, operations: int) -> None:
        """Live so many operations."""
        self.live(operations, self.table())


def _ids(first: int) -> Callable[[str], str]:
    count = iter(range(first, first + 1_000))
    return lambda asset: f"{asset[0]}-{next(count):06d}"
