"""Tills of two stores, head office, partitions: any order of spending, syncing, recalls and ends.

The rules decide; the machine only carries what they made: entries up, a document and a row down,
each till at its own pace and with its own clock.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync.domain import leases as rules
from sync.domain import limits
from sync.domain.journal import Basis, Entry, Kind, Presented, read_body
from sync.domain.leases import STORED_VALUE, Holder, Lease, LeaseDocument, Right, State
from sync.domain.light_rows import light_row
from sync.domain.limits import Debit, Used
from sync.domain.losses import unleased
from sync.domain.members import Balances, LightRow, Standing
from sync.domain.refusals import Refusal
from sync.domain.rulebook.leases import Leases
from sync.domain.rulebook.offline import OfflineLimits
from tests.sync.domain.making import Counter, HeadOffice, member_id, programme, stored_claim

ANNA = member_id(1)
HOUR_MS = 3_600_000
START_MS = 1_800_000_000_000
RULES = programme(
    leases=Leases(value_minor=10_000, age_ms=48 * HOUR_MS, renew_ms=24 * HOUR_MS),
    offline=OfflineLimits(at_risk_hard_minor=6_000),
)
CARD = Presented("ic", "", "read", "authenticated")
LANES = st.integers(0, 3)
AMOUNTS = st.sampled_from([1, 999, 2_500, 5_000, 10_000, 20_000])


@dataclass
class Lane:
    """A till: its journal, what it last heard, and what it remembers for good."""

    counter: Counter
    store: str
    cursor: int = 0
    acked: int = 0
    behind_ms: int = 0
    document: LeaseDocument | None = None
    row: LightRow | None = None
    ended: set[str] = field(default_factory=set)
    journal: list[Entry] = field(default_factory=list)

    @property
    def holder(self) -> str:
        return f"{self.counter.device}:1"

    @property
    def name(self) -> str:
        return f"{self.counter.dealer}{self.counter.number}"

    def used(self, lease: str) -> tuple[int, int]:
        mark = self.row.marks.get(self.holder, 0) if self.row else 0
        uses = [(e.seq, read_body(e.body).basis.leases.get(lease, 0)) for e in self.journal]
        return sum(n for _, n in uses), sum(n for seq, n in uses if seq <= mark)

    def standing(self, now_ms: int) -> Standing | None:
        if self.row is None:
            return None
        mark, debit, top_up = self.row.marks.get(self.holder, 0), Balances(), Balances()
        for entry in self.journal[mark:]:
            for effect in read_body(entry.body).effects:
                if effect.account == f"member/{ANNA}/principal":
                    change = Balances(0, effect.delta)
                    debit, top_up = (
                        (debit + change, top_up) if effect.delta < 0 else (debit, top_up + change)
                    )
        mine: tuple[rules.Own, ...] = ()
        if self.document is not None:
            at_ms = now_ms - self.behind_ms
            mine = rules.own(
                self.document, self.holder, self.row.version, self.used, at_ms, self.ended
            )
        return Standing(self.row, 0, top_up, debit, top_up, leases=mine)


class LeaseMachine(RuleBasedStateMachine):
    """Head office, four tills, one member of store A."""

    def __init__(self) -> None:
        super().__init__()
        self.office = HeadOffice((RULES,)).join(ANNA)
        self.book.home_store = "A-store"
        self.lanes = [
            Lane(Counter(dealer, number, RULES), f"{dealer}-store")
            for dealer in "AB"
            for number in (1, 2)
        ]
        self.now_ms, self.at_risk = START_MS, False
        self.numbers = itertools.count(1)
        self.feed: dict[str, tuple[int, Any]] = {}
        self.kept: list[dict[str, tuple[int, Any]]] = []
        self.proofs: dict[str, tuple[int, int]] = {}
        self.holds: dict[UUID, int] = {}
        self.truth: dict[int, dict[str, int]] = {}
        self.top_up(0, 20_000)
        self.push(0, 9)
        self.sweep()
        for lane in range(4):
            self.pull(lane, 9)

    @property
    def book(self) -> Any:
        return self.office.members[ANNA]

    # -- head office ----------------------------------------------------------------------------

    def publish(self, stores: set[str]) -> None:
        book = self.book
        book.version = self.office.next_seq
        self.office.next_seq += 1
        for store in sorted(stores):
            rights = tuple(
                Right(
                    one.lease, one.holder, one.till, one.granted, one.value_minor, one.expires_ms,
                    one.state is not State.LIVE,
                )
                for one in book.leases
                if one.store == store
            )  # fmt: skip
            document = LeaseDocument(ANNA, book.version, rights)
            self.feed[f"lease/{store}"] = next(self.numbers), document
        self.tell_row()

    def tell_row(self) -> None:
        row = light_row(self.book, "", "", "")
        self.truth[row.version] = {
            lane.holder: sum(one.rest for one in self.book.leases if one.holder == lane.holder)
            for lane in self.lanes
        }
        self.feed["row"] = next(self.numbers), row

    def reserved(self) -> Balances:
        return Balances(0, sum(self.holds.values()))

    @rule()
    def sweep(self) -> None:
        """The job: proofs first, then what the rules plan."""
        changed: list[Lease] = []
        for lane in self.lanes:
            n, seq = self.proofs.get(lane.holder, (-1, 0))
            document_n = self.feed.get(f"lease/{lane.store}", (0, None))[0]
            if rules.proves(n, document_n, seq, lane.acked):
                changed += rules.proved(self.book.leases, lane.holder)
        holders = [Holder(one.holder, one.name) for one in self.lanes if one.store == "A-store"]
        changed += rules.plan(
            RULES, self.book, self.book.leases, holders, self.reserved(), self.now_ms,
            lambda asset: f"{asset[0]}-{len(self.book.leases):04d}",
        )  # fmt: skip
        if changed:
            self.publish({lease.store for lease in changed})

    @rule(store=st.sampled_from(["", "A-store", "B-store"]))
    def recall(self, store: str) -> None:
        """The member shows up elsewhere."""
        if ended := rules.recalled(self.book.leases, STORED_VALUE, self.now_ms, store):
            self.publish({lease.store for lease in ended})

    @rule(hours=st.sampled_from([1, 12, 40, 80]))
    def time_passes(self, hours: int) -> None:
        self.now_ms += hours * HOUR_MS

    @rule()
    def keep_a_snapshot(self) -> None:
        """What a till may fetch again later."""
        self.kept.append(dict(self.feed))

    # -- tills ----------------------------------------------------------------------------------

    @rule(lane=LANES, hours=st.sampled_from([0, 24, 71]))
    def set_the_clock_back(self, lane: int, hours: int) -> None:
        self.lanes[lane].behind_ms = hours * HOUR_MS

    @rule(lane=LANES, items=st.integers(1, 3))
    def pull(self, lane: int, items: int) -> None:
        """Apply the feed, as far as it goes before the line breaks."""
        one = self.lanes[lane]
        self.apply(one, self.feed, items)

    def apply(self, one: Lane, feed: dict[str, tuple[int, Any]], items: int) -> None:
        waiting = sorted((n, key) for key, (n, _) in feed.items() if n > one.cursor)
        for n, key in waiting[:items]:
            value = feed[key][1]
            if key == f"lease/{one.store}":
                one.ended |= {right.lease for right in value.rights if right.ended}
                one.document = value
            elif key == "row":
                one.row = value
            one.cursor = n

    @rule(lane=LANES, which=st.integers(0, 9))
    def fetch_again(self, lane: int, which: int) -> None:
        """The replica is thrown away and loaded from a snapshot that may be old."""
        if self.kept:
            one = self.lanes[lane]
            one.cursor, one.document, one.row = 0, None, None
            self.apply(one, self.kept[which % len(self.kept)], 9)

    @rule(lane=LANES)
    def hello(self, lane: int) -> None:
        one = self.lanes[lane]
        self.proofs[one.holder] = one.cursor, len(one.journal)

    @rule(lane=LANES)
    def an_end_is_heard(self, lane: int) -> None:
        """What takes seconds on a good line, in one step."""
        self.recall("")
        self.pull(lane, 9)
        self.hello(lane)
        self.sweep()

    @rule(lane=LANES, entries=st.integers(1, 4))
    def push(self, lane: int, entries: int) -> None:
        one = self.lanes[lane]
        batch = one.journal[one.acked : one.acked + entries]
        if batch:
            self.office.receive(one.counter, *batch)
            one.acked += len(batch)
            for entry in batch:
                self.holds.pop(read_body(entry.body).entry_id, None)
            self.tell_row()

    @rule(lane=LANES, amount=AMOUNTS)
    def top_up(self, lane: int, amount: int) -> None:
        one = self.lanes[lane]
        one.journal.append(one.counter.moves(Kind.TOP_UP, ANNA, [("principal", amount)]))

    @rule(lane=LANES, amount=AMOUNTS)
    def spend_online(self, lane: int, amount: int) -> None:
        """Head office first, on what it has posted, promised and leased; a till that has entries it
        has not sent tells of its debits."""
        one, book = self.lanes[lane], self.book
        sent = one.journal[: one.acked]
        pending = sum(_debit(e) for e in one.journal[len(sent) :] if _id(e) not in self.holds)
        reserved = self.reserved().principal + pending
        leased = rules.outstanding((x for x in book.leases if x.holder != one.holder), STORED_VALUE)
        answer = limits.authorise(
            book.balances, Balances(0, reserved), Debit(0, 0, amount), amount, 0,
            Balances(0, leased),
        )  # fmt: skip
        if isinstance(answer, Refusal):
            return
        held = book.balances.stored_value
        own = rules.from_own(held, reserved, book.leases, STORED_VALUE, one.holder, amount)
        entry = self.spend(one, amount, Basis(1, one.cursor, "online", auth="x", leases=own))
        self.holds[_id(entry)] = amount

    @rule(lane=LANES, amount=AMOUNTS)
    def spend_within_leases(self, lane: int, amount: int) -> None:
        """Offline, and nothing beyond what the till holds."""
        one = self.lanes[lane]
        standing = one.standing(self.now_ms)
        if standing is None or amount > standing.available.stored_value:
            return
        own = rules.cover(standing.leases, STORED_VALUE, amount)
        if sum(own.values()) == amount:
            self.spend(one, amount, Basis(1, one.cursor, "offline", leases=own))

    @rule(lane=LANES, amount=AMOUNTS)
    def spend_at_risk(self, lane: int, amount: int) -> None:
        """Offline, leases first, the rest under the limits."""
        one = self.lanes[lane]
        standing = one.standing(self.now_ms)
        if standing is None or amount > standing.available.stored_value:
            return
        own = rules.cover(standing.leases, STORED_VALUE, amount)
        rest = Debit(0, 0, amount - sum(own.values()))
        answer = limits.debit_offline(
            RULES.offline, Debit(0, 0, amount), one_used(one), CARD, 0, 0, False, rest
        )
        if not isinstance(answer, Refusal):
            self.at_risk = self.at_risk or rest.stored_value_minor > 0
            self.spend(one, amount, Basis(1, one.cursor, "offline", leases=own))

    def spend(self, one: Lane, amount: int, basis: Basis) -> Entry:
        claims = [stored_claim("principal", amount)]
        entry = one.counter.moves(Kind.SALE, ANNA, [("principal", -amount)], claims, basis=basis)
        one.journal.append(entry)
        return entry

    # -- what always holds ----------------------------------------------------------------------

    @invariant()
    def invariant_14_nobody_spends_what_others_hold(self) -> None:
        for lane in self.lanes:
            found = lane.standing(self.now_ms)
            if found is not None:
                truth = self.truth[found.row.version]
                foreign = sum(rest for holder, rest in truth.items() if holder != lane.holder)
                sums = found.confirmed + found.pending_debit + found.own_top_up
                assert found.available.stored_value <= max(sums.stored_value - foreign, 0)

    @invariant()
    def invariant_15_leases_alone_make_nobody_negative(self) -> None:
        assert self.at_risk or self.book.balances.principal >= 0

    @invariant()
    def invariant_16_leases_never_exceed_the_balance(self) -> None:
        held = max(self.book.balances.stored_value, 0)
        assert self.at_risk or rules.outstanding(self.book.leases, STORED_VALUE) <= held

    @invariant()
    def invariant_17_exposure_stays_below_the_hard_limit(self) -> None:
        for lane in self.lanes:
            assert one_used(lane).till_at_risk_minor <= RULES.offline.at_risk_hard_minor


def one_used(lane: Lane) -> Used:
    """Caps a till has used since its last acknowledgement."""
    open_ = [
        body
        for entry in lane.journal[lane.acked :]
        if (body := read_body(entry.body)).basis.auth is None and body.claims
    ]
    stored = sum(unleased(body)[2] for body in open_)
    return Used(0, 0, stored, stored, len(open_), 0)


def _debit(entry: Entry) -> int:
    return sum(claim.quantity for claim in read_body(entry.body).claims)


def _id(entry: Entry) -> UUID:
    return read_body(entry.body).entry_id
